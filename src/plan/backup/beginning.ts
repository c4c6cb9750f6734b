/** The evidence of how a bound claim began, out of what bucket and cluster show. */
import type { Claim, Instant, SnapshotObject } from '../../model.ts';
import { SCHEDULE_PERIOD } from '../../naming.ts';
import type { OriginMemory } from '../../origin.ts';
import { shortId } from '../../restic/ids.ts';
import { readSaved } from '../../restic/log-lines.ts';
import type { Source } from '../../source.ts';
import { periodOf } from '../facts/elsewhere.ts';
import { isReachable } from '../facts/repositories.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { originOf, type OriginEvidence, type OriginVerdict } from './origin.ts';

/** The API server cuts times to seconds: a sync that started within the same one as the claim proves nothing. */
const ONE_SECOND = 1000;

/** How this claim got its data, by what is known of its beginning. */
export function beganAs(known: Situation, claim: Claim, context: Pick<Context, 'bucket' | 'cluster'>): OriginVerdict {
  return originOf(beginningOf(known, claim, context));
}

/** The evidence is gathered when it is asked for: of most claims the memory or their age tells enough. */
function beginningOf(known: Situation, claim: Claim, context: Pick<Context, 'bucket' | 'cluster'>): OriginEvidence {
  const { bucket, cluster } = context;
  return {
    claim: {
      uid: claim.uid,
      createdAt: claim.createdAt,
      bound: known.live,
      optedOut: claim.optOut === 'with-reason',
      ownDataSource: claim.isStatic || (claim.reference !== null && !claim.restoresFromUs),
    },
    remembered: rememberedOrigin(known, claim.uid),
    get listing() {
      return listingOf(known, bucket.startedAt);
    },
    get elsewhere() {
      return { snapshots: seenElsewhere(known), period: periodOf(known) };
    },
    get known() {
      return newestKnown(known);
    },
    skew: bucket.skew,
    timesFrom: known.timesFrom,
    populatedFrom: cluster.volumes.get(known.key),
    get proven() {
      return provenImages(known);
    },
    proofPending: known.sync.state === 'syncing',
    get savedSince() {
      return savedSince(known.sources, claim);
    },
    watchedSince: isRecreated(known, claim) ? 0 : cluster.index.since,
    period: SCHEDULE_PERIOD,
  };
}

/** On the source of ours, in the index entry, or in the record: the first that is about this very UID. */
export function rememberedOrigin({ sources, indexed, record }: Situation, uid: string): OriginMemory | null {
  let undecided: OriginMemory | null = null;
  const decides = (memory: OriginMemory | null): boolean => {
    if (memory === null || memory.uid !== uid) return false;
    undecided ??= memory;
    return memory.origin !== null;
  };
  for (const { managed, memory } of sources) if (managed && decides(memory.origin)) return memory.origin;
  const told = indexed?.origin ?? null;
  if (decides(told)) return told;
  const recorded = record?.state === 'read' ? record.record.origin : null;
  return decides(recorded) ? recorded : undecided;
}

/** What was seen in the claim's other repositories; copies of the primary one's snapshots are no other ones. */
function seenElsewhere({ further, probe }: Situation): SnapshotObject[] {
  const here = new Set(probe?.state === 'listed' ? probe.snapshots.map(({ id }) => id) : []);
  return further.flatMap((one) =>
    one.probe?.state === 'listed' ? one.probe.snapshots.filter(({ id }) => !here.has(id)) : [],
  );
}

/**
 * A complete listing of this very run: its snapshots, or that there is none. Every repository of the claim that may be asked has
 * to have answered.
 */
function listingOf({ listed, probe, further }: Situation, startedAt: Instant): OriginEvidence['listing'] {
  if (further.some((one) => isReachable(one.repository) && one.probe?.state !== 'listed')) return null;
  if (listed.state === 'no') return { startedAt, snapshots: [] };
  return listed.state === 'yes' && probe?.state === 'listed' ? { startedAt, snapshots: probe.snapshots } : null;
}

/** What was the newest snapshot before this run looked, by the memory that is the youngest. */
function newestKnown({ indexed, destination, record }: Situation): OriginEvidence['known'] {
  const told = [
    indexed && { id: indexed.id, at: indexed.at, by: 'cluster: volsync-prewarm-index' },
    destination?.memory.verified && { ...destination.memory.verified, by: 'cluster: annotations of the destination' },
    record?.state === 'read' && record.record.origin?.newest !== null && record.record.origin !== null
      ? { id: record.record.origin.newest, at: null, by: 'bucket: claim record' }
      : null,
  ];
  return told.reduce<OriginEvidence['known']>((best, one) => {
    if (one === null || one === undefined) return best;
    const { id, at, by } = one;
    return best === null || (at ?? 0) > (best.at ?? 0) ? { id, at, by } : best;
  }, null);
}

function provenImages({ destination, contents }: Situation): ReadonlyMap<string, string> {
  const proven = new Map<string, string>();
  for (const { image, id } of destination?.memory.provenImages ?? []) proven.set(image, id);
  const verified = destination?.memory.verified ?? null;
  if (verified !== null) proven.set(verified.image, verified.id);
  const current = destination?.latestImage?.name;
  if (current !== undefined && contents.state === 'proven') proven.set(current, contents.id);
  return proven;
}

/** Snapshots that sources of the claim say they have saved, in syncs that began after the claim was made. */
function savedSince(sources: readonly Source[], claim: Claim): ReadonlySet<string> {
  return new Set(
    sources.flatMap((source) => {
      const id = readSaved(source.moverLogs);
      return id !== null && beganSince(source, claim) ? [shortId(id)] : [];
    }),
  );
}

function beganSince({ managed, memory, lastSyncAt, lastSyncSeconds }: Source, { uid, createdAt }: Claim): boolean {
  // One of ours is made for one claim, and goes with it.
  if (managed && memory.claimUid === uid) return true;
  if (createdAt === null || lastSyncAt === null || lastSyncSeconds === null) return false;
  return lastSyncAt - lastSyncSeconds * 1000 >= createdAt + ONE_SECOND;
}

/** A record of another UID says that this name had another claim before: whatever the age, this one is judged. */
function isRecreated({ record }: Situation, { uid }: Claim): boolean {
  return record?.state === 'read' && record.record.uid !== uid;
}
