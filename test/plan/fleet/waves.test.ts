import { describe, expect, it } from 'vitest';
import type { Claim, Destination } from '../../../src/model.ts';
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
  settings?: Partial<Settings>;
}

/** Lost applications a, b, c, … of 10Gi each, unless a claim or destination says otherwise. */
function lost(names: string, { claims = [], destinations = [], movers = [], settings = {} }: Parts = {}): World {
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
      images: [],
    }),
    settings: { defaultCapacity: '10Gi', ...settings },
  };
}

function waves(world: World): Record<string, number | null> {
  return Object.fromEntries(Object.entries(toldAll(planOf(world))).map(([key, { wave }]) => [key.slice(6), wave]));
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

  it('count what syncs already', () => {
    const destinations = [syncing({ claim: 'x' }), syncing({ claim: 'y' }), syncing({ claim: 'z' })];
    expect(waves(lost('ab', { destinations }))).toMatchObject({ a: 1, b: 2 });
  });

  it('are not blocked by what fails or hangs half-way', () => {
    const destinations = [syncing({ claim: 'x' }), syncing({ claim: 'y', lastSyncStartAt: NOW - 40 * MINUTE })];
    const movers = [mover({ ownerName: 'x-restore', failed: 3 })];
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

  it('counts the restore points that exist', () => {
    const destinations = [destination({ claim: 'x', spec: spec({ capacity: '20Gi' }, 'x') })];
    expect(waves(lost('a', { destinations, settings: BUDGET }))).toMatchObject({ a: null });
  });

  it('never refuses a claim that waits', () => {
    const claims = [sized('a', '100Gi', { restoresFromUs: true })];
    expect(waves(lost('a', { claims, settings: BUDGET }))).toEqual({ a: 1 });
  });
});
