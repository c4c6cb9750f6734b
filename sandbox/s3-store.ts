/** The emulator's store, with a byte-ordered view of each bucket and times from the sandbox's clock. */
import { S3Store } from '../node_modules/fauxqs/dist/s3/s3Store.js';
import { lowerBound, type Listed } from './s3-list.ts';

export interface StoredObject extends Listed {
  body: Buffer;
}

interface View {
  objects: Map<string, StoredObject>;
  /** in byte order; null until somebody asks, kept in order from then on */
  sorted: StoredObject[] | null;
}

export class SortedS3Store extends S3Store {
  readonly #views = new Map<string, View>();
  readonly #clock: () => Date;

  constructor(clock: () => Date) {
    super();
    this.#clock = clock;
  }

  /** The objects of a bucket in byte order (never change them). */
  sorted(bucket: string): readonly StoredObject[] {
    const view = this.#view(bucket);
    view.sorted ??= [...view.objects.values()].sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
    return view.sorted;
  }

  /** One object, or undefined. */
  find(bucket: string, key: string): StoredObject | undefined {
    return this.#view(bucket).objects.get(key);
  }

  override putObject(...args: Parameters<S3Store['putObject']>): ReturnType<S3Store['putObject']> {
    const stored = super.putObject(...args);
    stored.lastModified = this.#clock();
    this.#see(args[0], stored);
    return stored;
  }

  override completeMultipartUpload(
    ...args: Parameters<S3Store['completeMultipartUpload']>
  ): ReturnType<S3Store['completeMultipartUpload']> {
    const stored = super.completeMultipartUpload(...args);
    for (const { name } of this.listBuckets()) {
      if (this.listObjects(name, { prefix: stored.key }).objects.includes(stored)) this.#see(name, stored);
    }
    return stored;
  }

  override deleteObject(bucket: string, key: string): void {
    super.deleteObject(bucket, key);
    this.#forget(bucket, key);
  }

  override deleteObjects(bucket: string, keys: string[]): string[] {
    const deleted = super.deleteObjects(bucket, keys);
    for (const key of keys) this.#forget(bucket, key);
    return deleted;
  }

  #view(bucket: string): View {
    const view = this.#views.get(bucket) ?? { objects: new Map(), sorted: null };
    this.#views.set(bucket, view);
    return view;
  }

  #see(bucket: string, stored: StoredObject): void {
    const view = this.#view(bucket);
    const known = view.objects.has(stored.key);
    view.objects.set(stored.key, stored);
    view.sorted?.splice(lowerBound(view.sorted, stored.key), known ? 1 : 0, stored);
  }

  #forget(bucket: string, key: string): void {
    const view = this.#view(bucket);
    if (view.objects.delete(key)) view.sorted?.splice(lowerBound(view.sorted, key), 1);
  }
}
