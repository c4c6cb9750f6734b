/**
 * VolSync's volume populator. To fill a claim, it creates a second claim, `vs-prime-<uid>`, from the image of the
 * destination. The second claim goes through admission. If admission refuses it, VolSync writes an event to the first claim
 * and tries again: with back-off, and at once on every write of the destination.
 */
import { messageOf } from '../../src/errors.ts';
import { at, text, type KubeObject } from '../kube/objects.ts';
import type { Operator } from './operator.ts';
import { CREATED_BY, ownedBy } from './shapes.ts';
import { bind, EMPTY } from './volumes.ts';

const PRIME = 'vs-prime-';

/** `done`: bound; `wait`: for a change; `again`: for a change or until the back-off ends. */
export type Progress = 'done' | 'wait' | 'again';

/** Is this one of the populator's own claims? */
export function isPrime({ metadata }: KubeObject): boolean {
  return metadata.name.startsWith(PRIME);
}

function primeOf(operator: Operator, { metadata }: KubeObject): KubeObject | undefined {
  return operator.kube.peek('PersistentVolumeClaim', metadata.namespace ?? '', PRIME + metadata.uid);
}

export class Populator {
  readonly #operator: Operator;
  readonly #told = new Set<string>();

  constructor(operator: Operator) {
    this.#operator = operator;
  }

  /** Checks once a Pending claim that refers to a destination. */
  step(claim: KubeObject): Progress {
    const prime = primeOf(this.#operator, claim);
    // VolSync, reconcilePVCPrime: a populator claim that is there stays as it is, whatever the destination offers since.
    return prime === undefined ? this.#begin(claim) : this.#finish(claim, prime);
  }

  #begin(claim: KubeObject): Progress {
    const { namespace = '' } = claim.metadata;
    const name = text(claim, 'spec.dataSourceRef.name') ?? '';
    const destination = this.#operator.kube.peek('ReplicationDestination', namespace, name);
    if (destination === undefined)
      return this.#warn(claim, 'ReplicationDestinationMissing', `ReplicationDestination "${name}" not found`);
    const image = text(destination, 'status.latestImage.name');
    if (image === undefined) {
      const why = `ReplicationDestination "${name}" has no latestImage`;
      return this.#warn(claim, 'ReplicationDestinationNoLatestImage', why);
    }
    if (text(destination, 'status.latestImage.kind') !== 'VolumeSnapshot')
      return this.#warn(claim, 'Error', 'latestImage is not a volumesnapshot');
    const snapshot = this.#operator.kube.peek('VolumeSnapshot', namespace, image);
    return snapshot === undefined ? 'again' : this.#make(claim, snapshot); // missing: no event, as measured
  }

  /** The populator's claim becomes an owner of the image, so that a renewal cannot delete the image. */
  #make(claim: KubeObject, snapshot: KubeObject): Progress {
    const { namespace = '', name, uid } = claim.metadata;
    const { kube } = this.#operator;
    const image = snapshot.metadata.name;
    const from = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: image };
    const { accessModes, resources, storageClassName, volumeMode } = claim.spec ?? {};
    try {
      const prime = kube.apply({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          namespace,
          name: PRIME + uid,
          labels: { ...CREATED_BY, 'volsync.backube/populator-pvc-for': name.slice(0, 63) },
          ownerReferences: ownedBy(claim),
        },
        spec: { accessModes, resources, storageClassName, volumeMode, dataSource: from, dataSourceRef: from },
      });
      const owners = [...(snapshot.metadata.ownerReferences ?? []), { ...ownedBy(prime)[0], controller: false }];
      kube.patch('VolumeSnapshot', namespace, image, { metadata: { ownerReferences: owners } });
    } catch (error) {
      return this.#warn(claim, 'PVCCreationError', messageOf(error), 'again');
    }
    kube.event(claim, 'Normal', 'VolSyncPopulatorPVCCreated', `Populator pvc created from snapshot ${image}`);
    return 'wait';
  }

  /** Moves the volume from the populator's claim to the user's claim. */
  #finish(claim: KubeObject, prime: KubeObject): Progress {
    if (at(prime, 'status.phase') !== 'Bound') return 'wait';
    const { kube, contents } = this.#operator;
    const { namespace = '' } = claim.metadata;
    const image = text(prime, 'spec.dataSourceRef.name') ?? '';
    bind(this.#operator, claim, contents.ofClaim(namespace, prime.metadata.name) ?? EMPTY, image);
    kube.event(claim, 'Normal', 'VolSyncPopulatorFinished', `Populator finished, from snapshot ${image}`);
    kube.remove('PersistentVolumeClaim', namespace, prime.metadata.name);
    return 'done';
  }

  /** Writes each warning event only once for each claim. */
  #warn(claim: KubeObject, what: string, message: string, progress: Progress = 'wait'): Progress {
    const key = `${claim.metadata.uid} ${what} ${message}`;
    if (!this.#told.has(key)) this.#operator.kube.event(claim, 'Warning', `VolSyncPopulator${what}`, message);
    this.#told.add(key);
    return progress;
  }
}
