/** Locks that a dead mover left behind. They make every later backup fail when it forgets old snapshots. */
import type { LockObject } from '../../model.ts';
import { isFresh } from '../../restic/locks.ts';
import { ageOf, type Clocks } from './age.ts';
import type { Situation } from './situation.ts';

/** Locks that are older than any living mover's, while no mover works: the oldest first. Empty where nobody looked. */
export function staleLocks({ probe, mover, sourceMover }: Situation, clocks: Clocks): LockObject[] {
  if (probe?.state !== 'listed' || (mover?.active ?? 0) > 0 || (sourceMover?.active ?? 0) > 0) return [];
  const stale = (probe.locks ?? []).filter(({ at }) => !isFresh(ageOf(at, clocks)));
  return stale.toSorted((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
}
