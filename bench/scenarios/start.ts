/** Scenarios 1 and 2: how long it takes before anything useful happens. */

import { atMost, exactly, told } from '../figures.ts';
import type { Line } from '../figures.ts';
import { openLab } from '../lab.ts';
import type { Sample } from '../lab.ts';
import { inTurn, median, pairedRatio } from '../measure.ts';
import * as peers from '../peers.ts';

function firstRequestMs(sample: Sample): number {
  const first = sample.s3.requestClock.first;
  if (first === null) throw new Error(`no S3 request was made: ${sample.stderr.slice(-2000)}`);
  return first - sample.startedAt;
}

/** Process start until the first S3 request arrives. */
export async function firstRequest(): Promise<Line[]> {
  using lab = await openLab({ world: '1x10' });
  const runs = await inTurn(
    15,
    new Map([
      ['shipped', () => lab.run(peers.shipped(['plan'], lab.env))],
      ['bundle', () => lab.run(peers.bundle(['plan'], lab.env))],
      ['unbundled', () => lab.run(peers.unbundledEager(['plan'], lab.env))],
      ['lazy', () => lab.run(peers.unbundled(['plan'], lab.env))],
      ['floor', () => lab.run(peers.floor(lab.env))],
    ]),
  );
  const ratio = (name: string) => pairedRatio(runs(name), runs('unbundled'), firstRequestMs);
  const milliseconds = (name: string) => median(runs(name).map(firstRequestMs));
  const scenario = 1;
  return [
    atMost(0.27, { scenario, what: 'start → first S3 request, shipped / unbundled', value: ratio('shipped') }),
    told({ scenario, what: 'the same without compile cache', value: ratio('bundle') }),
    told({ scenario, what: 'the same of the unbundled program that loads late', value: ratio('lazy') }),
    told({ scenario, what: 'the same of the floor script', value: ratio('floor') }),
    told({ scenario, what: 'shipped', value: milliseconds('shipped'), unit: 'ms' }),
    told({ scenario, what: 'unbundled', value: milliseconds('unbundled'), unit: 'ms' }),
  ];
}

/** `--version` and `--help`: no client is needed for either. */
export async function versionAndHelp(): Promise<Line[]> {
  using lab = await openLab({ world: '1x1' });
  const runs = await inTurn(
    15,
    new Map([
      ['--version', () => lab.run(peers.shipped(['--version'], lab.env))],
      ['--help', () => lab.run(peers.shipped(['--help'], lab.env))],
      ['node', () => lab.run(peers.nothing(lab.env))],
    ]),
  );
  const scenario = 2;
  return ['--version', '--help'].flatMap((flag) => [
    told({ scenario, what: `${flag} / node -e 0`, value: pairedRatio(runs(flag), runs('node'), (one) => one.wallMs) }),
    told({ scenario, what: flag, value: median(runs(flag).map((one) => one.wallMs)), unit: 'ms' }),
    exactly(0, {
      scenario,
      what: `${flag}: requests`,
      value: Math.max(...runs(flag).map((one) => one.s3.total + one.kube.total)),
    }),
  ]);
}
