/** The actors of the demo: the sandbox with the shipped policies, the real program, Argo CD, and users. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MANAGED_BY, PRODUCT, destinationName, repositorySecretName, sourceName } from '../src/naming.ts';
import { strings } from '../src/cluster/read.ts';
import { messageOf } from '../src/errors.ts';
import { at, text } from './kube/objects.ts';
import { runProgram, type Finished } from './program.ts';
import type { Sandbox } from './sandbox.ts';
import { baseCredentials, claim, namespace, repositoryCredentials, source, type ClaimOptions } from './story.ts';

/** Prints a line. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The state of a claim: what it holds (a snapshot's id, null = nothing), or why the API server refused it. */
export type Fared =
  | { state: 'bound'; holds: string | null | undefined }
  | { state: 'waits' }
  | { state: 'refused'; why: string };

/** Milliseconds. A claim that has everything it needs must be Bound within this time. */
const PATIENCE = 5_000;

type Wish = Partial<Omit<ClaimOptions, 'namespace' | 'name'>>;

export class Stage {
  readonly sandbox: Sandbox;
  readonly #kubeconfig: string;
  readonly #program: string;
  readonly #clock: { ahead: number };
  failed = 0;

  /** `clock`: how far the sandbox is ahead of the real time, milliseconds */
  constructor(sandbox: Sandbox, files: { kubeconfig: string; program: string; clock: { ahead: number } }) {
    this.#clock = files.clock;
    this.sandbox = sandbox;
    this.#kubeconfig = files.kubeconfig;
    this.#program = files.program;
  }

  /** Prints whether a step ended as it must, and counts those that did not. */
  check(what: string, holds: boolean): void {
    if (!holds) this.failed += 1;
    say(`  ${holds ? '✓' : '✗ THIS DID NOT HAPPEN:'} ${what}`);
  }

  /**
   * Runs the program to its end. Two settings differ from those of overlay safe: the snapshots of this story are only seconds
   * old, and restore points are made before anything shows the size of their claims.
   */
  async program(args: readonly string[], expected = 0): Promise<Finished> {
    const settings = { PREWARM_QUIET_PERIOD: '0s', PREWARM_DEFAULT_CAPACITY: '10Gi' };
    const env = { ...this.sandbox.environment(), KUBECONFIG: this.#kubeconfig, ...settings };
    const result = await runProgram(args, env, this.#program);
    say(`  $ volsync-prewarm ${args.join(' ')}   (exit ${result.code}, ${result.seconds.toFixed(1)} s)`);
    if (result.code !== expected) {
      this.failed += 1;
      say(`  ✗ exit ${expected} was expected\n${result.stderr}${result.stdout}`);
    }
    return result;
  }

  /** The run that the CronJob starts every five minutes. Prints its actions and returns its log. */
  async cronjob(expected = 0): Promise<string> {
    const { stdout } = await this.program(['run'], expected);
    for (const line of stdout.split('\n').filter((line) => line !== '')) {
      const entry: unknown = JSON.parse(line);
      if (text(entry, 'msg') !== 'action done') continue;
      say(
        `      ${text(entry, 'action')} ${text(entry, 'namespace')}/${text(entry, 'claim')} ${text(entry, 'trigger') ?? ''}`,
      );
    }
    return stdout;
  }

  /** Argo CD deploys the namespace and the base credentials. */
  deliver(name: string): void {
    this.sandbox.kube.apply(namespace(name));
    this.sandbox.kube.apply(baseCredentials(name, this.sandbox.s3.endpoint));
  }

  /** A user creates a claim with the backup label. Returns whether the claim was refused, is Bound, or waits. */
  async create(ns: string, name: string, wish: Wish = {}, patience = PATIENCE): Promise<Fared> {
    const { kube, volsync } = this.sandbox;
    const { labels = {}, ...rest } = wish;
    try {
      kube.apply(claim({ namespace: ns, name, size: '10Gi', ...rest, labels: { backup: 'hourly', ...labels } }));
    } catch (error) {
      const why = messageOf(error).replace(/^.*denied request: /, '');
      // Every refusal ends with the same words about the opt-out.
      say(`    claim ${ns}/${name} is refused: ${why.replace(/\. To start empty on purpose.*/, ' …')}`);
      return { state: 'refused', why };
    }
    const from = text(kube.get('PersistentVolumeClaim', ns, name), 'spec.dataSourceRef.name');
    say(`    claim ${ns}/${name} is created ${from === undefined ? 'without a data source' : `from ${from}`}`);
    return (await this.isBound(
      ns,
      name,
      from === undefined || kube.get('VolumeSnapshot', ns, this.image(ns, name)) !== undefined ? patience : 100,
    ))
      ? { state: 'bound', holds: volsync.contentOf(ns, name) }
      : { state: 'waits' };
  }

  /** Is the claim Bound? Waits up to `patience` milliseconds. */
  async isBound(ns: string, name: string, patience = PATIENCE): Promise<boolean> {
    const bound = (): boolean =>
      text(this.sandbox.kube.get('PersistentVolumeClaim', ns, name), 'status.phase') === 'Bound';
    const end = Date.now() + patience;
    while (!bound() && Date.now() < end) await sleep(10);
    return bound();
  }

  /** The application writes data and its source backs it up. If the repository Secret is missing, it is created first. */
  async backUp(ns: string, name: string): Promise<void> {
    const { kube, volsync, s3 } = this.sandbox;
    volsync.write(ns, name);
    if (kube.get('Secret', ns, repositorySecretName(name)) === undefined) {
      const secret = repositoryCredentials({ namespace: ns, claim: name }, s3.endpoint);
      kube.apply({ ...secret, metadata: { ...secret.metadata, labels: { [MANAGED_BY]: PRODUCT } } });
    }
    kube.remove('ReplicationSource', ns, `${name}-backup`);
    // Due in the minute after the next one, so that no backup begins by itself while a run works.
    const due = new Date(Date.now() + this.#clock.ahead + 2 * 60_000);
    kube.apply(source({ namespace: ns, claim: name, schedule: `${due.getUTCMinutes()} * * * *` }));
    await volsync.idle();
  }

  /** Argo CD deletes the application; with `keep` its restore point stays. */
  remove(ns: string, name: string, keep: 'restore point' | 'nothing' = 'nothing'): void {
    const { kube } = this.sandbox;
    kube.remove('ReplicationSource', ns, `${name}-backup`);
    kube.remove('PersistentVolumeClaim', ns, name);
    if (keep === 'nothing') kube.remove('ReplicationDestination', ns, destinationName(name));
    say(`    Argo CD deletes ${ns}/${name}: the bucket keeps its backup`);
  }

  /** Moves the clock of the sandbox forward. */
  later(millis: number): void {
    this.#clock.ahead += millis;
  }

  /** Milliseconds until the next backup of a claim is due. */
  untilBackup(ns: string, name: string): number {
    const source = this.sandbox.kube.get('ReplicationSource', ns, `${name}-backup`);
    const due = Date.parse(text(source, 'status.nextSyncTime') ?? '');
    return Math.max(0, due - Date.now() - this.#clock.ahead) + 1000;
  }

  /** The message of the newest warning event of a claim. */
  told(ns: string, name: string): string {
    const uid = this.sandbox.kube.get('PersistentVolumeClaim', ns, name)?.metadata.uid;
    const events = this.sandbox.kube
      .list('Event', ns)
      .filter((event) => text(event, 'involvedObject.uid') === uid && text(event, 'type') === 'Warning');
    return (text(events.at(-1), 'message') ?? 'nothing').replace(/^.*denied request: /, '');
  }

  /** Id of the newest snapshot in a repository. */
  newest(repository: string): string {
    const found = this.sandbox.s3.objects(`${repository}/snapshots/`);
    const [last] = found.sort((a, b) => b.at.getTime() - a.at.getTime() || (a.key < b.key ? 1 : -1));
    return last?.key.slice(-64) ?? 'none';
  }

  /** Name of the VolumeSnapshot that a claim's destination offers. */
  image(ns: string, name: string): string {
    return text(this.destination(ns, name), 'status.latestImage.name') ?? '';
  }

  /** The result of the last restore into a claim's destination. */
  mover(ns: string, name: string): { result: string; logs: string } {
    const read = (field: string): string => text(this.destination(ns, name), `status.latestMoverStatus.${field}`) ?? '';
    return { result: read('result'), logs: read('logs') };
  }

  destination(ns: string, name: string): unknown {
    return this.sandbox.kube.get('ReplicationDestination', ns, destinationName(name));
  }

  source(ns: string, name: string): unknown {
    return this.sandbox.kube.get('ReplicationSource', ns, sourceName(name));
  }

  /** What the log of a run says of the first finding with a reason; empty when there is none. */
  found(log: string, reason: string): string {
    for (const line of log.split('\n').filter((one) => one.includes(reason))) {
      const entry: unknown = JSON.parse(line);
      if (text(entry, 'msg') === 'finding' && text(entry, 'reason') === reason) return text(entry, 'detail') ?? '';
    }
    return '';
  }

  /** The entry of a claim in the index. */
  indexed(ns: string, name: string): string {
    const index = this.sandbox.kube.get('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index');
    return strings(at(index, 'spec.external.parameters'))[`${ns}.${name}`] ?? 'nothing';
  }
}
