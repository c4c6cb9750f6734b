/** `status` for people: what is protected and what is not, and then what needs a hand. */
import type { Plan } from '../decisions.ts';
import { formatDuration } from '../units.ts';
import { columns, visible, wrapped } from './layout.ts';
import { statusCounts, type Status, type StatusRow } from './status.ts';
import { findingsText } from './table.ts';

const HEAD = [
  'NAMESPACE',
  'NAME',
  'PROTECTED',
  'BACKUP AGE',
  'LAST RESULT',
  'RESTORE POINT',
  'HOLDS',
  'CLAIM',
  'SIZE',
  'WHY NOT',
];

/** Left out first where a terminal is narrow: HOLDS, SIZE, LAST RESULT, CLAIM. */
const EXPENDABLE = [6, 8, 4, 7];

/**
 * One row for each claim, the findings with their cures, and a last line of counts. Ends with a line feed.
 * @param width of the terminal, in characters
 */
export function statusTable(status: Status, plan: Plan, width = Number.POSITIVE_INFINITY): string {
  const { rows } = status;
  const nothing = plan.complete
    ? 'No claim has a backup label, a source, a restore point or a backup.'
    : 'Nothing is known: some lists failed.';
  const table =
    rows.length === 0 ? `${wrapped(nothing, width)}\n` : columns([HEAD, ...rows.map(cellsOf)], width, EXPENDABLE);
  const counts = rows.length === 0 && !plan.complete ? '' : `\n${wrapped(visible(statusCounts(status)), width)}\n`;
  return `${table}${findingsText(plan.findings, width)}${counts}`;
}

function cellsOf(row: StatusRow): string[] {
  return [
    row.namespace,
    row.claim,
    row.protected === null ? '?' : row.protected ? 'yes' : 'no',
    row.backupAge === null ? '-' : ageOf(row.backupAge),
    row.lastResult ?? '-',
    row.restorePoint,
    row.holds ?? '-',
    row.phase ?? 'not there',
    row.size ?? '-',
    row.why === '' ? '-' : row.why,
  ];
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** As coarse as it is useful: minutes of a day, then days. */
function ageOf(millis: number): string {
  return millis < 2 * DAY ? formatDuration(Math.floor(millis / MINUTE) * MINUTE) : `${Math.floor(millis / DAY)}d`;
}
