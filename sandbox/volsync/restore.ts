/** One sync of a ReplicationDestination, with the status writes of a real one in their order. */
import { randomUUID } from 'node:crypto';
import { at, text, type Fields, type KubeObject } from '../kube/objects.ts';
import { completion, rest } from './completion.ts';
import { runMover, sufferFault, type PodWork } from './movers.ts';
import {
  condition,
  credentialsOf,
  current,
  settle,
  step,
  timestamp,
  writeStatus,
  type Operator,
  type Sync,
} from './operator.ts';
import { MoverFailure, Repository, type SnapshotObject } from './repository.ts';
import { imageOf, jobName, moverClaim } from './shapes.ts';
import { Interrupted } from './timers.ts';

const KEEP_LABEL = 'volsync.backube/do-not-delete';

function destinationOf(operator: Operator, sync: Sync): KubeObject {
  const found = current(operator, sync);
  if (found === undefined) throw new Interrupted('gone');
  return found;
}

/** The claim that is restored into: the destination's own, or one of the operator's. */
function targetName(destination: KubeObject): string {
  return text(destination, 'spec.restic.destinationPVC') ?? `volsync-${destination.metadata.name}-dest`;
}

/** Makes or grows the claims of the mover; says what is wrong, or null. */
function ensureClaims(operator: Operator, sync: Sync): string | null {
  const destination = destinationOf(operator, sync);
  const { kube } = operator;
  if (at(destination, 'spec.restic.destinationPVC') === undefined) {
    const capacity = text(destination, 'spec.restic.capacity');
    if (capacity === undefined) return 'capacity must be provided when destinationPVC is not';
    if (at(destination, 'spec.restic.accessModes') === undefined)
      return 'accessModes must be provided when destinationPVC is not';
    const name = targetName(destination);
    const existing = kube.peek('PersistentVolumeClaim', sync.namespace, name);
    if (existing === undefined) kube.apply(moverClaim(destination, { name, size: capacity }));
    else if (text(existing, 'spec.resources.requests.storage') !== capacity) {
      kube.patch('PersistentVolumeClaim', sync.namespace, name, {
        spec: { resources: { requests: { storage: capacity } } },
        status: { capacity: { storage: capacity } },
      });
    }
  }
  const cache = `${jobName(sync.kind, sync.name)}-cache`;
  const size = text(destination, 'spec.restic.cacheCapacity') ?? '1Gi';
  if (kube.peek('PersistentVolumeClaim', sync.namespace, cache) === undefined) {
    kube.apply(moverClaim(destination, { name: cache, size, cache: true }));
  }
  return null;
}

/** The snapshot that a mover takes now: the newest, or as `restoreAsOf` and `previous` say. */
function eligible(destination: KubeObject, snapshots: SnapshotObject[]): SnapshotObject | undefined {
  const asOf = text(destination, 'spec.restic.restoreAsOf');
  const limit = asOf === undefined ? Number.POSITIVE_INFINITY : Date.parse(asOf);
  const candidates = snapshots.filter((snapshot) => snapshot.at.getTime() <= limit);
  return candidates.at(-1 - Number(at(destination, 'spec.restic.previous') ?? 0));
}

function restoring(snapshot: SnapshotObject): string {
  const time = snapshot.at.toISOString().replace('T', ' ').replace('Z', '000000');
  return `restoring snapshot ${snapshot.id.slice(0, 8)} of [/data] at ${time} +0000 UTC by root@volsync to .`;
}

/** A pod whose volume is not Bound (an unknown class, say) stays Pending, without a word in the status. */
async function volumeBound(operator: Operator, sync: Sync, signal: AbortSignal): Promise<void> {
  const name = targetName(destinationOf(operator, sync));
  while (text(operator.kube.peek('PersistentVolumeClaim', sync.namespace, name), 'status.phase') !== 'Bound') {
    sync.state = 'waiting';
    await operator.timers.sleep(Math.max(operator.pace.step, 10), [signal]);
  }
  sync.state = 'working';
}

function podWork(operator: Operator, sync: Sync): PodWork {
  return async (signal) => {
    await volumeBound(operator, sync, signal);
    await sufferFault(operator, sync, signal);
    const credentials = credentialsOf(operator, sync);
    sync.state = 'failing'; // until it is clear that the repository can be opened
    if (typeof credentials === 'string') throw new MoverFailure(`${credentials}\n`);
    const repository = new Repository(operator.world, credentials);
    const log = repository.open(credentials.RESTIC_PASSWORD);
    sync.state = 'working';
    const lock = repository.lock(`${jobName(sync.kind, sync.name)}-${sync.uid.slice(0, 5)}`);
    const destination = destinationOf(operator, sync);
    const chosen = eligible(destination, repository.snapshots());
    await operator.timers.sleep(operator.pace.mover, [signal]);
    repository.unlock(lock);
    const target = operator.kube.peek('PersistentVolumeClaim', sync.namespace, targetName(destination));
    if (chosen !== undefined && target !== undefined)
      operator.contents.setClaim(target, { snapshot: chosen.id, written: false });
    const seconds = Math.max(1, Math.round(operator.pace.mover / 1000));
    const restored =
      chosen === undefined ? ['No eligible snapshots found', '=== No data will be restored ==='] : [restoring(chosen)];
    return [...log, ...restored, `Restic completed in ${seconds}s`].join('\n');
  };
}

function freeImageName(operator: Operator, sync: Sync): string {
  for (let time = operator.world.clock().getTime(); ; time += 1000) {
    const stamp = new Date(time).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
    const name = `volsync-${sync.name}-dest-${stamp}`;
    if (operator.contents.ofImage(name, sync.namespace) === undefined) return name;
  }
}

/** Takes the image of the restored volume; its reference as in `latestImage`. */
function takeImage(operator: Operator, sync: Sync): Fields {
  const destination = destinationOf(operator, sync);
  const from = targetName(destination);
  if (at(destination, 'spec.restic.copyMethod') === 'Direct')
    return { apiGroup: '', kind: 'PersistentVolumeClaim', name: from };
  const target = operator.kube.peek('PersistentVolumeClaim', sync.namespace, from);
  const size = text(target, 'status.capacity.storage') ?? text(target, 'spec.resources.requests.storage') ?? '1Gi';
  const name = freeImageName(operator, sync);
  operator.kube.apply(imageOf(destination, { name, from, size, time: timestamp(operator), uid: randomUUID() }));
  operator.contents.setImage(
    sync.namespace,
    name,
    operator.contents.ofClaim(sync.namespace, from) ?? { snapshot: null, written: false },
  );
  return { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name };
}

/** Deletes what a finished sync leaves: the Job, the image before this one, the claims if so asked. */
function cleanUp(operator: Operator, sync: Sync, oldImage: string | undefined): void {
  const { kube } = operator;
  kube.remove('Job', sync.namespace, jobName(sync.kind, sync.name));
  const old = oldImage === undefined ? undefined : kube.peek('VolumeSnapshot', sync.namespace, oldImage);
  const shared = (old?.metadata.ownerReferences ?? []).some((owner) => owner.uid !== sync.uid);
  const kept = old?.metadata.labels?.[KEEP_LABEL] !== undefined;
  if (oldImage !== undefined && !shared && !kept) kube.remove('VolumeSnapshot', sync.namespace, oldImage);
  const destination = destinationOf(operator, sync);
  if (at(destination, 'spec.restic.cleanupTempPVC') === true)
    kube.remove('PersistentVolumeClaim', sync.namespace, `volsync-${sync.name}-dest`);
  if (at(destination, 'spec.restic.cleanupCachePVC') === true) {
    kube.remove('PersistentVolumeClaim', sync.namespace, `${jobName(sync.kind, sync.name)}-cache`);
  }
}

/** Runs one sync from its first status write to its last. Throws Interrupted when it is called off. */
export async function restore(operator: Operator, sync: Sync): Promise<void> {
  await step(operator, sync);
  const startedAt = performance.now();
  const before = destinationOf(operator, sync);
  const fresh = at(before, 'status.latestMoverStatus') === undefined ? { latestMoverStatus: {} } : {};
  writeStatus(operator, sync, {
    ...condition(operator, 'SyncInProgress'),
    lastSyncStartTime: timestamp(operator),
    ...fresh,
  });
  await step(operator, sync);
  await settle(operator, sync, () => ensureClaims(operator, sync));
  await settle(operator, sync, () => {
    const credentials = credentialsOf(operator, sync);
    return typeof credentials === 'string' ? credentials : null;
  });
  if (operator.passingErrors) {
    const why = `Operation cannot be fulfilled on jobs.batch "${jobName(sync.kind, sync.name)}": the object has been modified; please apply your changes to the latest version and try again`;
    writeStatus(operator, sync, condition(operator, 'Error', why));
    await step(operator, sync);
    writeStatus(operator, sync, condition(operator, 'SyncInProgress'));
  }
  const logs = await runMover(operator, sync, podWork(operator, sync));
  await step(operator, sync);
  writeStatus(operator, sync, { latestMoverStatus: { result: 'Successful', logs } });
  await step(operator, sync);
  const destination = destinationOf(operator, sync);
  const oldImage =
    at(destination, 'status.latestImage.kind') === 'VolumeSnapshot'
      ? text(destination, 'status.latestImage.name')
      : undefined;
  const latestImage = takeImage(operator, sync);
  await step(operator, sync);
  const done = completion(operator, destinationOf(operator, sync), startedAt);
  writeStatus(operator, sync, { ...done, latestImage });
  await step(operator, sync);
  cleanUp(operator, sync, oldImage);
  rest(operator, sync);
}
