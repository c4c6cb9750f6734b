/** A lock that a dead mover left behind keeps every later backup from its clean-up. */
import { isFresh } from '../../restic/locks.ts';
import type { Context, Situation } from '../facts/situation.ts';

/** Older than any living mover keeps one, and nobody is at work: it was left by a dead one. */
export function hasStaleLock({ probe, mover, sourceMover }: Situation, { now }: Context): boolean {
  if (probe?.state !== 'listed' || (mover?.active ?? 0) > 0 || (sourceMover?.active ?? 0) > 0) return false;
  return (probe.locks ?? []).some((lock) => !isFresh(lock, now));
}
