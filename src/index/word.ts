/** What the index tells the policies about one backup: attach it to a claim that is created now, or refuse that claim. */
import type { RestorePoint } from '../decisions.ts';
import { meaningOf } from '../reasons.ts';
import type { IndexWord } from '../reasons/consequences.ts';

/**
 * The first word of the entry of a present backup. A usable image is attached even if its renewal fails. An image that does not
 * exist yet is attached if it will be made for a claim that waits.
 */
export function indexWordOf({ state, reason }: Pick<RestorePoint, 'state' | 'reason'>): IndexWord {
  if (state === 'warm' || state === 'stale' || state === 'warming') return 'attach';
  if (state === 'suspect') return 'refuse';
  return reason === null ? 'attach' : meaningOf(reason).word;
}
