/** `doctor`: bucket, cluster, clock, rights, policies, classes, index and credentials, each with what to do. */
import {
  REQUIRED_APIS,
  SNAPSHOT_CLASSES,
  STORAGE_CLASSES,
  classesOf,
  isAllowed,
  isInstalled,
  serverVersion,
  type Answer,
} from '../../src/cluster/checkup.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { policiesOf, type PoliciesView } from '../../src/cluster/policies.ts';
import { rightsOf } from '../../src/cluster/rights.ts';
import type { BaseCredentials, ClusterView } from '../../src/model.ts';
import { indexFindings } from '../../src/plan/answers/findings.ts';
import { pointsAtListedBucket } from '../../src/restic/repository-url.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { meaningOf, type Reason } from '../../src/reasons.ts';
import { columns } from '../../src/report/table.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../execute.ts';
import { wireBucket, wireCluster, wireSignals } from '../wire.ts';

interface Check {
  check: string;
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  message: string;
  todo: string | null;
}

/** @returns 0 when nothing failed and everything could be asked, else 1 */
export async function doctorCommand(settings: Settings, env: Environment): Promise<number> {
  const { stop } = wireSignals(settings.deadline);
  const bucket = checkBucket(settings, env, stop);
  const checks = [...(await bucket), ...(await checkCluster(settings, stop))];
  process.stdout.write(
    settings.output === 'json' ? `${JSON.stringify({ kind: 'Checkup', version: 1, checks }, null, 2)}\n` : page(checks),
  );
  return checks.some(({ state }) => state === 'failed' || state === 'unknown') ? 1 : 0;
}

async function checkBucket(settings: Settings, env: Environment, signal: AbortSignal): Promise<Check[]> {
  const root = await wireBucket(settings, env).look(signal);
  const check = `bucket ${settings.bucket}/${settings.prefix}`;
  if (root.state === 'unknown')
    return [{ check, state: 'failed', message: root.message, todo: meaningOf(root.reason).todo }];
  if (root.state === 'not-looked') return [];
  const count = root.namespaces.size;
  if (count === 0)
    return [{ check, state: 'warning', message: 'listed; it is empty', todo: meaningOf('bucket-unmarked').todo }];
  return [{ check, state: 'ok', message: `listed, ${spaces(count)} repositories`, todo: null }];
}

async function checkCluster(settings: Settings, signal: AbortSignal): Promise<Check[]> {
  const cluster = await wireCluster(settings)().catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  if (cluster instanceof Error)
    return [{ check: 'cluster', state: 'failed', message: cluster.message, todo: 'Set KUBECONFIG, or run in a pod.' }];
  const { connection } = cluster;
  const version = await serverVersion(connection, signal);
  if (version.state === 'unknown')
    return [
      {
        check: `cluster ${connection.server}`,
        state: 'failed',
        message: version.message,
        todo: 'Check address, certificate and token of the kubeconfig.',
      },
    ];
  return [
    { check: `cluster ${connection.server}`, state: 'ok', message: version.value, todo: null },
    checkClock(connection.clockSkew()),
    ...(await Promise.all(
      REQUIRED_APIS.map(async (api) => checkInstalled(api.resource, await isInstalled(connection, api, signal))),
    )),
    ...(await checkRights(cluster, settings, signal)),
    ...checkPolicies(await policiesOf(connection, signal)),
    checkClass('StorageClass', settings.storageClass, await classesOf(connection, STORAGE_CLASSES, signal)),
    checkClass('VolumeSnapshotClass', settings.snapshotClass, await classesOf(connection, SNAPSHOT_CLASSES, signal)),
    ...(await checkContent(cluster, settings, signal)),
  ];
}

/** Locks and quiet periods are told from times in the bucket; half a minute does no harm. */
const MOST_SKEW = 30_000;

function checkClock(skew: number | null): Check {
  if (skew === null)
    return { check: 'clock', state: 'warning', message: 'the API server does not tell its time', todo: null };
  const seconds = Math.round(skew / 1000);
  if (Math.abs(skew) <= MOST_SKEW)
    return { check: 'clock', state: 'ok', message: `within ${Math.abs(seconds)} s of the API server's`, todo: null };
  return {
    check: 'clock',
    state: 'failed',
    message: `${Math.abs(seconds)} s ${seconds > 0 ? 'behind' : 'ahead of'} the API server's`,
    todo: 'Synchronise the clocks (NTP).',
  };
}

function checkInstalled(resource: string, found: Answer<boolean>): Check {
  if (found.state === 'unknown')
    return { check: resource, state: 'unknown', message: found.message, todo: 'See the message.' };
  const missing = meaningOf(resource === 'volumesnapshots' ? 'snapshots-missing' : 'volsync-missing');
  return found.value
    ? { check: resource, state: 'ok', message: 'installed', todo: null }
    : { check: resource, state: 'failed', message: missing.means, todo: missing.todo };
}

async function checkRights(cluster: Cluster, settings: Settings, signal: AbortSignal): Promise<Check[]> {
  const rights = rightsOf(settings.credentialsSecret);
  const answers = await Promise.all(rights.map((right) => isAllowed(cluster.connection, right, signal)));
  const denied = rights.flatMap((right, index): Check[] => {
    const found = answers[index];
    const check = `right: ${right.verb} ${right.resource}`;
    if (found === undefined || found.state === 'unknown')
      return [{ check, state: 'unknown', message: found?.message ?? '', todo: 'See the message.' }];
    return found.value
      ? []
      : [{ check, state: 'failed', message: `denied; it is for: ${right.why}`, todo: 'Apply k8s/base/rbac.yaml.' }];
  });
  return denied.length > 0
    ? denied
    : [{ check: 'rights', state: 'ok', message: `all ${rights.length} are granted to whoever asks here`, todo: null }];
}

/** Like classes, policies are for a person's kubeconfig: the worker has no right to read them. */
function checkPolicies(found: Answer<PoliciesView>): Check[] {
  const check = 'admission policies';
  if (found.state === 'unknown')
    return [{ check, state: 'warning', message: found.message, todo: 'Ask with a kubeconfig that may list them.' }];
  const { flavour, ...policies } = found.value;
  const all = Object.entries(policies);
  const named = (force: string): string[] => all.flatMap(([name, is]) => (is === force ? name : []));
  const lacking = named('absent');
  const warns = named('warns');
  const message = [
    `in force: ${named('enforced').join(', ') || 'none'}${flavour === null || flavour === 'native' ? '' : ` (${flavour})`}`,
    ...(warns.length > 0 ? [`only warning: ${warns.join(', ')}`] : []),
    ...(lacking.length > 0 ? [`not there: ${lacking.join(', ')}`] : []),
  ].join('; ');
  if (policies.restore !== 'enforced')
    return [
      { check, state: 'warning', message, todo: 'No claim gets its restore point: kubectl apply -k k8s/overlays/safe' },
    ];
  const todo = 'A claim can start empty over a backup: docs/admission.md says which overlay closes what.';
  return [
    lacking.length + warns.length === 0
      ? { check, state: 'ok', message, todo: null }
      : { check, state: 'warning', message, todo },
  ];
}

function checkClass(
  kind: string,
  wanted: string | null,
  found: Answer<{ names: string[]; usual: string | null }>,
): Check {
  // The worker itself has no right to read classes: it never needs to.
  if (found.state === 'unknown')
    return {
      check: kind,
      state: 'warning',
      message: found.message,
      todo: 'Ask with a kubeconfig that may list classes.',
    };
  const { names, usual } = found.value;
  if (wanted !== null) {
    const exists = names.includes(wanted);
    return {
      check: kind,
      state: exists ? 'ok' : 'failed',
      message: exists ? wanted : `${wanted} does not exist`,
      todo: exists ? null : `There are: ${names.join(', ') || 'none'}.`,
    };
  }
  if (usual !== null) return { check: kind, state: 'ok', message: `default: ${usual}`, todo: null };
  return {
    check: kind,
    state: 'failed',
    message: 'there is no default',
    todo: `Name one by --${kind === 'StorageClass' ? 'storage-class' : 'snapshot-class'}.`,
  };
}

async function checkContent(cluster: Cluster, settings: Settings, signal: AbortSignal): Promise<Check[]> {
  const view = await cluster.observe(signal);
  return [...checkIndex(view), ...(await checkCredentials(cluster, { view, settings }, signal))];
}

/** What the policies read: is it there, and was it written of late? */
function checkIndex(view: ClusterView): Check[] {
  const now = Date.now();
  const wrong = indexFindings({ bucket: unlooked(now), cluster: view, now }).map(
    ({ reason, about, message }): Check => ({
      check: `index ${about}`,
      state: view.index.lost ? 'failed' : 'warning',
      message,
      todo: meaningOf(reason).todo,
    }),
  );
  if (wrong.length > 0) return wrong;
  const { generatedAt, entries } = view.index;
  const message = `${entries.size} backups, as of ${new Date(generatedAt ?? now).toISOString()}`;
  return [{ check: 'index', state: 'ok', message, todo: null }];
}

async function checkCredentials(
  cluster: Cluster,
  { view, settings }: { view: ClusterView; settings: Settings },
  signal: AbortSignal,
): Promise<Check[]> {
  const looked = await cluster.lookUp(view, { bases: view.baseCredentials.keys(), repositories: [] }, signal);
  const problems = [...looked.baseCredentials].flatMap(([namespace, { content }]) => {
    const problem = problemOf(content, settings);
    return problem === null ? [] : [{ namespace, ...problem }];
  });
  // What is wrong is wrong everywhere as a rule: it is told once, with all the namespaces.
  const alike = [...Map.groupBy(problems, ({ reason, message }) => `${reason} ${message}`).values()];
  const count = looked.baseCredentials.size;
  if (problems.length > 0)
    return alike.flatMap(([first, ...others]) => {
      if (first === undefined) return [];
      const { namespace, reason, state, message } = first;
      const check = `credentials in ${[namespace, ...others.map((one) => one.namespace)].join(', ')}`;
      return [{ check, state, message, todo: meaningOf(reason).todo }];
    });
  return [
    {
      check: 'credentials',
      state: count > 0 ? 'ok' : 'warning',
      message: `${spaces(count)} ${settings.credentialsSecret}`,
      todo: count > 0 ? null : meaningOf('credentials-missing').todo,
    },
  ];
}

function problemOf(
  content: BaseCredentials['content'],
  settings: Settings,
): (Pick<Check, 'state' | 'message'> & { reason: Reason }) | null {
  if (content === null) return { reason: 'listing-failed', state: 'unknown', message: 'they could not be read' };
  const { missing, repositoryBase } = content;
  if (missing.length > 0)
    return { reason: 'credentials-incomplete', state: 'failed', message: `missing: ${missing.join(', ')}` };
  return pointsAtListedBucket(repositoryBase, settings)
    ? null
    : { reason: 'repository-mismatch', state: 'failed', message: `they point at ${repositoryBase}` };
}

function spaces(count: number): string {
  return count === 1 ? '1 namespace has' : `${count} namespaces have`;
}

const MARKS = { ok: '✓', warning: '!', failed: '✗', unknown: '?' } as const;

function page(checks: readonly Check[]): string {
  return columns(
    checks.map(({ check, state, message, todo }) => [MARKS[state], check, message, todo === null ? '' : `→ ${todo}`]),
  );
}
