/**
 * Snapshots of somebody else, such as another cluster: saved while no source of the claim was syncing. There is no heartbeat, so
 * this goes by times alone, and is silent wherever they can be explained otherwise.
 */
import type { Instant, SnapshotObject, Source } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { readSaved } from '../../restic/log-lines.ts';
import { acceptedOf } from './accepted.ts';
import { newestOf } from './newest.ts';
import type { Context, Situation } from './situation.ts';

const MINUTE = 60_000;
/** By so much the clocks of bucket and cluster may differ; more, and nothing is said. */
const CLOCKS = 5 * MINUTE;
/** What is nearer than this to a backup of our own may belong to it. */
const SLACK = 2 * CLOCKS;

type Facts = Pick<Situation, 'probe' | 'sources' | 'sharedWith' | 'indexed' | 'destination'>;

/** The last sync of one of the sources, by its status; its times agree with the bucket's. */
interface Sync {
  source: Source;
  startedAt: Instant;
  endedAt: Instant;
  /** the short id of what it has saved */
  saved: string;
}

/** The snapshots that somebody else has saved; empty when there are none, and when it is not certain. */
export function othersSnapshots(s: Facts, { now, cluster }: Pick<Context, 'now' | 'cluster'>): SnapshotObject[] {
  if (s.probe?.state !== 'listed' || s.sharedWith !== null) return [];
  const { snapshots } = s.probe;
  const last = lastSync(s.sources, snapshots);
  if (last === null) return [];
  const since = snapshots.filter(({ at }) => at > last.endedAt + SLACK && at < now - SLACK);
  return [...since, ...between(s, last, { snapshots, lookedAt: cluster.index.generatedAt ?? 0 })];
}

/** The newest snapshot is somebody else's, and nobody has accepted it, or the claim as it is. */
export function isNewestOfOthers(
  s: Facts & Pick<Situation, 'claimObject'>,
  context: Pick<Context, 'now' | 'cluster'>,
): boolean {
  const newest = s.probe?.state === 'listed' ? newestOf(s.probe.snapshots) : null;
  const accepted = acceptedOf(s);
  if (newest === null || accepted === shortId(newest.id)) return false;
  return accepted !== s.claimObject?.uid && othersSnapshots(s, context).includes(newest);
}

/** Every source has ended a sync and none runs. Object times of a copied bucket do not agree with what the log names. */
function lastSync(sources: readonly Source[], snapshots: readonly SnapshotObject[]): Sync | null {
  const syncs = sources.flatMap((source) => endedSync(source) ?? []);
  const [last] = syncs.toSorted((a, b) => b.endedAt - a.endedAt);
  if (last === undefined || syncs.length < sources.length) return null;
  const object = snapshots.find(({ id }) => shortId(id) === last.saved);
  if (object === undefined) return null;
  const agrees = object.at > last.startedAt - CLOCKS && object.at < last.endedAt + CLOCKS;
  return agrees ? last : null;
}

function endedSync(source: Source): Sync | null {
  const { mover, lastSyncStartAt, lastSyncAt, lastSyncSeconds } = source;
  const saved = readSaved(source.moverLogs);
  if (mover !== 'restic' || lastSyncStartAt !== null || lastSyncAt === null || lastSyncSeconds === null) return null;
  return saved === null ? null : { source, startedAt: lastSyncAt - lastSyncSeconds * 1000, endedAt: lastSyncAt, saved };
}

/**
 * What was saved between the last two syncs of the only source. The index has seen what the one before saved, the restore point
 * was renewed from it, and a run has looked at the source after the snapshot in question: a backup by hand would have shown.
 */
function between(
  { indexed, destination, sources }: Facts,
  last: Sync,
  { snapshots, lookedAt }: { snapshots: readonly SnapshotObject[]; lookedAt: Instant },
): SnapshotObject[] {
  const period = sources.length > 1 ? null : periodOf(last.source);
  if (period === null || isNew(last, period)) return [];
  const knownAt = indexed?.at ?? 0;
  if (destination?.memory.verified?.id !== indexed?.id || knownAt < last.startedAt - period - CLOCKS) return [];
  const margin = Math.max(SLACK, 3 * (last.endedAt - last.startedAt));
  const [from, to] = [knownAt + margin, Math.min(last.startedAt, lookedAt) - SLACK];
  return snapshots.filter(({ at }) => at > from && at < to);
}

/** It backs up at once, whatever its schedule: its first two syncs are not a period apart. */
function isNew({ source, startedAt }: Sync, period: number): boolean {
  return (source.createdAt ?? Infinity) > startedAt - period - CLOCKS;
}

const HOUR = 60 * MINUTE;
const CRON = /^\d{1,2} (?:(\*)|\*\/(\d{1,2})|\d{1,2}) \* \* \*$/;

/** Milliseconds between two backups of a plain schedule: hourly, every so many hours, daily. Null for every other one. */
function periodOf({ schedule, manual }: Source): number | null {
  const [line, hourly, hours] = schedule?.match(CRON) ?? [];
  if (line === undefined || manual !== null) return null;
  if (hourly !== undefined) return HOUR;
  const every = Number(hours ?? 24);
  return 24 % every === 0 ? every * HOUR : null;
}
