/** Starts in doubt: which snapshots count, each fact taken away in turn. */
import { describe, expect, it } from 'vitest';
import type { OriginMemory } from '../../../src/origin.ts';
import {
  countedOf,
  doubtBehind,
  hasUncounted,
  isHeldByDoubt,
  rememberedOrigin,
} from '../../../src/plan/facts/held-before.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { NO_SOURCE_MEMORY, type Source } from '../../../src/source.ts';
import {
  HOUR,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  claim,
  indexOf,
  listed,
  situation,
  snapshot,
  snapshots,
  source,
} from '../../support/build.ts';
import { recorded } from '../../support/facts.ts';

type Facts = Partial<Situation>;
const iso = (at: number): string => new Date(at).toISOString();
const known = (id: string, at: number): Situation['indexed'] =>
  situation({ index: indexOf({ 'media.plex-config': `attach warm ${id} ${iso(at)}` }) }).indexed;

describe('a start in doubt', () => {
  const memory = (changes: Partial<OriginMemory> = {}): OriginMemory => ({
    uid: 'uid-of-claim',
    origin: 'missed',
    held: null,
    newest: NEWEST,
    since: null,
    ...changes,
  });
  const ours = (origin: OriginMemory | null, managed = true): Source =>
    source({ managed, memory: { ...NO_SOURCE_MEMORY, origin } });
  const entry = (origin: OriginMemory | null): Facts => ({
    indexed: known(NEWEST, NOW) && { ...known(NEWEST, NOW)!, origin },
  });
  const record = (origin: OriginMemory | null): Facts => ({ record: recorded({ origin }) });
  const of = (facts: Facts): Situation => ({
    ...situation(),
    sources: [],
    indexed: null,
    record: null,
    probe: listed([...snapshots(), snapshot(LATER, NOW - MINUTE)]),
    ...facts,
  });
  const undecided = memory({ origin: null, since: 7 });

  it('is remembered of this very claim by its source, else the index, else the record; a decision counts more than none', () => {
    const remembered = (facts: Facts): OriginMemory | null => rememberedOrigin(of(facts), 'uid-of-claim');
    const [a, b, c] = [memory({ held: 'a' }), memory({ held: 'b' }), memory({ held: 'c' })];
    expect(remembered({ sources: [ours(a)], ...entry(b), ...record(c) })).toEqual(a);
    expect([remembered({ ...entry(b), ...record(c) }), remembered(record(c)), remembered({})]).toEqual([b, c, null]);
    expect([
      remembered({ sources: [ours(a, false)], ...entry(b) }),
      remembered({ sources: [ours(memory({ uid: 'x' }))], ...entry(b) }),
      remembered({ sources: [ours(null)], ...record(c) }),
    ]).toEqual([b, b, c]);
    expect([
      remembered({ sources: [ours(undecided)], ...entry(b) }),
      remembered({ sources: [ours(undecided)], ...entry(memory({ origin: null, since: 9 })) }),
      remembered(entry(undecided)),
    ]).toEqual([b, undecided, undecided]);
    expect([remembered(record(memory({ uid: 'x' }))), remembered({ record: { state: 'absent' } })]).toEqual([
      null,
      null,
    ]);
  });

  it.each<[string, boolean, () => Facts]>([
    ['is one that missed its backup', true, () => entry(memory())],
    ['is one that got an older one', true, () => entry(memory({ origin: 'stale' }))],
    ['is none that was restored', false, () => entry(memory({ origin: 'restored' }))],
    ['is one that was restored before such a claim', true, () => entry(memory({ origin: 'restored', since: 7 }))],
    ['is none that is not decided', false, () => entry(undecided)],
    ['is none without a snapshot from before', false, () => entry(memory({ newest: null }))],
    [
      'is none that its owner accepts',
      false,
      () => ({ ...entry(memory()), claimObject: claim({ accept: 'uid-of-claim' }) }),
    ],
    [
      'is one that another word does not accept',
      true,
      () => ({ ...entry(memory()), claimObject: claim({ accept: 'x' }) }),
    ],
    ['is that of the claim before, until this one is judged', true, () => entry(memory({ uid: 'older' }))],
    [
      'is that of the claim before, where this one is not decided',
      true,
      () => ({ ...entry(memory({ uid: 'older' })), sources: [ours(undecided)] }),
    ],
    [
      'is that of the claim before, where there is none',
      true,
      () => ({ ...entry(memory({ uid: 'older' })), claimObject: null }),
    ],
    ['is told by the record where the index does not', true, () => record(memory({ uid: 'older' }))],
    ['is none where nothing is remembered', false, () => ({})],
  ])('%s', (_, is, facts) => {
    expect(doubtBehind(of(facts())) !== null).toBe(is);
  });

  it('holds a restore point as of a time, also when it was accepted since', () => {
    const holds = (facts: Facts): boolean => isHeldByDoubt(of(facts));
    expect([
      holds(entry(memory())),
      holds({ ...entry(memory()), claimObject: claim({ accept: 'uid-of-claim' }) }),
      holds(entry(memory({ origin: 'restored', since: 7 }))),
      holds(entry(memory({ origin: 'restored' }))),
      holds({}),
    ]).toEqual([true, true, true, false, false]);
  });

  it.each<[string, string[], () => Facts]>([
    ['all where nothing is in doubt', [OLD, NEWEST, LATER], () => ({})],
    ['none that are younger than the backup', [OLD, NEWEST], () => entry(memory())],
    [
      'those that a later claim has saved',
      [OLD, NEWEST, LATER],
      () => entry(memory({ origin: 'restored', since: NOW - MINUTE - 1 })),
    ],
    [
      'not those of the very time at which it came',
      [OLD, NEWEST],
      () => entry(memory({ origin: 'restored', since: NOW - MINUTE })),
    ],
    ['all where the backup is gone', [OLD, NEWEST, LATER], () => entry(memory({ newest: 'dddddddd' }))],
    [
      'all where the times are those of a copy',
      [OLD, NEWEST, LATER],
      () => ({ ...entry(memory()), timesFrom: NOW - HOUR }),
    ],
    [
      'none that are younger, where the copy is older',
      [OLD, NEWEST],
      () => ({ ...entry(memory()), timesFrom: NOW - HOUR - 1 }),
    ],
    [
      'all where exactly the newest is accepted',
      [OLD, NEWEST, LATER],
      () => ({ ...entry(memory()), claimObject: claim({ accept: LATER }) }),
    ],
    ['none where nobody has looked', [], () => ({ ...entry(memory()), probe: null })],
    [
      'none where nobody could look',
      [],
      () => ({ probe: { state: 'unknown', reason: 'listing-failed', message: '' } }),
    ],
  ])('counts %s', (_, ids, facts) => {
    const s = of(facts());
    expect(countedOf(s).map(({ id }) => id.slice(0, 8))).toEqual(ids);
    expect(hasUncounted(s)).toBe(ids.length === 2);
  });
});
