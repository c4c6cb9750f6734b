/** Whether there is a backup. One snapshot object makes it present, only complete listings make it absent, else it is unknown. */
import type { Backup, NewestSnapshot } from '../../decisions.ts';
import type { IndexView } from '../../index-model.ts';
import type { Instant } from '../../model.ts';
import { SCHEDULE_PERIOD } from '../../naming.ts';
import { isOfThisPlace } from './changed.ts';
import type { Elsewhere } from './elsewhere.ts';
import { newestIn } from './copied.ts';
import { countedOf } from './held-before.ts';
import type { Context, Situation } from './situation.ts';
import { vanishedOf } from './vanished.ts';
import type { Missed } from '../../memory.ts';

/** After this many complete listings in a row without it, at least a schedule period apart, a known backup is absent. */
export const LISTINGS_UNTIL_ABSENT = 3;

/** An index that is older cannot say that there is no backup: three runs have not written it. */
export const INDEX_LASTS = 20 * 60_000;

/** Clocks differ by less than this. A timestamp that is further in the future is wrong. */
export const CLOCKS_DIFFER = 5 * 60_000;

type Judging = Pick<Context, 'frozen' | 'bucket' | 'settings' | 'cluster' | 'now'>;

/** Decides on one claim's backup. A destination of ours and the index remember what was seen before. */
export function backupOf(s: Situation, context: Judging): Backup {
  if (s.listed.state === 'unknown') return { state: 'unknown', snapshots: null, newest: null, reason: s.listed.reason };
  if (s.listed.state === 'not-looked') return remembered(s) ?? byIndexAlone(s, context);
  if (s.listed.state === 'yes') {
    const { probe } = s;
    // Not listed in this pass, so only what the destination remembers counts.
    if (probe === null)
      return remembered(s) ?? { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' };
    if (probe.state === 'unknown') return { state: 'unknown', snapshots: null, newest: null, reason: probe.reason };
    const newest = newestIn(s, countedOf(s));
    if (newest !== null) {
      return {
        state: 'present',
        snapshots: probe.snapshots.length,
        // Never backwards: what was known once stays the newest until it is seen again, or accepted as lost.
        newest: vanishedOf(s) ?? { id: newest.id, at: newest.at },
        reason: null,
      };
    }
  }
  return missing(s, context);
}

/** Whether the index was written recently, by the same condition as in the policy `gate`. */
export function isCurrent({ generatedAt }: Pick<IndexView, 'generatedAt'>, now: Instant): boolean {
  return generatedAt !== null && generatedAt > now - INDEX_LASTS && generatedAt < now + CLOCKS_DIFFER;
}

/** The bucket was not listed, and nothing is remembered of this claim. If the index covers its namespace, there is no backup. */
function byIndexAlone(s: Situation, { cluster: { index }, now }: Judging): Backup {
  const nothing = { snapshots: null, newest: null } as const;
  if (index.generatedAt === null)
    return { state: 'unknown', ...nothing, reason: index.shards.length === 0 ? 'index-missing' : 'index-unwritten' };
  const covers = isCurrent(index, now) && !index.unknownNamespaces.has(s.namespace);
  return covers
    ? { state: 'absent', ...nothing, reason: index.bucketUnmarked ? 'bucket-unmarked' : 'repository-empty' }
    : { state: 'unknown', ...nothing, reason: 'index-stale' };
}

function missing(s: Situation, { frozen, bucket, settings }: Judging): Backup {
  const known = isRemembered(s) ? remembered(s) : null;
  if (known === null && s.elsewhere !== null) return onlyElsewhere(s.elsewhere);
  // This listing is not believed, and so it shows nothing about a claim that is new either.
  if (frozen === 'listing-shrank') return { state: 'unknown', snapshots: null, newest: null, reason: 'listing-shrank' };
  if (known !== null && missedListings(s).count < LISTINGS_UNTIL_ABSENT) return known;
  if (known !== null && isSpokenFor(s, settings))
    return { state: 'absent', snapshots: s.listed.state === 'yes' ? 0 : null, newest: null, reason: 'backup-gone' };
  const virgin = bucket.root.state === 'listed' && bucket.root.namespaces.size === 0 && !bucket.root.marked;
  return {
    state: 'absent',
    snapshots: s.listed.state === 'yes' ? 0 : null,
    newest: null,
    reason: virgin ? 'bucket-unmarked' : 'repository-empty',
  };
}

/** This repository is empty, and another one of the claim is not; where nobody could look, that is as it was. */
function onlyElsewhere({ snapshot }: Elsewhere): Backup {
  const nothing = { snapshots: null, newest: null } as const;
  return snapshot === null
    ? { state: 'unknown', ...nothing, reason: 'listing-failed' }
    : { state: 'absent', ...nothing, reason: 'newer-elsewhere' };
}

/** An entry that only says where else a backup is says nothing of this repository. */
function isRemembered({ destination, indexed, repository }: Situation): boolean {
  const isOfOther = indexed?.reason === 'newer-elsewhere' && !isOfThisPlace(indexed, repository);
  return destination?.managed === true || (indexed !== null && !isOfOther);
}

/** Something still counts on this backup, and no person has accepted that it is gone. */
export function isSpokenFor(s: Situation, { acceptShrink }: Pick<Context['settings'], 'acceptShrink'>): boolean {
  if (s.claimObject !== null && s.claimObject.accept === s.claimObject.uid) return false;
  return isCountedOn(s) || (!acceptShrink && isRecorded(s));
}

/** By the cluster: a claim, a source, a restore point. */
export function isCountedOn({ claimObject, source, destination }: Situation): boolean {
  return claimObject !== null || source !== null || destination?.managed === true;
}

/**
 * By the bucket: the record of its claim is still there, in this look or in an earlier one, which the entry remembers. One that
 * cannot be read speaks too.
 */
function isRecorded({ record, indexed }: Situation): boolean {
  if (record !== null) return record.state !== 'absent';
  return indexed?.reason === 'backup-gone' && indexed.recorded !== null;
}

/**
 * Whether its record decides about the entry, and nobody has read it: with the next listing, one that began at `startedAt`, the
 * entry would leave, and nothing in the cluster speaks for it.
 */
export function leavesUnlessRecorded(s: Situation, startedAt: Instant): boolean {
  const { indexed, record } = s;
  if (indexed === null || record !== null || !isMissingFromListing(s) || isCountedOn(s) || isRecorded(s)) return false;
  const { count, at } = indexed.missed;
  return count >= LISTINGS_UNTIL_ABSENT || (count === LISTINGS_UNTIL_ABSENT - 1 && startedAt - at >= SCHEDULE_PERIOD);
}

/** A complete listing shows no snapshot: the folder is missing, or there is nothing in it. */
export function isMissingFromListing({ listed, probe }: Pick<Situation, 'listed' | 'probe'>): boolean {
  return listed.state === 'no' || (listed.state === 'yes' && probe?.state === 'listed' && probe.snapshots.length === 0);
}

/** Present because the destination or the index remembers a snapshot. The younger one counts, the destination's if they are equal. */
function remembered({ destination, indexed }: Situation): Backup | null {
  const proven = provenBy(destination);
  const listed = indexed === null ? null : { id: indexed.id, at: indexed.at };
  const newest = proven === null || (listed?.at ?? 0) > (proven.at ?? 0) ? (listed ?? proven) : proven;
  return newest && { state: 'present', snapshots: null, newest, reason: null };
}

/** The snapshot that a destination has proven, or was asked to restore because it had been seen. */
function provenBy(d: Situation['destination']): NewestSnapshot | null {
  if (d === null) return null;
  const { verified } = d.memory;
  if (verified !== null) return { id: verified.id, at: verified.at };
  return d.managed && d.asked !== null ? { id: d.asked.id, at: null } : null;
}

const NEVER_MISSED: Missed = { count: 0, at: 0 };

/**
 * How many complete listings in a row did not show the repository. A destination of ours keeps its own count, so that this
 * works without an index. For everything else the index keeps the count.
 */
export function missedListings({ destination, indexed }: Pick<Situation, 'destination' | 'indexed'>): Missed {
  return (destination?.managed === true ? destination.memory.missed : indexed?.missed) ?? NEVER_MISSED;
}

/** The count after one more listing without the repository. Null when less than a schedule period has passed since the last one. */
export function missedOnceMore(
  before: Missed,
  { bucket, settings }: Pick<Context, 'bucket' | 'settings'>,
): Missed | null {
  const { count, at } = before;
  // A timestamp more than five minutes ahead comes from a wrong clock: keep the count and restart the interval here.
  if (count > 0 && at > bucket.startedAt + CLOCKS_DIFFER && !settings.acceptShrink)
    return { count, at: bucket.startedAt };
  if (
    count >= LISTINGS_UNTIL_ABSENT ||
    (count > 0 && bucket.startedAt - at < SCHEDULE_PERIOD && !settings.acceptShrink)
  )
    return null;
  // With --accept-shrink a person has decided, so one listing is enough.
  return { count: settings.acceptShrink ? LISTINGS_UNTIL_ABSENT : count + 1, at: bucket.startedAt };
}
