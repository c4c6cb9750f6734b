/** What a source of ours keeps, by the facts alone: the first reason to keep everything that holds. */
import { describe, expect, it } from 'vitest';
import { keepingOf, type Keeping, type KeepingFacts } from '../../../src/plan/backup/keeping.ts';
import { HOUR, NOW, snapshot, snapshots } from '../../support/build.ts';

const NORMAL = { hourly: 24, within: '3d' };
const LONGER = { hourly: 48, within: '3d' };
const EVERYTHING = { ...NORMAL, last: 'unlimited' };
/** Of these the normal policy lets one go. */
const FOUR = [1, 100.2, 100.4, 100.6].map((age, n) => snapshot(`${n}`.repeat(8), NOW - age * HOUR));

/** A source of ours that has saved all there is for a restored claim. */
function kept(facts: Partial<KeepingFacts> = {}): Keeping {
  const ordinary: KeepingFacts = {
    origin: 'restored',
    doubtful: false,
    cameBack: false,
    accepted: false,
    normal: NORMAL,
    established: NORMAL,
    shared: false,
    others: false,
    snapshots: snapshots(),
  };
  return keepingOf({ ...ordinary, ...facts }, NOW);
}

describe('the normal policy is in force', () => {
  const NEW = { established: null };
  it.each<[string, Partial<KeepingFacts>]>([
    ['where it was before', {}],
    ['where a shorter one was before', { established: { hourly: 1 } }],
    ['where nothing was there when the claim began', { ...NEW, origin: 'fresh' }],
    ['where there is no snapshot', { ...NEW, snapshots: [] }],
    [
      'where its owner accepts what is in doubt, and who else saves',
      { accepted: true, doubtful: true, others: true, cameBack: true, origin: null, established: LONGER },
    ],
  ])('%s', (_, facts) => {
    expect(kept(facts)).toEqual({ retain: NORMAL, established: NORMAL, why: null, atStake: null });
  });
});

describe('everything is kept', () => {
  it.each<[Keeping['why'], Partial<KeepingFacts>]>([
    ['shared', { shared: true, accepted: true }],
    ['doubtful', { doubtful: true, others: true }],
    ['not-ours', { others: true, cameBack: true }],
    ['came-back', { cameBack: true, origin: null }],
    ['undecided', { origin: null }],
    ['shortened', { established: LONGER, origin: 'inherited' }],
    ['inherited', { established: null, origin: 'inherited' }],
    ['not-ours', { established: null }],
    ['not-ours', { established: null, snapshots: null }],
  ])('%s', (why, facts) => {
    const { retain, why: because } = kept(facts);
    expect([because, retain]).toEqual([why, EVERYTHING]);
  });

  it('with what is at stake, and the policy that was in force for what ours has saved', () => {
    const by = (facts: Partial<KeepingFacts>): unknown => {
      const { established, atStake } = kept({ doubtful: true, established: LONGER, ...facts });
      return [established, atStake];
    };
    expect([by({ snapshots: FOUR }), by({ snapshots: null }), by({ others: true })]).toEqual([
      [LONGER, 1],
      [LONGER, null],
      [null, 0],
    ]);
  });
});
