/** What all parts of the simulated VolSync share. */
import type { Kube } from '../kube/kube.ts';
import { at, fieldsAt, text, type Fields, type KubeObject } from '../kube/objects.ts';
import type { Contents } from './contents.ts';
import type { SyncKind } from './kinds.ts';
import type { MoverFaults } from './mover-faults.ts';
import type { Credentials, World } from './repository.ts';
import type { Timers } from './timers.ts';

export interface Pace {
  mover: number;
  step: number;
  retry: number;
  populate: number;
}

export interface Operator {
  kube: Kube;
  world: World;
  pace: Pace;
  passingErrors: boolean;
  contents: Contents;
  faults: MoverFaults;
  timers: Timers;
  /** the size of a snapshot in bytes; 0 if no test has set it */
  sizeOf: (snapshot: string) => number;
  /** how much of a mover's log is kept: MOVER_LOG_MAX_BYTES of the operator's Deployment */
  logBytes: () => number;
  /** waits while VolSync is paused */
  present: () => Promise<void>;
  /** a restore mover began (1) or ended (-1) its work */
  count: (change: 1 | -1) => void;
}

/** One sync of one destination or source, from its start to its end. */
export interface Sync {
  kind: SyncKind;
  namespace: string;
  name: string;
  uid: string;
  /** cancels the sync when its object is deleted */
  end: AbortController;
  /** kills the running pod, with the reason `killed`, `replaced` or `paused` */
  pod: AbortController | null;
  /** what the Job's template was made from; null while there is no Job */
  template: string | null;
  /** `waiting`: for a Secret, a claim or the end of a pause; `failing`: permanently; neither counts as running */
  state: 'working' | 'waiting' | 'failing';
}

const TIME = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** The time now, RFC 3339 to the second. */
export function timestamp(operator: Operator): string {
  return TIME(operator.world.clock());
}

/** The synced object as it is now; undefined if it was deleted, or replaced by another object of the same name. */
export function current(operator: Operator, sync: Sync): KubeObject | undefined {
  const found = operator.kube.peek(sync.kind, sync.namespace, sync.name);
  return found?.metadata.uid === sync.uid ? found : undefined;
}

/** One pause between two steps, longer while VolSync is paused. */
export async function step(operator: Operator, sync: Sync): Promise<void> {
  await operator.timers.sleep(operator.pace.step, [sync.end.signal]);
  await operator.present();
}

/** Merges a patch into the status, if the object is still there. */
export function writeStatus(operator: Operator, sync: Sync, patch: Fields): void {
  if (current(operator, sync) !== undefined) operator.kube.patchStatus(sync.kind, sync.namespace, sync.name, patch);
}

const MESSAGES: Record<string, string> = {
  SyncInProgress: 'Synchronization in-progress',
  CleaningUp: 'Cleaning up',
  WaitingForManual: 'Waiting for manual trigger',
  WaitingForSchedule: 'Waiting for next scheduled synchronization',
};

/** The one condition, as a status patch; a message only with the reason `Error`. */
export function condition(operator: Operator, reason: string, message?: string): Fields {
  const status = reason === 'SyncInProgress' ? 'True' : 'False';
  const said = message ?? MESSAGES[reason] ?? '';
  return {
    conditions: [{ lastTransitionTime: timestamp(operator), message: said, reason, status, type: 'Synchronizing' }],
  };
}

/** Waits until the problem is gone; meanwhile the condition shows the problem. */
export async function settle(operator: Operator, sync: Sync, trouble: () => string | null): Promise<void> {
  let told: string | null = null;
  for (let wrong = trouble(); wrong !== null; wrong = trouble()) {
    if (wrong !== told && wrong !== '') writeStatus(operator, sync, condition(operator, 'Error', wrong));
    told = wrong;
    sync.state = 'waiting';
    await operator.timers.sleep(Math.max(operator.pace.step, 10), [sync.end.signal]);
    await operator.present();
  }
  sync.state = 'working';
  if (told !== null && told !== '') writeStatus(operator, sync, condition(operator, 'SyncInProgress'));
}

function decoded(secret: KubeObject | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
}

/** The credentials in a Secret, or what is wrong with them. */
export function credentialsIn(operator: Operator, namespace: string, name: string): Credentials | string {
  const secret = operator.kube.peek('Secret', namespace, name);
  if (secret === undefined) return `Secret "${name}" not found`;
  const [repository, password] = [decoded(secret, 'RESTIC_REPOSITORY'), decoded(secret, 'RESTIC_PASSWORD')];
  if (!repository || !password) return 'secret should have fields: [RESTIC_REPOSITORY RESTIC_PASSWORD]';
  return {
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: password,
    AWS_ACCESS_KEY_ID: decoded(secret, 'AWS_ACCESS_KEY_ID'),
    AWS_SECRET_ACCESS_KEY: decoded(secret, 'AWS_SECRET_ACCESS_KEY'),
  };
}

/** The credentials of a synced object's repository, or what is wrong with them. */
export function credentialsOf(operator: Operator, sync: Sync): Credentials | string {
  return credentialsIn(operator, sync.namespace, text(current(operator, sync), 'spec.restic.repository') ?? '');
}

const NOT_TEMPLATE = new Set([
  'capacity',
  'accessModes',
  'storageClassName',
  'volumeSnapshotClassName',
  'cacheCapacity',
  'cacheAccessModes',
  'cacheStorageClassName',
  'cleanupTempPVC',
  'cleanupCachePVC',
  'pruneIntervalDays',
  'copyMethod',
]);

/** The parts of a spec that go into the Job. If they change, VolSync must replace the Job. */
export function templateOf(object: KubeObject): string {
  const restic = Object.entries(fieldsAt(object, 'spec.restic')).filter(([key]) => !NOT_TEMPLATE.has(key));
  return JSON.stringify(restic.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const LOG_BYTES = 1024;

/** MOVER_LOG_MAX_BYTES of the operator's Deployment: how much of a mover's log is kept. */
export function logBytes(kube: Kube): number {
  const containers = at(kube.peek('Deployment', 'volsync-system', 'volsync'), 'spec.template.spec.containers');
  const env = at(Array.isArray(containers) ? containers[0] : undefined, 'env');
  const found: unknown = Array.isArray(env)
    ? env.find((one) => text(one, 'name') === 'MOVER_LOG_MAX_BYTES')
    : undefined;
  const value = text(found, 'value');
  return value === undefined ? LOG_BYTES : Number(value);
}
