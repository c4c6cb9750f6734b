/** Both stubs as processes of their own, the files that clients need to reach them, and runs whose requests are counted. */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dump } from 'js-yaml';
import type { Reset } from './control.ts';
import { runCommand } from './measure.ts';
import type { Command, Usage } from './measure.ts';
import { loopbackIdentity } from '../sandbox/serving.ts';
import type { KubeStats } from './stub-kube.ts';
import type { S3Stats } from './stub-s3.ts';

export interface LabOptions {
  /** `<namespaces>x<claims>` */
  world: string;
  /** Namespaces and base credentials only: everything has to be created, the bucket's marker too. */
  bare?: boolean;
  /** A triggered destination finishes its restore at once. */
  instant?: boolean;
  gzip?: boolean;
}

export interface Sample extends Usage {
  s3: S3Stats;
  kube: KubeStats;
}

export interface Lab extends Disposable {
  /** What every client needs to find the stubs. */
  env: Record<string, string>;
  /** Resets the counters and sets the given behaviour. */
  reset: (s3: Reset, kube: Reset) => Promise<void>;
  /** Resets the counters, runs, and reads the counters. */
  run: (command: Command) => Promise<Sample>;
  /** Resolves as soon as the API server has counted this many writes since the last reset. */
  writes: (count: number) => Promise<void>;
}

interface Addresses {
  url: string;
  controlUrl: string;
}

async function start(script: URL, args: string[]): Promise<{ child: ChildProcess; addresses: Addresses }> {
  const child = fork(fileURLToPath(script), args, {
    execArgv: ['--max-old-space-size=8192', '--disable-warning=ExperimentalWarning'],
  });
  const addresses = await new Promise<Addresses>((resolve, reject) => {
    child.once('message', (message: Addresses) => resolve(message));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${script.pathname} ended with ${code}`)));
  });
  return { child, addresses };
}

async function post(url: string, change: Reset): Promise<void> {
  const response = await fetch(`${url}/__reset`, { method: 'POST', body: JSON.stringify(change) });
  await response.arrayBuffer();
}

/** A kubeconfig for a stub at this address. */
function kubeconfig(server: string): string {
  const name = 'bench';
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server, 'certificate-authority-data': Buffer.from(loopbackIdentity().ca).toString('base64') },
      },
    ],
    users: [{ name, user: { token: 'bench' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}

/** The environment of every client: addresses, made-up keys, and nothing of the machine's own AWS configuration. */
export function clientEnvironment(directory: string, addresses: { s3: string; kube: string }): Record<string, string> {
  const kubeconfigFile = join(directory, 'kubeconfig.yaml');
  const authority = join(directory, 'ca.pem');
  writeFileSync(kubeconfigFile, kubeconfig(addresses.kube));
  writeFileSync(authority, loopbackIdentity().ca);
  return {
    PATH: process.env['PATH'] ?? '',
    // As in a pod of the CronJob: settings come from the environment alone.
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    HOME: process.env['HOME'] ?? directory,
    AWS_CONFIG_FILE: join(directory, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'none'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_S3: addresses.s3,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench-secret',
    KUBECONFIG: kubeconfigFile,
    BENCH_S3: addresses.s3,
    BENCH_KUBE: addresses.kube,
    BENCH_CA: authority,
  };
}

/** Starts both stubs over the same world. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const world = ['--world', options.world, '--epoch', String(Date.now())];
  const marked = options.bare === true ? [] : ['--marked'];
  const s3 = await start(new URL('./stub-s3-main.ts', import.meta.url), [...world, ...marked]);
  const flags = [
    ...(options.bare === true ? ['--bare'] : []),
    ...(options.instant === true ? ['--instant'] : []),
    ...(options.gzip === false ? ['--no-gzip'] : []),
  ];
  const base = ['--repository-base', `s3:${s3.addresses.url}/volsync-backups`];
  const kube = await start(new URL('./stub-kube-main.ts', import.meta.url), [...world, ...base, ...flags]);
  const directory = mkdtempSync(join(tmpdir(), 'prewarm-lab-'));
  const env = clientEnvironment(directory, { s3: s3.addresses.url, kube: kube.addresses.url });
  const controls = { s3: s3.addresses.controlUrl, kube: kube.addresses.controlUrl };

  async function reset(s3Change: Reset, kubeChange: Reset): Promise<void> {
    await Promise.all([post(controls.s3, s3Change), post(controls.kube, kubeChange)]);
  }

  async function run(command: Command): Promise<Sample> {
    await reset({}, {});
    const usage = await runCommand(command);
    const [s3Reply, kubeReply] = await Promise.all([
      fetch(`${controls.s3}/__stats`),
      fetch(`${controls.kube}/__stats`),
    ]);
    const s3Stats: S3Stats = JSON.parse(await s3Reply.text());
    const kubeStats: KubeStats = JSON.parse(await kubeReply.text());
    return { ...usage, s3: s3Stats, kube: kubeStats };
  }

  return {
    env,
    reset,
    run,
    writes: async (count) => {
      const response = await fetch(`${controls.kube}/__stats?writes=${count}`);
      await response.arrayBuffer();
    },
    [Symbol.dispose]: () => {
      for (const { child } of [s3, kube]) {
        child.removeAllListeners('exit');
        child.kill();
      }
      rmSync(directory, { recursive: true });
    },
  };
}
