import { describe, expect, it } from 'vitest';
import type { Reason } from '../../../src/reasons.ts';
import { explain, type Explanation } from '../../../src/plan/answers/explanation.ts';
import {
  KEY,
  LATER,
  MINUTE,
  NOW,
  PROVEN,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  listed,
  lostCluster,
  mover,
  namespace,
  planOf,
  snapshot,
  snapshots,
  sourceMover,
  syncing,
  type World,
} from '../../support/build.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });

function explanation(world: World = {}): Explanation {
  const { claims, context } = planOf(world);
  return explain(claims[0]!, context);
}

describe('a step of an explanation', () => {
  it('is open in the ordinary world, and tells what speaks for it', () => {
    const { blockers } = explanation({ settings: { excludeNamespaces: ['kube-system', 'argocd'] } });
    const ours = 'cluster: plex-config-restore, managed by us';
    expect(new Set(blockers.map(({ state }) => state))).toEqual(new Set(['open']));
    expect(Object.fromEntries(blockers.map(({ reason, fact }) => [reason, fact]))).toMatchObject({
      'name-invalid': 'the name has 11 characters',
      'namespace-excluded': 'settings: --exclude-namespaces kube-system,argocd',
      'namespace-missing': 'cluster: namespace media exists',
      'credentials-missing': 'cluster: Secret media/volsync-rustfs-base exists',
      'credentials-incomplete': 'missing keys: none',
      'repository-mismatch':
        'RESTIC_REPOSITORY_BASE s3:http://rustfs.example:9000/volsync-backups/; settings: http://rustfs.example:9000 volsync-backups/',
      'listing-failed': 'cluster: Secrets were read',
      'credentials-foreign': 'cluster: Secret plex-config-volsync-secret: ours',
      'password-changed': 'keys that differ from the base: none',
      'repository-shared-by-claims': 'cluster: no source of another claim writes there',
      'newer-elsewhere': 'cluster: no other repository is named',
      'destination-foreign': ours,
      'destination-in-place': ours,
      'image-direct': ours,
      'destination-scheduled': ours,
      'destination-untriggered': ours,
      'volume-mode-block': 'cluster: volumeMode of the claim: Filesystem',
      'destination-deleting': 'cluster: deletionTimestamp not set',
      'snapshots-vanished': 'bucket: no known snapshot has vanished',
      'sync-in-progress': 'cluster: the destination is idle',
      'sync-failing': 'no restore has failed since the last good one',
      'source-syncing': 'cluster: plex-config-backup: 0 active movers, next sync 2026-11-21T12:30:00.000Z',
      'repository-locked': 'bucket: 0 locks',
      'snapshot-too-new': 'bucket: newest snapshot at 2026-11-21T11:00:00.000Z; quiet period 2m',
      'claim-live': 'cluster: the claim is Bound; --warm all',
      'capacity-unknown': '5Gi, from the claim',
      'credentials-own': 'cluster: no Secret of your own names the repository',
    });
  });

  it('tells what is not there after the loss of everything', () => {
    const told = explanation({ cluster: lostCluster() }).blockers.map(({ reason, fact }) => [reason, fact]);
    expect(Object.fromEntries(told)).toMatchObject({
      'destination-foreign': 'cluster: no destination',
      'volume-mode-block': 'cluster: volumeMode of the claim: no claim',
      'source-syncing': 'cluster: no ReplicationSource',
      'claim-live': 'cluster: the claim is missing; --warm all',
    });
  });

  const closed: [Reason, string, World][] = [
    ['namespace-missing', 'cluster: namespace media does not exist', { cluster: lostCluster({ namespaces: [] }) }],
    [
      'namespace-missing',
      'cluster: namespace media is being deleted',
      { cluster: lostCluster({ namespaces: [namespace({ terminating: true })] }) },
    ],
    [
      'namespace-missing',
      'cluster: namespace media does not exist; no pattern of --create-namespaces names it',
      { cluster: lostCluster({ namespaces: [] }), settings: { createNamespaces: ['home-*'] } },
    ],
    [
      'credentials-incomplete',
      'missing keys: RESTIC_PASSWORD, AWS_ACCESS_KEY_ID',
      { cluster: lostCluster({ bases: { media: base({ missing: ['RESTIC_PASSWORD', 'AWS_ACCESS_KEY_ID'] }) } }) },
    ],
    [
      'repository-mismatch',
      'RESTIC_REPOSITORY_BASE s3:http://***@rustfs.example:9000/other/; settings: http://rustfs.example:9000 volsync-backups/',
      {
        cluster: lostCluster({
          bases: { media: base({ repositoryBase: 's3:http://k:s@rustfs.example:9000/other/' }) },
        }),
      },
    ],
    ['listing-failed', 'cluster: Secrets could not be read', { cluster: lostCluster({ credentials: {} }) }],
    [
      'credentials-foreign',
      'cluster: Secret plex-config-volsync-secret: foreign',
      { cluster: lostCluster({ credentials: { [KEY]: { state: 'foreign' } } }) },
    ],
    [
      'password-changed',
      'keys that differ from the base: RESTIC_PASSWORD',
      {
        cluster: lostCluster({
          credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } },
        }),
      },
    ],
    [
      'destination-foreign',
      'cluster: plex-config-restore, managed by somebody else',
      { bucket: NEWER, cluster: clusterView({ destinations: [foreign()] }) },
    ],
    [
      'destination-scheduled',
      'cluster: plex-config-restore, managed by somebody else, adopted',
      { bucket: NEWER, cluster: clusterView({ destinations: [foreign({ adopted: true, schedule: '0 * * * *' })] }) },
    ],
    [
      'volume-mode-block',
      'cluster: volumeMode of the claim: Block',
      { cluster: lostCluster({ claims: [claim({ volumeMode: 'Block' })] }) },
    ],
    [
      'destination-deleting',
      'cluster: deletionTimestamp set',
      { bucket: NEWER, cluster: clusterView({ destinations: [destination({ deleting: true })] }) },
    ],
    ['snapshots-vanished', 'bucket: bbbbbbbb is gone', { bucket: bucketView({ [KEY]: listed([snapshots()[0]!]) }) }],
    [
      'sync-in-progress',
      'cluster: the destination is syncing',
      { bucket: NEWER, cluster: clusterView({ destinations: [syncing()], movers: [mover()] }) },
    ],
    [
      'source-syncing',
      'cluster: plex-config-backup: 1 active movers, next sync 2026-11-21T12:30:00.000Z',
      { bucket: NEWER, cluster: clusterView({ movers: [sourceMover()] }) },
    ],
    [
      'snapshot-too-new',
      'bucket: newest snapshot at 2026-11-21T11:59:00.000Z; quiet period 2m',
      { bucket: bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - MINUTE)]) }) },
    ],
    ['claim-live', 'cluster: the claim is Bound; --warm absent', { bucket: NEWER, settings: { warm: 'absent' } }],
    ['capacity-unknown', 'nothing shows the size', { cluster: lostCluster(), settings: { defaultCapacity: null } }],
  ];
  it.each(closed)('that is closed tells the fact that decided: %s: %s', (reason, fact, world) => {
    expect(explanation(world).blockers.find(({ state }) => state === 'closed')).toEqual({
      reason,
      state: 'closed',
      fact,
    });
  });
});

describe('the facts of an explanation', () => {
  const told = (world: World = {}): string[] => explanation(world).facts.map(({ what, seen }) => `${what} (${seen})`);
  const CLAIM = 'claim Bound, 5Gi requested, backup: hourly (cluster: persistentvolumeclaims)';
  const SOURCE =
    'source plex-config-backup, last sync 2026-11-21T11:00:00.000Z, next 2026-11-21T12:30:00.000Z (cluster: replicationsources)';
  const BEGAN =
    'how the claim began (inherited): older than the first published index (this is the first run) (cluster: creationTimestamp and index)';

  it('say what was seen, and where, in the ordinary world', () => {
    expect(told()).toEqual([
      'backup present: 2 snapshots, newest bbbbbbbb at 2026-11-21T11:00:00.000Z (bucket: listing of volsync-backups/media/plex-config/snapshots/)',
      CLAIM,
      SOURCE,
      'destination plex-config-restore, ours, trigger bbbbbbbb, last done bbbbbbbb, idle (cluster: spec and status of the destination)',
      'image volsync-plex-config-restore-dest-1: ready (cluster: latestImage and its VolumeSnapshot)',
      'mover log: restoring snapshot bbbbbbbb of [/data] at 2026-11-21 11:00:00.1 +0000 UTC by root@volsync to . (cluster: status.latestMoverStatus)',
      'proven: volsync-plex-config-restore-dest-1 holds bbbbbbbb (cluster: annotations of the destination)',
      BEGAN,
    ]);
  });

  it('say what is not there yet, while a first restore runs', () => {
    const cluster = clusterView({ destinations: [syncing()], movers: [mover()] });
    expect(told({ bucket: NEWER, cluster })).toEqual([
      'backup present: 3 snapshots, newest cccccccc at 2026-11-21T11:50:00.000Z (bucket: listing of volsync-backups/media/plex-config/snapshots/)',
      CLAIM,
      SOURCE,
      'destination plex-config-restore, ours, trigger bbbbbbbb, last done none, syncing (cluster: spec and status of the destination)',
      'mover: 1 active, 0 failed (cluster: the mover Job)',
      'image none: none (cluster: latestImage and its VolumeSnapshot)',
      BEGAN,
    ]);
  });

  it('say what the objects of others say', () => {
    const cluster = clusterView({ destinations: [foreign({ manual: null, lastManualSync: null })] });
    expect(told({ cluster })[3]).toBe(
      'destination plex-config-restore, not ours, trigger none, last done none, idle (cluster: spec and status of the destination)',
    );
  });
});
