/** Whether the place that was listed is the one that the index was written from. Another bucket shows nothing about known backups. */
import type { BucketView, ClusterView } from '../../model.ts';
import { placeOf, pointsAtListedBucket, type ListedPlace } from '../../restic/listed-place.ts';

/** The view as it was, or, of another place, one in which nothing could be looked at: nothing is published or written by it. */
export function inItsPlace(
  bucket: BucketView,
  { index }: Pick<ClusterView, 'index'>,
  settings: ListedPlace,
): BucketView {
  if (bucket.root.state !== 'listed' || !isMoved(index, settings)) return bucket;
  const root = { state: 'unknown', reason: 'bucket-moved', message: movedMessage(index, settings) } as const;
  return { ...bucket, root, probes: new Map(), records: new Map() };
}

/** An index of a version that did not say is taken as it is. */
export function isMoved({ bucket }: ClusterView['index'], settings: ListedPlace): boolean {
  return bucket !== null && !pointsAtListedBucket(bucket, settings);
}

/** Both places, and the command that accepts the new one. */
export function movedMessage({ bucket }: ClusterView['index'], settings: ListedPlace): string {
  return `the index was written from ${bucket ?? 'nowhere'}, and the settings name ${placeOf(settings)}; if the repositories have moved there: volsync-prewarm mark-bucket --move`;
}
