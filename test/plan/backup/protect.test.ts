import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/decisions.ts';
import type { Claim } from '../../../src/model.ts';
import type { OriginMemory } from '../../../src/origin.ts';
import { NO_SOURCE_MEMORY, type Source } from '../../../src/source.ts';
import {
  BASE_VERSION,
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  PLACE,
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  listed,
  moverSpec,
  planOf,
  snapshot,
  snapshots,
  source,
  sourceMover,
  sourceSpec,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const UID = 'uid-of-claim';
const UNLABELLED = {
  ...PLACE,
  uid: UID,
  label: null,
  createdAt: NOW - 48 * HOUR,
  phase: 'Bound',
  request: '5Gi',
  storageClass: 'longhorn',
  restoresFrom: null,
};
const NORMAL = { hourly: 24, daily: 7, within: '3d' };
const EVERYTHING = { ...NORMAL, last: 'unlimited' };
const SINCE = new Date(NOW - 240 * HOUR).toISOString();
const iso = (at: number): string => new Date(at).toISOString();

/** The index of a cluster that has been watched for ten days and knows the newest snapshot. */
function known(extra = ''): ReturnType<typeof indexOf> {
  return indexOf({
    _generatedAt: iso(NOW - 5 * MINUTE),
    _since: SINCE,
    'media.plex-config': `attach warm ${NEWEST} ${iso(NOW - HOUR)}${extra}`,
  });
}

/** A claim that came back half an hour ago, filled with the newest snapshot of that time; nobody backs it up. */
const RECREATED = NOW - 30 * MINUTE;
const back = (overrides: Partial<Claim> = {}): Claim => claim({ createdAt: RECREATED, ...overrides });

function world(parts: ClusterParts = {}, more: Partial<World> = {}): World {
  const cluster = clusterView({
    claims: [back()],
    sources: [],
    index: known(),
    volumes: { [KEY]: IMAGE },
    ...parts,
  });
  return { cluster, ...more, settings: { sources: 'on', ...more.settings } };
}

function origin(overrides: Partial<OriginMemory> = {}): OriginMemory {
  return { uid: UID, origin: 'restored', held: NEWEST, newest: NEWEST, since: null, ...overrides };
}

/** Ours, as the worker has made it for the restored claim: it keeps normally. */
function ours(overrides: Partial<Source> = {}): Source {
  const made = actionsOn(world({ index: known(' keep=hourly=24,daily=7,within=3d') }));
  const create = made.find((one) => one.kind === 'create-source');
  if (create?.kind !== 'create-source') throw new Error('no source is made');
  const { spec, memory, schedule, capacity, hasBackup } = create.source;
  return source({ managed: true, spec, memory, schedule, capacity, hasBackup, ...overrides });
}

function actionsOn(given: World): Action[] {
  return planOf(given).chains.flat();
}

function kinds(given: World): string[] {
  return actionsOn(given)
    .map(({ kind }) => kind)
    .filter((kind) => kind.endsWith('source'));
}

function found(given: World): string[] {
  return planOf(given).findings.map(({ reason }) => reason);
}

function retainOf(given: World): unknown {
  for (const action of actionsOn(given)) if ('source' in action) return action.source.spec.retain;
  return null;
}

describe('a source is made', () => {
  it('for a restored claim that nobody backs up, with everything that is known of it', () => {
    const [made] = actionsOn(world());
    expect(made).toEqual({
      kind: 'create-source',
      namespace: 'media',
      claim: 'plex-config',
      source: {
        namespace: 'media',
        claim: 'plex-config',
        existing: null,
        schedule: expect.stringMatching(/^\d+ \* \* \* \*$/),
        spec: {
          repository: 'plex-config-volsync-secret',
          copyMethod: 'Snapshot',
          retain: EVERYTHING,
          pruneIntervalDays: 7,
          unlock: null,
          snapshotClass: null,
          moverSpec: moverSpec({ cacheCapacity: '1Gi' }),
        },
        memory: { ...NO_SOURCE_MEMORY, baseVersion: BASE_VERSION, claimUid: UID, origin: origin(), keeps: 'not-ours' },
        capacity: '5Gi',
        hasBackup: true,
      },
    });
    expect(found(world())).toEqual(['retention-held']);
  });

  it('and keeps normally over snapshots that a source of ours has saved, quietly', () => {
    const given = world({ index: known(' keep=hourly=24,daily=7,within=3d') });
    expect([retainOf(given), found(given)]).toEqual([NORMAL, []]);
  });

  it.each([
    ['while the claim waits', { claims: [back({ phase: 'Pending' })] }],
    ['where another source backs it up, whatever its name', { sources: [source({ name: 'nightly' })] }],
    ['where another source backs it up, whatever its mover', { sources: [source({ name: 'x', mover: 'other' })] }],
    ['for a block device', { claims: [back({ volumeMode: 'Block' })] }],
    ['where the namespace has no base credentials', { bases: {} }],
    ['where the Secret of that name is somebody else’s', { credentials: { [KEY]: { state: 'foreign' } } }],
    ['while nobody has looked at the volume', { volumes: {} }],
    ['without a protected claim', { claims: [] }],
  ] satisfies [string, ClusterParts][])('but not %s', (_, parts) => {
    expect(kinds(world(parts))).toEqual([]);
  });

  it.each([
    ['--sources off', { sources: 'off' }],
    ['--mode report', { mode: 'report' }],
    ['--only retrigger', { only: 'retrigger' }],
  ] as const)('but not with %s', (_, given) => {
    const { chains } = planOf(world({}, { settings: given }));
    expect(given === undefined ? [] : chains.flat().filter(({ kind }) => kind === 'create-source').length).toBe(
      'mode' in given ? 1 : 0,
    );
  });

  it('takes a place after restores: the longest unprotected claim first', () => {
    const names = ['a', 'b', 'c'];
    const parts = {
      destinations: names.map((name) => destination({ claim: name, name: `${name}-restore` })),
      claims: names.map((name, index) =>
        back({ claim: name, uid: `uid-${name}`, createdAt: RECREATED - index * MINUTE }),
      ),
      credentials: Object.fromEntries(names.map((name) => [`media/${name}`, { state: 'ours' as const, differs: [] }])),
      volumes: Object.fromEntries(names.map((name) => [`media/${name}`, IMAGE])),
      index: indexOf({ _generatedAt: iso(NOW - MINUTE), _since: SINCE }),
    };
    const bucket = bucketView(Object.fromEntries(names.map((name) => [`media/${name}`, listed(snapshots())])));
    const made = actionsOn({ ...world(parts, { settings: { maxSyncing: 2 } }), bucket }).flatMap((action) =>
      action.kind === 'create-source' ? [action.claim] : [],
    );
    expect(made).toEqual(['b', 'c']);
  });
});

describe('a claim whose start is in doubt', () => {
  const missed = world({ volumes: { [KEY]: null } });

  it('F11: keeps everything, is a finding of exit 3 with the exact command, and an event', () => {
    const { findings, warnings } = planOf(missed);
    expect(retainOf(missed)).toEqual(EVERYTHING);
    expect(findings).toEqual([
      expect.objectContaining({
        reason: 'restore-missed',
        message: expect.stringContaining(
          `kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=${UID} --overwrite`,
        ),
      }),
    ]);
    expect(warnings.map(({ reason, uid }) => [reason, uid])).toEqual([['restore-missed', UID]]);
  });

  it('L1: is stale when the index knew a newer snapshot than its image held', () => {
    const index = indexOf({
      _since: SINCE,
      _generatedAt: iso(NOW),
      'media.plex-config': `attach stale ${LATER} ${iso(NOW - 31 * MINUTE)}`,
    });
    const bucket = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 31 * MINUTE)]) });
    expect(found({ ...world({ index }), bucket })).toEqual(['restore-stale']);
    expect(retainOf({ ...world({ index }), bucket })).toEqual(EVERYTHING);
  });

  it('keeps normally once its owner accepts it by its UID, and by nothing else', () => {
    const accepted = (accept: string): World => world({ volumes: { [KEY]: null }, claims: [back({ accept })] });
    expect([retainOf(accepted(UID)), found(accepted(UID))]).toEqual([NORMAL, []]);
    expect([retainOf(accepted('all')), found(accepted('all'))]).toEqual([
      EVERYTHING,
      ['restore-missed', 'acceptance-unmatched'],
    ]);
  });
});

describe('a source of ours', () => {
  const same = (parts: ClusterParts = {}, more: Partial<World> = {}): World =>
    world({ sources: [ours()], index: known(' keep=hourly=24,daily=7,within=3d'), ...parts }, more);

  it('that is as it should be is left alone', () => {
    expect([kinds(same()), found(same())]).toEqual([[], []]);
  });

  it.each([
    ['another tier', { claims: [back({ tier: 'daily' })] }],
    ['a retention by hand', { sources: [ours({ spec: { ...ours().spec, retain: { last: '1' } } })] }],
    ['a schedule by hand', { sources: [ours({ schedule: '* * * * *' })] }],
    ['a manual trigger beside it', { sources: [ours({ manual: 'now' })] }],
    ['a claim that has grown', { claims: [back({ request: '8Gi' })] }],
  ] satisfies [string, ClusterParts][])('is brought back after %s', (_, parts) => {
    expect(kinds(same(parts))).toEqual(['update-source']);
  });

  it('keeps everything while a shorter retention is not accepted, and says how many snapshots would go', () => {
    const parts = { claims: [back({ tier: 'daily' as const })] };
    expect([retainOf(same(parts)), found(same(parts))]).toEqual([
      { daily: 14, within: '3d', last: 'unlimited' },
      ['retention-held'],
    ]);
  });

  it('keeps what others have set beside our fields', () => {
    const byHand = {
      ...ours().spec,
      moverSpec: moverSpec({ cacheCapacity: '1Gi', moverPodLabels: { team: 'media' } }),
    };
    const update = actionsOn(same({ sources: [ours({ spec: byHand, schedule: 'x' })] })).at(-1);
    expect(update).toMatchObject({
      kind: 'update-source',
      source: { spec: { moverSpec: moverSpec({ cacheCapacity: '1Gi' }) } },
    });
  });

  it.each([
    ['labels of its mover', { moverPodLabels: { team: 'media' } }],
    ['a user of its mover', { moverSecurityContext: { runAsUser: 568 } }],
  ])('is left alone when a hand has set %s beside our fields', (_, fields) => {
    const byHand = ours({ spec: { ...ours().spec, moverSpec: moverSpec({ cacheCapacity: '1Gi', ...fields }) } });
    expect(kinds(same({ sources: [byHand] }))).toEqual([]);
  });

  it('loses what the worker has set and does not want any more, and gets back what a hand has taken', () => {
    const user = { moverSecurityContext: { runAsUser: 568, runAsGroup: 568, fsGroup: 568 } };
    const set = { ...ours().memory, setFields: ['cacheCapacity', 'moverSecurityContext'] };
    const byUs = ours({
      memory: set,
      spec: { ...ours().spec, moverSpec: moverSpec({ cacheCapacity: '1Gi', ...user }) },
    });
    const named = { claims: [back({ moverUser: user.moverSecurityContext })] };

    expect(kinds(same({ sources: [byUs] }))).toEqual(['update-source']);
    expect(kinds(same({ sources: [byUs], ...named }))).toEqual([]);
    expect(kinds(same({ sources: [ours({ memory: set })], ...named }))).toEqual(['update-source']);
    const more = { moverSecurityContext: { ...user.moverSecurityContext, runAsNonRoot: true } };
    const less = { moverSecurityContext: { ...user.moverSecurityContext, fsGroup: 0 } };
    const spec = (fields: object): Source['spec'] => ({
      ...ours().spec,
      moverSpec: moverSpec({ cacheCapacity: '1Gi', ...fields }),
    });
    expect(kinds(same({ sources: [ours({ memory: set, spec: spec(more) })], ...named }))).toEqual([]);
    expect(kinds(same({ sources: [ours({ memory: set, spec: spec(less) })], ...named }))).toEqual(['update-source']);
  });

  it.each([
    ['a mover of it runs', { movers: [sourceMover()] }],
    ['a backup is due within two minutes', { sources: [ours({ schedule: 'x', nextSyncAt: NOW + MINUTE })] }],
  ] satisfies [string, ClusterParts][])('is not changed while %s', (_, parts) => {
    expect(kinds(same({ sources: [ours({ schedule: 'x' })], ...parts }))).toEqual([]);
  });

  it('goes when its claim is another one, once the index knows its newest snapshot', () => {
    const another = { claims: [back({ uid: 'another' })], volumes: { [KEY]: IMAGE } };
    expect(kinds(same(another))).toEqual(['delete-source']);
    expect(kinds(same({ ...another, movers: [sourceMover()] }))).toEqual([]);
    const saved = ours({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW + MINUTE });
    expect(kinds(same({ ...another, sources: [saved] }))).toEqual([]);
  });

  it('goes too when the snapshot that it saved last has been let go by somebody else’s policy', () => {
    const sources = [ours({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW - HOUR })];
    const another = { claims: [back({ uid: 'another' })], volumes: { [KEY]: IMAGE } };
    expect(kinds(same({ ...another, sources }))).toEqual(['delete-source']);
  });

  it('goes although another source saves in every minute, so that the index is always one behind', () => {
    const other = source({ name: 'plex-own', moverLogs: `snapshot ${LATER} saved` });
    const [mine, theirs] = [snapshot(NEWEST, NOW - HOUR), snapshot(LATER, NOW - MINUTE)];
    const bucket = bucketView({ [KEY]: listed([mine, theirs]) });
    const sources = [ours({ moverLogs: `snapshot ${NEWEST} saved` }), other];
    const another = { claims: [back({ uid: 'another' })], volumes: { [KEY]: IMAGE } };
    expect(kinds(same({ ...another, sources }, { bucket }))).toEqual(['delete-source']);
    const unknown = [ours({ moverLogs: `snapshot ${LATER} saved` }), other];
    expect(kinds(same({ ...another, sources: unknown }, { bucket }))).toEqual([]);
  });

  it('is waited for by the run when it goes and fails: between two retries no mover of it works', () => {
    const another = { claims: [back({ uid: 'another' })], volumes: { [KEY]: IMAGE } };
    const leaving = (failed: number, parts: ClusterParts = another): number =>
      planOf(same({ ...parts, movers: [sourceMover({ failed })] })).leaving;
    expect([leaving(1), leaving(0), leaving(1, {})]).toEqual([1, 0, 0]);
  });

  it('keeps everything from when somebody else’s source writes beside it, and when that one has gone', () => {
    const beside = [ours(), source({ name: 'plex-own' })];
    expect([retainOf(same({ sources: beside })), found(same({ sources: beside }))]).toEqual([
      EVERYTHING,
      ['retention-held'],
    ]);
    const noted = ours({
      memory: { ...ours().memory, retain: null, keeps: 'not-ours', origin: origin({ origin: 'fresh' }) },
    });
    expect(retainOf(same({ sources: [noted], index: known() }))).toEqual(EVERYTHING);
    const accepted = { claims: [back({ accept: UID })], sources: beside };
    expect(kinds(same(accepted))).toEqual([]);
  });

  it('forgets the policy that was in force once others have saved: a source that is made later keeps everything', () => {
    const index = known(' keep=hourly=24,daily=7,within=3d');
    const told = planOf(world({ sources: [source({ name: 'plex-own' })], index })).index?.entries ?? {};
    expect(JSON.stringify(told)).not.toContain('keep=');
  });

  it('goes when another claim of the name came without a label: it would save that one’s empty volume', () => {
    const otherClaims = [{ ...UNLABELLED, uid: 'another' }];
    expect(kinds(same({ claims: [], otherClaims }))).toEqual(['delete-source']);
  });

  it('F11: keeps what others have saved, although one answer shows an empty repository', () => {
    const sources = [ours({ memory: { ...ours().memory, retain: null }, spec: sourceSpec({ retain: EVERYTHING }) })];
    const bucket = bucketView({ [KEY]: listed([]) });
    expect(retainOf(same({ sources, index: known() }, { bucket }))).toEqual(EVERYTHING);
  });

  it('goes with a claim that is gone, stays with one that lost its label, and goes then with --prune', () => {
    const stray = (state: 'gone' | 'unlabelled', prune = false): World =>
      same({ claims: [], otherClaims: state === 'gone' ? [] : [UNLABELLED] }, { settings: { prune } });
    expect(kinds(stray('gone'))).toEqual(['delete-source']);
    expect([kinds(stray('unlabelled')), found(stray('unlabelled'))]).toEqual([[], ['label-removed']]);
    expect(kinds(stray('unlabelled', true))).toEqual(['delete-source']);
  });

  it('has a lock of a dead mover removed before its next backup, once for each lock', () => {
    const lock = { name: 'f'.repeat(64), at: NOW - HOUR };
    const bucket = bucketView({ [KEY]: listed(snapshots(), [lock]) });
    const locked = same({}, {});
    const [unlock] = actionsOn({ ...locked, bucket });
    expect(unlock).toMatchObject({ kind: 'unlock-source', source: { spec: { unlock: 'ffffffff', retain: NORMAL } } });
    const asked = ours({ spec: { ...ours().spec, unlock: 'ffffffff' } });
    expect(kinds({ ...same({ sources: [asked] }), bucket })).toEqual([]);
    const young = bucketView({ [KEY]: listed(snapshots(), [{ ...lock, at: NOW - 10 * MINUTE }]) });
    expect(kinds({ ...same(), bucket: young })).toEqual([]);
  });
});

describe('unknown', () => {
  it.each([
    [
      'the listing failed',
      { bucket: bucketView({ [KEY]: { state: 'unknown', reason: 'listing-failed', message: 'no' } }) },
    ],
    ['a list of the cluster failed', {}],
  ] as const)('decides nothing and deletes nothing: %s', (what, more) => {
    const failures = what.includes('cluster')
      ? [{ resource: 'persistentvolumeclaims' as const, namespace: null, kind: 'forbidden' as const, message: 'no' }]
      : [];
    const gone = { claims: [], sources: [ours()], failures };
    expect([kinds({ ...world(gone), ...more }), kinds({ ...world({ failures }), ...more })]).toEqual([[], []]);
  });
});

describe('N6, C17, C22: what is said of the sources of a live claim', () => {
  it.each([
    [
      'backup-overdue',
      source({ lastSyncAt: NOW - 3 * HOUR }),
      bucketView({ [KEY]: listed([snapshot(NEWEST, NOW - 3 * HOUR)]) }),
    ],
    ['backup-failing', source({ moverResult: 'Failed', moverLogs: 'Fatal: wrong password' }), bucketView()],
    ['source-paused', source({ paused: true }), bucketView()],
    ['source-manual', source({ schedule: null, manual: 'once' }), bucketView()],
    ['source-keeps-by-count', source({ spec: sourceSpec({ retain: { last: '5' } }) }), bucketView()],
    ['never-backed-up', source({ lastSyncAt: null, moverResult: null, moverLogs: '' }), bucketView({})],
  ])('%s', (reason, one, bucket) => {
    const parts = { claims: [claim()], sources: [one], index: indexOf({ _generatedAt: iso(NOW) }) };
    const cluster = bucket.probes.size === 0 ? { ...parts, destinations: [] } : parts;
    expect(found({ ...world(cluster), bucket })).toContain(reason);
  });

  it('and nothing of one that is as it should be', () => {
    expect(found(world({ sources: [source()] }))).toEqual([]);
  });
});
