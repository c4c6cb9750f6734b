/** The bucket's marker within one run: read once where it can tell something, and written once. */
import type { Bucket } from './bucket/bucket.ts';
import { isCopy, rememberedMarker, type MarkerLook } from './bucket-marker.ts';
import type { PublishedIndex } from './decisions.ts';
import type { BucketView, ClusterView } from './model.ts';
import { INDEX_KEY } from './naming.ts';
import { hasShifted } from './plan/facts/copied.ts';
import type { Situation } from './plan/facts/situation.ts';

export class MarkerKeeper {
  look: MarkerLook | null = null;
  readonly #bucket: Pick<Bucket, 'readMarker' | 'mark' | 'clockSkew'>;
  readonly #now: () => number;
  #written = false;

  constructor(bucket: Pick<Bucket, 'readMarker' | 'mark' | 'clockSkew'>, now: () => number) {
    this.#bucket = bucket;
    this.#now = now;
  }

  /** The view with the marker in it: read while the index remembers nothing of it. */
  async seen(bucket: BucketView, { index }: ClusterView, signal: AbortSignal): Promise<BucketView> {
    if (bucket.root.state !== 'listed') return bucket;
    if (bucket.root.marked && index.marker === null) await this.#read(signal);
    return { ...bucket, marker: this.look };
  }

  /** Reads it anew when a known snapshot has another time than it had. @returns whether the bucket turns out to be a copy */
  async isCopyAfterAll(situations: readonly Situation[], signal: AbortSignal): Promise<boolean> {
    if (this.look !== null || !situations.some(hasShifted)) return false;
    await this.#read(signal);
    return isCopy(this.look);
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.look ??= await this.#bucket.readMarker(signal);
  }

  /** Writes it, once in a run, by the bucket's clock. @returns the problem in words, or null; undefined when it was written before */
  async write(signal: AbortSignal): Promise<string | null | undefined> {
    if (this.#written) return undefined;
    this.#written = true;
    const at = this.#now() + (this.#bucket.clockSkew() ?? 0);
    const marker = { at, copied: false };
    const problem = await this.#bucket.mark(marker, signal);
    if (problem === null) this.look = { state: 'read', marker, objectAt: at };
    return problem;
  }

  /** The index, with what this run itself has written. */
  within(index: PublishedIndex | null): PublishedIndex | null {
    const marker = this.#written && this.look !== null ? rememberedMarker(this.look) : null;
    return index === null || marker === null
      ? index
      : { ...index, about: { ...index.about, [INDEX_KEY.marker]: marker } };
  }
}
