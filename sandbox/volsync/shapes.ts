/** The objects that the operator makes, in the shapes of a real one. */
import {
  at,
  fieldsAt,
  text,
  type Fields,
  type KubeObject,
  type ObjectInput,
  type OwnerReference,
} from '../kube/objects.ts';

export const CREATED_BY = { 'app.kubernetes.io/created-by': 'volsync' };

/** The owner reference: the object is deleted together with its owner. */
export function ownedBy(owner: KubeObject): OwnerReference[] {
  const { name, uid } = owner.metadata;
  return [{ apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true }];
}

/** `volsync-dst-<name>` or `volsync-src-<name>`. */
export function jobName(kind: string, name: string): string {
  return `volsync-${kind === 'ReplicationDestination' ? 'dst' : 'src'}-${name}`;
}

function verbsOf(owner: KubeObject): string[] {
  if (owner.kind === 'ReplicationDestination') return ['restore'];
  const unlock = text(owner, 'spec.restic.unlock');
  return unlock === undefined || unlock === text(owner, 'status.restic.lastUnlocked')
    ? ['backup']
    : ['unlock', 'backup'];
}

/** A mover's Job; without a pod yet. */
export function moverJob(owner: KubeObject, retained: string): ObjectInput {
  const { namespace = '', name, uid } = owner.metadata;
  const job = jobName(owner.kind, name);
  const repository = text(owner, 'spec.restic.repository') ?? '';
  const fromSecret = (key: string): Fields => ({
    name: key,
    valueFrom: { secretKeyRef: { name: repository, key, optional: key.startsWith('AWS_') } },
  });
  const restore = owner.kind === 'ReplicationDestination';
  const plain: Fields = {
    FORGET_OPTIONS: restore ? '--keep-last 1' : retained,
    DATA_DIR: '/data',
    RESTIC_CACHE_DIR: '/cache',
    RESTORE_AS_OF: text(owner, 'spec.restic.restoreAsOf'),
    SELECT_PREVIOUS: String(Number(at(owner, 'spec.restic.previous') ?? 0)),
    RESTORE_OPTIONS: at(owner, 'spec.restic.enableFileDeletion') === true ? '--delete' : undefined,
  };
  const secrets = ['RESTIC_REPOSITORY', 'RESTIC_PASSWORD', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  const env = [
    ...Object.entries(plain).map(([key, value]) => (value === undefined ? { name: key } : { name: key, value })),
    ...secrets.map(fromSecret),
  ];
  const claimName = restore ? `volsync-${name}-dest` : (text(owner, 'spec.sourcePVC') ?? '');
  const pod = {
    containers: [
      {
        name: 'restic',
        image: 'sandbox/volsync-mover-restic',
        command: ['/mover-restic/entry.sh'],
        args: verbsOf(owner),
        env,
      },
    ],
    restartPolicy: 'Never',
    serviceAccountName: job,
    ...(at(owner, 'spec.restic.moverSecurityContext') === undefined
      ? {}
      : { securityContext: at(owner, 'spec.restic.moverSecurityContext') }),
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName } },
      { name: 'cache', persistentVolumeClaim: { claimName: `${job}-cache` } },
    ],
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace,
      name: job,
      labels: { ...CREATED_BY, 'volsync.backube/cleanup': uid },
      ownerReferences: ownedBy(owner),
    },
    spec: {
      backoffLimit: 8,
      completionMode: 'NonIndexed',
      parallelism: at(owner, 'spec.paused') === true ? 0 : 1,
      suspend: false,
      template: { metadata: { name: job, labels: { ...CREATED_BY, 'job-name': job } }, spec: pod },
    },
  };
}

export interface VolumeOptions {
  name: string;
  size: string;
  cache?: boolean;
}

/** A claim that the operator makes for a mover. */
export function moverClaim(owner: KubeObject, options: VolumeOptions): ObjectInput {
  const { namespace = '' } = owner.metadata;
  const restic = fieldsAt(owner, 'spec.restic');
  const storageClassName =
    (options.cache === true ? restic['cacheStorageClassName'] : undefined) ?? restic['storageClassName'];
  const accessModes = (options.cache === true ? restic['cacheAccessModes'] : undefined) ??
    restic['accessModes'] ?? ['ReadWriteOnce'];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name: options.name, labels: CREATED_BY, ownerReferences: ownedBy(owner) },
    spec: {
      accessModes,
      resources: { requests: { storage: options.size } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
}

export interface ImageOptions {
  name: string;
  from: string;
  size: string;
  time: string;
  uid: string;
  /** of the snapshot; undefined where none could be found */
  className: string | undefined;
}

/** The VolumeSnapshot of a finished restore, ready to use. */
export function imageOf(owner: KubeObject, options: ImageOptions): ObjectInput {
  const { namespace = '' } = owner.metadata;
  const snapshotClass = options.className === undefined ? {} : { volumeSnapshotClassName: options.className };
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { namespace, name: options.name, uid: options.uid, labels: CREATED_BY, ownerReferences: ownedBy(owner) },
    spec: { source: { persistentVolumeClaimName: options.from }, ...snapshotClass },
    status: {
      boundVolumeSnapshotContentName: `snapcontent-${options.uid}`,
      creationTime: options.time,
      readyToUse: true,
      restoreSize: options.size,
    },
  };
}
