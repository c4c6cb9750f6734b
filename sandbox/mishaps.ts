/** What can go wrong in `npm run sandbox` on demand, so that an incident can be rehearsed: by a flag or by a typed line. */
import type { Sandbox } from './sandbox.ts';
import { hexId } from './story.ts';
import type { MoverMatch } from './volsync/mover-faults.ts';

/** What a mishap is about: all claims, or one. */
interface Where {
  namespace?: string;
  claim?: string;
}

type Undo = () => void;

interface Mishap {
  /** for people */
  means: string;
  /** it needs the name of a claim */
  needsClaim?: true;
  begin: (sandbox: Sandbox, where: Where) => Undo;
}

const NO_S3 = `=== Initialize Dir ===\nFatal: create repository failed: client.BucketExists: connect: connection refused\n`;

/** Destinations are named after their claims. */
function restores({ namespace, claim }: Where): MoverMatch {
  return {
    kind: 'ReplicationDestination',
    ...(namespace === undefined ? {} : { namespace }),
    ...(claim === undefined ? {} : { name: `${claim}-restore` }),
  };
}

function together(...undo: Undo[]): Undo {
  return () => undo.forEach((one) => one());
}

/** Removes the objects below a prefix, until it is undone. */
function unmount({ s3 }: Sandbox, prefix: string): Undo {
  const kept = s3.objects(prefix).map(({ key, at }) => ({ key, at, body: s3.get(key) ?? '' }));
  for (const { key } of kept) s3.remove(key);
  return () => kept.forEach(({ key, at, body }) => s3.put(key, body, { at }));
}

const MISHAPS: Readonly<Record<string, Mishap>> = {
  s3: {
    means: 'the S3 server answers 503, to movers too',
    begin: ({ s3, volsync }) =>
      together(
        s3.answer(() => ({ status: 503, body: '<Error><Code>SlowDown</Code></Error>' })),
        volsync.failMovers({}, { permanently: true, log: NO_S3 }),
      ),
  },
  's3-hang': {
    means: 'the S3 server takes requests and never answers',
    begin: ({ s3 }) => s3.answer(() => ({ hang: true })),
  },
  's3-empty': {
    means: 'the disk of the S3 server is away: the bucket is there and empty (with a claim: its repository)',
    begin: (sandbox, where) => unmount(sandbox, folderOf(where)),
  },
  api: {
    means: 'the API server answers the worker 429',
    begin: ({ kube }) => kube.fault({ user: 'worker', status: 429, retryAfter: 1 }),
  },
  mover: {
    means: 'the pods of restore movers fail',
    begin: ({ volsync }, where) => volsync.failMovers(restores(where), { permanently: true }),
  },
  kill: {
    means: 'the next pod of a restore mover is killed in its work: its lock stays, and backups fail from then on',
    begin: ({ volsync }, where) => volsync.failMovers(restores(where), { times: 1, dies: true, log: 'Killed\n' }),
  },
  pending: {
    means: 'the pods of restore movers do not start',
    begin: ({ volsync }, where) => volsync.hangMovers(restores(where), 'not-ready'),
  },
  quota: {
    means: 'the Jobs of restore movers make no pod',
    begin: ({ volsync }, where) => volsync.hangMovers(restores(where), 'no-pod'),
  },
  snapshot: {
    means: 'images have an error and never become ready',
    begin: ({ volsync }, where) =>
      volsync.spoilImages(restores(where), { ready: 'never', error: 'rpc error: the driver has no room' }),
  },
  slow: {
    means: 'images become ready a minute after the restore',
    begin: ({ volsync }, where) => volsync.spoilImages(restores(where), { ready: 60_000 }),
  },
  lock: {
    means: 'somebody holds an exclusive lock in the repository of a claim',
    needsClaim: true,
    begin: ({ s3 }, where) => {
      const key = `${folderOf(where)}locks/${hexId(folderOf(where))}`;
      s3.put(key, JSON.stringify({ time: new Date().toISOString(), exclusive: true, hostname: 'somebody', pid: 1 }));
      return () => s3.remove(key);
    },
  },
  deaf: {
    means: 'VolSync misses that the volume of a claim is there, until its destination is written',
    needsClaim: true,
    begin: ({ volsync }, { namespace = '', claim = '' }) => {
      volsync.missWakeUp(namespace, claim);
      return () => undefined;
    },
  },
};

function folderOf({ namespace, claim }: Where): string {
  return namespace === undefined ? '' : claim === undefined ? `${namespace}/` : `${namespace}/${claim}/`;
}

function whereOf(text: string | undefined): Where {
  const [namespace, claim] = (text ?? '').split('/');
  return { ...(namespace ? { namespace } : {}), ...(claim ? { claim } : {}) };
}

/** One line for each mishap. */
export function mishapHelp(): string {
  const width = Math.max(...Object.keys(MISHAPS).map((name) => name.length));
  return Object.entries(MISHAPS)
    .map(([name, { means }]) => `  ${name.padEnd(width)}  ${means}`)
    .join('\n');
}

/** The mishaps of one sandbox that are under way. */
export class Mishaps {
  readonly #sandbox: Sandbox;
  readonly #active = new Map<string, Undo>();

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /** Obeys `fail mover media/data`, `heal mover media/data`, `heal` or `help`. Returns a line about the new state. */
  obey(line: string): string {
    const [verb = '', name = '', place] = line.trim().split(/\s+/);
    if (verb === 'fail') return this.begin(name, place);
    if (verb === 'heal') return this.#heal(name, place);
    return `fail NAME [<namespace>[/<claim>]], heal [NAME [<namespace>[/<claim>]]]; NAME is one of\n${mishapHelp()}`;
  }

  /** Begins a mishap. Returns a line about the new state, or why there is none. */
  begin(name: string, place?: string): string {
    const mishap = MISHAPS[name];
    if (mishap === undefined) return `no such mishap: ${name}\n${mishapHelp()}`;
    const where = whereOf(place);
    if (mishap.needsClaim === true && where.claim === undefined)
      return `${name} needs a claim: fail ${name} <namespace>/<claim>`;
    const key = keyOf(name, place);
    this.#active.get(key)?.();
    this.#active.set(key, mishap.begin(this.#sandbox, where));
    return `${key}: ${mishap.means}`;
  }

  #heal(name: string, place?: string): string {
    const chosen = [...this.#active].filter(([key]) => name === '' || key === keyOf(name, place));
    for (const [key, undo] of chosen) {
      undo();
      this.#active.delete(key);
    }
    return chosen.length === 0 ? 'nothing to heal' : `healed: ${chosen.map(([key]) => key).join(', ')}`;
  }
}

function keyOf(name: string, place: string | undefined): string {
  return place === undefined ? name : `${name} ${place}`;
}
