/** A claim that has waited for long: whatever it waits for is named, with what a person can do about it (F19). */
import type { RestorePoint } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { meaningOf, type Reason } from '../../reasons.ts';
import { heldBack } from '../facts/held-back.ts';
import type { KnownClaim, Trouble } from './judged-claim.ts';

/** Longer than most restores take, and than three runs of the usual schedule. */
const LONG = 15 * 60_000;

/** What usually passes by itself, and has not. */
const CURES: Partial<Record<Reason, string>> = {
  'sync-in-progress':
    'If the restore is large: nothing. Otherwise look at the pod volsync-dst-<pvc>-restore-… and at the events of the namespace.',
  'destination-deleting':
    'Look at the finalizers of the destination <pvc>-restore and whether the VolSync operator runs: it is made anew once it is gone.',
  'repository-locked':
    'If no mover runs, somebody has left the lock: run `restic unlock` with the Secret <pvc>-volsync-secret.',
  'namespace-missing': 'The namespace is being deleted: create the claim again when the namespace is new.',
  queued: 'Other restores take all places: raise --max-syncing, or give the claim a higher volsync-prewarm/priority.',
};

/** Names what a claim has waited for, for more than a quarter of an hour; null for one that has not, or is not held up. */
export function overdue(claim: KnownClaim, { state, ...restorePoint }: RestorePoint, now: Instant): Trouble | null {
  const since = claim.claimObject?.createdAt ?? now;
  if (now - since <= LONG) return null;
  const held = claim.destination && heldBack(claim.destination, claim.claimObject?.uid ?? null, now);
  if (held !== null) return { reason: held.reason, message: about(held.reason), risk: false };
  if (state === 'warm' || state === 'stale')
    return { reason: 'claim-unfilled', message: about('claim-unfilled'), risk: false };
  // What keeps a restore from starting says more than that there is no image.
  const reason = claim.blocker ?? restorePoint.reason;
  return reason === null ? null : { reason, message: about(reason), risk: true };
}

function about(reason: Reason): string {
  const { means, todo, passes } = meaningOf(reason);
  const cure = CURES[reason] ?? (passes ? '`volsync-prewarm explain <namespace>/<pvc>` shows what was seen.' : todo);
  return `The claim has waited for more than 15 minutes. ${means} ${cure}`;
}
