/** The plan: a pure function of what was observed, the settings and the time. Equal input gives a byte-equal plan. */
import type { Action, Entry, Finding, Plan, PublishedIndex } from '../decisions.ts';
import type { Instant } from '../model.ts';
import type { Settings } from '../settings/settings.ts';
import { decide, type Draft } from './restore/decide.ts';
import { findingsOf, isComplete } from './answers/findings.ts';
import { blindBy, frozenBy } from './fleet/frozen.ts';
import { publishedIndex, wantsMarker } from './answers/index-entries.ts';
import { allClaims, situationOf, type Context, type Observed, type Situation } from './facts/situation.ts';
import { warningOf } from './restore/waiting.ts';
import { assignWaves, type Waves } from './fleet/waves.ts';

export interface PlanResult extends Plan {
  /** what is done in this pass: the chains of actions, one for each claim, whose wave is the first */
  chains: readonly (readonly Action[])[];
  /** Warning events on claims that wait in vain: no decision hangs on them */
  warnings: readonly Extract<Action, { kind: 'warn-claim' }>[];
  /** destinations that are syncing, or that wait for their wave: a reason to look again */
  pending: { syncing: number; queued: number };
  /** what the policies are told, or null when nothing may be said */
  index: PublishedIndex | null;
  /** the bucket has repositories and no marker yet */
  wantsMarker: boolean;
  situations: readonly Situation[];
  context: Context;
}

/** Every claim's situation and the context that they are judged in. */
export function contextOf({ bucket, cluster }: Observed, settings: Settings, now: Instant): Context {
  return { now, settings, bucket, cluster, frozen: frozenBy(bucket, cluster, settings), blind: blindBy(cluster) };
}

/** Joins bucket and cluster into one situation for each claim. */
export function situationsOf(observed: Observed, settings: Settings): Situation[] {
  return allClaims(observed.bucket, observed.cluster).map((ref) => situationOf(ref, { ...observed, settings }));
}

interface Joined {
  situations: readonly Situation[];
  context: Context;
}

function joinedFrom(observed: Observed, settings: Settings, now: Instant): Joined {
  return { situations: situationsOf(observed, settings), context: contextOf(observed, settings, now) };
}

/** Decides on everything. `now` is the time of the observation; what is joined already need not be joined again. */
export function plan(
  observed: Observed,
  settings: Settings,
  now: Instant,
  { situations, context }: Joined = joinedFrom(observed, settings, now),
): PlanResult {
  const drafts = situations.map((s) => permitted(decide(s, context), settings));
  const waves = assignWaves(drafts, settings);
  const finished = drafts.map((draft) => finish(draft, waves, settings));
  const findings: Finding[] = findingsOf(drafts, context);
  return {
    at: now,
    complete: isComplete(context),
    frozen: context.frozen,
    entries: finished.map(({ entry }) => entry),
    findings,
    chains: finished.flatMap(({ now: chain }) => (chain.length > 0 ? [chain] : [])),
    warnings:
      settings.mode === 'sync' ? drafts.flatMap(({ situation, trouble }) => warningOf(situation, trouble, now)) : [],
    pending: {
      syncing: drafts.filter(isOurSync).length,
      queued: finished.filter(({ entry }) => (entry.restorePoint.wave ?? 1) > 1).length,
    },
    index: publishedIndex(finished, context),
    wantsMarker: wantsMarker(finished, context),
    situations,
    context,
  };
}

/** Ours, and on its way: worth waiting for. */
function isOurSync({ seen: { sync }, situation }: Draft): boolean {
  return situation.steered && sync.state === 'syncing' && sync.trouble === null;
}

/**
 * Leaves out a candidate that may not be carried out, before it takes a place in a wave from one that may. Credentials
 * alone are of no use: a chain with one step that is not allowed is not begun.
 */
function permitted(draft: Draft, settings: Settings): Draft {
  const allowed = draft.candidate?.actions.every((action) => isAllowed(action, settings)) ?? true;
  return allowed ? draft : { ...draft, candidate: null };
}

/** Gives the entry its wave and its actions; `now` holds those of this pass. */
function finish(
  { entry, candidate, situation }: Draft,
  waves: Waves,
  settings: Settings,
): { entry: Entry; situation: Situation; now: Action[] } {
  const before = entry.actions.filter((action) => isAllowed(action, settings));
  const wave = waves.get(situation.key) ?? null;
  if (candidate === null || (candidate.syncs && wave === null))
    return { entry: { ...entry, actions: before }, situation, now: before };
  if (wave === 'over-storage-budget') {
    return {
      entry: { ...entry, actions: before, restorePoint: { ...entry.restorePoint, reason: wave } },
      situation,
      now: before,
    };
  }
  const { restorePoint } = entry;
  const reason =
    restorePoint.state === 'stale' && restorePoint.reason === null && candidate.syncs ? 'queued' : restorePoint.reason;
  return {
    entry: {
      ...entry,
      restorePoint: { ...restorePoint, reason, wave },
      actions: [...before, ...candidate.actions],
    },
    situation,
    now: wave === null || wave === 1 ? [...before, ...candidate.actions] : before,
  };
}

const CREATES: readonly Action['kind'][] = ['create-credentials', 'create-destination'];
const RETRIGGERS: readonly Action['kind'][] = ['retrigger', 'retrigger-adopted'];
const NOTES: readonly Action['kind'][] = ['record-proof', 'mark-suspect', 'note-absence', 'note-credentials'];

/** What --mode and --only leave of a plan. `report` shows everything; it is the run that writes nothing. */
function isAllowed({ kind }: Action, { mode, only }: Settings): boolean {
  if (only === 'retrigger') return RETRIGGERS.includes(kind) || kind === 'record-proof' || kind === 'mark-suspect';
  if (mode === 'create-only') return CREATES.includes(kind) || NOTES.includes(kind);
  return true;
}
