/** Exit codes: 0 done, 1 failed or unknown, 3 data is at risk. Exit code 2, a wrong configuration, comes before a run begins. */
import type { Plan } from '../decisions.ts';
import { meaningOf } from '../reasons.ts';
import type { Settings } from '../settings/settings.ts';

export type ExitCode = 0 | 1 | 2 | 3;

/** The code of commands that only show something: 1 when something is unknown. */
export function answerCode(plan: Plan): ExitCode {
  return isUnknown(plan) ? 1 : 0;
}

/**
 * The code of a run.
 * @param failed number of actions that failed and that no later pass repeated with success
 */
export function runCode(plan: Plan, failed: number, { failOn }: Pick<Settings, 'failOn'>): ExitCode {
  if (failed > 0 || isUnknown(plan) || finds(plan, 1)) return 1;
  return failOn === 'risk' && finds(plan, 3) ? 3 : 0;
}

function isUnknown(plan: Plan): boolean {
  return !plan.complete || plan.frozen !== null || plan.entries.some(({ backup }) => backup.state === 'unknown');
}

function finds({ findings }: Plan, code: ExitCode): boolean {
  return findings.some(({ reason, risk }) => meaningOf(reason).exit === code || (code === 3 && risk === true));
}
