/**
 * VolSync's sources in the plan's world: a new one syncs at once, then on its schedule; it waits for an unbound claim, holds a lock
 * while it works, saves first and forgets then, and saves once more in every retry. Pure but for what it tells.
 */
import { nextTime } from '../../../sandbox/volsync/completion.ts';
import { HOST, forgetOptions, forgettable } from '../../../sandbox/volsync/retention.ts';
import { moverKey, type LockObject, type Mover, type SnapshotObject, type Source } from '../../../src/model.ts';
import type { Retain } from '../../../src/retain.ts';
import { shortId } from '../../../src/restic/ids.ts';
import { isFresh } from '../../../src/restic/locks.ts';
import { HOUR, MINUTE, fullId, mover } from '../build.ts';
import { putSource, type World } from '../world.ts';
import type { TrueSnapshot } from './truth.ts';

/** What sources do to a repository. */
export interface Listener {
  saved: (key: string, snapshot: TrueSnapshot, by: { source: Source; volume: string }) => void;
  /** before they are gone */
  forgets: (key: string, ids: readonly string[], by: { source: Source; volume: string; alive: TrueSnapshot[] }) => void;
}

/** VolSync repeats a failed pod so often, and says `Failed` then. */
const RETRIES = 8;

/** A minute of all sources. */
export function backUps(world: World, listener: Listener): World {
  let next = world;
  for (const [key, sources] of world.cluster.allSources)
    for (const source of sources) next = worked(next, key, { source, listener });
  return next;
}

interface Work {
  source: Source;
  listener: Listener;
}

function worked(world: World, key: string, { source, listener }: Work): World {
  if (source.lastSyncStartAt === null)
    return isDue(source, world.now)
      ? putSource(world, key, source.name, { ...source, lastSyncStartAt: world.now })
      : world;
  const job = world.cluster.movers.get(jobOf(source));
  if (job === undefined) return begun(world, key, source);
  if (job.active === 0) return withJob(world, source, { ...job, active: 1, ready: 1 });
  if (world.troubles?.has(`backup ${key}`) === true)
    return failed(world, key, { source, job, logs: 'Fatal: no space' });
  return saved(world, key, { source, job, listener });
}

function isDue({ lastSyncAt, manual, lastManualSync, nextSyncAt }: Source, now: number): boolean {
  if (lastSyncAt === null) return true;
  return manual === null ? (nextSyncAt ?? 0) <= now : manual !== lastManualSync;
}

/** The claim of a source, whatever its labels. */
function volumeOf({ cluster }: World, key: string): string | null {
  const claim = cluster.claims.get(key) ?? cluster.otherClaims.get(key);
  return claim?.phase === 'Bound' ? claim.uid : null;
}

/** The volume is copied, and the pod starts; without a Bound claim VolSync waits. */
function begun(world: World, key: string, source: Source): World {
  const volume = volumeOf(world, key);
  if (volume === null) return world;
  const copies = new Map(world.copies).set(source.uid, { volume, began: world.now });
  const { namespace, name } = source;
  const job = mover({ namespace, owner: 'ReplicationSource', ownerName: name, startedAt: world.now });
  return withJob({ ...unlocked(world, key, source), copies }, source, job);
}

function unlocked(world: World, key: string, { spec, lastUnlocked }: Source): World {
  if (spec.unlock === null || spec.unlock === lastUnlocked) return world;
  const left = (world.locks?.get(key) ?? []).filter((lock) => isFresh(world.now - lock.at));
  return { ...world, locks: new Map(world.locks).set(key, left) };
}

function saved(world: World, key: string, { source, job, listener }: Work & { job: Mover }): World {
  const copy = world.copies?.get(source.uid);
  if (copy === undefined) throw new Error(`the mover of ${key} has no copy`);
  const snapshot: TrueSnapshot = { id: fullId(idOf(world.serial)), began: copy.began, ended: world.now };
  listener.saved(key, snapshot, { source, volume: copy.volume });
  const found = [...(world.repositories.get(key) ?? []), { id: snapshot.id, at: snapshot.ended }];
  const next: World = {
    ...world,
    serial: world.serial + 1,
    began: new Map(world.began).set(snapshot.id, snapshot.began),
    repositories: new Map(world.repositories).set(key, found),
  };
  const logs = `snapshot ${shortId(snapshot.id)} saved`;
  if (isHindered(next, key, source))
    return failed(next, key, { source, job, logs: `${logs}\nunable to create lock in backend` });
  return forgotten(next, key, { source, listener, logs, volume: copy.volume });
}

/** Another process holds a lock: `forget` wants the repository for itself. */
function isHindered({ cluster, locks }: World, key: string, { name }: Source): boolean {
  const restores = cluster.movers.get(`ReplicationDestination/${key}-restore`);
  const others = (cluster.allSources.get(key) ?? []).filter((one) => one.name !== name);
  return (
    (locks?.get(key) ?? []).length > 0 ||
    (restores?.ready ?? 0) > 0 ||
    others.some((one) => (cluster.movers.get(jobOf(one))?.ready ?? 0) > 0)
  );
}

/** What the pods of movers hold now. */
export function locksOf(world: World, key: string): LockObject[] {
  const { cluster, now } = world;
  const names = [`ReplicationDestination/${key}-restore`, ...(cluster.allSources.get(key) ?? []).map(jobOf)];
  const living = names.flatMap((name): LockObject[] =>
    (cluster.movers.get(name)?.ready ?? 0) > 0 ? [{ name: fullId(idOf(name.length)), at: now - 30_000 }] : [],
  );
  return [...(world.locks?.get(key) ?? []), ...living];
}

function forgotten(
  world: World,
  key: string,
  { source, listener, logs, volume }: Work & { logs: string; volume: string },
): World {
  const alive = aliveIn(world, key);
  const ids = forgetsBy(source.spec.retain, alive, world.now);
  listener.forgets(key, ids, { source, volume, alive });
  const gone = new Set(ids);
  const left = (world.repositories.get(key) ?? []).filter(({ id }) => !gone.has(id));
  const { now } = world;
  const due = source.manual === null && source.schedule !== null ? dueAfter(source.schedule, now) : null;
  const copies = new Map(world.copies);
  copies.delete(source.uid);
  const done: Source = {
    ...source,
    lastSyncAt: now,
    lastSyncSeconds: (now - (source.lastSyncStartAt ?? now)) / 1000,
    lastSyncStartAt: null,
    nextSyncAt: due,
    lastManualSync: source.manual ?? source.lastManualSync,
    lastUnlocked: source.spec.unlock,
    moverResult: 'Successful',
    moverLogs: `${logs}\nRestic completed in 4s`,
  };
  const next = { ...world, copies, repositories: new Map(world.repositories).set(key, left) };
  return withJob(putSource(next, key, source.name, done), source, null);
}

/** What a policy lets go: VolSync's options, and restic's way with them, as the sandbox has both. */
export function forgetsBy(retain: Retain | null, alive: readonly TrueSnapshot[], now: number): string[] {
  const saved = alive.map(({ id, began }) => ({ id, at: new Date(began), host: HOST, paths: ['/data'] }));
  return forgettable(saved, forgetOptions({ spec: { restic: { retain } } }), new Date(now + 1));
}

function failed(world: World, key: string, { source, job, logs }: { source: Source; job: Mover; logs: string }): World {
  const isLast = job.failed + 1 >= RETRIES;
  const next = withJob(world, source, { ...job, active: 0, ready: 0, failed: isLast ? 0 : job.failed + 1 });
  return isLast ? putSource(next, key, source.name, { ...source, moverResult: 'Failed', moverLogs: logs }) : next;
}

/** The true snapshots of a repository, oldest first by restic's time. */
export function aliveIn({ repositories, began }: World, key: string): TrueSnapshot[] {
  const times = ({ id, at }: SnapshotObject): TrueSnapshot => ({ id, began: began?.get(id) ?? at, ended: at });
  return (repositories.get(key) ?? []).map(times).sort((a, b) => a.began - b.began);
}

export function jobOf({ namespace, name }: Source): string {
  return moverKey('ReplicationSource', namespace, name);
}

function withJob(world: World, source: Source, job: Mover | null): World {
  const movers = new Map(world.cluster.movers);
  if (job === null) movers.delete(jobOf(source));
  else movers.set(jobOf(source), job);
  return { ...world, cluster: { ...world.cluster, movers } };
}

/** The schedules of most sources are worked out here: the sandbox's way takes a tenth of a week. */
function dueAfter(schedule: string, now: number): number | null {
  const [, minute, hour] = /^(\d+) (\*|\d+) \* \* \*$/.exec(schedule) ?? [];
  if (minute === undefined || hour === undefined) return nextTime(schedule, new Date(now))?.getTime() ?? null;
  const [every, past] =
    hour === '*' ? [HOUR, Number(minute) * MINUTE] : [24 * HOUR, Number(hour) * HOUR + Number(minute) * MINUTE];
  return (Math.floor((now - past) / every) + 1) * every + past;
}

/** Eight hex digits, each number's own, in no order. */
export function idOf(serial: number): string {
  return (Math.imul(serial, 2_654_435_761) >>> 0).toString(16).padStart(8, '0');
}
