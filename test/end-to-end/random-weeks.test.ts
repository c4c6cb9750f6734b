/** Random weeks over the wire: whatever comes together, the four sentences hold. More of them: PREWARM_RANDOM=100x60. */
import { expect, test } from 'vitest';
import { startLab } from '../support/lab.ts';
import { seedsWanted } from '../support/random/dice.ts';
import { liveThrough } from '../support/random/week.ts';

const { seeds, steps } = seedsWanted(10, 30);

test.each(seeds)('seed %d: no sentence is broken in a random week', { timeout: 600_000 }, async (seed) => {
  const clock = { now: Date.parse('2026-11-16T08:00:00Z') };
  await using lab = await startLab({ clock: () => new Date(clock.now), moverMillis: 2, retryMillis: 2 });
  const story = await liveThrough(lab, { seed, steps, clock });
  if (process.env['PREWARM_STORY'] !== undefined) console.log(story.join('\n'));
  expect(story.length).toBeGreaterThan(0);
});
