/** One claim: from what is known to what is done about it. Waves come after, when all claims are known. */
import type { Action } from '../../decisions.ts';
import { backupOf } from '../facts/backup.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { firstBlocker } from './blockers.ts';
import { credentialsDrift } from './credentials.ts';
import { isLeftover, removal } from './deletion.ts';
import type { JudgedClaim, KnownClaim } from './judged-claim.ts';
import { nextStepOf } from './next-step.ts';
import { notesOf, suspicionOf } from './notes.ts';
import { restorePointOf } from './restore-point.ts';
import { waitsInVain } from './waiting.ts';

/** Decides on one claim. Pure: equal input, equal answer. */
export function judge(s: Situation, context: Context): JudgedClaim {
  const known: KnownClaim = { ...s, backup: backupOf(s, context), blocker: firstBlocker(s, context) };
  const seen = restorePointOf(known);
  const restorePoint = context.blind === null ? seen : { ...seen, state: 'cold' as const, reason: context.blind };
  const trouble = waitsInVain(known, restorePoint, context);
  const judged = { ...known, restorePoint, trouble, nextStep: null, now: [] };
  // Unknown freezes: nothing is created or deleted, and no earlier decision is changed. An empty image is never offered.
  if (context.frozen !== null || known.backup.state === 'unknown') return { ...judged, actions: suspicionOf(s) };
  const { action, notes } = notesOf(known, context);
  return {
    ...judged,
    actions: [...(action === null ? [] : [action]), ...upkeep(known, context)],
    nextStep: nextStepOf(known, context, notes),
  };
}

/** What is done beside syncing: credentials that follow their base, and leftovers without a backup. */
function upkeep(claim: KnownClaim, context: Context): Action[] {
  const { destination } = claim;
  if (destination?.managed !== true || !claim.steered) return [];
  if (claim.backup.state === 'present')
    return firstBlocker(claim, context, 'credentials-foreign') === null ? credentialsDrift(claim) : [];
  return isLeftover(claim, context) ? [removal(destination)] : [];
}
