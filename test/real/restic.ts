/** restic itself, as VolSync's mover calls it: its host, its folder, its options, in UTC. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from '../../sandbox/kube/objects.ts';
import { PASSWORD } from '../../sandbox/story.ts';
import { HOST } from '../../sandbox/volsync/retention.ts';
import { ensureBinaries } from '../control-plane/binaries.ts';

const FILE = 'content';
const REPOSITORY = new URL('../fixtures/restic-repository.json', import.meta.url);

/** What `restic init` leaves, by the object's name in the repository. */
export type Begun = Readonly<Record<string, Buffer>>;

/**
 * A new repository for PASSWORD. restic 0.18 has made it, with scrypt's smallest parameters as in its own tests: with the usual
 * ones each call would work half a second for the key alone.
 */
export async function begunRepository(): Promise<Begun> {
  const found: unknown = JSON.parse(await readFile(REPOSITORY, 'utf8'));
  const [config = '', name = '', key = ''] = ['config', 'keyName', 'key'].map((field) => text(found, field));
  return { config: Buffer.from(config, 'base64'), [`keys/${name}`]: Buffer.from(key) };
}

export interface Called {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Place {
  /** `s3:http://127.0.0.1:<port>/<bucket>/<path>` */
  repository: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SaveOptions {
  /** restic's time of the snapshot: the start of the backup */
  at: Date;
  host?: string;
  /** what is backed up, a name below a folder of its own: two backups with content must not run at once in one */
  folder?: string;
  /** the one file in it; default: as it is */
  content?: string;
}

export interface Restic extends AsyncDisposable {
  call: (place: Place, args: readonly string[]) => Promise<Called>;
  /** `restic backup`; the snapshot's id. @throws Error with what restic said */
  save: (place: Place, options: SaveOptions) => Promise<string>;
  /** `restic forget` with FORGET_OPTIONS of a mover, split as the mover's shell splits them */
  forget: (place: Place, options: string, more?: readonly string[]) => Promise<Called>;
  /** the ids in the repository. @throws Error with what restic said */
  snapshots: (place: Place) => Promise<string[]>;
  /** the content that a snapshot restores. @throws Error with what restic said */
  restore: (place: Place, id: string) => Promise<string>;
  /** a mover that is killed while it works: its lock stays */
  killedMover: (place: Place, locked: () => Promise<boolean>) => Promise<void>;
}

/** Finds restic, and a folder to work in. */
export async function openRestic(): Promise<Restic> {
  const { restic } = await ensureBinaries();
  const root = await mkdtemp(join(tmpdir(), 'prewarm-restic-'));
  const start = (place: Place, args: readonly string[], cwd = root): ChildProcess =>
    spawn(restic, args, {
      cwd,
      env: {
        TZ: 'UTC',
        HOME: root,
        RESTIC_CACHE_DIR: join(root, 'cache'),
        RESTIC_PASSWORD: PASSWORD,
        RESTIC_REPOSITORY: place.repository,
        AWS_ACCESS_KEY_ID: place.accessKeyId,
        AWS_SECRET_ACCESS_KEY: place.secretAccessKey,
      },
    });
  const call = async (place: Place, args: readonly string[], cwd?: string): Promise<Called> => {
    const child = start(place, args, cwd);
    const output = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (part: string) => (output.stdout += part));
    child.stderr?.setEncoding('utf8').on('data', (part: string) => (output.stderr += part));
    await once(child, 'close');
    return { code: child.exitCode ?? 1, ...output };
  };
  const sure = async (place: Place, args: readonly string[], cwd?: string): Promise<string> => {
    const { code, stdout, stderr } = await call(place, args, cwd);
    if (code !== 0) throw new Error(`restic ${args.join(' ')}: ${code} ${stderr}`);
    return stdout;
  };
  return {
    call,
    save: async (place, { at, content, host = HOST, folder = 'data' }) => {
      const cwd = join(root, 'volumes', folder);
      await mkdir(cwd, { recursive: true });
      await writeFile(join(cwd, FILE), content ?? '', { flag: content === undefined ? 'a' : 'w' });
      const time = at.toISOString().slice(0, 19).replace('T', ' ');
      const said = await sure(place, ['backup', '--json', '--host', host, '--time', time, '.'], cwd);
      const summary: unknown = JSON.parse(said.trim().split('\n').at(-1) ?? '');
      return text(summary, 'snapshot_id') ?? '';
    },
    forget: (place, options, more = []) =>
      call(place, ['forget', '--host', HOST, ...options.split(/\s+/).filter(Boolean), ...more]),
    snapshots: async (place) => {
      const found: unknown = JSON.parse(await sure(place, ['snapshots', '--json', '--no-lock']));
      return Array.isArray(found) ? found.map((one) => text(one, 'id') ?? '') : [];
    },
    restore: async (place, id) => {
      const files = (await sure(place, ['ls', id, '--no-lock'])).trim().split('\n');
      return sure(place, ['dump', '--no-lock', id, files.find((line) => line.endsWith(`/${FILE}`)) ?? '']);
    },
    killedMover: async (place, locked) => {
      // It waits for what it is told to save, under its lock.
      const child = start(place, ['backup', '--stdin', '--host', HOST]);
      while (!(await locked())) await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill('SIGKILL');
      await once(child, 'close');
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
