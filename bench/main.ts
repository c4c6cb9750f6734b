/** `npm run bench [-- <scenario>… --json FILE --naive]`: runs the scenarios and prints their figures. */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { table } from './figures.ts';
import type { Line } from './figures.ts';
import { preparePeers, removePeers } from './peers.ts';
import { admission } from './scenarios/admission.ts';
import { hungServers } from './scenarios/hang.ts';
import { littleMemory } from './scenarios/memory.ts';
import { planHuge, planLarge, planSlow, planSmall, planThirtyThousand, steadyState } from './scenarios/plan.ts';
import { rebuild } from './scenarios/rebuild.ts';
import { shellLoop } from './scenarios/shell.ts';
import { firstRequest, versionAndHelp } from './scenarios/start.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, naive: { type: 'boolean', default: false } },
});

const scenarios = new Map<number, () => Promise<Line[]>>([
  [1, firstRequest],
  [2, versionAndHelp],
  [3, planSmall],
  [4, () => planLarge(values.naive)],
  [5, planSlow],
  [6, planHuge],
  [7, steadyState],
  [8, rebuild],
  [9, shellLoop],
  [10, planThirtyThousand],
  [11, hungServers],
  [13, littleMemory],
  [14, admission],
]);

async function attempt(scenario: number, run: () => Promise<Line[]>): Promise<Line[]> {
  console.error(`scenario ${scenario} …`);
  try {
    return await run();
  } catch (error) {
    return [{ scenario, what: 'failed', reason: error instanceof Error ? error.message : String(error) }];
  }
}

process.on('exit', removePeers);
await preparePeers();
const wanted = positionals.length === 0 ? [...scenarios.keys()] : positionals.map(Number);
const lines: Line[] = [];
for (const number of wanted) {
  const run = scenarios.get(number);
  if (run === undefined) throw new Error(`there is no scenario ${number}: ${[...scenarios.keys()].join(', ')}`);
  lines.push(...(await attempt(number, run)));
}
console.log(table(lines));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(lines, null, 2)}\n`);
