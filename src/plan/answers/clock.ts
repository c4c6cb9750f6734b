/**
 * The API server's clock is the one that counts: the policies compare the index with it. A worker on a node whose clock is
 * ahead would write an index from the future, which the strict overlay refuses (F20).
 */
import type { Finding } from '../../decisions.ts';
import { formatDuration } from '../../units.ts';

/** HTTP tells whole seconds, and the answer takes a moment. */
const EXACT = 5_000;
const WORTH_SAYING = 60_000;
/** An index that is further ahead of the API server is not believed by the policies. */
const WRONG = 5 * 60_000;

/** @param skew the API server's clock minus ours, in milliseconds; null: it has told none */
export function worthCorrecting(skew: number | null): number {
  return skew === null || Math.abs(skew) < EXACT ? 0 : skew;
}

/**
 * What the bucket's clock is ahead of the one that we go by, in milliseconds.
 * @param ours what this machine's clock is corrected by
 * @param bucket the bucket's clock minus this machine's; null: it has told none, and ours counts
 */
export function skewAgainst(ours: number, bucket: number | null): number {
  return bucket === null ? 0 : worthCorrecting(bucket - ours);
}

/** More than five minutes: whatever else on this node goes by the clock is wrong too, and the run fails. */
export function isClockWrong(skew: number): boolean {
  return Math.abs(skew) > WRONG;
}

/** Said from one minute on, where the node should be looked at. */
export function clockFindings(skew: number): Finding[] {
  if (Math.abs(skew) <= WORTH_SAYING) return [];
  const by = formatDuration(Math.round(Math.abs(skew) / 1000) * 1000);
  const message = `the clock of the node is ${by} ${skew > 0 ? 'behind' : 'ahead of'} the API server's, whose time is used instead`;
  return [{ reason: 'clock-differs', about: 'clock', message }];
}
