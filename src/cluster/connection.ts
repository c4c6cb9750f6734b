/**
 * One connection pool to the API server. The stock client opens a TLS connection for every call (measured: 500 calls, 500
 * handshakes), has no time-out and never retries. So only its KubeConfig is used, for kubeconfig files, in-cluster tokens, exec
 * plugins and proxies. It gives one dispatcher, and every request goes through that.
 */
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import pLimit from 'p-limit';
import type { RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import { nearest } from '../nearest.ts';
import { readList } from './items.ts';
import { clockSkew } from '../time.ts';
import { KubeError, errorOfAnswer, errorOfTransport } from './kube-error.ts';

export interface KubeRequest {
  method: 'GET' | 'PATCH' | 'DELETE' | 'POST';
  /** begins with a slash */
  path: string;
  query?: Readonly<Record<string, string>>;
  accept?: string;
  body?: { type: string; value: unknown };
  /**
   * For a list: `begin` gives who takes the items while they arrive, and the answer is a ReadList without them. It is called for
   * each attempt, since what came of an answer before it broke off comes again. A longer answer than `most` bytes is PageTooLong.
   */
  items?: { begin: () => (item: unknown) => void; most: number };
}

export interface Connection {
  /** The parsed JSON of a 2xx answer. Rejects with KubeError. */
  request: (request: KubeRequest, signal: AbortSignal) => Promise<unknown>;
  server: string;
  /** the API server's clock minus ours by its last answer, in milliseconds; null before the first one */
  clockSkew: () => number | null;
  close: () => Promise<void>;
}

export interface ConnectionOptions {
  concurrency: number;
  /** milliseconds for one attempt */
  requestTimeout: number;
  userAgent: string;
  /** a kubeconfig file, and a context in it; absent or null: as kubectl finds them */
  kubeconfig?: string | null;
  context?: string | null;
}

const NOWHERE = 'http://localhost:8080';
const ATTEMPTS = 4;
const RETRIED = new Set([429, 500, 502, 503, 504]);
/** How often tokens are read again. The kubelet renews a service account's token on disk long before it expires. */
const AUTHORIZATION_AGE = 60_000;

/**
 * Connects by KUBECONFIG, ~/.kube/config or the pod's service account, as kubectl does.
 * @throws KubeError `unreachable` when there is no configuration to connect with
 */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const config = loadConfig(options);
  const server = config.getCurrentCluster()?.server;
  // If KubeConfig finds no configuration, it invents a cluster of this name and address.
  if (server === undefined || (server === NOWHERE && config.getCurrentCluster()?.name === 'cluster'))
    throw new KubeError('unreachable', 'no cluster is configured: set KUBECONFIG, or run in a pod');
  const base = server.replace(/\/+$/, '');
  const { origin, pathname } = new URL(base);
  const prefix = pathname.replace(/\/+$/, '');
  const limit = pLimit(options.concurrency);
  let authorization = await authorize(config);
  const dispatcher = await poolOf(config, authorization.dispatcher);
  let skew: number | null = null;

  async function headers(fresh: boolean): Promise<Record<string, string>> {
    // A new KubeConfig, because the authenticators of the first one keep an expired token.
    if (fresh) authorization = await authorize(loadConfig(options));
    else if (Date.now() - authorization.at > AUTHORIZATION_AGE) authorization = await authorize(config);
    return authorization.headers;
  }

  async function attempt(request: KubeRequest, signal: AbortSignal, fresh: boolean): Promise<Attempt> {
    const what = `${request.method} ${request.path}`;
    try {
      return await inTime(signal, options.requestTimeout, (heeded) => send(request, heeded, fresh));
    } catch (error) {
      if (signal.aborted) throw new KubeError('stopped', `${what}: stopped`, { cause: error });
      if (error instanceof KubeError) return { done: false, error, retry: false, after: null };
      return { done: false, error: errorOfTransport(error, what), retry: true, after: null };
    }
  }

  async function send(request: KubeRequest, heeded: AbortSignal, fresh: boolean): Promise<Attempt> {
    const sent = dispatcher.request({
      origin,
      path: prefix + request.path + queryOf(request),
      method: request.method,
      headers: {
        'user-agent': options.userAgent,
        accept: request.accept ?? 'application/json',
        ...(request.body !== undefined && { 'content-type': request.body.type }),
        ...(await headers(fresh)),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body.value),
      signal: heeded,
    });
    const answer = await unlessAborted(sent, heeded);
    skew = clockSkew(answer.headers['date'], Date.now()) ?? skew;
    if (answer.statusCode < 300) {
      const { items } = request;
      const body = items === undefined ? answer.body.json() : readList(answer.body, items.begin(), items.most);
      return { done: true, body: await body };
    }
    const error = errorOfAnswer(answer.statusCode, await answer.body.text(), `${request.method} ${request.path}`);
    return {
      done: false,
      error,
      retry: RETRIED.has(answer.statusCode),
      after: retryAfter(answer.headers['retry-after']),
    };
  }

  async function request(one: KubeRequest, signal: AbortSignal): Promise<unknown> {
    let fresh = false;
    for (let count = 1; ; count += 1) {
      if (signal.aborted) throw new KubeError('stopped', `${one.method} ${one.path}: stopped`);
      const asked: boolean = fresh;
      const result: Attempt = await limit(() => attempt(one, signal, asked));
      if (result.done) return result.body;
      // An expired token is read again once: the kubelet or an exec plugin may have renewed it.
      const expired: boolean = result.error.kind === 'unauthorized' && !asked;
      if (!expired && (!result.retry || count >= ATTEMPTS)) throw result.error;
      fresh = expired;
      if (!expired) await pause(result.after ?? backoff(count), signal);
    }
  }

  return { request, server: base, clockSkew: () => skew, close: () => dispatcher.close() };
}

type Attempt = { done: true; body: unknown } | { done: false; error: KubeError; retry: boolean; after: number | null };

function loadConfig({ kubeconfig, context }: Pick<ConnectionOptions, 'kubeconfig' | 'context'>): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig) config.loadFromFile(kubeconfig);
    else config.loadFromDefault();
    if (context) choose(config, context);
  } catch (cause) {
    throw new KubeError('unreachable', `the kubeconfig cannot be read: ${messageOf(cause)}`, { cause });
  }
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  // KubeConfig refuses plain HTTP (kubectl proxy) unless certificates are not verified, although there are none.
  if (cluster?.server.startsWith('http:') === true) {
    config.loadFromClusterAndUser({ ...cluster, skipTLSVerify: true }, user ?? { name: 'nobody' });
  }
  return config;
}

function choose(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name);
  if (names.includes(context)) return config.setCurrentContext(context);
  const meant = nearest(context, names);
  throw new Error(`it has no context ${context}${meant.length === 0 ? '' : `; did you mean ${meant.join(' or ')}?`}`);
}

/** Makes KubeConfig write its headers and dispatcher into a request that is never sent. */
async function authorize(
  config: KubeConfig,
): Promise<{ headers: Record<string, string>; dispatcher: Dispatcher | null; at: number }> {
  const headers: Record<string, string> = {};
  let dispatcher: Dispatcher | null = null;
  const collector: Pick<Parameters<KubeConfig['applySecurityAuthentication']>[0], 'setHeaderParam' | 'setDispatcher'> =
    {
      setHeaderParam: (name: string, value: string) => {
        headers[name.toLowerCase()] = value;
      },
      setDispatcher: (made: Dispatcher) => {
        dispatcher = made;
      },
    };
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it calls these two methods and nothing else
    await config.applySecurityAuthentication(collector as Parameters<KubeConfig['applySecurityAuthentication']>[0]);
  } catch (cause) {
    throw new KubeError('unauthorized', `no credentials for the cluster: ${messageOf(cause)}`, {
      cause,
    });
  }
  return { headers, dispatcher, at: Date.now() };
}

/** undici closes a connection after 4 idle seconds. Listing a large bucket takes longer, and a new handshake is expensive. */
const IDLE = 60_000;

/** The pool for all requests: KubeConfig's TLS settings with connections that stay open, and its proxies unchanged. */
async function poolOf(config: KubeConfig, made: Dispatcher | null): Promise<Dispatcher> {
  const settings: RequestOptions = {};
  await config.applyToHTTPSOptions(settings);
  const tls = Object.fromEntries(
    TLS_SETTINGS.flatMap((key) => (settings[key] === undefined ? [] : [[key, settings[key]]])),
  );
  const options = config.createDispatcherOptions(config.getCurrentCluster(), tls);
  if (options.type !== 'agent') return made ?? new Agent({ keepAliveTimeout: IDLE });
  // Neither is ever set; their types differ between the two packages.
  const { port: _port, timeout: _timeout, ...connect } = options.connect;
  return new Agent({ connect, keepAliveTimeout: IDLE });
}

const TLS_SETTINGS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const;

function queryOf(request: KubeRequest): string {
  const query = new URLSearchParams(request.query).toString();
  return query === '' ? '' : `?${query}`;
}

/** Seconds, as the API server sends them. More than half a minute is cut to half a minute. */
function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : null;
  return seconds === null ? null : Math.min(seconds, 30) * 1000;
}

function backoff(count: number): number {
  return 200 * 2 ** (count - 1) * (0.5 + Math.random());
}

/** undici reacts to a signal only when it is connected, so a server that never answers would hold a request for ten seconds. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const end = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  signal.addEventListener('abort', end, { once: true });
  void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  return promise;
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(millis, undefined, { signal });
  } catch {
    // Stopped: the next attempt rejects.
  }
}
