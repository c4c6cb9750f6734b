/** The wanted index: an entry for each backup, and what could not be listed. Where a listing failed, earlier entries are kept. */
import type { PublishedIndex, RestorePoint } from '../../decisions.ts';
import type { Reason } from '../../reasons.ts';
import type { IndexEntry } from '../../index-model.ts';
import { indexKey } from '../../naming.ts';
import {
  CLOCKS_DIFFER,
  LISTINGS_UNTIL_ABSENT,
  isCountedOn,
  isMissingFromListing,
  isSpokenFor,
  missedListings,
  missedOnceMore,
} from '../facts/backup.ts';
import { newestFurther } from '../facts/elsewhere.ts';
import { elsewhereIn } from '../facts/unnamed.ts';
import { digestFound } from '../backup/records.ts';
import { formatIndexEntry, reworded, withRecord } from '../../index/entry.ts';
import { formatPlace, placeKey } from '../../index/places.ts';
import { placesWanted } from '../facts/repositories-wanted.ts';
import { aboutOf } from './index-about.ts';
import { indexWordOf } from '../../index/word.ts';
import type { Context, Situation } from '../facts/situation.ts';
import type { ProtectedClaim } from '../backup/protected-claim.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';
import { shortId } from '../../restic/ids.ts';
import type { Missed } from '../../memory.ts';
import type { IndexWord } from '../../reasons/consequences.ts';

/**
 * The wanted index. Null = nothing may be published, because the root listing is incomplete, the last index could not be read, the
 * first object is missing, or a younger listing has been published. A listing that shrank adds what is new to the index that it
 * contradicts; where there is none, destinations alone contradict it, and nothing is told.
 */
export function publishedIndex(claims: readonly ProtectedClaim[], context: Context): PublishedIndex | null {
  const { bucket, cluster, frozen } = context;
  if (bucket.root.state !== 'listed') return null;
  if (frozen === 'listing-shrank' && cluster.index.generatedAt === null) return null;
  if (cluster.failures.some(({ resource }) => resource === 'replicationdestinations')) return null;
  if (cluster.index.shards[0]?.number !== 0 || hasYounger(context)) return null;
  const entries = new Map<string, string>();
  for (const claim of claims) {
    const value = valueOf(claim, context);
    // As a rule it says what it said before, and one text of it is enough.
    if (value !== null) entries.set(indexKey(claim), value === claim.indexed?.value ? claim.indexed.value : value);
  }
  const about = aboutOf(claims, { context, root: bucket.root, isEmpty: entries.size === 0 });
  for (const ref of cluster.places.size === 0 ? [] : placesWanted(cluster, context.settings)) {
    const place = cluster.places.get(`${ref.namespace}/${ref.secret}`);
    const value = place === undefined ? null : formatPlace(place);
    if (value !== null) entries.set(placeKey(ref), value);
  }
  return { about, entries };
}

/**
 * Whether the bucket is seen with backups for the first time. From then on an empty listing is not believed. Folders prove
 * nothing: with a wrong --prefix the level above the repositories looks like namespaces.
 */
export function wantsMarker(claims: readonly JudgedClaim[], { bucket, frozen }: Context): boolean {
  const { root } = bucket;
  return (
    frozen === null &&
    root.state === 'listed' &&
    !root.marked &&
    claims.some((claim) => claim.backup.state === 'present' && !isMissingFromListing(claim))
  );
}

/** Whether a run that started later has already published. Timestamps in the future are ignored as clock errors. */
function hasYounger({ bucket: { startedAt }, cluster: { index }, now }: Context): boolean {
  return index.listedAt.some((at) => at > startedAt && at < now + CLOCKS_DIFFER);
}

function valueOf(claim: ProtectedClaim, context: Context): string | null {
  const { backup, restorePoint, indexed, tries } = claim;
  if (backup.state === 'absent') return goneValue(claim);
  // Unknown freezes: earlier entries stay as they are.
  if (indexed !== null && isBlind(claim, context)) return keptValue(indexed, claim);
  if (backup.state === 'unknown') return seenElsewhere(claim, backup.reason);
  const missed = missedNow(claim, context);
  const isGone = missed !== null && missed.count >= LISTINGS_UNTIL_ABSENT;
  if (isGone && !isSpokenFor(claim, context.settings)) return null;
  const { newest } = backup;
  const { state, reason } = restorePoint;
  const { origin, keep, recorded } = claim.protection;
  return formatIndexEntry({
    ...(isGone
      ? { word: 'refuse', restorePoint: 'cold', reason: 'backup-gone' }
      : { word: wordFor(restorePoint, context), restorePoint: state, reason }),
    id: shortId(newest.id),
    at: newest.at,
    repository: claim.repository?.where.kind === 'referenced' ? claim.repository.key : null,
    missed,
    tries,
    origin,
    keep,
    recorded: (isGone ? digestFound(claim.record) : null) ?? recorded,
  });
}

/** A backup that is gone while something counts on it keeps its entry: a usable image is attached, everything else is refused. */
function goneValue(claim: JudgedClaim): string | null {
  const { backup, restorePoint, indexed, record } = claim;
  if (backup.reason === 'newer-elsewhere') return seenElsewhere(claim, backup.reason);
  if (backup.reason !== 'backup-gone' || indexed === null) return null;
  const isUsable = restorePoint.state === 'warm' || restorePoint.state === 'stale';
  const found = indexed.recorded === null ? digestFound(record) : null;
  const value = found === null ? indexed.value : withRecord(indexed.value, found);
  return reworded(value, isUsable ? `attach ${restorePoint.state}` : 'refuse cold:backup-gone');
}

function isBlind(claim: ProtectedClaim, { frozen }: Context): boolean {
  const { backup, restorePoint, record } = claim;
  if (backup.state === 'unknown' || frozen !== null || restorePoint.reason === 'listing-failed') return true;
  // Nobody could look whether its record speaks for it: this listing does not count.
  return record?.state === 'failed' && isMissingFromListing(claim) && !isCountedOn(claim);
}

/**
 * The claim's own repository is empty, or could not be looked into, and another one of the claim holds a snapshot. So there is a
 * backup, and a new claim may not start without it.
 */
function seenElsewhere(claim: JudgedClaim, reason: Reason): string | null {
  const found = newestFurther(claim);
  const recorded = elsewhereIn(claim.record);
  if (reason === 'repository-unnamed' && recorded !== null) return refusal(reason, { ...recorded, repository: null });
  if (found === null) return null;
  const { snapshot, repository } = found;
  const address = repository.where.kind === 'referenced' ? repository.key : null;
  return refusal(reason, { id: shortId(snapshot.id), at: snapshot.at, repository: address });
}

function refusal(reason: Reason, told: Pick<IndexEntry, 'id' | 'at' | 'repository'>): string {
  return formatIndexEntry({
    word: 'refuse',
    restorePoint: 'cold',
    reason,
    ...told,
    missed: null,
    tries: null,
    origin: null,
    keep: null,
    recorded: null,
  });
}

/** States in which a restore point is unusable, as the cluster alone shows. */
const PLAIN: readonly RestorePoint['reason'][] = ['image-empty', 'image-foreign', 'destination-foreign'];

/**
 * The earlier entry. Three things are known even if the listing failed: the settings, whether the cluster shows an empty image
 * or a destination of somebody else, and whether a claim is no longer a block device.
 */
function keptValue({ value, word, reason }: IndexEntry, { restorePoint, excluded, claimObject }: JudgedClaim): string {
  const say = (words: string): string => reworded(value, words);
  if (restorePoint.reason === 'namespace-excluded') return say('ignore cold:namespace-excluded');
  if (word === 'attach' && PLAIN.includes(restorePoint.reason) && indexWordOf(restorePoint) === 'refuse')
    return say(`refuse ${restorePoint.state}:${restorePoint.reason}`);
  const isOver =
    (reason === 'namespace-excluded' && !excluded) ||
    (reason === 'volume-mode-block' && claimObject?.volumeMode !== 'Block');
  return word === 'ignore' && isOver ? say('refuse cold:listing-failed') : value;
}

/** With `--only retrigger` nothing new is created, so an image that does not exist yet must not be promised. */
function wordFor(restorePoint: RestorePoint, { settings }: Context): IndexWord {
  const word = indexWordOf(restorePoint);
  const usable = restorePoint.state === 'warm' || restorePoint.state === 'stale';
  return word === 'attach' && !usable && settings.only === 'retrigger' ? 'refuse' : word;
}

/** Number of listings in a row without the repository; null when it was seen, or when its destination keeps the count. */
function missedNow(s: Situation, context: Context): Missed | null {
  if (s.destination?.managed === true || !isMissingFromListing(s)) return null;
  const before = missedListings(s);
  return missedOnceMore(before, context) ?? before;
}
