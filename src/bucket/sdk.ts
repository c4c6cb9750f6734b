/**
 * The SDK's client: for what the direct way leaves over, with its retries and in its words. It is a file of its own in the bundle
 * and is loaded when it is first needed: 1.4 MB of code that a steady state has no use for.
 */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { credentialsOf, type BucketOptions, type Page, type PageRequest } from './requests.ts';
import type { Tried } from './direct.ts';
import { recordStore, type RecordStore } from './records.ts';
import type { Wire } from './wire.ts';

export interface Sdk {
  /** Asks for a page, or goes on from a first answer that has come already. Rejects with the SDK's error. */
  listPage: (request: PageRequest, first: Tried | null, abortSignal: AbortSignal) => Promise<Page>;
  /** Writes a small JSON object. Rejects with the SDK's error. */
  put: (key: string, body: string, abortSignal: AbortSignal) => Promise<void>;
  /** Reads a small object: its first bytes, and when it was written. Rejects with the SDK's error. */
  get: (key: string, most: number, abortSignal: AbortSignal) => Promise<{ text: string; at: number | null }>;
  /** claim records below this prefix */
  records: (prefix: string) => RecordStore;
  /** the server's clock minus ours, in milliseconds, once a refused signature has told */
  clockOffset: () => number;
}

/** Makes the client over the pool that is there. */
export function openSdk(options: BucketOptions, wire: Wire): Sdk {
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
      if (first !== null) beginWith(command, first);
      return client.send(command, { abortSignal });
    },
    put: async (Key, Body, abortSignal) => {
      // A bucket with Object Lock refuses a write without a checksum.
      const how = { ContentType: 'application/json', ChecksumAlgorithm: 'SHA256' } as const;
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ...how }), { abortSignal });
    },
    get: async (Key, most, abortSignal) => {
      const command = new GetObjectCommand({ Bucket, Key, Range: `bytes=0-${most}` });
      const { Body: body, LastModified: at } = await client.send(command, { abortSignal });
      return { text: (await body?.transformToString()) ?? '', at: at?.getTime() ?? null };
    },
    records: (prefix) => recordStore(client, { ...options, prefix }),
    clockOffset: () => client.config.systemClockOffset,
  };
}

/** The first attempt has been made: its answer takes the place of the request, and the SDK goes on as if it had asked itself. */
function beginWith(command: ListObjectsV2Command, first: Tried): void {
  let used = false;
  command.middlewareStack.add(
    (next) => async (args) => {
      if (used) return next(args);
      used = true;
      if (first.kind === 'error') throw first.error;
      if (first.kind === 'page') return { response: null, output: { $metadata: {}, ...first.page } };
      return { response: first.response, output: { $metadata: {} } };
    },
    // Nearest to the wire: behind it there is only the HTTP handler.
    { step: 'deserialize', priority: 'low', name: 'asked' },
  );
}
