import { describe, expect, it } from 'vitest';
import type { Claim, Destination } from '../../../src/model.ts';
import { parseSelector } from '../../../src/selector.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import {
  HOUR,
  LATER,
  MINUTE,
  NOW,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  image,
  listed,
  mover,
  namespace,
  planOf,
  snapshot,
  snapshots,
  spec,
  syncing,
  toldAll,
  type World,
} from '../../support/build.ts';

interface Parts {
  claims?: Claim[];
  destinations?: Destination[];
  movers?: ReturnType<typeof mover>[];
  images?: ReturnType<typeof image>[];
  settings?: Partial<Settings>;
}

/** Lost applications a, b, c, … of 10Gi each, unless a claim or destination says otherwise. */
function lost(
  names: string,
  { claims = [], destinations = [], movers = [], images = [], settings = {} }: Parts = {},
): World {
  const keys = [...names.split(''), ...destinations.map((one) => one.claim)].map((name) => `media/${name}`);
  return {
    bucket: bucketView(
      Object.fromEntries(keys.map((key) => [key, listed([...snapshots(), snapshot(LATER, NOW - HOUR / 2)])])),
    ),
    cluster: clusterView({
      namespaces: [namespace()],
      bases: { media: base() },
      credentials: Object.fromEntries(keys.map((key) => [key, { state: 'absent' as const }])),
      claims,
      destinations,
      movers,
      sources: [],
      images,
    }),
    settings: { defaultCapacity: '10Gi', ...settings },
  };
}

function waves(world: World): Record<string, number | null> {
  return Object.fromEntries(Object.entries(toldAll(planOf(world))).map(([key, { wave }]) => [key.slice(6), wave]));
}

/** Lost applications by namespace. */
function spread(names: Record<string, string[]>, { claims = [], destinations = [], settings = {} }: Parts = {}): World {
  const repositories = keysOf(names);
  const namespaces = Object.keys(names);
  return {
    bucket: bucketView(repositories),
    cluster: clusterView({
      namespaces: namespaces.map((name) => namespace({ name })),
      bases: Object.fromEntries(namespaces.map((name) => [name, base()])),
      credentials: Object.fromEntries(Object.keys(repositories).map((key) => [key, { state: 'absent' as const }])),
      claims,
      destinations,
      sources: [],
      images: [],
    }),
    settings: { defaultCapacity: '10Gi', ...settings },
  };
}

function keysOf(names: Record<string, string[]>): Record<string, ReturnType<typeof listed>> {
  const all = Object.entries(names).flatMap(([where, some]) => some.map((name) => `${where}/${name}`));
  return Object.fromEntries(all.map((key) => [key, listed(snapshots())]));
}

function wavesOf(world: World): Record<string, number | null> {
  return Object.fromEntries(Object.entries(toldAll(planOf(world))).map(([key, { wave }]) => [key, wave]));
}

function sized(name: string, request: string, overrides: Partial<Claim> = {}): Claim {
  return claim({ claim: name, request, phase: 'Pending', restoresFromUs: false, ...overrides });
}

describe('waves', () => {
  it('start --max-syncing at once, by name when nothing else tells them apart', () => {
    expect(waves(lost('fbdace'))).toEqual({ a: 1, b: 1, c: 1, d: 1, e: 2, f: 2 });
    expect(waves(lost('abc', { settings: { maxSyncing: 1 } }))).toEqual({ a: 1, b: 2, c: 3 });
  });

  it('only the first is carried out in this pass; the others are queued', () => {
    const result = planOf(lost('abc', { settings: { maxSyncing: 1 } }));
    expect(result.chains.map((chain) => chain.map(({ kind }) => kind))).toEqual([
      ['create-credentials', 'create-destination'],
    ]);
    expect(result.pending).toEqual({ syncing: 0, queued: 2 });
    expect(toldAll(result)['media/c']).toEqual({
      backup: 'present',
      restorePoint: 'cold: queued',
      wave: 3,
      actions: ['create-credentials', 'create-destination'],
    });
  });

  it('put claims that wait first, then priority, then the smallest, then the name', () => {
    const claims = [
      sized('a', '3Gi'),
      sized('b', '1Gi'),
      sized('c', '9Gi', { priority: 5 }),
      sized('d', '20Gi', { restoresFromUs: true }),
      sized('e', '1Gi'),
      sized('f', '1Gi', { priority: -1 }),
    ];
    expect(waves(lost('abcdef', { claims, settings: { maxSyncing: 1 } }))).toEqual({
      d: 1,
      c: 2,
      b: 3,
      e: 4,
      a: 5,
      f: 6,
    });
  });

  it('F26: go round the namespaces, whatever priorities one of them claims', () => {
    const claims = ['a', 'b', 'c'].map((name) => sized(name, '1Gi', { namespace: 'greedy', priority: 1000 }));
    const settings = { maxSyncing: 1 };
    expect(wavesOf(spread({ greedy: ['a', 'b', 'c'], modest: ['a'] }, { claims, settings }))).toEqual({
      'greedy/a': 1,
      'modest/a': 2,
      'greedy/b': 3,
      'greedy/c': 4,
    });
  });

  it('put a stale restore point without a claim before new ones: the claim may be refused because of it', () => {
    const destinations = [destination({ claim: 'z' })];
    const images = [image({ name: destinations[0]?.latestImage?.name ?? '' })];
    expect(waves(lost('a', { destinations, images, settings: { maxSyncing: 1 } }))).toEqual({ z: 1, a: 2 });
  });

  it('F13: take only twenty newcomers of one namespace at a time, and all that a claim or a source speaks for', () => {
    const junk = Array.from({ length: 30 }, (_, index) => `junk-${String(index).padStart(2, '0')}`);
    const [claims, settings] = [[sized('real', '90Gi')], { maxSyncing: 50 }];
    const made = wavesOf(spread({ media: [...junk, 'real'], office: ['a'] }, { claims, settings }));
    expect(Object.keys(made).filter((key) => made[key] === 1)).toEqual([
      ...junk.slice(0, 20).map((name) => `media/${name}`),
      'media/real',
      'office/a',
    ]);
  });

  it('F13: count the newcomers that were made within the period: the passes of a run share the budget', () => {
    const made = Array.from({ length: 19 }, (_, index) => `made-${index}`);
    const destinations = made.map((claim) => syncing({ claim, createdAt: NOW - MINUTE }));
    const waves = wavesOf(spread({ media: [...made, 'x', 'y'] }, { destinations }));
    expect([waves['media/x'], waves['media/y']]).toEqual([2, null]);
  });

  it('count what syncs already', () => {
    const destinations = [syncing({ claim: 'x' }), syncing({ claim: 'y' }), syncing({ claim: 'z' })];
    expect(waves(lost('ab', { destinations }))).toMatchObject({ a: 1, b: 2 });
  });

  it('F21: count a failing mover, between two retries too', () => {
    const destinations = [syncing({ claim: 'x', managed: false, labels: { app: 'x' } })];
    const settings = { maxSyncing: 1, adopt: parseSelector('app=x') };
    for (const active of [0, 1]) {
      const movers = [mover({ ownerName: 'x-restore', active, failed: 3 })];
      expect(waves(lost('a', { destinations, movers, settings }))).toMatchObject({ a: 2 });
    }
  });

  it('R2: are not blocked by what hangs half-way', () => {
    const destinations = ['w', 'x', 'y', 'z'].map((name) => syncing({ claim: name, lastSyncStartAt: NOW - HOUR }));
    const idle = { ready: 0, startedAt: NOW - HOUR };
    const movers = [
      mover({ ownerName: 'w-restore', ...idle }),
      mover({ ownerName: 'x-restore', active: 0, ...idle }),
      mover({ ownerName: 'y-restore', active: 0, ...idle, succeededAt: NOW - 45 * MINUTE }),
    ];
    expect(waves(lost('a', { destinations, movers, settings: { maxSyncing: 1 } }))).toMatchObject({ a: 1 });
  });

  it('wait for what VolSync has not begun: all of it would start at once when VolSync is back', () => {
    const destinations = [syncing({ claim: 'y', lastSyncStartAt: null, createdAt: NOW - 20 * MINUTE })];
    expect(waves(lost('a', { destinations, settings: { maxSyncing: 1 } }))).toMatchObject({ a: 2 });
  });

  it("are not blocked by somebody else's destination that syncs in an endless loop", () => {
    const destinations = [syncing({ claim: 'x', managed: false, labels: {}, manual: null })];
    expect(waves(lost('a', { destinations, settings: { maxSyncing: 1 } }))).toMatchObject({ a: 1 });
  });

  it('are limited by --max-syncing-bytes, running ones included', () => {
    const settings = { maxSyncingBytes: 25 * 2 ** 30 };
    expect(waves(lost('abc', { settings }))).toEqual({ a: 1, b: 1, c: 2 });
    const destinations = [syncing({ claim: 'x', spec: spec({ capacity: '10Gi' }, 'x') })];
    expect(waves(lost('ab', { destinations, settings }))).toMatchObject({ a: 1, b: 2 });
  });

  it('are filled up to --max-syncing-bytes, to the last byte', () => {
    expect(waves(lost('abc', { settings: { maxSyncingBytes: 20 * 2 ** 30 } }))).toEqual({ a: 1, b: 1, c: 2 });
  });

  it('give a volume that is larger than the whole limit one of its own', () => {
    expect(waves(lost('abc', { settings: { maxSyncingBytes: 2 ** 30 } }))).toEqual({ a: 1, b: 2, c: 3 });
  });
});

describe('--max-warm-bytes', () => {
  const BUDGET = { maxWarmBytes: 25 * 2 ** 30 };

  it('over-storage-budget: the lowest priority is out first', () => {
    const claims = [sized('c', '10Gi', { priority: 1 })];
    expect(toldAll(planOf(lost('abc', { claims, settings: BUDGET })))['media/b']).toEqual({
      backup: 'present',
      restorePoint: 'cold: over-storage-budget',
      wave: null,
      actions: [],
    });
    expect(waves(lost('abc', { claims, settings: BUDGET }))).toEqual({ a: 1, b: null, c: 1 });
  });

  it('is used to the last byte, also beyond the share of a namespace', () => {
    const destinations = [destination({ namespace: 'office', claim: 'x', spec: spec({ capacity: '5Gi' }, 'x') })];
    const within = (maxWarmBytes: number): unknown =>
      wavesOf(spread({ office: ['x'], media: ['a'] }, { destinations, settings: { maxWarmBytes } }));
    expect(within(15 * 2 ** 30)).toMatchObject({ 'media/a': 1 });
    expect(within(15 * 2 ** 30 - 1)).toMatchObject({ 'media/a': null });
    expect(waves(lost('ab', { settings: { maxWarmBytes: 10 * 2 ** 30 } }))).toEqual({ a: 1, b: null });
  });

  it('stops no renewal: a restore point that exists costs nothing more', () => {
    const destinations = [destination({ claim: 'x', spec: spec({ capacity: '30Gi' }, 'x') })];
    expect(waves(lost('', { destinations, images: [image()], settings: BUDGET }))).toEqual({ x: 1 });
  });

  it('counts the restore points that exist', () => {
    const destinations = [destination({ claim: 'x', spec: spec({ capacity: '20Gi' }, 'x') })];
    expect(waves(lost('a', { destinations, settings: BUDGET }))).toMatchObject({ a: null });
  });

  it('R3: one namespace cannot use up the share of the others', () => {
    const destinations = [destination({ namespace: 'hog', claim: 'y', spec: spec({ capacity: '7Ei' }, 'y') })];
    const settings = { maxWarmBytes: 60 * 2 ** 30 };
    const world = spread({ hog: ['x', 'y'], media: ['a'], office: ['b'] }, { destinations, settings });
    expect(wavesOf(world)).toMatchObject({ 'hog/x': null, 'media/a': 1, 'office/b': 1 });
  });

  it('R3: a destination without a repository does not count', () => {
    const destinations = [
      destination({ claim: 'y', annotations: {}, manual: null, spec: spec({ capacity: '7Ei' }, 'y') }),
    ];
    expect(wavesOf(spread({ media: ['a'] }, { destinations, settings: BUDGET }))).toMatchObject({ 'media/a': 1 });
  });

  it('never refuses a claim that waits', () => {
    const claims = [sized('a', '100Gi', { restoresFromUs: true })];
    expect(waves(lost('a', { claims, settings: BUDGET }))).toEqual({ a: 1 });
  });
});
