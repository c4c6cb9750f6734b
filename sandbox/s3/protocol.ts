/** The S3 protocol: listings, and objects with preconditions. The caller supplies the store. */
import type { IncomingHttpHeaders } from 'node:http';
import { escapeXml, listObjectsXml, type Listed, type Lister } from './listing.ts';

/** Keeps the objects of one bucket. */
export interface BucketStore {
  get: (key: string) => (Listed & { body: Buffer }) | undefined;
  put: (key: string, body: Buffer) => Listed;
  remove: (key: string) => void;
  list: Lister;
}

export interface S3Call {
  method: string;
  /** as it stands in the request's first line */
  url: string;
  headers: IncomingHttpHeaders;
}

export interface S3Reply {
  status: number;
  body: string | Buffer;
  headers?: Record<string, string>;
}

const MESSAGES: Record<string, string> = {
  NoSuchBucket: 'The specified bucket does not exist',
  NoSuchKey: 'The specified key does not exist.',
  InvalidRange: 'The requested range is not satisfiable',
  NotImplemented: 'A header or a parameter of this request asks for something that is not implemented',
  PreconditionFailed: 'At least one of the pre-conditions you specified did not hold',
};

/** An error as S3 spells it. */
export function s3Error(status: number, code: string, message = MESSAGES[code] ?? code): S3Reply {
  const text = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
  return { status, body: `<?xml version="1.0" encoding="UTF-8"?>\n${text}` };
}

function headersOf({ at, etag }: Listed): Record<string, string> {
  return { etag, 'last-modified': new Date(at).toUTCString() };
}

/** Decodes `aws-chunked` content: each chunk has its size (and perhaps a signature) before it. */
function unchunked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < body.length;) {
    const end = body.indexOf('\r\n', offset);
    const size = Number.parseInt(body.subarray(offset, end).toString(), 16);
    if (end === -1 || !(size > 0)) break;
    pieces.push(body.subarray(end + 2, end + 2 + size));
    offset = end + 2 + size + 2;
  }
  return Buffer.concat(pieces);
}

function contentOf(headers: IncomingHttpHeaders, body: Buffer): Buffer {
  return String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-') ? unchunked(body) : body;
}

/** Does a write's `If-Match` or `If-None-Match` hold? */
function mayWrite(headers: IncomingHttpHeaders, there: Listed | undefined): boolean {
  const { 'if-match': wanted, 'if-none-match': unwanted } = headers;
  if (unwanted === '*' && there !== undefined) return false;
  return wanted === undefined || (there !== undefined && [there.etag, '*'].includes(wanted));
}

/** An object's answer, whole or the part that `Range: bytes=<from>-<to>` asks for: restic reads parts of packs. */
function contentReply(there: Listed & { body: Buffer }, range: string | undefined): S3Reply {
  const headers = { 'content-type': 'application/octet-stream', ...headersOf(there) };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined) return { status: 200, body: there.body, headers };
  const body = there.body.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
  if (body.length === 0) return s3Error(416, 'InvalidRange');
  const part = `bytes ${from}-${Number(from) + body.length - 1}/${there.body.length}`;
  return { status: 206, body, headers: { ...headers, 'content-range': part } };
}

function objectReply(store: BucketStore, call: S3Call, key: string, body: Buffer): S3Reply {
  const { method, headers } = call;
  const there = store.get(key);
  if (method === 'PUT') {
    if (headers['x-amz-copy-source'] !== undefined) return s3Error(501, 'NotImplemented');
    if (!mayWrite(headers, there)) return s3Error(412, 'PreconditionFailed');
    return { status: 200, body: '', headers: { etag: store.put(key, contentOf(headers, body)).etag } };
  }
  if (method === 'DELETE') {
    store.remove(key);
    return { status: 204, body: '' };
  }
  if (method !== 'GET' && method !== 'HEAD') return s3Error(501, 'NotImplemented');
  if (there === undefined) return s3Error(404, 'NoSuchKey');
  return contentReply(there, headers.range);
}

/** `POST /<bucket>?delete` with the keys in XML. */
function removeMany(store: BucketStore, body: Buffer): S3Reply {
  const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');
  for (const key of keys) store.remove(key);
  const deleted = keys.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('');
  return { status: 200, body: `<DeleteResult>${deleted}</DeleteResult>` };
}

function bucketReply(
  store: BucketStore,
  call: S3Call,
  where: { bucket: string; query: URLSearchParams },
  body: Buffer,
): S3Reply {
  const { bucket, query } = where;
  if (call.method === 'HEAD') return { status: 200, body: '' };
  if (call.method === 'POST' && query.has('delete')) return removeMany(store, body);
  if (call.method !== 'GET') return s3Error(501, 'NotImplemented');
  if (query.has('location')) return { status: 200, body: '<LocationConstraint/>' };
  if (query.get('list-type') !== '2') return s3Error(501, 'NotImplemented');
  return { status: 200, body: listObjectsXml(bucket, store.list, query) };
}

/** Bucket and key of a path-style URL, decoded. */
export function placeOf(url: string): { bucket: string; key: string; query: URLSearchParams } {
  const [path = '', query = ''] = url.split('?', 2);
  const [, bucket = '', ...rest] = path.split('/').map(decodeURIComponent);
  return { bucket, key: rest.join('/'), query: new URLSearchParams(query) };
}

/** Answers one request; `bucketOf` gives undefined for a bucket that is not there. */
export function answerS3(bucketOf: (name: string) => BucketStore | undefined, call: S3Call, body: Buffer): S3Reply {
  const { bucket, key, query } = placeOf(call.url);
  const store = bucketOf(bucket);
  if (store === undefined) return s3Error(404, 'NoSuchBucket');
  return key === '' ? bucketReply(store, call, { bucket, query }, body) : objectReply(store, call, key, body);
}
