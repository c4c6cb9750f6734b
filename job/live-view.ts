/** The live view on a terminal: running restores and the rest of the work, redrawn in place below the finished actions. */
import type { Action, WriteResult } from '../src/decisions.ts';
import type { PlanResult } from '../src/plan/plan.ts';
import { actionName } from '../src/report/report.ts';
import { fitted, visible, wrapped } from '../src/report/layout.ts';
import { formatDuration } from '../src/units.ts';
import { widthOf } from './terminal.ts';

export interface LiveView {
  show: (plan: PlanResult, now: number) => void;
  did: (action: Action, outcome: WriteResult) => void;
  end: () => void;
}

const MOST_LINES = 12;

/** A view on this terminal. Null when the stream is no terminal, or when a document is printed to it. */
export function liveView(
  out: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> & { columns?: number },
  wanted: boolean,
): LiveView | null {
  if (!wanted || !out.isTTY) return null;
  let drawn: readonly string[] = [];

  /** A window that has become narrower shows a line in several rows. */
  function rowsOf(line: string): number {
    return Math.max(1, Math.ceil(line.length / widthOf(out)));
  }

  function erase(): void {
    const rows = drawn.reduce((sum, line) => sum + rowsOf(line), 0);
    if (rows > 0) out.write(`\u001B[${rows}A\u001B[J`);
    drawn = [];
  }

  function draw(lines: readonly string[]): void {
    erase();
    // A line as wide as the window would already begin the next row.
    drawn = lines.map((line) => fitted(visible(line), widthOf(out) - 1));
    out.write(drawn.map((line) => `${line}\n`).join(''));
  }

  return {
    show: (plan, now) => draw(linesOf(plan, now)),
    did: (action, outcome) => {
      erase();
      const { namespace, claim } = 'desired' in action ? action.desired : action;
      const mark = outcome.state === 'done' ? '✓' : '✗';
      const message = 'message' in outcome ? `: ${outcome.message}` : '';
      const told = visible(`${mark} ${actionName(action)} ${namespace}/${claim}${message}`);
      out.write(`${wrapped(told, widthOf(out), '  ')}\n`);
    },
    end: erase,
  };
}

/** The lines of the view: running restores with their age, then one line about the rest. */
export function linesOf(plan: PlanResult, now: number): string[] {
  const running = plan.claims.flatMap(({ key, sync }) => {
    if (sync.state !== 'syncing') return [];
    const age = sync.since === null ? '' : ` for ${formatDuration(Math.max(0, now - sync.since))}`;
    return [`  ⟳ ${key} syncing${age}${sync.trouble === null ? '' : ` (${sync.trouble}: ${sync.detail})`}`];
  });
  const shown = running.slice(0, MOST_LINES);
  const more = running.length > shown.length ? [`  … and ${running.length - shown.length} more`] : [];
  const warm = plan.entries.filter(({ restorePoint }) => restorePoint.state === 'warm').length;
  return [...shown, ...more, `${warm} warm, ${plan.pending.syncing} syncing, ${plan.pending.queued} queued`];
}
