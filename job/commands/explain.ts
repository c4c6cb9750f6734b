/** `explain <namespace>/<pvc>`: how the decision about one claim comes about. */
import type { Action, Entry } from '../../src/decisions.ts';
import { plan, type PlanResult } from '../../src/plan/plan.ts';
import { explain, type Explanation } from '../../src/plan/answers/explanation.ts';
import { claimKey } from '../../src/naming.ts';
import { meaningOf, type Reason } from '../../src/reasons.ts';
import { filled } from '../../src/reasons/filled.ts';
import { actionName, reportOf } from '../../src/report/report.ts';
import { stacked, wrapped } from '../../src/report/layout.ts';
import { planOnce } from '../../src/run.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import { portsFor } from '../open.ts';
import { endsOf, saysInterrupted } from '../signals.ts';
import { didYouMean } from './did-you-mean.ts';
import { print } from './document.ts';

/** An explanation must not take longer than somebody is willing to wait for it. */
const LONGEST_REQUEST = 10_000;

/** @returns 0 when it is known whether the claim has a backup, else 1 (also for a claim of which nothing is known) */
export async function explainCommand(
  { settings: given, claim }: { settings: Settings; claim: string },
  env: Environment,
): Promise<number> {
  const settings = { ...given, requestTimeout: Math.min(given.requestTimeout, LONGEST_REQUEST) };
  const { stop, wasInterrupted } = endsOf(settings.deadline);
  const looked = await planOnce(portsFor(settings, env), settings, stop);
  if (wasInterrupted()) return saysInterrupted('explain');
  const { plan: seen, note } = withoutBucket(looked, settings);
  const judged = seen.claims.find(({ key }) => key === claim);
  const entry = seen.entries.find((one) => claimKey(one) === claim);
  if (judged === undefined || entry === undefined) {
    process.stdout.write(`${nothingKnown(claim, looked, settings)}${note}`);
    return 1;
  }
  const explanation = explain(judged, seen.context);
  await print(
    {
      value: () => documentOf(entry, explanation, seen),
      table: (width) => `${page(entry, explanation, seen, width)}${note}`,
    },
    settings.output,
  );
  return entry.backup.state === 'unknown' || seen.frozen !== null ? 1 : 0;
}

/** Without the bucket, the command still shows what the cluster remembers, and says that this is all it shows. */
function withoutBucket(looked: PlanResult, settings: Settings): { plan: PlanResult; note: string } {
  const { root } = looked.context.bucket;
  if (root.state !== 'unknown') return { plan: looked, note: '' };
  const bucket = { ...looked.context.bucket, root: { state: 'not-looked' } as const };
  const why = root.reason === 'bucket-moved' ? 'The bucket is another one' : 'The bucket could not be listed';
  const note = `\n${why} (${root.message}), so this is what the cluster remembers. A run would do nothing.\n`;
  return { plan: plan({ bucket, cluster: looked.context.cluster }, settings, looked.at), note };
}

function nothingKnown(claim: string, plan: PlanResult, settings: Settings): string {
  const looked = plan.complete
    ? 'A complete listing and the cluster show'
    : 'Some lists failed; those that succeeded show';
  return `${claim}\n\n${looked} no repository in ${settings.bucket}/${settings.prefix}, no destination and no claim labelled backup: hourly or daily.\n${didYouMean(claim, plan.entries.map(claimKey))}`;
}

function documentOf(entry: Entry, { facts, blockers }: Explanation, plan: PlanResult): Record<string, unknown> {
  const [reported] = reportOf({ ...plan, entries: [entry] }).entries;
  return {
    kind: 'Explanation',
    version: 1,
    at: new Date(plan.at).toISOString(),
    entry: reported,
    facts,
    gates: blockers,
    frozen: plan.frozen,
  };
}

const MARKS = { open: '✓', closed: '✗', 'not-reached': '·' } as const;

function page(entry: Entry, { facts, blockers }: Explanation, plan: PlanResult, width: number): string {
  const { restorePoint } = entry;
  const lines = [
    `${entry.namespace}/${entry.claim}: ${restorePoint.state}${restorePoint.reason === null ? '' : ` (${restorePoint.reason})`}\n\n`,
    'What was seen, and where:\n',
    stacked(
      facts.map(({ what, seen }) => ['', what, seen]),
      width,
      2,
    ),
  ];
  if (blockers.length > 0) {
    lines.push(
      `\n${wrapped('What can keep a restore from starting, in order; the first that does decides:', width)}\n`,
      stacked(
        blockers.map(({ reason, state, fact }) => ['', MARKS[state], reason, fact]),
        width,
        3,
      ),
    );
  }
  const frozen = plan.frozen ?? seenFrozen(plan);
  if (frozen !== null) {
    const told = plan.findings.find(({ reason }) => reason === frozen)?.message ?? meaningOf(frozen).means;
    lines.push(
      `\n${wrapped(`Runs write nothing at the moment: ${frozen}: ${told}. ${meaningOf(frozen).todo}`, width, '  ')}\n`,
    );
  }
  lines.push(`\n${wrapped(`The next run will: ${nextSteps(entry)}`, width, '  ')}\n`);
  if (restorePoint.reason !== null) {
    const { means, todo } = meaningFor(entry, restorePoint.reason, plan.context.settings.credentialsSecret);
    lines.push(`\n${wrapped(`${restorePoint.reason}: ${means}`, width, '  ')}\n${wrapped(`→ ${todo}`, width, '  ')}\n`);
  }
  const said = plan.findings.filter(({ about }) => about === claimKey(entry));
  if (said.length > 0)
    lines.push(
      '\nFindings:\n',
      stacked(
        said.map(({ reason, message }) => ['', reason, message]),
        width,
        2,
      ),
    );
  return lines.join('');
}

/** In the words of this claim. */
function meaningFor(entry: Entry, reason: Reason, secret: string): { means: string; todo: string } {
  const { means, todo } = meaningOf(reason);
  return { means: filled(means, entry, secret), todo: filled(todo, entry, secret) };
}

/** Without a look into the bucket: what the last run says in the index. */
function seenFrozen({ context: { bucket, cluster } }: PlanResult): Reason | null {
  return bucket.root.state === 'not-looked' ? cluster.index.frozen : null;
}

function nextSteps({ actions, restorePoint }: Entry): string {
  if (actions.length === 0)
    return restorePoint.reason === null ? 'find nothing to do' : whileWaiting(restorePoint.reason);
  const wave = restorePoint.wave === null || restorePoint.wave === 1 ? '' : `, when wave ${restorePoint.wave} comes`;
  return `${actions.map(stepText).join(', then ')}${wave}`;
}

/** A blocker that passes by itself is checked again. Every other one stays until a person acts. */
function whileWaiting(reason: Reason): string {
  return meaningOf(reason).passes
    ? `look again, and go on when ${reason} has passed`
    : `change nothing until ${reason} is corrected`;
}

function stepText(action: Action): string {
  const tag = 'desired' in action && action.kind !== 'record-proof' ? ` (trigger ${action.desired.manual})` : '';
  return `${actionName(action)}${tag}`;
}
