/** How a source is asked to remove the locks of dead movers. */
import { shortId } from '../../restic/ids.ts';
import type { Source } from '../../source.ts';
import type { Clocks } from '../facts/age.ts';
import type { Situation } from '../facts/situation.ts';
import { staleLocks } from '../facts/stale-locks.ts';

/**
 * What `spec.restic.unlock` shall say so that VolSync removes the lock before the next backup, or null. restic removes only locks
 * over 30 minutes, so a young one is left for later; the value names the lock, so that each is asked for once.
 */
export function unlockOf(s: Situation, source: Source, clocks: Clocks): string | null {
  const [oldest] = staleLocks(s, clocks);
  const wanted = oldest === undefined ? null : shortId(oldest.name);
  return wanted === source.spec.unlock ? null : wanted;
}
