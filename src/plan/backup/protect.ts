/** What is done about the source of one claim: made, changed, deleted or left alone. */
import type { Action, SourceReport } from '../../decisions.ts';
import type { Claim, SnapshotObject } from '../../model.ts';
import { isDoubtful } from '../../origin.ts';
import type { Source } from '../../source.ts';
import type { Reason } from '../../reasons.ts';
import { doubtBehind } from '../facts/held-before.ts';
import type { Context } from '../facts/situation.ts';
import { othersSnapshots } from '../facts/second-writer.ts';
import { firstBlocker } from '../restore/blockers.ts';
import { credentialsDrift } from '../restore/credentials.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';
import { isAwaited, releasesOf } from './asked-backup.ts';
import { beganAs } from './beginning.ts';
import { keepingOf, type Keeping, type KeepingFacts } from './keeping.ts';
import { removalOf } from './leaving.ts';
import type { OriginVerdict } from './origin.ts';
import type { Protection } from './protected-claim.ts';
import { normalRetain } from './retention.ts';
import { unlockOf } from './locks.ts';
import { adoptedUpkeep } from './adopted.ts';
import { isBusy } from './syncs.ts';
import { differs, wantedSource } from './wanted-source.ts';

const NOTHING: readonly Action[] = [];
const UNDECIDED: OriginVerdict = { origin: null, memory: null, wantsVolume: false };

/** Decides for one claim. Pure. */
export function protect(judged: JudgedClaim, context: Context): Protection {
  const protection = protectByOurs(judged, context);
  // One change of a source in a pass: the next one sees it as it is then.
  const releases = context.frozen === null ? releasesOf(judged.sources, context.now) : [];
  if (releases.length > 0) return { ...protection, upkeep: releases };
  const theirs = adoptedUpkeep(judged, context);
  return theirs.length === 0 ? protection : { ...protection, upkeep: [...protection.upkeep, ...theirs] };
}

function protectByOurs(judged: JudgedClaim, context: Context): Protection {
  const { claimObject: claim, sources, backup } = judged;
  const ours = sources.find(({ managed }) => managed) ?? null;
  const judgement = judgementOf(judged, ours, context);
  const known = knownOf(judged, judgement, context);
  if (context.settings.sources === 'off' || context.frozen !== null || backup.state === 'unknown') return known;
  if (ours !== null && (claim === null || ours.memory.claimUid !== claim.uid))
    return { ...known, upkeep: removalOf(judged, ours, context) };
  if (claim === null || judgement.keeping === null) return known;
  const { verdict, keeping } = judgement;
  const wanted = wantedSource(judged, context.settings, { claim, keeping, origin: verdict.memory, ours });
  if (ours !== null) return { ...known, upkeep: changeOf(judged, ours, { wanted, context }) };
  const wait = waitsFor(judged, claim, verdict, context);
  if (wait !== null) return { ...known, source: { ...known.source, reason: wait } };
  const make: Action = { kind: 'create-source', namespace: judged.namespace, claim: judged.claim, source: wanted };
  return {
    ...known,
    source: { ...known.source, state: 'planned', reason: 'queued' },
    first: [...credentialsFor(judged, context), make],
  };
}

interface Judgement {
  ours: Source | null;
  verdict: OriginVerdict;
  /** its owner accepts how it began */
  accepted: boolean;
  keeping: Keeping | null;
}

function judgementOf(judged: JudgedClaim, ours: Source | null, context: Context): Judgement {
  const { claimObject: claim } = judged;
  if (claim === null) return { ours, verdict: UNDECIDED, accepted: false, keeping: null };
  const accepted = claim.accept === claim.uid;
  const verdict = settled(beganAs(judged, claim, context), accepted);
  return { ours, verdict, accepted, keeping: keepingFor(judged, claim, { verdict, accepted, ours, context }) };
}

/** An accepted start is no doubt for a later claim: what the claim has saved counts, and nothing from before it is newer. */
function settled(verdict: OriginVerdict, accepted: boolean): OriginVerdict {
  if (!accepted || verdict.memory === null) return verdict;
  const { uid, origin, held, newest, since } = verdict.memory;
  return { ...verdict, memory: { uid, origin, held, newest: isDoubtful(origin) ? null : newest, since } };
}

/** What is told and remembered, whatever is done. */
function knownOf(judged: JudgedClaim, judgement: Judgement, context: Context): Protection {
  const { ours, verdict, accepted, keeping } = judgement;
  const { indexed, key } = judged;
  return {
    began: verdict.origin,
    accepted,
    origin: indexedOrigin(judged, verdict, context),
    keep: keepFor(judged, judgement),
    recorded: context.bucket.written.get(key) ?? indexed?.recorded ?? null,
    keeping,
    source: reportOf(judged, ours, { verdict, context }),
    upkeep: NOTHING,
    first: null,
  };
}

/** For the index: not what the age of the claim tells in every run anew, so that an upgrade changes no entry for it. */
function indexedOrigin(judged: JudgedClaim, { memory }: OriginVerdict, { cluster }: Context): Protection['origin'] {
  const { claimObject, indexed } = judged;
  if (claimObject === null) return indexed?.origin ?? null;
  // Until it is known how this claim began, what is known of the one before it decides which snapshots count.
  if (memory === null || memory.origin === null) return doubtBehind(judged) ?? memory;
  const { since } = cluster.index;
  const isOld = since === null || (claimObject.createdAt ?? since) < since;
  return memory.origin === 'inherited' && isOld ? null : memory;
}

interface KeepingFor {
  verdict: OriginVerdict;
  accepted: boolean;
  ours: Source | null;
  context: Context;
}

/** What our source would keep. Nothing is kept by us where somebody else's source backs the claim up. */
function keepingFor(
  judged: JudgedClaim,
  claim: Claim,
  { verdict, accepted, ours, context }: KeepingFor,
): Keeping | null {
  if (ours === null && judged.sources.some(isOther)) return null;
  const { record, indexed } = judged;
  const recorded =
    record?.state === 'read' && record.record.ours ? normalRetain(record.record.tier, context.settings) : null;
  const normal = normalRetain(claim.tier, context.settings);
  // Once seen it stays so: after the next backup of ours nothing tells the other writer's snapshots from its own.
  const isShared = othersSnapshots(judged, context).length > 0 || ours?.memory.keeps === 'shared';
  const shared = isShared && !accepted;
  const established = ours?.memory.retain ?? indexed?.keep ?? recorded;
  const snapshots = seenIn(judged);
  const others = haveOthersSaved(judged, ours, { established, snapshots });
  const facts = { ...doubtsOf(verdict), accepted, normal, established, shared, others, snapshots };
  return keepingOf(facts, context.now);
}

function doubtsOf({ origin, memory }: OriginVerdict): Pick<KeepingFacts, 'origin' | 'doubtful' | 'cameBack'> {
  const doubtful = isDoubtful(origin) || memory?.unsure !== undefined;
  return { origin, doubtful, cameBack: origin === 'restored' && memory !== null && memory.since !== null };
}

/**
 * Somebody else's source beside ours, which came later, or before ours was made. Once seen it stays so: of the snapshots in the
 * repository nobody can tell which source has saved them.
 */
function haveOthersSaved(
  { sources }: Pick<JudgedClaim, 'sources'>,
  ours: Source | null,
  { established, snapshots }: Pick<KeepingFacts, 'established' | 'snapshots'>,
): boolean {
  if (sources.some(isOthers) || ours?.memory.keeps === 'not-ours') return true;
  return ours === null && established === null && snapshots !== null && snapshots.length > 0;
}

/** One empty answer about a repository that is known says nothing: what others have saved into it may still be there. */
function seenIn({ probe, listed, backup }: JudgedClaim): readonly SnapshotObject[] | null {
  const found = probe?.state === 'listed' ? probe.snapshots : listed.state === 'no' ? [] : null;
  return found?.length === 0 && backup.state === 'present' ? null : found;
}

/** For a source that is made later: the normal policy, unless others have saved since and nobody has accepted that. */
function keepFor({ sources, indexed }: JudgedClaim, { ours, accepted, keeping }: Judgement): Keeping['established'] {
  if (!accepted && sources.some(isOthers)) return null;
  const established = ours === null ? null : (ours.memory.retain ?? keeping?.established ?? null);
  return established ?? indexed?.keep ?? null;
}

function isOthers({ managed }: Source): boolean {
  return !managed;
}

/** Sources of the claim that are not ours: whatever their name or mover, the claim is backed up. */
function isOther({ managed, deleting }: Source): boolean {
  return !managed && !deleting;
}

/** Why no source is made yet; null = nothing stands in the way. */
function waitsFor(judged: JudgedClaim, claim: Claim, verdict: OriginVerdict, context: Context): Reason | null {
  if (!judged.live) return 'claim-not-bound';
  if (claim.volumeMode === 'Block') return 'volume-mode-block';
  const blocker = firstBlocker(judged, context, 'destination-foreign');
  if (blocker !== null) return blocker;
  if (judged.listed.state === 'not-looked') return 'origin-undecided';
  // The first of two listings is enough to begin with: such a source keeps everything.
  if (verdict.memory === null) return 'origin-undecided';
  return judged.base === null || judged.base.content === null || judged.credentials === null ? 'listing-failed' : null;
}

/** Our fields come back; what others have set beside them stays. Never while a mover runs, or is about to. */
function changeOf(
  judged: JudgedClaim,
  ours: Source,
  { wanted, context }: { wanted: ReturnType<typeof wantedSource>; context: Context },
): Action[] {
  const { namespace, claim } = judged;
  const credentials = credentialsFor(judged, context);
  if (ours.deleting || isAwaited(ours, context.now) || isBusy(judged, ours, context)) return credentials;
  const unlock = unlockOf(judged, ours, context);
  if (unlock !== null) {
    const source = { ...wanted, spec: { ...wanted.spec, unlock } };
    return [...credentials, { kind: 'unlock-source', namespace, claim, source }];
  }
  return differs(ours, wanted)
    ? [...credentials, { kind: 'update-source', namespace, claim, source: wanted }]
    : credentials;
}

/** Both directions use one Secret. Where there is a destination too, the same actions are wanted for it, and are done once. */
function credentialsFor(judged: JudgedClaim, context: Context): Action[] {
  return firstBlocker(judged, context, 'credentials-foreign') === null ? credentialsDrift(judged, context.now) : [];
}

/** Who backs it up, in one word. */
function reportOf(
  judged: JudgedClaim,
  ours: Source | null,
  { verdict, context }: { verdict: OriginVerdict; context: Context },
): SourceReport {
  const source = ours ?? judged.sources.find(isOther) ?? null;
  return {
    state: source === null ? 'none' : 'active',
    reason: reasonOf(judged, source, context),
    name: source?.name ?? null,
    ours: ours !== null,
    schedule: source?.schedule ?? null,
    origin: verdict.origin,
  };
}

function reasonOf(judged: JudgedClaim, source: Source | null, { cluster, settings }: Context): Reason | null {
  if (source === null) return judged.claimObject !== null && settings.sources === 'off' ? 'sources-off' : null;
  const isUnlabelled = source.managed && judged.claimObject === null && cluster.otherClaims.has(judged.key);
  return isUnlabelled ? 'label-removed' : null;
}
