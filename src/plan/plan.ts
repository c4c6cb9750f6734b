/** The plan: a pure function of what was observed, the settings and the time. Equal input gives a byte-equal plan. */
import type { Action, Entry, Plan, PublishedIndex } from '../decisions.ts';
import type { ClaimRecord } from '../claim-record.ts';
import type { Instant } from '../model.ts';
import type { Settings } from '../settings/settings.ts';
import { warningsOf } from './answers/events.ts';
import { findingsOf, isComplete } from './answers/findings.ts';
import { publishedIndex, wantsMarker } from './answers/index-entries.ts';
import { layoutAddresses, repositoriesTold, type LayoutAddress } from './answers/repositories-told.ts';
import { unblockedBy } from './answers/unblocked.ts';
import { joinRepositories } from './facts/repositories-joined.ts';
import { allClaims } from './facts/all-claims.ts';
import { situationOf, type Context, type Observed, type Situation } from './facts/situation.ts';
import { blindBy, frozenBy } from './fleet/frozen.ts';
import { inItsPlace } from './fleet/moved.ts';
import { mayPlan, mayTell } from './fleet/permissions.ts';
import { withoutOthers } from './answers/of-others.ts';
import { surplusFindings } from './answers/surplus.ts';
import { newNamespaces } from './fleet/namespaces.ts';
import { surplusOf, withoutSurplus } from './fleet/surplus.ts';
import { assignWaves, type Waves } from './fleet/waves.ts';
import { recordsToWrite } from './backup/records.ts';
import { protect } from './backup/protect.ts';
import type { ProtectedClaim } from './backup/protected-claim.ts';
import { isLeaving } from './backup/leaving.ts';
import { firstBackups } from './fleet/first-backups.ts';
import { judge } from './restore/judge.ts';
import type { JudgedClaim } from './restore/judged-claim.ts';

export interface PlanResult extends Plan {
  claims: readonly ProtectedClaim[];
  /** notes that keep VolSync from older images, for claims whose newest snapshot this pass does not ask for */
  holds: readonly Action[];
  /** what is done in this pass: one chain of actions for each claim in the first wave */
  chains: readonly (readonly Action[])[];
  /** Warning events on claims that wait in vain; no decision depends on them */
  warnings: readonly Extract<Action, { kind: 'warn-claim' }>[];
  /** destinations that are syncing or whose image is not ready yet, and those that wait for their wave: a reason to look again */
  pending: { syncing: number; queued: number };
  /** sources of ours without their claim whose failing movers leave a gap soon, in which they are deleted */
  leaving: number;
  /** keys of claims that were refused until now, and are let in by the index that this look publishes */
  unblocked: readonly string[];
  /** the index to publish, or null when nothing may be published */
  index: PublishedIndex | null;
  /** the bucket has repositories and no marker yet */
  wantsMarker: boolean;
  /** claim records that differ from what was written last */
  records: readonly ClaimRecord[];
  context: Context;
}

/** Joins bucket and cluster into one situation for each claim. */
export function situationsOf(observed: Observed, settings: Settings, now: Instant): Situation[] {
  const { bucket } = observed;
  const { cluster, repositories, rivals, shared } = joinRepositories(observed.cluster, settings);
  return allClaims(bucket, cluster, repositories).map((ref) => {
    const s = situationOf(ref, { bucket, cluster, settings, now }, ref.key, repositories.get(ref.key));
    return Object.assign(s, { rivals: rivals.get(ref.key) ?? NO_RIVALS, sharedWith: shared.get(ref.key) ?? null });
  });
}

const NO_RIVALS: Situation['rivals'] = [];

/** What the decisions about all claims have in common. `now` is the time of the observation. */
export function contextOf(
  situations: readonly Situation[],
  seen: Pick<Context, 'bucket' | 'cluster' | 'settings' | 'now'>,
): Context {
  const settings = { ...seen.settings, acceptShrink: seen.settings.acceptShrink || overrulesIndex(seen) };
  const told = { ...seen, settings };
  return { ...told, frozen: frozenBy(situations, told), blind: blindBy(seen.cluster) };
}

/** `--accept-shrink` names the index that was looked at: it dies with it, so that a forgotten flag accepts nothing later. */
function overrulesIndex({
  settings: { acceptedIndex },
  cluster: { index },
}: Pick<Context, 'settings' | 'cluster'>): boolean {
  if (acceptedIndex === null) return false;
  return acceptedIndex === 'none' ? index.generatedAt === null : index.generatedAt === acceptedIndex;
}

/** Decides on everything that was observed. */
export function plan({ bucket: listed, cluster }: Observed, settings: Settings, now: Instant): PlanResult {
  const bucket = inItsPlace(listed, cluster, settings);
  const situations = situationsOf({ bucket, cluster }, settings, now);
  return planFor(situations, contextOf(situations, { bucket, cluster, settings, now }));
}

/** Decides on these claims. Each goes through all floors, and is the judged claim at their end: the situations are used up. */
export function planFor(situations: readonly Situation[], context: Context): PlanResult {
  const { now, settings } = context;
  const judged = situations.map((s) => {
    const claim = permitted(judge(s, context), settings);
    return Object.assign(claim, { protection: protect(claim, context) });
  });
  const waves = assignWaves(judged, settings, now);
  const places = firstBackups(judged, waves, context);
  const surplus = surplusOf(judged, settings);
  const namespaces = newNamespaces(judged, context);
  const claims = withoutSurplus(
    judged.map((claim) => backedUp(placed(housed(claim, namespaces, settings), waves), places, settings)),
    surplus,
    settings,
  );
  const index = publishedIndex(claims, context);
  const layoutAddress = layoutAddresses(settings);
  const told = withoutOthers(claims, context.cluster.otherClaims);
  return {
    at: now,
    complete: isComplete(context),
    frozen: context.frozen,
    entries: told.map((claim) => entryOf(claim, layoutAddress)),
    claims: told,
    findings: [...surplusFindings(surplus), ...findingsOf(told, context)],
    holds: index === null || !mayTell(settings) ? [] : claims.flatMap(({ hold }) => hold ?? []),
    chains: claims.flatMap((claim) => (claim.now.length > 0 ? [claim.now] : [])),
    // Of a place that is not the index's nothing is written, and no claim's owner is alarmed either.
    warnings:
      mayTell(settings) && context.frozen !== 'bucket-moved' ? claims.flatMap((claim) => warningsOf(claim, now)) : [],
    pending: {
      syncing: claims.filter((claim) => isOurSync(claim) || isAlmostReady(claim, now)).length,
      queued: claims.filter(
        ({ restorePoint, protection: { first }, key }) =>
          (restorePoint.wave ?? 1) > 1 || (first !== null && !places.has(key)),
      ).length,
    },
    leaving: sourcesMayGo(context) ? claims.filter((claim) => isLeaving(claim, context)).length : 0,
    index,
    unblocked: unblockedBy(index, claims, context),
    wantsMarker: wantsMarker(claims, context),
    records: mayTell(settings) ? recordsToWrite(claims, context) : [],
    context,
  };
}

function sourcesMayGo({ frozen, settings }: Context): boolean {
  return frozen === null && settings.sources === 'on' && settings.mode === 'sync' && settings.only === null;
}

/** Our own restore that is under way, so worth waiting for. */
function isOurSync({ sync, steered }: JudgedClaim): boolean {
  return steered && sync.state === 'syncing' && sync.trouble === null;
}

/** A snapshot takes this long where the driver copies it elsewhere first; one that takes longer is not waited for in a run. */
const READY_SOON = 10 * 60_000;

/** The sync has ended, and the VolumeSnapshot that it made is not ready to use yet. */
function isAlmostReady({ steered, sync, imageState, image }: JudgedClaim, now: Instant): boolean {
  const isYoung = image !== null && now - (image.createdAt ?? now) < READY_SOON;
  return steered && sync.state === 'idle' && imageState === 'not-ready' && isYoung;
}

/**
 * Leaves out what may not be done, before it takes a place in a wave. Credentials alone are of no use, so a next
 * step with an action that is not allowed is not begun.
 */
function permitted(claim: JudgedClaim, settings: Settings): JudgedClaim {
  const { nextStep } = claim;
  if (claim.actions.length === 0 && nextStep === null) return claim;
  const actions = claim.actions.filter((action) => mayPlan(action, settings));
  const isAllowed = nextStep !== null && nextStep.actions.every((action) => mayPlan(action, settings));
  return { ...claim, actions, nextStep: isAllowed ? nextStep : null };
}

/** Adds its namespace, where it is the first claim in one that is made. */
function housed(
  claim: ProtectedClaim,
  namespaces: ReturnType<typeof newNamespaces>,
  settings: Settings,
): ProtectedClaim {
  const make = namespaces.get(claim.key);
  if (make === undefined || !mayPlan(make, settings)) return claim;
  return { ...claim, actions: [make, ...claim.actions] };
}

/** Gives the claim its wave and its actions. */
function placed(claim: ProtectedClaim, waves: Waves): ProtectedClaim {
  const { nextStep, restorePoint, actions: before } = claim;
  if (nextStep === null && before.length === 0) return claim;
  const wave = waves.get(claim.key) ?? null;
  if (nextStep === null || (nextStep.syncs && wave === null)) return { ...claim, now: before };
  if (wave === 'over-storage-budget') return { ...claim, now: before, restorePoint: { ...restorePoint, reason: wave } };
  const isQueued = restorePoint.state === 'stale' && restorePoint.reason === null && nextStep.syncs;
  const added = nextStep.actions.filter((action) => !isDoubled(action, before));
  const actions = [...before, ...added];
  return {
    ...claim,
    restorePoint: { ...restorePoint, reason: isQueued ? 'queued' : restorePoint.reason, wave },
    actions,
    now: wave === null || wave === 1 ? actions : [...before, ...nextStep.meanwhile],
  };
}

/** Adds what is done about its source; a new one only where its first backup has a place. */
function backedUp(claim: ProtectedClaim, places: ReadonlySet<string>, settings: Settings): ProtectedClaim {
  const { upkeep, first } = claim.protection;
  const wanted = first === null ? upkeep : [...upkeep, ...first];
  if (wanted.length === 0 || !wanted.every((action) => mayPlan(action, settings))) return claim;
  const isNow = first === null || places.has(claim.key);
  const addedTo = (before: readonly Action[]): readonly Action[] => [
    ...before,
    ...wanted.filter((action) => !isDoubled(action, before)),
  ];
  return { ...claim, actions: addedTo(claim.actions), now: isNow ? addedTo(claim.now) : claim.now };
}

const OF_CREDENTIALS: readonly Action['kind'][] = ['create-credentials', 'update-credentials', 'prove-password'];

/** Both sides want the same Secret. */
function isDoubled({ kind }: Action, before: readonly Action[]): boolean {
  return OF_CREDENTIALS.includes(kind) && before.some((one) => one.kind === kind);
}

/** What is reported of a claim. */
function entryOf(one: ProtectedClaim, layoutAddress: LayoutAddress): Entry {
  const { namespace, claim, backup, restorePoint, actions, protection } = one;
  const repositories = repositoriesTold(one, layoutAddress);
  return { namespace, claim, backup, repositories, restorePoint, source: protection.source, actions };
}
