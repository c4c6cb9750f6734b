/** The S3 server of the sandbox. Tests can read and write its objects directly, and can replace its answers. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { closed, listen, readBody, replyOrDestroy } from '../serving.ts';
import { Objects } from './objects.ts';
import { answerS3, type BucketStore, type S3Call, type S3Reply } from './protocol.ts';
import { refusal, type Keys } from './signature.ts';
import { untar } from './tar.ts';

/** An answer in place of the true one. */
export interface Lie {
  status?: number;
  body?: string;
  contentType?: string;
  /** milliseconds before the answer, true or not */
  delay?: number;
  hang?: boolean;
  drop?: boolean;
}

export interface S3Request {
  method: string;
  url: string;
}

type Liar = (request: S3Call) => Lie | undefined;

const BUCKET = 'volsync-backups';
const FIXTURES = new URL('../fixtures/bucket.tar.gz', import.meta.url);

export class S3 {
  readonly bucket = BUCKET;
  readonly credentials: Keys = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox-secret' };
  /** All requests that came over HTTP, oldest first; set `length = 0` to clear the record. */
  readonly requests: S3Request[] = [];
  #endpoint = '';
  readonly #clock: () => Date;
  readonly #buckets = new Map([[BUCKET, new Objects()]]);
  readonly #liars = new Set<Liar>();
  readonly #server = createServer((request, response) => replyOrDestroy(this.#serve(request, response), response));

  constructor(clock: () => Date) {
    this.#clock = clock;
  }

  /** Names of all buckets. */
  get buckets(): string[] {
    return [...this.#buckets.keys()];
  }

  /** http://127.0.0.1:<port> */
  get endpoint(): string {
    return this.#endpoint;
  }

  /** Starts the HTTP server. */
  async listen(): Promise<void> {
    this.#endpoint = `http://127.0.0.1:${await listen(this.#server)}`;
  }

  /** Stops the HTTP server. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await closed(this.#server);
  }

  /** Writes an object; `at` is its LastModified (default: now). */
  put(key: string, body: string | Buffer, options: { at?: Date; bucket?: string } = {}): void {
    const { bucket = BUCKET, at = this.#clock() } = options;
    const objects = this.#buckets.get(bucket) ?? new Objects();
    this.#buckets.set(bucket, objects);
    objects.put(key, Buffer.from(body), at.getTime());
  }

  /** An object's body, or undefined. */
  get(key: string, bucket: string = BUCKET): Buffer | undefined {
    return this.#buckets.get(bucket)?.get(key)?.body;
  }

  /** Removes an object; does nothing if the object does not exist. */
  remove(key: string, bucket: string = BUCKET): void {
    this.#buckets.get(bucket)?.remove(key);
  }

  /** The keys below a prefix, in byte order. */
  keys(prefix = '', bucket: string = BUCKET): string[] {
    return this.objects(prefix, bucket).map((object) => object.key);
  }

  /** The objects below a prefix, in byte order of their keys. */
  objects(prefix = '', bucket: string = BUCKET): { key: string; size: number; at: Date }[] {
    const found = this.#buckets.get(bucket)?.below(prefix) ?? [];
    return found.map(({ key, size, at }) => ({ key, size, at: new Date(at) }));
  }

  /** Loads an archive (`.tar.gz` with the bucket's content below `bucket/`); default: the fixture repositories. */
  async fill(archive: string | URL = FIXTURES): Promise<void> {
    for (const file of untar(gunzipSync(await readFile(archive)))) {
      this.put(file.name.replace(/^(\.\/)?bucket\//, ''), file.body, { at: file.at });
    }
  }

  /** Loads a folder as the root of the bucket; files keep their times. */
  async fillFrom(dir: string): Promise<void> {
    for (const entry of await readdir(dir, { recursive: true })) {
      const path = join(dir, entry);
      const info = await stat(path);
      if (info.isFile()) this.put(entry.replaceAll('\\', '/'), await readFile(path), { at: info.mtime });
    }
  }

  /** Lets a function answer in place of the server (undefined: the normal answer). Returns a function that stops this. */
  answer(liar: Liar): () => void {
    this.#liars.add(liar);
    return () => this.#liars.delete(liar);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const call = { method, url, headers };
    this.requests.push({ method, url });
    const lie = this.#lieFor(call);
    if (lie.delay !== undefined) await sleep(lie.delay, undefined, { ref: false });
    if (lie.drop === true) request.socket.destroy();
    if (lie.drop === true || lie.hang === true) return;
    const body = await readBody(request);
    this.#send(response, told(lie) ?? refusal(call, this.credentials) ?? this.#answer(call, body));
  }

  #answer(call: S3Call, body: Buffer): S3Reply {
    return answerS3((name) => this.#store(name), call, body);
  }

  #store(bucket: string): BucketStore | undefined {
    const objects = this.#buckets.get(bucket);
    if (objects === undefined) return undefined;
    return {
      get: (key) => objects.get(key),
      put: (key, body) => objects.put(key, body, this.#clock().getTime()),
      remove: (key) => objects.remove(key),
      list: objects.list,
    };
  }

  /** A real S3 server sends its time with every answer. */
  #send(response: ServerResponse, { status, body, headers }: S3Reply): void {
    const content = Buffer.from(body);
    const length = String(content.length);
    const date = this.#clock().toUTCString();
    response.writeHead(status, { 'content-type': 'application/xml', date, 'content-length': length, ...headers });
    response.end(response.req.method === 'HEAD' ? undefined : content);
  }

  #lieFor(asked: S3Call): Lie {
    for (const liar of this.#liars) {
      const lie = liar(asked);
      if (lie !== undefined) return lie;
    }
    return {};
  }
}

/** The answer of a false reply; undefined if the rule only delays the true answer. */
function told({ status, body, contentType = 'application/xml' }: Lie): S3Reply | null {
  if (status === undefined && body === undefined) return null;
  return { status: status ?? 200, body: body ?? '', headers: { 'content-type': contentType } };
}
