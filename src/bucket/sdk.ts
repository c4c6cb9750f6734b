/**
 * The SDK's client: for what the direct way leaves over, with its retries and in its words. It is a file of its own in the bundle
 * and is loaded when it is first needed: 1.4 MB of code that a steady state has no use for.
 */
import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/transport';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Answer } from './answer.ts';
import type { Tried } from './direct.ts';
import { credentialsOf, type BucketOptions, type Page, type PageRequest, type SmallObject } from './requests.ts';
import { openWire } from './wire.ts';

/** Each asks, or goes on from a first attempt that has been made already. Each rejects with the SDK's error. */
export interface Sdk {
  listPage: (request: PageRequest, first: Tried | null, abortSignal: AbortSignal) => Promise<Page>;
  /** Writes a small JSON object. */
  put: (object: SmallObject, first: Tried | null, abortSignal: AbortSignal) => Promise<void>;
  /** Reads the first bytes of an object. */
  get: (
    key: string,
    most: number,
    first: Tried | null,
    abortSignal: AbortSignal,
  ) => Promise<{ text: string; etag: string | null; at: number | null }>;
  /** the server's clock minus ours, in milliseconds, once a refused signature has told */
  clockOffset: () => number;
  /** the same by the last answer; null before the first one */
  clockSkew: () => number | null;
  destroy: () => void;
}

/**
 * Makes the client; nothing is sent.
 * @param onConnect told when a connection stands, and the first request leaves
 */
export function openSdk(options: BucketOptions, onConnect?: () => void): Sdk {
  const wire = openWire(options, onConnect);
  const client = new S3Client({
    ...(options.endpoint !== null && { endpoint: options.endpoint }),
    ...(options.region !== null && { region: options.region }),
    ...(options.keys !== undefined && { credentials: credentialsOf(options.keys) }),
    forcePathStyle: options.pathStyle,
    maxAttempts: 3,
    retryMode: 'standard',
    cacheMiddleware: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: wire,
  });
  const { bucket: Bucket } = options;
  return {
    listPage: async ({ prefix, delimited, token }, first, abortSignal) => {
      const command = new ListObjectsV2Command({
        Bucket,
        Prefix: prefix,
        ...(delimited && { Delimiter: '/' }),
        ...(token !== null && { ContinuationToken: token }),
      });
      command.middlewareStack.add((next) => after(first, next), NEAREST);
      return client.send(command, { abortSignal });
    },
    put: async ({ key: Key, body: Body, condition }, first, abortSignal) => {
      // A bucket with Object Lock refuses a write without a checksum.
      const how = { ContentType: 'application/json', ChecksumAlgorithm: 'SHA256' } as const;
      const command = new PutObjectCommand({ Bucket, Key, Body, ...how, ...condition });
      command.middlewareStack.add((next) => after(first, next), NEAREST);
      await client.send(command, { abortSignal });
    },
    get: async (Key, most, first, abortSignal) => {
      const command = new GetObjectCommand({ Bucket, Key, Range: `bytes=0-${most}` });
      command.middlewareStack.add((next) => after(first, next), NEAREST);
      const { Body: body, LastModified: at, ETag: etag = null } = await client.send(command, { abortSignal });
      return { text: (await body?.transformToString()) ?? '', etag, at: at?.getTime() ?? null };
    },
    clockOffset: () => client.config.systemClockOffset,
    clockSkew: wire.clockSkew,
    destroy: () => wire.destroy(),
  };
}

/** Nearest to the wire: behind it there is only the HTTP handler. */
const NEAREST = { step: 'deserialize', priority: 'low', name: 'asked' } as const;

interface Answered {
  response: HttpResponse;
  output: { $metadata: Record<string, never> };
}

/** When the first attempt has been made, its answer takes the place of the request, and the SDK goes on as if it had asked itself. */
function after<Args, Result>(
  first: Tried | null,
  next: (args: Args) => Promise<Result>,
): (args: Args) => Promise<Result | Answered> {
  let left = first;
  return async (args) => {
    const tried = left;
    left = null;
    if (tried === null || tried.kind === 'unusual') return next(args);
    if (tried.kind === 'error') throw tried.error;
    return { response: responseOf(tried.answer), output: { $metadata: {} } };
  };
}

function responseOf({ status, headers, body, cut }: Answer): HttpResponse {
  return new HttpResponse({ statusCode: status, headers: { ...headers }, body: Readable.from(again(body, cut)) });
}

/** The body once more, and its end as it was. */
function* again(bytes: Buffer, error: Error | null): Generator<Buffer> {
  yield bytes;
  if (error !== null) throw error;
}
