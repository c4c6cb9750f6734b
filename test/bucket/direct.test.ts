import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
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
