/** `status`: the verdict of every claim from the cluster alone. */
import { plan } from '../../src/plan/plan.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { answerCode } from '../../src/report/exit-code.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Logger } from '../log.ts';
import { clusterFor } from '../open.ts';
import { printPlan } from './document.ts';
import { logFindings } from './log-lines.ts';
import { endsOf, saysInterrupted } from '../signals.ts';

/** @returns 0 when everything is known, 1 when something is unknown */
export async function statusCommand(settings: Settings, log: Logger): Promise<number> {
  const cluster = await clusterFor(settings)();
  const { stop, wasInterrupted } = endsOf(settings.deadline);
  const view = await cluster.observe(stop);
  if (wasInterrupted()) return saysInterrupted('status');
  const now = Date.now();
  const result = plan({ bucket: unlooked(now), cluster: view }, settings, now);
  if (settings.output === 'json') logFindings(result, log);
  printPlan(result, settings.output);
  return answerCode(result);
}
