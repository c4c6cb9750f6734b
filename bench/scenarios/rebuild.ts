/** Scenario 8: the morning after, 2,000 destinations to create. */

import { atMost, exactly, told } from '../figures.ts';
import type { Line } from '../figures.ts';
import { openLab } from '../lab.ts';
import type { Sample } from '../lab.ts';
import { inTurn, median, pairedRatio } from '../measure.ts';
import * as peers from '../peers.ts';

interface Size {
  world: string;
  claims: number;
}

const SIZES: readonly Size[] = [
  { world: '100x20', claims: 2000 },
  { world: '50x20', claims: 1000 },
];

function commandFor({ claims }: Size): string[] {
  return ['run', '--quiet-period', '0s', '--max-syncing', String(claims), '--deadline', '2m'];
}

/** The largest size that the program accepts for one pass: exit code 2 means that the setting is too large. */
async function largestSize(): Promise<Size> {
  for (const size of SIZES) {
    using lab = await openLab({ world: '1x1' });
    const { exitCode } = await lab.run(peers.shipped(commandFor(size), lab.env));
    if (exitCode !== 2) return size;
  }
  throw new Error('the program takes none of the sizes');
}

function lastWriteMs({ kube, startedAt }: Sample): number {
  return (kube.writeClock.last ?? NaN) - startedAt;
}

/** From the first write to the last: both peers do this part (the program also publishes the index). */
function writingMs({ kube: { writeClock, writes } }: Sample): number {
  return ((writeClock.last ?? NaN) - (writeClock.first ?? NaN)) / writes;
}

function counted(sample: Sample, what: string): number {
  return sample.kube.requests[what] ?? 0;
}

function single({ kube }: Sample): number {
  return Object.entries(kube.requests).reduce((sum, [what, count]) => (what.startsWith('get ') ? sum + count : sum), 0);
}

function most(samples: Sample[], pick: (sample: Sample) => number): number {
  return Math.max(...samples.map(pick));
}

/**
 * Both peers write a Secret and a destination for each claim. The target is held against two readings: the writes alone,
 * which both peers do, and the whole run, in which the program also lists the bucket and checks each repository and
 * its credentials, while the stock peer only writes.
 */
export async function rebuild(): Promise<Line[]> {
  const size = await largestSize();
  const { world, claims } = size;
  using lab = await openLab({ world, bare: true });
  const runs = await inTurn(
    5,
    new Map([
      [
        'shipped',
        async () => {
          await lab.reset({ objects: true }, { objects: true });
          // The syncs never end here. After all objects and the index are written, the bench stops the run.
          return await lab.run({ ...peers.shipped(commandFor(size), lab.env), until: lab.writes(1 + 2 * claims) });
        },
      ],
      [
        'stock',
        async () => {
          await lab.reset({ objects: true }, { objects: true });
          return await lab.run(peers.stockCreate(world, lab.env));
        },
      ],
      ...(peers.missing.before === null
        ? [
            [
              'before',
              async () => {
                await lab.reset({ objects: true }, { objects: true });
                const until = lab.writes(1 + 2 * claims);
                return await lab.run({ ...peers.before(commandFor(size), lab.env), until });
              },
            ] as const,
          ]
        : []),
    ]),
  );
  const [ours, stock, before] = [runs('shipped'), runs('stock'), runs('before')];
  const scenario = 8;
  return [
    told({ scenario, what: 'claims', value: claims }),
    exactly(claims, {
      scenario,
      what: 'destination writes',
      value: most(ours, (one) => counted(one, 'apply replicationdestinations')),
    }),
    exactly(claims, { scenario, what: 'Secret writes', value: most(ours, (one) => counted(one, 'create secrets')) }),
    told({ scenario, what: 'all writes', value: most(ours, (one) => one.kube.writes) }),
    told({ scenario, what: 'reads of single objects', value: most(ours, (one) => single(one)) }),
    told({ scenario, what: 'S3 requests', value: most(ours, (one) => one.s3.total) }),
    exactly(1, { scenario, what: 'TLS connections', value: most(ours, (one) => one.kube.tlsConnections) }),
    told({
      scenario,
      what: 'TLS connections of the stock client',
      value: most(stock, (one) => one.kube.tlsConnections),
    }),
    atMost(0.2, {
      scenario,
      what: 'time for the same writes, ours / stock',
      value: pairedRatio(ours, stock, writingMs),
    }),
    atMost(0.2, { scenario, what: 'from process start, ours / stock', value: pairedRatio(ours, stock, lastWriteMs) }),
    told({ scenario, what: 'from process start, version 0.1 / stock', value: pairedRatio(before, stock, lastWriteMs) }),
    told({ scenario, what: 'start → last write', value: median(ours.map(lastWriteMs)), unit: 'ms' }),
    told({ scenario, what: 'stock client', value: median(stock.map(lastWriteMs)), unit: 'ms' }),
    told({ scenario, what: 'peak RSS', value: median(ours.map((one) => one.peakMiB ?? NaN)), unit: 'MiB' }),
  ];
}
