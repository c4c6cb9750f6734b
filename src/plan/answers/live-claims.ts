/** A claim that is in use today, and would not come back if it were deleted and created again. */
import type { Finding } from '../../decisions.ts';
import { meaningOf, type Reason } from '../../reasons.ts';
import { filled } from '../../reasons/filled.ts';
import type { Context } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

/** A claim that waits is served in spite of them: it tells its size, and it is never refused its own restore point. */
const SERVED_WHEN_IT_WAITS: readonly Reason[] = ['capacity-unknown', 'over-storage-budget'];

/** Says so with the cure, or null: there is no backup, it would come back, or whether it would is not known. */
export function wouldNotComeBack(claim: JudgedClaim, { settings }: Pick<Context, 'settings'>): Finding | null {
  const { backup, restorePoint, claimObject } = claim;
  if (!claim.live || claim.excluded || backup.state !== 'present' || claimObject?.optOut !== 'no') return null;
  const { state, reason } = restorePoint;
  if (state === 'warm' || state === 'stale' || state === 'warming' || reason === null) return null;
  // Its reference in Git is the user's own word, and there is an image for it.
  if (reason === 'destination-foreign' && claimObject.restoresFromUs && claim.imageState === 'ready') return null;
  const { passes, unseen, means } = meaningOf(reason);
  if (passes || unseen || SERVED_WHEN_IT_WAITS.includes(reason)) return null;
  const why = filled(means, claim, settings.credentialsSecret);
  return {
    reason,
    about: claim.key,
    message: `If the claim were created again now, it would not come back. ${why}`,
    risk: true,
  };
}
