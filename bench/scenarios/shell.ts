/** Scenario 9: the loop of command line tools, over 200 claims. */

import { spawnSync } from 'node:child_process';
import { atLeast, told } from '../figures.ts';
import type { Line } from '../figures.ts';
import { openLab } from '../lab.ts';
import { inTurn, median, pairedRatio } from '../measure.ts';
import * as peers from '../peers.ts';

function missingTools(): string[] {
  const asked = [
    ['aws', '--version'],
    ['kubectl', 'version', '--client'],
    ['bash', '--version'],
    ['awk', ''],
  ] as const;
  return asked.flatMap(([tool, ...args]) => (spawnSync(tool, args).error === undefined ? [] : [tool]));
}

/** How often the program is faster than the loop. */
export async function shellLoop(): Promise<Line[]> {
  const scenario = 9;
  const missing = missingTools();
  if (missing.length > 0) return [{ scenario, what: 'shell loop', reason: `not installed: ${missing.join(', ')}` }];
  using lab = await openLab({ world: '10x20' });
  const runs = await inTurn(
    5,
    new Map([
      ['shipped', () => lab.run(peers.shipped(['plan', '--output', 'json'], lab.env))],
      ['shell', () => lab.run(peers.shellLoop(lab.env))],
    ]),
  );
  const [ours, shell] = [runs('shipped'), runs('shell')];
  const failed = shell.find((one) => one.exitCode !== 0);
  if (failed !== undefined)
    return [{ scenario, what: 'shell loop', reason: `it failed: ${failed.stderr.slice(-200)}` }];
  return [
    atLeast(60, {
      scenario,
      what: '200 claims, shell loop / ours',
      value: pairedRatio(shell, ours, (one) => one.wallMs),
    }),
    told({ scenario, what: 'CPU, shell loop / ours', value: pairedRatio(shell, ours, (one) => one.cpuMs ?? NaN) }),
    told({ scenario, what: 'shell loop', value: median(shell.map((one) => one.wallMs)) / 1000, unit: 's' }),
    told({ scenario, what: 'ours', value: median(ours.map((one) => one.wallMs)) / 1000, unit: 's' }),
  ];
}
