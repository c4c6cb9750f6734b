/**
 * `npm run demo`: the four scenarios of disaster recovery and one trap, told with the real program over the wire, against
 * an S3 server with real restic repositories, a Kubernetes API and a VolSync in this process. Exit 0 only if every step
 * came out as it must.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MANAGED_BY, PRODUCT, repositorySecretName } from '../src/naming.ts';
import { text } from './kube/objects.ts';
import { restorePointFor } from './mutate.ts';
import { runProgram, type Finished } from './program.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';
import { baseCredentials, claim, namespace, repositoryCredentials, source } from './story.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
let failed = 0;

function check(what: string, holds: boolean): void {
  if (!holds) failed += 1;
  say(`  ${holds ? '✓' : '✗ THIS DID NOT HAPPEN:'} ${what}`);
}

class Demo {
  readonly #sandbox: Sandbox;
  readonly #kubeconfig: string;

  constructor(sandbox: Sandbox, kubeconfig: string) {
    this.#sandbox = sandbox;
    this.#kubeconfig = kubeconfig;
  }

  /** The snapshots of the fixture repositories are older than any quiet period; those of this story are seconds old. */
  async program(...args: string[]): Promise<Finished> {
    const env = { ...this.#sandbox.environment(), KUBECONFIG: this.#kubeconfig, PREWARM_QUIET_PERIOD: '0s' };
    const result = await runProgram(args, env);
    say(`  $ volsync-prewarm ${args.join(' ')}   (exit ${result.code}, ${result.seconds.toFixed(1)} s)`);
    if (result.code !== 0) say(result.stderr + result.stdout);
    return result;
  }

  async cronjob(): Promise<void> {
    const { code, stdout } = await this.program('run');
    const lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
    for (const line of lines) {
      if (text(line, 'msg') === 'action done')
        say(
          `      ${text(line, 'action')} ${text(line, 'namespace')}/${text(line, 'claim')} ${text(line, 'trigger') ?? ''}`,
        );
    }
    check('the run ends by itself, with exit code 0', code === 0);
  }

  /** Git arrives: namespace and base credentials. */
  deliver(name: string): void {
    this.#sandbox.kube.apply(namespace(name));
    this.#sandbox.kube.apply(baseCredentials(name, this.#sandbox.s3.endpoint));
  }

  /** A user's claim with its one label, as the mutate check lets it through; resolves when it is Bound. */
  async create(ns: string, name: string): Promise<string | null | undefined> {
    const from = restorePointFor(this.#sandbox.kube, ns, name);
    this.#sandbox.kube.apply(
      claim({ namespace: ns, name, size: '10Gi', labels: { backup: 'hourly' }, ...(from !== undefined && { from }) }),
    );
    say(`    claim ${ns}/${name} is created ${from === undefined ? 'without a restore point' : `from ${from}`}`);
    await until(() => text(this.#sandbox.kube.get('PersistentVolumeClaim', ns, name), 'status.phase') === 'Bound');
    return this.#sandbox.volsync.contentOf(ns, name);
  }

  /** The application writes, and its source backs it up; its credentials are made as the backup side will make them. */
  async backUp(ns: string, name: string): Promise<void> {
    const { kube, volsync, s3 } = this.#sandbox;
    volsync.write(ns, name);
    if (kube.get('Secret', ns, repositorySecretName(name)) === undefined) {
      const secret = repositoryCredentials({ namespace: ns, claim: name }, s3.endpoint);
      kube.apply({ ...secret, metadata: { ...secret.metadata, labels: { [MANAGED_BY]: PRODUCT } } });
    }
    kube.remove('ReplicationSource', ns, `${name}-backup`);
    kube.apply(source({ namespace: ns, claim: name }));
    await volsync.idle();
  }

  remove(ns: string, name: string): void {
    const { kube } = this.#sandbox;
    for (const [kind, object] of [
      ['ReplicationSource', `${name}-backup`],
      ['PersistentVolumeClaim', name],
      ['ReplicationDestination', `${name}-restore`],
    ] as const) {
      kube.remove(kind, ns, object);
    }
    say(`    Argo CD deletes ${ns}/${name}: claim, source and destination; the bucket keeps its backup`);
  }

  newest(repository: string): string {
    const [last] = this.#sandbox.s3.objects(`${repository}/snapshots/`).sort((a, b) => b.at.getTime() - a.at.getTime());
    return last?.key.slice(-64) ?? 'none';
  }

  has(ns: string, destination: string): boolean {
    return this.#sandbox.kube.get('ReplicationDestination', ns, destination) !== undefined;
  }

  // ── the story ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async freshInstall(): Promise<void> {
    say('\n1. Fresh install: an empty bucket, an app that was never backed up');
    this.deliver('notes');
    await this.cronjob();
    check('no destination exists: there is nothing to restore', !this.has('notes', 'data-restore'));
    check('the claim binds at once and starts empty', (await this.create('notes', 'data')) === null);
    await this.backUp('notes', 'data');
    check('its first backup is in the bucket', this.newest('notes/data') !== 'none');
  }

  async rebuild(): Promise<void> {
    say('\n2. Cluster rebuild: the bucket has the backups of seven claims, the cluster has none of their data');
    await this.#sandbox.s3.fill();
    for (const name of ['karakeep', 'home-assistant', 'immich', 'paperless-ngx', 'open-webui']) this.deliver(name);
    this.#sandbox.volsync.resetConcurrentMax();
    await this.cronjob();
    check(
      `never more than four restores at once (seen: ${this.#sandbox.volsync.concurrentMax})`,
      this.#sandbox.volsync.concurrentMax <= 4,
    );
    for (const [ns, name] of [
      ['karakeep', 'data-pvc'],
      ['home-assistant', 'config'],
    ] as const) {
      const newest = this.newest(`${ns}/${name}`);
      check(
        `${ns}/${name} is back with snapshot ${newest.slice(0, 8)}, the newest`,
        (await this.create(ns, name)) === newest,
      );
    }
  }

  async trap(): Promise<void> {
    say('\n   The trap: open-webui/data is an initialised repository without a snapshot');
    check(
      'it has no destination: VolSync would have published an empty image for it',
      !this.has('open-webui', 'data-restore'),
    );
    check('its claim does not hang: it starts fresh', (await this.create('open-webui', 'data')) === null);
  }

  async newApp(): Promise<void> {
    say('\n3. A new app in the running cluster');
    this.deliver('linkding');
    await this.cronjob();
    check('the claim starts fresh beside all the others', (await this.create('linkding', 'data')) === null);
  }

  async deleteAndReAdd(): Promise<void> {
    say('\n4. Delete an app and add it again later');
    await this.backUp('karakeep', 'data-pvc');
    const newest = this.newest('karakeep/data-pvc');
    this.remove('karakeep', 'data-pvc');
    await this.cronjob();
    check(
      `the claim comes back with ${newest.slice(0, 8)}, its last backup`,
      (await this.create('karakeep', 'data-pvc')) === newest,
    );
  }

  async verdicts(): Promise<void> {
    say('\nWhat is so at the end:');
    const { stdout, code } = await this.program('plan');
    say(`\n${stdout}`);
    check('everything could be looked at', code === 0);
  }
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!holds() && Date.now() < end) await sleep(10);
}

const started = Date.now();
const folder = await mkdtemp(join(tmpdir(), 'volsync-prewarm-demo-'));
const kubeconfig = join(folder, 'kubeconfig');
await using sandbox = await startSandbox({ moverMillis: 150 });
await sandbox.writeKubeconfig(kubeconfig, 'worker');
const demo = new Demo(sandbox, kubeconfig);
say(
  'volsync-prewarm, told in four scenarios. S3, Kubernetes API and VolSync run in this process; the program is the real one.',
);
await demo.freshInstall();
await demo.rebuild();
await demo.trap();
await demo.newApp();
await demo.deleteAndReAdd();
await demo.verdicts();
await rm(folder, { recursive: true });
say(
  `\n${failed === 0 ? 'Every step came out as it must' : `${failed} steps did not come out as they must`} (${((Date.now() - started) / 1000).toFixed(1)} s).`,
);
process.exitCode = failed === 0 ? 0 : 1;
