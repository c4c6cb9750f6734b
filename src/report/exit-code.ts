/** Exit codes: 0 done, 1 failed or unknown, 3 data is at risk. (2, a wrong configuration, is told before any of this.) */
import type { Plan } from '../decisions.ts';
import type { Reason } from '../reasons.ts';
import type { Settings } from '../settings/settings.ts';

export type ExitCode = 0 | 1 | 2 | 3;

const FAILURES: readonly Reason[] = ['sync-failing', 'sync-stuck', 'volsync-missing', 'snapshots-missing'];
const RISKS: readonly Reason[] = ['image-empty', 'restore-missed', 'claim-unprotected'];

/** Could everything be answered? For commands that only tell. */
export function answerCode(plan: Plan): ExitCode {
  return isUnknown(plan) ? 1 : 0;
}

/**
 * The code of a run.
 * @param failed actions that failed and were not made good by a later pass
 */
export function runCode(plan: Plan, failed: number, { failOn }: Pick<Settings, 'failOn'>): ExitCode {
  if (failed > 0 || isUnknown(plan) || has(plan, FAILURES)) return 1;
  return failOn === 'risk' && has(plan, RISKS) ? 3 : 0;
}

function isUnknown(plan: Plan): boolean {
  return !plan.complete || plan.frozen !== null || plan.entries.some(({ backup }) => backup.state === 'unknown');
}

function has(plan: Plan, reasons: readonly Reason[]): boolean {
  return plan.findings.some(({ reason }) => reasons.includes(reason));
}
