/** Pending claims. A claim without a data source gets a volume at once; any other claim waits for its data source. */
import { text, type KubeObject } from '../kube/objects.ts';
import type { Operator } from './operator.ts';
import { isPrime, Populator } from './populator.ts';
import { bind, EMPTY, offerOf, provisioningFailed } from './volumes.ts';

/** The longest pause of a back-off, in pauses between two pods. */
const LONGEST = 256;

export class Claims {
  readonly #operator: Operator;
  readonly #populator: Populator;
  readonly #told = new Set<string>();
  readonly #populating = new Set<string>();
  /** how often the populator has retried each claim */
  readonly #tries = new Map<string, number>();
  readonly #again: (claim: KubeObject) => void;

  /** `again` is called when the back-off of a claim ends. */
  constructor(operator: Operator, again: (claim: KubeObject) => void) {
    this.#operator = operator;
    this.#populator = new Populator(operator);
    this.#again = again;
  }

  /** Is a claim being filled right now? */
  get busy(): boolean {
    return this.#populating.size > 0;
  }

  /** Checks one Pending claim and binds it if it is ready. */
  async reconcile(namespace: string, name: string): Promise<void> {
    const claim = this.#pending(namespace, name);
    if (claim === undefined || !this.#schedulable(claim)) return;
    const kind = text(claim, 'spec.dataSourceRef.kind');
    if (kind === undefined) bind(this.#operator, claim, EMPTY, null);
    if (kind === 'ReplicationDestination') this.#populate(claim);
    if (kind === 'VolumeSnapshot') await this.#fromImage(claim);
  }

  /** Removes the volume of a deleted claim. */
  release(claim: KubeObject): void {
    const volume = text(claim, 'spec.volumeName');
    if (volume !== undefined) this.#operator.kube.remove('PersistentVolume', '', volume);
    this.#operator.contents.forgetClaim(claim);
    this.#tries.delete(claim.metadata.uid);
  }

  #populate(claim: KubeObject): void {
    const { uid } = claim.metadata;
    if (this.#populator.step(claim) !== 'again') return void this.#tries.delete(uid);
    const tries = this.#tries.get(uid) ?? 0;
    this.#tries.set(uid, tries + 1);
    const pause = this.#operator.pace.retry * Math.min(2 ** tries, LONGEST);
    this.#operator.timers.sleep(pause).then(
      () => this.#again(claim),
      () => undefined, // cancelled
    );
  }

  async #fromImage(claim: KubeObject): Promise<void> {
    const { namespace = '', name, uid } = claim.metadata;
    const image = text(claim, 'spec.dataSourceRef.name') ?? '';
    const offer = offerOf(this.#operator, claim, image);
    if (offer === 'wait' || this.#populating.has(uid)) return;
    if ('refusal' in offer) return this.#refused(claim, provisioningFailed(claim, image, offer.refusal));
    this.#populating.add(uid);
    try {
      await this.#operator.timers.sleep(this.#operator.pace.populate);
      const still = this.#pending(namespace, name);
      if (still?.metadata.uid === uid) bind(this.#operator, still, offer.content, null);
    } finally {
      this.#populating.delete(uid);
    }
  }

  #refused(claim: KubeObject, message: string): void {
    const key = `${claim.metadata.uid} ${message}`;
    if (!this.#told.has(key)) this.#operator.kube.event(claim, 'Warning', 'ProvisioningFailed', message);
    this.#told.add(key);
  }

  #pending(namespace: string, name: string): KubeObject | undefined {
    const claim = this.#operator.kube.peek('PersistentVolumeClaim', namespace, name);
    return claim?.status?.['phase'] === 'Pending' && claim.metadata.deletionTimestamp === undefined ? claim : undefined;
  }

  /**
   * Can the claim get a volume? Its class must exist; if the class waits for a first consumer, a node must be chosen. A claim
   * with a selector or with the empty class is only for existing volumes.
   */
  #schedulable(claim: KubeObject): boolean {
    if (claim.spec?.['selector'] !== undefined) return false;
    const storageClass = this.#operator.kube.peek('StorageClass', '', text(claim, 'spec.storageClassName') ?? '');
    if (storageClass === undefined) return false;
    if (storageClass['volumeBindingMode'] !== 'WaitForFirstConsumer') return true;
    const movers = claim.metadata.labels?.['app.kubernetes.io/created-by'] === 'volsync';
    return movers || isPrime(claim) || claim.metadata.annotations?.['volume.kubernetes.io/selected-node'] !== undefined;
  }
}
