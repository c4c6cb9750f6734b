/** How long a lock of restic's can still have a living holder: restic itself calls it stale after 30 minutes. */
import type { Instant, LockObject } from '../model.ts';

const STALE_AFTER = 30 * 60_000;

/** Its holder may still be alive. */
export function isFresh(lock: LockObject, now: Instant): boolean {
  return now - lock.at < STALE_AFTER;
}
