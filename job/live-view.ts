/** The live view on a terminal: running restores and the rest of the work, redrawn in place below the finished actions. */
import type { Action, Outcome } from '../src/decisions.ts';
import type { PlanResult } from '../src/plan/plan.ts';
import { syncOf } from '../src/plan/facts/sync.ts';
import { actionName } from '../src/report/report.ts';
import { formatDuration } from '../src/units.ts';

export interface LiveView {
  show: (plan: PlanResult, now: number) => void;
  did: (action: Action, outcome: Outcome) => void;
  end: () => void;
}

const MOST_LINES = 12;

/** A view on this terminal. Null when the stream is no terminal, or when a document is printed to it. */
export function liveView(out: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>, wanted: boolean): LiveView | null {
  if (!wanted || !out.isTTY) return null;
  let drawn = 0;

  function erase(): void {
    if (drawn > 0) out.write(`\u001B[${drawn}A\u001B[J`);
    drawn = 0;
  }

  function draw(lines: readonly string[]): void {
    erase();
    out.write(lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  }

  return {
    show: (plan, now) => draw(linesOf(plan, now)),
    did: (action, outcome) => {
      erase();
      const { namespace, claim } = 'desired' in action ? action.desired : action;
      out.write(
        `${outcome.state === 'done' ? '✓' : '✗'} ${actionName(action)} ${namespace}/${claim}${'message' in outcome ? `: ${outcome.message}` : ''}\n`,
      );
    },
    end: erase,
  };
}

/** The lines of the view: running restores with their age, then one line about the rest. */
export function linesOf(plan: PlanResult, now: number): string[] {
  const running = plan.situations.flatMap((s) => {
    const sync = syncOf(s, now);
    if (sync.state !== 'syncing') return [];
    const age = sync.since === null ? '' : ` for ${formatDuration(Math.max(0, now - sync.since))}`;
    return [`  ⟳ ${s.key} syncing${age}${sync.trouble === null ? '' : ` (${sync.trouble}: ${sync.detail})`}`];
  });
  const shown = running.slice(0, MOST_LINES);
  const more = running.length > shown.length ? [`  … and ${running.length - shown.length} more`] : [];
  const warm = plan.entries.filter(({ restorePoint }) => restorePoint.state === 'warm').length;
  return [...shown, ...more, `${warm} warm, ${plan.pending.syncing} syncing, ${plan.pending.queued} queued`];
}
