/** The Report document, for programs; docs/reference/report.schema.json describes it. Its shape changes only with its version. */
import type { Action, Entry, NewestSnapshot, Plan, RepositoryReport, SourceReport } from '../decisions.ts';

export interface Report {
  kind: 'Report';
  version: 1;
  at: string;
  complete: boolean;
  entries: ReportEntry[];
  summary: Summary;
}

interface ReportEntry {
  namespace: string;
  claim: string;
  backup: {
    state: string;
    snapshots: number | null;
    newest: { id: string; at: string | null } | null;
    reason: string | null;
  };
  repositories: {
    address: string | null;
    primary: boolean;
    seen: RepositoryReport['seen'];
    newest: { id: string; at: string | null } | null;
    sources: readonly string[];
  }[];
  restorePoint: Entry['restorePoint'];
  source: { state: SourceReport['state']; reason: string | null; origin: string | null };
  actions: string[];
}

export interface Summary {
  backups: { present: number; absent: number; unknown: number };
  /** only the states that occur */
  restorePoints: Record<string, number>;
  actions: Record<string, number>;
}

/** The public name of an action. Whether an object is adopted only changes how it is written. */
export function actionName({ kind }: Pick<Action, 'kind'>): string {
  if (kind === 'unlock-adopted') return 'unlock-source';
  return kind === 'retrigger-adopted' ? 'retrigger' : kind;
}

/** Makes the document. Entries are sorted, and equal plans give equal text except for `at`. */
export function reportOf(plan: Plan): Report {
  return {
    kind: 'Report',
    version: 1,
    at: new Date(plan.at).toISOString(),
    complete: plan.complete,
    entries: plan.entries.map(entryOf),
    summary: summaryOf(plan.entries),
  };
}

function entryOf(entry: Entry): ReportEntry {
  const { backup, restorePoint } = entry;
  return {
    namespace: entry.namespace,
    claim: entry.claim,
    backup: { state: backup.state, snapshots: backup.snapshots, newest: newestIn(backup), reason: backup.reason },
    repositories: entry.repositories.map(({ address, primary, seen, newest, sources }) => ({
      address,
      primary,
      seen,
      newest: newestIn({ newest }),
      sources,
    })),
    restorePoint: {
      state: restorePoint.state,
      reason: restorePoint.reason,
      image: restorePoint.image,
      holds: restorePoint.holds,
      lagSeconds: restorePoint.lagSeconds,
      admissible: restorePoint.admissible,
      wave: restorePoint.wave,
    },
    source: { state: entry.source.state, reason: entry.source.reason, origin: entry.source.origin },
    actions: entry.actions.map(actionName),
  };
}

function newestIn({ newest }: { newest: NewestSnapshot | null }): { id: string; at: string | null } | null {
  return newest && { id: newest.id, at: isoOf(newest.at) };
}

/** Counts states and actions. */
export function summaryOf(entries: readonly Entry[]): Summary {
  const backups = { present: 0, absent: 0, unknown: 0 };
  for (const { backup } of entries) backups[backup.state] += 1;
  return {
    backups,
    restorePoints: countsOf(entries.map(({ restorePoint }) => restorePoint.state)),
    actions: countsOf(entries.flatMap(({ actions }) => actions.map(actionName))),
  };
}

/** Counts words, in alphabetical order. */
export function countsOf(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
