/**
 * Repositories of which the cluster knows nothing: no claim, no source, no destination, no entry in the index. On rebuild day
 * they are real; any other day they may be folders that somebody has made below a namespace. Each would cost a restore and two
 * volumes there, so they are taken a few at a time.
 */
import type { Instant } from '../../model.ts';
import { SCHEDULE_PERIOD } from '../../naming.ts';
import type { Situation } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

/** Maximum number of restore points without a claim or source that are made in one namespace within a period. */
const NEW_PER_NAMESPACE = 20;

/** Is a backup in the bucket all that is known of this claim? */
export function isNewcomer({ claimObject, source, destination, indexed }: Situation): boolean {
  return claimObject === null && source === null && destination === null && indexed === null;
}

/**
 * Says for one restore point after the other whether it is made now. The answer counts: ask in the order in which they are made.
 * What was made within the last period counts too, so that the passes of one run share the budget.
 */
export function newcomerBudget(claims: readonly JudgedClaim[], now: Instant): (claim: JudgedClaim) => boolean {
  const made = new Map<string, number>();
  const add = (namespace: string): void => void made.set(namespace, (made.get(namespace) ?? 0) + 1);
  for (const { destination: d, claimObject, source, namespace } of claims) {
    const isRecent = d?.managed === true && d.createdAt !== null && now - d.createdAt < SCHEDULE_PERIOD;
    if (isRecent && claimObject === null && source === null) add(namespace);
  }
  return ({ namespace, claimObject, source, nextStep }) => {
    if (nextStep?.adds !== true || claimObject !== null || source !== null) return true;
    if ((made.get(namespace) ?? 0) >= NEW_PER_NAMESPACE) return false;
    add(namespace);
    return true;
  };
}
