/** The worker's word to the policies for one backup: may a claim that is created now be attached, must it be refused? */
import type { RestorePoint } from '../decisions.ts';
import { meaningOf } from '../reasons.ts';
import type { IndexWord } from '../reasons/consequences.ts';

/**
 * The word for a present backup. A usable image is attached whatever else is wrong with its renewal; what is not there yet
 * is attached when a claim that waits gets it made.
 */
export function indexWordOf({ state, reason }: Pick<RestorePoint, 'state' | 'reason'>): IndexWord {
  if (state === 'warm' || state === 'stale' || state === 'warming') return 'attach';
  if (state === 'suspect') return 'refuse';
  return reason === null ? 'attach' : meaningOf(reason).word;
}
