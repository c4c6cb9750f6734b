/** The S3 client, set up once: time-outs that end a request, standard retries, and no more sockets than requests. */
import http from 'node:http';
import https from 'node:https';
import { ListObjectsV2Command, PutObjectCommand, S3Client, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { messageOf, wordOf } from '../errors.ts';
import { BUCKET_MARKER, PRODUCT } from '../naming.ts';

export interface BucketOptions {
  bucket: string;
  /** null: AWS itself */
  endpoint: string | null;
  /** null: what the SDK finds (environment, profile) */
  region: string | null;
  pathStyle: boolean;
  /** PEM text of a certificate authority */
  ca: string | null;
  /** requests at once */
  concurrency: number;
  /** milliseconds for one request; a page with its retries may take twice as long */
  requestTimeout: number;
}

export interface PageRequest {
  prefix: string;
  /** one level only */
  delimited: boolean;
  token: string | null;
}

export type Page = Pick<
  ListObjectsV2CommandOutput,
  'IsTruncated' | 'KeyCount' | 'NextContinuationToken' | 'CommonPrefixes' | 'Contents'
>;

/** Asks for one page of a listing. Rejects with the SDK's error, or when the signal or the page's time is up. */
export type ListPage = (request: PageRequest, signal: AbortSignal) => Promise<Page>;

const CONNECT_TIMEOUT = 5_000;

/**
 * Makes the S3 client. The time-outs are our own: the SDK has none, and `requestTimeout` alone only warns.
 * @param onConnect told when a connection stands, and the first request leaves
 */
export function createS3Client(options: BucketOptions, onConnect: () => void = () => undefined): S3Client {
  const sockets = { maxSockets: options.concurrency, keepAlive: true };
  const tls = { ...sockets, ...(options.ca !== null && { ca: options.ca }) };
  return new S3Client({
    ...(options.endpoint !== null && { endpoint: options.endpoint }),
    ...(options.region !== null && { region: options.region }),
    forcePathStyle: options.pathStyle,
    maxAttempts: 3,
    retryMode: 'standard',
    cacheMiddleware: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_TIMEOUT, options.requestTimeout),
      requestTimeout: options.requestTimeout,
      throwOnRequestTimeout: true,
      socketTimeout: options.requestTimeout,
      httpAgent: telling(new http.Agent(sockets), 'connect', onConnect),
      httpsAgent: telling(new https.Agent(tls), 'secureConnect', onConnect),
    },
  });
}

/** The agent, telling of each connection that stands. */
function telling<T extends http.Agent>(agent: T, event: 'connect' | 'secureConnect', tell: () => void): T {
  const create = agent.createConnection.bind(agent);
  return Object.assign(agent, {
    createConnection: (...how: Parameters<typeof create>) => {
      const socket = create(...how);
      socket?.once(event, tell);
      return socket;
    },
  });
}

/** A page reader over one bucket; all of a program's requests share its limit. */
export function pageReader(
  client: S3Client,
  options: Pick<BucketOptions, 'bucket' | 'concurrency' | 'requestTimeout'>,
): ListPage {
  const limit = pLimit(options.concurrency);
  return (request, signal) =>
    limit(() => {
      signal.throwIfAborted();
      return client.send(
        new ListObjectsV2Command({
          Bucket: options.bucket,
          Prefix: request.prefix,
          ...(request.delimited && { Delimiter: '/' }),
          ...(request.token !== null && { ContinuationToken: request.token }),
        }),
        { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(2 * options.requestTimeout)]) },
      );
    });
}

/** Writes the bucket's marker: the one object that the program itself puts there. Gives the problem in words, or null. */
export function markerWriter(
  client: S3Client,
  options: Pick<BucketOptions, 'bucket' | 'requestTimeout'> & { prefix: string },
): (now: number, signal: AbortSignal) => Promise<string | null> {
  return async (now, signal) => {
    try {
      await client.send(
        new PutObjectCommand({
          Bucket: options.bucket,
          Key: `${options.prefix}${BUCKET_MARKER}`,
          ContentType: 'application/json',
          Body: `${JSON.stringify({ markedBy: PRODUCT, at: new Date(now).toISOString() })}\n`,
        }),
        { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(2 * options.requestTimeout)]) },
      );
      return null;
    } catch (error) {
      return `${wordOf(error, 'name') ?? 'Error'}: ${messageOf(error).split('\n', 1)[0] ?? ''}`;
    }
  };
}
