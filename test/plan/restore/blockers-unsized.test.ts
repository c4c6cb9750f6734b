/** Claims whose size nothing shows, and what is said of each of them. */
import { expect, it } from 'vitest';
import { BLOCKERS } from '../../../src/plan/restore/blockers.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { claim, destination, foreign, lostCluster, spec } from '../../support/build.ts';
import { otherClaim } from '../../support/adoption.ts';
import { known } from '../../support/known.ts';

const UNSIZED = spec({ capacity: null });

function asked(reason: string, isThere: boolean, facts: Partial<KnownClaim>, more: Partial<Settings> = {}): unknown {
  const cluster = lostCluster({ otherClaims: isThere ? [otherClaim()] : [] });
  const { claim: one, context } = known({ cluster }, facts);
  const settings = { ...context.settings, defaultCapacity: null, ...more };
  const blocker = BLOCKERS.find((each) => each.reason === reason)!;
  return [blocker.blocks(one, { ...context, settings }), blocker.fact(one, { ...context, settings })];
}

it.each<[string, [blocks: boolean, words: string], () => unknown]>([
  [
    'it carries no label',
    [true, 'is there without the label backup: hourly or daily'],
    () => asked('claim-unlabelled', true, {}),
  ],
  [
    'ours has no size either',
    [true, 'is there without the label backup: hourly or daily'],
    () => asked('claim-unlabelled', true, { destination: destination({ spec: UNSIZED }) }),
  ],
  [
    'its size is given for all',
    [false, 'is there without the label backup: hourly or daily'],
    () => asked('claim-unlabelled', true, {}, { defaultCapacity: '1Gi' }),
  ],
  [
    'its own destination restores it',
    [false, 'is there without the label backup: hourly or daily'],
    () => asked('claim-unlabelled', true, { destination: foreign({ spec: UNSIZED }) }),
  ],
  ['it is not there', [false, 'has the label, or is not there'], () => asked('claim-unlabelled', false, {})],
])('claim-unlabelled: %s', (_, [blocks, words], found) => {
  expect(found()).toEqual([blocks, `cluster: the claim ${words}`]);
});

const optedOut = claim({ optOut: 'with-reason' });
it.each<[string, [blocks: boolean, words: string], () => unknown]>([
  [
    'it shall start without its backup',
    [true, 'opted out'],
    () => asked('opted-out', false, { claimObject: optedOut }),
  ],
  [
    'it gives no reason',
    [true, 'opted out'],
    () => asked('opted-out', false, { claimObject: claim({ optOut: 'without-reason' }) }),
  ],
  [
    'its size is given for all',
    [false, 'opted out'],
    () => asked('opted-out', false, { claimObject: optedOut }, { defaultCapacity: '1Gi' }),
  ],
  [
    'its own destination restores it',
    [false, 'opted out'],
    () => asked('opted-out', false, { claimObject: optedOut, destination: foreign({ spec: UNSIZED }) }),
  ],
  ['it has not', [false, 'not opted out'], () => asked('opted-out', false, { claimObject: claim({ request: null }) })],
  ['it is not there', [false, 'not opted out'], () => asked('opted-out', false, { claimObject: null })],
])('opted-out: %s', (_, [blocks, words], found) => {
  expect(found()).toEqual([blocks, `cluster: the claim has ${words}`]);
});
