/**
 * Does another repository of a claim hold something newer than the one that the claim is restored from? Two sources of one claim
 * do not save at the same time, so only what is newer by more than a period counts.
 */
import type { IndexEntry } from '../../index-model.ts';
import type { Claim, Destination, Instant, Probe, SnapshotObject } from '../../model.ts';
import { TIER_PERIOD } from '../../naming.ts';
import { shortId } from '../../restic/ids.ts';
import { acceptedOf } from './accepted.ts';
import { isOfThisPlace } from './changed.ts';
import { newestOf } from './newest.ts';
import { isReachable, type Further, type Repository } from './repositories.ts';
import type { Writer } from './writers.ts';

/** Where the newer snapshot is. Both are null when the last run has seen it, and nobody could look in this one. */
export type Elsewhere = { snapshot: SnapshotObject; repository: Repository } | { snapshot: null; repository: null };

/** What is known of one claim's repositories. */
export interface RepositoryFacts {
  listed: { state: 'yes' | 'no' | 'not-looked' | 'unknown' };
  probe: Probe | null;
  repository: Repository | null;
  further: readonly Further[];
  indexed: IndexEntry | null;
  destination: Destination | null;
  claimObject: Claim | null;
  writers: readonly Writer[];
}

/** A backup may be late by its own length and by a run of ours. */
const GRACE = 15 * 60_000;
const DAY = 86_400_000;
/** A source that is asked for less often is no schedule of backups. */
const LONGEST_PERIOD = 7 * DAY;

/** How much older than another one the primary repository may be while all is well, in milliseconds. */
export function periodOf({ claimObject, writers }: Pick<RepositoryFacts, 'claimObject' | 'writers'>): number {
  const gaps = writers.flatMap(({ source: { nextSyncAt, lastSyncAt } }) =>
    nextSyncAt === null || lastSyncAt === null ? [] : Math.min(nextSyncAt - lastSyncAt, LONGEST_PERIOD),
  );
  const tier = claimObject === null ? 0 : TIER_PERIOD[claimObject.tier];
  return Math.max(tier, ...gaps, gaps.length === 0 && tier === 0 ? DAY : 0) + GRACE;
}

/** The newest snapshot of the primary repository, seen or remembered; `none`: it is empty; null: it is not known. */
export function newestHere({
  listed,
  probe,
  repository,
  indexed,
  destination,
}: RepositoryFacts): { id: string; at: Instant } | 'none' | null {
  if (listed.state === 'no') return 'none';
  if (listed.state !== 'yes' || probe?.state === 'unknown') return null;
  if (probe !== null) {
    const newest = newestOf(probe.snapshots);
    return newest === null ? 'none' : { id: shortId(newest.id), at: newest.at };
  }
  const told = [isOfThisPlace(indexed, repository) ? indexed : null, destination?.memory.verified ?? null];
  const known = told.flatMap((one) => (one === null || one.at === null ? [] : { id: one.id, at: one.at }));
  return known.toSorted((a, b) => b.at - a.at)[0] ?? null;
}

/**
 * What another repository has that is newer by more than a period, and that nobody has given up by accepting the older one.
 * Null: nothing, or it is not known.
 * @param now object times beyond it come from a clock that is wrong, and count as now
 */
export function newerElsewhere(facts: RepositoryFacts, now: Instant): Elsewhere | null {
  const wasNewer = facts.indexed?.reason === 'newer-elsewhere';
  // It has no other repository, as nearly all claims.
  if (facts.further.length === 0 && !wasNewer) return null;
  const here = newestHere(facts);
  if (isAccepted(facts, here)) return null;
  // Cluster and index are all that is known: what the last run has said stands.
  if (facts.listed.state === 'not-looked') return wasNewer ? { snapshot: null, repository: null } : null;
  const isUnseen = here === null || facts.further.some(({ probe }) => probe?.state !== 'listed');
  const before = wasNewer && isUnseen && facts.further.length > 0 ? { snapshot: null, repository: null } : null;
  if (here === null) return before;
  const newest = newestFurther(facts);
  const limit = here === 'none' ? -Infinity : here.at + periodOf(facts);
  return newest !== null && Math.min(newest.snapshot.at, now) > limit ? newest : before;
}

/** What was seen of the further repositories, copies of the primary one's snapshots left out. */
export function seenFurther({
  further,
  probe,
}: Pick<RepositoryFacts, 'further' | 'probe'>): { repository: Repository; snapshots: SnapshotObject[] }[] {
  const here = new Set(probe?.state === 'listed' ? probe.snapshots.map(({ id }) => id) : []);
  return further.flatMap(({ repository, probe: seen }) =>
    seen?.state === 'listed' ? { repository, snapshots: seen.snapshots.filter(({ id }) => !here.has(id)) } : [],
  );
}

/** The newest snapshot among these. */
export function newestFurther(
  facts: Pick<RepositoryFacts, 'further' | 'probe'>,
): { snapshot: SnapshotObject; repository: Repository } | null {
  if (facts.further.length === 0) return null;
  const found = seenFurther(facts).flatMap(({ repository, snapshots }) => {
    const newest = newestOf(snapshots);
    return newest === null ? [] : { snapshot: newest, repository };
  });
  return found.toSorted((a, b) => b.snapshot.at - a.snapshot.at)[0] ?? null;
}

function isAccepted(facts: RepositoryFacts, here: ReturnType<typeof newestHere>): boolean {
  return acceptedOf(facts) === (here === 'none' ? facts.claimObject?.uid : here?.id);
}

/**
 * Which further repositories are worth a look in this pass: where nobody has looked yet, where a claim waits or it is to be
 * decided how one began, and where a source has written so much later than the newest snapshot of the primary one that it can
 * be newer by more than a period.
 */
export function furtherWanted(
  facts: RepositoryFacts & { waits: boolean; changedFrom: string | null; listed: RepositoryFacts['listed'] },
  sources: readonly { name: string; lastSyncAt: Instant | null }[],
  undecided: boolean,
): readonly Repository[] {
  if (facts.listed.state === 'not-looked') return [];
  const here = newestHere(facts);
  const isOpen =
    facts.waits ||
    undecided ||
    facts.indexed === null ||
    facts.indexed.reason === 'newer-elsewhere' ||
    facts.changedFrom !== null;
  const limit = here === null || here === 'none' ? -Infinity : here.at + periodOf(facts);
  return facts.further.flatMap(({ repository, probe }) => {
    const wroteAt = sources.filter(({ name }) => repository.sources.includes(name)).map((one) => one.lastSyncAt ?? 0);
    const isWanted = isOpen || Math.max(0, ...wroteAt) > limit;
    return probe === null && isReachable(repository) && isWanted ? [repository] : [];
  });
}
