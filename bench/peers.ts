/** The programs that are compared, each in the form that it would be run in. */

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { nodeCommand } from './measure.ts';
import type { Command } from './measure.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Below node_modules, so that packages resolve and no other tool looks in; of this process, so that two can run. */
const CACHE = join(ROOT, 'node_modules/.cache/volsync-prewarm-bench', String(process.pid));
const BUNDLE = join(ROOT, 'dist/volsync-prewarm.cjs');

/** The bundle with its compile cache, in the same two places as in the image. */
const APP = join(CACHE, 'app');

/** Node's flags in the image's ENTRYPOINT: they decide on memory, and the compile cache belongs to them. */
function shippedFlags(): string[] {
  const entrypoint = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1];
  if (entrypoint === undefined) throw new Error('the Dockerfile has no ENTRYPOINT');
  const argv: string[] = JSON.parse(entrypoint);
  return argv.filter((word) => word.startsWith('--'));
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

/** Removes what `preparePeers` made. The image's cache is read-only, and must be removable all the same. */
export function removePeers(): void {
  if (!existsSync(CACHE)) return;
  for (const entry of globSync('**/', { cwd: CACHE })) chmodSync(join(CACHE, entry), 0o755);
  rmSync(CACHE, { recursive: true });
}

/** The steps of the Dockerfile. */
function shipApp(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  mkdirSync(APP, { recursive: true });
  for (const file of globSync('volsync-prewarm*.cjs', { cwd: dirname(BUNDLE) }))
    cpSync(join(dirname(BUNDLE), file), join(APP, file));
  const warm = join(ROOT, '.ci/warm-cache.mjs');
  execFileSync(process.execPath, [...shippedFlags(), warm, APP], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Makes the image's files, and plain JavaScript of everything that must not pay for type stripping. */
export async function preparePeers(): Promise<void> {
  shipApp();
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
    NODE_ENV: 'production',
    MALLOC_ARENA_MAX: '1',
    NODE_COMPILE_CACHE: join(APP, 'cache'),
    NODE_COMPILE_CACHE_PORTABLE: '1',
  });
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
 * The baseline that the design's number was measured against: unbundled, and every module loaded before anything is done.
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
