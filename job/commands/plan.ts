/** `plan`: what a run would do now. Nothing is written. */
import { answerCode } from '../../src/report/exit-code.ts';
import { planOnce } from '../../src/run.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import type { Logger } from '../log.ts';
import { portsFor } from '../open.ts';
import { printPlan } from './document.ts';
import { logFindings } from './log-lines.ts';
import { endsOf, saysInterrupted } from '../signals.ts';

/** @returns 0 when everything is known, 1 when something is unknown */
export async function planCommand(settings: Settings, env: Environment, log: Logger): Promise<number> {
  const { stop, wasInterrupted } = endsOf(settings.deadline);
  const plan = await planOnce(portsFor(settings, env), settings, stop);
  if (wasInterrupted()) return saysInterrupted('plan');
  if (settings.output === 'json') logFindings(plan, log);
  printPlan(plan, settings.output);
  return answerCode(plan);
}
