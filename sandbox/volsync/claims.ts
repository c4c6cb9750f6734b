/** Claims and their volumes: plain ones bind at once, those that refer to a destination when its image is there. */
import { parseQuantity } from '../../src/units.ts';
import { randomUUID } from 'node:crypto';
import { at, text, type KubeObject, type ObjectInput } from '../kube/objects.ts';
import type { Content } from './contents.ts';
import type { Operator } from './operator.ts';
import { CREATED_BY, ownedBy } from './shapes.ts';

const EMPTY: Content = { snapshot: null, written: false };

/** `wait`: look again when something changes; `never`: VolSync does not try again. */
type Found = { bind: Content; image: string | null } | 'wait';

const PRIME = 'vs-prime-';

/** The populator's own claim, from which this one gets its volume. */
function primeOf({ metadata }: KubeObject): string {
  return PRIME + metadata.uid;
}

export class Claims {
  readonly #operator: Operator;
  readonly #told = new Set<string>();
  readonly #populating = new Set<string>();

  constructor(operator: Operator) {
    this.#operator = operator;
  }

  /** Is a claim being filled right now? */
  get busy(): boolean {
    return this.#populating.size > 0;
  }

  /** Looks at one Pending claim and binds it when its time has come. */
  async reconcile(namespace: string, name: string): Promise<void> {
    const claim = this.#pending(namespace, name);
    if (claim === undefined || this.#populating.has(claim.metadata.uid) || !this.#schedulable(claim)) return;
    const found = this.#source(claim);
    if (found === 'wait') return;
    this.#populating.add(claim.metadata.uid);
    try {
      if (found.image !== null) await this.#operator.timers.sleep(this.#operator.pace.populate);
      const still = this.#pending(namespace, name);
      if (still?.metadata.uid === claim.metadata.uid) this.#bind(still, found.bind, found.image);
    } finally {
      this.#populating.delete(claim.metadata.uid);
    }
  }

  /** Takes the volume of a deleted claim away. */
  release(claim: KubeObject): void {
    const volume = text(claim, 'spec.volumeName');
    if (volume !== undefined) this.#operator.kube.remove('PersistentVolume', '', volume);
    this.#operator.contents.forgetClaim(claim);
  }

  #pending(namespace: string, name: string): KubeObject | undefined {
    const claim = this.#operator.kube.peek('PersistentVolumeClaim', namespace, name);
    return claim?.status?.['phase'] === 'Pending' && claim.metadata.deletionTimestamp === undefined ? claim : undefined;
  }

  /** Is its class there, and, if the class waits for a first consumer, a node chosen? */
  #schedulable(claim: KubeObject): boolean {
    if (claim.metadata.name.startsWith(PRIME)) return false;
    const storageClass = this.#operator.kube.peek('StorageClass', '', text(claim, 'spec.storageClassName') ?? '');
    if (storageClass === undefined) return false;
    if (storageClass['volumeBindingMode'] !== 'WaitForFirstConsumer') return true;
    const movers = claim.metadata.labels?.['app.kubernetes.io/created-by'] === 'volsync';
    return movers || claim.metadata.annotations?.['volume.kubernetes.io/selected-node'] !== undefined;
  }

  #source(claim: KubeObject): Found {
    const kind = text(claim, 'spec.dataSourceRef.kind');
    const name = text(claim, 'spec.dataSourceRef.name') ?? '';
    if (kind === undefined) return { bind: EMPTY, image: null };
    if (kind === 'VolumeSnapshot') return this.#image(claim, name);
    return kind === 'ReplicationDestination' ? this.#destination(claim, name) : 'wait';
  }

  #destination(claim: KubeObject, name: string): Found {
    const { namespace = '' } = claim.metadata;
    // VolSync, reconcilePVCPrime: a populator claim that is there stays as it is, whatever the destination offers since.
    if (this.#hasPrime(claim)) return 'wait';
    const destination = this.#operator.kube.peek('ReplicationDestination', namespace, name);
    if (destination === undefined) {
      return this.#warn(
        claim,
        'VolSyncPopulatorReplicationDestinationMissing',
        `ReplicationDestination "${name}" not found`,
      );
    }
    const image = text(destination, 'status.latestImage.name');
    if (image === undefined) {
      const why = `ReplicationDestination "${name}" has no latestImage`;
      return this.#warn(claim, 'VolSyncPopulatorReplicationDestinationNoLatestImage', why);
    }
    if (text(destination, 'status.latestImage.kind') !== 'VolumeSnapshot') {
      return this.#warn(claim, 'VolSyncPopulatorError', 'latestImage is not a volumesnapshot');
    }
    return this.#image(claim, image);
  }

  #hasPrime(claim: KubeObject): boolean {
    const { namespace = '' } = claim.metadata;
    return this.#operator.kube.peek('PersistentVolumeClaim', namespace, primeOf(claim)) !== undefined;
  }

  #image(claim: KubeObject, image: string): Found {
    const { namespace = '' } = claim.metadata;
    const snapshot = this.#operator.kube.peek('VolumeSnapshot', namespace, image);
    if (snapshot === undefined || at(snapshot, 'status.readyToUse') !== true) return 'wait'; // no event: as measured
    const size = parseQuantity(text(snapshot, 'status.restoreSize') ?? '0') ?? 0;
    const request = parseQuantity(text(claim, 'spec.resources.requests.storage') ?? '0') ?? 0;
    if (request < size) return this.#tooSmall(claim, image, { request, size });
    return { bind: this.#operator.contents.ofImage(image, namespace) ?? EMPTY, image };
  }

  /** The trouble shows on the claim that the populator makes, never on the claim itself. */
  #tooSmall(claim: KubeObject, image: string, bytes: { request: number; size: number }): 'wait' {
    const { namespace = '', name } = claim.metadata;
    if (this.#hasPrime(claim)) return 'wait';
    const made = this.#operator.kube.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        namespace,
        name: primeOf(claim),
        labels: { ...CREATED_BY, 'volsync.backube/populator-pvc-for': name.slice(0, 63) },
        ownerReferences: ownedBy(claim),
      },
      spec: {
        ...claim.spec,
        dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: image },
        dataSourceRef: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: image },
      },
    });
    const why = `requested volume size ${bytes.request} is less than the size ${bytes.size} for the source snapshot ${image}`;
    const message = `failed to provision volume with StorageClass "${text(claim, 'spec.storageClassName') ?? ''}": error getting handle for DataSource Type VolumeSnapshot by Name ${image}: ${why}`;
    this.#operator.kube.event(
      claim,
      'Normal',
      'VolSyncPopulatorPVCCreated',
      `Populator pvc created from snapshot ${image}`,
    );
    this.#operator.kube.event(made, 'Warning', 'ProvisioningFailed', message);
    return 'wait';
  }

  #warn(claim: KubeObject, reason: string, message: string): 'wait' {
    const key = `${claim.metadata.uid} ${reason}`;
    if (!this.#told.has(key)) this.#operator.kube.event(claim, 'Warning', reason, message);
    this.#told.add(key);
    return 'wait';
  }

  #bind(claim: KubeObject, content: Content, image: string | null): void {
    const { kube, contents } = this.#operator;
    const { namespace = '', name, uid } = claim.metadata;
    const volumeName = `pvc-${image === null ? uid : randomUUID()}`;
    const storage = text(claim, 'spec.resources.requests.storage') ?? '1Gi';
    kube.apply(
      volumeOf(claim, { volumeName, storage, populatedFrom: image === null ? null : `${namespace}/${image}` }),
    );
    contents.setClaim(claim, { ...content });
    kube.remove('PersistentVolumeClaim', namespace, primeOf(claim));
    const provisioner = 'hostpath.csi.k8s.io';
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
    if (image !== null)
      kube.event(claim, 'Normal', 'VolSyncPopulatorFinished', `Populator finished, from snapshot ${image}`);
  }
}

function volumeOf(
  claim: KubeObject,
  how: { volumeName: string; storage: string; populatedFrom: string | null },
): ObjectInput {
  const { namespace, name, uid } = claim.metadata;
  const annotations = {
    'pv.kubernetes.io/provisioned-by': 'hostpath.csi.k8s.io',
    ...(how.populatedFrom === null ? {} : { 'volsync.backube/populated-from': how.populatedFrom }),
  };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: how.volumeName, annotations },
    spec: {
      accessModes: at(claim, 'spec.accessModes'),
      capacity: { storage: how.storage },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: text(claim, 'spec.storageClassName'),
      volumeMode: 'Filesystem',
      csi: { driver: 'hostpath.csi.k8s.io', volumeHandle: how.volumeName },
    },
    status: { phase: 'Bound' },
  };
}
