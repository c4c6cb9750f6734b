/** A mover's Job: its pods one after the other, until one of them succeeds. */
import { at } from '../kube/objects.ts';
import { condition, current, settle, step, templateOf, writeStatus, type Operator, type Sync } from './operator.ts';
import type { PlannedFailure } from './mover-faults.ts';
import { MoverFailure, type Repository } from './repository.ts';
import { forgetOptions } from './retention.ts';
import { jobName, moverJob } from './shapes.ts';
import { Interrupted } from './timers.ts';

const BACKOFF_LIMIT = 8;
const RAW_HEAD =
  '\nrestic 0.18.1 compiled with go1.26.8 on linux/amd64\nTesting mandatory env variables\n=== Check for dir initialized ===\n';

/** Runs until its signal fires. Returns the log of a success; throws MoverFailure otherwise. */
export type PodWork = (signal: AbortSignal) => Promise<string>;

interface Pods {
  failed: number;
  started: string;
}

function writeJob(operator: Operator, sync: Sync, status: object): void {
  const name = jobName(sync.kind, sync.name);
  if (operator.kube.peek('Job', sync.namespace, name) === undefined) return;
  operator.kube.patchStatus('Job', sync.namespace, name, {
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    ...status,
  });
}

function makeJob(operator: Operator, sync: Sync): Pods {
  const owner = current(operator, sync);
  if (owner === undefined) throw new Interrupted('gone');
  operator.kube.remove('Job', sync.namespace, jobName(sync.kind, sync.name));
  operator.kube.apply(moverJob(owner, forgetOptions(owner)));
  sync.template = templateOf(owner);
  const started = operator.world.clock().toISOString().replace(/\.\d+/, '');
  writeJob(operator, sync, { startTime: started });
  return { failed: 0, started };
}

/** The end of a log, cut to the length that VolSync keeps. */
function tail(operator: Operator, log: string): string {
  const limit = operator.logBytes();
  const bytes = Buffer.from(log);
  return bytes.subarray(Math.max(0, bytes.length - limit)).toString();
}

/** Waits while the pod cannot start; the Job's status shows it. */
async function started(operator: Operator, sync: Sync, pods: Pods, signal: AbortSignal): Promise<void> {
  const since = pods.failed === 0 ? {} : { failed: pods.failed };
  let told = false;
  for (let hang = operator.faults.hangs.find(sync); hang !== undefined; hang = operator.faults.hangs.find(sync)) {
    sync.state = 'failing';
    const job = operator.kube.peek('Job', sync.namespace, jobName(sync.kind, sync.name));
    if (!told)
      writeJob(operator, sync, { ...since, active: hang.rule === 'no-pod' ? null : 1, startTime: pods.started });
    if (!told && job !== undefined && hang.rule === 'no-pod') {
      const why = `Error creating: pods "${job.metadata.name}-" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=10, limited: pods=10`;
      operator.kube.event(job, 'Warning', 'FailedCreate', why);
    }
    told = true;
    await operator.timers.sleep(Math.max(operator.pace.step, 10), [signal]);
  }
  sync.state = 'working';
  writeJob(operator, sync, { ...since, active: 1, ready: 1, startTime: pods.started });
}

/** Runs one pod; returns its log if it succeeded, or the failure. */
async function runPod(
  operator: Operator,
  sync: Sync,
  pods: Pods,
  work: PodWork,
): Promise<string | MoverFailure | Interrupted> {
  const pod = new AbortController();
  sync.pod = pod;
  const restores = sync.kind === 'ReplicationDestination';
  const signal = AbortSignal.any([pod.signal, sync.end.signal]);
  if (restores) operator.count(1);
  try {
    await started(operator, sync, pods, signal);
    return await work(signal);
  } catch (error) {
    if (error instanceof MoverFailure) return error;
    if (error instanceof Interrupted && !sync.end.signal.aborted && error.reason !== 'stopped') return error;
    throw error;
  } finally {
    sync.pod = null;
    if (restores) operator.count(-1);
  }
}

/** VolSync replaces a Job whose template no longer fits. */
async function replaceJob(operator: Operator, sync: Sync): Promise<Pods> {
  operator.kube.remove('Job', sync.namespace, jobName(sync.kind, sync.name));
  const message = 'unable to update object. Deleting object so it can be recreated';
  writeStatus(operator, sync, condition(operator, 'Error', message));
  await step(operator, sync);
  writeStatus(operator, sync, condition(operator, 'SyncInProgress'));
  return makeJob(operator, sync);
}

async function afterFailure(operator: Operator, sync: Sync, pods: Pods, log: string): Promise<Pods> {
  writeJob(operator, sync, { active: null, failed: pods.failed });
  await operator.timers.sleep(operator.pace.retry, [sync.end.signal]);
  await operator.present();
  if (pods.failed < BACKOFF_LIMIT) return pods;
  writeStatus(operator, sync, { latestMoverStatus: { result: 'Failed', logs: tail(operator, RAW_HEAD + log) } });
  await step(operator, sync);
  return makeJob(operator, sync);
}

/** Waits while `spec.paused` is set; meanwhile the Job may have no pods. */
async function unpaused(operator: Operator, sync: Sync): Promise<void> {
  const paused = (): boolean => at(current(operator, sync), 'spec.paused') === true;
  if (!paused()) return;
  const job = jobName(sync.kind, sync.name);
  operator.kube.patch('Job', sync.namespace, job, { spec: { parallelism: 0 }, status: { active: null } });
  await settle(operator, sync, () => (paused() ? '' : null));
  operator.kube.patch('Job', sync.namespace, job, { spec: { parallelism: 1 } });
}

/** Creates the Job of a sync and runs pods until one succeeds; returns its log. Throws Interrupted when the sync is cancelled. */
export async function runMover(operator: Operator, sync: Sync, work: PodWork): Promise<string> {
  let pods = makeJob(operator, sync);
  for (;;) {
    if (templateOf(current(operator, sync) ?? moverless) !== sync.template) pods = await replaceJob(operator, sync);
    await unpaused(operator, sync);
    if (templateOf(current(operator, sync) ?? moverless) !== sync.template) continue;
    const outcome = await runPod(operator, sync, pods, work);
    if (typeof outcome === 'string') {
      writeJob(operator, sync, { active: null, succeeded: 1, completionTime: pods.started });
      return tail(operator, outcome);
    }
    if (outcome instanceof Interrupted && outcome.reason !== 'killed') continue;
    pods = { ...pods, failed: pods.failed + 1 };
    pods = await afterFailure(operator, sync, pods, outcome instanceof MoverFailure ? outcome.log : '');
  }
}

const moverless = {
  apiVersion: '',
  kind: '',
  metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
};

/**
 * Does the work of a pod under its own lock, or runs the failure that is planned for it. restic removes its lock
 * when it exits, with or without an error. A killed pod leaves its lock behind.
 */
export async function underLock<T>(
  operator: Operator,
  sync: Sync,
  repository: Repository,
  work: (fault: PlannedFailure | undefined) => Promise<T>,
): Promise<T> {
  const fault = operator.faults.take(sync);
  const lock = repository.lock(`${jobName(sync.kind, sync.name)}-${sync.uid.slice(0, 5)}`);
  // `idle()` does not wait for a permanent failure.
  sync.state = fault?.permanent === true ? 'failing' : 'working';
  try {
    const result = await work(fault);
    repository.unlock(lock);
    return result;
  } catch (error) {
    if (error instanceof MoverFailure && fault?.dies !== true) repository.unlock(lock);
    throw error;
  }
}

/** Fails as planned, after a moment of work. */
export async function suffer(operator: Operator, fault: PlannedFailure, signal: AbortSignal): Promise<never> {
  await operator.timers.sleep(Math.min(operator.pace.mover, 10), [signal]);
  throw new MoverFailure(fault.log);
}
