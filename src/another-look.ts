/** When a run looks again, and what is still said of a pass after the next one. */
import type { Finding, WriteResult } from './decisions.ts';
import type { PlanResult } from './plan/plan.ts';

/** Findings about what a pass does are gone from the next one, which sees it done. */
export function withSaid(latest: readonly Finding[], said: ReadonlyMap<string, Finding>): Finding[] {
  const now = new Set(latest.map(({ reason, about }) => `${reason} ${about}`));
  return [...latest, ...[...said].flatMap(([key, finding]) => (now.has(key) ? [] : [finding]))];
}

export function isChange({ outcome }: { outcome: WriteResult }): boolean {
  return outcome.state === 'done' && outcome.changed;
}

/** Whether restores are under way, queued or just requested, and so not warm and proven yet; or a source of ours is about to go. */
export function isWorthAnotherLook(
  latest: PlanResult,
  results: readonly { outcome: WriteResult }[],
  passes: number,
): boolean {
  const { pending, leaving, frozen } = latest;
  if (frozen !== null) return isPassing(latest, passes);
  if (results.some((one) => one.outcome.state === 'conflict' || isChange(one))) return true;
  return pending.syncing > 0 || pending.queued > 0 || leaving > 0;
}

/** The API server restarted in the middle of a run; requested restores are still under way. */
function isPassing({ frozen }: PlanResult, passes: number): boolean {
  return frozen === 'listing-failed' && passes > 1;
}
