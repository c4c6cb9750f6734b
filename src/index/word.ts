/** The worker's word to the policies for one backup: may a claim that is created now be attached, must it be refused? */
import type { RestorePoint } from '../decisions.ts';
import type { IndexWord } from '../model.ts';
import type { Reason } from '../reasons.ts';

/** It will never be restored, by the user's settings or by its nature: a claim of this name is none of ours. */
const IGNORED: readonly Reason[] = ['namespace-excluded', 'name-invalid', 'volume-mode-block'];

/** There is a backup, and somebody has to put something right before it can be attached. */
const REFUSED: readonly Reason[] = [
  'destination-foreign',
  'credentials-foreign',
  'credentials-incomplete',
  'repository-mismatch',
  'password-changed',
  'image-direct',
  'image-empty',
  'sync-failing',
  // Not known is not "it will be made": the claim is created again when it is known.
  'listing-failed',
  'listing-incomplete',
  'volsync-missing',
  'snapshots-missing',
];

/**
 * The word for a present backup. A usable image is attached whatever else is wrong with its renewal; what is not there yet
 * is attached when a claim that waits gets it made.
 */
export function indexWordOf({ state, reason }: Pick<RestorePoint, 'state' | 'reason'>): IndexWord {
  if (state === 'warm' || state === 'stale' || state === 'warming') return 'attach';
  if (state === 'suspect') return 'refuse';
  if (reason !== null && IGNORED.includes(reason)) return 'ignore';
  return reason !== null && REFUSED.includes(reason) ? 'refuse' : 'attach';
}
