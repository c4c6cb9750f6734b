/**
 * The programs of the real lane: kube-apiserver, etcd, kubectl, versitygw and restic. KUBEBUILDER_ASSETS (envtest's convention)
 * wins; else the user's cache directory, filled by building the Go modules beside this file. Other lanes build theirs the same way.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findGo, type Say } from './go.ts';

const HERE = import.meta.dirname;

type Name = 'kube-apiserver' | 'etcd' | 'kubectl' | 'versitygw' | 'restic';

/** Where each program is. */
export type Binaries = Readonly<Record<Name, string>>;

/** A program that is built from a Go module of this repository. */
export interface Program {
  name: string;
  /** the directory of go.mod, go.sum and tools.go, which pin all that the build needs */
  module: string;
  main: string;
  /** what a person should expect from cold, on two cores */
  takes: string;
  /** what Kubernetes' own version package says in it */
  version: Readonly<Record<string, string>>;
}

/** Without these the server says `v0.0.0-master+$Format:%H$`. */
const VERSION = { gitVersion: 'v1.36.3', gitMajor: '1', gitMinor: '36' };

const TARGETS: Readonly<Record<Name, Pick<Program, 'module' | 'main' | 'takes'>>> = {
  'kube-apiserver': { module: HERE, main: 'k8s.io/kubernetes/cmd/kube-apiserver', takes: 'about five minutes' },
  etcd: { module: HERE, main: 'go.etcd.io/etcd/server/v3', takes: 'about 15 seconds' },
  kubectl: { module: HERE, main: 'k8s.io/kubernetes/cmd/kubectl', takes: 'about half a minute' },
  versitygw: { module: join(HERE, 's3'), main: 'github.com/versity/versitygw/cmd/versitygw', takes: 'about a minute' },
  restic: { module: join(HERE, 'restic'), main: 'github.com/restic/restic/cmd/restic', takes: 'about two minutes' },
};

/**
 * Finds all programs, and builds what is missing; a later run finds that in the cache.
 * @throws Error with the reason: the lane never runs with less than everything
 */
export async function ensureBinaries(say: Say = () => {}): Promise<Binaries> {
  const assets = await fromAssets(process.env['KUBEBUILDER_ASSETS'] ?? '');
  const kubectl = assets.kubectl ?? (await onPath('kubectl'));
  const found: Partial<Binaries> = { ...assets, ...(kubectl !== undefined && { kubectl }) };
  const there = async (name: Name): Promise<string> =>
    found[name] ?? (await ensureProgram({ name, ...TARGETS[name], version: VERSION }, say));
  return {
    'kube-apiserver': await there('kube-apiserver'),
    etcd: await there('etcd'),
    kubectl: await there('kubectl'),
    versitygw: await there('versitygw'),
    restic: await there('restic'),
  };
}

let go: Promise<string> | null = null;

/**
 * The path of a program in the cache, where it is built unless it is there.
 * @throws Error with the reason
 */
export async function ensureProgram(program: Program, say: Say = () => {}): Promise<string> {
  const path = join(await cacheOf(program), program.name);
  if (!(await isProgram(path))) {
    go ??= findGo(cacheRoot(), say);
    await build(program, { go: await go, into: path, say });
  }
  return path;
}

/** Whoever sets the variable wants these binaries and no others: what is not there is a mistake, but for kubectl. */
async function fromAssets(folder: string): Promise<Partial<Binaries>> {
  if (folder === '') return {};
  const [server, etcd, kubectl] = [join(folder, 'kube-apiserver'), join(folder, 'etcd'), join(folder, 'kubectl')];
  for (const path of [server, etcd]) {
    if (!(await isProgram(path))) throw new Error(`KUBEBUILDER_ASSETS is set, and ${path} is no program`);
  }
  return { 'kube-apiserver': server, etcd, ...((await isProgram(kubectl)) && { kubectl }) };
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && (await isProgram(path))) return path;
  }
  return undefined;
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function cacheRoot(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? '';
  return join(cache === '' ? join(homedir(), '.cache') : cache, 'volsync-prewarm/control-plane');
}

/** Named by everything that a build depends on: another version is another directory. */
async function cacheOf({ module, version }: Program): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(version));
  for (const file of ['go.mod', 'go.sum', 'tools.go']) hash.update(await readFile(join(module, file)));
  return join(cacheRoot(), `${process.platform}-${process.arch}-${hash.digest('hex').slice(0, 12)}`);
}

/** Go says nothing for minutes; with -v it names each package that it has compiled. */
const REPORT_EVERY = 15_000;

interface Building {
  go: string;
  into: string;
  say: Say;
}

async function build(
  { name, module, main, takes, version }: Program,
  { go: command, into, say }: Building,
): Promise<void> {
  say(`building ${name} (once; ${takes} on two cores)`);
  const unfinished = `${into}.${process.pid}`;
  await mkdir(join(into, '..'), { recursive: true });
  const flags = Object.entries(version).map(([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`);
  const args = ['build', '-v', '-trimpath', '-ldflags', ['-s', '-w', ...flags].join(' '), '-o', unfinished, main];
  // CGO: these are static without it, and a C compiler is one thing less to have. The rest: whatever the user's are, not here.
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
  const child = spawn(command, args, { cwd: module, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(...text.split('\n').filter(Boolean)));
  const timer = setInterval(() => say(`${name}: ${progress(log)}`), REPORT_EVERY);
  const end = (): void => void child.kill();
  process.once('exit', end);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => {
    clearInterval(timer);
    process.off('exit', end);
  });
  if (code !== 0) {
    await rm(unfinished, { force: true });
    throw new Error(`go build ${main} ended with ${code}:\n${log.slice(-20).join('\n')}`);
  }
  // Two runs may build at once: each moves a whole file into place.
  await rename(unfinished, into);
  say(`built ${name}`);
}

function progress(log: readonly string[]): string {
  const downloads = log.filter((line) => line.startsWith('go: downloading')).length;
  return `${downloads} modules downloaded, ${log.length - downloads} packages compiled`;
}
