/** Decides on one claim, from its facts to its actions. Waves come later, when all claims are known. */
import type { Action, RestorePoint } from '../../decisions.ts';
import type { Tries } from '../../memory.ts';
import { backupOf } from '../facts/backup.ts';
import { heldBack } from '../facts/held-back.ts';
import { isMadeFresh } from '../facts/fresh.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { givenUp, triesOf } from './back-off.ts';
import { firstBlocker } from './blockers.ts';
import { credentialsDrift } from './credentials.ts';
import { isLeftover, isServedAndIdle, isTakenDown, removal } from './deletion.ts';
import { annotated, type Notes } from './desired.ts';
import type { JudgedClaim, KnownClaim } from './judged-claim.ts';
import { nextStepOf } from './next-step.ts';
import { notesOf, suspicionOf } from './notes.ts';
import { beforeIndex } from './prime-notes.ts';
import { restorePointOf } from './restore-point.ts';
import { waitsInVain } from './waiting.ts';

/**
 * Decides on one claim: equal input, equal answer. The situation becomes the judged claim: it is nobody else's, and a copy of each
 * of ten thousand is what a run is made of.
 */
export function judge(s: Situation, context: Context): JudgedClaim {
  const known: KnownClaim = Object.assign(s, { backup: backupOf(s, context), blocker: firstBlocker(s, context) });
  const seen = awaited(known, restorePointOf(known), context);
  const restorePoint = context.blind === null ? seen : { ...seen, state: 'cold' as const, reason: context.blind };
  const trouble = waitsInVain(known, restorePoint, context);
  const tries = s.destination === null ? triesOf(s) : null;
  const decided = { restorePoint, trouble, hold: null, nextStep: null, tries, now: NOTHING };
  // Unknown freezes: nothing is created or deleted, and no earlier decision is changed. An empty image is still marked.
  if (context.frozen !== null || known.backup.state === 'unknown')
    return Object.assign(known, decided, { actions: context.frozen === 'bucket-moved' ? NOTHING : suspicionOf(s) });
  const { action, notes } = notesOf(known, context);
  const nextStep = nextStepOf(known, context, notes);
  // A claim whose snapshots have vanished is frozen: nothing of it is paused or deleted.
  const isFree = nextStep === null && known.blocker !== 'snapshots-vanished';
  const kept = upkeep(known, context);
  const isRenewed = kept.some(({ kind }) => kind === 'update-credentials');
  const failure = isFree ? givenUp(known, context, isRenewed) : null;
  const actions: Action[] = action === null ? [...kept] : [action, ...kept];
  if (failure !== null) actions.push(...giveUp(known, failure, notes));
  return Object.assign(known, decided, {
    hold: holdOf(known, context),
    actions: actions.length === 0 ? NOTHING : actions,
    nextStep,
    tries: isTakenDown(known) ? failure : tries,
  });
}

const NOTHING: readonly Action[] = [];

/** Written only where nothing else is. */
function holdOf(claim: KnownClaim, context: Context): Action | null {
  const notes = claim.steered ? beforeIndex(claim, context) : null;
  if (notes === null || claim.destination === null) return null;
  return { kind: 'note-newest', desired: annotated(claim.destination, notes) };
}

/** A claim that waits shows what VolSync is held back for. */
function awaited({ destination, waits }: KnownClaim, point: RestorePoint, { now }: Context): RestorePoint {
  if (!waits || destination === null || point.reason !== null) return point;
  // Of one that was made empty for this claim the point has its reason.
  return { ...point, reason: heldBack(destination, null, now)?.reason ?? null };
}

/** A restore that fails: paused where the image of an earlier one can be used, else deleted and made again when its time comes. */
function giveUp(claim: KnownClaim, tries: Tries, notes: Notes): Action[] {
  const { destination } = claim;
  if (destination === null) return [];
  if (isTakenDown(claim)) return [removal(destination)];
  return [{ kind: 'pause-destination', desired: { ...annotated(destination, { ...notes, tries }), paused: true } }];
}

/** Actions beside restores: credentials that follow the base credentials, and leftovers without a backup. */
function upkeep(claim: KnownClaim, context: Context): readonly Action[] {
  const { destination } = claim;
  if (destination?.managed !== true || !claim.steered) return NOTHING;
  if (isMadeFresh(claim)) return isServedAndIdle(claim) ? [removal(destination)] : [];
  if (claim.backup.state === 'present')
    return firstBlocker(claim, context, 'credentials-foreign') === null ? credentialsDrift(claim, context.now) : [];
  return isLeftover(claim, context) ? [removal(destination)] : [];
}
