/** The VolumeSnapshot of a restore. The snapshot controller makes it ready at once, late, never, or with an error. */
import { randomUUID } from 'node:crypto';
import { at, fieldsAt, text, type Fields, type KubeObject } from '../kube/objects.ts';
import type { ImageFault } from './mover-faults.ts';
import { current, timestamp, type Operator, type Sync } from './operator.ts';
import { imageOf } from './shapes.ts';
import { Interrupted } from './timers.ts';

const DEFAULT_CLASS = 'snapshot.storage.kubernetes.io/is-default-class';

function freeImageName(operator: Operator, sync: Sync): string {
  for (let time = operator.world.clock().getTime(); ; time += 1000) {
    const stamp = new Date(time).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
    const name = `volsync-${sync.name}-dest-${stamp}`;
    if (operator.contents.ofImage(name, sync.namespace) === undefined) return name;
  }
}

/** The class by name or by default, or what is wrong with it. */
function classOf(operator: Operator, destination: KubeObject): { name: string } | { error: string } {
  const named = text(destination, 'spec.restic.volumeSnapshotClassName');
  const classes = operator.kube.view('VolumeSnapshotClass');
  if (named !== undefined) {
    if (classes.some(({ metadata }) => metadata.name === named)) return { name: named };
    return {
      error: `Failed to get snapshot class with error volumesnapshotclass.snapshot.storage.k8s.io "${named}" not found`,
    };
  }
  const defaults = classes.filter(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true');
  const [only] = defaults;
  if (only !== undefined && defaults.length === 1) return { name: only.metadata.name };
  const why =
    only === undefined
      ? 'cannot find default snapshot class'
      : `${defaults.length} default snapshot classes were found`;
  return { error: `Failed to set default snapshot class with error ${why}` };
}

/** Waits for the time that the fault sets (`never`: for ever). Throws Interrupted when the sync is cancelled. */
async function late(operator: Operator, sync: Sync, wait: number | 'never' | undefined): Promise<void> {
  if (wait === undefined) return;
  if (wait === 'never') sync.state = 'failing';
  await operator.timers.sleep(wait === 'never' ? 2 ** 30 : wait, [sync.end.signal]);
}

/** Makes the image ready later, possibly long after the sync has ended. */
function readyLater(operator: Operator, place: { namespace: string; name: string }, fault: ImageFault): void {
  if (fault.ready === 'never') return;
  operator.timers.sleep(fault.ready ?? 0).then(
    () => {
      if (operator.kube.peek('VolumeSnapshot', place.namespace, place.name) === undefined) return;
      operator.kube.patchStatus('VolumeSnapshot', place.namespace, place.name, { readyToUse: true, error: null });
    },
    () => undefined, // cancelled
  );
}

/**
 * Creates the image of a restored volume; returns the reference for `latestImage`. VolSync waits until the driver has taken
 * the snapshot, not until it is ready.
 */
export async function takeImage(operator: Operator, sync: Sync, from: string): Promise<Fields> {
  const destination = current(operator, sync);
  if (destination === undefined) throw new Interrupted('gone');
  if (at(destination, 'spec.restic.copyMethod') === 'Direct')
    return { apiGroup: '', kind: 'PersistentVolumeClaim', name: from };
  const { kube, contents } = operator;
  const { namespace } = sync;
  const name = freeImageName(operator, sync);
  const target = kube.peek('PersistentVolumeClaim', namespace, from);
  const size = text(target, 'status.capacity.storage') ?? text(target, 'spec.resources.requests.storage') ?? '1Gi';
  const snapshotClass = classOf(operator, destination);
  const fault: ImageFault =
    'error' in snapshotClass
      ? { bound: 'never', error: snapshotClass.error }
      : (operator.faults.images.find(sync)?.rule ?? {});
  const className = 'name' in snapshotClass ? snapshotClass.name : undefined;
  const { status, ...image } = imageOf(destination, {
    name,
    from,
    size,
    className,
    time: timestamp(operator),
    uid: randomUUID(),
  });
  const error = fault.error === undefined ? {} : { error: { message: fault.error, time: timestamp(operator) } };
  contents.setImage(namespace, name, contents.ofClaim(namespace, from) ?? { snapshot: null, written: false });
  if (fault.bound !== undefined) kube.apply({ ...image, status: { readyToUse: false, ...error } });
  await late(operator, sync, fault.bound);
  const isReady = fault.ready === undefined && fault.error === undefined;
  const now = { ...fieldsAt({ status }, 'status'), readyToUse: isReady, ...error };
  if (fault.bound === undefined) kube.apply({ ...image, status: now });
  else kube.patchStatus('VolumeSnapshot', namespace, name, now);
  if (fault.ready !== undefined) readyLater(operator, { namespace, name }, fault);
  return { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name };
}
