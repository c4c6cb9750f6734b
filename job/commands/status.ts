/** `status`: is every claim protected? From the cluster and the index alone; the bucket is not asked. */
import { overviewOf } from '../../src/cluster/overview.ts';
import { plan } from '../../src/plan/plan.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { answerCode } from '../../src/report/exit-code.ts';
import { statusTable } from '../../src/report/status-table.ts';
import { statusOf } from '../../src/report/status.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Logger } from '../log.ts';
import { clusterFor } from '../open.ts';
import { endsOf, saysInterrupted } from '../signals.ts';
import { widthOf } from '../terminal.ts';
import { printPlan } from './document.ts';
import { logFindings } from './log-lines.ts';

/** @returns 0 when everything is known, 1 when something is unknown */
export async function statusCommand(settings: Settings, log: Logger): Promise<number> {
  const { observe, connection } = await clusterFor(settings)();
  const { stop, wasInterrupted } = endsOf(settings.deadline);
  const json = settings.output === 'json';
  const [seen, overview] = await Promise.all([observe(stop), json ? null : overviewOf(connection, stop)]);
  if (wasInterrupted()) return saysInterrupted('status');
  const now = Date.now();
  const result = plan({ bucket: unlooked(now), cluster: seen }, settings, now);
  if (overview === null) {
    logFindings(result, log);
    printPlan(result, settings.output);
    return answerCode(result);
  }
  const complete = result.complete && overview.failures.length === 0;
  const told = { ...result, complete };
  process.stdout.write(statusTable(statusOf(told, overview), told, widthOf(process.stdout)));
  return complete ? answerCode(result) : 1;
}
