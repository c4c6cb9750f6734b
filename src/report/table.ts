/** Tables for people: fixed columns, sorted rows, then what a person has to do and how. */
import type { Entry, Finding, Plan } from '../decisions.ts';
import { cureOf } from '../reasons/filled.ts';
import { formatDuration } from '../units.ts';
import { columns, visible, wrapped } from './layout.ts';
import { actionName, summaryOf } from './report.ts';
import { shortId } from '../restic/ids.ts';

const HEAD = [
  'NAMESPACE',
  'CLAIM',
  'BACKUP',
  'SNAPSHOTS',
  'NEWEST',
  'RESTORE POINT',
  'REASON',
  'HOLDS',
  'LAG',
  'WAVE',
  'ACTIONS',
];

/** Left out first where a terminal is narrow: WAVE, HOLDS, SNAPSHOTS, LAG, NEWEST, ACTIONS. */
const EXPENDABLE = [9, 7, 3, 8, 4, 10];

/**
 * The verdict of every claim, the findings with their cures, and a last line of counts. Ends with a line feed.
 * @param width of the terminal, in characters
 * @param wide with what is rarely needed, too
 */
export function tableOf(plan: Plan, width = Number.POSITIVE_INFINITY, wide = false): string {
  const rows = plan.entries.map((entry) => [...rowOf(entry), ...(wide ? moreOf(entry) : [])]);
  const head = [...HEAD, ...(wide ? MORE : [])];
  const table = rows.length === 0 ? `${wrapped(nothing(plan), width)}\n` : columns([head, ...rows], width, EXPENDABLE);
  const counts = rows.length === 0 && !plan.complete ? '' : `\n${wrapped(countsLine(plan), width)}\n`;
  return `${table}${findingsText(plan.findings, width)}${counts}`;
}

/** "I could not look" is not "it is not there". */
function nothing({ complete }: Plan): string {
  return complete
    ? 'No claim has a repository, a restore point or a backup label.'
    : 'Nothing is known: some lists failed.';
}

function rowOf({ namespace, claim, backup, restorePoint, actions }: Entry): string[] {
  const reason = restorePoint.reason ?? (backup.state === 'present' ? null : backup.reason);
  return [
    namespace,
    claim,
    backup.state,
    backup.snapshots?.toString() ?? '-',
    backup.newest === null ? '-' : shortId(backup.newest.id),
    restorePoint.state,
    reason ?? '-',
    restorePoint.holds ?? '-',
    restorePoint.lagSeconds === null ? '-' : formatDuration(restorePoint.lagSeconds * 1000),
    restorePoint.wave?.toString() ?? '-',
    actions.length === 0 ? '-' : actions.map(actionName).join(' '),
  ];
}

/** What a wide table tells beside the others. */
const MORE = ['IMAGE', 'SOURCE', 'SCHEDULE', 'ORIGIN'];

function moreOf({ restorePoint, source }: Entry): string[] {
  return [restorePoint.image ?? '-', source.name ?? '-', source.schedule ?? '-', source.origin ?? '-'];
}

/** What needs a hand, with its cure; empty when nothing does. */
export function findingsText(findings: readonly Finding[], width: number): string {
  if (findings.length === 0) return '';
  const lines = grouped(findings).map(({ reason, message, about }) => {
    const named = about.slice(0, MOST_NAMED).join(', ');
    const more = about.length > MOST_NAMED ? ` and ${about.length - MOST_NAMED} more` : '';
    const told = wrapped(visible(`${reason}: ${named}${more}: ${message}`), width - 2, '    ');
    return `  ${told}\n    ${wrapped(`→ ${cureOf(reason, about)}`, width - 4, '      ')}\n`;
  });
  return `\nNeeds attention:\n${lines.join('')}`;
}

const MOST_NAMED = 5;

export interface FindingGroup {
  reason: Finding['reason'];
  message: string;
  about: string[];
}

/** Groups findings with the same text, since ten thousand claims can have one cause. */
export function grouped(findings: readonly Finding[]): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const { reason, about, message } of findings) {
    const key = `${reason} ${message}`;
    const group = groups.get(key) ?? { reason, message, about: [] };
    group.about.push(about);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function countsLine({ entries, complete }: Plan): string {
  const { backups, restorePoints, actions } = summaryOf(entries);
  const unbelieved = complete ? '' : ' Not every listing could be believed.';
  return `Backups: ${listed(backups)}. Restore points: ${listed(restorePoints)}. Actions: ${listed(actions)}.${unbelieved}`;
}

function listed(counts: Record<string, number>): string {
  return (
    Object.entries(counts)
      .map(([word, count]) => `${count} ${word}`)
      .join(', ') || 'none'
  );
}
