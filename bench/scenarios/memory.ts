/** Scenario 13: ten thousand claims where memory is short. */

import { memoryGroup } from '../cgroup.ts';
import { exactly, told } from '../figures.ts';
import type { Line } from '../figures.ts';
import { openLab } from '../lab.ts';
import type { Lab } from '../lab.ts';
import * as peers from '../peers.ts';

const ROUNDS = 3;

async function within(lab: Lab, limitMiB: number, isTarget: boolean): Promise<Line[]> {
  const scenario = 13;
  const what = `10,000 claims within ${limitMiB} MiB`;
  const group = memoryGroup(limitMiB);
  if (typeof group === 'string') return [{ scenario, what, reason: group }];
  try {
    let passed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const run = await lab.run({ ...peers.shipped(['run'], lab.env), wrapper: group.wrapper });
      if (run.exitCode === 0) passed++;
    }
    const figure = { scenario, what: `${what}: runs that pass, of ${ROUNDS}`, value: passed };
    return [
      isTarget ? exactly(ROUNDS, figure) : told(figure),
      told({ scenario, what: `${what}: most that was charged`, value: group.peakMiB(), unit: 'MiB' }),
    ];
  } finally {
    group.close();
  }
}

/** A steady-state run in a memory control group: with 96 MiB (the target), 128 MiB, and 256 MiB (the shipped limit). */
export async function littleMemory(): Promise<Line[]> {
  using lab = await openLab({ world: '500x20' });
  await lab.run(peers.shipped(['run'], lab.env));
  return [...(await within(lab, 96, true)), ...(await within(lab, 128, false)), ...(await within(lab, 256, false))];
}
