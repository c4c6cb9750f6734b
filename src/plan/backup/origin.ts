/**
 * How a bound claim got its data: decided once for each claim UID, from evidence that is told with the verdict. What cannot be
 * looked at decides nothing; what is ambiguous is doubtful, since a doubtful claim loses nothing: its source keeps everything.
 */
import type { Instant, SnapshotObject } from '../../model.ts';
import { isDoubtful, type Origin, type OriginMemory } from '../../origin.ts';
import { shortId } from '../../restic/ids.ts';
import { newestOf } from '../facts/newest.ts';

/** A snapshot by its short id, with its time in the bucket where that is known. */
export interface KnownSnapshot {
  id: string;
  at: Instant | null;
}

export interface OriginEvidence {
  claim: {
    uid: string;
    /** null: the API server did not say */
    createdAt: Instant | null;
    bound: boolean;
    /** labelled to start without its backup, with the reason for it */
    optedOut: boolean;
    /** filled by a data source of the user's own */
    ownDataSource: boolean;
  };
  /** what is remembered of this very UID: on the source, in the index entry or in the record */
  remembered: OriginMemory | null;
  /** the snapshots of a complete listing of this run, or why there is none */
  listing: { startedAt: Instant; snapshots: readonly SnapshotObject[] } | null;
  /** what the other repositories of the claim hold, and how much newer than the claim's own that may be while all is well */
  elsewhere: { snapshots: readonly SnapshotObject[]; period: number };
  /** newest snapshot that index, record or destination knew, with who told it */
  known: (KnownSnapshot & { by: string }) | null;
  /** the bucket's clock minus the one by which `since` was written */
  skew: number;
  /** object times up to this one prove nothing about order: the bucket was copied. Infinity: nobody has confirmed that yet */
  timesFrom: Instant;
  /** VolumeSnapshot that the claim's volume was populated from; null = from none; undefined = could not look */
  populatedFrom: string | null | undefined;
  /** images that a log has proven: name → short id */
  proven: ReadonlyMap<string, string>;
  /** a restore of this claim's destination is under way, or its proof is still to be read */
  proofPending: boolean;
  /** a claim before this one has left younger snapshots that do not count: the listing is without them */
  hasUncounted: boolean;
  /** snapshots whose backup is known to have started after the claim was there, by the source's own log */
  savedSince: ReadonlySet<string>;
  /**
   * snapshots that may be of this claim or of one before it: they were saved since it was made, in a sync that may have begun before.
   * With them what an earlier claim left in that state. Once it is decided how the claim began, only those that a log names
   */
  uncertain: readonly SnapshotObject[];
  /** short id of the one that an earlier claim has left in that state */
  leftUnsure: string | null;
  /** when the index was first published; claims that are older were there before anybody watched. null = this is the first time */
  watchedSince: Instant | null;
  /** listings that count as two are at least so far apart, in milliseconds */
  period: number;
}

/** One fact, and where it was seen. */
export interface EvidenceLine {
  what: string;
  seen: string;
}

export interface OriginVerdict {
  /** null = not decided */
  origin: Origin | null;
  /** what shall be remembered; null = nothing, because nothing was seen that lasts */
  memory: OriginMemory | null;
  /** nobody has looked at the claim's volume yet, and it decides */
  wantsVolume: boolean;
}

/** The API server cuts times to seconds: of what happens within one nobody can tell the order. */
export const ONE_SECOND = 1000;

/** Where the evidence of a verdict is told, for a person; null = nobody asks. */
type Told = EvidenceLine[] | null;

function say(told: Told, what: string, seen: string): void {
  told?.push({ what, seen });
}

/**
 * Decides. Pure; the same evidence gives the same verdict.
 * @param told takes the evidence that decided, in its order
 */
export function originOf(e: OriginEvidence, told: Told = null): OriginVerdict {
  const { remembered, claim } = e;
  if (remembered !== null && remembered.uid === claim.uid && remembered.origin !== null) {
    say(told, `decided before: ${remembered.origin}`, 'source, index entry or record');
    return {
      origin: remembered.origin,
      memory: withUnsure(e, remembered, remembered.unsure ?? null),
      wantsVolume: false,
    };
  }
  if (!claim.bound) {
    say(told, 'the claim is not Bound', 'cluster: persistentvolumeclaims');
    return { origin: null, memory: null, wantsVolume: false };
  }
  if (isInherited(e, told)) return decided(e, 'inherited');
  const { listing } = e;
  if (listing === null) {
    say(told, 'the repository was not looked at, or the listing was not believed', 'bucket');
    return { origin: null, memory: e.remembered, wantsVolume: false };
  }
  const before = fromBefore(e, listing.snapshots, e.savedSince);
  say(
    told,
    `${listing.snapshots.length} snapshots, ${before.length} of them may be from before the claim`,
    'bucket: listing of snapshots/ and the source’s log',
  );
  const newest = newestOfAll(e, newestBefore(e, before, e.savedSince), e.savedSince);
  if (e.timesFrom === Infinity && (newest === null || pendingSince(e) !== null)) {
    say(told, 'the bucket is a copy: its times prove nothing', 'bucket: the marker');
    return { origin: null, memory: e.remembered, wantsVolume: false };
  }
  if (newest === null) return freshness(e, listing.startedAt, told);
  const missed = surelyMissed(e, newest, told);
  if (missed !== null) return missed;
  say(told, `newest snapshot from before the claim: ${newest.id}`, newest.by);
  return restoration(e, newest, told);
}

/**
 * A claim that was filled without a snapshot that is certainly older may have saved the younger ones itself: VolSync lets a sync wait
 * while its claim is away. So that one counts as the newest, and of the younger ones it is remembered that nobody can tell.
 */
function surelyMissed(e: OriginEvidence, newest: KnownSnapshot & { by: string }, told: Told): OriginVerdict | null {
  if (e.uncertain.length === 0) return null;
  const own = new Set([...e.savedSince, ...e.uncertain.map(({ id }) => shortId(id))]);
  const sure = newestOfAll(e, newestBefore(e, fromBefore(e, e.listing?.snapshots ?? [], own), own), own);
  if (sure === null || sure.id === newest.id || !isDoubtful(restoration(e, sure, null).origin)) return null;
  say(told, `${newest.id} was saved since the claim was made, in a sync that may have begun before`, newest.by);
  say(told, `newest snapshot that is certainly from before the claim: ${sure.id}`, sure.by);
  return restoration(e, sure, told);
}

/** The claim was there, or chose its own data, before anybody judged it. */
function isInherited({ claim, watchedSince }: OriginEvidence, told: Told): boolean {
  if (claim.optedOut) {
    say(told, 'opted out of the restore, with a reason', 'cluster: labels of the claim');
    return true;
  }
  if (claim.ownDataSource) {
    say(told, 'filled by a data source of its own', 'cluster: spec of the claim');
    return true;
  }
  if (claim.createdAt === null || (watchedSince !== null && claim.createdAt + ONE_SECOND > watchedSince)) return false;
  if (told !== null)
    say(
      told,
      `older than the first published index (${sinceWhen(watchedSince)})`,
      'cluster: creationTimestamp and index',
    );
  return true;
}

function sinceWhen(watchedSince: Instant | null): string {
  return watchedSince === null ? 'this is the first run' : `watched since ${new Date(watchedSince).toISOString()}`;
}

/** Everything that is not proven to have been saved since. With a copied bucket the times say nothing. */
function fromBefore(
  e: OriginEvidence,
  snapshots: readonly SnapshotObject[],
  own: ReadonlySet<string>,
): SnapshotObject[] {
  const emptySince = pendingSince(e);
  return snapshots.filter(({ id, at }) => {
    if (own.has(shortId(id))) return false;
    // A complete listing, made while the claim was there, showed nothing: what appeared later was saved later.
    return emptySince === null || at <= e.timesFrom || at - e.skew <= emptySince;
  });
}

/** Of what was decided before, this is not asked. */
function pendingSince({ remembered, claim }: OriginEvidence): Instant | null {
  return remembered?.uid === claim.uid ? remembered.since : null;
}

/** The newest of the listing, unless index or record knew a newer one that is not proven to have been saved since. */
function newestBefore(
  e: OriginEvidence,
  before: readonly SnapshotObject[],
  own: ReadonlySet<string>,
): (KnownSnapshot & { by: string }) | null {
  const listed = newestOf(before);
  const told = e.known;
  const known = told !== null && !own.has(told.id) ? told : null;
  if (listed === null) return pendingSince(e) === null ? known : null;
  // Times of a copy tell no order: what was known counts, wherever it is.
  if (known !== null && listed.at <= e.timesFrom) return known;
  const isNewer = known !== null && (known.at ?? 0) > listed.at && before.every(({ id }) => shortId(id) !== known.id);
  return isNewer ? known : { id: shortId(listed.id), at: listed.at, by: 'bucket: listing of snapshots/' };
}

/** Another repository of the claim counts when it held something newer by more than a period: sources do not save together. */
function newestOfAll(
  e: OriginEvidence,
  here: (KnownSnapshot & { by: string }) | null,
  own: ReadonlySet<string>,
): typeof here {
  const { snapshots, period } = e.elsewhere;
  const newest = newestOf(fromBefore(e, snapshots, own));
  const isNewer = newest !== null && newest.at > (here === null ? -Infinity : (here.at ?? Infinity) + period);
  return isNewer ? { id: shortId(newest.id), at: newest.at, by: 'another repository of the claim' } : here;
}

/** Nothing from before: fresh by two listings a period apart, none of them of a copied bucket. */
function freshness(e: OriginEvidence, startedAt: Instant, told: Told): OriginVerdict {
  const since = pendingSince(e);
  if (since !== null && startedAt - since >= e.period) {
    say(told, `an earlier listing showed none: ${new Date(since).toISOString()}`, 'source');
    return decided(e, 'fresh');
  }
  say(told, 'one listing shows no snapshot from before; another one decides', 'bucket');
  const memory = { uid: e.claim.uid, origin: null, held: null, newest: null, since: since ?? startedAt };
  return { origin: null, memory, wantsVolume: false };
}

/** Something from before: what was the claim filled from? */
function restoration(e: OriginEvidence, newest: KnownSnapshot, told: Told): OriginVerdict {
  const { populatedFrom } = e;
  const seen = 'cluster: annotation populated-from of the PersistentVolume';
  if (populatedFrom === undefined) {
    say(told, 'the claim’s volume could not be looked at', seen);
    return { origin: null, memory: e.remembered, wantsVolume: true };
  }
  if (populatedFrom === null) {
    say(told, 'the volume was not populated from a restore point', seen);
    return decided(e, 'missed', { newest: newest.id });
  }
  const held = e.proven.get(populatedFrom) ?? null;
  if (held === null && e.proofPending) {
    say(told, `the volume was populated from ${populatedFrom}, whose proof is still to be read`, seen);
    return { origin: null, memory: e.remembered, wantsVolume: false };
  }
  if (held === null) {
    say(told, `the volume was populated from ${populatedFrom}, which no log has proven`, seen);
    return decided(e, 'missed', { newest: newest.id });
  }
  say(told, `the volume was populated from ${populatedFrom}, which holds ${held}`, seen);
  const heldAt = e.listing?.snapshots.find(({ id }) => shortId(id) === held)?.at ?? null;
  const isNewer = heldAt !== null && newest.at !== null && heldAt > Math.max(newest.at, e.timesFrom);
  const origin = held === newest.id || isNewer ? 'restored' : 'stale';
  return decided(e, origin, { held, newest: newest.id });
}

function decided(
  e: OriginEvidence,
  origin: Origin,
  { held = null, newest = null }: Partial<Pick<OriginMemory, 'held' | 'newest'>> = {},
): OriginVerdict {
  // What is younger than the backup and older than this claim does not count from now on either.
  const since = origin === 'restored' && e.hasUncounted ? madeBy(e) : null;
  return {
    origin,
    memory: withUnsure(e, { uid: e.claim.uid, origin, held, newest, since }, e.leftUnsure),
    wantsVolume: false,
  };
}

/**
 * With the newest snapshot of which nobody can tell whether it follows on the newest from before. It makes a difference only where a
 * claim has started without that. Up to its time nothing counts: a claim that came back has saved none of it.
 */
function withUnsure(e: OriginEvidence, memory: OriginMemory, left: string | null): OriginMemory {
  const { uid, origin, held, newest, since } = memory;
  if (!isDoubtful(origin) && since === null && left === null) return memory;
  const good = e.listing?.snapshots.find(({ id }) => shortId(id) === newest);
  if (good === undefined) return left === null ? memory : { ...memory, unsure: left };
  // What follows on a claim that may have missed something misses it too, however much younger it is.
  const last = newestOf(e.uncertain.filter(({ id, at }) => at > good.at || shortId(id) === left));
  if (last === null) return { uid, origin, held, newest, since };
  return { uid, origin, held, newest, since: since && Math.max(since, last.at), unsure: shortId(last.id) };
}

/** When the claim was there at the latest, by the bucket's clock: what was saved until then is not its own. */
function madeBy({ claim: { createdAt }, skew }: OriginEvidence): Instant | null {
  return createdAt === null ? null : createdAt + ONE_SECOND + skew;
}
