/**
 * What is newest in a repository of a bucket that was copied. The times of the copies tell no order: what the cluster has known
 * before counts, and what VolSync itself takes for the newest.
 */
import { COPY_DIFFERS } from '../../bucket-marker.ts';
import type { Instant, SnapshotObject } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { readSaved } from '../../restic/log-lines.ts';
import { newestOf } from './newest.ts';
import type { Situation } from './situation.ts';

type Facts = Pick<Situation, 'timesFrom' | 'indexed' | 'destination' | 'contents' | 'writers' | 'sync'>;

/** The newest of these snapshots: by time, or, where all of them may be copies, by what is known of them. */
export function newestIn(s: Facts, snapshots: readonly SnapshotObject[]): SnapshotObject | null {
  const byTime = newestOf(snapshots);
  if (byTime === null || byTime.at > s.timesFrom) return byTime;
  return savedLast(s, snapshots) ?? taken(s, snapshots) ?? named(s.indexed?.id, snapshots) ?? byTime;
}

/** The snapshot that a source says it has saved last, unless the index had seen a later one before the bucket was copied. */
export function savedLast({ writers, indexed }: Facts, snapshots: readonly SnapshotObject[]): SnapshotObject | null {
  const saved = writers.flatMap(({ source: { moverLogs, lastSyncAt } }) => {
    const id = readSaved(moverLogs);
    return id === null || lastSyncAt === null ? [] : [{ id, at: lastSyncAt }];
  });
  const [last] = saved.toSorted((a, b) => b.at - a.at);
  if (last === undefined) return null;
  return knownBefore(indexed, snapshots) > last.at ? null : named(last.id, snapshots);
}

/** When the newest that the index knows was saved; -Infinity: it knows none, or by the time of its copy. */
function knownBefore(indexed: Facts['indexed'], snapshots: readonly SnapshotObject[]): Instant {
  const at = indexed?.at ?? -Infinity;
  return named(indexed?.id, snapshots)?.at === at ? -Infinity : at;
}

/** VolSync was asked for what the index calls the newest, and has taken another one: by restic's own times that is newer. */
function taken(
  { indexed, destination, contents, sync }: Facts,
  snapshots: readonly SnapshotObject[],
): SnapshotObject | null {
  if (destination === null || contents.state !== 'proven' || sync.state !== 'idle') return null;
  if (destination.spec.restoreAsOf !== null) return null;
  const isAsked = indexed === null || destination.asked?.id === indexed.id;
  return isAsked && destination.asked?.id !== contents.id ? named(contents.id, snapshots) : null;
}

function named(id: string | undefined, snapshots: readonly SnapshotObject[]): SnapshotObject | null {
  return snapshots.find((one) => shortId(one.id) === id) ?? null;
}

/** A snapshot that the index knows has another time than it had: it was written again, with the whole bucket or alone. */
export function hasShifted({ probe, indexed, timesFrom }: Situation): boolean {
  if (probe?.state !== 'listed' || indexed === null || indexed.at === null) return false;
  const at = named(indexed.id, probe.snapshots)?.at ?? -Infinity;
  return at > timesFrom && Math.abs(at - indexed.at) > COPY_DIFFERS;
}
