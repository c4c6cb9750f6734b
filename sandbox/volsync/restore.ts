/** One sync of a ReplicationDestination, with the status writes of a real one in their order. */
import { messageOf } from '../../src/errors.ts';
import { parseQuantity } from '../../src/units.ts';
import { at, text, type KubeObject } from '../kube/objects.ts';
import { completion, rest, stopwatch } from './completion.ts';
import { takeImage } from './images.ts';
import { runMover, suffer, underLock, type PodWork } from './movers.ts';
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
import { jobName, moverClaim } from './shapes.ts';
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

/** Grows the claim that is restored into; what is wrong when it cannot. A volume never shrinks, and a class never changes. */
function grown(operator: Operator, sync: Sync, existing: KubeObject, capacity: string): string | null {
  const has = text(existing, 'spec.resources.requests.storage') ?? '0';
  if (has === capacity) return null;
  const { name } = existing.metadata;
  const [before, after] = [parseQuantity(has) ?? 0, parseQuantity(capacity) ?? 0];
  if (after < before)
    return `PersistentVolumeClaim "${name}" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity`;
  const storageClass = operator.kube.peek('StorageClass', '', text(existing, 'spec.storageClassName') ?? '');
  if (storageClass?.['allowVolumeExpansion'] !== true)
    return `persistentvolumeclaims "${name}" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize`;
  operator.kube.patch('PersistentVolumeClaim', sync.namespace, name, {
    spec: { resources: { requests: { storage: capacity } } },
    status: { capacity: { storage: capacity } },
  });
  return null;
}

function ensureTarget(operator: Operator, sync: Sync, destination: KubeObject): string | null {
  if (at(destination, 'spec.restic.destinationPVC') !== undefined) return null;
  const capacity = text(destination, 'spec.restic.capacity');
  if (capacity === undefined) return 'capacity must be provided when destinationPVC is not';
  if (at(destination, 'spec.restic.accessModes') === undefined)
    return 'accessModes must be provided when destinationPVC is not';
  const name = targetName(destination);
  const existing = operator.kube.peek('PersistentVolumeClaim', sync.namespace, name);
  if (existing !== undefined) return grown(operator, sync, existing, capacity);
  operator.kube.apply(moverClaim(destination, { name, size: capacity }));
  return null;
}

/** Creates or grows the mover's claims, which go through admission. Returns the problem, or null. */
function ensureClaims(operator: Operator, sync: Sync): string | null {
  const destination = destinationOf(operator, sync);
  const { kube } = operator;
  try {
    const problem = ensureTarget(operator, sync, destination);
    if (problem !== null) return problem;
    const cache = `${jobName(sync.kind, sync.name)}-cache`;
    const size = text(destination, 'spec.restic.cacheCapacity') ?? '1Gi';
    if (kube.peek('PersistentVolumeClaim', sync.namespace, cache) === undefined)
      kube.apply(moverClaim(destination, { name: cache, size, cache: true }));
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** The snapshot that a mover takes now: the newest, or as `restoreAsOf` and `previous` say. */
function eligible(destination: KubeObject, snapshots: SnapshotObject[]): SnapshotObject | undefined {
  const asOf = text(destination, 'spec.restic.restoreAsOf');
  const limit = asOf === undefined ? Number.POSITIVE_INFINITY : Date.parse(asOf);
  // Compared to the second.
  const candidates = snapshots.filter((snapshot) => Math.floor(snapshot.at.getTime() / 1000) * 1000 <= limit);
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

/** A volume that is too small for the data: restic ends with an error, and every retry begins anew. */
function checkSpace(operator: Operator, target: KubeObject, chosen: SnapshotObject): void {
  const room = parseQuantity(text(target, 'status.capacity.storage') ?? '0') ?? 0;
  if (operator.sizeOf(chosen.id) <= room) return;
  throw new MoverFailure(
    'ignoring error for /data: write /data/data: no space left on device\nFatal: There were 1 errors\n',
  );
}

function podWork(operator: Operator, sync: Sync): PodWork {
  return async (signal) => {
    await volumeBound(operator, sync, signal);
    sync.state = 'failing'; // until it is clear that the repository can be opened
    const credentials = credentialsOf(operator, sync);
    if (typeof credentials === 'string') throw new MoverFailure(`${credentials}\n`);
    const repository = new Repository(operator.world, credentials);
    const log = repository.open(credentials.RESTIC_PASSWORD);
    const destination = destinationOf(operator, sync);
    const target = operator.kube.peek('PersistentVolumeClaim', sync.namespace, targetName(destination));
    const chosen = await underLock(operator, sync, repository, async (fault) => {
      const newest = eligible(destination, repository.snapshots());
      if (fault !== undefined) await suffer(operator, fault, signal);
      await operator.timers.sleep(operator.pace.mover, [signal]);
      if (newest !== undefined && target !== undefined) checkSpace(operator, target, newest);
      return newest;
    });
    // If no snapshot is eligible, the volume keeps its old content.
    if (chosen !== undefined && target !== undefined)
      operator.contents.setClaim(target, { snapshot: chosen.id, written: false });
    const seconds = Math.max(1, Math.round(operator.pace.mover / 1000));
    const restored =
      chosen === undefined ? ['No eligible snapshots found', '=== No data will be restored ==='] : [restoring(chosen)];
    return [...log, ...restored, `Restic completed in ${seconds}s`].join('\n');
  };
}

/** Deletes the previous image. If the image has another owner or the keep label, only the sync's ownership is removed. */
function letGo(operator: Operator, sync: Sync, image: string): void {
  const { kube } = operator;
  const old = kube.peek('VolumeSnapshot', sync.namespace, image);
  if (old === undefined) return;
  const others = (old.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== sync.uid);
  const isKept = old.metadata.labels?.[KEEP_LABEL] !== undefined;
  if (others.length === 0 && !isKept) kube.remove('VolumeSnapshot', sync.namespace, image);
  else kube.patch('VolumeSnapshot', sync.namespace, image, { metadata: { ownerReferences: others } });
}

/** Cleans up after a sync: the Job, the previous image, and the claims if the spec says so. */
function cleanUp(operator: Operator, sync: Sync, oldImage: string | undefined): void {
  const { kube } = operator;
  kube.remove('Job', sync.namespace, jobName(sync.kind, sync.name));
  if (oldImage !== undefined) letGo(operator, sync, oldImage);
  const destination = destinationOf(operator, sync);
  if (at(destination, 'spec.restic.cleanupTempPVC') === true)
    kube.remove('PersistentVolumeClaim', sync.namespace, `volsync-${sync.name}-dest`);
  if (at(destination, 'spec.restic.cleanupCachePVC') === true) {
    kube.remove('PersistentVolumeClaim', sync.namespace, `${jobName(sync.kind, sync.name)}-cache`);
  }
}

/** Runs one sync from its first status write to its last. Throws Interrupted when the sync is cancelled. */
export async function restore(operator: Operator, sync: Sync): Promise<void> {
  await step(operator, sync);
  const seconds = stopwatch(operator);
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
  const latestImage = await takeImage(operator, sync, targetName(destination));
  await step(operator, sync);
  const done = completion(operator, destinationOf(operator, sync), seconds());
  writeStatus(operator, sync, { ...done, latestImage });
  await step(operator, sync);
  cleanUp(operator, sync, oldImage);
  rest(operator, sync);
}
