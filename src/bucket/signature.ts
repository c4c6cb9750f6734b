/**
 * Signature Version 4 for S3, as AWS documents it ("Authenticating Requests: Using the Authorization Header"). The SDK's signer
 * derives a key and sorts headers anew for each request, which costs as much as sending it (measured: 0.18 ms of CPU); this one
 * derives the key once a day. A test holds the two against each other, and the real lane has a server check it.
 */
import { createHmac, hash } from 'node:crypto';
import type { PlainKeys } from './requests.ts';

export interface ToSign {
  method: 'GET' | 'PUT';
  /** as it is sent, percent-encoded */
  path: string;
  /** as it is sent: encoded by `encoded`, sorted by name */
  query: string;
  /** sorted by name, in lower case; `host` among them */
  headers: readonly (readonly [name: string, value: string])[];
  /** SHA-256 of the body in hex */
  bodyHash: string;
}

/** Returns the value of `authorization` for a request whose headers say when it was signed (`x-amz-date`). */
export type Sign = (request: ToSign, amzDate: string) => string;

/** A signer for one pair of keys in one region. */
export function signer({ accessKeyId, secretAccessKey }: PlainKeys, region: string): Sign {
  let derived: { day: string; key: Buffer } | null = null;
  const keyOf = (day: string): Buffer => {
    if (derived?.day === day) return derived.key;
    const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
    derived = { day, key: Buffer.from(key) };
    return derived.key;
  };
  return ({ method, path, query, headers, bodyHash }, amzDate) => {
    const day = amzDate.slice(0, 8);
    const names = headers.map(([name]) => name).join(';');
    const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('');
    const request = `${method}\n${path}\n${query}\n${lines}\n${names}\n${bodyHash}`;
    const scope = `${day}/${region}/s3/aws4_request`;
    const text = `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${hash('sha256', request)}`;
    const signature = hmac(keyOf(day), text).toString('hex');
    return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  };
}

/** `20261128T051500Z` */
export function amzDateOf(at: Date): string {
  return at.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

/** Everything but letters, digits and `-._~` as percent and two hex digits of its UTF-8 bytes. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
