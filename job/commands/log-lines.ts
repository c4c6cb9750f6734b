/** The log lines of a run: one for each action and each kind of finding. Messages are fixed; facts are fields. */
import type { Action, IndexWrite, WriteResult, Plan } from '../../src/decisions.ts';
import { BUCKET_MARKER, indexName } from '../../src/naming.ts';
import { wordsIn } from '../../src/index/shards.ts';
import { meaningOf } from '../../src/reasons.ts';
import { actionName } from '../../src/report/report.ts';
import { grouped } from '../../src/report/table.ts';
import type { Logger } from '../log.ts';

const MOST_NAMED = 20;

/** One line for all findings with the same reason and message. */
export function logFindings(plan: Pick<Plan, 'findings'>, log: Logger): void {
  for (const { reason, about, message } of grouped(plan.findings)) {
    const fields = { reason, about: about.slice(0, MOST_NAMED), count: about.length, detail: message };
    log[meaningOf(reason).level](fields, 'finding');
  }
}

/** One line for an action and its outcome. */
export function logAction(action: Action, outcome: WriteResult, log: Logger): void {
  const { namespace, claim } = 'desired' in action ? action.desired : action;
  const tag = 'desired' in action ? { trigger: action.desired.manual } : {};
  const fields = { action: actionName(action), namespace, claim, ...tag };
  if (outcome.state === 'failed') log.error({ ...fields, detail: outcome.message }, 'action failed');
  else if (outcome.state === 'conflict')
    log.info({ ...fields, detail: outcome.message }, 'object changed meanwhile, looking again');
  else log.info(fields, 'action done');
}

/** One line for a write of an index object and its outcome. */
export function logPublished(write: IndexWrite, outcome: WriteResult, log: Logger): void {
  const fields = { index: indexName(write.shard), entries: wordsIn(write) };
  if (outcome.state === 'failed') log.error({ ...fields, detail: outcome.message }, 'index not published');
  else if (outcome.state === 'conflict')
    log.info({ ...fields, detail: outcome.message }, 'index changed meanwhile, looking again');
  else log.debug(fields, 'index published');
}

/** The outcome of writing the marker. Without it everything works, except that an emptied bucket is not recognised. */
export function logMarked(problem: string | null, log: Logger): void {
  if (problem === null) log.info({ object: BUCKET_MARKER }, 'bucket marked');
  else log.warn({ object: BUCKET_MARKER, detail: problem }, 'bucket not marked');
}

/** One line for claim records that were written, or why they cannot be: it is a warning, and life goes on. */
export function logRecorded(count: number, problem: string | null, log: Logger): void {
  if (count > 0) log.info({ count }, 'claim records written');
  if (problem !== null) log.warn({ reason: 'records-refused', problem }, 'claim records cannot be written');
}
