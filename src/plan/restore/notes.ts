/** What is written down on a destination of ours because it will not be seen again: proof, suspicion, absence, versions. */
import type { Action, NewestSnapshot } from '../../decisions.ts';
import type { Destination } from '../../model.ts';
import { ANNOTATION } from '../../naming.ts';
import { bytesOf } from './wanted-spec.ts';
import { LISTINGS_UNTIL_ABSENT, isMissingFromListing, missedListings, missedOnceMore } from '../facts/backup.ts';
import { annotated, type Notes } from './desired.ts';
import type { Reason } from '../../reasons.ts';
import type { Seen } from './restore-point.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { IMAGE_MISSED } from '../facts/sync.ts';
import { shortId } from '../../restic/ids.ts';
import { isExcluded } from '../../settings/scope.ts';

type NoteKind = Extract<Action['kind'], 'record-proof' | 'mark-suspect' | 'note-absence' | 'note-credentials'>;

const PROVEN_KEPT = 3;

/** One write for everything that is to be noted, named after the weightiest note; null when nothing is. */
export function notesOf(s: Situation, seen: Seen, context: Context): { action: Action; notes: Notes } | null {
  const { destination } = s;
  if (destination === null || !destination.managed || !s.steered) return null;
  const found: [NoteKind, Notes][] = [];
  if (seen.holding.state === 'proven' && seen.holding.fresh)
    found.push(['record-proof', proof(s, destination, seen.holding.id)]);
  if (seen.holding.state === 'empty' && seen.holding.fresh)
    found.push(['mark-suspect', suspicion(destination, 'image-empty')]);
  if (isBack(destination, seen))
    found.push(['record-proof', { [ANNOTATION.suspectImage]: null, [ANNOTATION.suspectReason]: null }]);
  if (isNothingLeft(s, seen, context)) found.push(['mark-suspect', suspicion(destination, 'image-missing')]);
  const absence = absenceOf(s, context);
  if (absence !== null) found.push(['note-absence', absence]);
  if (credentialsFollow(s, destination))
    found.push(['note-credentials', { [ANNOTATION.baseVersion]: s.base?.version ?? null }]);
  const [first] = found;
  if (first === undefined) return null;
  const notes: Notes = Object.assign({}, ...found.map(([, one]) => one));
  return { action: { kind: first[0], desired: annotated(destination, notes) }, notes };
}

/** What is written down although nothing else may be decided: what the log says of an empty image is true all the same. */
export function suspicionOf({ destination, steered }: Situation, { holding }: Seen): Action[] {
  const isNew = holding.state === 'empty' && holding.fresh;
  if (destination === null || !destination.managed || !steered || !isNew) return [];
  return [{ kind: 'mark-suspect', desired: annotated(destination, suspicion(destination, 'image-empty')) }];
}

function proof(s: Situation, destination: Destination, id: string): Notes {
  const image = destination.latestImage?.name ?? '';
  const held = s.probe?.state === 'listed' ? s.probe.snapshots.find((one) => shortId(one.id) === id) : undefined;
  const before = (destination.annotations[ANNOTATION.provenImages] ?? '')
    .split(',')
    .filter((one) => one !== '' && !one.startsWith(`${image}=`));
  const size = s.image?.restoreSize ?? destination.spec.capacity;
  return {
    [ANNOTATION.verifiedImage]: image,
    [ANNOTATION.verifiedSnapshot]: id,
    [ANNOTATION.verifiedSnapshotAt]: held === undefined ? null : new Date(held.at).toISOString(),
    [ANNOTATION.restoreSize]: String(bytesOf({ capacity: size })),
    [ANNOTATION.provenImages]: [`${image}=${id}`, ...before].slice(0, PROVEN_KEPT).join(','),
    [ANNOTATION.suspectImage]: null,
    [ANNOTATION.suspectReason]: null,
    [ANNOTATION.secondTry]: null,
  };
}

/**
 * Neither a backup nor the snapshot that it names: a claim that was given it would wait for ever, and so would the next one.
 * Nothing is deleted: the volume behind it may be the last copy.
 */
function isNothingLeft(s: Situation, { backup, sync, image }: Seen, { now, settings }: Context): boolean {
  const { annotations, latestImage, lastSyncAt } = s.destination ?? {};
  const isNoted = annotations?.[ANNOTATION.suspectImage] === latestImage?.name;
  const isGone = image === 'missing' && now - (lastSyncAt ?? 0) > IMAGE_MISSED;
  const isSettled = backup.state === 'absent' && missedListings(s).count >= LISTINGS_UNTIL_ABSENT;
  return isSettled && sync.state === 'idle' && isGone && !isNoted && !isExcluded(s.namespace, settings);
}

/** The snapshot or the backup that was missed is there again. */
function isBack({ annotations }: Destination, { backup, image }: Seen): boolean {
  const wasMissed = annotations[ANNOTATION.suspectReason] === 'image-missing';
  return wasMissed && (backup.state === 'present' || image === 'ready' || image === 'not-ready');
}

function suspicion(destination: Destination, reason: Reason): Notes {
  return {
    [ANNOTATION.suspectImage]: destination.latestImage?.name ?? null,
    [ANNOTATION.suspectReason]: reason,
  };
}

/** Counts complete listings that do not show the repository, and starts anew when one does. */
function absenceOf(s: Situation, context: Context): Notes | null {
  if (isExcluded(s.namespace, context.settings)) return null;
  if (!isMissingFromListing(s)) {
    const seenAgain = s.listed.state === 'yes' && s.destination?.annotations[ANNOTATION.missedListings] !== undefined;
    return seenAgain ? { [ANNOTATION.missedListings]: null } : null;
  }
  const next = missedOnceMore(missedListings(s), context);
  return next && { [ANNOTATION.missedListings]: `${next.count} ${new Date(next.at).toISOString()}` };
}

/** The repository credentials were looked at and agree with the base: remember its version, but never before they do. */
function credentialsFollow({ base, credentials }: Situation, destination: Destination): boolean {
  const agree = credentials?.state === 'ours' && credentials.differs.length === 0;
  return (
    agree && base !== null && base.content !== null && destination.annotations[ANNOTATION.baseVersion] !== base.version
  );
}

/** For the second try: the short id whose image came out empty before. */
export function emptyTwice(s: Situation, newest: NewestSnapshot | null): boolean {
  return newest !== null && s.destination?.annotations[ANNOTATION.secondTry] === shortId(newest.id);
}
