import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dump } from 'js-yaml';
import { loopbackIdentity } from '../../sandbox/serving.ts';
import { Kube } from '../../sandbox/kube/kube.ts';
import { kubeconfigText } from '../../sandbox/kube/kubeconfig.ts';
import { connect, type Connection } from '../../src/cluster/connection.ts';
import { KubeError, type KubeErrorKind } from '../../src/cluster/kube-error.ts';

const pauses = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', () => ({
  setTimeout: (millis: number) => {
    pauses.push(millis);
    return Promise.resolve();
  },
}));

let kube: Kube;
let folder: string;
const { signal } = new AbortController();
const get = { method: 'GET', path: '/api/v1/namespaces' } as const;

beforeEach(async () => {
  pauses.length = 0;
  kube = new Kube(() => new Date());
  await kube.listen();
  folder = await mkdtemp(join(tmpdir(), 'prewarm-connection-'));
  vi.stubEnv('KUBECONFIG', join(folder, 'kubeconfig'));
  await configure(kubeconfigText(kube, { name: 'worker', token: kube.tokens.worker }));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await kube.close();
  await rm(folder, { recursive: true });
});

async function configure(text: string): Promise<void> {
  await writeFile(join(folder, 'kubeconfig'), text);
}

function open(requestTimeout = 5000): Promise<Connection> {
  return connect({ concurrency: 8, requestTimeout, userAgent: 'volsync-prewarm/test' });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** What a request comes to that is not answered. */
async function failure(request: Promise<unknown>): Promise<Pick<KubeError, 'kind' | 'status' | 'message'>> {
  const error: unknown = await request.then(
    () => new Error('it was answered'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof KubeError)) throw error;
  return { kind: error.kind, status: error.status, message: error.message };
}

test('sixty requests at once share one TLS connection', async () => {
  const connection = await open();
  await Promise.all(Array.from({ length: 60 }, () => connection.request(get, signal)));
  expect(kube.requests).toHaveLength(60);
  expect(kube.tlsConnections).toBe(1);
});

test('another kubeconfig and another context are taken as they are named', async () => {
  const file = join(folder, 'other');
  const text = kubeconfigText(kube, { name: 'worker', token: kube.tokens.worker });
  await writeFile(file, text.replaceAll('sandbox', 'home'));
  const named = (context: string): Promise<Connection> =>
    connect({ concurrency: 1, requestTimeout: 5000, userAgent: 'test', kubeconfig: file, context });

  await (await named('home')).request(get, signal);

  expect(kube.requests).toHaveLength(1);
  expect((await failure(named('hom'))).message).toMatch(/it has no context hom; did you mean home\?$/);
});

test('a request is sent as it is asked for, with our token', async () => {
  const connection = await open();
  const path = '/api/v1/namespaces/media';
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } };
  await connection.request(
    {
      method: 'PATCH',
      path,
      query: { fieldManager: 'me' },
      body: { type: 'application/apply-patch+yaml', value: body },
    },
    signal,
  );
  expect(kube.requests).toEqual([
    {
      method: 'PATCH',
      path,
      query: { fieldManager: 'me' },
      contentType: 'application/apply-patch+yaml',
      status: 201,
      user: 'worker',
      body,
    },
  ]);
});

test('429: waits as long as Retry-After says', async () => {
  kube.fault({ status: 429, retryAfter: 7, times: 2 });
  const connection = await open();
  expect(await connection.request(get, signal)).toMatchObject({ kind: 'NamespaceList' });
  expect(kube.requests.map(({ status }) => status)).toEqual([429, 429, 200]);
  expect(pauses).toEqual([7000, 7000]);
});

test('Retry-After is obeyed for half a minute at the most', async () => {
  kube.fault({ status: 503, retryAfter: 3600, times: 1 });
  await (await open()).request(get, signal);
  expect(pauses).toEqual([30_000]);
});

test.each([500, 502, 503, 504])('a storm of %d is tried four times, each later than the one before', async (status) => {
  kube.fault({ status, message: 'overloaded' });
  expect(await failure((await open()).request(get, signal))).toEqual({
    kind: 'failed',
    status,
    message: `GET /api/v1/namespaces: overloaded (HTTP ${status})`,
  });
  expect(kube.requests).toHaveLength(4);
  const [first = 0, second = 0, third = 0] = pauses;
  expect(pauses).toHaveLength(3);
  expect([first >= 100 && first <= 300, second >= 200 && second <= 600, third >= 400 && third <= 1200]).toEqual([
    true,
    true,
    true,
  ]);
});

test.each<[number, KubeErrorKind]>([
  [400, 'rejected'],
  [403, 'forbidden'],
  [404, 'absent'],
  [409, 'conflict'],
  [410, 'failed'],
  [415, 'rejected'],
  [422, 'rejected'],
])('%d is %s, told in the words of the server, and not tried again', async (status, kind) => {
  kube.fault({ status, message: 'no, thank you' });
  expect(await failure((await open()).request(get, signal))).toEqual({
    kind,
    status,
    message: `GET /api/v1/namespaces: no, thank you (HTTP ${status})`,
  });
  expect(kube.requests).toHaveLength(1);
  expect(pauses).toEqual([]);
});

/** A kubeconfig as a pod has it: the token is in a file that somebody else renews. */
function withTokenFile(): string {
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'pod',
    clusters: [
      {
        name: 'pod',
        cluster: { server: kube.url, 'certificate-authority-data': Buffer.from(kube.ca).toString('base64') },
      },
    ],
    users: [
      { name: 'pod', user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile: `${folder}/token` } } } },
    ],
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
  });
}

test('an expired token is read again once, and the request goes through', async () => {
  await configure(withTokenFile());
  await writeFile(`${folder}/token`, 'expired');
  const connection = await open();
  await writeFile(`${folder}/token`, kube.tokens.worker);
  expect(await connection.request(get, signal)).toMatchObject({ kind: 'NamespaceList' });
  expect(kube.requests.map(({ status, user }) => [status, user])).toEqual([
    [401, null],
    [200, 'worker'],
  ]);
  expect(pauses).toEqual([]);
  expect(kube.tlsConnections).toBe(1);
});

test('a token that stays expired is unauthorized after the second try, and is not in the message', async () => {
  await configure(withTokenFile());
  await writeFile(`${folder}/token`, 'expired-for-good');
  expect(await failure((await open()).request(get, signal))).toEqual({
    kind: 'unauthorized',
    status: 401,
    message: 'GET /api/v1/namespaces: Unauthorized (HTTP 401)',
  });
  expect(kube.requests).toHaveLength(2);
});

test('a token that can no longer be read is unauthorized, and not tried again', async () => {
  await configure(withTokenFile());
  await writeFile(`${folder}/token`, 'expired');
  const connection = await open();
  await rm(`${folder}/token`);
  expect(await failure(connection.request(get, signal))).toMatchObject({
    kind: 'unauthorized',
    message: expect.stringMatching(/^no credentials for the cluster: ENOENT/),
  });
  expect(kube.requests).toHaveLength(1);
});

test('nobody listens: unreachable, after four attempts', async () => {
  await configure(kubeconfigText({ url: 'https://127.0.0.1:1', ca: kube.ca }, { name: 'worker', token: 't' }));
  expect(await failure((await open()).request(get, signal))).toEqual({
    kind: 'unreachable',
    status: null,
    message: 'GET /api/v1/namespaces: the API server cannot be reached (ECONNREFUSED)',
  });
  expect(pauses).toHaveLength(3);
});

test('a certificate that nobody vouches for: unreachable, and the message says why', async () => {
  const ca = rootCertificates[0] ?? '';
  await configure(kubeconfigText({ url: kube.url, ca }, { name: 'worker', token: kube.tokens.worker }));
  const told = await failure((await open()).request(get, signal));
  expect(told.kind).toBe('unreachable');
  expect(told.message).toMatch(/^GET \/api\/v1\/namespaces: the API server cannot be reached \([A-Z_]*CERT[A-Z_]*\)$/);
  expect(kube.requests).toEqual([]);
});

test('a connection that is cut is tried again', async () => {
  kube.fault({ drop: true, times: 1 });
  expect(await (await open()).request(get, signal)).toMatchObject({ kind: 'NamespaceList' });
  expect(kube.requests.map(({ status }) => status)).toEqual([0, 200]);
});

test('a server that takes the request and never answers: each attempt ends by the time-out', async () => {
  const connection = await open(200);
  await connection.request(get, signal);
  kube.fault({ hang: true });
  expect(await failure(connection.request(get, signal))).toEqual({
    kind: 'unreachable',
    status: null,
    message: 'GET /api/v1/namespaces: no answer in time',
  });
  expect(kube.requests.map(({ status }) => status)).toEqual([200, 0, 0, 0, 0]);
});

test('a server that accepts and never greets: each attempt ends by the time-out, and the signal ends all', async () => {
  let greeted = 0;
  const mute = createServer(() => (greeted += 1));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${portOf(mute)}`;
  await configure(kubeconfigText({ url, ca: kube.ca }, { name: 'worker', token: 't' }));
  expect(await failure((await open(50)).request(get, signal))).toEqual({
    kind: 'unreachable',
    status: null,
    message: 'GET /api/v1/namespaces: no answer in time',
  });
  const stop = new AbortController();
  const before = greeted;
  const asked = failure((await open()).request(get, stop.signal));
  await vi.waitFor(() => expect(greeted).toBe(before + 1), { timeout: 10_000 });
  stop.abort();
  expect(await asked).toEqual({ kind: 'stopped', status: null, message: 'GET /api/v1/namespaces: stopped' });
  mute.close();
});

test('the signal ends a request that hangs, and nothing is tried again', async () => {
  kube.fault({ hang: true });
  const stop = new AbortController();
  const asked = failure((await open()).request(get, stop.signal));
  await vi.waitFor(() => expect(kube.requests).toHaveLength(1), { timeout: 10_000 });
  stop.abort();
  expect(await asked).toEqual({ kind: 'stopped', status: null, message: 'GET /api/v1/namespaces: stopped' });
  expect(kube.requests).toHaveLength(1);
});

test('nothing is sent once the signal has been given', async () => {
  expect(await failure((await open()).request(get, AbortSignal.abort()))).toMatchObject({ kind: 'stopped' });
  expect(kube.requests).toEqual([]);
});

test('an answer that is no JSON failed, and what it says is not repeated', async () => {
  const { ca, cert, key } = loopbackIdentity();
  const proxy = createSecureServer({ cert, key }, (_, response) => response.end('{"data": c2VjcmV0}'));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  await configure(kubeconfigText({ url: `https://127.0.0.1:${portOf(proxy)}`, ca }, { name: 'worker', token: 't' }));
  const connection = await open();
  const told = await failure(connection.request(get, signal));
  await connection.close();
  proxy.close();
  expect(told).toEqual({ kind: 'failed', status: null, message: 'GET /api/v1/namespaces: the answer is not JSON' });
});

test('no kubeconfig that can be read: unreachable, before anything is sent', async () => {
  await configure('clusters: [');
  expect(await failure(open())).toMatchObject({
    kind: 'unreachable',
    message: expect.stringMatching(/^the kubeconfig cannot be read: /),
  });
});

test('without a kubeconfig, and not in a pod, there is nothing to connect to', async () => {
  vi.stubEnv('KUBECONFIG', undefined);
  vi.stubEnv('HOME', folder);
  await expect(open()).rejects.toMatchObject({
    kind: 'unreachable',
    message: 'no cluster is configured: set KUBECONFIG, or run in a pod',
  });
});

test("the API server's clock is known after the first answer", async () => {
  const connection = await open();
  expect(connection.clockSkew()).toBeNull();
  await connection.request(get, signal);
  expect(Math.abs(connection.clockSkew() ?? Number.NaN)).toBeLessThan(60_000);
});

test('plain HTTP is spoken where the kubeconfig says so (kubectl proxy), with or without a user', async () => {
  const server = createHttpServer((_, response) => response.end('{"kind":"NamespaceList","items":[]}'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const cluster = { server: `http://127.0.0.1:${portOf(server)}` };
  await configure(
    dump({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'proxy', cluster }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: '' } }],
      'current-context': 'proxy',
    }),
  );
  const connection = await open();
  expect(await connection.request(get, signal)).toEqual({ kind: 'NamespaceList', items: [] });
  await connection.close();
  server.close();
});
