import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndexWrite, PublishedIndex } from '../../src/decisions.ts';
import type { IndexShard } from '../../src/index-model.ts';
import { ENTRIES_IN_SHARD, indexWrites, wordsIn } from '../../src/index/shards.ts';

const ABOUT = { _generatedAt: '2026-11-21T12:00:00.000Z' };
const LATER = { _generatedAt: '2026-11-21T12:05:00.000Z' };
const FIRST: IndexShard = object(0, { _onStale: 'allow' });
const WARM = 'attach warm 0a1b2c3d -';

function object(number: number, parameters: Record<string, string>, resourceVersion = '1'): IndexShard {
  return { number, uid: `uid-${number}`, resourceVersion, selected: true, parameters, foreign: [] };
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `media.claim-${index}`);
}

/** An index of these entries. */
function wanted(keys: readonly string[], about: Record<string, string> = ABOUT, value = WARM): PublishedIndex {
  return { about, entries: new Map(keys.map((key) => [key, value])) };
}

/** What the API server makes of one write: our keys are replaced, and `_onStale` of the first stays the installer's. */
function applied(shards: readonly IndexShard[], { shard, existing, parameters }: IndexWrite): IndexShard[] {
  const before = shards.find(({ number }) => number === shard);
  if (before?.uid !== existing?.uid || before?.resourceVersion !== existing?.resourceVersion)
    throw new Error(`${shard} has changed meanwhile`);
  const onStale = shard === 0 ? before?.parameters['_onStale'] : undefined;
  const after = object(
    shard,
    { ...(onStale !== undefined && { _onStale: onStale }), ...parameters },
    String(Number(before?.resourceVersion ?? 0) + 1),
  );
  return [...shards.filter((one) => one !== before), after].sort((a, b) => a.number - b.number);
}

/** Every state on the way, the first and the last among them: what is there if the run ends after so many writes. */
function moments(shards: readonly IndexShard[], index: PublishedIndex, perShard: number): IndexShard[][] {
  const states = [[...shards]];
  for (const write of indexWrites(index, { shards }, perShard)) states.push(applied(states.at(-1) ?? [], write));
  return states;
}

/** Publishes and gives the objects that are there afterwards. */
function publish(shards: readonly IndexShard[], index: PublishedIndex, perShard: number): IndexShard[] {
  return moments(shards, index, perShard).at(-1) ?? [];
}

/** The claims' keys in these objects; a key that is in two of them is there twice. */
function keysIn(shards: readonly IndexShard[]): string[] {
  return shards.flatMap(({ parameters }) => Object.keys(parameters).filter((key) => !key.startsWith('_'))).sort();
}

it('an entry is in the object that other versions have put it into', () => {
  const shards = publish([FIRST], wanted(names(12)), 4);
  expect(shards.map((one) => keysIn([one]).join(' '))).toEqual([
    'media.claim-0 media.claim-1 media.claim-6 media.claim-9',
    'media.claim-10 media.claim-11 media.claim-2 media.claim-3 media.claim-4 media.claim-7',
    'media.claim-5 media.claim-8',
  ]);
});

describe('index objects are written', () => {
  it('not at all when nothing is to be published', () => {
    expect(indexWrites(null, { shards: [FIRST] })).toEqual([]);
  });

  it('whole, over the version that was read', () => {
    const before = object(0, { _onStale: 'deny', ...ABOUT, 'media.gone': WARM }, '7');
    expect(indexWrites(wanted(['media.plex'], LATER), { shards: [before] })).toEqual([
      {
        shard: 0,
        existing: { uid: 'uid-0', resourceVersion: '7' },
        parameters: { ...LATER, 'media.plex': WARM },
      },
    ]);
  });

  it('not when they say it already', () => {
    const keys = names(50);
    for (const perShard of [100, 10]) {
      const shards = publish([FIRST], wanted(keys), perShard);
      expect(indexWrites(wanted(keys), { shards }, perShard)).toEqual([]);
    }
  });

  it.each<[string, Record<string, string>]>([
    ['a word that is new', { ...ABOUT, 'media.plex': 'refuse blocked:image-direct 0a1b2c3d -' }],
    ['one entry more', { ...ABOUT, 'media.plex': WARM, 'media.more': WARM }],
    ['one entry less', ABOUT],
    ['another entry', { ...ABOUT, 'media.more': WARM }],
    ['a namespace that is unknown', { ...ABOUT, '_unknown.home': 'listing-failed', 'media.plex': WARM }],
  ])('again for %s', (_, parameters) => {
    const before = object(0, { _onStale: 'allow', ...ABOUT, 'media.plex': WARM });
    const about = Object.entries(parameters).filter(([key]) => key.startsWith('_'));
    const entries = Object.entries(parameters).filter(([key]) => !key.startsWith('_'));
    const index = { about: Object.fromEntries(about), entries: new Map(entries) };
    expect(indexWrites(index, { shards: [before] }).map((write) => write.parameters)).toEqual([parameters]);
  });

  it.each([
    [7, 0],
    [8, 1],
    [300, 1],
  ])('after %d minutes in which nothing has changed: %d times', (minutes, times) => {
    const before = object(0, { _onStale: 'allow', ...ABOUT, 'media.plex': WARM });
    const about = { _generatedAt: new Date(Date.parse(ABOUT['_generatedAt'] ?? '') + minutes * 60_000).toISOString() };
    expect(indexWrites(wanted(['media.plex'], about), { shards: [before] })).toHaveLength(times);
  });

  it('not over a younger listing that says the same', () => {
    const before = object(0, { _onStale: 'allow', ...LATER, 'media.plex': WARM });
    expect(indexWrites(wanted(['media.plex']), { shards: [before] })).toEqual([]);
  });

  it('when the time that is there cannot be read', () => {
    const before = object(0, { _onStale: 'allow', _generatedAt: 'soon', 'media.plex': WARM });
    expect(indexWrites(wanted(['media.plex']), { shards: [before] })).toHaveLength(1);
  });

  it('R8: in objects that etcd takes, whatever the names: 700 KiB at the most, each key counted twice', () => {
    const entries = new Map(
      Array.from({ length: 3999 }, (_, index) => [
        `${'n'.repeat(63)}.${String(index).padStart(5, '0')}${'c'.repeat(58)}`,
        'x'.repeat(256),
      ]),
    );
    const writes = indexWrites({ about: ABOUT, entries }, { shards: [] });
    expect(
      writes.flatMap(({ parameters }) => Object.keys(parameters)).filter((key) => !key.startsWith('_')),
    ).toHaveLength(3999);
    for (const { parameters } of writes) {
      const keys = Object.keys(parameters).map((key) => `"f:${key}":{},`);
      expect(JSON.stringify(parameters).length + keys.join('').length).toBeLessThan(700 * 1024);
    }
  });

  it('only where something has changed: one word in forty is one object in four', () => {
    const keys = names(40);
    const shards = publish([FIRST], wanted(keys), 10);
    const changed = new Map([...wanted(keys).entries, ['media.claim-7', 'refuse blocked:image-direct 0a1b2c3d -']]);
    const writes = indexWrites({ about: ABOUT, entries: changed }, { shards }, 10);
    expect(shards).toHaveLength(4);
    expect(writes).toHaveLength(1);
    expect(writes[0]?.parameters).toMatchObject({ 'media.claim-7': expect.stringMatching(/^refuse/) });
  });

  it('in one object for each 4,000 entries', () => {
    const objects = (count: number): number => publish([FIRST], wanted(names(count)), ENTRIES_IN_SHARD).length;
    expect([0, 1, 4000, 4001, 8000, 10_000].map(objects)).toEqual([1, 1, 1, 2, 2, 3]);
  });

  it('evenly: none of three holds more than a few in a hundred above its share', () => {
    const shards = publish([FIRST], wanted(names(10_000)), ENTRIES_IN_SHARD);
    for (const shard of shards) expect(Math.abs(keysIn([shard]).length - 10_000 / 3)).toBeLessThan(150);
  });

  it('each with the time and the unknown namespaces, so that each can be judged alone', () => {
    const about = { ...ABOUT, '_unknown.home': 'listing-failed', _bucketUnmarked: 'x' };
    for (const { parameters } of publish([FIRST], wanted(names(40), about), 10))
      expect(parameters).toMatchObject(about);
  });

  it('an object that is no longer needed stays, empty and fresh', () => {
    const shards = publish(publish([FIRST], wanted(names(40)), 10), wanted(['media.claim-3'], LATER), 10);
    expect(shards.map(({ parameters }) => parameters['_generatedAt'])).toEqual(Array(4).fill(LATER._generatedAt));
    expect(keysIn(shards)).toEqual(['media.claim-3']);
  });
});

describe('_onStale', () => {
  const onStale = (shards: readonly IndexShard[]): (string | undefined)[] =>
    shards.map(({ parameters }) => parameters['_onStale']);

  it('of the first is the installer’s: it is never written', () => {
    for (const perShard of [100, 10]) {
      const writes = indexWrites(wanted(names(40)), { shards: [FIRST] }, perShard);
      expect(writes.find(({ shard }) => shard === 0)?.parameters).not.toHaveProperty('_onStale');
    }
  });

  it('is repeated in the others', () => {
    expect(onStale(publish([object(0, { _onStale: 'deny' })], wanted(names(40)), 10))).toEqual(Array(4).fill('deny'));
  });

  it('that the installer changes is followed by the others, and the first is not written for it', () => {
    const [first, ...others] = publish([FIRST], wanted(names(40)), 10);
    const shards = [object(0, { ...first?.parameters, _onStale: 'deny' }), ...others];
    const writes = indexWrites(wanted(names(40)), { shards }, 10);
    expect(writes.map(({ shard }) => shard)).toEqual([3, 2, 1]);
    expect(onStale(publish(shards, wanted(names(40)), 10))).toEqual(Array(4).fill('deny'));
  });

  it('that nobody has set is in none', () => {
    expect(onStale(publish([object(0, {})], wanted(names(40)), 10))).toEqual(Array(4).fill(undefined));
  });
});

describe('an entry is in its new object before it leaves the old one', () => {
  it('when one object becomes two: the second is made first', () => {
    const before = publish([FIRST], wanted(names(8)), 10);
    const writes = indexWrites(wanted(names(20)), { shards: before }, 10);
    expect(writes.map(({ shard, existing }) => [shard, existing?.uid])).toEqual([
      [1, undefined],
      [0, 'uid-0'],
    ]);
  });

  it('when two become four, and the run ends after any of the writes', () => {
    const two = publish([FIRST], wanted(names(20)), 10);
    const states = moments(two, wanted(names(40), LATER), 10);
    expect(states.map((shards) => shards.length)).toEqual([2, 3, 4, 4, 4]);
    for (const shards of states) expect(keysIn(shards)).toEqual(expect.arrayContaining(names(20)));
    expect(keysIn(states.at(-1) ?? [])).toEqual(names(40).sort());
  });

  it('what a run left undone is done by the next, whatever it wants by then', () => {
    const [, , half = []] = moments(publish([FIRST], wanted(names(20)), 10), wanted(names(40)), 10);
    const states = moments(half, wanted(names(41), LATER), 10);
    for (const shards of states) expect(keysIn(shards)).toEqual(expect.arrayContaining(names(20)));
    expect(keysIn(states.at(-1) ?? [])).toEqual(names(41).sort());
  });

  it('an object that somebody has deleted comes back with all that belongs into it', () => {
    const all = publish([FIRST], wanted(names(40)), 10);
    for (const lost of [1, 2, 3]) {
      const left = all.filter(({ number }) => number !== lost);
      const writes = indexWrites(wanted(names(40)), { shards: left }, 10);
      expect(writes).toEqual([{ shard: lost, existing: null, parameters: all[lost]?.parameters }]);
      expect(keysIn(publish(left, wanted(names(40)), 10))).toEqual(names(40).sort());
    }
  });

  it('never: at no moment is an entry in no object, wherever runs end and whatever is deleted between them', () => {
    const run = fc.record({
      count: fc.nat(60),
      perShard: fc.constantFrom(5, 10, 20),
      stopAfter: fc.nat(14),
      lose: fc.option(fc.integer({ min: 1, max: 11 }), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 6 }), (runs) => {
        let shards = [FIRST];
        for (const [number, { count, perShard, stopAfter, lose }] of runs.entries()) {
          shards = shards.filter((one) => one.number !== lose);
          const there = new Set(keysIn(shards));
          const kept = names(count).filter((key) => there.has(key));
          const states = moments(shards, wanted(names(count), { _generatedAt: String(number) }), perShard);
          for (const state of states) expect(keysIn(state)).toEqual(expect.arrayContaining(kept));
          expect(keysIn(states.at(-1) ?? [])).toEqual(names(count).sort());
          shards = states[stopAfter] ?? states.at(-1) ?? [];
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('for the log', () => {
  it('the entries of each word are counted; keys about the index are none', () => {
    const parameters = {
      ...ABOUT,
      '_unknown.home': 'listing-failed',
      'a.a': WARM,
      'a.b': WARM,
      'a.c': 'refuse blocked:image-direct 0a1b2c3d -',
    };
    expect(wordsIn({ shard: 0, existing: null, parameters })).toEqual({ attach: 2, refuse: 1 });
    expect(wordsIn({ shard: 0, existing: null, parameters: ABOUT })).toEqual({});
  });
});
