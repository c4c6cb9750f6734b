/** What a run says in its log: one line for each action and each kind of finding, static messages, facts as fields. */
import type { Action, IndexWrite, Outcome, Plan } from '../../src/decisions.ts';
import { BUCKET_MARKER, indexName } from '../../src/naming.ts';
import { wordsIn } from '../../src/index/shards.ts';
import { actionName } from '../../src/report/report.ts';
import { grouped } from '../../src/report/table.ts';
import type { Logger } from '../log.ts';

/** Findings that only inform; the others are warnings. */
const QUIET = new Set(['capacity-assumed', 'name-invalid', 'bucket-unmarked']);

const MOST_NAMED = 20;

/** One line for all findings that say the same. */
export function logFindings(plan: Pick<Plan, 'findings'>, log: Logger): void {
  for (const { reason, about, message } of grouped(plan.findings)) {
    const fields = { reason, about: about.slice(0, MOST_NAMED), count: about.length, detail: message };
    log[QUIET.has(reason) ? 'info' : 'warn'](fields, 'finding');
  }
}

/** One line for an action and what became of it. */
export function logAction(action: Action, outcome: Outcome, log: Logger): void {
  const { namespace, claim } = 'desired' in action ? action.desired : action;
  const tag = 'desired' in action ? { trigger: action.desired.manual } : {};
  const fields = { action: actionName(action), namespace, claim, ...tag };
  if (outcome.state === 'failed') log.error({ ...fields, detail: outcome.message }, 'action failed');
  else if (outcome.state === 'conflict')
    log.info({ ...fields, detail: outcome.message }, 'object changed meanwhile, looking again');
  else log.info(fields, 'action done');
}

/** One line for an index object that was written, or not. */
export function logPublished(write: IndexWrite, outcome: Outcome, log: Logger): void {
  const fields = { index: indexName(write.shard), entries: wordsIn(write) };
  if (outcome.state === 'failed') log.error({ ...fields, detail: outcome.message }, 'index not published');
  else if (outcome.state === 'conflict')
    log.info({ ...fields, detail: outcome.message }, 'index changed meanwhile, looking again');
  else log.debug(fields, 'index published');
}

/** The bucket's marker; without the right to write it, everything but the protection of an emptied bucket works. */
export function logMarked(problem: string | null, log: Logger): void {
  if (problem === null) log.info({ object: BUCKET_MARKER }, 'bucket marked');
  else log.warn({ object: BUCKET_MARKER, detail: problem }, 'bucket not marked');
}
