/**
 * Writes the bundle's compile cache: `node <flags> warm-cache.mjs <app directory>`, run by the user and with the flags
 * that will run the bundle. Used by the Dockerfile and by container-steps.sh.
 *
 * `--version` is what every start compiles. `plan` against addresses that refuse goes through settings, S3 (the SDK's
 * client too, which is loaded for what goes wrong), Kubernetes client and report, which are loaded late, and ends with 1.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const app = process.argv[2];
if (app === undefined) throw new Error('usage: warm-cache.mjs <app directory>');
const bundle = join(app, 'volsync-prewarm.cjs');
const cache = join(app, 'cache');

const environment = {
  PATH: '/nowhere',
  NODE_ENV: 'production',
  NODE_COMPILE_CACHE: cache,
  NODE_COMPILE_CACHE_PORTABLE: '1',
  KUBECONFIG: join(dirname(fileURLToPath(import.meta.url)), 'unreachable.kubeconfig'),
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_REGION: 'us-east-1',
  PREWARM_ENDPOINT: 'http://127.0.0.1:1',
  PREWARM_REQUEST_TIMEOUT: '2s',
  PREWARM_DEADLINE: '20s',
};

function run(args, expected) {
  const result = spawnSync(process.execPath, [...process.execArgv, bundle, ...args], {
    env: environment,
    encoding: 'utf8',
    timeout: 120_000,
  });
  // A crash exits with 1 too; Node then signs its stack trace.
  const crashed = /^Node\.js v/m.test(result.stderr);
  if (result.status === expected && !crashed) return;
  const ended = result.error?.message ?? result.signal ?? `exit ${result.status}`;
  throw new Error(`${args.join(' ')}: ${ended}, expected exit ${expected}\n${result.stdout}${result.stderr}`);
}

/** Node creates the cache with mode 0600: whoever else runs the bundle would silently miss it. */
function readableAndReadOnly(path) {
  const directory = statSync(path).isDirectory();
  if (directory) for (const name of readdirSync(path)) readableAndReadOnly(join(path, name));
  chmodSync(path, directory ? 0o555 : 0o444);
}

run(['--version'], 0);
run(['plan'], 1);
const files = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
if (files.length === 0) throw new Error(`no compile cache was written to ${cache}`);
readableAndReadOnly(cache);
