/** Waiting made short: tests assert the order of things and their number, never their times. */
import type * as Timers from 'node:timers/promises';

const MOST = 10;

/**
 * `node:timers/promises` whose `setTimeout` waits 10 ms at the most. A test file uses it for the program's own pauses by
 * `vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()))`.
 */
export function hurried(actual: typeof Timers): Partial<typeof Timers> {
  return {
    ...actual,
    setTimeout: (millis, value, options) => actual.setTimeout(Math.min(millis ?? 0, MOST), value, options),
  };
}
