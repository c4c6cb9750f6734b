/** What is asked of an S3 server, by which settings, and what is read out of its answers. */
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';

import type { S3Keys } from '../restic/credential-keys.ts';

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
  /** keys of somebody else's; absent: those that the SDK finds */
  keys?: S3Keys;
  /** where the SDK's own variables are; the SDK itself reads those of the process */
  env: Readonly<Record<string, string | undefined>>;
}

export interface PageRequest {
  prefix: string;
  /** one level only */
  delimited: boolean;
  token: string | null;
}

/** Something of our own that is written; with a condition, the write fails when somebody else wrote in between. */
export interface SmallObject {
  key: string;
  body: string;
  condition: { IfMatch?: string; IfNoneMatch?: '*' };
}

export type Page = Pick<
  ListObjectsV2CommandOutput,
  'IsTruncated' | 'KeyCount' | 'NextContinuationToken' | 'CommonPrefixes' | 'Contents'
>;

/** Asks for one page of a listing. Rejects with the SDK's error, or when the signal or the page's time is up. */
export type ListPage = (request: PageRequest, signal: AbortSignal) => Promise<Page>;

/** Keys as the SDK takes them. */
export interface PlainKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export function credentialsOf({ accessKeyId, secretAccessKey, sessionToken }: S3Keys): PlainKeys {
  return { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) };
}
