/** What is deleted, and why: each rule with its facts taken away in turn. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import {
  isLeftover,
  isMadeAnew,
  isSecondEmpty,
  isServedAndIdle,
  isTakenDown,
} from '../../../src/plan/restore/deletion.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import { NEWEST, NOW, destination, foreign, image, waitingClaim } from '../../support/build.ts';
import { RUNS } from '../../support/facts.ts';
import { known } from '../../support/known.ts';

type Facts = Partial<KnownClaim>;
const FAILS = { ...RUNS, trouble: 'sync-failing' } as const;
const RETRIES = { ...FAILS, betweenRetries: true } as const;
const PAUSED = { state: 'paused' } as const;
const EMPTY = { contents: { state: 'empty', why: 'image-empty', fresh: false } } as const;
const ABSENT = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;

describe('a destination is', () => {
  const known3 = (facts: Facts, prune = false): { claim: KnownClaim; context: ReturnType<typeof known>['context'] } => {
    const { claim: one, context } = known({}, facts);
    return { claim: one, context: { ...context, settings: { ...context.settings, prune } } };
  };
  const missed = (count: number): Facts => ({
    destination: destination({ memory: { ...NO_MEMORY, missed: { count, at: NOW } } }),
  });
  const GONE: Facts = { ...ABSENT, ...EMPTY, ...missed(3) };

  it.each<[string, boolean, Facts, boolean?]>([
    ['a leftover over an empty image, after three listings', true, GONE],
    ['none after two', false, { ...GONE, ...missed(2) }],
    ['none of somebody else', false, { ...GONE, destination: foreign() }],
    ['none while its backup is there', false, { ...GONE, backup: known().claim.backup }],
    ['none where the namespace is excluded', false, { ...GONE, excluded: true }],
    ['none with an image that may be the last copy', false, { ...GONE, contents: { state: 'unproven' } }],
    ['none with that image although --prune', false, { ...GONE, contents: { state: 'unproven' } }, true],
    ['one without an image with --prune', true, { ...GONE, contents: { state: 'unproven' }, imageState: 'none' }, true],
    [
      'none without an image and without --prune',
      false,
      { ...GONE, contents: { state: 'unproven' }, imageState: 'none' },
    ],
    ['one while it is paused', true, { ...GONE, sync: PAUSED }],
    ['one between two retries', true, { ...GONE, sync: RETRIES }],
    ['none while a mover works', false, { ...GONE, sync: FAILS }],
    ['none where there is none', false, { ...GONE, sync: { state: 'none' } }],
    [
      'none while it is being deleted',
      false,
      {
        ...GONE,
        destination: destination({ deleting: true, memory: { ...NO_MEMORY, missed: { count: 3, at: NOW } } }),
      },
    ],
    ['none while a claim waits', false, { ...GONE, waits: true }],
  ])('%s', (_, isOne, facts, prune) => {
    const { claim: one, context } = known3(facts, prune);
    expect(isLeftover(one, context)).toBe(isOne);
  });

  it('taken down where no earlier image can be used', () => {
    const isDown = (facts: Facts): boolean => isTakenDown(known({}, facts).claim);
    expect([
      isDown({}),
      isDown({ imageState: 'none' }),
      isDown(EMPTY),
      isDown({ ...EMPTY, destination: null }),
    ]).toEqual([false, true, true, false]);
  });

  it('served when its claim is bound or gone, and nothing of it runs', () => {
    const fresh = { destination: destination({ memory: { ...NO_MEMORY, fresh: 'uid-of-claim' } }) };
    const isServed = (facts: Facts): boolean => isServedAndIdle(known({}, { ...fresh, ...facts }).claim);
    const deleting = { destination: { ...fresh.destination, deleting: true } };
    expect([
      isServed({}),
      isServed({ waits: true }),
      isServed({ sync: RUNS }),
      isServed(deleting),
      isServed({ destination: null }),
    ]).toEqual([true, false, false, false, false]);
  });

  it('made anew once for an empty image, and for a spec that cannot be changed, but not under a claim that is being filled', () => {
    const isAnew = (facts: Facts, drift: 'none' | 'update' | 'recreate' = 'recreate'): boolean =>
      isMadeAnew(known({}, facts).claim, drift);
    const second = { destination: destination({ memory: { ...NO_MEMORY, secondTry: NEWEST } }) };
    expect([isAnew(EMPTY, 'none'), isAnew({ ...EMPTY, ...second })]).toEqual([true, false]);
    expect([isAnew({}), isAnew({}, 'update'), isAnew({}, 'none')]).toEqual([true, false, false]);
    const filled = { waits: true, claimObject: waitingClaim() };
    expect([
      isAnew(filled),
      isAnew({ ...filled, image: null }),
      isAnew({ ...filled, image: image({ restoreSize: '9Gi' }) }),
    ]).toEqual([false, true, true]);
    expect([
      isSecondEmpty(known({}, second).claim),
      isSecondEmpty(known({}, { ...second, ...ABSENT }).claim),
      isSecondEmpty(known({}, { destination: null }).claim),
    ]).toEqual([true, false, false]);
  });
});
