/** `plan`: what a run would do now. Nothing is written. */
import { answerCode } from '../../src/report/exit-code.ts';
import { planOnce } from '../../src/run.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import type { Logger } from '../log.ts';
import { portsFor } from '../open.ts';
import { narrowed, EVERYTHING, type Scope } from '../../src/report/narrow.ts';
import { isForPrograms, printPlan } from './document.ts';
import { isUnheardOf, saysUnheardOf } from './did-you-mean.ts';
import { logFindings } from './log-lines.ts';
import { endsOf, saysInterrupted } from '../signals.ts';

/** @returns 0 when everything is known, 1 when something is unknown */
export async function planCommand(
  settings: Settings,
  { env, log, scope = EVERYTHING }: { env: Environment; log: Logger; scope?: Scope },
): Promise<number> {
  const { stop, wasInterrupted } = endsOf(settings.deadline);
  const all = await planOnce(portsFor(settings, env), settings, stop);
  if (wasInterrupted()) return saysInterrupted('plan');
  if (isUnheardOf(all, scope)) return saysUnheardOf('plan', all, scope);
  const plan = narrowed(all, scope);
  if (isForPrograms(settings.output)) logFindings(plan, log);
  await printPlan(plan, settings.output);
  return answerCode(plan);
}
