/** Scenario 11: a server that takes requests and never answers. */

import type { Reset } from '../control.ts';
import { atMost, exactly, told } from '../figures.ts';
import type { Line } from '../figures.ts';
import { openLab } from '../lab.ts';
import * as peers from '../peers.ts';

const DEADLINE_MS = 5000;
const TALKING: Reset = { hang: false, hangAfter: 0, objects: true };

interface Case {
  what: string;
  s3: Reset;
  kube: Reset;
  /** Before the first listing is complete, time up is a failure and nothing may be written. */
  early: boolean;
}

const CASES: readonly Case[] = [
  { what: 'S3 is silent', s3: { hang: true }, kube: {}, early: true },
  { what: 'S3 falls silent after 7 requests', s3: { hang: true, hangAfter: 7 }, kube: {}, early: true },
  { what: 'the API server is silent', s3: {}, kube: { hang: true }, early: true },
  { what: 'the API server falls silent after 3 requests', s3: {}, kube: { hang: true, hangAfter: 3 }, early: true },
  {
    what: 'the API server falls silent after 150 requests',
    s3: {},
    kube: { hang: true, hangAfter: 150 },
    early: false,
  },
];

/** The run ends by its deadline, with the right exit code and without a write that it could not justify. */
export async function hungServers(): Promise<Line[]> {
  const scenario = 11;
  using lab = await openLab({ world: '10x20', bare: true });
  const args = [
    'run',
    '--deadline',
    `${DEADLINE_MS}ms`.replace('000ms', 's'),
    '--quiet-period',
    '0s',
    '--max-syncing',
    '1000',
  ];
  const lines: Line[] = [];
  for (const { what, s3, kube, early } of CASES) {
    await lab.reset({ ...TALKING, ...s3 }, { ...TALKING, ...kube });
    const run = await lab.run({ ...peers.shipped(args, lab.env), timeout: 60_000 });
    const late = Math.abs(run.wallMs - DEADLINE_MS) / 1000;
    lines.push(
      atMost(1, { scenario, what: `${what}: seconds from the deadline`, value: late, unit: 's' }),
      early
        ? exactly(1, { scenario, what: `${what}: exit code`, value: run.exitCode ?? NaN })
        : told({ scenario, what: `${what}: exit code`, value: run.exitCode ?? NaN }),
    );
    if (early)
      lines.push(exactly(0, { scenario, what: `${what}: writes`, value: run.kube.writes + run.s3.kinds.write }));
  }
  return lines;
}
