/** Locks that a dead mover left behind. They make every later backup fail when it forgets old snapshots. */
import { isFresh } from '../../restic/locks.ts';
import { shortId } from '../../restic/ids.ts';
import type { Source } from '../../source.ts';
import { ageOf, type Clocks } from '../facts/age.ts';
import type { Situation } from '../facts/situation.ts';

/** Whether there is a lock that is older than any living mover's, while no mover works. */
export function hasStaleLock({ probe, mover, sourceMover }: Situation, clocks: Clocks): boolean {
  if (probe?.state !== 'listed' || (mover?.active ?? 0) > 0 || (sourceMover?.active ?? 0) > 0) return false;
  return (probe.locks ?? []).some(({ at }) => !isFresh(ageOf(at, clocks)));
}

/**
 * What `spec.restic.unlock` shall say so that VolSync removes the lock before the next backup, or null. restic removes only locks
 * over 30 minutes, so a young one is left for later; the value names the lock, so that each is asked for once.
 */
export function unlockOf(s: Situation, ours: Source, clocks: Clocks): string | null {
  if (s.probe?.state !== 'listed' || !hasStaleLock(s, clocks)) return null;
  const stale = (s.probe.locks ?? []).filter(({ at }) => !isFresh(ageOf(at, clocks)));
  const [oldest] = stale.toSorted((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  const wanted = oldest === undefined ? null : shortId(oldest.name);
  return wanted === ours.spec.unlock ? null : wanted;
}
