/** Somebody else's source that was handed over: a dead mover's lock is removed through it, and that there is a backup is noted. */
import { describe, expect, it, test } from 'vitest';
import type { Action } from '../../../src/decisions.ts';
import type { Source } from '../../../src/model.ts';
import {
  HOUR,
  KEY,
  MINUTE,
  NEWEST,
  NOW,
  bucketView,
  clusterView,
  destination,
  foreign,
  listed,
  planOf,
  proven,
  snapshots,
  source,
  sourceMover,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const theirs = (overrides: Partial<Source> = {}): Source => source({ name: 'plex', adopted: true, ...overrides });

function actions(world: World): Action[] {
  return [...(planOf(world).entries[0]?.actions ?? [])];
}

const dead = { name: 'f'.repeat(64), at: NOW - HOUR };
const locked = (parts: ClusterParts = {}, at = dead.at): World => ({
  bucket: bucketView({ [KEY]: listed(snapshots(), [{ ...dead, at }]) }),
  cluster: clusterView({ sources: [theirs({ hasBackup: true, moverResult: 'Failed' })], ...parts }),
});
const mover = (overrides: Parameters<typeof sourceMover>[0]): ClusterParts => ({
  movers: [sourceMover({ ownerName: 'plex', ...overrides })],
});

describe('a lock that a dead mover left', () => {
  it('is removed through the adopted source, by one word and nothing else', () => {
    expect(actions(locked())).toEqual([
      {
        kind: 'unlock-adopted',
        namespace: 'media',
        claim: 'plex-config',
        name: 'plex',
        existing: { uid: 'uid-of-plex-config-backup', resourceVersion: '200' },
        unlock: 'ffffffff',
        hasBackup: true,
      },
    ]);
  });

  it.each([
    ['a pod of it runs', locked(mover({ active: 1 }))],
    ['its pod has succeeded, and VolSync has not tidied up', locked(mover({ active: 0 }))],
    ['its next backup is due', locked({ sources: [theirs({ hasBackup: true, nextSyncAt: NOW + MINUTE })] })],
    ['the lock is young', locked({}, NOW - 10 * MINUTE)],
    [
      'it was asked for',
      locked({ sources: [theirs({ hasBackup: true, spec: { ...theirs().spec, unlock: 'ffffffff' } })] }),
    ],
    ['nobody has handed the source over', locked({ sources: [source({ name: 'plex' })] })],
    ['it is not restic’s', locked({ sources: [theirs({ mover: 'other', moverLogs: '' })] })],
  ])('is left where it is while %s', (_, world) => {
    expect(actions(world)).toEqual([]);
  });

  it('is removed through the first source that has not been asked yet', () => {
    const asked = theirs({ hasBackup: true, name: 'a', spec: { ...theirs().spec, unlock: 'ffffffff' } });
    const others = ['b', 'c'].map((name) => theirs({ hasBackup: true, name }));
    expect(actions(locked({ sources: [...others, asked] }))).toMatchObject([{ kind: 'unlock-adopted', name: 'b' }]);
  });

  it('is removed, and no backup is noted that nobody has seen', () => {
    expect(actions(locked({ sources: [theirs({ moverLogs: '' })] }))).toMatchObject([
      { kind: 'unlock-adopted', unlock: 'ffffffff', hasBackup: false },
    ]);
  });

  it('goes between two failing retries', () => {
    expect(actions(locked(mover({ active: 0, failed: 2 }))).map(({ kind }) => kind)).toEqual(['unlock-adopted']);
  });
});

test('that it has saved a snapshot is noted once, when the bucket has it', () => {
  const bucket = bucketView();
  const noted = { kind: 'note-backup', name: 'plex', unlock: null, hasBackup: true };
  expect(actions({ bucket, cluster: clusterView({ sources: [theirs()] }) })).toMatchObject([noted]);
  expect(actions({ bucket, cluster: clusterView({ sources: [theirs({ hasBackup: true })] }) })).toEqual([]);
  const unseen = theirs({ moverLogs: 'snapshot 99999999 saved' });
  expect(actions({ bucket, cluster: clusterView({ sources: [unseen], destinations: [destination()] }) })).toEqual([]);
});

test('beside a source that nobody has handed over, only the adopted one is noted', () => {
  const cluster = clusterView({ sources: [theirs(), source({ name: 'private' })] });
  expect(actions({ cluster })).toMatchObject([{ kind: 'note-backup', name: 'plex' }]);
});

test('nothing is written while the bucket cannot be believed', () => {
  const unknown = bucketView({ [KEY]: { state: 'unknown', reason: 'listing-failed', message: 'no' } });
  expect(actions({ bucket: unknown, cluster: clusterView({ sources: [theirs()] }) })).toEqual([]);
});

test.each([
  [
    'ours',
    destination({
      manual: NEWEST,
      annotations: { ...proven(), 'volsync-prewarm/verified-image': 'older' },
      name: 'plex-config-restore',
    }),
  ],
  ['an adopted one', foreign({ adopted: true, labels: { 'volsync-prewarm/adopt': 'true' }, annotations: {} })],
])('its schedule tells %s when the next backup is due', (_, one) => {
  const due = NOW + 17 * MINUTE;
  const cluster = clusterView({ destinations: [one], sources: [theirs({ hasBackup: true, nextSyncAt: due })] });
  const [proof] = actions({ cluster });
  expect(proof?.kind).toBe('record-proof');
  expect(proof !== undefined && 'desired' in proof ? proof.desired.memory.nextBackup : null).toBe(due);
});
