import { expect, test } from 'vitest';
import { clockFindings, isClockWrong, worthCorrecting } from '../../../src/plan/answers/clock.ts';

test('F20: a difference of seconds is the network’s; more is corrected', () => {
  expect([null, 4_000, -4_000, 90_000].map(worthCorrecting)).toEqual([0, 0, 0, 90_000]);
});

test('F20: a clock that is more than a minute off is said, and one that is more than five fails the run', () => {
  expect(clockFindings(-59_000)).toEqual([]);
  expect(clockFindings(-6 * 60_000)).toEqual([
    {
      reason: 'clock-differs',
      about: 'clock',
      message: "the clock of the node is 6m ahead of the API server's, whose time is used instead",
    },
  ]);
  expect([2 * 60_000, -6 * 60_000].map(isClockWrong)).toEqual([false, true]);
});
