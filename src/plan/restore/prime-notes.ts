/**
 * What the worker writes on a destination for the policy `prime`: until when VolSync is kept from filling claims from an image that
 * is older than the newest snapshot, and when the next backup is due. A nudge is a write that wakes a VolSync that missed a change.
 */
import type { Destination, Instant, Source } from '../../model.ts';
import { SCHEDULE_PERIOD } from '../../naming.ts';
import { meaningOf } from '../../reasons.ts';
import { shortId } from '../../restic/ids.ts';
import { heldBy } from '../facts/contents.ts';
import { DUE_LASTS, heldBack } from '../facts/held-back.ts';
import type { Context, Situation } from '../facts/situation.ts';
import type { Notes } from './desired.ts';
import type { KnownClaim } from './judged-claim.ts';
import { nextAsk } from './restorable.ts';
import { hasTooLargeImage } from './wanted-spec.ts';

const MINUTE = 60_000;
/** A renewal has at least this time, and at least three times the duration of the last one. */
const AT_LEAST = 30 * MINUTE;
/** After this many failures, and this time, claims no longer wait for a restore. */
const TRIES = 3;
/** VolSync fills a claim within seconds once nothing holds it back. */
const NUDGE_AFTER = 30_000;
const NUDGE_EVERY = MINUTE;
/** Within this time after its image was made, an unfilled claim of an Immediate class is nudged. Later it waits for a pod. */
const ASLEEP_FOR = 15 * MINUTE;

/** The short id of a known snapshot that the usable image does not hold and that is being or will be fetched, or null. */
export function newerSnapshot(claim: KnownClaim): string | null {
  const { backup, destination, imageState, contents, sync } = claim;
  if (backup.newest === null || destination === null || !['ready', 'not-ready'].includes(imageState)) return null;
  const id = shortId(backup.newest.id);
  // Already requested, also by its time, so nothing newer can be restored.
  const isSettled = sync.state === 'idle' && nextAsk(claim) === null;
  return heldBy(contents) === id || isSettled || contents.state === 'empty' ? null : id;
}

/** Whether it can be fetched without a person acting, and claims shall wait for it. */
export function isFetched(claim: KnownClaim, { now, settings }: Pick<Context, 'now' | 'settings'>): boolean {
  const { sync, blocker, destination } = claim;
  if (settings.stale === 'attach' || blocker === 'claim-live') return false;
  if (blocker !== null && !meaningOf(blocker).passes) return false;
  if (sync.state === 'syncing' && sync.trouble === 'sync-stuck') return false;
  return failuresOf(claim) < TRIES || now < (destination?.memory.holdUntil ?? 0);
}

/** How often the requested sync has failed. */
function failuresOf({ sync, mover, destination }: Situation): number {
  const isFailing = sync.state === 'paused' || (sync.state === 'syncing' && sync.trouble === 'sync-failing');
  return isFailing ? Math.max(mover?.failed ?? 0, destination?.memory.tries?.count ?? 0) : 0;
}

/** For the write that requests the newest snapshot: claims wait for it. */
export function whileFetching(claim: KnownClaim, id: string, context: Context): Notes {
  const waits = newerSnapshot(claim) === id && isFetched({ ...claim, blocker: null }, context);
  const { memory } = claim.destination ?? { memory: null };
  // A retry does not make claims wait longer than the first try does.
  if (waits && memory?.newest === id && failuresOf(claim) > 0) return moved(claim, context.now);
  return { ...(waits ? held(claim, id, context.now) : RELEASED), ...moved(claim, context.now) };
}

/** Holds that are there already are long enough when the run after the next one still finds them: this one can be killed. */
const OUTLASTS = 2 * SCHEDULE_PERIOD + MINUTE;

/**
 * For the moment before the index says that there is something newer, where this pass does not ask for it: until a later run does,
 * nothing else would keep VolSync from the older image. Once for each snapshot; null where a backup that was due holds VolSync back
 * for long enough already.
 */
export function beforeIndex(claim: KnownClaim, context: Context): Notes | null {
  const { destination: d } = claim;
  const id = newerSnapshot(claim);
  if (d === null || d.deleting || id === null || d.memory.newest === id || !isFetched(claim, context)) return null;
  const { now } = context;
  const back = heldBack(d, null, now);
  const lasts = back !== null && (back.until === null || back.until - now >= OUTLASTS);
  return lasts ? null : held(claim, id, now);
}

/** For the write of a proof: claims no longer have to wait. */
export function whenProven(claim: KnownClaim, id: string, context: Context): Notes {
  const newest = claim.backup.newest === null ? id : shortId(claim.backup.newest.id);
  // Something newer is already known, and is requested next.
  const waits = nextAsk(claim) !== null && isFetched(claim, context);
  return { ...(waits ? held(claim, newest, context.now) : RELEASED), ...moved(claim, context.now) };
}

/** The note to write if nothing else is written, or null. Nothing is written twice for the same purpose. */
export function primeNote(claim: KnownClaim, context: Context): Notes | null {
  const { destination: d } = claim;
  if (d === null || d.deleting) return null;
  const { now } = context;
  const id = newerSnapshot(claim);
  if (id === null) return withoutNewer(claim, d, now);
  if (!isFetched(claim, context)) return isHeld(d, now) ? RELEASED : null;
  // The write that requests the restore carries the note, and claims go on waiting for a long sync. Before the request, a write
  // of its own is worth it only if a claim would be filled before the next run: one that waits now, or one that is created.
  const isDelayed = (claim.blocker !== null || claim.imageState === 'not-ready') && claim.sync.state !== 'syncing';
  const isGoingOn = claim.blocker !== null && d.memory.newest !== null && failuresOf(claim) < TRIES;
  return (isDelayed || isGoingOn) && isUnheld(claim, id, now)
    ? { ...held(claim, id, now), ...moved(claim, now) }
    : null;
}

/** The image holds the newest known snapshot, so claims no longer wait. */
function withoutNewer(claim: KnownClaim, d: Destination, now: Instant): Notes | null {
  if (isHeld(d, now) && heldBy(claim.contents) !== d.memory.newest && claim.sync.state === 'idle') return RELEASED;
  const { nextBackup } = d.memory;
  return nextBackup !== null && now >= nextBackup && isSettled(claim, nextBackup, now) ? moved(claim, now) : null;
}

function isHeld({ memory }: Destination, now: Instant): boolean {
  return memory.newest !== null && (memory.holdUntil ?? 0) > now;
}

/** The note for a renewal whose wave has not come yet; null when VolSync is already held back. */
export function whileQueued(claim: KnownClaim, id: string, context: Context): Notes | null {
  if (newerSnapshot(claim) !== id || !isFetched(claim, context)) return null;
  if (!isUnheld(claim, id, context.now)) return null;
  return { ...held(claim, id, context.now), ...moved(claim, context.now) };
}

/** VolSync can miss that a volume is ready. If a claim waits although nothing holds it, its destination is written. */
export function nudge(claim: Situation, now: Instant): Notes | null {
  const { destination: d, claimObject } = claim;
  if (d === null || claimObject === null || !isServed(claim) || heldBack(d, claimObject.uid, now) !== null) return null;
  const since = Math.max(claimObject.createdAt ?? now, d.lastSyncAt ?? 0);
  const isAwaited = claimObject.nodeSelected || now - since < ASLEEP_FOR;
  if (!isAwaited || now - since < NUDGE_AFTER || now - (d.memory.nudgedAt ?? 0) < NUDGE_EVERY) return null;
  return { nudgedAt: now };
}

/** Whether VolSync has everything that it needs to fill the claim. */
function isServed(claim: Situation): boolean {
  const { destination, waits, imageState, contents, sync } = claim;
  const isProven = sync.state === 'idle' && contents.state === 'proven' && !contents.fresh;
  return waits && destination?.deleting === false && imageState === 'ready' && isProven && !hasTooLargeImage(claim);
}

/** Whether a backup that was due must be looked for. Until then claims wait. */
export function isBackupDue({ destination }: Situation, now: Instant): boolean {
  const due = destination?.memory.nextBackup ?? null;
  return due !== null && now >= due;
}

const RELEASED: Notes = { newest: null, holdUntil: null };

function held({ destination }: KnownClaim, id: string, now: Instant): Notes {
  const span = Math.max(AT_LEAST, 3 * 1000 * (destination?.lastSyncSeconds ?? 0));
  return { newest: id, holdUntil: now + span };
}

/** Whether nothing holds VolSync back from the older image, or not for much longer. */
function isUnheld({ destination: d }: KnownClaim, id: string, now: Instant): boolean {
  if (d === null) return false;
  const isSoon = (until: Instant): boolean => until - now < SCHEDULE_PERIOD + MINUTE;
  if (d.memory.newest === id) return isSoon(d.memory.holdUntil ?? 0);
  const back = heldBack(d, null, now);
  return back === null || (back.until !== null && isSoon(back.until));
}

/** The time of the next backup. It moves on only when the due one has ended and the bucket has been listed since. */
function moved(claim: KnownClaim, now: Instant): Notes {
  const due = claim.destination?.memory.nextBackup ?? null;
  if (due !== null && now >= due && !isSettled(claim, due, now)) return {};
  const next = claim.live ? claim.writers.map(({ source }) => source.nextSyncAt ?? 0).filter((at) => at > now) : [];
  return { nextBackup: next.length === 0 ? null : Math.min(...next) };
}

function isSettled(claim: KnownClaim, due: Instant, now: Instant): boolean {
  if (now >= due + DUE_LASTS) return true;
  return claim.probe?.state === 'listed' && hasEnded(claim, due);
}

/** A source without a Bound claim does not sync. One whose pod is at work is still saving. */
function hasEnded({ writers, live }: Situation, due: Instant): boolean {
  if (writers.some(({ mover }) => (mover?.active ?? 0) > 0)) return false;
  const isOver = ({ lastSyncStartAt, lastSyncAt, nextSyncAt }: Source): boolean =>
    lastSyncStartAt === null && ((lastSyncAt ?? 0) >= due || (nextSyncAt ?? 0) > due);
  return !live || writers.every(({ source }) => isOver(source));
}
