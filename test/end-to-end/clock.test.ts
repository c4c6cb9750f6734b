/** A worker on a node whose clock is wrong. */
import { expect, test, vi } from 'vitest';
import { ordinary, startLab, words } from '../support/lab.ts';

vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()));

const MINUTE = 60_000;

test('F20: six minutes ahead of the API server: the index has the API server’s time, and the run says so and fails', async () => {
  const behind = (): Date => new Date(Date.now() - 6 * MINUTE);
  await using lab = await startLab({ clock: behind });
  ordinary(lab);

  const ran = await lab.run();

  expect(ran.code).toBe(1);
  expect(words(ran.findings)).toContain('clock-differs clock');
  expect(Math.abs(Date.parse(lab.index()['_generatedAt'] ?? '') - behind().getTime())).toBeLessThan(MINUTE);
});
