/** What a scenario reports: figures with their targets, and scenarios that could not run here, with the reason. */

export interface Figure {
  scenario: number;
  what: string;
  value: number;
  unit: string;
  /** null = for information only */
  target: string | null;
  reached: boolean | null;
}

interface Skipped {
  scenario: number;
  what: string;
  reason: string;
}

export type Line = Figure | Skipped;

interface Said {
  scenario: number;
  what: string;
  value: number;
  unit?: string;
}

/** A figure without a target. */
export function told({ scenario, what, value, unit = '' }: Said): Figure {
  return { scenario, what, value, unit, target: null, reached: null };
}

/** A figure that should not be above its target. */
export function atMost(limit: number, said: Said): Figure {
  return { ...told(said), target: `≤ ${limit}`, reached: said.value <= limit };
}

/** A figure that should not be below its target. */
export function atLeast(limit: number, said: Said): Figure {
  return { ...told(said), target: `≥ ${limit}`, reached: said.value >= limit };
}

/** A count that must be exactly this. */
export function exactly(count: number, said: Said): Figure {
  return { ...told(said), target: `= ${count}`, reached: said.value === count };
}

function digits(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

function verdict(figure: Figure): string {
  if (figure.reached === null) return '';
  return figure.reached ? 'reached' : 'MISSED';
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').slice(0, 300);
}

function cells(line: Line): string[] {
  if ('reason' in line) return [String(line.scenario), line.what, 'skipped', '', oneLine(line.reason)];
  const value = `${digits(line.value)}${line.unit === '' ? '' : ` ${line.unit}`}`;
  return [String(line.scenario), line.what, value, line.target ?? '', verdict(line)];
}

/** A Markdown table of all lines. */
export function table(lines: readonly Line[]): string {
  const rows = [['#', 'what', 'value', 'target', ''], ...lines.map(cells)];
  // the last column is not padded: a reason may be long
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const text = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|---|`;
  return [text[0], rule, ...text.slice(1)].join('\n');
}
