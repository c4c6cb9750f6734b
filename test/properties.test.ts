import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOver } from '../src/bucket/bucket.ts';
import type { Page } from '../src/bucket/requests.ts';
import type { Action } from '../src/decisions.ts';
import type { Claim, Destination, SnapshotObject } from '../src/model.ts';
import { ANNOTATION, claimKey, isNamespaceName, parseTag, retryTag } from '../src/naming.ts';
import { plan, type PlanResult } from '../src/plan/plan.ts';
import { reportOf } from '../src/report/report.ts';
import { matches, parseSelector } from '../src/selector.ts';
import { formatDuration, parseDuration, parseQuantity } from '../src/units.ts';
import {
  EMPTY_LOG,
  HOUR,
  NOW,
  base,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  lostCluster,
  namespace,
  planOf,
  proven,
  restoredLog,
  settings,
  snapshot,
  spec,
  syncing,
} from './support/build.ts';
import { applied, isSyncing, look, volsync, type World } from './support/world.ts';
import { parseIndexEntry } from '../src/index/entry.ts';

const SIGNAL = new AbortController().signal;

/** One page with everything, as a server would answer a delimited or a plain listing of these keys. */
function serve(keys: readonly string[]): Parameters<typeof bucketOver>[0] {
  return ({ prefix, delimited }) => {
    const below = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
    const folders = new Set(
      delimited ? below.filter((key) => key.includes('/')).map((key) => key.slice(0, key.indexOf('/') + 1)) : [],
    );
    const objects = below.filter((key) => !delimited || !key.includes('/'));
    const page: Page = {
      IsTruncated: false,
      KeyCount: folders.size + objects.length,
      CommonPrefixes: [...folders].map((folder) => ({ Prefix: prefix + folder })),
      Contents: objects.map((key) => ({ Key: prefix + key, Size: 1, LastModified: new Date(NOW - HOUR) })),
    };
    return Promise.resolve(page);
  };
}

const segment = fc.oneof(
  fc.constantFrom('media', 'plex', 'snapshots', 'a'.repeat(64), '.volsync-prewarm', '', '..', 'UPPER', 'x'.repeat(300)),
  fc.string({ maxLength: 12 }),
);
const key = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));

describe('any list of keys', () => {
  it('is read without an exception, and only what can be a namespace has entries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 15 }), async (keys) => {
        const bucket = bucketOver(serve(keys), { prefix: '', concurrency: 4 });
        const root = await bucket.listRepositories(SIGNAL);
        const result = planOf({
          bucket: {
            startedAt: NOW,
            skew: 0,
            marker: null,
            root,
            probes: new Map(),
            records: new Map(),
            written: new Map(),
          },
          cluster: lostCluster(),
        });
        expect(root.state).toBe('listed');
        for (const entry of result.entries) expect(isNamespaceName(entry.namespace)).toBe(true);
        expect(result.chains).toEqual([]);
        expect(() => JSON.stringify(reportOf(result))).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });
});

const hex8 = fc.stringMatching(/^[0-9a-f]{8}$/);

describe('tags', () => {
  it('say what was asked for, and a retry never repeats one', () => {
    fc.assert(
      fc.property(
        hex8,
        fc.option(fc.oneof(hex8, fc.string(), fc.stringMatching(/^[0-9a-f]{8}-r[1-9]$/)), { nil: null }),
        (id, current) => {
          expect(parseTag(id)).toEqual({ id, retry: 0 });
          const next = retryTag(id, current);
          expect(next).not.toBe(current);
          expect(parseTag(next)?.id).toBe(id);
        },
      ),
    );
  });
});

describe('durations and quantities', () => {
  it('a duration survives being written and read, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 7 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });

  it('a quantity keeps its order in every unit, and a larger unit is larger', () => {
    const unit = fc.constantFrom('', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti');
    fc.assert(
      fc.property(fc.nat(9999), fc.nat(9999), unit, (a, b, suffix) => {
        const [x, y] = [parseQuantity(`${a}${suffix}`)!, parseQuantity(`${b}${suffix}`)!];
        expect(Math.sign(x - y)).toBe(Math.sign(a - b));
        expect(parseQuantity(`${a}Ki`)).toBe(a * 1024);
        expect(parseQuantity(`${a * 1024}Mi`)).toBe(parseQuantity(`${a}Gi`));
      }),
    );
  });

  it('no text is an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const value of [parseDuration(text), parseQuantity(text)])
          expect(value === null || Number.isFinite(value)).toBe(true);
      }),
    );
  });
});

describe('selectors', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const labels = fc.dictionary(word, word, { maxKeys: 4 });

  it('select by what they say: equality, its negation, sets and existence', () => {
    fc.assert(
      fc.property(labels, word, word, (all, name, value) => {
        const selects = (text: string): boolean => matches(parseSelector(text)!, all);
        const own = Object.hasOwn(all, name) ? all[name] : undefined;
        expect(selects(`${name}=${value}`)).toBe(own === value);
        expect(selects(`${name}!=${value}`)).toBe(own !== value);
        expect(selects(`${name} in (${value},other)`)).toBe(own === value || own === 'other');
        expect(selects(`${name} notin (${value})`)).toBe(own !== value);
        expect(selects(name)).toBe(own !== undefined);
        expect(selects(`!${name}`)).toBe(own === undefined);
        expect(selects(`${name},!${name}`)).toBe(false);
      }),
    );
  });

  it('no text is an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseSelector(text)));
    expect(parseSelector('')).toBeNull();
  });
});

// ── random worlds ────────────────────────────────────────────────────────────────────────────────────────────────────

const IDS = ['11111111', '22222222', '33333333'];
const STATES = [
  'absent',
  'warm',
  'stale',
  'unproven',
  'empty',
  'imageless',
  'lost-image',
  'direct',
  'syncing',
  'asked',
  'foreign',
  'no-tag',
] as const;

interface Seed {
  state: (typeof STATES)[number];
  snapshots: number;
  claim: 'none' | 'bound' | 'waiting' | 'smaller' | 'larger';
  credentials: 'absent' | 'ours' | 'foreign';
  namespace: 'there' | 'missing';
  fluke: boolean;
}

const seed: fc.Arbitrary<Seed> = fc.record({
  state: fc.constantFrom(...STATES),
  snapshots: fc.nat(3),
  claim: fc.constantFrom('none', 'bound', 'waiting', 'smaller', 'larger'),
  credentials: fc.constantFrom('absent', 'ours', 'ours', 'foreign'),
  namespace: fc.constantFrom('there', 'there', 'there', 'missing'),
  fluke: fc.boolean(),
});

function claimOf(kind: Seed['claim'], name: string): Claim[] {
  const of = { claim: name, uid: name, createdAt: NOW };
  const all: Record<Seed['claim'], Claim[]> = {
    none: [],
    bound: [claim(of)],
    waiting: [claim({ ...of, phase: 'Pending' })],
    smaller: [claim({ ...of, request: '1Gi' })],
    larger: [claim({ ...of, request: '9Gi' })],
  };
  return all[kind];
}

/** It holds a snapshot of yesterday, which has been forgotten since. */
function forgotten(image: string): Record<string, string> {
  const at = new Date(NOW - 24 * HOUR).toISOString();
  return { ...proven('00000000', image), [ANNOTATION.verifiedSnapshotAt]: at };
}

function destinationOf(state: Seed['state'], name: string, held: string): Destination[] {
  const own = `image-of-${name}`;
  const ref = { kind: 'VolumeSnapshot', apiGroup: 'snapshot.storage.k8s.io', name: own };
  const done = {
    claim: name,
    latestImage: ref,
    manual: held,
    lastManualSync: held,
    annotations: {},
    moverLogs: restoredLog(held),
  };
  const all: Record<Seed['state'], Destination[]> = {
    absent: [],
    warm: [destination({ ...done, annotations: proven(held, own) })],
    stale: [destination({ ...done, annotations: forgotten(own), manual: '00000000', lastManualSync: '00000000' })],
    unproven: [destination({ ...done, moverLogs: '', manual: 'by-hand', lastManualSync: 'by-hand' })],
    empty: [destination({ ...done, moverLogs: EMPTY_LOG })],
    imageless: [destination({ ...done, latestImage: null })],
    'lost-image': [destination({ ...done, annotations: proven(held, own) })],
    direct: [destination({ ...done, latestImage: { ...ref, kind: 'PersistentVolumeClaim', apiGroup: '' } })],
    syncing: [syncing({ claim: name, manual: held })],
    asked: [syncing({ claim: name, manual: held, lastSyncStartAt: null, createdAt: NOW })],
    foreign: [foreign({ claim: name })],
    'no-tag': [destination({ ...done, manual: null, lastManualSync: null })],
  };
  return all[state].map((one) => ({ ...one, spec: spec({}, name) }));
}

function worldOf(seeds: readonly Seed[]): World {
  const names = seeds.map((_, index) => `claim-${index}`);
  const homes = seeds.map((one) => (one.namespace === 'there' ? 'media' : 'gone'));
  const keys = names.map((name, index) => `${homes[index]}/${name}`);
  const place = <T extends { namespace: string }>(index: number, found: T[]): T[] =>
    found.map((one) => ({ ...one, namespace: homes[index]! }));
  const ids = (one: Seed): SnapshotObject[] =>
    IDS.slice(0, one.snapshots).map((id, age) => snapshot(id, NOW - (9 - age) * HOUR));
  const existing = seeds.flatMap((one, index) =>
    one.namespace === 'missing'
      ? []
      : place(index, destinationOf(one.state, names[index]!, IDS[Math.max(0, one.snapshots - 1)]!)),
  );
  const images = existing.flatMap((one) => {
    const lost = seeds[names.indexOf(one.claim)]?.state === 'lost-image' || one.latestImage?.kind !== 'VolumeSnapshot';
    return lost ? [] : [image({ name: one.latestImage!.name })];
  });
  return {
    now: NOW,
    serial: 1000,
    repositories: new Map(keys.map((name, index) => [name, ids(seeds[index]!)])),
    flukes: new Set(keys.filter((_, index) => seeds[index]!.fluke)),
    cluster: clusterView({
      namespaces: [namespace()],
      bases: { media: base() },
      credentials: Object.fromEntries(
        keys.map((name, index) => {
          const { credentials: state } = seeds[index]!;
          return [name, state === 'ours' ? { state, differs: [] } : { state }];
        }),
      ),
      destinations: existing,
      sources: [],
      claims: seeds.flatMap((one, index) =>
        one.namespace === 'missing' ? [] : place(index, claimOf(one.claim, names[index]!)),
      ),
      images,
    }),
  };
}

const NOTES: readonly Action['kind'][] = [
  'record-proof',
  'mark-suspect',
  'note-absence',
  'note-credentials',
  'create-credentials',
  'update-credentials',
];
const STARTS: readonly Action['kind'][] = [
  'create-destination',
  'recreate-destination',
  'retrigger',
  'retrigger-adopted',
];

/** The sentences that hold for every single action. */
function check(world: World, action: Action): void {
  const ref = 'desired' in action ? action.desired : action;
  const existing = world.cluster.destinations.get(claimKey(ref));
  if (existing !== undefined && isSyncing(existing)) expect(NOTES).toContain(action.kind);
  if (STARTS.includes(action.kind)) expect(world.repositories.get(claimKey(ref))?.length ?? 0).toBeGreaterThan(0);
  if (existing?.managed === false)
    expect(['retrigger-adopted', 'create-credentials', 'update-credentials']).toContain(action.kind);
}

interface Course {
  world: World;
  last: PlanResult;
  steps: number;
  /** tags asked for, by object */
  asked: string[];
}

interface Pace {
  maxSyncing: number;
  acceptShrink: boolean;
  bound: number;
  /** how many actions of each pass are carried out before the run is stopped, in turn; all when none is given */
  cuts?: readonly number[];
}

function running(world: World): number {
  return [...world.cluster.destinations.values()].filter(isSyncing).length;
}

/** Plan, apply, let VolSync work, until nothing is to be done and nothing is in flight. */
function course(start: World, { maxSyncing, acceptShrink, bound, cuts = [] }: Pace): Course {
  let world = start;
  const asked: string[] = [];
  const atOnce = Math.max(maxSyncing, running(start));
  for (let steps = 0; ; steps += 1) {
    const last = plan(look(world), settings({ maxSyncing, acceptShrink }), world.now);
    const cut = cuts[steps % cuts.length] ?? Number.POSITIVE_INFINITY;
    for (const action of last.chains.flat().slice(0, cut)) {
      check(world, action);
      world = applied(world, action);
      if (STARTS.includes(action.kind) && 'desired' in action) {
        asked.push(`${world.cluster.destinations.get(claimKey(action.desired))?.uid} ${action.desired.manual}`);
      }
    }
    expect(running(world)).toBeLessThanOrEqual(atOnce);
    if ((last.chains.length === 0 && running(world) === 0) || steps === bound) return { world, last, steps, asked };
    world = volsync(world);
  }
}

function isEligible(one: Seed): boolean {
  return one.namespace === 'there' && one.snapshots > 0 && one.state !== 'foreign' && one.credentials !== 'foreign';
}

/** The second empty image of the same snapshot is final. */
function isEmptyTwice(one: Seed): boolean {
  return one.state === 'empty' && one.fluke;
}

const worlds = fc.array(seed, { minLength: 1, maxLength: 7 });

describe('from any world', () => {
  it('every eligible repository becomes warm, a few at a time, and then there is nothing left to do', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 1, max: 3 }), (seeds, maxSyncing) => {
        // Without that word, a world that lost most of its repositories stands still.
        const acceptShrink = true;
        const bound = 12 * seeds.length + 12;
        const { world, last, steps, asked } = course(worldOf(seeds), { maxSyncing, acceptShrink, bound });
        expect(steps).toBeLessThan(bound);
        expect(new Set(asked).size).toBe(asked.length);
        for (const [index, one] of seeds.entries()) {
          if (!isEligible(one)) continue;
          const { state, reason, holds } = last.entries.find((each) => each.claim === `claim-${index}`)!.restorePoint;
          expect([index, state, reason, holds]).toEqual(
            isEmptyTwice(one) ? [index, 'blocked', 'image-empty', null] : [index, 'warm', null, IDS[one.snapshots - 1]],
          );
        }
        expect(plan(look(world), settings({ maxSyncing, acceptShrink }), world.now).chains).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('a run may be stopped after any step: the next one goes on from there', () => {
    fc.assert(
      fc.property(worlds, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }), (seeds, cuts) => {
        const bound = 30 * seeds.length + 30;
        const { last, steps } = course(worldOf(seeds), { maxSyncing: 2, acceptShrink: true, bound, cuts });
        expect(steps).toBeLessThan(bound);
        const states = seeds.map(
          (_, index) => last.entries.find((one) => one.claim === `claim-${index}`)?.restorePoint.state,
        );
        // A second empty image is final; every other eligible repository is warm.
        const wrong = seeds.filter((one, index) => isEligible(one) && states[index] !== 'warm' && !isEmptyTwice(one));
        expect(wrong).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('no empty image stays admissible over an existing backup, and nothing is made where there is none', () => {
    fc.assert(
      fc.property(worlds, (seeds) => {
        const { world } = course(worldOf(seeds), { maxSyncing: 4, acceptShrink: false, bound: 100 });
        const empty = [...world.cluster.destinations.values()].filter(
          (one) => one.managed && one.moverLogs === EMPTY_LOG,
        );
        for (const one of empty) expect(one.memory.suspect?.image).toBe(one.latestImage?.name);
        const made = [...world.cluster.destinations].filter(
          ([, one]) => one.uid.startsWith('uid-') && !one.uid.startsWith('uid-of-'),
        );
        for (const [name] of made) expect(world.repositories.get(name)?.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });

  it('every backup has one word in the index, which can be read again, and what never had a backup has none', () => {
    fc.assert(
      fc.property(worlds, (seeds) => {
        const world = worldOf(seeds);
        const { index } = plan(look(world), settings({ acceptShrink: true }), NOW);
        const told = new Map([...(index?.entries ?? [])].map(([key, value]) => [key.replace('.', '/'), value]));
        const found = [...world.repositories].filter(([, snapshots]) => snapshots.length > 0);
        expect(found.map(([name]) => parseIndexEntry(told.get(name) ?? '')?.id)).toEqual(
          found.map(([, snapshots]) => IDS[snapshots.length - 1]),
        );
        // A restore point of ours remembers a backup until three listings have missed it.
        const others = [...told.keys()].filter((name) => !found.some(([one]) => one === name));
        expect(others.filter((name) => world.cluster.destinations.get(name)?.managed !== true)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('equal input gives a byte-equal report', () => {
    fc.assert(
      fc.property(worlds, (seeds) => {
        const text = (): string => JSON.stringify(reportOf(plan(look(worldOf(seeds)), settings(), NOW)));
        expect(text()).toBe(text());
      }),
      { numRuns: 100 },
    );
  });
});
