/** How long the holder of a restic lock can still be alive. restic itself calls a lock stale after 30 minutes. */
const STALE_AFTER = 30 * 60_000;

/**
 * Whether the holder of the lock may still be alive.
 * @param age in milliseconds; null: it is dated in the future, by a clock that was wrong
 */
export function isFresh(age: number | null): boolean {
  return age !== null && age < STALE_AFTER;
}
