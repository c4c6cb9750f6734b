/** Scenarios 3 to 7: a cluster in which nothing has to be done, small, large, slow and huge. */

import { atMost, exactly, told } from '../figures.ts';
import type { Line } from '../figures.ts';
import { openLab } from '../lab.ts';
import type { Lab, Sample } from '../lab.ts';
import { inTurn, median, pairedRatio } from '../measure.ts';
import * as peers from '../peers.ts';

const PLAN = ['plan', '--output', 'json'];

interface Setting {
  scenario: number;
  namespaces: number;
  claims: number;
  rounds: number;
  latencyMs?: number;
  command?: string[];
  /** flags of Node that override the shipped ones */
  flags?: string[];
}

function wall(sample: Sample): number {
  return sample.wallMs;
}

/** Every measured run must have succeeded, or its figures mean nothing. */
function succeeded(samples: Sample[]): Sample[] {
  const failed = samples.find((sample) => sample.exitCode !== 0);
  if (failed !== undefined) {
    throw new Error(
      `exit ${failed.exitCode ?? failed.signal}: ${failed.stderr.slice(-2000)}${failed.stdout.slice(-500)}`,
    );
  }
  return samples;
}

async function compare(lab: Lab, setting: Setting): Promise<{ ours: Sample[]; floor: Sample[] }> {
  const command = setting.command ?? PLAN;
  const latencyMs = setting.latencyMs ?? 0;
  await lab.reset({ latencyMs }, { latencyMs });
  const runs = await inTurn(
    setting.rounds,
    new Map([
      ['shipped', () => lab.run(peers.shipped(command, lab.env, setting.flags))],
      ['floor', () => lab.run(peers.floor(lab.env))],
    ]),
  );
  return { ours: succeeded(runs('shipped')), floor: succeeded(runs('floor')) };
}

const PEERS = ['before', 'go', 'rclone', 'botocore'] as const;
/** What the wall time beside a peer should not be above. */
const TARGETS: Partial<Record<(typeof PEERS)[number], number>> = { go: 1.6, botocore: 1 };

/**
 * The peers: version 0.1, Go, and (for the bucket alone) rclone and botocore. A missing peer is reported as skipped. Version 0.1 has
 * an API server of its own: it writes an index that remembers less, and ours would look into each repository again after its runs.
 */
async function beside(lab: Lab, apart: Lab, rounds: number): Promise<Line[]> {
  const scenario = 7;
  const all = {
    before: { name: 'version 0.1', run: () => apart.run(peers.before(['run'], apart.env)) },
    go: { name: 'the peer in Go', run: () => lab.run(peers.goPeer(lab.env)) },
    rclone: { name: 'rclone, the bucket alone', run: () => lab.run(peers.rclone(lab.env)) },
    botocore: { name: 'botocore, the bucket alone', run: () => lab.run(peers.botocore(lab.env)) },
  };
  const there = PEERS.filter((peer) => peers.missing[peer] === null);
  const runs = await inTurn(
    rounds,
    new Map([
      ['shipped', () => lab.run(peers.shipped(['run'], lab.env))],
      ['floor', () => lab.run(peers.floor(lab.env))],
      ...there.map((peer) => [peer, all[peer].run] as const),
    ]),
  );
  const [ours, floor] = [succeeded(runs('shipped')), succeeded(runs('floor'))];
  const cpu = (one: Sample): number => one.cpuMs ?? NaN;
  const lines = PEERS.flatMap((peer): Line[] => {
    const { name } = all[peer];
    const target = TARGETS[peer];
    const reason = peers.missing[peer];
    if (reason !== null) return [{ scenario, what: `beside ${name}`, reason }];
    const theirs = succeeded(runs(peer));
    const ratio = { scenario, what: `wall, ours / ${name}`, value: pairedRatio(ours, theirs, wall) };
    return [
      target === undefined ? told(ratio) : atMost(target, ratio),
      told({ scenario, what: `CPU, ours / ${name}`, value: pairedRatio(ours, theirs, cpu) }),
      told({ scenario, what: `${name}: wall / floor`, value: pairedRatio(theirs, floor, wall) }),
      told({ scenario, what: `${name}: CPU / floor`, value: pairedRatio(theirs, floor, cpu) }),
      told({ scenario, what: `${name}: peak RSS`, value: peak(theirs), unit: 'MiB' }),
    ];
  });
  return lines;
}

/** Thirty thousand claims with the flags and the memory limit as they are shipped. */
export async function planThirtyThousand(): Promise<Line[]> {
  const scenario = 10;
  const setting: Setting = { scenario, namespaces: 1500, claims: 20, rounds: 3, command: ['run'] };
  return await withLab(setting, async (lab) => {
    // The first run looks into each repository, and the index remembers what it saw: it is told apart.
    const first = await lab.run(peers.shipped(['run'], lab.env));
    if (first.exitCode !== 0) await lab.run(peers.shipped(['run'], lab.env, ['--max-old-space-size=1024']));
    const ours: Sample[] = [];
    for (let round = 0; round < setting.rounds; round++) ours.push(await lab.run(peers.shipped(['run'], lab.env)));
    const passed = ours.filter(({ exitCode }) => exitCode === 0).length;
    const old = peers.missing.before === null ? await lab.run(peers.before(['run'], lab.env)) : null;
    return [
      exactly(setting.rounds, {
        scenario,
        what: '30,000 claims with the shipped flags: runs that pass, of 3',
        value: passed,
      }),
      exactly(1, { scenario, what: 'the first run of all passes (1 = yes)', value: Number(first.exitCode === 0) }),
      told({ scenario, what: 'the first run, peak RSS', value: first.peakMiB ?? NaN, unit: 'MiB' }),
      told({ scenario, what: 'the first run, wall', value: first.wallMs, unit: 'ms' }),
      told({ scenario, what: 'peak RSS', value: peak(ours), unit: 'MiB' }),
      told({ scenario, what: 'wall', value: median(ours.map(wall)), unit: 'ms' }),
      ...(old === null
        ? []
        : [told({ scenario, what: 'version 0.1 passes (1 = yes)', value: Number(old.exitCode === 0) })]),
    ];
  });
}

function most(samples: Sample[], pick: (sample: Sample) => number): number {
  return Math.max(...samples.map(pick));
}

function times({ scenario, latencyMs = 0 }: Setting, ours: Sample[], floor: Sample[]): Line[] {
  const at = latencyMs === 0 ? '' : ` at ${latencyMs} ms a request`;
  return [
    told({ scenario, what: `wall${at}`, value: median(ours.map(wall)), unit: 'ms' }),
    told({ scenario, what: `floor script${at}`, value: median(floor.map(wall)), unit: 'ms' }),
    told({ scenario, what: `CPU${at}`, value: median(ours.map((one) => one.cpuMs ?? NaN)), unit: 'ms' }),
  ];
}

function counts({ scenario, namespaces }: Setting, ours: Sample[], limit: number | null = null): Line[] {
  // The folder with the bucket's marker is listed among the namespaces.
  const pages = Math.ceil((namespaces + 1) / 1000);
  const kube = { scenario, what: 'Kubernetes requests', value: most(ours, (one) => one.kube.total) };
  return [
    exactly(pages + namespaces, { scenario, what: 'S3 requests', value: most(ours, (one) => one.s3.total) }),
    limit === null ? told(kube) : atMost(limit, kube),
    told({ scenario, what: 'TLS connections', value: most(ours, (one) => one.kube.tlsConnections) }),
    told({
      scenario,
      what: 'bytes from the API server',
      value: most(ours, (one) => one.kube.bytes) / 1024 ** 2,
      unit: 'MiB',
    }),
  ];
}

function peak(samples: Sample[]): number {
  return median(samples.map((one) => one.peakMiB ?? NaN));
}

async function withLab(setting: Setting, work: (lab: Lab) => Promise<Line[]>): Promise<Line[]> {
  using lab = await openLab({ world: `${setting.namespaces}x${setting.claims}` });
  return await work(lab);
}

/** Ten claims: a home. */
export async function planSmall(): Promise<Line[]> {
  const setting: Setting = { scenario: 3, namespaces: 1, claims: 10, rounds: 11 };
  return await withLab(setting, async (lab) => {
    const { ours, floor } = await compare(lab, setting);
    const { scenario } = setting;
    return [
      told({ scenario, what: '10 claims, wall / floor', value: pairedRatio(ours, floor, wall) }),
      told({ scenario, what: 'peak RSS', value: peak(ours), unit: 'MiB' }),
      ...times(setting, ours, floor),
      ...counts(setting, ours),
      exactly(0, { scenario, what: 'writes', value: most(ours, (one) => one.kube.writes) }),
    ];
  });
}

/** Ten thousand claims in 500 namespaces, and what a stock program makes of them. */
export async function planLarge(withNaive: boolean): Promise<Line[]> {
  const setting: Setting = { scenario: 4, namespaces: 500, claims: 20, rounds: 9 };
  return await withLab(setting, async (lab) => {
    const { ours, floor } = await compare(lab, setting);
    const naive = withNaive ? succeeded([await lab.run(peers.naive(lab.env))]) : [];
    const { scenario } = setting;
    return [
      told({ scenario, what: '10,000 claims, wall / floor', value: pairedRatio(ours, floor, wall) }),
      told({ scenario, what: 'peak RSS', value: peak(ours), unit: 'MiB' }),
      told({ scenario, what: 'peak RSS of the floor script', value: peak(floor), unit: 'MiB' }),
      ...times(setting, ours, floor),
      ...counts(setting, ours, 25),
      exactly(0, { scenario, what: 'writes', value: most(ours, (one) => one.kube.writes) }),
      ...naive.flatMap((one) => [
        told({ scenario, what: 'naive / ours, wall', value: one.wallMs / median(ours.map(wall)) }),
        told({ scenario, what: 'naive: requests', value: one.s3.total + one.kube.total }),
        told({ scenario, what: 'naive: TLS connections', value: one.kube.tlsConnections }),
      ]),
    ];
  });
}

/** The same when every request takes 20 or 100 ms. */
export async function planSlow(): Promise<Line[]> {
  const near: Setting = { scenario: 5, namespaces: 500, claims: 20, rounds: 5, latencyMs: 20 };
  return await withLab(near, async (lab) => {
    const lines: Line[] = [];
    for (const setting of [near, { ...near, rounds: 3, latencyMs: 100 }]) {
      const { ours, floor } = await compare(lab, setting);
      const value = pairedRatio(ours, floor, wall);
      lines.push(told({ scenario: 5, what: `wall / floor at ${setting.latencyMs} ms`, value }));
      lines.push(...times(setting, ours, floor));
    }
    return lines;
  });
}

/** A hundred thousand claims in 5,000 namespaces, with a heap that is large enough, and once with the shipped one. */
export async function planHuge(): Promise<Line[]> {
  const flags = ['--max-old-space-size=1024'];
  const setting: Setting = { scenario: 6, namespaces: 5000, claims: 20, rounds: 3, command: ['run'], flags };
  return await withLab(setting, async (lab) => {
    const { ours, floor } = await compare(lab, setting);
    const { scenario } = setting;
    const limited = await lab.run(peers.shipped(['run'], lab.env));
    return [
      told({ scenario, what: 'passes with the shipped heap limit (1 = yes)', value: Number(limited.exitCode === 0) }),
      told({ scenario, what: '100,000 claims, wall / floor', value: pairedRatio(ours, floor, wall) }),
      told({ scenario, what: 'peak RSS', value: peak(ours), unit: 'MiB' }),
      told({ scenario, what: 'peak RSS of the floor script', value: peak(floor), unit: 'MiB' }),
      ...times(setting, ours, floor),
      ...counts(setting, ours),
    ];
  });
}

function indexWrites({ kube }: Sample): number {
  return kube.requests['apply index'] ?? 0;
}

/** A run that finds nothing to do, because an earlier run has published the index. */
export async function steadyState(): Promise<Line[]> {
  const setting: Setting = { scenario: 7, namespaces: 500, claims: 20, rounds: 7, command: ['run'] };
  using apart = await openLab({ world: `${setting.namespaces}x${setting.claims}` });
  return await withLab(setting, async (lab) => {
    const { ours, floor } = await compare(lab, setting);
    const { scenario } = setting;
    return [
      atMost(1.5, { scenario, what: 'steady state, wall / floor', value: pairedRatio(ours, floor, wall) }),
      told({ scenario, what: 'CPU / floor', value: pairedRatio(ours, floor, (one) => one.cpuMs ?? NaN) }),
      atMost(145, { scenario, what: 'peak RSS', value: peak(ours), unit: 'MiB' }),
      told({ scenario, what: 'peak RSS of the floor script', value: peak(floor), unit: 'MiB' }),
      ...times(setting, ours, floor),
      ...counts(setting, ours, 25),
      ...(await beside(lab, apart, setting.rounds)),
      told({ scenario, what: 'writes to the index', value: most(ours, indexWrites) }),
      exactly(0, { scenario, what: 'other writes', value: most(ours, (one) => one.kube.writes - indexWrites(one)) }),
      exactly(0, { scenario, what: 'S3 writes', value: most(ours, (one) => one.s3.kinds.write) }),
      told({ scenario, what: 'lines of log', value: most(ours, (one) => one.stdout.trim().split('\n').length) }),
    ];
  });
}
