import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import { contentsOf } from '../../../src/plan/facts/contents.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  EMPTY_LOG,
  IMAGE,
  KEY,
  LATER,
  NEWEST,
  NOW,
  bucketView,
  destination,
  proven,
  restoredLog,
  situation,
} from '../../support/build.ts';

function contents(overrides: Parameters<typeof destination>[0], bucket = bucketView()): unknown {
  return situation({ destinations: [destination(overrides)] }, bucket).contents;
}

describe('what an image holds', () => {
  it('is what was written down for this very image', () => {
    expect(contents({ moverLogs: '' })).toEqual({ state: 'proven', id: NEWEST, fresh: false });
  });

  it('is not what was written down for another image', () => {
    expect(contents({ annotations: proven(NEWEST, 'the-image-before'), moverLogs: '' })).toEqual({ state: 'unproven' });
  });

  it('is what the log of a finished sync names, when the listing has it', () => {
    expect(contents({ annotations: {} })).toEqual({ state: 'proven', id: NEWEST, fresh: true });
  });

  it('is a snapshot that the listing does not have (yet, or any more)', () => {
    expect(contents({ annotations: {}, moverLogs: restoredLog(LATER) })).toEqual({ state: 'unlisted', id: LATER });
    expect(contents({ annotations: {} }, bucketView({ [KEY]: null }))).toEqual({ state: 'unlisted', id: NEWEST });
  });

  it('is nothing, by positive evidence only', () => {
    expect(contents({ annotations: {}, moverLogs: EMPTY_LOG })).toEqual({
      state: 'empty',
      why: 'image-empty',
      fresh: true,
    });
    expect(contents({ annotations: { [ANNOTATION.suspectImage]: IMAGE }, moverLogs: '' })).toEqual({
      state: 'empty',
      why: 'image-empty',
      fresh: false,
    });
  });

  it('is what its log names although it was suspect: image-missing speaks of its VolumeSnapshot, not of what it holds', () => {
    const annotations = { [ANNOTATION.suspectImage]: IMAGE, [ANNOTATION.suspectReason]: 'image-missing' };
    expect(contents({ annotations })).toEqual({ state: 'proven', id: NEWEST, fresh: true });
    expect(contents({ annotations, moverLogs: '' })).toEqual({ state: 'unproven' });
  });

  it('is not known from a log that was lost, cut or failed', () => {
    expect(contents({ annotations: {}, moverLogs: '' })).toEqual({ state: 'unproven' });
    expect(contents({ annotations: {}, moverLogs: 'Fatal: There were 1 errors' })).toEqual({ state: 'unproven' });
    expect(contents({ annotations: {}, moverResult: 'Failed' })).toEqual({ state: 'unproven' });
  });

  it('is not read from the log while the next sync runs: that log belongs to nobody knows which image', () => {
    expect(contents({ annotations: {}, lastSyncStartAt: NOW })).toEqual({ state: 'unproven' });
    expect(contents({ annotations: {}, lastManualSync: LATER })).toEqual({ state: 'unproven' });
    expect(contents({ annotations: {}, moverLogs: EMPTY_LOG, lastSyncStartAt: NOW })).toEqual({ state: 'unproven' });
  });

  it('is not proven by a destination that was made empty on purpose', () => {
    expect(contents({ annotations: { ...proven(), [ANNOTATION.fresh]: 'uid-of-claim' } })).toEqual({
      state: 'unproven',
    });
  });

  it('is nothing that can be said without an image', () => {
    expect(contents({ latestImage: null })).toEqual({ state: 'unproven' });
  });
});

it('an image that is known to be empty keeps its reason', () => {
  const of = (reason: 'image-foreign' | 'image-empty' | 'newer-elsewhere'): unknown =>
    contentsOf(destination({ memory: { ...NO_MEMORY, suspect: { image: IMAGE, reason } } }), null, { state: 'idle' });
  expect([of('image-foreign'), of('image-empty'), of('newer-elsewhere')]).toEqual([
    { state: 'empty', why: 'image-foreign', fresh: false },
    { state: 'empty', why: 'image-empty', fresh: false },
    { state: 'empty', why: 'image-empty', fresh: false },
  ]);
});
