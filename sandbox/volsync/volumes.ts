/** What a CSI driver does: it makes volumes for claims, empty ones and from images, and says why it cannot. */
import { randomUUID } from 'node:crypto';
import { parseQuantity } from '../../src/units.ts';
import { at, text, type KubeObject, type ObjectInput } from '../kube/objects.ts';
import type { Content } from './contents.ts';
import type { Operator } from './operator.ts';

export const EMPTY: Content = { snapshot: null, written: false };

/** Whether a driver can fill a claim from an image; `wait`: the image is not ready yet. */
export type Offer = { content: Content } | { refusal: string } | 'wait';

function bytes(object: KubeObject, path: string): number {
  return parseQuantity(text(object, path) ?? '0') ?? 0;
}

function sizeProblem(claim: KubeObject, snapshot: KubeObject): string | null {
  const size = bytes(snapshot, 'status.restoreSize');
  const request = bytes(claim, 'spec.resources.requests.storage');
  if (request >= size) return null;
  return `requested volume size ${request} is less than the size ${size} for the source snapshot ${snapshot.metadata.name}`;
}

/** A driver restores only its own snapshots, and files only into file systems. */
function kindProblem(operator: Operator, claim: KubeObject, snapshot: KubeObject): string | null {
  const { kube } = operator;
  const snapshotClass = text(snapshot, 'spec.volumeSnapshotClassName') ?? '';
  const driver = text(kube.peek('VolumeSnapshotClass', '', snapshotClass), 'driver');
  const provisioner = text(kube.peek('StorageClass', '', text(claim, 'spec.storageClassName') ?? ''), 'provisioner');
  if (driver !== undefined && driver !== provisioner)
    return `the snapshot is of driver ${driver}, and the claim's class of ${provisioner ?? 'none'}`;
  return text(claim, 'spec.volumeMode') === 'Block'
    ? `requested volume ${claim.metadata.name} modifies the mode of the source volume but does not have permission to do so`
    : null;
}

/** May a claim be filled from an image now? */
export function offerOf(operator: Operator, claim: KubeObject, image: string): Offer {
  const { namespace = '' } = claim.metadata;
  const snapshot = operator.kube.peek('VolumeSnapshot', namespace, image);
  if (snapshot === undefined || at(snapshot, 'status.readyToUse') !== true) return 'wait';
  const problem = kindProblem(operator, claim, snapshot) ?? sizeProblem(claim, snapshot);
  return problem === null ? { content: operator.contents.ofImage(image, namespace) ?? EMPTY } : { refusal: problem };
}

/** The message of an event `ProvisioningFailed`. */
export function provisioningFailed(claim: KubeObject, image: string, why: string): string {
  const storageClass = text(claim, 'spec.storageClassName') ?? '';
  return `failed to provision volume with StorageClass "${storageClass}": error getting handle for DataSource Type VolumeSnapshot by Name ${image}: ${why}`;
}

function volumeOf(claim: KubeObject, volumeName: string, populatedFrom: string | null): ObjectInput {
  const { namespace, name, uid } = claim.metadata;
  const annotations = {
    'pv.kubernetes.io/provisioned-by': 'hostpath.csi.k8s.io',
    ...(populatedFrom === null ? {} : { 'volsync.backube/populated-from': populatedFrom }),
  };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations },
    spec: {
      accessModes: at(claim, 'spec.accessModes'),
      capacity: { storage: text(claim, 'spec.resources.requests.storage') ?? '1Gi' },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: text(claim, 'spec.storageClassName'),
      volumeMode: 'Filesystem',
      csi: { driver: 'hostpath.csi.k8s.io', volumeHandle: volumeName },
    },
    status: { phase: 'Bound' },
  };
}

/** Gives a claim its volume; `populatedFrom` is the image by which VolSync's populator came to it, or null. */
export function bind(operator: Operator, claim: KubeObject, content: Content, populatedFrom: string | null): void {
  const { kube, contents } = operator;
  const { namespace = '', name, uid } = claim.metadata;
  const volumeName = `pvc-${populatedFrom === null ? uid : randomUUID()}`;
  kube.apply(volumeOf(claim, volumeName, populatedFrom === null ? null : `${namespace}/${populatedFrom}`));
  contents.setClaim(claim, { ...content });
  const provisioner = 'hostpath.csi.k8s.io';
  const storage = text(claim, 'spec.resources.requests.storage') ?? '1Gi';
  kube.patch('PersistentVolumeClaim', namespace, name, {
    metadata: {
      annotations: {
        'pv.kubernetes.io/bind-completed': 'yes',
        'pv.kubernetes.io/bound-by-controller': 'yes',
        'volume.beta.kubernetes.io/storage-provisioner': provisioner,
        'volume.kubernetes.io/storage-provisioner': provisioner,
      },
    },
    spec: { volumeName },
    status: { phase: 'Bound', accessModes: at(claim, 'spec.accessModes'), capacity: { storage } },
  });
}
