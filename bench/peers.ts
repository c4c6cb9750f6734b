/** The programs that are compared, each in the form that it would be run in. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { nodeCommand } from './measure.ts';
import type { Command } from './measure.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Under node_modules: packages resolve, and other tools skip it. The process id lets two benches run at once. */
const CACHE = join(ROOT, 'node_modules/.cache/volsync-prewarm-bench', String(process.pid));
const BUNDLE = join(ROOT, 'dist/volsync-prewarm.cjs');

/** The bundle with its compile cache, in the same two places as in the image. */
const APP = join(CACHE, 'app');
const GO = join(CACHE, 'peer-go');

/** What this pattern finds in the image's Dockerfile. */
function inDockerfile(pattern: RegExp): string {
  const found = pattern.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`the Dockerfile has no ${pattern.source}`);
  return found;
}

/** Node's flags in the image's ENTRYPOINT: they decide on memory, and the compile cache belongs to them. */
function shippedFlags(): string[] {
  const argv: string[] = JSON.parse(inDockerfile(/^ENTRYPOINT (\[.*\])$/m));
  return argv.filter((word) => word.startsWith('--'));
}

/** The image's environment of Node and of the allocator. */
function shippedEnvironment(): Record<string, string> {
  const words = inDockerfile(/^ENV (NODE_ENV=.*)$/m).split(' ');
  return Object.fromEntries(words.map((word) => word.split('=', 2)));
}

/** Our own `.ts` modules stay separate files and packages stay packages: nothing is bundled. */
async function transpile(entries: string[], outdir: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: entries,
    outdir,
    outbase: ROOT,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'error',
    plugins: [
      {
        name: 'one file stays one file',
        setup: (plugin) => {
          plugin.onResolve({ filter: /^\.{1,2}\// }, ({ path, kind }) =>
            kind === 'entry-point' ? null : { path: path.replace(/\.ts$/, '.js'), external: true },
          );
        },
      },
    ],
  });
}

/** The commit of version 0.1: what every figure is compared with. */
const BEFORE = 'c10568f';
const BEFORE_APP = join(CACHE, 'before');
const BEFORE_FLAGS = ['--max-old-space-size=128', '--max-semi-space-size=8'];

/** Builds version 0.1 from this clone's history, with today's packages. @returns why it cannot, or null */
function shipBefore(): string | null {
  // Not below node_modules: Node strips no types there.
  const folder = mkdtempSync(join(tmpdir(), 'prewarm-bench-before-'));
  try {
    const archive = execFileSync('git', ['archive', BEFORE, 'job', 'src', 'package.json'], {
      cwd: ROOT,
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    execFileSync(process.execPath, ['job/build.ts'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    warm(join(folder, 'dist'), BEFORE_APP, BEFORE_FLAGS);
    return null;
  } catch (error) {
    return `version 0.1 (${BEFORE}) cannot be built here: ${reasonOf(error)}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Builds the peer in Go. @returns why it cannot, or null */
function buildGo(): string | null {
  try {
    execFileSync('go', ['build', '-o', GO, 'bench/peer.go'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    return null;
  } catch (error) {
    return `no peer in Go: ${reasonOf(error)}`;
  }
}

function lookForRclone(): string | null {
  try {
    execFileSync('rclone', ['version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no rclone on this machine';
  }
}

function lookForBotocore(): string | null {
  try {
    execFileSync('python3', ['-c', 'import botocore'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no python3 with botocore on this machine';
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

/** Why an optional peer is not there; null = it is. Filled by preparePeers. */
export const missing: Record<'before' | 'go' | 'rclone' | 'botocore', string | null> = {
  before: null,
  go: null,
  rclone: null,
  botocore: null,
};

/** Removes what `preparePeers` made. The image's cache is read-only, and must be removable all the same. */
export function removePeers(): void {
  if (!existsSync(CACHE)) return;
  for (const entry of globSync('**/', { cwd: CACHE })) chmodSync(join(CACHE, entry), 0o755);
  rmSync(CACHE, { recursive: true });
}

/** The steps of the Dockerfile. */
function shipApp(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  warm(dirname(BUNDLE), APP, shippedFlags());
}

/** Copies a bundle, and writes its compile cache as the image's build does. */
function warm(from: string, app: string, flags: string[]): void {
  mkdirSync(app, { recursive: true });
  for (const file of globSync('volsync-prewarm*.cjs', { cwd: from })) cpSync(join(from, file), join(app, file));
  const script = join(ROOT, '.ci/warm-cache.mjs');
  execFileSync(process.execPath, [...flags, script, app], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Makes the image's files, and plain JavaScript of everything that must not pay for type stripping. */
export async function preparePeers(): Promise<void> {
  shipApp();
  Object.assign(missing, {
    before: shipBefore(),
    go: buildGo(),
    rclone: lookForRclone(),
    botocore: lookForBotocore(),
  });
  const ours = globSync(['src/**/*.ts', 'job/**/*.ts'], { cwd: ROOT }).filter((file) => file !== 'job/build.ts');
  const bench = [
    new URL('./floor.ts', import.meta.url),
    new URL('./naive.ts', import.meta.url),
    new URL('./stock-create.ts', import.meta.url),
    new URL('./world.ts', import.meta.url),
  ].map((script) => fileURLToPath(script));
  await transpile([...ours, ...bench], join(CACHE, 'unbundled'));
  cpSync(join(ROOT, 'package.json'), join(CACHE, 'unbundled/package.json'));
  const modules = ours
    .filter((file) => file !== 'job/main.ts')
    .map((file) => `import './${file.replace(/ts$/, 'js')}';\n`);
  writeFileSync(join(CACHE, 'unbundled/everything.js'), modules.join(''));
}

/** The program as it is shipped: bundled, compile cache warmed by the image's build, heap limited. `flags` come last and win. */
export function shipped(args: string[], env: Record<string, string>, flags: string[] = []): Command {
  return nodeCommand([...shippedFlags(), ...flags, join(APP, 'volsync-prewarm.cjs'), ...args], {
    ...env,
    ...shippedEnvironment(),
    NODE_COMPILE_CACHE: join(APP, 'cache'),
    NODE_COMPILE_CACHE_PORTABLE: '1',
  });
}

/** Version 0.1 as it was shipped. */
export function before(args: string[], env: Record<string, string>): Command {
  return nodeCommand([...BEFORE_FLAGS, join(BEFORE_APP, 'volsync-prewarm.cjs'), ...args], {
    ...env,
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: join(BEFORE_APP, 'cache'),
    NODE_COMPILE_CACHE_PORTABLE: '1',
  });
}

/** The same listings in Go, decoded into narrow structs, nothing decided. */
export function goPeer(env: Record<string, string>): Command {
  return { argv: [GO], env };
}

/** The bucket's half alone: two levels of folders, 16 at a time. */
export function rclone(env: Record<string, string>): Command {
  const remote = ':s3,provider=Other,env_auth,force_path_style:volsync-backups';
  const argv = ['rclone', 'lsf', '-R', '--dirs-only', '--max-depth', '2', '--checkers', '16', remote];
  return { argv, env: { ...env, RCLONE_S3_ENDPOINT: env['BENCH_S3'] ?? '' } };
}

/** The bucket's half alone, through Python's SDK. */
export function botocore(env: Record<string, string>): Command {
  return { argv: ['python3', join(ROOT, 'bench/peer.py')], env };
}

/** The same without compile cache. */
export function bundle(args: string[], env: Record<string, string>): Command {
  return nodeCommand([...shippedFlags(), BUNDLE, ...args], env);
}

/** The same program as separate files with packages from node_modules, in plain JavaScript. */
export function unbundled(args: string[], env: Record<string, string>): Command {
  return nodeCommand([join(CACHE, 'unbundled/job/main.js'), ...args], env);
}

/**
 * The baseline for the bundling target: unbundled, and all modules are loaded at the start.
 * (Loading late helps the unbundled program as much as the bundle, so a lazy baseline would hide that gain.)
 */
export function unbundledEager(args: string[], env: Record<string, string>): Command {
  const everything = join(CACHE, 'unbundled/everything.js');
  return nodeCommand(['--import', everything, join(CACHE, 'unbundled/job/main.js'), ...args], env);
}

/** The script without SDKs. */
export function floor(env: Record<string, string>): Command {
  return nodeCommand([join(CACHE, 'unbundled/bench/floor.js')], env);
}

/** What a user would write. */
export function naive(env: Record<string, string>): Command {
  return nodeCommand([join(CACHE, 'unbundled/bench/naive.js')], env);
}

/** The writes of a rebuild through the stock client. */
export function stockCreate(world: string, env: Record<string, string>): Command {
  return nodeCommand([join(CACHE, 'unbundled/bench/stock-create.js'), world], env);
}

/** Node itself, doing nothing. */
export function nothing(env: Record<string, string>): Command {
  return nodeCommand(['--eval', '0'], env);
}

/** The loop of command line tools. */
export function shellLoop(env: Record<string, string>): Command {
  return { argv: ['bash', join(ROOT, 'bench/shell-loop.sh')], env };
}
