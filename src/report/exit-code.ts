/** Exit codes: 0 done, 1 failed or unknown, 3 data is at risk. (2, a wrong configuration, is told before any of this.) */
import type { Plan } from '../decisions.ts';
import { meaningOf } from '../reasons.ts';
import type { Settings } from '../settings/settings.ts';

export type ExitCode = 0 | 1 | 2 | 3;

/** Could everything be answered? For commands that only tell. */
export function answerCode(plan: Plan): ExitCode {
  return isUnknown(plan) ? 1 : 0;
}

/**
 * The code of a run.
 * @param failed actions that failed and were not made good by a later pass
 */
export function runCode(plan: Plan, failed: number, { failOn }: Pick<Settings, 'failOn'>): ExitCode {
  if (failed > 0 || isUnknown(plan) || finds(plan, 1)) return 1;
  return failOn === 'risk' && finds(plan, 3) ? 3 : 0;
}

function isUnknown(plan: Plan): boolean {
  return !plan.complete || plan.frozen !== null || plan.entries.some(({ backup }) => backup.state === 'unknown');
}

function finds({ findings }: Plan, code: ExitCode): boolean {
  return findings.some(({ reason }) => meaningOf(reason).exit === code);
}
