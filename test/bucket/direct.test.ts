import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { loopbackIdentity } from '../../sandbox/serving.ts';
import { openClient, type Client } from '../../src/bucket/client.ts';
import type { BucketOptions } from '../../src/bucket/requests.ts';
import { openSdk } from '../../src/bucket/sdk.ts';

vi.mock('../../src/bucket/sdk.ts', async (actual) => {
  const real = await actual<{ openSdk: typeof openSdk }>();
  return { openSdk: vi.fn<typeof openSdk>(real.openSdk) };
});
const closing: (() => void)[] = [];
const { signal } = new AbortController();
const keys = { AWS_ACCESS_KEY_ID: 'me', AWS_SECRET_ACCESS_KEY: 'secret' };
const first = { prefix: '', delimited: true, token: null };
const PAGE =
  '<ListBucketResult><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>media/</Prefix></CommonPrefixes></ListBucketResult>';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.mocked(openSdk).mockClear();
  for (const close of closing.splice(0)) close();
});

async function clientOf(answer: RequestListener, more: Partial<BucketOptions> = {}): Promise<Client> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  const client = openClient({
    bucket: 'volsync-backups',
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    pathStyle: true,
    ca: null,
    concurrency: 2,
    requestTimeout: 5000,
    env: keys,
    ...more,
  });
  for (const [name, value] of Object.entries(keys)) vi.stubEnv(name, value);
  closing.push(
    () => client.close(),
    () => server.close(),
  );
  return client;
}

test('plain pages need no SDK', async () => {
  const client = await clientOf((_, response) => response.end(PAGE));
  for (let turn = 0; turn < 3; turn += 1)
    expect((await client.listPage(first, signal)).CommonPrefixes).toEqual([{ Prefix: 'media/' }]);
  expect(openSdk).not.toHaveBeenCalled();
});

test.each<[string, Partial<BucketOptions>]>([
  ['keys that only the SDK finds', { env: {} }],
  ['a profile, for which the SDK passes over the keys', { env: { ...keys, AWS_PROFILE: 'backup' } }],
  ['a bucket whose name does not stand in a URL as it is', { bucket: 'Backups_old' }],
])('%s: the SDK asks', async (_, more) => {
  const client = await clientOf((_, response) => response.end(PAGE), more);
  expect((await client.listPage(first, signal)).CommonPrefixes).toEqual([{ Prefix: 'media/' }]);
  expect(openSdk).toHaveBeenCalledTimes(1);
});

const LENGTH = `Content-Length: ${PAGE.length}`;

test.each<[string, string]>([
  ['an older protocol', `HTTP/1.0 200 OK\r\n${LENGTH}\r\n\r\n${PAGE}`],
  ['an answer before the answer', `HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH}\r\n\r\n${PAGE}`],
  [
    'trailers',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${PAGE.length.toString(16)}\r\n${PAGE}\r\n0\r\nA: b\r\n\r\n`,
  ],
])('%s: the SDK asks, over a connection of its own', async (_, text) => {
  const server = createTcpServer((socket) => socket.once('data', () => socket.end(text)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await clientOf((_, response) => response.end(), { endpoint });
  expect((await client.listPage(first, signal)).CommonPrefixes).toEqual([{ Prefix: 'media/' }]);
  expect(openSdk).toHaveBeenCalledTimes(1);
});

test('one request after another goes over the same connection, until the server ends it', async () => {
  const ports: unknown[] = [];
  const client = await clientOf(({ socket }, response) => {
    ports.push(socket.remotePort);
    if (ports.length === 3) response.setHeader('connection', 'close');
    response.end(PAGE);
  });
  for (let turn = 0; turn < 5; turn += 1) await client.listPage(first, signal);
  const [one, , , other] = ports;
  expect(ports).toEqual([one, one, one, other, other]);
  expect(other).not.toBe(one);
  expect(openSdk).not.toHaveBeenCalled();
});

test.each<[string, string | null, unknown]>([
  ['by the authority that the settings name', loopbackIdentity().ca, expect.objectContaining({ IsTruncated: false })],
  ['by nobody whom we know', null, expect.objectContaining({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })],
])('over TLS, with a certificate %s', async (_, ca, wanted) => {
  const server = createTlsServer(loopbackIdentity(), (_, response) => response.end(PAGE));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await clientOf((_, response) => response.end(), { endpoint, ca });
  const found = await client.listPage(first, signal).catch((error: unknown) => error);
  expect(found).toEqual(wanted);
  expect(openSdk).toHaveBeenCalledTimes(ca === null ? 1 : 0);
});

test('keys that could end a header are the SDK’s to refuse', async () => {
  const asked: unknown[] = [];
  const client = await clientOf(
    ({ headers }, response) => {
      asked.push(headers['x-evil']);
      response.end(PAGE);
    },
    { env: { ...keys, AWS_SESSION_TOKEN: 'a\r\nx-evil: b' } },
  );
  vi.stubEnv('AWS_SESSION_TOKEN', 'a\r\nx-evil: b');
  await expect(client.listPage(first, signal)).rejects.toThrow('Invalid character');
  expect(asked).toEqual([]);
});

test('a session token is sent along, and signed', async () => {
  const seen: unknown[] = [];
  const client = await clientOf(
    ({ headers }, response) => {
      seen.push([headers['x-amz-security-token'], headers.authorization?.includes('x-amz-security-token')]);
      response.end(PAGE);
    },
    { env: { ...keys, AWS_SESSION_TOKEN: 'for-an-hour' } },
  );
  await client.listPage(first, signal);
  expect(seen).toEqual([['for-an-hour', true]]);
});

test('a body that breaks off is made good by the next attempt', async () => {
  let asked = 0;
  const client = await clientOf((_, response) => {
    asked += 1;
    if (asked > 1) return void response.end(PAGE);
    response.writeHead(200, { 'content-length': String(PAGE.length) });
    response.write(PAGE.slice(0, 60), () => setTimeout(() => response.destroy(), 50));
  });
  expect((await client.listPage(first, signal)).CommonPrefixes).toEqual([{ Prefix: 'media/' }]);
  expect(asked).toBe(2);
});

test('a clock that is wrong: the SDK learns the time from one refusal, and later pages are signed with it', async () => {
  const dates: string[] = [];
  const HOUR = 3_600_000;
  const client = await clientOf(({ headers }, response) => {
    const signed = String(headers['x-amz-date']);
    dates.push(signed);
    const now = Date.now() + HOUR;
    const at = Date.parse(signed.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'));
    response.setHeader('date', new Date(now).toUTCString());
    if (Math.abs(at - now) < HOUR / 4) return void response.end(PAGE);
    response.statusCode = 403;
    response.end('<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>');
  });
  for (let turn = 0; turn < 3; turn += 1)
    expect((await client.listPage(first, signal)).CommonPrefixes).toEqual([{ Prefix: 'media/' }]);
  expect(dates).toHaveLength(4);
});

const MARKER = { at: 0, copied: false };

test('C08: the marker is written with a checksum, which Object Lock asks for, and a refusal is told in the words of the server', async () => {
  const sums: unknown[] = [];
  const client = await clientOf(({ headers }, response) => {
    sums.push(headers['x-amz-checksum-sha256']);
    if (sums.length === 1) return void response.end();
    response.statusCode = 400;
    response.end('<Error><Code>InvalidRequest</Code><Message>This bucket is locked.</Message></Error>');
  });
  expect(await client.mark('', MARKER, signal)).toBeNull();
  expect(sums).toEqual([expect.stringMatching(/^[\w+/]{43}=$/)]);
  expect(await client.mark('', MARKER, signal)).toBe('InvalidRequest: This bucket is locked.');
});

test.each([
  ['is asked', {}, ['http://s3.example.test:9000/volsync-backups/']],
  ['is passed over where NO_PROXY says so', { NO_PROXY: '127.0.0.1' }, []],
])('C24: the proxy of the environment %s', async (_, more, wanted) => {
  const asked: string[] = [];
  const proxy = createServer(({ url = '' }, response) => {
    asked.push(url.split('?')[0] ?? '');
    response.end(PAGE);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  closing.push(() => proxy.close());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const env = { ...keys, HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, ...more };
  const endpoint = wanted.length > 0 ? { endpoint: 'http://s3.example.test:9000' } : {};
  const client = await clientOf((_, response) => response.end(PAGE), { env, ...endpoint });
  expect((await client.listPage(first, signal)).CommonPrefixes).toEqual([{ Prefix: 'media/' }]);
  expect(asked).toEqual(wanted);
});
