import { describe, expect, it } from 'vitest';
import type { Reason } from '../../../src/reasons.ts';
import { BLOCKERS, firstBlocker } from '../../../src/plan/restore/blockers.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  SECOND,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  listed,
  lostCluster,
  namespace,
  placed,
  settings,
  snapshot,
  snapshots,
  source,
  sourceMover,
  syncing,
  told,
  waitingClaim,
  type World,
  PROVEN,
} from '../../support/build.ts';
import { isExcluded } from '../../../src/settings/scope.ts';

/** A newer snapshot than the restore point holds, old enough to be taken. */
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
const LONG = 'x'.repeat(64);

function blockerOf(world: World): Reason | null {
  const { s, context } = placed(world);
  return firstBlocker(s, context);
}

describe('nothing is created while', () => {
  const closed: [Reason, World][] = [
    ['namespace-excluded', { settings: { excludeNamespaces: ['med*'] } }],
    ['namespace-excluded', { settings: { includeNamespaces: ['office', 'home-*'] } }],
    ['namespace-missing', { cluster: lostCluster({ namespaces: [] }) }],
    ['namespace-missing', { cluster: lostCluster({ namespaces: [namespace({ terminating: true })] }) }],
    ['credentials-missing', { cluster: lostCluster({ bases: {} }) }],
    ['credentials-incomplete', { cluster: lostCluster({ bases: { media: base({ missing: ['RESTIC_PASSWORD'] }) } }) }],
    [
      'repository-mismatch',
      { cluster: lostCluster({ bases: { media: base({ repositoryBase: 's3:http://rustfs.example:9000/other/' }) } }) },
    ],
    ['credentials-foreign', { cluster: lostCluster({ credentials: { [KEY]: { state: 'foreign' } } }) }],
    [
      'password-changed',
      {
        cluster: lostCluster({
          credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } },
        }),
      },
    ],
    ['volume-mode-block', { cluster: lostCluster({ claims: [claim({ volumeMode: 'Block' })] }) }],
    ['source-syncing', { cluster: lostCluster({ sources: [source()], movers: [sourceMover()] }) }],
    [
      'repository-locked',
      { bucket: bucketView({ [KEY]: listed(snapshots(), [{ name: 'f'.repeat(64), at: NOW - MINUTE }]) }) },
    ],
    ['snapshot-too-new', { bucket: bucketView({ [KEY]: listed([snapshot(NEWEST, NOW - MINUTE)]) }) }],
    ['claim-live', { cluster: lostCluster({ claims: [claim()] }), settings: { warm: 'absent' } }],
    ['capacity-unknown', { settings: { defaultCapacity: null } }],
  ];
  it.each(closed)('%s', (reason, world) => {
    expect(told({ cluster: lostCluster(), ...world })).toEqual({
      backup: 'present',
      restorePoint: `cold: ${reason}`,
      wave: null,
      actions: [],
    });
  });

  it('name-invalid: a claim name of 64 characters', () => {
    const world = { bucket: bucketView({ [`media/${LONG}`]: listed(snapshots()) }), cluster: lostCluster() };
    expect(blockerOf(world)).toBe('name-invalid');
  });

  it('its credentials could not be read: listing-failed', () => {
    const failures = [{ resource: 'secrets', namespace: 'media', kind: 'failed', message: 'timeout' }] as const;
    const unread = { media: { version: 'base-uid/7', content: null } };
    const expected = { backup: 'present', restorePoint: 'cold: listing-failed', wave: null, actions: [] };
    expect(told({ cluster: lostCluster({ bases: unread, credentials: {}, failures: [...failures] }) })).toEqual(
      expected,
    );
    expect(told({ cluster: lostCluster({ credentials: {}, failures: [...failures] }) })).toEqual(expected);
  });
});

describe('nothing is asked of an existing restore point while', () => {
  it("destination-foreign: it is somebody else's", () => {
    expect(told({ bucket: NEWER, cluster: clusterView({ destinations: [foreign()] }) })).toEqual({
      backup: 'present',
      restorePoint: 'blocked: destination-foreign',
      wave: null,
      actions: [],
    });
  });

  it('destination-deleting: it is on its way out', () => {
    expect(told({ bucket: NEWER, cluster: clusterView({ destinations: [destination({ deleting: true })] }) })).toEqual({
      backup: 'present',
      restorePoint: 'stale: destination-deleting',
      wave: null,
      actions: [],
    });
  });

  it('sync-in-progress: the old results stand and say nothing', () => {
    const running = destination({ lastSyncStartAt: NOW - SECOND });
    expect(told({ bucket: NEWER, cluster: clusterView({ destinations: [running] }) })).toEqual({
      backup: 'present',
      restorePoint: 'stale: sync-in-progress',
      wave: null,
      actions: [],
    });
  });

  it('source-syncing: a pod of the source runs', () => {
    expect(told({ bucket: NEWER, cluster: clusterView({ movers: [sourceMover()] }) })).toEqual({
      backup: 'present',
      restorePoint: 'stale: source-syncing',
      wave: null,
      // A claim that is created meanwhile waits for what has just been saved.
      actions: ['note-newest'],
    });
  });

  it('claim-live: --refresh-interval has not passed since its last sync', () => {
    expect(told({ bucket: NEWER, settings: { refreshInterval: HOUR } })).toEqual({
      backup: 'present',
      restorePoint: 'stale: claim-live',
      wave: null,
      actions: [],
    });
  });
});

describe('a backup of the source comes first', () => {
  const soon = (overrides: Parameters<typeof source>[0]): string =>
    told({
      bucket: NEWER,
      cluster: clusterView({ sources: [source(overrides)] }),
    }).restorePoint;

  it('source-syncing: its schedule is nearer than the last restore took', () => {
    expect(soon({ nextSyncAt: NOW + 19 * SECOND })).toBe('stale: source-syncing');
    expect(soon({ nextSyncAt: NOW + 21 * SECOND })).toBe('stale: queued');
  });

  it('source-syncing: the volume is being copied and no Job exists yet', () => {
    expect(soon({ lastSyncStartAt: NOW - MINUTE })).toBe('stale: source-syncing');
  });

  it('but a restore that takes longer than the period is not put off for ever', () => {
    const cluster = clusterView({
      destinations: [destination({ lastSyncSeconds: 3 * 3600 })],
      sources: [source({ nextSyncAt: NOW + MINUTE })],
    });
    expect(told({ bucket: NEWER, cluster }).restorePoint).toBe('stale: queued');
  });

  it('but a next time that has passed without a backup is not waited for', () => {
    expect(soon({ nextSyncAt: NOW - 2 * MINUTE })).toBe('stale: queued');
  });

  it('but not while its mover rests between two retries', () => {
    const cluster = clusterView({
      sources: [source({ lastSyncStartAt: NOW - MINUTE })],
      movers: [sourceMover({ active: 0, failed: 2 })],
    });
    expect(told({ bucket: NEWER, cluster }).restorePoint).toBe('stale: queued');
  });

  it('but a source that was left behind without its claim never starts: the restore point is made', () => {
    const left = source({ lastSyncStartAt: NOW - 24 * HOUR, nextSyncAt: null, lastSyncAt: null });
    expect(told({ cluster: lostCluster({ sources: [left] }) })).toEqual({
      backup: 'present',
      restorePoint: 'cold: queued',
      wave: 1,
      actions: ['create-credentials', 'create-destination'],
    });
  });
});

describe('a claim that waits ignores', () => {
  const waiting = { claims: [waitingClaim()] };
  const made = {
    backup: 'present',
    restorePoint: 'cold: queued',
    wave: 1,
    actions: ['create-credentials', 'create-destination'],
  };

  const ignored: [string, World][] = [
    [
      "its own source's schedule",
      { cluster: lostCluster({ ...waiting, sources: [source({ nextSyncAt: NOW + 10 * SECOND })] }) },
    ],
    [
      'L6: a young lock, which no restore minds',
      { bucket: bucketView({ [KEY]: listed(snapshots(), [{ name: 'f'.repeat(64), at: NOW }]) }) },
    ],
    ['the quiet period', { bucket: bucketView({ [KEY]: listed([snapshot(NEWEST, NOW - SECOND)]) }) }],
    ['the warm mode', { settings: { warm: 'absent' } }],
    ['the refresh interval', { settings: { refreshInterval: 24 * HOUR } }],
    ['the storage budget', { settings: { maxWarmBytes: 1 } }],
    ['a default capacity of none', { settings: { defaultCapacity: null } }],
  ];
  it.each(ignored)('%s', (_, world) => {
    expect(told({ cluster: lostCluster(waiting), ...world })).toEqual(made);
  });

  it('but not its last backup, which is still being saved: a pod of its source runs', () => {
    const cluster = lostCluster({ ...waiting, sources: [source()], movers: [sourceMover()] });
    expect(told({ cluster }).restorePoint).toBe('cold: source-syncing');
  });
});

describe('a lock', () => {
  const locked = (age: number): string =>
    told({
      bucket: bucketView({ [KEY]: listed(snapshots(), [{ name: 'f'.repeat(64), at: NOW - age }]) }),
      cluster: lostCluster(),
    }).restorePoint;

  it('of thirty minutes is stale: its holder is dead', () => {
    expect([locked(30 * MINUTE - 1), locked(30 * MINUTE)]).toEqual(['cold: repository-locked', 'cold: queued']);
  });
});

describe('a source without a volume', () => {
  const copying = { lastSyncStartAt: NOW - MINUTE, lastSyncAt: null, nextSyncAt: null };
  const lost = (parts: Parameters<typeof lostCluster>[0]): string => told({ cluster: lostCluster(parts) }).restorePoint;

  it('L3: does not sync, although VolSync says since when: its claim does not exist, or waits', () => {
    expect(lost({ sources: [source(copying)] })).toBe('cold: queued');
    expect(lost({ sources: [source(copying)], claims: [claim({ phase: 'Pending', restoresFromUs: false })] })).toBe(
      'cold: queued',
    );
  });

  it('syncs when its claim is Bound, or has been backed up before without being labelled', () => {
    expect(lost({ sources: [source(copying)], claims: [claim()] })).toBe('cold: source-syncing');
    expect(lost({ sources: [source({ ...copying, lastSyncAt: NOW - HOUR })] })).toBe('cold: source-syncing');
  });
});

describe('the quiet period', () => {
  const saved = (age: number, moverLogs = ''): string =>
    told({
      bucket: bucketView({ [KEY]: listed([snapshot(LATER, NOW - age)]) }),
      cluster: lostCluster({ sources: [source({ moverLogs, nextSyncAt: null })] }),
    }).restorePoint;

  it('is over as soon as the source that saved the snapshot says that its sync has ended', () => {
    expect(saved(SECOND)).toBe('cold: snapshot-too-new');
    expect(saved(SECOND, `snapshot ${NEWEST} saved`)).toBe('cold: snapshot-too-new');
    expect(saved(SECOND, `snapshot ${LATER} saved`)).toBe('cold: queued');
  });

  it('R4: a snapshot dated in the future is not too new, and stops no renewal', () => {
    expect(saved(-HOUR)).toBe('cold: queued');
    expect(saved(0)).toBe('cold: snapshot-too-new');
  });
});

describe('the order', () => {
  it('is that of the design: with everything wrong, each cure uncovers the next reason', () => {
    expect(BLOCKERS.map(({ reason }) => reason)).toEqual([
      'name-invalid',
      'namespace-excluded',
      'namespace-missing',
      'credentials-missing',
      'credentials-incomplete',
      'repository-mismatch',
      'listing-failed',
      'credentials-foreign',
      'password-changed',
      'repository-shared-by-claims',
      'newer-elsewhere',
      'destination-foreign',
      'destination-in-place',
      'image-direct',
      'destination-scheduled',
      'destination-untriggered',
      'volume-mode-block',
      'destination-deleting',
      'snapshots-vanished',
      'sync-in-progress',
      'sync-failing',
      'source-syncing',
      'repository-locked',
      'snapshot-too-new',
      'repository-shared',
      'claim-live',
      'claim-unlabelled',
      'opted-out',
      'capacity-unknown',
      'credentials-own',
    ]);
  });

  it('the first reason wins', () => {
    const bucket = bucketView({ [KEY]: listed([snapshot(NEWEST, NOW)], [{ name: 'f'.repeat(64), at: NOW }]) });
    const world: World = { bucket, settings: { excludeNamespaces: ['media'], defaultCapacity: null } };
    const parts = { destinations: [syncing({ managed: false })], movers: [sourceMover()] };
    const seen = [
      blockerOf({ ...world, cluster: lostCluster({ ...parts, bases: {}, namespaces: [] }) }),
      blockerOf({ bucket, cluster: lostCluster({ ...parts, bases: {}, namespaces: [] }) }),
      blockerOf({ bucket, cluster: lostCluster({ ...parts, bases: {} }) }),
      blockerOf({ bucket, cluster: lostCluster({ ...parts, sources: [source()] }) }),
      blockerOf({
        bucket,
        cluster: lostCluster({ sources: [source()], destinations: [syncing()], movers: [sourceMover()] }),
      }),
      blockerOf({ bucket, cluster: lostCluster({ sources: [source()], movers: [sourceMover()] }) }),
      blockerOf({ bucket, cluster: lostCluster() }),
    ];
    expect(seen).toEqual([
      'namespace-excluded',
      'namespace-missing',
      'credentials-missing',
      'destination-foreign',
      'sync-in-progress',
      'source-syncing',
      'repository-locked',
    ]);
  });
});

describe('an existing restore point', () => {
  it('goes on with the password that it has', () => {
    const cluster = clusterView({
      credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } },
    });
    expect(told({ bucket: NEWER, cluster })).toMatchObject({ restorePoint: 'stale: queued', actions: ['retrigger'] });
  });

  it('goes on when its credentials need no look', () => {
    const cluster = clusterView({ bases: { media: { version: 'base-uid/7', content: null } }, credentials: {} });
    expect(told({ bucket: NEWER, cluster })).toMatchObject({ restorePoint: 'stale: queued', actions: ['retrigger'] });
  });
});

describe('namespaces', () => {
  it('are excluded by name or pattern, and included likewise', () => {
    const excluded = (name: string, include: string[], exclude: string[]): boolean =>
      isExcluded(name, settings({ includeNamespaces: include, excludeNamespaces: exclude }));
    expect(excluded('media', [], ['media'])).toBe(true);
    expect(excluded('media', [], ['m*a'])).toBe(true);
    expect(excluded('media', [], ['medi', 'm.dia', '*b'])).toBe(false);
    expect(excluded('media', ['office'], [])).toBe(true);
    expect(excluded('media', ['*'], ['media'])).toBe(true);
    expect(excluded('media', ['med*'], [])).toBe(false);
  });
});
