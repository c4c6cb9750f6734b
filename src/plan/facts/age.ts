/** How old an object of the bucket is, by the clock that has dated it: the bucket's own. */
import type { BucketView, Instant } from '../../model.ts';
import { CLOCKS_DIFFER } from './backup.ts';

/** What ages are told by. */
export interface Clocks {
  now: Instant;
  bucket: Pick<BucketView, 'skew'>;
}

/**
 * Milliseconds; null when it is dated in the future by more than clocks differ: then nobody knows its age, and it does not count
 * as new.
 */
export function ageOf(at: Instant, { now, bucket }: Clocks): number | null {
  const age = now + bucket.skew - at;
  return age < -CLOCKS_DIFFER ? null : Math.max(0, age);
}
