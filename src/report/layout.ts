/** Text for a terminal: without control characters, and with no line longer than the window is wide. */

/** Control characters, and those that reverse the direction of a line. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const UNSEEN = /[\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]/g;

/** Strangers' text as it can be shown: what a terminal would obey is spelled out, `\u001b`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What a terminal would obey and JSON leaves as it is: the controls above U+007E, and those that reverse the direction of a line. */
const LEFT_BY_JSON = /[\u007F-\u009F\u2028-\u202E\u2066-\u2069]/g;

/** A JSON text that says the same, and holds nothing that a terminal would obey. */
export function visibleJson(json: string): string {
  return json.replace(LEFT_BY_JSON, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Breaks a text into lines of at most `width` characters, between words. A word that no line has room for is cut into pieces.
 * @param indent what every line after the first begins with
 */
export function wrapped(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  const room = (): number => Math.max(1, width - (lines.length === 0 ? 0 : indent.length));
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > room() && line !== '') lines.push(line);
    line = longer.length > room() && line !== '' ? word : longer;
    while (line.length > room()) {
      const piece = line.slice(0, room());
      line = line.slice(piece.length);
      lines.push(piece);
    }
  }
  return [...lines, line].join(`\n${indent}`);
}

/** One line, cut to the width, with a mark where something is missing. */
export function fitted(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

const GAP = 2;
const NARROWEST = 8;

/**
 * Left-aligned columns, two spaces apart, in lines of at most `width` characters.
 * @param expendable columns that are left out first where the width does not do, in this order; what is still too wide is cut
 */
export function columns(
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
  expendable: readonly number[] = [],
): string {
  const shown = rows.map((row) => row.map(visible));
  const natural = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)));
  let kept = natural.map((_, column) => column);
  for (const column of expendable) if (lengthOf(natural, kept) > width) kept = kept.filter((one) => one !== column);
  const widths = narrowed(natural, kept, width);
  const line = (row: readonly string[]): string =>
    kept
      .map((column) => fitted(row[column] ?? '', widths[column] ?? 0).padEnd(widths[column] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd();
  return shown.map((row) => `${line(row)}\n`).join('');
}

function lengthOf(widths: readonly number[], kept: readonly number[]): number {
  return kept.reduce((sum, column) => sum + (widths[column] ?? 0), 0) + GAP * Math.max(0, kept.length - 1);
}

/** The widest column gives way first, and none becomes unreadable. */
function narrowed(natural: readonly number[], kept: readonly number[], width: number): number[] {
  const widths = [...natural];
  for (let over = lengthOf(widths, kept) - width; over > 0; over -= 1) {
    const widest = kept.reduce(
      (best, column) => ((widths[column] ?? 0) > (widths[best] ?? 0) ? column : best),
      kept[0] ?? 0,
    );
    if ((widths[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** The same columns where they fit, else every cell after the first ones in lines of its own: nothing is cut. */
export function stacked(rows: readonly (readonly string[])[], width: number, leading = 1): string {
  const table = columns(rows);
  if (table.split('\n').every((line) => line.length <= width)) return table;
  const indent = ' '.repeat(2 * GAP);
  return rows
    .map((row) => {
      const [first, ...others] = [row.slice(0, leading).join(' '.repeat(GAP)), ...row.slice(leading)];
      const lines = others
        .filter((cell) => cell !== '')
        .map((cell) => indent + wrapped(visible(cell), width - indent.length, indent));
      return [wrapped(visible(first ?? ''), width, indent), ...lines]
        .filter((line) => line.trim() !== '')
        .map((line) => `${line}\n`)
        .join('');
    })
    .join('');
}
