/** What is recorded on a destination of ours, because a later run cannot see it any more: proof, suspicion, absence, versions. */
import type { Action } from '../../decisions.ts';
import type { Destination } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import { shortId } from '../../restic/ids.ts';
import { LISTINGS_UNTIL_ABSENT, isMissingFromListing, missedListings, missedOnceMore } from '../facts/backup.ts';
import { LAYOUT_PLACE, placeNameOf } from '../facts/repositories.ts';
import { isMadeFresh } from '../facts/fresh.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { IMAGE_MISSED } from '../facts/sync.ts';
import { annotated, type Notes } from './desired.ts';
import type { KnownClaim } from './judged-claim.ts';
import { nudge, primeNote, whenProven } from './prime-notes.ts';
import { isRightlyEmpty } from './restore-point.ts';
import { bytesOf } from './wanted-spec.ts';

type NoteKind = Extract<
  Action['kind'],
  'record-proof' | 'mark-suspect' | 'note-absence' | 'note-credentials' | 'note-newest' | 'nudge'
>;

const PROVEN_KEPT = 3;
const NOTHING: { action: Action | null; notes: Notes } = { action: null, notes: {} };

/** One write for all notes of a pass, named after the most important one. The action is null when there are none. */
export function notesOf(claim: KnownClaim, context: Context): { action: Action | null; notes: Notes } {
  const { destination } = claim;
  if (destination === null || !claim.steered) return NOTHING;
  const found = aboutImage(claim, destination, context);
  if (destination.managed) found.push(...notesOnOurs(claim, destination, context));
  if (found.length === 0) found.push(...forPopulator(claim, context));
  const [first] = found;
  if (first === undefined) return NOTHING;
  const notes: Notes = Object.assign({}, ...found.map(([, one]) => one));
  return { action: { kind: first[0], desired: annotated(destination, notes) }, notes };
}

/** What only a destination of ours remembers: it counts for itself, and its Secret follows from the base. */
function notesOnOurs(claim: KnownClaim, destination: Destination, context: Context): [NoteKind, Notes][] {
  const found: [NoteKind, Notes][] = [];
  if (isNothingLeft(claim, destination, context)) found.push(['mark-suspect', suspicion(destination, 'image-missing')]);
  const absence = absenceOf(claim, context);
  if (absence !== null) found.push(['note-absence', absence]);
  if (credentialsFollow(claim, destination))
    found.push(['note-credentials', { baseVersion: claim.base?.version ?? null }]);
  return found;
}

/** Somebody else's destination that was made before there was a backup holds nothing, and that is right. */
function mayBeSuspected({ backup, elsewhere }: KnownClaim, { managed }: Destination): boolean {
  return managed || backup.state === 'present' || elsewhere !== null;
}

type Note = [NoteKind, Notes];

function aboutImage(claim: KnownClaim, destination: Destination, context: Context): Note[] {
  const { contents } = claim;
  const found: Note[] = [];
  if (contents.state === 'proven' && contents.fresh)
    found.push([
      'record-proof',
      { ...proof(claim, destination, contents.id), ...whenProven(claim, contents.id, context) },
    ]);
  if (contents.state === 'empty' && contents.fresh && mayBeSuspected(claim, destination))
    found.push(['mark-suspect', suspicion(destination, claim.elsewhere === null ? contents.why : 'newer-elsewhere')]);
  if (claim.changedFrom !== null && destination.memory.verifiedAddress === null)
    found.push(['record-proof', { verifiedAddress: claim.changedFrom }]);
  if (isBack(claim, destination)) found.push(['record-proof', { suspect: null }]);
  return found;
}

/** For the policy `prime`, and for a VolSync that sleeps: any write wakes it. */
function forPopulator(claim: KnownClaim, context: Context): Note[] {
  const newest = primeNote(claim, context);
  if (newest !== null) return [['note-newest', newest]];
  const woken = nudge(claim, context.now);
  return woken === null ? [] : [['nudge', woken]];
}

/** Notes that are allowed although nothing else may be decided: a log that proves an empty image is true in any case. */
export function suspicionOf({ destination, steered, contents }: Situation): Action[] {
  if (destination === null || !destination.managed || !steered) return [];
  if (contents.state !== 'empty' || !contents.fresh) return [];
  return [{ kind: 'mark-suspect', desired: annotated(destination, suspicion(destination, contents.why)) }];
}

function proof(s: Situation, { latestImage, memory, spec }: Destination, id: string): Notes {
  const image = latestImage?.name ?? '';
  const place = placeNameOf(s.repository);
  const held = s.probe?.state === 'listed' ? s.probe.snapshots.find((one) => shortId(one.id) === id) : undefined;
  const before = memory.provenImages.filter((one) => one.image !== image);
  return {
    verified: { image, id, at: held?.at ?? null },
    verifiedAddress: place === LAYOUT_PLACE ? null : place,
    restoreSize: bytesOf({ capacity: s.image?.restoreSize ?? spec.capacity }),
    provenImages: [{ image, id }, ...before].slice(0, PROVEN_KEPT),
    suspect: null,
    secondTry: null,
    tries: null,
  };
}

/**
 * There is neither a backup nor the VolumeSnapshot of the image. A claim that refers to it would wait for ever.
 * Nothing is deleted, because the volume behind it may be the last copy.
 */
function isNothingLeft(claim: KnownClaim, { memory, latestImage, lastSyncAt }: Destination, { now }: Context): boolean {
  const isNoted = (memory.suspect?.image ?? null) === (latestImage?.name ?? null);
  const isGone = claim.imageState === 'missing' && now - (lastSyncAt ?? 0) > IMAGE_MISSED;
  const isSettled = claim.backup.state === 'absent' && missedListings(claim).count >= LISTINGS_UNTIL_ABSENT;
  return isSettled && claim.sync.state === 'idle' && isGone && !isNoted && !claim.excluded;
}

/** The missing VolumeSnapshot or backup is there again, or nothing that is elsewhere speaks against an empty image. */
function isBack(claim: KnownClaim, { memory }: Destination): boolean {
  const { backup, imageState } = claim;
  if (memory.suspect?.reason === 'newer-elsewhere') return isRightlyEmpty(claim);
  const wasMissed = memory.suspect?.reason === 'image-missing';
  return wasMissed && (backup.state === 'present' || imageState === 'ready' || imageState === 'not-ready');
}

function suspicion({ latestImage }: Destination, reason: Reason): Notes {
  return { suspect: latestImage && { image: latestImage.name, reason } };
}

/** Counts complete listings without the repository, and restarts when one shows it. */
function absenceOf(s: Situation, context: Context): Notes | null {
  if (s.excluded || isMadeFresh(s)) return null;
  if (!isMissingFromListing(s)) {
    const isSeenAgain = s.listed.state === 'yes' && (s.destination?.memory.missed ?? null) !== null;
    return isSeenAgain ? { missed: null } : null;
  }
  const next = missedOnceMore(missedListings(s), context);
  return next && { missed: next };
}

/** Remembers the version of the base credentials, once the repository credentials have been read and agree with them. */
function credentialsFollow({ base, credentials }: Situation, { memory }: Destination): boolean {
  const agree = credentials?.state === 'own' || (credentials?.state === 'ours' && credentials.differs.length === 0);
  return agree && base !== null && base.content !== null && memory.baseVersion !== base.version;
}
