/**
 * The items of a list, parsed while the answer arrives. A page of 2,500 objects is 4 MB of text and five times as much when
 * it is parsed as a whole; here each piece that has come is parsed by itself, cut where one item ends and the next one begins.
 *
 * A wrong cut cannot pass. An item begins with the very words that the first one began with, and in JSON these words cannot stand
 * inside a string (their quotation marks would be escaped). Where they stand inside an item (a list in a list), the piece in front
 * of them has brackets open, JSON.parse refuses it, and it waits for more. What is no such list at all is parsed as a whole.
 */
import type { Readable } from 'node:stream';
import { HOME_NAMESPACE } from '../naming.ts';
import { KubeError } from './kube-error.ts';

const START = Buffer.from('"items":[');
/**
 * How the API server begins an item: those of custom resources, and metadata alone, say what they are; those of built-in kinds
 * do not (seen on 1.36).
 */
const HEAD =
  /^\{(?:"apiVersion":"[^"\\]{0,120}","kind":"[^"\\]{0,120}",|"kind":"[^"\\]{0,120}","apiVersion":"[^"\\]{0,120}",)?"metadata":\{/;
/** More bytes than any such beginning has. */
const HEAD_BYTES = 512;
/** Number of bytes that are collected before they are parsed. */
const PIECE = 64 * 1024;

/** A page that is too long. It is not read to its end, and requested again in smaller pages. */
export class PageTooLong extends KubeError {
  constructor(most: number) {
    super('failed', `the page is longer than ${most} bytes`);
  }
}

export interface ReadList {
  /** the list as it came, with `items` empty when it is an array */
  list: unknown;
  /** of the answer's text */
  bytes: number;
}

/**
 * Reads a list to its end.
 * @param onItem called for each item in its order; those of an answer that breaks off later, too
 * @param most bytes; a longer answer rejects with PageTooLong
 * Rejects with SyntaxError when it is not JSON, and with the stream's error when it breaks off.
 */
export function readList(body: Readable, onItem: (item: unknown) => void, most = Infinity): Promise<ReadList> {
  const reader = new ListReader(onItem, most);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(error instanceof Error ? error : new Error(String(error)));
      body.destroy();
    };
    body.on('data', (chunk: Buffer) => {
      try {
        reader.take(chunk);
      } catch (error) {
        fail(error);
      }
    });
    body.on('end', () => {
      try {
        resolve(reader.end());
      } catch (error) {
        fail(error);
      }
    });
    body.on('error', fail);
    body.on('close', () => reject(new Error('the answer was cut')));
  });
}

class ListReader {
  readonly #onItem: (item: unknown) => void;
  readonly #most: number;
  #waiting: Buffer[] = [];
  /** bytes in `#waiting` */
  #size = 0;
  /** from this number on, they are parsed again */
  #enough = PIECE;
  #bytes = 0;
  /** the text in front of the items, once they have begun */
  #before: string | null = null;
  /** what stands between two items; null = not known, and everything is parsed at the end */
  #cut: Buffer | null = null;

  constructor(onItem: (item: unknown) => void, most: number) {
    this.#onItem = onItem;
    this.#most = most;
  }

  take(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#size += chunk.length;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#most) throw new PageTooLong(this.#most);
    if (this.#size < this.#enough) return;
    let rest: Buffer = Buffer.concat(this.#waiting, this.#size);
    if (this.#before === null) rest = this.#begin(rest);
    const end = this.#cut === null ? -1 : rest.lastIndexOf(this.#cut);
    const items = end < 0 ? null : parsed(rest.toString('utf8', 0, end + 1));
    if (items !== null) {
      for (const item of items) this.#onItem(item);
      // A copy: a view would keep everything that has been read.
      rest = Buffer.from(rest.subarray(end + 2));
    }
    this.#waiting = [rest];
    this.#size = rest.length;
    // An item that is longer than a piece is tried each time that it has doubled, not with every chunk.
    this.#enough = Math.max(PIECE, 2 * rest.length);
  }

  /** Learns how an item begins. @returns what is left to be read as items */
  #begin(text: Buffer): Buffer {
    const at = text.indexOf(START);
    const from = at + START.length;
    if (at < 0 || text.length < from + HEAD_BYTES) return text;
    const before = text.toString('utf8', 0, from);
    const [head] = HEAD.exec(text.toString('latin1', from, from + HEAD_BYTES)) ?? [];
    if (head === undefined || !isOpenList(before)) return text;
    this.#before = before;
    this.#cut = Buffer.from(`},${head}`);
    return text.subarray(from);
  }

  end(): ReadList {
    const list: unknown = JSON.parse((this.#before ?? '') + Buffer.concat(this.#waiting, this.#size).toString('utf8'));
    if (typeof list === 'object' && list !== null && 'items' in list && Array.isArray(list.items)) {
      for (const item of list.items) this.#onItem(item);
      list.items = [];
    }
    return { list, bytes: this.#bytes };
  }
}

/** Are these the items of the list itself, not those of something in front of them? */
function isOpenList(before: string): boolean {
  try {
    JSON.parse(`${before}]}`);
    return true;
  } catch {
    return false;
  }
}

function parsed(text: string): unknown[] | null {
  const short = withoutManagedFields(text);
  return itemsIn(short) ?? (short === text ? null : itemsIn(text));
}

function itemsIn(text: string): unknown[] | null {
  try {
    const items: unknown[] = JSON.parse(`[${text}]`);
    return items;
  } catch {
    return null;
  }
}

const MANAGED_FIELDS = ',"managedFields":[';
const OURS = JSON.stringify(HOME_NAMESPACE);

/**
 * The text without who wrote which field, which is a fifth to a half of an object: it is read of index objects alone. It ends with
 * the first `}]`. Where that stands deeper, brackets are left over; where it stands in a string, all that follows is turned inside
 * out, and has bare words: JSON.parse refuses both, and the text is parsed as it came.
 */
function withoutManagedFields(text: string): string {
  if (text.includes(OURS)) return text;
  let kept = '';
  let from = 0;
  for (let at = text.indexOf(MANAGED_FIELDS); at >= 0; at = text.indexOf(MANAGED_FIELDS, from)) {
    const end = text.indexOf('}]', at);
    if (end < 0) break;
    kept += text.slice(from, at);
    from = end + 2;
  }
  return kept + text.slice(from);
}
