/** Warning events on claims that wait in vain, as `kubectl describe pvc` shows them. */
import type { Action } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

const HOUR = 60 * 60_000;

/** The Warning event of one claim, or none. Its time is cut to the hour, so that a repetition is no write. */
export function warningsOf(
  { namespace, claim, trouble, claimObject }: JudgedClaim,
  now: Instant,
): Extract<Action, { kind: 'warn-claim' }>[] {
  if (trouble === null || claimObject === null) return [];
  const { reason, message } = trouble;
  const at = Math.floor(now / HOUR) * HOUR;
  return [{ kind: 'warn-claim', namespace, claim, uid: claimObject.uid, reason, message, at }];
}
