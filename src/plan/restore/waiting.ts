/** A claim that waits in vain. It is reported, and gets an event, so that it never stays Pending without a word. */
import type { RestorePoint } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { meaningOf, type Reason } from '../../reasons.ts';
import { filled } from '../../reasons/filled.ts';
import { shortId } from '../../restic/ids.ts';
import { hasTooLargeImage } from './wanted-spec.ts';
import { indexWordOf } from '../../index/word.ts';
import { acceptCommand } from '../facts/accept-command.ts';
import { mayStartEmpty } from '../facts/fresh.ts';
import { hasOpened } from '../facts/password.ts';
import { hasOwnCredentials, type Context, type Situation } from '../facts/situation.ts';
import { staleLocks } from '../facts/stale-locks.ts';
import type { KnownClaim, Trouble } from './judged-claim.ts';
import { overdue } from './overdue.ts';
import { isFetched, newerSnapshot } from './prime-notes.ts';

/** In a rebuild credentials may come a little later than the claim, and an image becomes ready a little later than it exists. */
const USUALLY_OVER = 10 * 60_000;

/** Why a claim that waits gets nothing until a person acts, or null. */
export function waitsInVain(
  claim: KnownClaim,
  restorePoint: RestorePoint,
  context: Pick<Context, 'now' | 'frozen' | 'settings' | 'bucket'>,
): Trouble | null {
  if (!claim.waits) return null;
  const trouble = inVain(claim, restorePoint, context) ?? overdue(claim, restorePoint, context.now);
  return trouble && { ...trouble, message: filled(trouble.message, claim, context.settings.credentialsSecret) };
}

function inVain(
  claim: KnownClaim,
  restorePoint: RestorePoint,
  context: Pick<Context, 'now' | 'frozen' | 'settings' | 'bucket'>,
): Trouble | null {
  const { now, frozen } = context;
  const { backup, imageState } = claim;
  if (hangsOnLarger(claim)) return TOO_SMALL;
  if (claim.elsewhere !== null) return newerIsElsewhere(claim, restorePoint);
  if (imageState === 'ready' && isServed(restorePoint)) return olderHandedOut(claim, restorePoint, context);
  if (frozen !== null || backup.state === 'unknown') return unseen(claim, backup.reason ?? frozen);
  // An existing image may be the last copy, so nobody is advised to delete the claim that waits for it.
  if (backup.state === 'absent' && imageState !== 'ready' && imageState !== 'not-ready')
    return withoutBackup(claim, now);
  return lockedOut(claim, context) ?? lastingTrouble(claim, restorePoint, now);
}

/**
 * Its restore fails while a dead process's lock lies in the repository. The source that could remove it waits for the same claim,
 * so a person has to. Only an exclusive lock stops a restore; where the log names another cause, the lock is not blamed.
 */
function lockedOut(claim: KnownClaim, context: Pick<Context, 'now' | 'bucket'>): Trouble | null {
  const [lock] = staleLocks(claim, context);
  const { destination, mover } = claim;
  if (lock === undefined || destination === null) return null;
  const hasFailed = destination.moverResult === 'Failed';
  if (hasFailed ? !/\block/i.test(destination.moverLogs) : (mover?.failed ?? 0) === 0) return null;
  const secret = destination.spec.repository;
  return {
    reason: 'repository-locked',
    message: `The restore fails while a lock of a process that has ended is in the repository: locks/${shortId(lock.name)}, made at ${new Date(lock.at).toISOString()}. The source that could remove it waits for this claim. Run \`restic unlock\` with the values of the Secret ${claim.namespace}/${secret}; the restore then goes on by itself.`,
  };
}

/** VolSync fills it from an image that is there; without one it waits, since what would be restored is not the newest. */
function newerIsElsewhere({ elsewhere, imageState, contents }: KnownClaim, { holds }: RestorePoint): Trouble {
  const { snapshot, repository } = elsewhere ?? { snapshot: null, repository: null };
  const id = snapshot === null ? 'a newer snapshot' : `the newer snapshot ${shortId(snapshot.id)}`;
  const by =
    repository === null || repository.sources.length === 0 ? '' : ` (written by ${repository.sources.join(', ')})`;
  const isFilled = imageState === 'ready' && contents.state !== 'empty';
  const what = isFilled
    ? `The claim is filled from ${holds ?? 'an older snapshot'}, although ${id} is in another repository of the claim${by}.`
    : `The claim waits, because ${id} is in another repository of the claim${by}.`;
  return { reason: 'newer-elsewhere', message: `${what} ${meaningOf('newer-elsewhere').todo}` };
}

/** A claim that is being created, and its backup or its reference, may come within this time. */
const JUST_CREATED = 2 * 60_000;

/** It waits for a backup that does not exist, or that is gone. Absence alone decides nothing, so it is not served by itself. */
function withoutBackup(claim: KnownClaim, now: Instant): Trouble | null {
  const { claimObject, backup } = claim;
  const isGone = backup.reason === 'backup-gone';
  if (claimObject === null || mayStartEmpty(claim)) return null;
  if (!isGone && now - (claimObject.createdAt ?? 0) < JUST_CREATED) return null;
  const accept = acceptCommand(claim, claimObject.uid);
  return isGone
    ? {
        reason: 'backup-gone',
        message: `The claim waits for a backup that is gone. Bring the repository back, or accept an empty start: ${accept}`,
      }
    : {
        reason: 'repository-empty',
        message: `The claim waits for a backup that does not exist. Take the reference to ${claim.claim}-restore out of its manifest and create it again, or accept an empty start: ${accept}`,
      };
}

/**
 * A newer snapshot is known and cannot be fetched, so claims are filled with older data. With `--stale attach` the user has asked
 * for that, and a live claim whose restore point rests is not filled.
 */
export function olderHandedOut(
  claim: KnownClaim,
  { reason, holds }: RestorePoint,
  context: Pick<Context, 'now' | 'frozen' | 'settings'>,
): Trouble | null {
  const id = newerSnapshot(claim);
  const isAskedFor = context.settings.stale === 'attach' || claim.blocker === 'claim-live';
  if (id === null || isAskedFor || context.frozen !== null || isFetched(claim, context)) return null;
  const why = meaningOf(reason ?? claim.blocker ?? 'sync-failing').means;
  return {
    reason: 'restore-stale',
    message: `the restore point holds ${holds ?? 'an older snapshot'}, and the newer ${id} cannot be fetched. ${why}`,
  };
}

/** The claim is filled from an existing image, even if its renewal fails, and whoever made it. */
function isServed({ state, reason }: RestorePoint): boolean {
  return state === 'warm' || state === 'stale' || reason === 'destination-foreign';
}

/** A problem that stays until a person acts. */
function lastingTrouble(s: Situation, restorePoint: RestorePoint, now: Instant): Trouble | null {
  const { reason } = restorePoint;
  if (reason === null) return null;
  if (meaningOf(reason).unseen) return unseen(s, reason);
  if (indexWordOf(restorePoint) === 'attach' && !isOverdue(s, reason, now)) return null;
  const { means, todo } = meaningOf(reason);
  return { reason, message: `The claim waits for its backup in vain. ${means} ${todo}${aboutPassword(s, reason)}` };
}

/** A password that no mover has succeeded with may be mistyped; it follows the base credentials until one has. */
function aboutPassword(s: Situation, reason: Reason): string {
  if (reason !== 'sync-failing' || hasOwnCredentials(s) || hasOpened(s)) return '';
  return ' No mover has opened the repository yet: if RESTIC_PASSWORD in the Secret --credentials-secret is wrong, correct it there, and the restore is tried again at once.';
}

/**
 * VolSync fills a claim from the first image that it finds, through a claim `vs-prime-<uid>` that it never changes. A claim that
 * is smaller than that image hangs, even if the image is replaced.
 */
const TOO_SMALL: Trouble = {
  reason: 'claim-too-small',
  message:
    'The claim requests less storage than the snapshot that it is being restored from, and VolSync does not switch snapshots. If the claim stays Pending although a pod uses it, delete it and create it again. It is then filled from an image of its size, or refused with the size that it needs.',
};

/** The claim hangs on a larger image: on the present one, or on one that has been replaced since. */
function hangsOnLarger(s: Situation): boolean {
  const noted = s.destination?.memory.hungOnLarger ?? null;
  return (s.imageState === 'ready' && hasTooLargeImage(s)) || noted === s.claimObject?.uid;
}

/** The backup is unknown, not gone: the claim goes on waiting, and the event says why. */
function unseen({ listed, probe }: Situation, reason: Reason | null): Trouble | null {
  if (reason === null || !meaningOf(reason).unseen) return null;
  const told = [listed, probe].find((look) => look?.state === 'unknown');
  const detail = told?.state === 'unknown' ? { detail: told.message } : {};
  return {
    reason,
    message: `The claim waits, and its backup cannot be checked at the moment. ${meaningOf(reason).means}`,
    ...detail,
  };
}

/** A problem that usually passes by itself, and has not. */
function isOverdue(s: Situation, reason: Reason, now: Instant): boolean {
  const isOld = (since: Instant | null | undefined): boolean => now - (since ?? now) > USUALLY_OVER;
  if (reason === 'credentials-missing') return isOld(s.claimObject?.createdAt);
  if (reason === 'image-not-ready') return isOld(s.image?.createdAt);
  return reason === 'sync-stuck';
}
