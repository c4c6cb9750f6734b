/** What the roof adds to the floors: what may be done, what is done twice, what waits, and what is told of it. */
import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/decisions.ts';
import type { Situation } from '../../src/plan/facts/situation.ts';
import { contextOf, planFor, situationsOf, type PlanResult } from '../../src/plan/plan.ts';
import {
  EMPTY_LOG,
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NOW,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  indexOf,
  listed,
  lostCluster,
  placed,
  planOf,
  settings,
  snapshot,
  snapshots,
  source,
  sourceMover,
  unknownRoot,
  type ClusterParts,
  type World,
} from '../support/build.ts';
import { RUNS } from '../support/facts.ts';
import { ours } from '../support/protected.ts';
import { place } from '../support/place.ts';

const iso = (at: number): string => new Date(at).toISOString();
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
const DRIFT: ClusterParts = { credentials: { [KEY]: { state: 'ours', differs: ['AWS_ACCESS_KEY_ID'] } } };
const BACK: ClusterParts = { claims: [claim({ createdAt: NOW - 30 * MINUTE })], volumes: { [KEY]: IMAGE } };

const kindsOf = (actions: readonly Action[]): string[] => actions.map(({ kind }) => kind);
/** What is planned for the claim, and what is done of it now. */
function steps(world: World): { planned: string[]; now: string[] } {
  const { entries, chains } = planOf(world);
  return { planned: entries.flatMap(({ actions }) => kindsOf(actions)), now: chains.flatMap(kindsOf) };
}
const both = (...kinds: string[]): object => ({ planned: kinds, now: kinds });

describe('both sides of a claim', () => {
  it('get the Secret that both need once', () => {
    const lost = lostCluster({ claims: [claim({ createdAt: NOW - HOUR })], volumes: { [KEY]: null } });
    expect(steps({ cluster: lost, settings: { sources: 'on' } })).toEqual(
      both('create-credentials', 'create-destination', 'create-source'),
    );
  });

  it('are brought back with one change of the Secret, and one write each', () => {
    const cluster = clusterView({ ...BACK, ...DRIFT, sources: [ours({ schedule: 'x' })] });
    expect(steps({ bucket: NEWER, cluster, settings: { sources: 'on' } })).toEqual(
      both('prove-password', 'update-credentials', 'retrigger', 'update-source'),
    );
  });

  it('get the Secret for the source, where somebody else’s destination is renewed', () => {
    const theirs = foreign({ adopted: true, labels: { 'volsync-prewarm/adopt': 'true' } });
    const cluster = clusterView({ ...BACK, ...DRIFT, destinations: [theirs], sources: [] });
    expect(steps({ bucket: NEWER, cluster, settings: { sources: 'on', maxSyncing: 9 } })).toEqual(
      both('record-proof', 'retrigger-adopted', 'update-credentials', 'create-source'),
    );
  });

  it('has its restore point made anew with one change of the Secret', () => {
    const cluster = clusterView({ ...DRIFT, destinations: [destination({ annotations: {}, moverLogs: EMPTY_LOG })] });
    expect(steps({ cluster })).toEqual(
      both('mark-suspect', 'prove-password', 'update-credentials', 'recreate-destination'),
    );
  });
});

describe('what may not be done', () => {
  const createOnly = (cluster: ReturnType<typeof clusterView>): World => ({
    cluster,
    settings: { mode: 'create-only', sources: 'on' },
  });

  it('is left out of what needs no wave', () => {
    expect(steps({ cluster: clusterView(DRIFT), settings: { mode: 'create-only' } })).toEqual(both('prove-password'));
  });

  it('takes a whole step with it: no destination without the Secret that it needs', () => {
    const lost = lostCluster(DRIFT);
    expect(steps({ cluster: lost, settings: { mode: 'create-only' } })).toEqual(both());
    expect(steps({ cluster: lost })).toEqual(both('update-credentials', 'create-destination'));
  });

  it('takes a whole source with it', () => {
    const alone = clusterView({ ...BACK, ...DRIFT, sources: [] });
    expect(steps(createOnly(alone))).toEqual(both('prove-password'));
    expect(steps(createOnly(clusterView({ ...BACK, sources: [] })))).toEqual(both('create-source'));
  });
});

describe('the wave of a step', () => {
  it('is none for a change that syncs nothing', () => {
    expect(steps({ cluster: clusterView({ claims: [claim({ request: '8Gi' })] }) })).toEqual(
      both('update-destination'),
    );
  });

  it('says `queued` of what is stale, and nothing else of what can be used', () => {
    const points = (world: World): unknown =>
      planOf(world).entries.map(({ restorePoint: { state, reason, wave } }) => [state, reason, wave]);
    const anew = clusterView({ claims: [claim({ storageClass: 'other' })] });
    expect([points({ bucket: NEWER }), points({ cluster: anew })]).toEqual([
      [['stale', 'queued', 1]],
      [['warm', null, 1]],
    ]);
  });

  it('has not come for a folder too many: nothing is done about it', () => {
    const folders = Array.from({ length: 21 }, (_, n) => `media/app-${String(n).padStart(2, '0')}`);
    const { entries, chains } = planOf({
      bucket: bucketView(Object.fromEntries(folders.map((key) => [key, listed(snapshots())]))),
      cluster: lostCluster({ credentials: Object.fromEntries(folders.map((key) => [key, { state: 'absent' }])) }),
      settings: { maxSyncing: 100 },
    });
    const last = entries.at(-1);
    expect([chains.length, last?.claim, last?.actions, last?.restorePoint.wave]).toEqual([20, 'app-20', [], null]);
  });

  it('that has not come is counted', () => {
    const [one, other] = ['media/a', 'media/b'];
    const result = planOf({
      bucket: bucketView({ [one]: listed(snapshots()), [other]: listed(snapshots()) }),
      cluster: lostCluster({ credentials: { [one]: { state: 'absent' }, [other]: { state: 'absent' } } }),
      settings: { maxSyncing: 1 },
    });
    expect([result.entries.map(({ restorePoint }) => restorePoint.wave), result.pending]).toEqual([
      [1, 2],
      { syncing: 0, queued: 1 },
    ]);
  });

  it('of a first backup comes with a free place, and is counted until then', () => {
    const pending = (maxSyncing: number): unknown => {
      const world = {
        bucket: NEWER,
        cluster: clusterView({ ...BACK, sources: [] }),
        settings: { sources: 'on', maxSyncing },
      } as const;
      return [planOf(world).pending, steps(world)];
    };
    expect([pending(1), pending(2)]).toEqual([
      [
        { syncing: 0, queued: 1 },
        { planned: ['retrigger', 'create-source'], now: ['retrigger'] },
      ],
      [{ syncing: 0, queued: 0 }, both('retrigger', 'create-source')],
    ]);
  });
});

describe('what is worth waiting for', () => {
  const syncing = (facts: Partial<Situation>): number => {
    const { s, context } = placed();
    return planFor([{ ...s, ...facts }], context).pending.syncing;
  };
  const slow = (createdAt: number | null): Partial<Situation> => ({
    imageState: 'not-ready',
    image: image({ createdAt }),
  });
  it.each<[string, number, Partial<Situation>]>([
    ['nothing in the ordinary world', 0, {}],
    ['a restore of ours', 1, { sync: RUNS }],
    ['no restore that is stuck', 0, { sync: { ...RUNS, trouble: 'sync-stuck' } }],
    ['no restore of somebody else', 0, { sync: RUNS, steered: false }],
    ['an image that is almost ready', 1, slow(NOW - 10 * MINUTE + 1)],
    ['an image whose age nobody tells', 1, slow(null)],
    ['no image that takes its time', 0, slow(NOW - 10 * MINUTE)],
    ['no image of somebody else', 0, { ...slow(NOW), steered: false }],
    ['no image of a restore that is paused', 0, { ...slow(NOW), sync: { state: 'paused' } }],
    ['no image that is missing', 0, { imageState: 'missing', image: null }],
    ['no young image that is ready', 0, { image: image({ createdAt: NOW }) }],
  ])('is %s', (_, expected, facts) => {
    expect(syncing(facts)).toBe(expected);
  });
});

describe('what is told', () => {
  const told = (world: World): unknown => {
    const { holds, records, warnings, index } = planOf(world);
    return { holds: kindsOf(holds), records: records.length, warnings: warnings.length, index: index !== null };
  };
  const cluster = (parts: ClusterParts = {}): ReturnType<typeof clusterView> =>
    clusterView({ ...BACK, volumes: { [KEY]: null }, ...parts });
  const index = indexOf({ _generatedAt: iso(NOW - MINUTE), _since: iso(NOW - 240 * HOUR) });

  it('is everything by a run without restrictions, and nothing by one that only reports', () => {
    const world = (mode: 'sync' | 'report'): World => ({
      bucket: NEWER,
      cluster: cluster({ index }),
      settings: { mode },
    });
    expect([told(world('sync')), told(world('report'))]).toEqual([
      { holds: ['note-newest'], records: 1, warnings: 1, index: true },
      { holds: [], records: 0, warnings: 0, index: true },
    ]);
  });

  it('is no hold by a run that looked before another one has published', () => {
    const younger = indexOf({ _generatedAt: iso(NOW + MINUTE), _since: iso(NOW - 240 * HOUR) });
    expect(told({ bucket: NEWER, cluster: cluster({ index: younger }) })).toMatchObject({ holds: [], index: false });
  });
});

describe('sources that leave', () => {
  const leaving = (
    overrides: World['settings'],
    more: Partial<World> = {},
    movers = [sourceMover({ failed: 1 })],
  ): PlanResult['leaving'] =>
    planOf({
      cluster: clusterView({
        claims: [claim({ uid: 'another', createdAt: NOW - 30 * MINUTE })],
        sources: [ours()],
        movers,
      }),
      ...more,
      settings: { sources: 'on', ...overrides },
    }).leaving;

  it('are waited for while their mover works, and has failed before', () => {
    const by = (mover: Parameters<typeof sourceMover>[0]): number => leaving({}, {}, [sourceMover(mover)]);
    expect([by({ failed: 1 }), by({ failed: 0 }), by({ failed: 1, active: 0 }), leaving({}, {}, [])]).toEqual([
      1, 0, 0, 0,
    ]);
  });

  it('are waited for by a run that may delete them', () => {
    expect([
      leaving({}),
      leaving({ sources: 'off' }),
      leaving({ mode: 'report' }),
      leaving({ mode: 'create-only' }),
      leaving({ only: 'retrigger' }),
      leaving({}, { bucket: bucketView({}, { root: unknownRoot() }) }),
    ]).toEqual([1, 0, 0, 0, 0, 0]);
  });
});

describe('what claims have in common', () => {
  const NAS = 's3:http://rustfs.example:9000/volsync-backups/plex';
  it('repository-shared-by-claims: each is told the other, and one that shares nothing is told of none', () => {
    const cluster = clusterView({
      claims: [],
      sources: ['a', 'b', 'c'].map((name) => source({ name, claim: name, secret: name })),
      places: { 'media/a': place(NAS), 'media/b': place(NAS), 'media/c': place(`${NAS}-c`) },
    });
    const known = situationsOf({ bucket: bucketView({}), cluster }, settings(), NOW);
    expect(Object.fromEntries(known.map((one) => [one.claim, [one.sharedWith, one.rivals]]))).toEqual({
      a: ['media/b', []],
      b: ['media/a', []],
      c: [null, []],
      'plex-config': [null, []],
    });
  });

  it('an acceptance of what shrank dies with the index that it names', () => {
    const accepts = (
      generatedAt: number | null,
      acceptedIndex: number | 'none' | null,
      acceptShrink = false,
    ): boolean => {
      const { context } = placed();
      const cluster = { ...context.cluster, index: { ...context.cluster.index, generatedAt } };
      return contextOf([], { ...context, cluster, settings: settings({ acceptedIndex, acceptShrink }) }).settings
        .acceptShrink;
    };
    expect([
      accepts(NOW, NOW),
      accepts(null, 'none'),
      accepts(NOW, null, true),
      accepts(NOW, NOW - 1),
      accepts(NOW, 'none'),
      accepts(null, NOW),
      accepts(null, null),
    ]).toEqual([true, true, true, false, false, false, false]);
  });
});
