/** A claim that waits in vain: it is told in the report and on the claim itself, and never left Pending without a word. */
import type { Action, Backup, RestorePoint } from '../decisions.ts';
import type { Instant } from '../model.ts';
import { meaningOf, type Reason } from '../reasons.ts';
import { indexWordOf } from './index-word.ts';
import { waits, type Situation } from './situation.ts';
import { imageStateOf } from './sync.ts';

/** A look that failed says nothing: whether the claim waits in vain is not known. */
const UNSEEN: readonly Reason[] = ['listing-failed', 'listing-incomplete'];
/** On rebuild day credentials come a little later than the claim. */
const CREDENTIALS_TAKE = 10 * 60_000;
const HOUR = 60 * 60_000;

type Warning = Extract<Action, { kind: 'warn-claim' }>;

export interface Trouble {
  reason: Reason;
  message: string;
}

/** Why a claim that waits gets nothing without somebody's hand, or null. Not asked where something is unknown. */
export function troubleOf(s: Situation, backup: Backup, restorePoint: RestorePoint, now: Instant): Trouble | null {
  if (!waits(s) || backup.state === 'unknown') return null;
  if (backup.state === 'absent')
    return {
      reason: 'repository-empty',
      message:
        'the claim waits for a backup that is gone: delete the claim, and it starts fresh when it is created again',
    };
  const { reason } = restorePoint;
  if (reason === null || UNSEEN.includes(reason)) return null;
  // Somebody else's destination with an image serves the claim, whatever we may say of it.
  if (reason === 'destination-foreign' && imageStateOf(s) === 'ready') return null;
  const late = reason === 'credentials-missing' && now - (s.claimObject?.createdAt ?? now) > CREDENTIALS_TAKE;
  if (indexWordOf(restorePoint) === 'attach' && !late) return null;
  const { means, todo } = meaningOf(reason);
  return { reason, message: `the claim waits for its backup in vain. ${means} ${todo}` };
}

/** The Warning event that says so. */
export function warningOf(s: Situation, trouble: Trouble | null, now: Instant): Warning[] {
  if (trouble === null || s.claimObject === null) return [];
  const { namespace, claim } = s;
  return [
    { kind: 'warn-claim', namespace, claim, uid: s.claimObject.uid, ...trouble, at: Math.floor(now / HOUR) * HOUR },
  ];
}
