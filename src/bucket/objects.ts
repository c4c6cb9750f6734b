/** Small objects of our own in the bucket: the marker, claim records. Asked directly, and by the SDK where that ends. */
import { hash } from 'node:crypto';
import type { Answer } from './answer.ts';
import type { Direct, ObjectRequest, Tried } from './direct.ts';
import { statusOf } from './listing.ts';
import type { SmallObject } from './requests.ts';
import type { Sdk } from './sdk.ts';

/** An object that was read, or the server's word that there is none (404), or none with these bytes (416). */
export type Got =
  | { state: 'read'; text: string; etag: string | null; at: number | null }
  | { state: 'none'; status: 404 | 416 };

export interface Objects {
  /** Reads the first bytes of an object. Rejects with the SDK's error. */
  get: (key: string, most: number, signal: AbortSignal) => Promise<Got>;
  /** Writes a small JSON object. Rejects with the SDK's error. */
  put: (object: SmallObject, signal: AbortSignal) => Promise<void>;
}

interface Ways {
  direct: Direct | null;
  sdk: () => Promise<Sdk>;
  /** the time by the server's clock */
  now: () => Date;
  timed: Timed;
}

/** Does this in the time that an attempt and those that follow it have. */
export type Timed = <T>(signal: AbortSignal, work: (heeded: AbortSignal) => Promise<T>) => Promise<T>;

export function objectsOver({ direct, sdk, now, timed }: Ways): Objects {
  const ask = async (request: ObjectRequest, signal: AbortSignal): Promise<Tried | null> =>
    direct === null ? null : direct.object(request, now(), signal);

  async function get(key: string, most: number, signal: AbortSignal): Promise<Got> {
    const range = { range: `bytes=0-${most}` };
    const first = await ask({ method: 'GET', key, headers: range, body: '' }, signal);
    const answer = wholeOf(first);
    if (answer?.status === 404 || answer?.status === 416) return { state: 'none', status: answer.status };
    if (answer?.status === 200 || answer?.status === 206) {
      const { body, headers } = answer;
      const at = Date.parse(headers['last-modified'] ?? '');
      return {
        state: 'read',
        text: body.toString('utf8'),
        etag: headers['etag'] ?? null,
        at: Number.isNaN(at) ? null : at,
      };
    }
    try {
      return { state: 'read', ...(await (await sdk()).get(key, most, first, signal)) };
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 || status === 416) return { state: 'none', status };
      throw error;
    }
  }

  async function put(object: SmallObject, signal: AbortSignal): Promise<void> {
    const { key, body } = object;
    const first = await ask({ method: 'PUT', key, headers: headersOf(object), body }, signal);
    const status = wholeOf(first)?.status ?? 0;
    if (status === 200 || status === 201 || status === 204) return;
    await (await sdk()).put(object, first, signal);
  }

  return {
    get: async (key, most, signal) => {
      signal.throwIfAborted();
      return timed(signal, (heeded) => get(key, most, heeded));
    },
    put: async (object, signal) => {
      signal.throwIfAborted();
      return timed(signal, (heeded) => put(object, heeded));
    },
  };
}

/** Buckets with Object Lock refuse a write without a checksum. */
function headersOf({ body, condition: { IfMatch, IfNoneMatch } }: SmallObject): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(IfMatch !== undefined && { 'if-match': IfMatch }),
    ...(IfNoneMatch !== undefined && { 'if-none-match': IfNoneMatch }),
    'x-amz-checksum-sha256': hash('sha256', body, 'base64'),
    'x-amz-sdk-checksum-algorithm': 'SHA256',
  };
}

function wholeOf(tried: Tried | null): Answer | null {
  return tried?.kind === 'answer' && tried.answer.cut === null ? tried.answer : null;
}
