/** `run`: what the CronJob does. JSON lines, or a live view on a terminal; a document on stdout only when asked for. */
import { runCode } from '../../src/report/exit-code.ts';
import { countsOf, summaryOf } from '../../src/report/report.ts';
import { withPerformed } from '../../src/performed.ts';
import { run, type Progress } from '../../src/run.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import { liveView, type LiveView } from '../live-view.ts';
import type { Logger } from '../log.ts';
import { portsFor } from '../open.ts';
import { printPlan } from './document.ts';
import { logAction, logFindings, logMarked, logRecorded, logPublished } from './log-lines.ts';
import { endsOf } from '../signals.ts';

/** @returns 0 done, 1 failed or unknown, 3 data at risk */
export async function runCommand(settings: Settings, env: Environment, log: Logger): Promise<number> {
  const started = Date.now();
  const live = liveView(process.stdout, settings.output === null);
  const lines = live === null ? log : log.child({}, { level: 'silent' });
  const signals = endsOf(settings.deadline);
  const result = await run(portsFor(settings, env), settings, {
    signals,
    progress: progressOf(lines, live),
  });
  live?.end();
  // Listings that were cut off by a person say nothing about the bucket.
  const isCutOff = signals.wasInterrupted() && result.passes === 1 && !result.plan.complete;
  if (isCutOff) lines.warn('interrupted before everything was observed');
  else logFindings(result.plan, lines);
  const code = runCode(result.plan, result.failed.length, settings);
  // With --mode report, the document shows what a run would have done.
  const entries =
    settings.mode === 'report' ? [...result.plan.entries] : withPerformed(result.plan.entries, result.performed);
  const { backups, restorePoints, actions } = summaryOf(entries);
  lines.info(
    {
      backups,
      restorePoints,
      reasons: countsOf(entries.flatMap(({ restorePoint }) => restorePoint.reason ?? [])),
      actions,
      failed: result.failed.length,
      complete: result.plan.complete,
      ...(result.plan.frozen !== null && { frozen: result.plan.frozen }),
      pending: result.plan.pending,
      passes: result.passes,
      cutShort: result.cutShort,
      seconds: (Date.now() - started) / 1000,
      exitCode: code,
    },
    'run finished',
  );
  if ((settings.output !== null || live !== null) && !isCutOff)
    await printPlan({ ...result.plan, entries }, settings.output);
  return code;
}

function progressOf(log: Logger, live: LiveView | null): Progress {
  let told = '';
  return {
    planned: (plan, pass) => {
      live?.show(plan, Date.now());
      log.debug({ pass, pending: plan.pending, chains: plan.chains.length, complete: plan.complete }, 'planned');
      const now = JSON.stringify(plan.pending);
      if (pass > 1 && now !== told) log.info(plan.pending, 'restores under way');
      told = now;
    },
    published: (write, outcome) => logPublished(write, outcome, log),
    marked: (problem) => logMarked(problem, log),
    recorded: (count, problem) => logRecorded(count, problem, log),
    done: (action, outcome) => {
      live?.did(action, outcome);
      logAction(action, outcome, log);
    },
  };
}
