/** What would bring one restore point up to date, when its wave has come: make it, renew it, change it, or make it anew. */
import type { Action } from '../../decisions.ts';
import type { Destination, Image, Instant } from '../../model.ts';
import { retryTag } from '../../naming.ts';
import type { Reason } from '../../reasons.ts';
import { shortId } from '../../restic/ids.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { isMadeFresh, mayStartEmpty } from '../facts/fresh.ts';
import { IMAGE_MISSED } from '../facts/sync.ts';
import { firstBlocker } from './blockers.ts';
import { credentialsDrift } from './credentials.ts';
import { isMadeAnew, isSecondEmpty } from './deletion.ts';
import { annotated, fresh, renewed, versionOf, wantedOf, type Notes, type Wanted } from './desired.ts';
import { asOfNewest, nextAsk } from './restorable.ts';
import type { KnownClaim, NextStep } from './judged-claim.ts';
import { whileFetching, whileQueued } from './prime-notes.ts';
import { bytesOf, driftOf, hasTooLargeImage } from './wanted-spec.ts';

/** A VolumeSnapshot with an error gets so long to be tried again by its driver; twice as long after each try of ours. */
const ERROR_LASTS = 10 * 60_000;
const MOST_PATIENT = 60 * 60_000;
const MISSED_WAITING = 60_000;

/**
 * Decides for one claim. Null: nothing to do, or something blocks.
 * @param notes what is noted in the same pass, and must not be lost by the next write
 */
export function nextStepOf(claim: KnownClaim, context: Context, notes: Notes): NextStep | null {
  if (isMadeFresh(claim)) return null;
  if (mayStartEmpty(claim) && claim.backup.state === 'absent') return emptyStart(claim, context);
  const { newest } = claim.backup;
  const { destination } = claim;
  if (newest === null || blockerOf(claim, context) !== null) return null;
  const id = shortId(newest.id);
  const wanted = wantedOf(claim, context, notes);
  const step =
    destination?.managed === false
      ? adoption(claim, destination, { notes, id, context })
      : wanted && stepFor(claim, { wanted, id, context });
  // A restore from a repository without a snapshot succeeds with an empty image, so a remembered snapshot is not enough.
  return step?.syncs === true && !showsSnapshot(claim) ? null : step;
}

/** The one destination that is made without a snapshot: VolSync makes an empty image of it, and the claim binds. */
function emptyStart(claim: KnownClaim, context: Context): NextStep | null {
  const { base, credentials, claimObject, destination } = claim;
  const wanted = wantedOf(claim, context, { fresh: claimObject?.uid ?? null });
  const isRead = base?.content !== null && base !== null && credentials !== null;
  if (wanted === null || !isRead || destination !== null || claim.blocker !== null) return null;
  const desired = fresh(claim, { wanted, manual: 'fresh', context });
  const actions: Action[] = [...credentialsDrift(claim, context.now), { kind: 'create-destination', desired }];
  return { actions, meanwhile: [], adds: true, syncs: true, bytes: bytesOf(wanted.spec) };
}

/** Between two retries of a failing mover, the destination may be changed although a sync is in progress. */
function isFailing({ sync }: Situation): boolean {
  return sync.state === 'syncing' && sync.betweenRetries;
}

function blockerOf(claim: KnownClaim, context: Context): Reason | null {
  return isFailing(claim) ? firstBlocker(claim, context, 'sync-in-progress') : claim.blocker;
}

/** This pass itself has seen a snapshot in the repository. */
function showsSnapshot({ probe, listed }: Situation): boolean {
  return listed.state === 'yes' && probe?.state === 'listed' && probe.snapshots.length > 0;
}

/** The wanted restore point, and the short id of the snapshot that it shall hold. */
interface Goal {
  wanted: Wanted;
  id: string;
  context: Context;
}

function stepFor(claim: KnownClaim, goal: Goal): NextStep | null {
  const { destination } = claim;
  const { wanted, id, context } = goal;
  if (destination === null) {
    const notes: Notes = { ...wanted.notes, tries: claim.indexed?.tries ?? null };
    const spec = { ...wanted.spec, restoreAsOf: asOfNewest(claim) };
    const desired = fresh(claim, { wanted: { ...wanted, spec, notes }, manual: id, context });
    const actions: Action[] = [...credentialsDrift(claim, context.now), { kind: 'create-destination', desired }];
    return stepOf(goal, actions, { adds: true });
  }
  const isRunning = isFailing(claim);
  const drift = driftOf(claim, wanted.spec);
  if (isMadeAnew(claim, drift)) return anew(claim, destination, goal);
  if (claim.contents.state === 'empty') return null;
  const asked = isRunning ? null : nextTag(claim, goal);
  if (asked !== null) {
    const spec = { ...wanted.spec, restoreAsOf: asked.restoreAsOf };
    const notes: Notes = { ...wanted.notes, ...whileFetching(claim, id, context) };
    const desired = renewed(claim, destination, { wanted: { ...wanted, spec, notes }, manual: asked.tag, context });
    const queued = whileQueued(claim, id, context);
    const meanwhile: Action[] =
      queued === null ? [] : [{ kind: 'note-newest', desired: annotated(destination, { ...wanted.notes, ...queued }) }];
    return stepOf(goal, [{ kind: 'retrigger', desired }], { meanwhile });
  }
  if (drift !== 'update') return null;
  const desired = renewed(claim, destination, { wanted, manual: destination.manual ?? id, context });
  return stepOf(goal, [{ kind: 'update-destination', desired }], { syncs: false });
}

interface Kind {
  adds?: boolean;
  syncs?: boolean;
  meanwhile?: readonly Action[];
}

function stepOf(
  { wanted }: Goal,
  actions: Action[],
  { adds = false, syncs = true, meanwhile = [] }: Kind = {},
): NextStep {
  return { actions, meanwhile, adds, syncs, bytes: bytesOf(wanted.spec) };
}

/** Deletes and creates in one step, so that a run that is cut short leaves the smallest gap. The old notes are dropped. */
function anew(claim: KnownClaim, destination: Destination, goal: Goal): NextStep {
  const { wanted, id, context } = goal;
  const isSecond = claim.contents.state === 'empty' || isSecondEmpty(claim);
  const { restoreSize } = destination.memory;
  const isNeeded = restoreSize !== null && restoreSize <= bytesOf(wanted.spec);
  const notes: Notes = {
    ...(isSecond && { secondTry: id }),
    ...(isNeeded && { restoreSize }),
    ...hungOnLarger(claim, destination),
  };
  const spec = { ...wanted.spec, restoreAsOf: asOfNewest(claim) };
  const desired = fresh(claim, { wanted: { ...wanted, spec, notes }, manual: id, context });
  const remove = versionOf(destination);
  return stepOf(goal, [...credentialsDrift(claim, context.now), { kind: 'recreate-destination', desired, remove }]);
}

/**
 * Somebody else's destination: its tag is renewed, and what was asked for is noted. One that was asked for already and has
 * another tag now was reset by its owner's tools: it is reported and not chased.
 */
function adoption(
  claim: KnownClaim,
  destination: Destination,
  goal: { notes: Notes } & Pick<Goal, 'id' | 'context'>,
): NextStep | null {
  const { id, context, notes } = goal;
  const manual = isFailing(claim) ? null : (nextTag(claim, goal)?.tag ?? null);
  if (manual === null || isTagReset(destination, id)) return null;
  const noted = annotated(destination, {
    ...notes,
    ...whileFetching(claim, id, context),
    askedAt: context.now,
    askedFor: id,
  });
  const actions: Action[] = [{ kind: 'retrigger-adopted', desired: { ...noted, manual } }];
  return { actions, meanwhile: [], adds: false, syncs: true, bytes: bytesOf(destination.spec) };
}

/** This very snapshot was asked for, and the tag is not ours any more. */
export function isTagReset({ managed, memory, asked }: Destination, id: string): boolean {
  return !managed && memory.askedFor === id && asked === null;
}

/** The next tag, or null. A snapshot is requested again only when its image is lost, or as of its own time. */
function nextTag(
  claim: KnownClaim,
  { id, context }: Pick<Goal, 'id' | 'context'>,
): { tag: string; restoreAsOf: Instant | null } | null {
  const { destination, imageState, sync } = claim;
  const current = destination?.manual ?? null;
  // What was asked for as of a time is tried again as of that time; another snapshot is another question.
  const isSame = destination?.asked?.id === id;
  const restoreAsOf = isSame ? destination.spec.restoreAsOf : asOfNewest(claim);
  const again = (): { tag: string; restoreAsOf: Instant | null } => ({ tag: retryTag(id, current), restoreAsOf });
  // Paused after a failure, and the next try is due: a new tag goes into the write that ends the pause.
  if (sync.state === 'paused') return again();
  if (imageState !== 'ready') return isLost(claim, context) ? again() : null;
  // The destination was handed over without a tag. Without a trigger VolSync syncs in an endless loop.
  if (current === null) return { tag: id, restoreAsOf: null };
  const ask = nextAsk(claim);
  return ask && { tag: ask.isRepeat ? again().tag : ask.id, restoreAsOf: ask.restoreAsOf };
}

/** No image exists that could become usable by waiting. */
function isLost({ destination, image, imageState, waits }: Situation, { now }: Context): boolean {
  // A Direct image of ours is corrected by changing the spec. Renewing somebody else's would only make another one.
  if (imageState === 'direct') return destination?.managed === true;
  // A snapshot that takes its time is waited for: a second one would take as long, and the first would be lost.
  if (imageState === 'not-ready') return hasFailed(image, destination?.asked?.retry ?? 0, now);
  // The lists are from different moments, so a new image may be missing. An image that vanishes again and again is not chased.
  return now - (destination?.lastSyncAt ?? 0) > (waits ? MISSED_WAITING : IMAGE_MISSED);
}

function hasFailed(image: Image | null, tries: number, now: Instant): boolean {
  if (image === null || image.error === null) return false;
  return now - (image.createdAt ?? now) > Math.min(MOST_PATIENT, ERROR_LASTS * 2 ** Math.min(tries, 3));
}

/** VolSync goes on with the image that it has begun with. The destination remembers the waiting claim even if that image is gone. */
function hungOnLarger(s: Situation, { memory }: Destination): Notes {
  const { claimObject: claim } = s;
  if (claim === null) return {};
  return memory.hungOnLarger === claim.uid || hasTooLargeImage(s) ? { hungOnLarger: claim.uid } : {};
}
