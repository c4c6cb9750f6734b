/** `backup <namespace>/<pvc>`: one backup now, by the claim's own source; with --wait the restore point is renewed after it. */
import { backUp, type BackUp } from '../../src/back-up.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { oneSource } from '../../src/cluster/one-source.ts';
import type { ClusterView } from '../../src/model.ts';
import { keyOf } from '../../src/performed.ts';
import { meaningOf } from '../../src/reasons.ts';
import { visible, wrapped } from '../../src/report/layout.ts';
import { run } from '../../src/run.ts';
import type { Ports } from '../../src/run-ports.ts';
import { TRIGGER_LASTS } from '../../src/plan/backup/asked-backup.ts';
import type { ProtectedClaim } from '../../src/plan/backup/protected-claim.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Source } from '../../src/source.ts';
import type { Environment } from '../environment.ts';
import { clusterFor, portsFor } from '../open.ts';
import { endsOf, type Ends } from '../signals.ts';
import { widthOf } from '../terminal.ts';
import { didYouMean } from './did-you-mean.ts';

interface Asked {
  claim: string;
  wait: boolean;
  /** milliseconds */
  timeout: number;
}

/** @returns 0 when the backup is asked for, or with --wait saved and held by the restore point; else 1 */
export async function backupCommand(
  { settings, asked: { claim, wait, timeout } }: { settings: Settings; asked: Asked },
  env: Environment,
): Promise<number> {
  const ends = endsOf(timeout);
  const until = Date.now() + Math.min(timeout, TRIGGER_LASTS);
  const cluster = await clusterFor(settings)();
  const view = await cluster.observe(ends.stop);
  const source = sourceFor(claim, view);
  if (typeof source === 'string') return fails(source);
  const tell = teller(process.stderr);
  tell.line(`${claim}: asks for a backup by ${source.name}`);
  const ports = backUpPorts(cluster, source, tell.line);
  const outcome = await backUp(ports, { source, until, wait, signal: ends.stop });
  tell.end();
  if (outcome.state !== 'done') return said(outcome, claim, source, ends);
  if (outcome.saved === null)
    return fails(`${claim}: VolSync says that it went well, and saved no snapshot: the volume is empty`);
  process.stdout.write(`${claim}: saved ${outcome.saved}.\n`);
  return renew(portsFor(settings, env), settings, { claim, saved: outcome.saved, ends });
}

function backUpPorts(cluster: Cluster, source: Source, tell: (line: string) => void): Parameters<typeof backUp>[0] {
  return {
    read: (signal) => oneSource(cluster.connection, source, signal),
    write: cluster.write,
    now: Date.now,
    tell,
  };
}

/** The source that saves it, or why there is none that may be asked. */
function sourceFor(
  key: string,
  { allSources, claims, otherClaims, failures, destinations }: ClusterView,
): Source | string {
  const failure = failures.find(
    ({ resource }) => resource === 'replicationsources' || resource === 'persistentvolumeclaims',
  );
  if (failure !== undefined) return `${key}: ${failure.resource} could not be listed: ${failure.message}`;
  const sources = (allSources.get(key) ?? []).filter(({ deleting, mover }) => !deleting && mover === 'restic');
  const phase = (claims.get(key) ?? otherClaims.get(key))?.phase;
  const known = [...claims.keys(), ...otherClaims.keys(), ...destinations.keys()];
  if (phase === undefined && sources.length === 0)
    return `${key}: no claim and no source has this name. ${didYouMean(key, known)}`.trimEnd();
  const source = sources.find(({ managed }) => managed) ?? sources.find(({ adopted }) => adopted);
  if (phase !== 'Bound')
    return `${key}: the claim ${phase === undefined ? 'does not exist' : `is ${phase}`}, so there is nothing to save`;
  if (source !== undefined)
    return source.paused ? `${key}: source ${source.name} is paused (spec.paused): VolSync would make no pod` : source;
  const [other] = sources;
  if (other === undefined)
    return `${key}: no restic source backs it up. With the label backup: hourly or daily the worker makes one`;
  const label = `kubectl -n ${other.namespace} label replicationsource ${other.name} volsync-prewarm/adopt=true`;
  return `${key}: source ${other.name} is somebody else's. To let this program trigger it: ${label}`;
}

/** What is told when there is no new snapshot. */
function said(
  outcome: Exclude<BackUp, { state: 'done' }>,
  claim: string,
  { name, schedule }: Source,
  ends: Ends,
): number {
  if (outcome.state === 'asked') {
    const after = schedule === null ? '' : ' The next run after it takes the trigger away again.';
    process.stdout.write(`${claim}: asked ${name} for a backup.${after} Add --wait to see it end.\n`);
    return 0;
  }
  const why = ends.stop.aborted && !ends.wasInterrupted() ? `${outcome.message} (--timeout)` : outcome.message;
  return fails(`${claim}: no backup: ${why}`);
}

function fails(message: string): 1 {
  process.stderr.write(`${wrapped(visible(`volsync-prewarm backup: ${message}`), widthOf(process.stderr), '  ')}\n`);
  return 1;
}

/** As a run would, for this claim alone: the newest snapshot is fetched and proven. */
async function renew(
  ports: Ports,
  settings: Settings,
  { claim, saved, ends }: { claim: string; saved: string; ends: Ends },
): Promise<number> {
  const tell = teller(process.stderr);
  let latest: ProtectedClaim | null = null;
  const { failed } = await run(ports, settings, {
    only: claim,
    signals: ends,
    progress: {
      planned: (plan) => {
        latest = plan.claims.find(({ key }) => key === claim) ?? null;
        if (latest !== null) tell.line(`the restore point is ${stateOf(latest)}`);
      },
      published: () => undefined,
      marked: () => undefined,
      recorded: () => undefined,
      done: (action, outcome) => {
        if (keyOf(action) === claim && outcome.state === 'failed')
          tell.line(`${action.kind} failed: ${outcome.message}`);
      },
    },
  });
  tell.end();
  return toldOf(latest, { claim, saved, failed, ends });
}

function toldOf(
  latest: ProtectedClaim | null,
  { claim, saved, failed, ends }: { claim: string; saved: string; failed: readonly string[]; ends: Ends },
): number {
  if (latest?.restorePoint.holds === saved) {
    process.stdout.write(`${claim}: the restore point holds ${saved} (${latest.restorePoint.state}).\n`);
    return 0;
  }
  const { reason = null, holds = null } = latest?.restorePoint ?? {};
  const why = reason === null ? '' : ` ${reason}: ${meaningOf(reason).means}`;
  const end = ends.stop.aborted ? ' The time is up, or it was interrupted.' : '';
  const trouble = failed.includes(claim) ? ' A write failed, see above.' : '';
  return fails(
    `${claim}: the backup is saved, and the restore point holds ${holds ?? 'nothing'} and not ${saved} yet.${why}${trouble}${end} The next run goes on with it`,
  );
}

function stateOf({ restorePoint: { state, reason } }: ProtectedClaim): string {
  return reason === null ? state : `${state} (${reason})`;
}

/** On a terminal one line that changes; elsewhere one line for each change. */
function teller(out: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>): {
  line: (text: string) => void;
  end: () => void;
} {
  let last = '';
  return {
    line: (text) => {
      if (text === last) return;
      last = text;
      out.write(out.isTTY ? `\r\u001B[K… ${visible(text)}` : `${visible(text)}\n`);
    },
    end: () => void (out.isTTY && last !== '' && out.write('\r\u001B[K')),
  };
}
