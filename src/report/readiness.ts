/** The answer of `readiness` as a document and as a table. */
import type { Outcome, Readiness } from '../plan/answers/readiness.ts';
import { claimKey } from '../naming.ts';
import { cureOf, meaningIn } from '../reasons/filled.ts';
import { columns, visible, wrapped } from './layout.ts';

export interface ReadinessReport {
  kind: 'Readiness';
  version: 1;
  at: string;
  complete: boolean;
  claims: readonly Readiness[];
  summary: Record<Outcome, number>;
  /** what could not be observed, or was assumed */
  notes: readonly string[];
}

/** Makes the document; equal input gives equal text. */
export function readinessReport(
  claims: readonly Readiness[],
  about: Pick<ReadinessReport, 'at' | 'complete' | 'notes'>,
): ReadinessReport {
  const summary: Record<Outcome, number> = { restored: 0, waiting: 0, empty: 0, hanging: 0, own: 0 };
  for (const { outcome } of claims) summary[outcome] += 1;
  const { at, complete, notes } = about;
  return { kind: 'Readiness', version: 1, at, complete, claims, summary, notes };
}

/** 1 when a claim would start empty or hang, or when something could not be observed. */
export function readinessCode({ summary, complete }: ReadinessReport): 0 | 1 {
  return summary.empty + summary.hanging > 0 || !complete ? 1 : 0;
}

/** For a claim that may be created again, a missing backup needs a clearer warning than usual. */
const NEVER_BACKED_UP = {
  means: 'There is no backup: what the claim holds today would be lost.',
  todo: 'Have it backed up first. If nothing in it is worth keeping, label it volsync-prewarm/skip-restore: "true" and say why in the annotation volsync-prewarm/skip-restore-reason.',
};

/** For people: every claim, what is wrong with those that would not come back, and the counts. `width`: of the terminal. */
export function readinessTable({ claims, summary, notes }: ReadinessReport, width = Number.POSITIVE_INFINITY): string {
  const rows = claims.map(({ namespace, claim, outcome, reason }) => [namespace, claim, outcome, reason ?? '-']);
  const table =
    rows.length === 0
      ? 'No claim is protected.\n'
      : columns([['NAMESPACE', 'CLAIM', 'OUTCOME', 'REASON'], ...rows], width);
  const bad = claims.filter(({ outcome }) => outcome === 'empty' || outcome === 'hanging');
  const reasons = [...new Set(bad.flatMap(({ reason }) => reason ?? []))];
  const cures = reasons.map((reason) => {
    const about = bad.filter((one) => one.reason === reason).map(claimKey);
    const { means, todo } =
      reason === 'repository-empty'
        ? NEVER_BACKED_UP
        : { means: meaningIn(reason, about), todo: cureOf(reason, about) };
    return `  ${wrapped(`${reason}: ${means}`, width - 2, '    ')}\n    ${wrapped(`→ ${todo}`, width - 4, '      ')}\n`;
  });
  const told = cures.length === 0 ? '' : `\nNeeds attention:\n${cures.join('')}`;
  const remarks =
    notes.length === 0
      ? ''
      : `\n${notes.map((note) => `${wrapped(visible(`Note: ${note}`), width, '  ')}\n`).join('')}`;
  const { restored, waiting, empty, hanging, own } = summary;
  const aside = own === 0 ? '' : ` (${own} on their own: opted out, or with a data source of their own)`;
  const counts = `If every protected claim were created now: ${restored} restored, ${waiting} waiting, ${empty} empty, ${hanging} hanging${aside}.`;
  return `${table}${told}${remarks}\n${wrapped(counts, width)}\n`;
}
