import { describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  EMPTY_LOG,
  IMAGE,
  KEY,
  MINUTE,
  NEWEST,
  NOW,
  bucketView,
  claim,
  image,
  actionsOf,
  clusterView,
  destination,
  foreign,
  listed,
  mover,
  planOf,
  proven,
  snapshots,
  syncing,
  told,
  waitingClaim,
  type ClusterParts,
  type DestinationParts,
  type World,
  PROVEN,
} from '../../support/build.ts';

const OTHER = { 'media/other': listed(snapshots()) };
const missed = (count: number): Record<string, string> => ({
  [ANNOTATION.missedListings]: `${count} ${new Date(NOW - 10 * MINUTE).toISOString()}`,
});

/** A restore point of ours whose repository is not in the listing, for the n-th time. */
function left(count: number, overrides: DestinationParts = {}, world: World = {}): World {
  const annotations = { ...proven(), ...overrides.annotations, ...missed(count) };
  return {
    bucket: bucketView(OTHER),
    cluster: clusterView({ destinations: [destination({ ...overrides, annotations })], claims: [], sources: [] }),
    settings: { prune: true },
    ...world,
  };
}

const IMAGELESS: DestinationParts = { latestImage: null };
const EMPTIED: DestinationParts = {
  annotations: { [ANNOTATION.suspectImage]: IMAGE, [ANNOTATION.verifiedImage]: 'the-one-before' },
};
const EXCLUDED = { prune: true, excludeNamespaces: ['media'] };

describe('a restore point whose backup is gone', () => {
  it('stays, whatever --prune says: its image is the last copy', () => {
    expect(told(left(3))).toEqual({
      backup: 'absent: backup-gone',
      restorePoint: 'warm',
      wave: null,
      actions: [],
    });
  });

  it('is named until a person accepts that it is gone', () => {
    const gone = planOf(left(3));
    expect(gone.findings.map(({ reason }) => reason)).toContain('backup-gone');
    const accepting = left(3);
    const cluster = { ...accepting.cluster!, claims: new Map([[KEY, claim({ accept: 'uid-of-claim' })]]) };
    expect(told({ ...accepting, cluster }).backup).toBe('absent: repository-empty');
  });

  it('stays in an excluded namespace, whatever --prune says', () => {
    expect(told(left(3, {}, { settings: { prune: true, excludeNamespaces: ['media'] } }))).toMatchObject({
      actions: [],
    });
  });

  it('goes with --prune after three complete listings when it has no image, with the object that was looked at', () => {
    expect(
      planOf(left(3, { latestImage: null })).entries.find(({ claim: name }) => name === 'plex-config')?.actions,
    ).toEqual([
      {
        kind: 'delete-destination',
        namespace: 'media',
        claim: 'plex-config',
        remove: { uid: 'uid-of-plex-config-restore', resourceVersion: '100' },
      },
    ]);
  });

  it.each([0, 1, 2])('does not go after %i', (count) => {
    expect(told(left(count, { latestImage: null })).actions).toEqual(['note-absence']);
  });

  it('does not go by one listing, even if it remembers nothing of its own', () => {
    const handedOver = destination({
      annotations: {},
      manual: 'restore-once',
      lastManualSync: 'restore-once',
      moverLogs: '',
    });
    const world: World = { ...left(0), cluster: clusterView({ destinations: [handedOver], claims: [], sources: [] }) };
    expect(told(world)).toEqual({
      backup: 'absent: repository-empty',
      restorePoint: 'stale: image-unproven',
      wave: null,
      actions: ['note-absence'],
    });
  });

  it('goes by --accept-shrink in the pass after the one that noted it', () => {
    const settings = { prune: true, acceptShrink: true };
    expect(told(left(0, {}, { settings })).actions).toEqual(['note-absence']);
    expect(told(left(3, { latestImage: null }, { settings })).actions).toEqual(['delete-destination']);
  });

  const kept: [string, World][] = [
    ['syncs', left(3, { lastSyncStartAt: NOW })],
    ['is on its way out', left(3, { deleting: true })],
    [
      'is waited for by a claim',
      {
        ...left(3),
        cluster: clusterView({
          destinations: [destination({ annotations: { ...proven(), ...missed(3) } })],
          claims: [waitingClaim()],
        }),
      },
    ],
    [
      "is somebody else's",
      { ...left(3), cluster: clusterView({ destinations: [foreign({ annotations: missed(3) })], claims: [] }) },
    ],
    [
      'is looked for in a bucket that cannot be read',
      left(3, {}, { bucket: bucketView({}, { root: { state: 'unknown', reason: 'listing-failed', message: '' } }) }),
    ],
  ];
  it.each(kept)('does not go while it %s', (_, world) => {
    expect(told(world).actions.filter((action) => action !== 'nudge')).toEqual([]);
  });

  const useless: [string, World][] = [
    ['has no image yet, and syncs', left(3, { ...IMAGELESS, lastSyncStartAt: NOW })],
    ['has no image, and is on its way out', left(3, { ...IMAGELESS, deleting: true })],
    ['has no image, and its namespace is excluded', left(3, IMAGELESS, { settings: EXCLUDED })],
    ['has an empty image, and syncs', left(3, { ...EMPTIED, lastSyncStartAt: NOW })],
    [
      'has no image, and is waited for by a claim',
      {
        ...left(3),
        cluster: clusterView({
          destinations: [destination({ ...IMAGELESS, annotations: missed(3) })],
          claims: [waitingClaim()],
          sources: [],
        }),
      },
    ],
    ['has no image, and is found again', left(3, IMAGELESS, { bucket: bucketView() })],
    ['has no image, and nobody said --prune', left(3, IMAGELESS, { settings: {} })],
    [
      'has no image, and nobody can look',
      left(3, IMAGELESS, {
        bucket: bucketView({}, { root: { state: 'unknown', reason: 'listing-failed', message: '' } }),
      }),
    ],
    [
      'has no image, and its own repository cannot be listed',
      left(3, IMAGELESS, {
        bucket: bucketView({ ...OTHER, [KEY]: { state: 'unknown', reason: 'listing-failed', message: '' } }),
      }),
    ],
  ];
  it.each(useless)('is not deleted, although nobody could use it, while it %s', (_, world) => {
    expect(told(world).actions).not.toContain('delete-destination');
  });

  it('goes between two retries of a mover that fails', () => {
    const failing = syncing({ annotations: { ...proven(), ...missed(3) } });
    const world = left(
      3,
      {},
      {
        cluster: clusterView({
          destinations: [failing],
          claims: [],
          sources: [],
          movers: [mover({ active: 0, failed: 1 })],
        }),
      },
    );
    expect(told(world).actions).toEqual(['delete-destination']);
  });

  it('goes without --prune when its image is empty: nobody may ever use it', () => {
    const empty = { annotations: { [ANNOTATION.suspectImage]: IMAGE, [ANNOTATION.verifiedImage]: 'the-one-before' } };
    const world = { bucket: bucketView({ ...OTHER, [KEY]: listed([]) }), settings: {} };
    expect(told(left(2, empty, world)).actions).toEqual(['note-absence']);
    expect(told(left(3, empty, world)).actions).toEqual(['delete-destination']);
    expect(
      told(left(0, { annotations: {}, moverLogs: EMPTY_LOG, manual: 'x', lastManualSync: 'x' }, world)).actions,
    ).toContain('note-absence');
  });

  it('is offered again as before when the backup comes back', () => {
    expect(told(left(3, {}, { bucket: bucketView() }))).toEqual({
      backup: 'present',
      restorePoint: 'warm',
      wave: null,
      actions: ['note-absence'],
    });
  });
});

describe('a restore point that is made anew', () => {
  it('remembers the size that its data need while that fits, and forgets that of an image that is too large', () => {
    const sized = (size: string): unknown => {
      const annotations = {
        ...proven(),
        ...EMPTIED.annotations,
        [ANNOTATION.restoreSize]: String(Number.parseInt(size, 10) * 2 ** 30),
      };
      const cluster = clusterView({
        destinations: [destination({ annotations })],
        images: [image({ restoreSize: size })],
      });
      return actionsOf({ cluster }, 'recreate-destination').map(
        ({ desired }) => desired.annotations[ANNOTATION.restoreSize],
      );
    };
    expect([sized('4Gi'), sized('5Gi'), sized('6Gi')]).toEqual([
      [String(4 * 2 ** 30)],
      [String(5 * 2 ** 30)],
      [undefined],
    ]);
  });
});

describe('an empty image of a second try', () => {
  it('stays as it is, also when its claim asks for more', () => {
    const annotations = { ...proven(), ...EMPTIED.annotations, [ANNOTATION.secondTry]: NEWEST };
    const cluster = clusterView({ destinations: [destination({ annotations })], claims: [claim({ request: '50Gi' })] });
    expect(told({ cluster })).toMatchObject({ restorePoint: 'blocked: image-empty', actions: [] });
  });
});

describe('an unknown backup', () => {
  it('changes nothing: not the restore point, not the credentials', () => {
    const bucket = bucketView({ [KEY]: { state: 'unknown', reason: 'listing-incomplete', message: 'cut' } });
    const cluster = clusterView({
      credentials: { [KEY]: { state: 'absent' } },
      claims: [claim({ request: '1Gi' })],
      images: [],
    });
    expect(told({ bucket, cluster, settings: { prune: true } })).toEqual({
      backup: 'unknown: listing-incomplete',
      restorePoint: 'cold: image-missing',
      wave: null,
      actions: [],
    });
  });
});

describe('repository credentials of an existing restore point', () => {
  const actions = (credentials: ClusterParts['credentials'], world: World = {}): unknown =>
    planOf({ cluster: clusterView({ ...(credentials !== undefined && { credentials }) }), ...world }).entries[0]
      ?.actions;

  it('are made again when they are gone', () => {
    expect(actions({ [KEY]: { state: 'absent' } })).toEqual([
      { kind: 'create-credentials', namespace: 'media', claim: 'plex-config', keepPassword: false },
    ]);
  });

  it('follow their base, the password aside', () => {
    expect(
      actions({ [KEY]: { state: 'ours', differs: ['AWS_ACCESS_KEY_ID', 'RESTIC_PASSWORD'], password: PROVEN } }),
    ).toEqual([{ kind: 'update-credentials', namespace: 'media', claim: 'plex-config', keepPassword: true }]);
    expect(actions({ [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } })).toEqual([]);
  });

  it("are left alone when they are somebody else's", () => {
    expect(actions({ [KEY]: { state: 'foreign' } })).toEqual([]);
  });
});
