/** The S3 server of the sandbox: an emulator in process, its objects at hand, its answers open to lies. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { buildApp } from 'fauxqs';
import { SnsStore } from '../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { listObjectsXml, lowerBound } from './s3-list.ts';
import { SortedS3Store } from './s3-store.ts';
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

type Liar = (request: S3Request) => Lie | undefined;
type App = ReturnType<typeof buildApp>;

const BUCKET = 'volsync-backups';
const FIXTURES = new URL('fixtures/bucket.tar.gz', import.meta.url);
const LIST_URL = /^\/([^/?]+)\/?\?(.*)$/;

export class S3 {
  readonly bucket = BUCKET;
  readonly credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox-secret' };
  /** Everything that came over the wire, oldest first; set `length = 0` to begin anew. */
  readonly requests: S3Request[] = [];
  #endpoint = '';
  readonly #store: SortedS3Store;
  readonly #liars = new Set<Liar>();
  readonly #app: App;

  constructor(clock: () => Date) {
    this.#store = new SortedS3Store(clock);
    this.#store.createBucket(BUCKET);
    const stores = { s3Store: this.#store, sqsStore: new SqsStore(), snsStore: new SnsStore() };
    this.#app = buildApp({ logger: false, stores });
    this.#app.addHook('onRequest', async (request, reply) => {
      const asked = { method: request.method, url: request.raw.url ?? '/' };
      this.requests.push(asked);
      const lie = this.#lieFor(asked);
      if (lie.delay !== undefined) await sleep(lie.delay, undefined, { ref: false });
      if (lie.drop === true) request.raw.socket.destroy();
      if (lie.drop === true || lie.hang === true) return reply.hijack();
      if (lie.status !== undefined || lie.body !== undefined) {
        const { status = 200, contentType = 'application/xml', body = '' } = lie;
        return reply.code(status).type(contentType).send(body);
      }
      const listing = this.#listing(asked);
      return listing === undefined ? undefined : reply.type('application/xml').send(listing);
    });
  }

  /** http://127.0.0.1:<port> */
  get endpoint(): string {
    return this.#endpoint;
  }

  /** Opens the wire. */
  async listen(): Promise<void> {
    this.#endpoint = await this.#app.listen({ port: 0, host: '127.0.0.1' });
  }

  /** Closes the wire. */
  async close(): Promise<void> {
    await this.#app.close();
  }

  /** Writes an object; `at` is its LastModified (default: now). */
  put(key: string, body: string | Buffer, options: { at?: Date; bucket?: string } = {}): void {
    const bucket = options.bucket ?? BUCKET;
    this.#store.createBucket(bucket);
    const stored = this.#store.putObject(bucket, key, Buffer.from(body));
    if (options.at !== undefined) stored.lastModified = options.at;
  }

  /** An object's body, or undefined. */
  get(key: string, bucket: string = BUCKET): Buffer | undefined {
    return this.#store.find(bucket, key)?.body;
  }

  /** Takes an object away; nothing happens when it is not there. */
  remove(key: string, bucket: string = BUCKET): void {
    if (this.#store.hasBucket(bucket)) this.#store.deleteObject(bucket, key);
  }

  /** The keys below a prefix, in byte order. */
  keys(prefix = '', bucket: string = BUCKET): string[] {
    return this.objects(prefix, bucket).map((object) => object.key);
  }

  /** The objects below a prefix, in byte order of their keys. */
  objects(prefix = '', bucket: string = BUCKET): { key: string; size: number; at: Date }[] {
    const sorted = this.#store.sorted(bucket);
    return sorted
      .slice(lowerBound(sorted, prefix), lowerBound(sorted, `${prefix}\uffff`))
      .map((object) => ({ key: object.key, size: object.contentLength, at: object.lastModified }));
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

  /** Lets a function answer in place of the server (undefined: the truth); returns the way to stop it. */
  answer(liar: Liar): () => void {
    this.#liars.add(liar);
    return () => this.#liars.delete(liar);
  }

  #lieFor(asked: S3Request): Lie {
    for (const liar of this.#liars) {
      const lie = liar(asked);
      if (lie !== undefined) return lie;
    }
    return {};
  }

  #listing(asked: S3Request): string | undefined {
    const [, bucket = '', search = ''] = LIST_URL.exec(asked.url) ?? [];
    const query = new URLSearchParams(search);
    if (asked.method !== 'GET' || query.get('list-type') !== '2' || !this.#store.hasBucket(bucket)) return undefined;
    return listObjectsXml(bucket, this.#store.sorted(bucket), query);
  }
}
