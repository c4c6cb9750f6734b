/** Random weeks in the plan's world. More of them: PREWARM_RANDOM=5000x60; one again: PREWARM_RANDOM=1x60@<seed>. */
import { expect, test } from 'vitest';
import { Dice, seedsWanted } from '../support/random/dice.ts';
import { PlanWeek } from '../support/random/plan-week.ts';

const { seeds, steps } = seedsWanted(200, 60);

function liveThrough(seed: number): string | null {
  const week = new PlanWeek(new Dice(seed));
  try {
    for (let step = 0; step < steps; step += 1) week.step();
    week.end();
    return null;
  } catch (error) {
    const why = error instanceof Error ? (/^\d: /.test(error.message) ? error.message : error.stack) : String(error);
    return `seed ${seed} breaks sentence ${why}\n${week.story.map((line) => `  ${line}`).join('\n')}\n(play it again: PREWARM_RANDOM=1x${steps}@${seed})`;
  }
}

test(`no sentence is broken in ${seeds.length} random weeks`, { timeout: 600_000 }, () => {
  const broken = seeds.map(liveThrough).filter((story) => story !== null);
  if (broken[0] !== undefined) console.log(broken.map((story) => story.split('\n', 1)[0]).join('\n'));
  expect(broken[0] ?? null).toBeNull();
});
