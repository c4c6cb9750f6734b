/** Locks that a dead mover left behind. They make every later backup fail when it forgets old snapshots. */
import { isFresh } from '../../restic/locks.ts';
import type { Context, Situation } from '../facts/situation.ts';

/** Whether there is a lock that is older than any living mover's, while no mover works. */
export function hasStaleLock({ probe, mover, sourceMover }: Situation, { now }: Context): boolean {
  if (probe?.state !== 'listed' || (mover?.active ?? 0) > 0 || (sourceMover?.active ?? 0) > 0) return false;
  return (probe.locks ?? []).some((lock) => !isFresh(lock, now));
}
