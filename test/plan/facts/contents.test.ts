import { describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../../src/naming.ts';
import { holdingOf } from '../../../src/plan/facts/contents.ts';
import { situationOf } from '../../../src/plan/facts/situation.ts';
import { syncOf } from '../../../src/plan/facts/sync.ts';
import {
  EMPTY_LOG,
  IMAGE,
  KEY,
  LATER,
  NEWEST,
  NOW,
  PLACE,
  bucketView,
  clusterView,
  destination,
  proven,
  restoredLog,
  settings,
} from '../../support/build.ts';

function holding(overrides: Parameters<typeof destination>[0], bucket = bucketView()): unknown {
  const cluster = clusterView({ destinations: [destination(overrides)] });
  const s = situationOf(PLACE, { bucket, cluster, settings: settings() });
  return holdingOf(s, syncOf(s, NOW));
}

describe('what an image holds', () => {
  it('is what was written down for this very image', () => {
    expect(holding({ moverLogs: '' })).toEqual({ state: 'proven', id: NEWEST, fresh: false });
  });

  it('is not what was written down for another image', () => {
    expect(holding({ annotations: proven(NEWEST, 'the-image-before'), moverLogs: '' })).toEqual({ state: 'unproven' });
  });

  it('is what the log of a finished sync names, when the listing has it', () => {
    expect(holding({ annotations: {} })).toEqual({ state: 'proven', id: NEWEST, fresh: true });
  });

  it('is a snapshot that the listing does not have (yet, or any more)', () => {
    expect(holding({ annotations: {}, moverLogs: restoredLog(LATER) })).toEqual({ state: 'unlisted', id: LATER });
    expect(holding({ annotations: {} }, bucketView({ [KEY]: null }))).toEqual({ state: 'unlisted', id: NEWEST });
  });

  it('is nothing, by positive evidence only', () => {
    expect(holding({ annotations: {}, moverLogs: EMPTY_LOG })).toEqual({ state: 'empty', fresh: true });
    expect(holding({ annotations: { [ANNOTATION.suspectImage]: IMAGE }, moverLogs: '' })).toEqual({
      state: 'empty',
      fresh: false,
    });
  });

  it('is not known from a log that was lost, cut or failed', () => {
    expect(holding({ annotations: {}, moverLogs: '' })).toEqual({ state: 'unproven' });
    expect(holding({ annotations: {}, moverLogs: 'Fatal: There were 1 errors' })).toEqual({ state: 'unproven' });
    expect(holding({ annotations: {}, moverResult: 'Failed' })).toEqual({ state: 'unproven' });
  });

  it('is not read from the log while the next sync runs: that log belongs to nobody knows which image', () => {
    expect(holding({ annotations: {}, lastSyncStartAt: NOW })).toEqual({ state: 'unproven' });
    expect(holding({ annotations: {}, lastManualSync: LATER })).toEqual({ state: 'unproven' });
    expect(holding({ annotations: {}, moverLogs: EMPTY_LOG, lastSyncStartAt: NOW })).toEqual({ state: 'unproven' });
  });

  it('is nothing that can be said without an image', () => {
    expect(holding({ latestImage: null })).toEqual({ state: 'unproven' });
  });
});
