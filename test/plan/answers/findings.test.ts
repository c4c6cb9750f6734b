import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/decisions.ts';
import type { IndexView } from '../../../src/index-model.ts';
import {
  EMPTY_LOG,
  HOUR,
  KEY,
  NOW,
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  listed,
  lostCluster,
  mover,
  namespace,
  planOf,
  snapshots,
  syncing,
  unknownRoot,
  waitingClaim,
  type World,
  PROVEN,
} from '../../support/build.ts';

const OTHER = { 'media/other': listed(snapshots()) };
const UNMARKED = bucketView({}, { marked: false });

function findings(world: World = {}): Pick<Finding, 'reason' | 'about'>[] {
  return planOf(world).findings.map(({ reason, about }) => ({ reason, about }));
}

function complete(world: World): boolean {
  return planOf(world).complete;
}

describe('a finding says', () => {
  it('nothing, in the ordinary world', () => {
    expect(findings()).toEqual([]);
  });

  const cases: [string, string, World][] = [
    ['listing-failed', 'bucket volsync-backups/', { bucket: bucketView({}, { root: unknownRoot() }) }],
    [
      'listing-incomplete',
      `bucket folder ${KEY}/`,
      { bucket: bucketView({ [KEY]: { state: 'unknown', reason: 'listing-incomplete', message: 'cut' } }) },
    ],
    ['name-invalid', 'bucket key Lost+Found/', { bucket: bucketView(undefined, { strangers: ['Lost+Found/'] }) }],
    [
      'bucket-unmarked',
      'bucket volsync-backups/',
      { bucket: UNMARKED, cluster: clusterView({ destinations: [], claims: [] }) },
    ],
    ['sync-failing', KEY, { cluster: clusterView({ destinations: [syncing()], movers: [mover({ failed: 1 })] }) }],
    ['sync-stuck', KEY, { cluster: clusterView({ destinations: [syncing({ lastSyncStartAt: NOW - HOUR })] }) }],
    [
      'image-empty',
      KEY,
      { cluster: clusterView({ destinations: [destination({ annotations: {}, moverLogs: EMPTY_LOG })] }) },
    ],
    [
      'password-changed',
      KEY,
      {
        cluster: clusterView({
          credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } },
        }),
      },
    ],
    ['capacity-assumed', KEY, { cluster: lostCluster() }],
    ['claim-unprotected', KEY, { cluster: clusterView({ sources: [] }) }],
    [
      'repository-empty',
      KEY,
      {
        bucket: bucketView(OTHER),
        cluster: clusterView({ destinations: [], claims: [waitingClaim({ createdAt: NOW - HOUR })] }),
      },
    ],
    [
      'listing-failed',
      'secrets in media',
      {
        cluster: clusterView({
          failures: [{ resource: 'secrets', namespace: 'media', kind: 'failed', message: 'timeout' }],
        }),
      },
    ],
    [
      'volsync-missing',
      'replicationsources',
      {
        cluster: clusterView({
          failures: [{ resource: 'replicationsources', namespace: null, kind: 'not-installed', message: '404' }],
        }),
      },
    ],
  ];
  it.each(cases)('%s about %s', (reason, about, world) => {
    expect(findings(world)).toContainEqual({ reason, about });
  });

  it('nothing of a restore of somebody else’s that fails', () => {
    const restore = syncing({ managed: false, labels: {}, manual: 'once' });
    const cluster = clusterView({ destinations: [restore], movers: [mover({ active: 0, failed: 8 })] });
    expect(findings({ cluster }).map(({ reason }) => reason)).not.toContain('sync-failing');
  });

  it('C30: an annotation that cannot be read, by its name and form', () => {
    const unread = [{ annotation: 'volsync-prewarm/mover', value: '1000:1000' }];
    expect(planOf({ cluster: clusterView({ claims: [claim({ unread })] }) }).findings).toEqual([
      {
        reason: 'annotation-invalid',
        about: KEY,
        message: 'volsync-prewarm/mover: "1000:1000" is ignored, because it is not uid:gid:fsGroup, three numbers',
      },
    ]);
  });

  it('C07: what a claim that hangs on a backup that does not exist needs, with both cures', () => {
    const claims = [waitingClaim({ createdAt: NOW - HOUR })];
    const world = { bucket: bucketView(OTHER), cluster: clusterView({ destinations: [], claims }) };
    expect(planOf(world).findings[0]?.message).toMatch(
      /out of its manifest .* accept an empty start: kubectl annotate/,
    );
  });
});

describe('the index', () => {
  const FIRST = { reason: 'index-missing', about: 'volsync-system/volsync-prewarm-index' };
  const SECOND = { ...FIRST, about: 'volsync-system/volsync-prewarm-index-1' };
  const shards = (change: (number: number) => boolean): IndexView => {
    const view = indexOf({}, {});
    return { ...view, shards: view.shards.filter(({ number }) => change(number)) };
  };
  const unselected = (): IndexView => {
    const view = indexOf({}, {});
    return { ...view, shards: view.shards.map((one) => ({ ...one, selected: false })) };
  };

  it('is missed when its first object is not there, or no policy selects one of them', () => {
    const of = (index: IndexView): unknown => findings({ cluster: clusterView({ index }) });
    expect([of(shards(() => true)), of(shards(() => false)), of(shards((number) => number === 1))]).toEqual([
      [],
      [FIRST],
      [FIRST],
    ]);
    expect(of(unselected())).toEqual([FIRST, SECOND]);
  });

  it('is not missed when it could not be looked for', () => {
    const failures = [
      { resource: 'replicationdestinations', namespace: null, kind: 'forbidden', message: '' },
    ] as const;
    const cluster = clusterView({ index: shards(() => false), failures: [...failures] });
    expect(findings({ cluster }).map(({ reason }) => reason)).toEqual(['listing-failed']);
  });

  it('is stale for those who do not look into the bucket: too old, or from the future', () => {
    const NOT_LOOKED = bucketView({}, { root: { state: 'not-looked' } });
    const stale = (at: number, bucket = NOT_LOOKED): string[] => {
      const cluster = clusterView({ index: indexOf({ _generatedAt: new Date(at).toISOString() }) });
      return findings({ bucket, cluster }).map(({ reason }) => reason);
    };
    expect([stale(NOW - HOUR / 3 + 1), stale(NOW), stale(NOW - HOUR / 3), stale(NOW + HOUR)]).toEqual([
      [],
      [],
      ['index-stale'],
      ['index-stale'],
    ]);
    expect(stale(NOW - 9 * HOUR, bucketView())).toEqual([]);
  });

  it('is missed by those who do not look into the bucket while it has never been written', () => {
    const told = (index: IndexView): unknown =>
      planOf({ bucket: bucketView({}, { root: { state: 'not-looked' } }), cluster: clusterView({ index }) }).findings;
    const about = 'volsync-system/volsync-prewarm-index';
    expect([told(indexOf()), told(indexOf({ _generatedAt: 'noon' }))]).toEqual([
      [
        {
          reason: 'index-unwritten',
          about,
          message: 'no run has written the index yet, so it is not known which claims have a backup',
        },
      ],
      [{ reason: 'index-stale', about, message: 'last written at a time that cannot be read' }],
    ]);
  });
});

describe('claim-unprotected', () => {
  const unprotected = (overrides: Parameters<typeof claim>[0], settings: World['settings'] = {}): boolean =>
    findings({ cluster: clusterView({ sources: [], claims: [claim(overrides)] }), settings }).some(
      ({ reason }) => reason === 'claim-unprotected',
    );

  it('is said after one period of its tier', () => {
    expect([
      unprotected({ createdAt: NOW - HOUR }),
      unprotected({ createdAt: NOW - HOUR - 1 }),
      unprotected({ createdAt: NOW - 2 * HOUR, tier: 'daily' }),
      unprotected({ createdAt: NOW - 25 * HOUR, tier: 'daily' }),
    ]).toEqual([false, true, false, true]);
  });

  it('is not said of a claim that waits, in an excluded namespace, or of unknown age', () => {
    expect(unprotected({ phase: 'Pending' })).toBe(false);
    expect(unprotected({}, { excludeNamespaces: ['media'] })).toBe(false);
    expect(unprotected({ createdAt: null })).toBe(false);
  });

  it('is not said when the sources could not be listed', () => {
    const failures = [{ resource: 'replicationsources', namespace: null, kind: 'forbidden', message: '' }] as const;
    const reasons = findings({ cluster: clusterView({ sources: [], failures: [...failures] }) }).map(
      ({ reason }) => reason,
    );
    expect(reasons).toEqual(['listing-failed']);
  });
});

describe('capacity-assumed', () => {
  const assumed = (world: World): boolean => findings(world).some(({ reason }) => reason === 'capacity-assumed');

  it('is said when a destination is to be made of it, not when something told its size', () => {
    expect([
      assumed({ cluster: lostCluster() }),
      assumed({ cluster: lostCluster({ claims: [waitingClaim()] }) }),
      assumed({ cluster: lostCluster({ namespaces: [] }) }),
      assumed({}),
    ]).toEqual([true, false, false, false]);
  });
});

describe('mover-unprivileged', () => {
  const said = (parts: Parameters<typeof lostCluster>[0] = {}): boolean =>
    findings({ cluster: lostCluster(parts) }).some(({ reason }) => reason === 'mover-unprivileged');
  const moverUser = { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 };

  it('is said when a restore point is made for nobody in a namespace without privileged movers', () => {
    expect([
      said(),
      said({ namespaces: [namespace({ privilegedMovers: true })] }),
      said({ claims: [waitingClaim({ moverUser })] }),
    ]).toEqual([true, false, false]);
  });
});

describe('repository-locked', () => {
  const said = (age: number, parts: Parameters<typeof clusterView>[0] = {}): boolean => {
    const bucket = bucketView({ [KEY]: listed(snapshots(), [{ name: 'f'.repeat(64), at: NOW - age }]) });
    return findings({ bucket, cluster: clusterView(parts) }).some(({ reason }) => reason === 'repository-locked');
  };

  it('is said of a lock that is older than thirty minutes: its holder is dead, and backups fail', () => {
    expect([said(HOUR), said(HOUR / 4)]).toEqual([true, false]);
  });
});

describe('a plan is complete', () => {
  it('when every listing that was tried was believed; names that no namespace can have do not count', () => {
    expect([
      complete({}),
      complete({ bucket: bucketView(undefined, { strangers: ['x y/'] }) }),
      complete({ bucket: bucketView({ [KEY]: listed([]) }) }),
    ]).toEqual([true, true, true]);
  });

  it('not otherwise', () => {
    const bucket = bucketView();
    const namespaces = new Map([
      ['media', { state: 'unknown' as const, reason: 'listing-failed' as const, message: '' }],
    ]);
    expect([
      complete({ bucket: bucketView({}, { root: unknownRoot() }) }),
      complete({ bucket: bucketView({}) }),
      complete({
        bucket: { ...bucket, root: { state: 'listed', namespaces, strangers: [], misplaced: [], marked: true } },
      }),
      complete({ bucket: bucketView({ [KEY]: { state: 'unknown', reason: 'listing-failed', message: '' } }) }),
      complete({
        cluster: clusterView({ failures: [{ resource: 'jobs', namespace: null, kind: 'forbidden', message: '' }] }),
      }),
    ]).toEqual([false, false, false, false, false]);
  });
});
