/** The objects of a bucket in memory, with a view in byte order that is kept from the first listing on. */
import { createHash } from 'node:crypto';
import type { Asked, Listed, Lister } from './listing.ts';

/** An object with its content. */
export interface StoredObject extends Listed {
  body: Buffer;
}

/** In a list in byte order, the index of the first key that is not smaller than the given key. */
function lowerBound(sorted: readonly Listed[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.key ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first place behind everything that begins with a prefix. */
function behind(sorted: readonly Listed[], prefix: string): number {
  return lowerBound(sorted, `${prefix}\uffff`);
}

function startOf(sorted: readonly Listed[], { prefix, delimiter, after }: Asked): number {
  if (after <= prefix) return lowerBound(sorted, prefix);
  if (delimiter !== '' && after.endsWith(delimiter)) return behind(sorted, after);
  return lowerBound(sorted, `${after}\0`);
}

/** A whole folder is skipped in one step. */
function* entriesOf(sorted: readonly Listed[], asked: Asked): Generator<Listed | string> {
  const { prefix, delimiter } = asked;
  const end = behind(sorted, prefix);
  for (let index = startOf(sorted, asked); index < end;) {
    const item = sorted[index];
    if (item === undefined) return;
    const cut = delimiter === '' ? -1 : item.key.indexOf(delimiter, prefix.length);
    if (cut === -1) {
      yield item;
      index += 1;
    } else {
      const folder = item.key.slice(0, cut + delimiter.length);
      yield folder;
      index = behind(sorted, folder);
    }
  }
}

export class Objects {
  readonly #byKey = new Map<string, StoredObject>();
  /** null until somebody lists */
  #sorted: StoredObject[] | null = null;

  /** One object, or undefined. */
  get(key: string): StoredObject | undefined {
    return this.#byKey.get(key);
  }

  /** Writes an object; `at` is its LastModified in milliseconds. */
  put(key: string, body: Buffer, at: number): StoredObject {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const stored = { key, body, size: body.length, at, etag };
    const known = this.#byKey.has(key);
    this.#byKey.set(key, stored);
    this.#sorted?.splice(lowerBound(this.#sorted, key), known ? 1 : 0, stored);
    return stored;
  }

  /** Removes an object; does nothing if the object does not exist. */
  remove(key: string): void {
    if (this.#byKey.delete(key)) this.#sorted?.splice(lowerBound(this.#sorted, key), 1);
  }

  /** The objects below a prefix, in byte order. */
  below(prefix: string): readonly StoredObject[] {
    const sorted = this.#inOrder();
    return sorted.slice(lowerBound(sorted, prefix), behind(sorted, prefix));
  }

  /** Answers a client's listing request. */
  readonly list: Lister = (asked) => entriesOf(this.#inOrder(), asked);

  #inOrder(): StoredObject[] {
    this.#sorted ??= [...this.#byKey.values()].sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
    return this.#sorted;
  }
}
