/** The contents of volumes and images: the snapshot they were filled from, and whether an application has written since. */
import type { Kube } from '../kube/kube.ts';
import type { KubeObject } from '../kube/objects.ts';

export interface Content {
  /** 64 hex digits, or null if it began empty */
  snapshot: string | null;
  written: boolean;
}

export class Contents {
  readonly #kube: Kube;
  readonly #images = new Map<string, Content>();
  readonly #volumes = new Map<string, Content>();

  constructor(kube: Kube) {
    this.#kube = kube;
  }

  /** What an image (a VolumeSnapshot) holds; without a namespace the first image of that name. */
  ofImage(image: string, namespace?: string): Content | undefined {
    if (namespace !== undefined) return this.#images.get(`${namespace}/${image}`);
    return [...this.#images].find(([key]) => key.endsWith(`/${image}`))?.[1];
  }

  setImage(namespace: string, image: string, content: Content): void {
    this.#images.set(`${namespace}/${image}`, content);
  }

  /** What a Bound claim holds. A claim that was created as Bound counts as one with application data. */
  ofClaim(namespace: string, name: string): Content | undefined {
    const claim = this.#kube.peek('PersistentVolumeClaim', namespace, name);
    if (claim?.status?.['phase'] !== 'Bound') return undefined;
    return this.#volumes.get(claim.metadata.uid) ?? { snapshot: null, written: true };
  }

  setClaim(claim: KubeObject, content: Content): void {
    this.#volumes.set(claim.metadata.uid, content);
  }

  forgetClaim(claim: KubeObject): void {
    this.#volumes.delete(claim.metadata.uid);
  }
}
