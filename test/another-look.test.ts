import { expect, it } from 'vitest';
import { isWorthAnotherLook } from '../src/another-look.ts';
import type { WriteResult } from '../src/decisions.ts';
import type { PlanResult } from '../src/plan/plan.ts';
import { planOf } from './support/build.ts';

const CONFLICT: WriteResult = { state: 'conflict', message: 'modified' };
const CHANGED: WriteResult = { state: 'done', changed: true };
const UNCHANGED: WriteResult = { state: 'done', changed: false };

/** After so many passes, the last of which came to this. */
function looksAgain(latest: Partial<PlanResult>, results: WriteResult[] = [], passes = 1): boolean {
  return isWorthAnotherLook(
    { ...planOf(), ...latest },
    results.map((outcome) => ({ outcome })),
    passes,
  );
}

it.each<[string, Partial<PlanResult>, WriteResult[], number]>([
  ['a restore is under way', { pending: { syncing: 1, queued: 0 } }, [], 1],
  ['a restore is queued', { pending: { syncing: 0, queued: 1 } }, [], 1],
  ['a source is about to go', { leaving: 1 }, [], 1],
  ['something was written', {}, [UNCHANGED, CHANGED], 1],
  ['somebody else wrote meanwhile', {}, [UNCHANGED, CONFLICT], 1],
  ['a list failed in the middle of a run', { frozen: 'listing-failed' }, [], 2],
])('a run looks again: %s', (_, latest, results, passes) => {
  expect(looksAgain(latest, results, passes)).toBe(true);
});

it.each<[string, Partial<PlanResult>, WriteResult[], number]>([
  ['all is warm', {}, [], 2],
  ['what was written was there already', {}, [UNCHANGED], 2],
  ['the first look found nothing to go by', { frozen: 'listing-failed', leaving: 1 }, [CHANGED], 1],
  ['the listing is not believed', { frozen: 'listing-shrank', leaving: 1 }, [CHANGED], 2],
])('a run does not look again: %s', (_, latest, results, passes) => {
  expect(looksAgain(latest, results, passes)).toBe(false);
});
