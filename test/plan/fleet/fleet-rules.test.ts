/** Across claims: what is believed, written, made and kept; each rule with its facts taken away in turn. */
import { describe, expect, it } from 'vitest';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { hasShrunk } from '../../../src/plan/fleet/emptied-bucket.ts';
import { firstBackups } from '../../../src/plan/fleet/first-backups.ts';
import { blindBy, frozenBy, reasonOfFailure } from '../../../src/plan/fleet/frozen.ts';
import { isMoved, movedMessage } from '../../../src/plan/fleet/moved.ts';
import { newcomerBudget } from '../../../src/plan/fleet/newcomers.ts';
import { mayPlan, mayTell, mayWrite } from '../../../src/plan/fleet/permissions.ts';
import { newNamespaces } from '../../../src/plan/fleet/namespaces.ts';
import { surplusOf, withoutSurplus } from '../../../src/plan/fleet/surplus.ts';
import type { Source } from '../../../src/source.ts';
import {
  HOUR,
  MINUTE,
  NEWEST,
  namespace,
  KEY,
  NOW,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  fullId,
  indexOf,
  planOf,
  settings,
  situation,
  source,
  sourceMover,
  spec,
  unknownRoot,
  type DestinationParts,
} from '../../support/build.ts';
import { OUT_OF_REACH, RUNS, UNREAD, entry, ours } from '../../support/facts.ts';

type Facts = Partial<Situation>;

describe('a bucket has shrunk', () => {
  const known = (number: number, facts: Facts = {}): Situation => ({
    ...situation(),
    key: `media/${number}`,
    indexed: entry(`attach warm ${NEWEST} -`),
    ...facts,
  });
  const gone = { listed: { state: 'no' } } as const;
  const some = (present: number, missing: number, facts: Facts = {}): Situation[] => [
    ...Array.from({ length: present }, (_, number) => known(number, facts)),
    ...Array.from({ length: missing }, (_, number) => known(100 + number, { ...gone, ...facts })),
  ];
  const shrunk = (all: Situation[], bucket = bucketView(), more: Parameters<typeof settings>[0] = {}): boolean =>
    hasShrunk(all, bucket, settings(more));
  const EMPTY = bucketView({});
  const noIndex = { indexed: null, destination: ours() };

  it.each<[string, boolean, () => boolean]>([
    ['when three of five are gone', true, () => shrunk(some(2, 3))],
    ['not when three of six are: that is half', false, () => shrunk(some(3, 3))],
    ['not when two are: that is clean-up', false, () => shrunk(some(0, 2))],
    ['not when somebody accepts it', false, () => shrunk(some(2, 3), bucketView(), { acceptShrink: true })],
    ['not when it could not be listed', false, () => shrunk(some(0, 9), bucketView({}, { root: unknownRoot() }))],
    ['when nothing is left', true, () => shrunk(some(0, 1), EMPTY)],
    ['not when nothing was known', false, () => shrunk([], EMPTY)],
    ['when nothing is left and all were excluded', true, () => shrunk(some(0, 1, { excluded: true }), EMPTY)],
    ['not when only excluded ones are gone', false, () => shrunk(some(2, 9, { excluded: true }))],
    [
      'not when only folders at another depth are left',
      false,
      () => shrunk(some(0, 1), bucketView({}, { misplaced: ['deep/'] })),
    ],
    [
      'when it was never marked and all are gone',
      true,
      () => shrunk(some(0, 1), bucketView(undefined, { marked: false })),
    ],
    ['not when one of them is there', false, () => shrunk(some(1, 1), bucketView(undefined, { marked: false }))],
    [
      'not when it was never marked and nothing was known',
      false,
      () => shrunk([], bucketView(undefined, { marked: false })),
    ],
    ['by destinations where there is no index', true, () => shrunk(some(2, 3, noIndex))],
    ['not by somebody else’s', false, () => shrunk(some(2, 3, { ...noIndex, destination: foreign() }))],
    ['not by destinations beside an index', false, () => shrunk([...some(0, 3, noIndex), known(0)])],
    [
      'not by what three listings have missed',
      false,
      () => shrunk(some(2, 3, { destination: ours({ missed: { count: 3, at: NOW } }) })),
    ],
    [
      'by what two have missed',
      true,
      () => shrunk(some(2, 3, { destination: ours({ missed: { count: 2, at: NOW } }) })),
    ],
    [
      'by what a Secret names at the layout path',
      true,
      () => shrunk(some(2, 3, { repository: { ...OUT_OF_REACH, where: { kind: 'layout' } } })),
    ],
    [
      'not by what was never there, and nobody names yet',
      false,
      () => shrunk(some(2, 3, { indexed: entry(`refuse cold:repository-unnamed ${NEWEST} -`) })),
    ],
    ['not by what a Secret names', false, () => shrunk(some(0, 3, { repository: OUT_OF_REACH }))],
  ])('%s', (_, expected, found) => {
    expect(found()).toBe(expected);
  });

  it('not while a namespace could not be listed', () => {
    const root = {
      state: 'listed',
      namespaces: new Map([['media', UNREAD]]),
      strangers: [],
      misplaced: [],
      marked: true,
    } as const;
    expect(shrunk(some(0, 1), bucketView({}, { root }))).toBe(false);
    expect(
      shrunk(
        some(0, 1),
        bucketView(
          {},
          { root: { ...root, namespaces: new Map([['media', { state: 'listed', claims: new Set<string>() }]]) } },
        ),
      ),
    ).toBe(true);
  });
});

describe('nothing is written', () => {
  const failed = (
    resource: Parameters<typeof reasonOfFailure>[0]['resource'],
    ns: string | null = null,
    kind: 'failed' | 'not-installed' = 'failed',
  ): ReturnType<typeof clusterView> => clusterView({ failures: [{ resource, namespace: ns, kind, message: '' }] });
  const frozen = (cluster = clusterView(), bucket = bucketView()): unknown =>
    frozenBy([], { bucket, cluster, settings: settings() });
  it('while a list is missing', () => {
    expect([
      frozen(),
      frozen(failed('jobs')),
      frozen(failed('jobs', 'media')),
      frozen(failed('replicationsources', null, 'not-installed')),
      frozen(clusterView(), bucketView({}, { root: unknownRoot('listing-incomplete') })),
    ]).toEqual([null, 'listing-failed', null, 'volsync-missing', 'listing-incomplete']);
    const blind = (
      [
        'namespaces',
        'secrets',
        'replicationdestinations',
        'volumesnapshots',
        'jobs',
        'replicationsources',
        'persistentvolumeclaims',
      ] as const
    ).map((one) => blindBy(failed(one)));
    expect(blind).toEqual(['listing-failed', 'listing-failed', 'listing-failed', 'listing-failed', null, null, null]);
    expect([
      blindBy(failed('secrets', 'media')),
      blindBy(failed('volumesnapshots', null, 'not-installed')),
      blindBy(failed('replicationdestinations', null, 'not-installed')),
      reasonOfFailure({ resource: 'jobs', kind: 'not-installed', namespace: null, message: '' }),
    ]).toEqual([null, 'snapshots-missing', 'volsync-missing', 'listing-failed']);
  });

  it('of another place than the index’s', () => {
    const at = (bucket: string | null): Parameters<typeof isMoved>[0] => ({ ...indexOf(), bucket });
    const here = 's3:http://rustfs.example:9000/volsync-backups/';
    expect([
      isMoved(at(null), settings()),
      isMoved(at(here), settings()),
      isMoved(at('s3:http://x/y/'), settings()),
    ]).toEqual([false, false, true]);
    const words = (from: string): string =>
      `the index was written from ${from}, and the settings name s3:http://rustfs.example:9000/volsync-backups; if the repositories have moved there: volsync-prewarm mark-bucket --move`;
    expect([movedMessage(at('s3:x/y'), settings()), movedMessage(at(null), settings())]).toEqual([
      words('s3:x/y'),
      words('nowhere'),
    ]);
  });

  it('but what the mode allows', () => {
    const kinds = [
      'create-credentials',
      'create-destination',
      'create-source',
      'retrigger',
      'retrigger-adopted',
      'record-proof',
      'mark-suspect',
      'note-absence',
      'note-credentials',
      'note-newest',
      'nudge',
      'prove-password',
      'delete-destination',
      'update-destination',
    ] as const;
    const allowed = (mode: Parameters<typeof mayPlan>[1]): string[] => kinds.filter((kind) => mayPlan({ kind }, mode));
    expect(allowed({ mode: 'sync', only: null })).toEqual(kinds);
    expect(allowed({ mode: 'report', only: null })).toEqual(kinds);
    expect(allowed({ mode: 'create-only', only: null })).toEqual(
      kinds.filter(
        (kind) => !['retrigger', 'retrigger-adopted', 'delete-destination', 'update-destination'].includes(kind),
      ),
    );
    expect(allowed({ mode: 'sync', only: 'retrigger' })).toEqual([
      'retrigger',
      'retrigger-adopted',
      'record-proof',
      'mark-suspect',
      'note-newest',
      'nudge',
    ]);
    const modes = ['sync', 'create-only', 'report'] as const;
    expect([
      modes.map((mode) => mayWrite({ mode, only: null })),
      modes.map((mode) => mayTell({ mode, only: null })),
    ]).toEqual([
      [true, true, false],
      [true, false, false],
    ]);
  });
});

describe('of many claims', () => {
  const { claims, context: CONTEXT } = planOf();
  const one = (facts: Partial<ProtectedClaim>): ProtectedClaim => ({ ...claims[0]!, ...facts });
  const first = (key: string, createdAt: number | null, facts: Partial<ProtectedClaim> = {}): ProtectedClaim =>
    one({
      key,
      claim: key,
      claimObject: claim({ createdAt }),
      protection: { ...claims[0]!.protection, first: [] },
      sources: [],
      ...facts,
    });
  const places = (all: ProtectedClaim[], maxSyncing: number, waves = new Map<string, number>()): string[] => [
    ...firstBackups(all, waves, { settings: settings({ maxSyncing }), now: NOW }),
  ];

  it('the longest unprotected one gets the place that restores leave for its first backup', () => {
    const all = [first('c', NOW), first('b', NOW - HOUR), first('a', NOW - HOUR), first('d', null)];
    expect([places(all, 9), places(all, 2), places(all, 0)]).toEqual([['d', 'a', 'b', 'c'], ['d', 'a'], []]);
    expect(
      places(
        all,
        3,
        new Map([
          ['x', 1],
          ['y', 2],
          ['z', 2],
        ]),
      ),
    ).toEqual(['d', 'a']);
    expect(places([...all, one({})], 9)).toHaveLength(4);
    const begun = (parts: Partial<Source>, facts: Partial<ProtectedClaim> = {}): ProtectedClaim =>
      one({
        key: 'z',
        sources: [source({ managed: true, lastSyncAt: null, createdAt: NOW, ...parts })],
        sourceMover: null,
        ...facts,
      });
    const left = (busy: ProtectedClaim): number => places([...all, busy], 3).length;
    expect([
      left(begun({})),
      left(begun({ lastSyncAt: NOW })),
      left(begun({ managed: false })),
      left(begun({}, { live: false })),
      left(begun({ createdAt: NOW - 30 * MINUTE })),
      left(begun({ createdAt: NOW - 30 * MINUTE + 1 })),
      left(begun({ createdAt: null })),
      left(begun({ createdAt: 1 }, { sourceMover: sourceMover() })),
    ]).toEqual([2, 3, 3, 3, 3, 2, 2, 2]);
  });

  it('twenty newcomers of a namespace are made within a period', () => {
    const step = { actions: [], meanwhile: [], adds: true, syncs: true, bytes: 1 };
    const fresh = (facts: Partial<ProtectedClaim> = {}): ProtectedClaim =>
      one({ claimObject: null, source: null, destination: null, nextStep: step, ...facts });
    const made = (count: number, d: DestinationParts = {}, facts: Partial<ProtectedClaim> = {}): ProtectedClaim[] =>
      Array.from({ length: count }, () => fresh({ destination: destination({ createdAt: NOW, ...d }), ...facts }));
    const room = (before: ProtectedClaim[], asked = fresh()): number => {
      const budget = newcomerBudget(before, NOW);
      return Array.from({ length: 25 }, () => budget(asked)).filter(Boolean).length;
    };
    expect([
      room([]),
      room(made(5)),
      room(made(5, { createdAt: NOW - 5 * MINUTE })),
      room(made(5, { createdAt: NOW - 5 * MINUTE + 1 })),
      room(made(5, { createdAt: null })),
      room(made(5, { managed: false })),
      room(made(5, {}, { namespace: 'home' })),
      room(made(5, {}, { source: source() })),
      room(made(5, {}, { claimObject: claim() })),
    ]).toEqual([20, 15, 20, 15, 20, 20, 20, 20, 20]);
    expect([
      room([], fresh({ claimObject: claim() })),
      room([], fresh({ source: source() })),
      room([], fresh({ nextStep: null })),
      room([], fresh({ nextStep: { ...step, adds: false } })),
    ]).toEqual([25, 25, 25, 25]);
  });

  it('namespaces are made for backups that were seen, where all can be seen', () => {
    const asked = { createNamespaces: ['media', 'x'], namespaceLabels: { a: 'b' } };
    const made = (facts: Partial<ProtectedClaim> = {}, more: Partial<typeof CONTEXT> = {}): string[] => {
      const given = { ...CONTEXT, settings: settings(asked), ...more };
      return [...newNamespaces([one({ namespaceObject: null, ...facts })], given).values()].map(
        (action) => action.namespace,
      );
    };
    const failed = (resource: 'namespaces' | 'jobs'): Partial<typeof CONTEXT> => ({
      cluster: clusterView({ failures: [{ resource, namespace: 'media', kind: 'failed', message: '' }] }),
    });
    expect([made(), made({}, failed('jobs'))]).toEqual([['media'], ['media']]);
    const not = [
      made({ namespaceObject: namespace() }),
      made({ backup: { state: 'absent', snapshots: 0, newest: null, reason: 'backup-gone' } }),
      made({ listed: { state: 'not-looked' } }),
      made({}, failed('namespaces')),
      made({}, { frozen: 'listing-failed' }),
      made({}, { blind: 'listing-failed' }),
      made({}, { settings: settings() }),
      made({}, { settings: settings({ createNamespaces: ['home'] }) }),
    ];
    expect(not).toEqual(not.map(() => []));
    const young = (count: number, createdAt: number | null, managed = true): ReturnType<typeof clusterView> =>
      clusterView({
        namespaces: Array.from({ length: count }, (_, n) => namespace({ name: `n${n}`, managed, createdAt })),
      });
    const room = (cluster: ReturnType<typeof clusterView>): number => made({}, { cluster }).length;
    const MADE = NOW - 5 * MINUTE;
    expect([
      room(young(20, MADE + 1)),
      room(young(19, MADE + 1)),
      room(young(20, MADE)),
      room(young(20, null)),
      room(young(20, NOW, false)),
    ]).toEqual([0, 1, 1, 1, 1]);
    const two = newNamespaces(
      [one({ namespaceObject: null }), one({ namespaceObject: null, key: 'media/b', claim: 'b' })],
      { ...CONTEXT, settings: settings(asked) },
    );
    expect([...two]).toEqual([
      [KEY, { kind: 'create-namespace', namespace: 'media', claim: 'plex-config', labels: { a: 'b' } }],
    ]);
  });

  it('with --prune what is too much is deleted, unless runs may not delete', () => {
    const surplus = { bytes: 2, limit: 1, claims: [one({})] };
    const kinds = (
      of: typeof surplus | null,
      more: Parameters<typeof settings>[0],
      facts: Partial<ProtectedClaim> = {},
    ): string[][] =>
      withoutSurplus([one(facts), one({ key: 'media/other' })], of, settings(more)).map(({ now }) =>
        now.map(({ kind }) => kind),
      );
    expect(kinds(surplus, { prune: true })).toEqual([['delete-destination'], []]);
    const none = [
      kinds(null, { prune: true }),
      kinds(surplus, {}),
      kinds(surplus, { prune: true, mode: 'create-only' }),
      kinds(surplus, { prune: true, only: 'retrigger' }),
      kinds(surplus, { prune: true }, { destination: null }),
    ];
    expect(none).toEqual(none.map(() => [[], []]));
  });

  it('those go that need more storage than is allowed: of greedy namespaces, of low priority, live, large', () => {
    const big = (key: string, gib: number, facts: Partial<ProtectedClaim> = {}): ProtectedClaim =>
      one({
        key,
        claim: key,
        destination: destination({ spec: spec({ capacity: `${gib}Gi` }) }),
        protection: { ...claims[0]!.protection, began: 'restored' },
        ...facts,
      });
    const going = (gib: number | null, ...all: ProtectedClaim[]): unknown => {
      const found = surplusOf(all, { maxWarmBytes: gib === null ? null : gib * 2 ** 30 });
      return found && [found.bytes / 2 ** 30, found.claims.map(({ key }) => key)];
    };
    const [a, b, c] = [big('a', 1), big('b', 2), big('c', 3)];
    expect([going(null, a, b, c), going(6, a, b, c), going(5, a, b, c), going(1, a, b, c)]).toEqual([
      null,
      null,
      [6, ['c']],
      [6, ['c', 'b']],
    ]);
    const stays: Partial<ProtectedClaim>[] = [
      { waits: true },
      { excluded: true },
      { sync: RUNS },
      { destination: destination({ deleting: true, spec: spec({ capacity: '3Gi' }) }) },
      { backup: { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' } },
      { protection: { ...claims[0]!.protection, began: null } },
    ];
    expect(stays.map((facts) => going(5, a, b, big('c', 3, facts)))).toEqual(
      Array.from({ length: 6 }, () => [6, ['b']]),
    );
    const undecided = { ...claims[0]!.protection, began: null };
    const waiting = [big('a', 1, { waits: true }), big('b', 2, { waits: true })];
    expect([
      going(5, ...waiting, big('c', 3, { protection: undecided, live: false })),
      going(5, ...waiting, big('c', 3, { protection: undecided, claimObject: null })),
    ]).toEqual([
      [6, ['c']],
      [6, ['c']],
    ]);
    const free: Partial<ProtectedClaim>[] = [
      { destination: foreign() },
      { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'backup-gone' } },
      { destination: null },
    ];
    expect(free.map((facts) => going(2, a, b, big('c', 3, facts)))).toEqual(
      Array.from({ length: 3 }, () => [3, ['b']]),
    );
    const known = { state: 'present', snapshots: 1, newest: { id: fullId(NEWEST), at: NOW }, reason: null } as const;
    expect(going(5, a, big('b', 2, { backup: known, live: false, claimObject: null }), c)).toEqual([6, ['c']]);
    expect(going(4, a, big('b', 2, { claimObject: claim({ priority: -1 }) }), c)).toEqual([6, ['b']]);
    const home = (
      [
        ['x', 2],
        ['y', 2],
        ['z', 1],
      ] as const
    ).map(([key, gib]) => big(key, gib, { namespace: 'home' }));
    expect([going(7, ...home, c), going(5, ...home, c)]).toEqual([
      [8, ['x']],
      [8, ['c']],
    ]);
    expect(going(4, big('a', 1, { namespace: 'home' }), b, c)).toEqual([6, ['c']]);
    const low = big('x', 2, { namespace: 'home', claimObject: claim({ priority: -1 }) });
    expect(going(4, low, c)).toEqual([5, ['c']]);
  });
});
