/**
 * Which snapshots count as the claim's backups. A claim that started without its newest backup goes on saving what it has: those
 * snapshots are younger, and no successors of that backup. So they do not count, until the claim's owner accepts its start, or a
 * later claim of the name has come back with the backup and saves its own.
 */
import type { SnapshotObject } from '../../model.ts';
import { isDoubtful, type OriginMemory } from '../../origin.ts';
import { shortId } from '../../restic/ids.ts';
import { acceptedOf } from './accepted.ts';
import { newestOf } from './newest.ts';
import type { Situation } from './situation.ts';

type Facts = Pick<Situation, 'probe' | 'claimObject' | 'destination' | 'sources' | 'indexed' | 'record' | 'timesFrom'>;

/** On the source of ours, in the index entry, or in the record: the first that is about this very UID. */
export function rememberedOrigin(
  { sources, indexed, record }: Pick<Situation, 'sources' | 'indexed' | 'record'>,
  uid: string,
): OriginMemory | null {
  let found: OriginMemory | null = null;
  for (const { managed, memory } of sources) if (managed) found = firmer(found, memory.origin, uid);
  if (indexed !== null) found = firmer(found, indexed.origin, uid);
  return record?.state === 'read' ? firmer(found, record.record.origin, uid) : found;
}

/** The first that is decided counts, else the first of all. */
function firmer(found: OriginMemory | null, memory: OriginMemory | null, uid: string): OriginMemory | null {
  if (memory === null || memory.uid !== uid) return found;
  return found === null || (found.origin === null && memory.origin !== null) ? memory : found;
}

/** The last judgement of how a claim of this name began: of the one that is there, else of the one before it. */
function lastJudged(s: Facts): OriginMemory | null {
  const own = s.claimObject === null ? null : rememberedOrigin(s, s.claimObject.uid);
  if (own !== null && own.origin !== null) return own;
  return s.indexed?.origin ?? (s.record?.state === 'read' ? s.record.record.origin : null);
}

/** The judgement by which snapshots do not count; null = all of them do. */
export function doubtBehind(s: Facts): OriginMemory | null {
  const judged = lastJudged(s);
  if (judged === null || judged.newest === null || judged.origin === null) return null;
  const isAccepted = s.claimObject !== null && s.claimObject.accept === judged.uid;
  if (isAccepted) return null;
  return isDoubtful(judged.origin) || judged.since !== null || judged.unsure !== undefined ? judged : null;
}

/** Its restore point is, or was until somebody accepted, asked for as of a time, because younger snapshots did not count. */
export function isHeldByDoubt(s: Facts): boolean {
  const judged = lastJudged(s);
  return judged !== null && (isDoubtful(judged.origin) || judged.since !== null);
}

/** The snapshots of this run's look that count. */
export function countedOf(s: Facts): readonly SnapshotObject[] {
  if (s.probe?.state !== 'listed') return [];
  const { snapshots } = s.probe;
  const doubt = doubtBehind(s);
  const good = doubt === null ? undefined : snapshots.find(({ id }) => shortId(id) === doubt.newest);
  // The times of a copied bucket prove nothing about order.
  if (doubt === null || good === undefined || good.at <= s.timesFrom) return snapshots;
  const newest = newestOf(snapshots);
  if (newest !== null && acceptedOf(s) === shortId(newest.id)) return snapshots;
  // Nothing lies between, where a later claim has come back with the last snapshot of the one before it.
  const until = isDoubtful(doubt.origin) ? Infinity : (doubt.since ?? -Infinity);
  return snapshots.filter((one) => one.at <= good.at || one.at > until);
}

/** Snapshots are there that do not count. */
export function hasUncounted(s: Facts): boolean {
  return s.probe?.state === 'listed' && countedOf(s).length < s.probe.snapshots.length;
}
