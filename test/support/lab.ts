/** A lab: a sandbox with an ordinary world, and the program, called in this process or started as one of its own. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject, vi } from 'vitest';
import { parseCommandLine, type CommandLine } from '../../job/command-line.ts';
import { clusterFor, portsFor } from '../../job/open.ts';
import { at, type KubeObject } from '../../sandbox/kube/objects.ts';
import type { RecordedRequest } from '../../sandbox/kube/server.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/sandbox.ts';
import { baseCredentials, namespace, repository } from '../../sandbox/story.ts';
import { fieldsOf, strings } from '../../src/cluster/read.ts';
import { HOME_NAMESPACE, indexName, shardOf } from '../../src/naming.ts';
import type { Finding } from '../../src/decisions.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { plan, type PlanResult } from '../../src/plan/plan.ts';
import { answerCode, runCode, type ExitCode } from '../../src/report/exit-code.ts';
import { actionName, reportOf, type Report } from '../../src/report/report.ts';
import { planOnce, run } from '../../src/run.ts';
import type { Ports } from '../../src/run-ports.ts';
import { withPerformed } from '../../src/performed.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { schemaErrors } from './report-document.ts';

/** As in a pod of the CronJob: the ConfigMap is the environment already, and nobody reads it. */
const IN_POD = { KUBERNETES_SERVICE_HOST: '127.0.0.1' };

const INDEX = /\/volsync-prewarm-index(-\d+)?$/;

/** Path of the program, bundled once for all tests. */
export const PROGRAM = inject('program');

/** For processes of the program: its code is compiled by the first of them. */
export const COMPILED = { NODE_COMPILE_CACHE: join(dirname(PROGRAM), 'cache') };

/** What a look or a run came to. */
interface Told {
  code: ExitCode;
  report: Report;
  findings: readonly Finding[];
  frozen: string | null;
}

interface Ran extends Told {
  /** `<action> <namespace>/<claim>: <outcome>`, in order; not what VolSync overtook */
  performed: string[];
  /** `<index object>: <outcome>`, in order; also what VolSync or another run overtook */
  published: string[];
  /** whether the bucket got its marker: `done` or the problem; empty when it has one */
  marked: string[];
  /** claim records: how many were written, or the problem; empty when none had to be */
  recorded: string[];
  passes: number;
  cutShort: boolean;
}

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

interface Child {
  kill: (signal: NodeJS.Signals) => void;
  finished: Promise<Finished>;
}

interface RunOptions {
  /** the clock of the program */
  now?: () => number;
  /** true: the time is up; asked before each pass applies anything */
  until?: (plan: PlanResult, pass: number) => boolean;
}

export interface Lab extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly s3: Sandbox['s3'];
  readonly kube: Sandbox['kube'];
  readonly volsync: Sandbox['volsync'];
  /** environment of the program */
  readonly env: Readonly<Record<string, string>>;
  /** what `plan` does, in this process */
  plan: (...args: string[]) => Promise<Told>;
  /** what `status` does, in this process */
  status: (now?: () => number) => Promise<Told>;
  /** what `run` does, in this process */
  run: (args?: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** the program as a process */
  start: (args: readonly string[], env?: Readonly<Record<string, string>>) => Child;
  /** the program as a process, to its end */
  spawn: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Finished>;
  /** everything that was written over the wire, as `METHOD path`; not what VolSync overtook (409), and not the index */
  writes: () => string[];
  /** the requests that wrote, the index aside: every run refreshes it */
  writeRequests: () => RecordedRequest[];
  /** the first index object's parameters */
  index: () => Record<string, string>;
  /** all ReplicationDestinations but the index objects, which are of the same kind */
  destinations: () => KubeObject[];
  /** what the S3 server was asked to list, as `<prefix> [<delimiter>]` */
  listings: () => string[];
  /** forgets all requests so far */
  forget: () => void;
}

interface LabOptions extends SandboxOptions {
  /** what a process of the program starts; default: the one for all tests */
  program?: string;
}

/** Starts a sandbox and makes this process's environment that of the program in it, until the lab is disposed of. */
export async function startLab({ program = PROGRAM, ...options }: LabOptions = {}): Promise<Lab> {
  const sandbox = await startSandbox({ moverMillis: 5, stepMillis: 1, populateMillis: 1, ...options });
  const { s3, kube, volsync } = sandbox;
  const folder = await mkdtemp(join(tmpdir(), 'prewarm-lab-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await sandbox.writeKubeconfig(kubeconfig, 'worker');
  // A test in which nobody comes would wait for them in real time: those about waiting say how long.
  const env = { ...sandbox.environment(), KUBECONFIG: kubeconfig, PREWARM_SETTLE: '0s' };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);

  function start(args: readonly string[], more: Readonly<Record<string, string>> = {}): Child {
    const given = { PATH: process.env['PATH'] ?? '', HOME: folder, ...COMPILED, ...IN_POD, ...env, ...more };
    const child = spawn(process.execPath, [program, ...args], { env: given, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    const finished = new Promise<Finished>((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, ...output }));
    });
    return { kill: (signal) => void child.kill(signal), finished };
  }

  const writeRequests = (): RecordedRequest[] =>
    kube.requests.filter(
      ({ method, path, status }) =>
        method !== 'GET' && status !== 409 && !path.includes('accessreviews') && !INDEX.test(path),
    );

  return {
    sandbox,
    s3,
    kube,
    volsync,
    env,
    plan: (...args) => look(env, args),
    status: (now = Date.now) => lookAtCluster(env, now),
    run: (args = [], how = {}) => perform(env, args, how),
    start,
    spawn: (args, more) => start(args, more).finished,
    writes: () => writeRequests().map(({ method, path }) => `${method} ${path}`),
    writeRequests,
    index: () =>
      strings(at(kube.get('ReplicationDestination', HOME_NAMESPACE, indexName(0)), 'spec.external.parameters')),
    destinations: () => kube.list('ReplicationDestination').filter(({ metadata }) => shardOf(metadata.name) === null),
    listings: () => s3.requests.map(({ url }) => listingOf(url)),
    forget: () => {
      kube.requests.length = 0;
      s3.requests.length = 0;
      kube.resetTlsConnections();
    },
    [Symbol.asyncDispose]: async () => {
      vi.unstubAllEnvs();
      await sandbox.stop();
      await rm(folder, { recursive: true });
    },
  };
}

type Env = Readonly<Record<string, string>>;

/** A command line of the program, with its settings. Throws with the problems. */
export async function lineOf(env: Env, args: readonly string[]): Promise<Extract<CommandLine, { kind: 'command' }>> {
  const line = await parseCommandLine(args, env, 'test');
  if (line.kind !== 'command') throw new Error(line.kind === 'text' ? line.text : line.problems.join('\n'));
  return line;
}

/** The settings that a command line of the program comes to. Throws with the problems. */
export async function settingsOf(env: Env, args: readonly string[]): Promise<Settings> {
  return (await lineOf(env, args)).settings;
}

/** A test that says what time it is means the program's own clock: the API server's is not asked then. */
function portsOf(settings: Settings, env: Env, now: () => number): Ports {
  const ports = portsFor(settings, env);
  if (now === Date.now) return ports;
  const cluster: Ports['cluster'] = async () => ({ ...(await ports.cluster()), serverNow: () => null });
  return { ...ports, bucket: { ...ports.bucket, clockSkew: () => null }, cluster, now };
}

async function look(env: Env, args: readonly string[]): Promise<Told> {
  const settings = await settingsOf(env, ['plan', ...args]);
  const plan = await planOnce(portsOf(settings, env, Date.now), settings, AbortSignal.timeout(settings.deadline));
  return { code: answerCode(plan), report: reportOf(plan), findings: plan.findings, frozen: plan.frozen };
}

/** The bucket is not asked: what the cluster alone remembers. */
async function lookAtCluster(env: Env, now: () => number): Promise<Told> {
  const settings = await settingsOf(env, ['status']);
  const cluster = await (await clusterFor(settings)()).observe(AbortSignal.timeout(settings.deadline));
  const result = plan({ bucket: unlooked(now()), cluster }, settings, now());
  return { code: answerCode(result), report: reportOf(result), findings: result.findings, frozen: result.frozen };
}

/**
 * VolSync wrote between a look and the write that followed from it. That is ordinary, happens or not as the machine is busy,
 * and is made good by the next look: no story is about it.
 */
const OVERTAKEN = 'the object has been modified';

async function perform(env: Env, args: readonly string[], { now = Date.now, until }: RunOptions): Promise<Ran> {
  const settings = await settingsOf(env, ['run', ...args]);
  const stop = new AbortController();
  const signals = {
    stop: AbortSignal.any([stop.signal, AbortSignal.timeout(settings.deadline)]),
    hard: AbortSignal.timeout(settings.deadline + 1000),
  };
  const performed: string[] = [];
  const published: string[] = [];
  const marked: string[] = [];
  const recorded: string[] = [];
  const result = await run(portsOf(settings, env, now), settings, {
    signals,
    progress: {
      planned: (plan, pass) => {
        if (until?.(plan, pass) === true) stop.abort();
      },
      published: ({ shard }, { state }) => void published.push(`${indexName(shard)}: ${state}`),
      recorded: (count, problem) => void recorded.push(problem ?? `${count} written`),
      marked: (problem) => void marked.push(problem ?? 'done'),
      done: (action, outcome) => {
        const { namespace: where, claim } = 'desired' in action ? action.desired : action;
        if (outcome.state === 'conflict' && outcome.message.includes(OVERTAKEN)) return;
        const how = outcome.state === 'done' ? 'done' : `${outcome.state} (${outcome.message})`;
        performed.push(`${actionName(action)} ${where}/${claim}: ${how}`);
      },
    },
  });
  const { plan, passes, cutShort } = result;
  const entries = settings.mode === 'report' ? [...plan.entries] : withPerformed(plan.entries, result.performed);
  return {
    code: runCode(plan, result.failed.length, settings),
    report: reportOf({ ...plan, entries }),
    findings: plan.findings,
    frozen: plan.frozen,
    performed,
    published,
    marked,
    recorded,
    passes,
    cutShort,
  };
}

function listingOf(url: string): string {
  const query = new URL(url, 'http://s3').searchParams;
  return query.has('delimiter') ? `${query.get('prefix')} ${query.get('delimiter')}` : `${query.get('prefix')}`;
}

/** The Report that a process printed; it conforms to the published Schema. */
export function reportIn({ stdout }: Finished): Report {
  const parsed: unknown = JSON.parse(stdout);
  const problems = schemaErrors(parsed);
  if (problems.length > 0) throw new Error(`not by docs/reference/report.schema.json: ${problems.join('; ')}`);
  if (!isReport(parsed)) throw new Error(`no Report: ${stdout}`);
  return parsed;
}

function isReport(value: unknown): value is Report {
  return fieldsOf(value)['kind'] === 'Report';
}

/** A namespace that lets movers keep file owners, with base credentials and one repository with two snapshots: the ordinary world. Returns their ids. */
export function ordinary({ s3, kube }: Pick<Lab, 's3' | 'kube'>, place = 'media', claim = 'plex-config'): string[] {
  const { metadata, ...rest } = namespace(place);
  kube.apply({ ...rest, metadata: { ...metadata, annotations: { 'volsync.backube/privileged-movers': 'true' } } });
  kube.apply(baseCredentials(place, s3.endpoint));
  return repository(s3, `${place}/${claim}`, [
    { seed: 'first', at: new Date('2025-03-01T10:00:00Z') },
    { seed: 'second', at: new Date('2025-03-01T11:00:00Z') },
  ]);
}

/** The report's entries in short: `<namespace>/<claim> <backup> <state> <reason>: <actions>`. */
export function lines(report: Report): string[] {
  return report.entries.map(
    ({ namespace: where, claim, backup, restorePoint, actions }) =>
      `${where}/${claim} ${backup.state} ${restorePoint.state} ${restorePoint.reason ?? '-'}: ${actions.join(' ') || '-'}`,
  );
}

/** The findings in short: `<reason> <about>`. Not that the repositories of this world are years old and without a claim. */
export function words(findings: readonly Finding[]): string[] {
  const others = findings.filter(({ reason }) => reason !== 'repository-abandoned');
  return others.map(({ reason, about }) => `${reason} ${about}`);
}
