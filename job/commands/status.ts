/** `status`: is every claim protected? From the cluster and the index alone; the bucket is not asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { overviewOf } from '../../src/cluster/overview.ts';
import type { Overview } from '../../src/overview.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { claimKey } from '../../src/naming.ts';
import { plan, type PlanResult } from '../../src/plan/plan.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { answerCode, type ExitCode } from '../../src/report/exit-code.ts';
import { EVERYTHING, isWanted, narrowed, type Scope } from '../../src/report/narrow.ts';
import { reportOf } from '../../src/report/report.ts';
import { rowLines, statusTable } from '../../src/report/status-table.ts';
import { statusOf, type Status } from '../../src/report/status.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Logger } from '../log.ts';
import { clusterFor } from '../open.ts';
import { endsOf, saysInterrupted } from '../signals.ts';
import { didYouMean, isUnheardOf } from './did-you-mean.ts';
import { isForPrograms, print } from './document.ts';
import { logFindings } from './log-lines.ts';

export interface StatusAsked extends Scope {
  /** goes on until it is interrupted */
  watch: boolean;
}

/** Between two looks of --watch, in milliseconds. */
const EVERY = 5_000;

/** A timer of Node cannot be longer; a watch ends when a person ends it. */
const FOR_EVER = 2 ** 31 - 1;

/** @returns 0 when everything is known, 1 when something is unknown */
export async function statusCommand(
  settings: Settings,
  { log, asked = { ...EVERYTHING, watch: false } }: { log: Logger; asked?: StatusAsked },
): Promise<number> {
  const cluster = await clusterFor(settings)();
  const { stop, wasInterrupted } = endsOf(asked.watch ? FOR_EVER : settings.deadline);
  let seen = await look(cluster, settings, { scope: asked, stop });
  if (wasInterrupted()) return saysInterrupted('status');
  if (isUnheardOf(seen.plan, asked) && seen.status.rows.length === 0) {
    process.stderr.write(`volsync-prewarm status: ${asked.claim}: ${unheardOf(asked.claim ?? '', seen)}`);
    return 1;
  }
  if (isForPrograms(settings.output)) logFindings(seen.plan, log);
  await show(seen, settings);
  while (asked.watch && !stop.aborted) {
    await sleep(EVERY, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) break;
    const next = await look(cluster, settings, { scope: asked, stop });
    if (stop.aborted) break;
    await showChange(seen, next, settings);
    seen = next;
  }
  return seen.code;
}

const NOTHING: Overview = { claims: new Map(), sources: new Map(), templates: [], failures: [] };

interface Seen {
  plan: PlanResult;
  status: Status;
  code: ExitCode;
  known: readonly string[];
}

async function look(
  { observe, connection }: Cluster,
  settings: Settings,
  { scope, stop }: { scope: Scope; stop: AbortSignal },
): Promise<Seen> {
  // A Report says nothing of claims without a label, so nothing more is asked for it.
  const isReport = settings.output === 'json' || settings.output === 'yaml';
  const [view, overview] = await Promise.all([observe(stop), isReport ? NOTHING : overviewOf(connection, stop)]);
  const now = Date.now();
  const result = plan({ bucket: unlooked(now), cluster: view }, settings, now);
  const complete = result.complete && overview.failures.length === 0;
  const all = { ...result, complete };
  const status = statusOf(all, overview);
  const told = narrowed(all, scope);
  return {
    plan: told,
    status: {
      ...status,
      rows: status.rows.filter((row) => isWanted(row, scope)),
      ...(told !== all && { unlabelled: 0 }),
    },
    code: complete ? answerCode(told) : 1,
    known: status.rows.map(claimKey),
  };
}

function unheardOf(claim: string, { plan: { complete, context }, known }: Seen): string {
  const [asked] = context.cluster.failures;
  if (!complete)
    return `nothing is known of it, and some lists failed${asked === undefined ? '' : ` (${asked.message})`}\n`;
  return `no claim, no source, no destination and no backup of this name is known\n${didYouMean(claim, known)}`;
}

function show({ plan: told, status }: Seen, { output }: Settings): Promise<void> {
  return print(
    {
      value: () => reportOf(told),
      names: status.rows.map(claimKey),
      table: (width, wide) => statusTable(status, told, width, wide),
    },
    output,
  );
}

/** On a terminal the table is drawn anew; elsewhere, and for programs, only what changed is written. */
async function showChange(before: Seen, after: Seen, settings: Settings): Promise<void> {
  const isTable = !isForPrograms(settings.output);
  if (isTable && process.stdout.isTTY) {
    process.stdout.write('\u001B[H\u001B[2J');
    return show(after, settings);
  }
  const known = new Set(rowLines(before.status));
  const changed = rowLines(after.status).filter((line) => !known.has(line));
  if (changed.length === 0) return;
  if (isTable) process.stdout.write(changed.map((line) => `${line}\n`).join(''));
  else await show(after, settings);
}
