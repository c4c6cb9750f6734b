/** How long the holder of a restic lock can still be alive. restic itself calls a lock stale after 30 minutes. */
import type { Instant, LockObject } from '../model.ts';

const STALE_AFTER = 30 * 60_000;

/** Whether the holder of the lock may still be alive. */
export function isFresh(lock: LockObject, now: Instant): boolean {
  return now - lock.at < STALE_AFTER;
}
