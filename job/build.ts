/**
 * `npm run build`: the program as one bundled file, the S3 SDK's client as another beside it, and their source maps. CommonJS,
 * because the compile cache helps it more than ESM (measured: 0.35 against 0.42 of the unbundled start); dynamic imports stay lazy
 * inside the file, but the file is read as a whole: what a steady state has no use for is kept out of it.
 */
import { chmodSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const OLDEST_NODE = 24;

/**
 * KubeConfig imports the client's generated API classes for `makeApiClient`, which is never called here: 2 MB of code that
 * every start would load. Its two names are left undefined instead.
 */
const withoutGeneratedClient: Plugin = {
  name: 'without-generated-client',
  setup: (build) => {
    build.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) => {
      const isKubeConfig = importer.replaceAll('\\', '/').endsWith('client-node/dist/config.js');
      return isKubeConfig ? { path: 'gen', namespace: 'left-out' } : null;
    });
    build.onLoad({ filter: /^gen$/, namespace: 'left-out' }, () => ({
      contents: 'export const createConfiguration = undefined, ServerConfiguration = undefined;',
    }));
  },
};

/**
 * Of undici, a pool and its requests are used. Its index loads all that it has, half of the whole bundle: fetch, WebSocket,
 * caches, mocks.
 */
const UNDICI = `
  const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
  Object.assign(Dispatcher.prototype, require('undici/lib/api/index.js'));
  exports.Agent = require('undici/lib/dispatcher/agent.js');
  exports.ProxyAgent = require('undici/lib/dispatcher/proxy-agent.js');
`;

const onlyUndicisPool: Plugin = {
  name: 'only-undicis-pool',
  setup: (build) => {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'in-part' }));
    build.onLoad({ filter: /^undici$/, namespace: 'in-part' }, () => ({
      contents: UNDICI,
      resolveDir: import.meta.dirname,
    }));
  },
};

/** What KubeConfig needs for proxies and for two cloud providers: loaded when it is first used, which is never in a pod. */
const RARE: Readonly<Record<string, readonly string[]>> = {
  'socks-proxy-agent': ['SocksProxyAgent'],
  socks: ['SocksClient'],
  hpagent: ['HttpProxyAgent', 'HttpsProxyAgent'],
  'jsonpath-plus': ['JSONPath'],
};

/** A module of the same names; each is there when it is called, made, or asked for a member. */
function loadedLate(name: string): string {
  const late = `const late = (load) => new Proxy(function () {}, {
    get: (_, key) => load()[key],
    apply: (_, self, args) => Reflect.apply(load(), self, args),
    construct: (_, args) => Reflect.construct(load(), args),
  });`;
  return [late, ...(RARE[name] ?? []).map((one) => `exports.${one} = late(() => require('${name}').${one});`)].join(
    '\n',
  );
}

const rarelyNeeded: Plugin = {
  name: 'rarely-needed',
  setup: (build) => {
    build.onResolve({ filter: /^[a-z-]+$/ }, ({ path, importer }) =>
      path in RARE && importer.replaceAll('\\', '/').includes('client-node/dist/') ? { path, namespace: 'late' } : null,
    );
    build.onLoad({ filter: /^/, namespace: 'late' }, ({ path }) => ({
      contents: loadedLate(path),
      resolveDir: import.meta.dirname,
    }));
  },
};

/**
 * An older Node would get as far as the first function that it lacks, and die of a TypeError. The floor is `engines` of
 * package.json. 2: what is wrong is the installation.
 */
const OLD_NODE = `if (Number(process.versions.node.split('.')[0]) < ${OLDEST_NODE}) {
  process.stderr.write('volsync-prewarm: Node ${OLDEST_NODE} or newer is needed, and this is ' + process.versions.node + '\\n');
  process.exit(2);
}`;

/** Everything reaches the SDK's client through one module, which is this file. */
const APART = 'volsync-prewarm-s3.cjs';

const apart: Plugin = {
  name: 'apart',
  setup: (build) => {
    build.onResolve({ filter: /^\.\/sdk\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: `./${APART}`, external: true } : null,
    );
  },
};

/** Bundles the program into this file, with the second one and both source maps beside it. */
export async function bundle(outfile: string): Promise<void> {
  const program = fileURLToPath(new URL('main.ts', import.meta.url));
  const sdk = fileURLToPath(new URL('../src/bucket/sdk.ts', import.meta.url));
  await Promise.all([
    bundleFile(program, outfile, `#!/usr/bin/env node\n${OLD_NODE}\n`),
    bundleFile(sdk, join(dirname(outfile), APART), ''),
  ]);
  chmodSync(outfile, 0o755);
}

async function bundleFile(entry: string, outfile: string, banner: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    // Syntax that Node 18 reads, so that an old one gets as far as the sentence above.
    target: 'node18',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: true,
    legalComments: 'none',
    plugins: [withoutGeneratedClient, onlyUndicisPool, rarelyNeeded, apart],
    banner: { js: `${banner}const bundleUrl = require('node:url').pathToFileURL(__filename).href;` },
    define: { 'import.meta.url': 'bundleUrl' },
    logLevel: 'warning',
  });
}

if (import.meta.main) {
  rmSync('dist', { recursive: true, force: true });
  await bundle('dist/volsync-prewarm.cjs');
}
