/** A restic repository as a mover sees it: the objects of one path in the bucket. */
import { createHash } from 'node:crypto';
import { at as valueAt, text } from '../kube/objects.ts';
import type { S3 } from '../s3/s3.ts';

export interface SnapshotObject {
  id: string;
  /** restic's time: when the backup began. Without the password only LastModified is visible: when the backup ended */
  at: Date;
}

/** What `forget` goes by. */
export interface SavedSnapshot extends SnapshotObject {
  host: string;
  /** what was backed up; VolSync restores only `/data` */
  paths: readonly string[];
}

/** The content of a sandbox snapshot. A real snapshot is encrypted; for it, the object's LastModified is used. */
interface Inside {
  time: string;
  paths: readonly string[];
  hostname: string;
}

/** What VolSync backs up, and as whom. */
const BY_VOLSYNC = { paths: ['/data'], hostname: 'volsync' };

/** The content of a snapshot's object. */
export function snapshotBody(began: Date, by: Partial<Omit<Inside, 'time'>> = {}): string {
  const inside: Inside = { time: began.toISOString(), ...BY_VOLSYNC, ...by };
  return JSON.stringify(inside);
}

/** What makes a mover's pod fail; `log` is the end of its raw log. */
export class MoverFailure extends Error {
  readonly log: string;

  constructor(log: string) {
    super(log.trim().split('\n').at(-1) ?? '');
    this.name = 'MoverFailure';
    this.log = log;
  }
}

export interface Credentials {
  RESTIC_REPOSITORY: string;
  RESTIC_PASSWORD: string;
  AWS_ACCESS_KEY_ID?: string | undefined;
  AWS_SECRET_ACCESS_KEY?: string | undefined;
}

const URL_FORM = /^s3:(https?:\/\/[^/]+|[^/]+)\/([^/]+)\/?(.*)$/;
/** restic's own server: what it keeps is nowhere that an S3 client could list. */
const REST_FORM = /^rest:https?:\/\/(?:[^/@]*@)?([^/]+)\/(.*)$/;
const SNAPSHOT_NAME = /^[0-9a-f]{64}$/;
const STALE_LOCK_MILLIS = 30 * 60_000;

/** The server has two names, as a second provider of the same data would. */
function withoutAlias(url: string): string {
  return url.replace('//localhost:', '//127.0.0.1:');
}

let serial = 0;

function freshName(seed: string): string {
  serial += 1;
  return createHash('sha256').update(`${seed} ${serial} ${process.hrtime.bigint()}`).digest('hex');
}

/** One backup of a mover, for a restic that is no model. */
export interface MoverBackup {
  credentials: Credentials;
  namespace: string;
  claim: string;
  /** by the world's clock */
  began: Date;
  /** FORGET_OPTIONS */
  forget: string;
  /** `restic unlock` comes first */
  unlock: boolean;
}

export interface World {
  s3: S3;
  /** backs up in place of the model, and returns restic's log; throws MoverFailure. Restores stay those of the model. */
  restic: ((backup: MoverBackup) => Promise<string>) | undefined;
  clock: () => Date;
  /** repository path → the password that it was made with */
  passwords: Map<string, string>;
  defaultPassword: string;
}

export class Repository {
  readonly #world: World;
  readonly #url: string;
  readonly #bucket: string;
  readonly #path: string;

  /** Finds the repository for the credentials; throws MoverFailure when there is none. */
  constructor(world: World, credentials: Credentials) {
    this.#world = world;
    this.#url = credentials.RESTIC_REPOSITORY;
    const [rest, server, folder = ''] = REST_FORM.exec(this.#url) ?? [];
    const [, host = '', bucket = '', path = ''] = URL_FORM.exec(this.#url) ?? [];
    this.#bucket = rest === undefined ? bucket : `rest ${server}`;
    this.#path = (rest === undefined ? path : folder).split('/').filter(Boolean).join('/');
    if (rest !== undefined) return;
    const { endpoint, credentials: keys } = world.s3;
    if (withoutAlias(/^https?:/.test(host) ? host : `http://${host}`) !== endpoint) {
      throw new MoverFailure(
        `=== Initialize Dir ===\nFatal: create repository at ${this.#url} failed: client.BucketExists: Get "${host}": connect: connection refused\n`,
      );
    }
    if (
      credentials.AWS_ACCESS_KEY_ID !== keys.accessKeyId ||
      credentials.AWS_SECRET_ACCESS_KEY !== keys.secretAccessKey
    ) {
      throw new MoverFailure(
        `=== Initialize Dir ===\nFatal: create repository at ${this.#url} failed: client.BucketExists: The request signature we calculated does not match the signature you provided.\n`,
      );
    }
  }

  /** Opens the repository, making it first when it is not there (then with the two lines of that in the log). */
  open(password: string): string[] {
    const { passwords, defaultPassword } = this.#world;
    if (this.#keys('config').length === 0) {
      if (this.#keys('keys/').length > 0 || this.#keys('snapshots/').length > 0) {
        throw new MoverFailure(
          `=== Initialize Dir ===\nFatal: create repository at ${this.#url} failed: repository already contains keys\n`,
        );
      }
      this.#put(`keys/${freshName(this.#path)}`, 'key');
      this.#put('config', 'config');
      passwords.set(this.#id, password);
      return [
        '=== Initialize Dir ===',
        `created restic repository ${freshName(this.#path).slice(0, 10)} at ${this.#url}`,
      ];
    }
    if ((passwords.get(this.#id) ?? defaultPassword) !== password) {
      throw new MoverFailure(
        'Fatal: wrong password or no key found\nERROR: failure connecting to repository, incorrect password\n',
      );
    }
    return [];
  }

  /** Its snapshots, whoever saved them, oldest first by restic's time. */
  saved(): SavedSnapshot[] {
    const root = this.#full('snapshots/');
    return this.#world.s3
      .objects(root, this.#bucket)
      .filter(({ key, size }) => SNAPSHOT_NAME.test(key.slice(root.length)) && size > 0)
      .map(({ key, at }) => ({ id: key.slice(root.length), at, inside: this.#inside(key) }))
      .map(({ id, at, inside }) => {
        const { paths, hostname } = inside ?? BY_VOLSYNC;
        return { id, at: inside === null ? at : new Date(inside.time), paths, host: hostname };
      })
      .sort((a, b) => a.at.getTime() - b.at.getTime());
  }

  /** Those that VolSync would restore: it takes every host's. */
  snapshots(): SavedSnapshot[] {
    return this.saved().filter(({ paths }) => paths.includes('/data'));
  }

  /** Writes a lock and returns its name; throws MoverFailure while another process holds an exclusive lock. */
  lock(host: string, exclusive = false): string {
    const others = this.locks();
    const hindrance = exclusive ? others[0] : others.find((lock) => lock.exclusive);
    if (hindrance !== undefined) {
      const how = hindrance.exclusive ? ' exclusively' : '';
      throw new MoverFailure(
        `unable to create lock in backend: repository is already locked${how} by PID ${hindrance.pid} on ${hindrance.host} by root (UID 0, GID 0)\n` +
          'the `unlock` command can be used to remove stale locks\nERROR: failure locking repository\n',
      );
    }
    const name = freshName(`${this.#path} lock`);
    const time = this.#world.clock().toISOString();
    this.#put(`locks/${name}`, JSON.stringify({ time, exclusive, hostname: host, username: 'root', pid: 56 }));
    return name;
  }

  unlock(name: string): void {
    this.#world.s3.remove(this.#full(`locks/${name}`), this.#bucket);
  }

  /** The locks that are there. One that cannot be read (a real repository's is encrypted) counts as shared. */
  locks(): { name: string; at: Date; exclusive: boolean; host: string; pid: number }[] {
    const root = this.#full('locks/');
    return this.#world.s3.objects(root, this.#bucket).map(({ key, at }) => {
      const body = this.#world.s3.get(key, this.#bucket)?.toString() ?? '';
      const said: unknown = body.startsWith('{"time":"') ? JSON.parse(body) : {};
      const exclusive = valueAt(said, 'exclusive') === true;
      return { name: key.slice(root.length), at, exclusive, host: text(said, 'hostname') ?? 'unknown', pid: 54 };
    });
  }

  /** `restic unlock`: removes locks older than 30 minutes. */
  unlockStale(): void {
    const limit = this.#world.clock().getTime() - STALE_LOCK_MILLIS;
    for (const lock of this.locks()) if (lock.at.getTime() < limit) this.unlock(lock.name);
  }

  /** Writes a new snapshot (data, index, and the snapshot last) of a backup that began then, and returns its id. */
  save(began: Date): string {
    const id = freshName(`${this.#path} snapshot`);
    const pack = freshName(`${id} pack`);
    this.#put(`data/${pack.slice(0, 2)}/${pack}`, 'data');
    this.#put(`index/${freshName(`${id} index`)}`, 'index');
    this.#put(`snapshots/${id}`, snapshotBody(began));
    return id;
  }

  forget(ids: Iterable<string>): void {
    for (const id of ids) this.#world.s3.remove(this.#full(`snapshots/${id}`), this.#bucket);
  }

  #inside(key: string): Inside | null {
    const body = this.#world.s3.get(key, this.#bucket)?.toString() ?? '';
    // One in 256 encrypted ones begins with a brace.
    if (!body.startsWith('{"time":"')) return null;
    const inside: Inside = JSON.parse(body);
    return inside;
  }

  get #id(): string {
    return `${this.#bucket}/${this.#path}`;
  }

  #full(key: string): string {
    return this.#path === '' ? key : `${this.#path}/${key}`;
  }

  #keys(prefix: string): string[] {
    return this.#world.s3.keys(this.#full(prefix), this.#bucket);
  }

  #put(key: string, body: string): void {
    this.#world.s3.put(this.#full(key), body, { bucket: this.#bucket, at: this.#world.clock() });
  }
}
