/** The evidence of how a bound claim began, out of what bucket and cluster show. */
import type { Claim, Instant, SnapshotObject } from '../../model.ts';
import { SCHEDULE_PERIOD } from '../../naming.ts';
import { shortId } from '../../restic/ids.ts';
import { readSaved, readSeconds } from '../../restic/log-lines.ts';
import type { Source } from '../../source.ts';
import { periodOf, seenFurther } from '../facts/elsewhere.ts';
import { isReachable } from '../facts/repositories.ts';
import { LISTINGS_UNTIL_ABSENT, isMissingFromListing, missedListings } from '../facts/backup.ts';
import { countedOf, doubtBehind, hasUncounted, rememberedOrigin } from '../facts/held-before.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { ONE_SECOND, originOf, type EvidenceLine, type OriginEvidence, type OriginVerdict } from './origin.ts';

/** How this claim got its data, by what is known of its beginning. */
export function beganAs(known: Situation, claim: Claim, context: Pick<Context, 'bucket' | 'cluster'>): OriginVerdict {
  return originOf(new Beginning(known, claim, context));
}

/** The evidence that decides it, in its order, for a person. */
export function evidenceOf(
  known: Situation,
  claim: Claim,
  context: Pick<Context, 'bucket' | 'cluster'>,
): EvidenceLine[] {
  const told: EvidenceLine[] = [];
  originOf(new Beginning(known, claim, context), told);
  return told;
}

/** The evidence is gathered when it is asked for: of most claims the memory or their age tells enough. */
class Beginning implements OriginEvidence {
  readonly #known: Situation;
  readonly #claim: Claim;
  readonly #context: Pick<Context, 'bucket' | 'cluster'>;
  readonly period = SCHEDULE_PERIOD;
  readonly claim: OriginEvidence['claim'];

  constructor(known: Situation, claim: Claim, context: Pick<Context, 'bucket' | 'cluster'>) {
    this.#known = known;
    this.#claim = claim;
    this.#context = context;
    const { uid, createdAt, optOut, isStatic, reference, restoresFromUs } = claim;
    const ownDataSource = isStatic || (reference !== null && !restoresFromUs);
    this.claim = { uid, createdAt, bound: known.live, optedOut: optOut === 'with-reason', ownDataSource };
  }

  get remembered(): OriginEvidence['remembered'] {
    return rememberedOrigin(this.#known, this.#claim.uid);
  }

  get listing(): OriginEvidence['listing'] {
    return listingOf(this.#known, this.#claim, this.#context.bucket.startedAt);
  }

  get elsewhere(): OriginEvidence['elsewhere'] {
    const snapshots = seenFurther(this.#known).flatMap((seen) => seen.snapshots);
    return { snapshots, period: periodOf(this.#known) };
  }

  get known(): OriginEvidence['known'] {
    return newestKnown(this.#known);
  }

  get skew(): number {
    return this.#context.bucket.skew;
  }

  get timesFrom(): Instant {
    return this.#known.timesFrom;
  }

  get populatedFrom(): OriginEvidence['populatedFrom'] {
    return this.#context.cluster.volumes.get(this.#known.key);
  }

  get proven(): OriginEvidence['proven'] {
    return provenImages(this.#known);
  }

  get proofPending(): boolean {
    return this.#known.sync.state === 'syncing';
  }

  get hasUncounted(): boolean {
    return hasUncounted(this.#known);
  }

  get savedSince(): OriginEvidence['savedSince'] {
    return savedSince(this.#known, this.#claim);
  }

  get uncertain(): OriginEvidence['uncertain'] {
    return uncertainOf(this.#known, this.#claim, this.skew);
  }

  get leftUnsure(): OriginEvidence['leftUnsure'] {
    return doubtBehind(this.#known)?.unsure ?? null;
  }

  get watchedSince(): OriginEvidence['watchedSince'] {
    return isRecreated(this.#known, this.#claim) ? 0 : this.#context.cluster.index.since;
  }
}

/**
 * A complete listing of this very run: its snapshots, or that there is none. Every repository of the claim that may be asked has
 * to have answered. A run lists once, and a claim that has come since is judged by the next one: what was saved until it came is not
 * in this listing.
 */
function listingOf(known: Situation, { createdAt }: Claim, startedAt: Instant): OriginEvidence['listing'] {
  const { listed, probe, further } = known;
  if (createdAt !== null && startedAt < createdAt) return null;
  if (further.some((one) => isReachable(one.repository) && one.probe?.state !== 'listed')) return null;
  if (isDoubted(known) || isContradicted(known)) return null;
  if (listed.state === 'no') return { startedAt, snapshots: [] };
  return listed.state === 'yes' && probe?.state === 'listed' ? { startedAt, snapshots: countedOf(known) } : null;
}

/** A listing without a repository that is known decides nothing, until three of them agree. */
function isDoubted(known: Situation): boolean {
  const isKnown = known.indexed !== null || (known.destination?.memory.verified ?? null) !== null;
  return isKnown && isMissingFromListing(known) && missedListings(known).count < LISTINGS_UNTIL_ABSENT;
}

/** A source has saved a snapshot, and the listing shows none: an empty bucket in the place of the real one, and not a fresh start. */
function isContradicted({ sources, listed, probe }: Situation): boolean {
  const showsNone = listed.state === 'no' || (probe?.state === 'listed' && probe.snapshots.length === 0);
  return showsNone && sources.some(({ mover, moverLogs }) => mover === 'restic' && readSaved(moverLogs) !== null);
}

/** What was the newest snapshot before this run looked, by the memory that is the youngest. */
function newestKnown(s: Situation): OriginEvidence['known'] {
  const { indexed, destination, record } = s;
  const uncounted = uncountedOf(s);
  const verified = destination?.memory.verified ?? null;
  const recorded = record?.state === 'read' ? (record.record.origin?.newest ?? null) : null;
  const told = [
    indexed && { id: indexed.id, at: indexed.at, by: 'cluster: volsync-prewarm-index' },
    verified && { id: verified.id, at: verified.at, by: 'cluster: annotations of the destination' },
    recorded === null ? null : { id: recorded, at: null, by: 'bucket: claim record' },
  ];
  return told.reduce<OriginEvidence['known']>((best, one) => {
    if (one === null || uncounted.has(one.id)) return best;
    return best === null || (one.at ?? 0) > (best.at ?? 0) ? one : best;
  }, null);
}

/** Short ids of what a claim before this one has saved of a start without its backup. */
function uncountedOf(s: Situation): ReadonlySet<string> {
  if (s.probe?.state !== 'listed') return new Set();
  const counted = new Set(countedOf(s));
  return new Set(s.probe.snapshots.filter((one) => !counted.has(one)).map(({ id }) => shortId(id)));
}

function provenImages({ destination, contents }: Situation): ReadonlyMap<string, string> {
  const proven = new Map<string, string>();
  if (destination === null) return proven;
  const { memory, latestImage } = destination;
  for (const { image, id } of memory.provenImages) proven.set(image, id);
  if (memory.verified !== null) proven.set(memory.verified.image, memory.verified.id);
  if (latestImage !== null && contents.state === 'proven') proven.set(latestImage.name, contents.id);
  return proven;
}

/** A backup of the claim before may still be saved for so long after this one was created, whatever backups usually take. */
const STILL_SAVED = 10 * 60_000;

/**
 * Snapshots that sources of the claim have saved in syncs that began after the claim was made. A log names only the last one; those
 * before it are of the same source when they are so much younger than the claim that no backup of an earlier claim was still running.
 */
function savedSince({ sources, probe }: Situation, claim: Claim): ReadonlySet<string> {
  const listed = probe?.state === 'listed' ? probe.snapshots : [];
  return new Set(
    sources.flatMap((source) => {
      const id = readSaved(source.moverLogs);
      if (id === null || !beganSince(source, claim)) return [];
      const still = Math.max(STILL_SAVED, 3 * 1000 * (source.lastSyncSeconds ?? 0));
      const from = (claim.createdAt ?? Infinity) + still;
      const until = source.lastSyncAt ?? 0;
      return [id, ...listed.filter(({ at }) => at > from && at <= until).map((one) => shortId(one.id))];
    }),
  );
}

function beganSince({ memory, lastSyncAt, lastSyncSeconds }: Source, { uid, createdAt }: Claim): boolean {
  // One of ours is made for one claim, and goes with it; so does one that the claim owns.
  if (memory.claimUid === uid) return true;
  if (createdAt === null || lastSyncAt === null || lastSyncSeconds === null) return false;
  // A sync that started within the same second as the claim proves nothing.
  return lastSyncAt - lastSyncSeconds * 1000 >= createdAt + ONE_SECOND;
}

/**
 * Snapshots that were saved since the claim was made, in a sync that may have begun before: VolSync makes a sync wait while its claim
 * is away, and copies the volume of whichever claim there is then.
 */
function uncertainOf(s: Situation, claim: Claim, skew: number): SnapshotObject[] {
  if (s.probe?.state !== 'listed' || claim.createdAt === null) return [];
  const from = Math.max(claim.createdAt + ONE_SECOND + skew, s.timesFrom);
  const remembered = rememberedOrigin(s, claim.uid);
  const decided = remembered !== null && remembered.origin !== null ? remembered : null;
  const left = (decided ?? doubtBehind(s))?.unsure;
  const named = new Set(s.sources.map(({ moverLogs }) => readSaved(moverLogs)));
  const certain = new Set([...savedSince(s, claim), ...savedBefore(s, claim)]);
  return [...s.probe.snapshots, ...seenFurther(s).flatMap(({ snapshots }) => snapshots)].filter(({ id, at }) => {
    const short = shortId(id);
    // Once it is decided its sources have gone on saving, and a log names only the last one.
    return short === left || (at > from && !certain.has(short) && (decided === null || named.has(short)));
  });
}

/** By so much the clocks of VolSync and of the API server may differ. */
const CLOCKS = 60_000;

/** What movers have saved that were at work before the claim was made, by their own word: they had the volume of the claim before. */
function savedBefore({ sources }: Situation, { createdAt }: Claim): string[] {
  return sources.flatMap(({ moverLogs, lastSyncAt }) => {
    const [id, seconds] = [readSaved(moverLogs), readSeconds(moverLogs)];
    if (id === null || seconds === null || lastSyncAt === null || createdAt === null) return [];
    return lastSyncAt - seconds * 1000 < createdAt - CLOCKS ? [id] : [];
  });
}

/** A record of another UID says that this name had another claim before: whatever the age, this one is judged. */
function isRecreated({ record }: Situation, { uid }: Claim): boolean {
  return record?.state === 'read' && record.record.uid !== uid;
}
