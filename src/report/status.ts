/** "Am I protected?": one row for every claim that has a label, a source, a destination or a backup (pure). */
import { templateOf, type ClaimSummary, type ClaimTemplate, type Overview, type SourceSummary } from '../overview.ts';
import type { Instant } from '../model.ts';
import { TIERS, TIER_PERIOD, refOf } from '../naming.ts';
import { isCurrent } from '../plan/facts/backup.ts';
import { heldBack } from '../plan/facts/held-back.ts';
import type { JudgedClaim } from '../plan/restore/judged-claim.ts';
import type { PlanResult } from '../plan/plan.ts';
import { meaningOf, type Reason } from '../reasons.ts';
import { shortId } from '../restic/ids.ts';

export interface StatusRow {
  namespace: string;
  claim: string;
  /** null: it cannot be told */
  protected: boolean | null;
  /** why not, or what is not known; empty for a claim that is protected */
  why: string;
  /** milliseconds since the newest backup; null: there is none, or its time is not known */
  backupAge: number | null;
  /** of the source that synced last */
  lastResult: string | null;
  restorePoint: string;
  /** short id */
  holds: string | null;
  /** the claim's phase; null: it is not in the cluster */
  phase: string | null;
  /** what a Pending claim waits for before VolSync fills it; null: it does not wait for us */
  waitsFor: string | null;
  size: string | null;
  /** who backs it up, when, and which image it would be filled from */
  source: string | null;
  schedule: string | null;
  image: string | null;
}

export interface Status {
  rows: StatusRow[];
  /** claims without a label, a source, a destination and a backup */
  unlabelled: number;
}

/** Judges every claim. Rows are sorted by namespace, then claim. */
export function statusOf(plan: PlanResult, overview: Overview): Status {
  const judged = new Map(plan.claims.map((one) => [one.key, one]));
  const keys = new Set([...judged.keys(), ...overview.sources.keys()]);
  let unlabelled = 0;
  for (const [key, { label }] of overview.claims) {
    if (label !== null) keys.add(key);
    else if (!keys.has(key)) unlabelled += 1;
  }
  const rows = [...keys]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => rowOf(key, plan, { judged: judged.get(key) ?? null, overview }));
  return { rows, unlabelled };
}

function rowOf(
  key: string,
  plan: PlanResult,
  { judged, overview }: { judged: JudgedClaim | null; overview: Overview },
): StatusRow {
  const claim = overview.claims.get(key) ?? null;
  const facts: Facts = {
    claim,
    template: templateOf(refOf(key), overview.templates),
    latest: latestOf(overview.sources.get(key) ?? []),
    judged,
    now: plan.at,
  };
  const newestAt = newestIn(facts);
  const why = whyNot(key, facts, plan);
  return {
    ...refOf(key),
    protected: why.startsWith(UNKNOWN) ? null : why === '',
    why,
    backupAge: newestAt === null ? null : Math.max(0, plan.at - newestAt),
    restorePoint: restorePointIn(facts),
    holds: judged?.restorePoint.holds ?? null,
    phase: claim?.phase ?? null,
    waitsFor: waitsFor(facts),
    size: claim?.size ?? judged?.destination?.spec.capacity ?? null,
    image: judged?.restorePoint.image ?? null,
    ...sourceIn(facts),
  };
}

function sourceIn({ latest, judged }: Facts): Pick<StatusRow, 'lastResult' | 'source' | 'schedule'> {
  const source = judged?.source ?? null;
  return {
    lastResult: latest?.result ?? null,
    source: latest?.name ?? source?.name ?? null,
    schedule: source?.schedule ?? null,
  };
}

/** What a person has to know first: what waits in vain, then what the policy `prime` holds it for, then how far its restore is. */
function waitsFor({ judged, now }: Facts): string | null {
  if (judged === null || !judged.waits) return null;
  if (judged.trouble !== null) return `waits in vain: ${judged.trouble.reason}`;
  const { destination, claimObject, restorePoint } = judged;
  const held = destination && heldBack(destination, claimObject?.uid ?? null, now);
  if (held === null) return restorePoint.reason === null ? 'is being filled' : `waits: ${restorePoint.reason}`;
  const until = held.until === null ? '' : `, until ${new Date(held.until).toISOString().slice(0, 16)}Z at the latest`;
  return `waits: ${held.reason}${until}`;
}

/** The source that synced last. */
function latestOf(sources: readonly SourceSummary[]): SourceSummary | null {
  return sources.toSorted((a, b) => (b.lastSyncAt ?? 0) - (a.lastSyncAt ?? 0))[0] ?? null;
}

function newestIn({ judged }: Facts): Instant | null {
  return judged?.backup.newest?.at ?? null;
}

interface Facts {
  claim: ClaimSummary | null;
  template: ClaimTemplate | null;
  latest: SourceSummary | null;
  judged: JudgedClaim | null;
  now: Instant;
}

const UNKNOWN = 'not known: ';

/** The first thing that is missing; empty when nothing is. */
function whyNot(key: string, facts: Facts, plan: PlanResult): string {
  const { judged, claim } = facts;
  // What the cluster alone shows is known, whatever the bucket holds.
  const seen = claim === null ? null : (labelProblem(claim) ?? templateProblem(facts) ?? sourceProblem(claim, facts));
  if (seen !== null) return seen;
  const unseen = judged === null ? unwritten(plan) : judged.backup.state === 'unknown' ? judged.backup.reason : null;
  if (unseen !== null) return `${UNKNOWN}${unseen}`;
  const risk = plan.findings.find(
    ({ about, risk: isRisk, reason }) => about === key && (isRisk === true || meaningOf(reason).exit !== 0),
  );
  return risk?.reason ?? backupProblem(facts) ?? referenceProblem(facts) ?? restoreProblem(facts) ?? '';
}

/** Nothing is known of a claim that no run has looked at, unless the index can say that there is no backup. */
function unwritten({ context: { cluster }, at }: PlanResult): Reason | null {
  if (cluster.index.generatedAt === null) return 'index-unwritten';
  return isCurrent(cluster.index, at) ? null : 'index-stale';
}

function labelProblem({ label, optedOut }: ClaimSummary): string | null {
  if (label === null) return 'no label backup: hourly or daily';
  if (!TIERS.some((tier) => tier === label)) return `label backup: ${label} is neither hourly nor daily`;
  return optedOut ? 'opted out of its restore' : null;
}

/** A label on the object only: the next one is made without it, and starts empty. */
function templateProblem({ template }: Facts): string | null {
  if (template === null || TIERS.some((tier) => tier === template.label)) return null;
  return `StatefulSet ${template.set} makes the next one without the label`;
}

function sourceProblem({ phase }: ClaimSummary, { latest }: Facts): string | null {
  if (phase !== 'Bound') return null;
  if (latest === null) return 'nothing backs it up';
  return latest.result === 'Failed' ? 'its last backup failed' : null;
}

function backupProblem(facts: Facts): string | null {
  const { judged, now, claim } = facts;
  if (judged?.backup.state !== 'present') return 'no backup yet';
  const tier = TIERS.find((one) => one === claim?.label);
  const newestAt = newestIn(facts);
  if (tier === undefined || claim?.phase !== 'Bound' || newestAt === null) return null;
  // Two periods: the next backup is due after one, and takes its time.
  return now - newestAt > 2 * TIER_PERIOD[tier] ? 'its last backup is overdue' : null;
}

/** Somebody's application without its claim: what Git will bring is not known, and nothing of its own is kept fresh. */
function referenceProblem({ claim, judged }: Facts): string | null {
  if (claim !== null || judged === null || judged.steered) return null;
  return judged.sources.some(({ managed }) => !managed) ? 'no claim, and no destination is kept fresh' : null;
}

/** Would it come back? What is on its way comes; a claim that waits tells its own size. */
function restoreProblem({ judged }: Facts): string | null {
  const { state, reason } = judged?.restorePoint ?? { state: 'cold', reason: null };
  if (state === 'warm' || state === 'stale' || state === 'warming' || reason === null) return null;
  const { passes } = meaningOf(reason);
  return passes || reason === 'capacity-unknown' ? null : reason;
}

function restorePointIn(facts: Facts): string {
  if (facts.judged === null) return '-';
  const { state, reason } = facts.judged.restorePoint;
  const saved = newerSaved(facts);
  if (state === 'warm' && saved !== null) return `stale (${saved} is newer)`;
  return reason === null ? state : `${state} (${reason})`;
}

/** The snapshot that a source's log names, before any run has looked into the bucket since; null when it is known already. */
function newerSaved({ judged, latest, ...facts }: Facts): string | null {
  if (judged === null || latest?.saved === null || latest === null) return null;
  const { holds } = judged.restorePoint;
  const newest = judged.backup.newest;
  const isKnown = latest.saved === holds || (newest !== null && latest.saved === shortId(newest.id));
  const isLater = (latest.lastSyncAt ?? 0) > (newestIn({ judged, latest, ...facts }) ?? 0);
  return !isKnown && isLater ? latest.saved : null;
}

/** How many of them are protected. */
export function statusCounts({ rows, unlabelled }: Status): string {
  const count = (is: boolean | null): number => rows.filter((row) => row.protected === is).length;
  const unknown = count(null) === 0 ? '' : `, ${count(null)} not known`;
  const others = unlabelled === 0 ? '' : ` ${unlabelled} more without a label, a source and a backup.`;
  return `${rows.length} claims: ${count(true)} protected, ${count(false)} not${unknown}.${others}`;
}
