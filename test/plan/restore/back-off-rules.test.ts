/** When a restore is given up, when it is tried again, and what makes a try worth it at once. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY, type Tries } from '../../../src/memory.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { backsOff, dueAt, givenUp } from '../../../src/plan/restore/back-off.ts';
import {
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  base,
  claim,
  destination,
  foreign,
  indexOf,
  listed,
  mover,
  placed,
  situation,
  snapshot,
} from '../../support/build.ts';

type Facts = Partial<Situation>;
const RETRIES = { state: 'syncing', since: NOW, trouble: 'sync-failing', betweenRetries: true, detail: '' } as const;
const FAILED = { sync: RETRIES, mover: mover({ active: 0, failed: 1 }) };
const indexed = situation({ index: indexOf({ 'media.plex-config': `attach warm ${NEWEST} -` }) }).indexed;

function given(facts: Facts, renewed = false): Tries | null {
  const { s, context } = placed();
  return givenUp({ ...s, ...FAILED, ...facts }, context, renewed);
}

const remembers = (tries: Tries | null): Facts => ({ destination: destination({ memory: { ...NO_MEMORY, tries } }) });
const tried = (count: number, failed: number): Facts => remembers({ count, at: 1, inputs: 'x', failed });

describe('a restore is given up', () => {
  it.each<[string, number | null, Facts]>([
    ['after one failure where a backup can meet its lock', 1, {}],
    ['once more after that', 3, tried(2, 9)],
    ['not for the failure that was counted', null, tried(2, 1)],
    ['not where no source backs it up, after two', null, { source: null, mover: mover({ active: 0, failed: 2 }) }],
    ['there after three', 1, { source: null, mover: mover({ active: 0, failed: 3 }) }],
    ['not where the claim is not in use, after two', null, { live: false, mover: mover({ active: 0, failed: 2 }) }],
    ['not while a pod works', null, { sync: { ...RETRIES, betweenRetries: false } }],
    ['not where no sync runs', null, { sync: { state: 'idle' } }],
    ['not where it is paused', null, { sync: { state: 'paused' } }],
    ['not without a mover', null, { mover: null }],
    ['not of somebody else’s', null, { destination: foreign({ adopted: true }) }],
    ['not of one that is being deleted', null, { destination: destination({ deleting: true }) }],
    ['not of one that is not steered', null, { steered: false }],
    ['not without a destination', null, { destination: null }],
  ])('%s', (_, count, facts) => {
    expect(given(facts)?.count ?? null).toBe(count);
  });

  it('with when, how often, and by what', () => {
    expect(given({})).toEqual({ count: 1, at: NOW, inputs: expect.stringMatching(/^[0-9a-f]{8}$/), failed: 1 });
  });
});

describe('a try is worth it at once', () => {
  const inputs = (facts: Facts, renewed = false): string | undefined => given(facts, renewed)?.inputs;
  it.each<[string, Facts]>([
    ['when the newest snapshot is another', { probe: listed([snapshot(LATER)]) }],
    ['when there is none any more', { probe: listed([]), indexed: null }],
    ['when the base credentials are others', { base: { ...base(), version: 'other' } }],
    ['when there are none', { base: null }],
    ['when the claim is larger', { claimObject: claim({ request: '9Gi' }) }],
    ['when it is of another class', { claimObject: claim({ storageClass: 'slow' }) }],
  ])('%s', (_, facts) => {
    expect(inputs(facts)).not.toBe(inputs({}));
  });

  it('not when only the destination is another, or the index tells what nobody has looked at', () => {
    expect([inputs(tried(2, 9)), inputs({ probe: null, indexed })]).toEqual([inputs({}), inputs({})]);
    expect(inputs({ probe: null, indexed: null })).not.toBe(inputs({}));
    expect([inputs({}, true), inputs({ base: null })]).toEqual([inputs({ base: null }), inputs({}, true)]);
    expect(inputs({ claimObject: claim({ request: '9Gi' }) }, true)).not.toBe(inputs({}, true));
  });
});

describe('it waits', () => {
  it('twice as long after each failure, up to an hour; five minutes at the most under a claim that waits', () => {
    const wait = (count: number, waits = false): number =>
      dueAt({ waits }, { count, at: 0, inputs: '', failed: 0 }) / MINUTE;
    expect([1, 2, 3, 6, 7, 99].map((count) => wait(count))).toEqual([1, 2, 4, 32, 60, 60]);
    expect([1, 2, 3, 4, 9].map((count) => wait(count, true))).toEqual([1, 2, 4, 5, 5]);
  });

  it('while it is paused, with what it was tried with', () => {
    const { s, context } = placed();
    const inputs = given({})?.inputs ?? '';
    const waits = (facts: Facts, tries: Partial<Tries> = {}): boolean =>
      backsOff(
        {
          ...s,
          sync: { state: 'paused' },
          ...remembers({ count: 1, at: NOW - MINUTE + 1, inputs, failed: 1, ...tries }),
          ...facts,
        },
        context,
      );
    expect([
      waits({}),
      waits({}, { at: NOW - MINUTE }),
      waits({}, { inputs: 'others' }),
      waits({ sync: { state: 'idle' } }),
      waits(remembers(null)),
    ]).toEqual([true, false, false, false, false]);
    const gone = {
      destination: null,
      sync: { state: 'none' },
      indexed: indexed && { ...indexed, tries: { count: 1, at: NOW, inputs, failed: 1 } },
    } as const;
    expect([waits(gone), waits({ ...gone, indexed }), waits({ ...gone, indexed: null })]).toEqual([true, false, false]);
  });
});
