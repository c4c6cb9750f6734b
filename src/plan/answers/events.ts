/** Warning events on claims that wait in vain, as `kubectl describe pvc` shows them. */
import type { Action } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { doubtOf } from '../backup/doubt.ts';
import type { ProtectedClaim } from '../backup/protected-claim.ts';

const HOUR = 60 * 60_000;
const NONE: readonly never[] = [];

/** The Warning event of one claim, or none. Its time is cut to the hour, so that a repeat is no write. */
export function warningsOf(judged: ProtectedClaim, now: Instant): readonly Extract<Action, { kind: 'warn-claim' }>[] {
  const { namespace, claim, claimObject, trouble } = judged;
  if (claimObject === null) return NONE;
  const doubt = doubtOf(judged, now);
  if (trouble === null && doubt === null) return NONE;
  const at = Math.floor(now / HOUR) * HOUR;
  const told = [trouble, doubt].filter((one) => one !== null);
  return told.map((one) => ({
    kind: 'warn-claim',
    namespace,
    claim,
    uid: claimObject.uid,
    reason: one.reason,
    message: one.message,
    at,
  }));
}
