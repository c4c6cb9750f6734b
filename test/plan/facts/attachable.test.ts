/** The shipped policy `restore` in its own words: which destination it attaches, each of its conditions taken away in turn. */
import { describe, expect, it } from 'vitest';
import { hasRestoredNothing, isAttachable } from '../../../src/plan/facts/attachable.ts';
import { EMPTY_LOG, IMAGE, LATER, NOW, destination, restoredLog, type DestinationParts } from '../../support/build.ts';
import { VERIFIED } from '../../support/facts.ts';

const suspect = (image: string): DestinationParts => ({
  memory: { ...VERIFIED, suspect: { image, reason: 'image-empty' } },
});

describe('a destination is attached', () => {
  it.each<[string, boolean, () => DestinationParts]>([
    ['when it is ours and has an image', true, () => ({})],
    ['not without our label', false, () => ({ labels: {} })],
    ['not while it is being deleted', false, () => ({ deleting: true })],
    ['not without an image', false, () => ({ latestImage: null })],
    [
      'not with a volume for an image',
      false,
      () => ({ latestImage: { kind: 'PersistentVolumeClaim', apiGroup: '', name: IMAGE } }),
    ],
    ['not with a suspect image', false, () => suspect(IMAGE)],
    ['when another image was suspect', true, () => suspect('older')],
    ['not when it was made empty for one claim', false, () => ({ memory: { ...VERIFIED, fresh: 'uid-of-claim' } })],
    [
      'not when its log says that nothing was restored',
      false,
      () => ({ memory: { ...VERIFIED, provenImage: null }, moverLogs: EMPTY_LOG }),
    ],
  ])('%s', (_, is, parts) => {
    expect(isAttachable(destination({ memory: VERIFIED, ...parts() }))).toBe(is);
  });
});

describe('the log of an image says that nothing was restored', () => {
  const unproven = { memory: { ...VERIFIED, provenImage: null }, moverLogs: EMPTY_LOG };
  it.each<[string, boolean, () => DestinationParts]>([
    ['when it found no snapshot', true, () => ({})],
    ['also when neither was asked for by a tag', true, () => ({ manual: null, lastManualSync: null })],
    ['not without an image', false, () => ({ latestImage: null })],
    ['not when the sync failed', false, () => ({ moverResult: 'Failed' })],
    ['not while the next sync runs', false, () => ({ lastSyncStartAt: NOW })],
    ['not when the next one was asked for', false, () => ({ manual: LATER })],
    ['not when nobody asks any more', false, () => ({ manual: null })],
    ['not of an image that was proven', false, () => ({ memory: VERIFIED })],
    ['when another image was proven', true, () => ({ memory: { ...VERIFIED, provenImage: 'older' } })],
    ['not when it does not say so', false, () => ({ moverLogs: 'Restic completed in 3s' })],
    ['not when a later attempt found one', false, () => ({ moverLogs: `${EMPTY_LOG}\n${restoredLog()}` })],
  ])('%s', (_, is, parts) => {
    expect(hasRestoredNothing(destination({ ...unproven, ...parts() }))).toBe(is);
  });
});
