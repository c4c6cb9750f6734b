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

/** What a wide table tells beside the others. */
const MORE = ['SOURCE', 'SCHEDULE', 'IMAGE'];

/** Left out first where a terminal is narrow: HOLDS, SIZE, LAST RESULT, CLAIM. */
const EXPENDABLE = [6, 8, 4, 7];

/**
 * One row for each claim, the findings with their cures, and a last line of counts. Ends with a line feed.
 * @param width of the terminal, in characters
 * @param wide with what is rarely needed, too
 */
export function statusTable(status: Status, plan: Plan, width = Number.POSITIVE_INFINITY, wide = false): string {
  const { rows } = status;
  const nothing = plan.complete
    ? 'No claim has a backup label, a source, a restore point or a backup.'
    : 'Nothing is known: some lists failed.';
  const table = rows.length === 0 ? `${wrapped(nothing, width)}\n` : columns(tableOf(status, wide), width, EXPENDABLE);
  const counts = rows.length === 0 && !plan.complete ? '' : `\n${wrapped(visible(statusCounts(status)), width)}\n`;
  return `${table}${findingsText(plan.findings, width)}${counts}`;
}

function tableOf({ rows }: Status, wide: boolean): string[][] {
  if (!wide) return [HEAD, ...rows.map(cellsOf)];
  return [[...HEAD, ...MORE], ...rows.map((row) => [...cellsOf(row), ...moreOf(row)])];
}

function moreOf({ source, schedule, image }: StatusRow): string[] {
  return [source ?? '-', schedule ?? '-', image ?? '-'];
}

/** One line for each claim, to tell what has changed: without the age, which always does. */
export function rowLines({ rows }: Status): string[] {
  return rows.map((row) => {
    const { namespace, claim, restorePoint, holds, why } = row;
    const [result, verdict] = [row.lastResult ?? 'none', isProtected(row)];
    return visible(
      `${namespace}/${claim} protected: ${verdict}${why === '' ? '' : ` (${why})`}, last backup: ${result}, restore point: ${restorePoint}, holds: ${holds ?? '-'}, claim: ${phaseOf(row)}`,
    );
  });
}

function isProtected(row: StatusRow): string {
  return row.protected === null ? '?' : row.protected ? 'yes' : 'no';
}

function phaseOf({ phase, waitsFor }: StatusRow): string {
  if (phase === null) return 'not there';
  return waitsFor === null ? phase : `${phase} (${waitsFor})`;
}

function cellsOf(row: StatusRow): string[] {
  return [
    row.namespace,
    row.claim,
    isProtected(row),
    row.backupAge === null ? '-' : ageOf(row.backupAge),
    row.lastResult ?? '-',
    row.restorePoint,
    row.holds ?? '-',
    phaseOf(row),
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
