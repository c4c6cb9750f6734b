/** Is there a backup? Present by one snapshot object; absent only by complete listings; everything else is unknown. */
import type { Backup } from '../decisions.ts';
import type { SnapshotObject } from '../model.ts';
import { ANNOTATION, parseTag } from '../naming.ts';
import type { Context, Situation } from './situation.ts';

/** Complete listings in a row, at least a schedule period apart, that take a known backup out of `present`. */
export const LISTINGS_UNTIL_ABSENT = 3;

/** Decides on one claim's backup. A destination of ours remembers what was seen before. */
export function backupOf(s: Situation, context: Pick<Context, 'frozen' | 'bucket' | 'settings'>): Backup {
  if (s.listed.state === 'unknown') return { state: 'unknown', snapshots: null, newest: null, reason: s.listed.reason };
  if (s.listed.state === 'not-looked')
    return remembered(s) ?? { state: 'unknown', snapshots: null, newest: null, reason: 'index-missing' };
  if (s.listed.state === 'yes') {
    if (s.probe?.state === 'unknown')
      return { state: 'unknown', snapshots: null, newest: null, reason: s.probe.reason };
    const newest = s.probe === null ? null : newestOf(s.probe.snapshots);
    if (s.probe !== null && newest !== null) {
      return {
        state: 'present',
        snapshots: s.probe.snapshots.length,
        newest: { id: newest.id, at: newest.at },
        reason: null,
      };
    }
    if (s.probe === null) {
      // Not looked into: only what the destination has written down can tell.
      return remembered(s) ?? { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' };
    }
  }
  return missing(s, context);
}

function missing(s: Situation, { frozen, bucket }: Pick<Context, 'frozen' | 'bucket'>): Backup {
  const known = s.destination?.managed === true ? remembered(s) : null;
  if (known !== null && frozen === 'listing-shrank')
    return { state: 'unknown', snapshots: null, newest: null, reason: 'listing-shrank' };
  if (known !== null && missedListings(s).count < LISTINGS_UNTIL_ABSENT) return known;
  const virgin = bucket.root.state === 'listed' && bucket.root.namespaces.size === 0 && !bucket.root.marked;
  return {
    state: 'absent',
    snapshots: s.listed.state === 'yes' ? 0 : null,
    newest: null,
    reason: virgin ? 'bucket-unmarked' : 'repository-empty',
  };
}

/** A complete listing shows no snapshot: the name is not there, or there is nothing below it. */
export function isMissingFromListing({ listed, probe }: Pick<Situation, 'listed' | 'probe'>): boolean {
  return listed.state === 'no' || (listed.state === 'yes' && probe?.state === 'listed' && probe.snapshots.length === 0);
}

/** Present by what a destination of ours has proven, or was asked for because it had been seen. */
function remembered({ destination: d }: Situation): Backup | null {
  if (d === null) return null;
  const id = d.annotations[ANNOTATION.verifiedSnapshot] ?? (d.managed ? parseTag(d.manual)?.id : undefined);
  if (id === undefined) return null;
  const at = Date.parse(d.annotations[ANNOTATION.verifiedSnapshotAt] ?? '');
  return { state: 'present', snapshots: null, newest: { id, at: Number.isNaN(at) ? null : at }, reason: null };
}

/** How many complete listings in a row did not show the repository, and when the last of them began. */
export function missedListings({ destination }: Pick<Situation, 'destination'>): { count: number; at: number } {
  const [count, at] = (destination?.annotations[ANNOTATION.missedListings] ?? '0').split(' ');
  const parsed = Number(count);
  return { count: Number.isInteger(parsed) && parsed >= 0 ? parsed : 0, at: Date.parse(at ?? '') || 0 };
}

/** The newest by time; equal times are told apart by id, so that equal input gives an equal answer. */
export function newestOf(snapshots: readonly SnapshotObject[]): SnapshotObject | null {
  return snapshots.reduce<SnapshotObject | null>(
    (best, one) => (best === null || one.at > best.at || (one.at === best.at && one.id > best.id) ? one : best),
    null,
  );
}
