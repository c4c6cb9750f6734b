/** The objects of the generated world as the API server would show them: warm, proven, backed up, in use. */

import {
  ANNOTATION,
  BACKUP_LABEL,
  CREATED_BY_VOLSYNC,
  MANAGED_BY,
  PRODUCT,
  SNAPSHOT_GROUP,
  VOLSYNC_GROUP,
  destinationName,
  repositorySecretName,
  sourceName,
} from '../src/naming.ts';
import { snapshotOf } from './world.ts';
import type { World } from './world.ts';
import { shortId } from '../src/restic/ids.ts';

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** A claim of the world, and the world that it is in. */
export interface Place {
  world: World;
  namespace: string;
  claim: string;
}

const VOLSYNC_VERSION = `${VOLSYNC_GROUP}/v1alpha1`;
const SNAPSHOT_VERSION = `${SNAPSHOT_GROUP}/v1`;
const FIRST_VERSION = '1000';
const GIBIBYTE = 1024 ** 3;

/** RFC 3339 without fractions, as Kubernetes writes times. */
function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** The same for the same object in every run. */
function uid(...parts: string[]): string {
  let hash = 2166136261;
  for (const letter of parts.join('/')) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0;
  return `${hash.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

/** The managedFields of an applied object: a fifth of the bytes sent. */
function managedFields(manager: string, at: string): unknown[] {
  const own = { 'f:restic': { 'f:capacity': {}, 'f:copyMethod': {}, 'f:repository': {}, 'f:accessModes': {} } };
  const fields = { 'f:metadata': { 'f:labels': { [`f:${MANAGED_BY}`]: {} } }, 'f:spec': own };
  return [
    { manager, operation: 'Apply', apiVersion: VOLSYNC_VERSION, time: at, fieldsType: 'FieldsV1', fieldsV1: fields },
  ];
}

/** The fields of metadata that an API server fills in. */
export function metadata(place: { namespace?: string; name: string }, at: number): KubeObject['metadata'] {
  const key = uid(place.namespace ?? '', place.name);
  return { ...place, uid: key, resourceVersion: FIRST_VERSION, generation: 1, creationTimestamp: time(at) };
}

export const BASE_SECRET = 'volsync-rustfs-base';

/** `<uid>/<resourceVersion>` of a namespace's base credentials. */
function baseVersion(namespace: string): string {
  return `${uid(namespace, BASE_SECRET)}/${FIRST_VERSION}`;
}

/** `volsync-<destination>-dest-<time>`, as VolSync names the images. */
export function imageName(claim: string, at: number): string {
  return `volsync-${destinationName(claim)}-dest-${time(at).replaceAll(/\D/g, '')}`;
}

/** A mover's log as VolSync keeps it in the status. */
export function restoreLog(id: string, at: number): string {
  const [day, clock] = new Date(at).toISOString().slice(0, 19).split('T');
  return `restoring snapshot ${id} of [/data] at ${day} ${clock}.374813704 +0000 UTC by root@volsync to .\nRestic completed in 2s`;
}

/** The status of a destination whose sync for `tag` ended at `at`. */
export function finishedStatus(
  done: { tag: string; image: string; logs: string },
  at: number,
): Record<string, unknown> {
  return {
    conditions: [
      {
        lastTransitionTime: time(at),
        message: 'Waiting for manual trigger',
        reason: 'WaitingForManual',
        status: 'False',
        type: 'Synchronizing',
      },
    ],
    lastManualSync: done.tag,
    lastSyncDuration: '6.004829994s',
    lastSyncTime: time(at),
    latestImage: { apiGroup: SNAPSHOT_GROUP, kind: 'VolumeSnapshot', name: done.image },
    latestMoverStatus: { logs: done.logs, result: 'Successful' },
  };
}

/** The status of a destination whose first sync began at `at`. */
export function runningStatus(at: number): Record<string, unknown> {
  return {
    conditions: [
      {
        lastTransitionTime: time(at),
        message: 'Synchronization in-progress',
        reason: 'SyncInProgress',
        status: 'True',
        type: 'Synchronizing',
      },
    ],
    lastSyncStartTime: time(at),
  };
}

/** The image of a finished destination. */
export function volumeSnapshot(place: { namespace: string; name: string; volume: string }, at: number): KubeObject {
  const { namespace, name } = place;
  return {
    apiVersion: SNAPSHOT_VERSION,
    kind: 'VolumeSnapshot',
    metadata: {
      ...metadata({ namespace, name }, at),
      labels: { [CREATED_BY_VOLSYNC.label]: CREATED_BY_VOLSYNC.value },
      finalizers: [
        'snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection',
        'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection',
      ],
    },
    spec: { source: { persistentVolumeClaimName: place.volume }, volumeSnapshotClassName: 'csi-hostpath-snapclass' },
    status: {
      boundVolumeSnapshotContentName: `snapcontent-${uid(namespace, name)}`,
      creationTime: time(at),
      readyToUse: true,
      restoreSize: '1Gi',
    },
  };
}

/** When the image of a claim was made: a minute or two after its newest snapshot. */
export function restoredAt({ world, namespace, claim }: Place): number {
  return snapshotOf(world, namespace, claim).at + 120_000;
}

/** A managed destination with a warm image that is proven to hold the newest snapshot. */
export function destination(place: Place): KubeObject {
  const { world, namespace, claim } = place;
  const newest = snapshotOf(world, namespace, claim);
  const restored = restoredAt(place);
  const image = imageName(claim, restored);
  const logs = restoreLog(shortId(newest.id), newest.at);
  return {
    apiVersion: VOLSYNC_VERSION,
    kind: 'ReplicationDestination',
    metadata: {
      ...metadata({ namespace, name: destinationName(claim) }, world.epoch - 9e8),
      labels: { [MANAGED_BY]: PRODUCT },
      annotations: {
        [ANNOTATION.verifiedImage]: image,
        [ANNOTATION.verifiedSnapshot]: shortId(newest.id),
        [ANNOTATION.verifiedSnapshotAt]: new Date(newest.at).toISOString(),
        [ANNOTATION.provenImages]: `${image}=${shortId(newest.id)}`,
        [ANNOTATION.restoreSize]: String(GIBIBYTE),
        [ANNOTATION.capacityFrom]: 'claim',
        [ANNOTATION.askedAt]: new Date(restored - 10_000).toISOString(),
        [ANNOTATION.baseVersion]: baseVersion(namespace),
      },
      managedFields: managedFields(PRODUCT, time(restored)),
    },
    spec: {
      trigger: { manual: shortId(newest.id) },
      restic: {
        repository: repositorySecretName(claim),
        copyMethod: 'Snapshot',
        capacity: '1Gi',
        accessModes: ['ReadWriteOnce'],
        cacheCapacity: '1Gi',
        enableFileDeletion: true,
        cleanupTempPVC: false,
      },
    },
    status: finishedStatus({ tag: shortId(newest.id), image, logs }, restored),
  };
}

/** A ReplicationSource for the claim: its last backup ended before the image was made, and its retention is time-based. */
export function source({ world, namespace, claim }: Place): KubeObject {
  const newest = snapshotOf(world, namespace, claim);
  const logs = `using parent snapshot ${shortId(snapshotOf(world, namespace, claim, 1).id)}\nAdded to the repository: 42.000 KiB (42.000 KiB stored)\nprocessed 7 files, 905.000 MiB in 0:02\nsnapshot ${shortId(newest.id)} saved\nRestic completed in 4s`;
  return {
    apiVersion: VOLSYNC_VERSION,
    kind: 'ReplicationSource',
    metadata: {
      ...metadata({ namespace, name: sourceName(claim) }, world.epoch - 9e8),
      managedFields: managedFields('argocd-controller', time(world.epoch - 9e8)),
    },
    spec: {
      sourcePVC: claim,
      trigger: { schedule: '17 * * * *' },
      restic: {
        repository: repositorySecretName(claim),
        copyMethod: 'Snapshot',
        pruneIntervalDays: 7,
        retain: { hourly: 24, daily: 7 },
      },
    },
    status: {
      conditions: [
        { lastTransitionTime: time(newest.at), reason: 'WaitingForSchedule', status: 'False', type: 'Synchronizing' },
      ],
      lastSyncDuration: '8.870311252s',
      lastSyncTime: time(newest.at + 10_000),
      nextSyncTime: time(world.epoch + 3_000_000),
      latestMoverStatus: { logs, result: 'Successful' },
      restic: { lastPruned: time(world.epoch - 3e8) },
    },
  };
}

/** A protected claim that was restored and is in use. */
export function volumeClaim({ world, namespace, claim }: Place): KubeObject {
  const size = { storage: '1Gi' };
  const reference = { apiGroup: VOLSYNC_GROUP, kind: 'ReplicationDestination', name: destinationName(claim) };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...metadata({ namespace, name: claim }, world.epoch - 8e8),
      labels: { [BACKUP_LABEL]: 'hourly', 'app.kubernetes.io/name': namespace },
      annotations: { 'pv.kubernetes.io/bind-completed': 'yes' },
      finalizers: ['kubernetes.io/pvc-protection'],
      managedFields: managedFields('argocd-controller', time(world.epoch - 8e8)),
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      dataSource: reference,
      dataSourceRef: reference,
      resources: { requests: size },
      storageClassName: 'csi-hostpath-sc',
      volumeMode: 'Filesystem',
      volumeName: `pvc-${uid(namespace, claim)}`,
    },
    status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: size },
  };
}
