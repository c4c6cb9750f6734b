/** What is true of a bucket and of volumes, beside everything that the program believes: the ground of the four sentences. */
import { at, text, type Change } from '../../../sandbox/kube/objects.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';

const SNAPSHOT = /^([^/]+\/[^/]+)\/snapshots\/([0-9a-f]{64})$/;

export interface TrueSnapshot {
  id: string;
  /** restic's time, milliseconds */
  began: number;
  /** the object's time, milliseconds */
  ended: number;
}

/** A claim that has just been bound. */
export interface Birth {
  key: string;
  uid: string;
  createdAt: number;
  /** what its volume holds: a snapshot's id, null for nothing */
  holds: string | null;
  /** what the bucket held at that moment, oldest first */
  alive: readonly TrueSnapshot[];
}

/** The snapshots of a repository that can be restored now, oldest first by restic's time. */
export function aliveIn({ s3 }: Pick<Sandbox, 's3'>, key: string): TrueSnapshot[] {
  return s3
    .objects(`${key}/snapshots/`)
    .flatMap((object) => {
      const id = SNAPSHOT.exec(object.key)?.[2];
      const body = s3.get(object.key)?.toString() ?? '';
      const inside: unknown = body.startsWith('{') ? JSON.parse(body) : {};
      return id === undefined
        ? []
        : [{ id, began: Date.parse(text(inside, 'time') ?? ''), ended: object.at.getTime() }];
    })
    .sort((a, b) => a.began - b.began);
}

/** The claims that get their volume in this change. */
export function birthIn(sandbox: Sandbox, { type, object, old }: Change): Birth | null {
  if (type === 'DELETED') return null;
  if (object.kind !== 'PersistentVolumeClaim' || object.metadata.labels?.['backup'] === undefined) return null;
  if (at(object, 'status.phase') !== 'Bound' || at(old, 'status.phase') === 'Bound') return null;
  const { namespace = '', name, uid, creationTimestamp } = object.metadata;
  const key = `${namespace}/${name}`;
  const holds = sandbox.volsync.contentOf(namespace, name) ?? null;
  return { key, uid, createdAt: Date.parse(creationTimestamp), holds, alive: aliveIn(sandbox, key) };
}

/**
 * A destination whose mover was cut off: changed or deleted while it worked. Gives what happened, or null. Sources are judged in the
 * plan's world: here VolSync makes a source's Job in real time, between a look and a write.
 */
export function cutOffIn(change: Change, jobOf: (namespace: string, name: string) => unknown): string | null {
  const { object, type } = change;
  const before = type === 'DELETED' ? object : change.old;
  if (object.kind !== 'ReplicationDestination' || text(before, 'status.lastSyncStartTime') === undefined) return null;
  const { namespace = '', name } = object.metadata;
  const job = jobOf(namespace, `volsync-dst-${name}`);
  // Between two pods of a failing mover it may be changed: nobody holds a lock.
  if (job !== undefined && at(job, 'status.active') === undefined && Number(at(job, 'status.failed') ?? 0) > 0)
    return null;
  const specs = [before, object].map((one) => JSON.stringify(at(one, 'spec.restic')));
  if (type === 'DELETED') return `${namespace}/${name} was deleted while its mover worked`;
  return specs[0] === specs[1] ? null : `${namespace}/${name} was changed while its mover worked`;
}
