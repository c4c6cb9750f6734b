/** A claim that waits in vain: it is told in the report and on the claim itself, and never left Pending without a word. */
import type { RestorePoint } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { meaningOf, type Reason } from '../../reasons.ts';
import { hasTooLargeImage } from './wanted-spec.ts';
import { indexWordOf } from '../../index/word.ts';
import type { Context, Situation } from '../facts/situation.ts';
import type { KnownClaim, Trouble } from './judged-claim.ts';

/** On rebuild day credentials come a little later than the claim, and an image is ready a little later than it is there. */
const USUALLY_OVER = 10 * 60_000;

/** Why a claim that waits gets nothing without somebody's hand, or null. */
export function waitsInVain(
  claim: KnownClaim,
  restorePoint: RestorePoint,
  { now, frozen }: Pick<Context, 'now' | 'frozen'>,
): Trouble | null {
  const { backup, imageState } = claim;
  if (!claim.waits) return null;
  if (hangsOnLarger(claim)) return TOO_SMALL;
  if (imageState === 'ready' && isServed(restorePoint)) return null;
  if (frozen !== null || backup.state === 'unknown') return unseen(claim, backup.reason ?? frozen);
  // An image that is there may be the last copy: who hangs on it is not told to let it go.
  if (backup.state === 'absent' && imageState !== 'ready' && imageState !== 'not-ready') return GONE;
  return lastingTrouble(claim, restorePoint, now);
}

const GONE: Trouble = {
  reason: 'repository-empty',
  message: 'the claim waits for a backup that is gone: delete the claim, and it starts fresh when it is created again',
};

/** It is filled from the image that is there, whatever is wrong with its renewal, and whoever made it. */
function isServed({ state, reason }: RestorePoint): boolean {
  return state === 'warm' || state === 'stale' || reason === 'destination-foreign';
}

/** What stays as it is until somebody does something. */
function lastingTrouble(s: Situation, restorePoint: RestorePoint, now: Instant): Trouble | null {
  const { reason } = restorePoint;
  if (reason === null) return null;
  if (meaningOf(reason).unseen) return unseen(s, reason);
  if (indexWordOf(restorePoint) === 'attach' && !isOverdue(s, reason, now)) return null;
  const { means, todo } = meaningOf(reason);
  return { reason, message: `the claim waits for its backup in vain. ${means} ${todo}` };
}

/**
 * VolSync fills a claim from the first image that it is offered, by a claim `vs-prime-<uid>` that it never changes: one that
 * is smaller than the image hangs, whatever becomes of the image.
 */
const TOO_SMALL: Trouble = {
  reason: 'claim-too-small',
  message:
    'the claim asks for less than the first image that it was offered, and VolSync offers it no other once it has begun: if it stays Pending although a pod uses it, delete it; created again it is filled from an image of its size, or refused with the size that it needs',
};

/** Now, or before the image was made anew under it. */
function hangsOnLarger(s: Situation): boolean {
  const noted = s.destination?.memory.hungOnLarger ?? null;
  return (s.imageState === 'ready' && hasTooLargeImage(s)) || (noted !== null && noted === s.claimObject?.uid);
}

/** Nobody may say that the backup is gone: the claim goes on waiting, and whoever looks at it is told why. */
function unseen({ listed, probe }: Situation, reason: Reason | null): Trouble | null {
  if (reason === null || !meaningOf(reason).unseen) return null;
  const told = [listed, probe].find((look) => look?.state === 'unknown');
  const why = told?.state === 'unknown' ? told.message : meaningOf(reason).means;
  return { reason, message: `the claim waits, and its backup cannot be looked at now: ${why}` };
}

/** What passes by itself as a rule, and did not. */
function isOverdue(s: Situation, reason: Reason, now: Instant): boolean {
  const isOld = (since: Instant | null | undefined): boolean => now - (since ?? now) > USUALLY_OVER;
  if (reason === 'credentials-missing') return isOld(s.claimObject?.createdAt);
  if (reason === 'image-not-ready') return isOld(s.image?.createdAt);
  return reason === 'sync-stuck';
}
