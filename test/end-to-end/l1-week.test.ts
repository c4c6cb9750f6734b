/** L1: an application comes back with older data seconds after a backup. test/real/l1-week.test.ts lives through it with restic itself. */
import { expect, test, vi } from 'vitest';
import { startLab } from '../support/lab.ts';
import { expectForetold, expectNothingLost } from '../support/l1-judgement.ts';
import { l1Week, type AfterWeek, type WeekOptions } from '../support/l1-week.ts';

const HOUR = 3_600_000;

async function week(options: Omit<WeekOptions, 'clock'>): Promise<AfterWeek> {
  const clock = { now: Date.parse('2026-11-16T08:20:00Z') };
  await using lab = await startLab({ clock: () => new Date(clock.now), moverMillis: 1, stepMillis: 0, retryMillis: 1 });
  return await l1Week(lab, { clock, ...options });
}

vi.setConfig({ testTimeout: 600_000 });

test.each(['ours, which survived', 'ours, which went with it'] as const)(
  'L1: with a source of %s, the newer backup is there a week later, and the report says what happened',
  async (whose) => {
    expect.hasAssertions();
    expectNothingLost(await week({ whose, step: 4 }));
  },
);

test('L1: with somebody else’s source the report says when its retention takes the newer backup', async () => {
  expect.hasAssertions();
  // X2 is saved in the last second of an hour, so that the next backup does not replace it at once.
  expectForetold(await week({ whose: 'somebody else’s', schedule: '59 * * * *', seconds: 59, days: 2 }));
});

test('L1: within one hour such a source takes it at once, and nobody has ever seen it (docs/reference/limits.md)', async () => {
  const { x2, first, gone } = await week({ whose: 'somebody else’s', step: 24 });
  expect(gone.get(x2)).toBeLessThan(Date.parse('2026-11-16T08:20:00Z') + 4 * HOUR);
  expect(first).toEqual({ code: 0, findings: [] });
});
