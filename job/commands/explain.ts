/** `explain <ns>/<pvc>`: the decision trail of one claim. */
import type { Action, Entry } from '../../src/decisions.ts';
import { plan, type PlanResult } from '../../src/plan/plan.ts';
import { trailOf, type Trail } from '../../src/plan/answers/explanation.ts';
import { meaningOf } from '../../src/reasons.ts';
import { actionName, reportOf } from '../../src/report/report.ts';
import { columns } from '../../src/report/table.ts';
import { planOnce } from '../../src/run.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import { wirePorts, wireSignals } from '../wire.ts';

/** Nobody waits a minute for a page of help. */
const PATIENCE = 10_000;

/** @returns 0 when the claim's backup is known to be there or not, 1 when it is unknown */
export async function explainCommand(
  { settings: given, claim }: { settings: Settings; claim: string },
  env: Environment,
): Promise<number> {
  const settings = { ...given, requestTimeout: Math.min(given.requestTimeout, PATIENCE) };
  const looked = await planOnce(wirePorts(settings, env), settings, wireSignals(settings.deadline).stop);
  const { plan: seen, note } = withoutBucket(looked, settings);
  const index = seen.situations.findIndex(({ key }) => key === claim);
  const [situation, entry] = [seen.situations[index], seen.entries[index]];
  if (situation === undefined || entry === undefined) {
    process.stdout.write(`${nothingKnown(claim, looked, settings)}${note}`);
    return looked.complete ? 0 : 1;
  }
  const trail = trailOf(situation, entry, seen.context);
  process.stdout.write(settings.output === 'json' ? json(entry, trail, seen) : `${page(entry, trail, seen)}${note}`);
  return entry.backup.state === 'unknown' || seen.frozen !== null ? 1 : 0;
}

/** When the bucket cannot be looked at, what the cluster remembers is still worth telling, and is told as such. */
function withoutBucket(looked: PlanResult, settings: Settings): { plan: PlanResult; note: string } {
  const { root } = looked.context.bucket;
  if (root.state !== 'unknown') return { plan: looked, note: '' };
  const bucket = { ...looked.context.bucket, root: { state: 'not-looked' } as const };
  const note = `\nThe bucket could not be looked at (${root.message}): this is what the cluster remembers. A run would do nothing.\n`;
  return { plan: plan({ bucket, cluster: looked.context.cluster }, settings, looked.at), note };
}

function nothingKnown(claim: string, plan: PlanResult, settings: Settings): string {
  const looked = plan.complete
    ? 'A complete listing and the cluster show'
    : 'Not everything could be looked at; what could be shows';
  return `${claim}\n\n${looked} no repository in ${settings.bucket}/${settings.prefix}, no destination and no claim labelled backup: hourly or daily.\n`;
}

function json(entry: Entry, trail: Trail, plan: PlanResult): string {
  const [reported] = reportOf({ ...plan, entries: [entry] }).entries;
  return `${JSON.stringify({ kind: 'Explanation', version: 1, at: new Date(plan.at).toISOString(), entry: reported, ...trail, frozen: plan.frozen }, null, 2)}\n`;
}

const MARKS = { open: '✓', closed: '✗', 'not-reached': '·' } as const;

function page(entry: Entry, { facts, gates }: Trail, plan: PlanResult): string {
  const { restorePoint } = entry;
  const lines = [
    `${entry.namespace}/${entry.claim}: ${restorePoint.state}${restorePoint.reason === null ? '' : ` (${restorePoint.reason})`}\n\n`,
    'What was seen, and where:\n',
    columns(facts.map(({ what, seen }) => ['', what, seen])),
  ];
  if (gates.length > 0) {
    lines.push(
      '\nThe gates, in order; the first closed one decides:\n',
      columns(gates.map(({ reason, state, fact }) => ['', MARKS[state], reason, fact])),
    );
  }
  if (plan.frozen !== null) lines.push(`\nNothing is written at all: ${plan.frozen}. ${meaningOf(plan.frozen).todo}\n`);
  lines.push(`\nThe next run will: ${nextSteps(entry)}\n`);
  if (restorePoint.reason !== null) {
    const { means, todo } = meaningOf(restorePoint.reason);
    lines.push(`\n${restorePoint.reason}: ${means}\n→ ${todo}\n`);
  }
  return lines.join('');
}

function nextSteps({ actions, restorePoint }: Entry): string {
  if (actions.length === 0) return 'do nothing about it';
  const wave = restorePoint.wave === null || restorePoint.wave === 1 ? '' : `, when wave ${restorePoint.wave} comes`;
  return `${actions.map(stepText).join(', then ')}${wave}`;
}

function stepText(action: Action): string {
  const tag = 'desired' in action && action.kind !== 'record-proof' ? ` (trigger ${action.desired.manual})` : '';
  return `${actionName(action)}${tag}`;
}
