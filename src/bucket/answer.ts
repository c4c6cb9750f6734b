/**
 * Reads one HTTP/1.1 answer out of the bytes of a connection, when it is written as S3 servers write theirs. It gives up where there
 * could be two opinions about where an answer ends: then the SDK asks over a connection of its own, and what that says counts.
 */

/** Not what it should be. The connection is of no use any more. */
export class Unusual extends Error {
  override name = 'Unusual' as const;
}

export interface Answer {
  status: number;
  /** names in lower case; several of one name are joined by a comma */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  /** it broke off */
  cut: Error | null;
}

/** Longer heads than this are nobody's. */
const LONGEST_HEAD = 16 * 1024;
const END_OF_HEAD = '\r\n\r\n';
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** `ffffffff` is 4 GiB. */
const CHUNK_SIZE = /^[0-9a-fA-F]{1,8}$/;

type Ending = { by: 'length'; bytes: number } | { by: 'chunks' } | { by: 'close' };

interface Head extends Pick<Answer, 'status' | 'headers'> {
  ending: Ending;
}

export class AnswerReader {
  #waiting: Buffer[] = [];
  /** bytes in `#waiting` */
  #size = 0;
  #head: Head | null = null;
  /** the chunks that are complete */
  readonly #chunks: Buffer[] = [];

  /**
   * Takes what has come.
   * @returns the answer when this was its end, else null
   * @throws Unusual
   */
  take(bytes: Buffer): Answer | null {
    this.#waiting.push(bytes);
    this.#size += bytes.length;
    this.#head ??= this.#readHead();
    if (this.#head === null) return null;
    const { ending } = this.#head;
    if (ending.by === 'close') return null;
    if (ending.by === 'chunks') return this.#readChunks() ? this.#answer(Buffer.concat(this.#chunks), null) : null;
    if (this.#size < ending.bytes) return null;
    // More than was announced: whose answer would that be?
    if (this.#size > ending.bytes) throw new Unusual();
    return this.#answer(this.#whole(), null);
  }

  /**
   * The connection has ended: by the server, or with an error.
   * @returns null when not even the head had come
   */
  end(error: Error | null): Answer | null {
    if (this.#head === null) return null;
    const { by } = this.#head.ending;
    const body = by === 'chunks' ? Buffer.concat(this.#chunks) : this.#whole();
    return this.#answer(body, by === 'close' ? error : (error ?? brokenOff()));
  }

  #answer(body: Buffer, cut: Error | null): Answer | null {
    if (this.#head === null) return null;
    const { status, headers } = this.#head;
    return { status, headers, body, cut };
  }

  #whole(): Buffer {
    const [first = NOTHING] = this.#waiting;
    const whole = this.#waiting.length === 1 ? first : Buffer.concat(this.#waiting, this.#size);
    this.#waiting = [whole];
    return whole;
  }

  /** What is left to be read. */
  #keep(rest: Buffer): void {
    this.#waiting = [rest];
    this.#size = rest.length;
  }

  #readHead(): Head | null {
    const bytes = this.#whole();
    const end = bytes.indexOf(END_OF_HEAD);
    if (end > LONGEST_HEAD || (end < 0 && bytes.length > LONGEST_HEAD)) throw new Unusual();
    if (end < 0) return null;
    this.#keep(bytes.subarray(end + END_OF_HEAD.length));
    return headOf(bytes.toString('latin1', 0, end));
  }

  /** @returns whether the last one has come */
  #readChunks(): boolean {
    const bytes = this.#whole();
    for (let at = 0; ;) {
      const line = bytes.indexOf('\r\n', at);
      const size = bytes.toString('latin1', at, line < 0 ? bytes.length : line);
      if (line < 0 && size.length <= 9) return this.#later(bytes, at);
      if (!CHUNK_SIZE.test(size)) throw new Unusual();
      const from = line + 2;
      const end = from + parseInt(size, 16);
      if (bytes.length < end + 2) return this.#later(bytes, at);
      // Behind the last one, this is the end of trailers that are not there.
      if (bytes.toString('latin1', end, end + 2) !== '\r\n') throw new Unusual();
      at = end + 2;
      if (end > from) this.#chunks.push(bytes.subarray(from, end));
      else if (at < bytes.length) throw new Unusual();
      else return true;
    }
  }

  #later(bytes: Buffer, at: number): false {
    this.#keep(bytes.subarray(at));
    return false;
  }
}

const NOTHING = Buffer.alloc(0);

/** With Node's code for it, by which the SDK tries again. */
function brokenOff(): Error {
  return Object.assign(new Error('the answer was cut'), { code: 'ECONNRESET' });
}

function headOf(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1] ?? 0);
  if (status < 200) throw new Unusual();
  const found = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!NAME.test(name) || hasControls(line)) throw new Unusual();
    const value = line.slice(colon + 1).trim();
    const before = found.get(name);
    if (before !== undefined && DECIDING.has(name)) throw new Unusual();
    found.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const headers = Object.fromEntries(found);
  return { status, headers, ending: endingOf(status, headers) };
}

function hasControls(line: string): boolean {
  for (let at = 0; at < line.length; at += 1) if (line.charCodeAt(at) < 32 && line[at] !== '\t') return true;
  return false;
}

/** What says where an answer ends must say it once. */
const DECIDING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

function endingOf(status: number, headers: Answer['headers']): Ending {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked' || length !== undefined) throw new Unusual();
    return { by: 'chunks' };
  }
  if (status === 204 || status === 304) return { by: 'length', bytes: 0 };
  if (length === undefined) return { by: 'close' };
  if (!/^\d{1,10}$/.test(length)) throw new Unusual();
  return { by: 'length', bytes: Number(length) };
}
