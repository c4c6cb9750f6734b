/**
 * S3 without the SDK's client. One request through its middlewares and its reader of XML costs ten times as much as the request
 * itself (measured: 1.0 ms of CPU, and 90 ms to load it all). This asks once and judges nothing: whatever is not a plain answer is
 * handed to the SDK as it came, which goes on from there, with its retries and in its words.
 */
import { hash } from 'node:crypto';
import { messageOf } from '../errors.ts';
import { PRODUCT } from '../naming.ts';
import { clockSkew } from '../time.ts';
import type { Answer } from './answer.ts';
import { readPage } from './page.ts';
import { openPool } from './pool.ts';
import { isProxied } from './proxied.ts';
import { credentialsOf, type BucketOptions, type Page, type PageRequest, type PlainKeys } from './requests.ts';
import { amzDateOf, encoded, signer, type ToSign } from './signature.ts';

/** What one request came to: an answer, no answer, or one that nothing can be made of here. */
export type Tried = { kind: 'answer'; answer: Answer } | { kind: 'error'; error: Error } | { kind: 'unusual' };

export interface ObjectRequest {
  method: 'GET' | 'PUT';
  key: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** Both ask once, and never reject. `signedAt` is the time by the server's clock. */
export interface Direct {
  page: (request: PageRequest, signedAt: Date, signal: AbortSignal) => Promise<Tried | { kind: 'page'; page: Page }>;
  object: (request: ObjectRequest, signedAt: Date, signal: AbortSignal) => Promise<Tried>;
  /** the server's clock minus ours in milliseconds, by its last answer; null before the first one */
  clockSkew: () => number | null;
  destroy: () => void;
}

const EMPTY_BODY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const CONNECT_TIMEOUT = 5_000;

/**
 * @param onConnect told when a connection stands, and the first request leaves
 * @returns null where only the SDK knows how to reach the bucket: without an endpoint, with keys that it has to find, by a proxy
 */
export function openDirect(options: BucketOptions, onConnect: () => void): Direct | null {
  const access = plainAccess(options);
  if (access === null) return null;
  const { endpoint, region, keys } = access;
  const tls = endpoint.protocol === 'https:';
  const pool = openPool(
    {
      host: endpoint.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(endpoint.port || (tls ? 443 : 80)),
      tls,
      ca: options.ca,
    },
    { connect: Math.min(CONNECT_TIMEOUT, options.requestTimeout), answer: options.requestTimeout },
    onConnect,
  );
  const sign = signer(keys, region);
  const base = `${endpoint.pathname.replace(/\/$/, '')}/${options.bucket}/`;
  let skew: number | null = null;

  async function send(request: ToSign, body: string, signedAt: Date, signal: AbortSignal): Promise<Tried> {
    const date = amzDateOf(signedAt);
    const token = keys.sessionToken === undefined ? [] : [['x-amz-security-token', keys.sessionToken] as const];
    const headers = [
      ...request.headers,
      ['host', endpoint.host] as const,
      ['x-amz-content-sha256', request.bodyHash] as const,
      ['x-amz-date', date] as const,
      ...token,
    ].sort(([a], [b]) => (a < b ? -1 : 1));
    const authorization = sign({ ...request, headers }, date);
    const { method, path, query } = request;
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const bytes = Buffer.byteLength(body);
    const length = method === 'PUT' ? `content-length: ${bytes}\r\n` : '';
    const head = `${method} ${path}${query && `?${query}`} HTTP/1.1\r\n${lines}user-agent: ${PRODUCT}\r\n${length}authorization: ${authorization}\r\n\r\n`;
    try {
      const answer = await pool.ask(bytes === 0 ? head : Buffer.from(head + body), signal);
      if (answer === null) return { kind: 'unusual' };
      skew = clockSkew(answer.headers['date'], Date.now()) ?? skew;
      return { kind: 'answer', answer };
    } catch (error) {
      return { kind: 'error', error: error instanceof Error ? error : new Error(messageOf(error)) };
    }
  }

  return {
    page: async ({ prefix, delimited, token }, signedAt, signal) => {
      const after = token === null ? '' : `continuation-token=${encoded(token)}&`;
      const query = `${after}${delimited ? 'delimiter=%2F&' : ''}list-type=2&prefix=${encoded(prefix)}`;
      const request = { method: 'GET', path: base, query, headers: [], bodyHash: EMPTY_BODY } as const;
      const tried = await send(request, '', signedAt, signal);
      if (tried.kind !== 'answer' || tried.answer.status !== 200 || tried.answer.cut !== null) return tried;
      const page = readPage(tried.answer.body.toString('utf8'));
      return page === null ? tried : { kind: 'page', page };
    },
    object: ({ method, key, headers, body }, signedAt, signal) => {
      const path = base + key.split('/').map(encoded).join('/');
      const bodyHash = body === '' ? EMPTY_BODY : hash('sha256', body);
      return send({ method, path, query: '', headers: Object.entries(headers), bodyHash }, body, signedAt, signal);
    },
    clockSkew: () => skew,
    destroy: () => pool.destroy(),
  };
}

/** Names that stand in a URL as they are. */
const PLAIN_BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PLAIN_REGION = /^[a-z0-9-]{1,40}$/;
/** What keys and tokens are made of: nothing that could end a header. */
const PLAIN_KEY = /^[\w+/=.@:-]{1,8192}$/;

interface Access {
  endpoint: URL;
  region: string;
  keys: PlainKeys;
}

/** Endpoint, region and keys, when they are all given and nothing else tells the SDK what to do. */
function plainAccess({ endpoint, region, pathStyle, bucket, env, keys: given }: BucketOptions): Access | null {
  const keys = given === undefined ? keysIn(env) : credentialsOf(given);
  if (endpoint === null || region === null || !pathStyle || keys === null || !areStandard(keys)) return null;
  // With a profile the SDK passes over the keys; the others change the address.
  if (STEERING.some((name) => env[name])) return null;
  // A region of this name is not signed for as it stands.
  if (!PLAIN_BUCKET.test(bucket) || !PLAIN_REGION.test(region) || region === 'aws-global') return null;
  const url = URL.parse(endpoint);
  return url !== null && isPlainAddress(url) && !isProxied(url, env) ? { endpoint: url, region, keys } : null;
}

function areStandard({ accessKeyId, sessionToken = 'none' }: PlainKeys): boolean {
  return PLAIN_KEY.test(accessKeyId) && PLAIN_KEY.test(sessionToken);
}

function isPlainAddress({ protocol, search, hash: fragment, username, password }: URL): boolean {
  return ['http:', 'https:'].includes(protocol) && search + fragment + username + password === '';
}

function keysIn(env: BucketOptions['env']): PlainKeys | null {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

const STEERING = ['AWS_PROFILE', 'AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'] as const;
