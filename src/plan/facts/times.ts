/** From when on the times of a bucket's objects say when they were made. In a copy they say when they were copied. */
import { isCopy, timesByIndex } from '../../bucket-marker.ts';
import type { BucketView, ClusterView, Instant } from '../../model.ts';
import type { Repository } from './repositories.ts';

/**
 * Times up to this one tell no order. -Infinity: all times are true. Infinity: the bucket is a copy, and no person has said since
 * when it is used. What a Secret names in another bucket has its own times.
 */
export function timesFrom(
  repository: Repository | null,
  { bucket: { marker }, cluster: { index } }: { bucket: BucketView; cluster: ClusterView },
): Instant {
  if (repository !== null && repository.where.kind === 'referenced' && repository.where.path === null) return -Infinity;
  if (isCopy(marker)) return Infinity;
  if (marker?.state === 'read') return marker.marker.copied ? marker.marker.at : -Infinity;
  return timesByIndex(index.marker);
}
