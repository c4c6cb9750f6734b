/** What was done to each claim over a run, for the report of `run`. */
import type { Action, Entry, WriteResult } from './decisions.ts';
import { claimKey } from './naming.ts';

/** The claim that an action is about. */
export function keyOf(action: Action): string {
  return claimKey('desired' in action ? action.desired : action);
}

/** The entries with the actions that a run has performed on each claim, for the Report of `run`. */
export function withPerformed(
  entries: readonly Entry[],
  performed: readonly { action: Action; outcome: WriteResult }[],
): Entry[] {
  const byClaim = new Map<string, Action[]>();
  for (const { action, outcome } of performed) {
    if (outcome.state !== 'done') continue;
    const key = keyOf(action);
    byClaim.set(key, [...(byClaim.get(key) ?? []), action]);
  }
  return entries.map((entry) => ({ ...entry, actions: byClaim.get(claimKey(entry)) ?? [] }));
}
