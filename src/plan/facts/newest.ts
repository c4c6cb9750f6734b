/** The newest of some snapshots. */
import type { SnapshotObject } from '../../model.ts';

/** The newest by time; equal times are told apart by id, so that equal input gives an equal answer. */
export function newestOf(snapshots: readonly SnapshotObject[]): SnapshotObject | null {
  return snapshots.reduce<SnapshotObject | null>(
    (best, one) => (best === null || one.at > best.at || (one.at === best.at && one.id > best.id) ? one : best),
    null,
  );
}
