import {
  S3Client,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { S3 } from '../../sandbox/s3/s3.ts';

let s3: S3;
let client: S3Client;

function clientWith(keys: { accessKeyId: string; secretAccessKey: string }): S3Client {
  const { endpoint } = s3;
  return new S3Client({ endpoint, region: 'us-east-1', credentials: keys, forcePathStyle: true, maxAttempts: 1 });
}

beforeEach(async () => {
  s3 = new S3(() => new Date('2026-11-21T12:00:00Z'));
  await s3.listen();
  client = clientWith(s3.credentials);
});

afterEach(async () => {
  client.destroy();
  await s3.close();
});

const Bucket = 'volsync-backups';

test('the fixture bucket keeps its keys, sizes and times', async () => {
  await s3.fill();
  const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'home-assistant/config/snapshots/' }));
  expect(page.Contents).toHaveLength(4);
  expect(page.Contents?.[0]).toMatchObject({
    Key: 'home-assistant/config/snapshots/0733cad4c4ca4c59696694d8aff8217197aa8e8f97397c5549bb4bbd44d43bf7',
    Size: 412,
  });
  expect(page.Contents?.[0]?.LastModified?.toISOString()).toMatch(/^2026-11-21T07:53/);
  const root = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
  expect(root.CommonPrefixes?.map((found) => found.Prefix)).toEqual([
    'home-assistant/',
    'immich/',
    'karakeep/',
    'kube-system/',
    'open-webui/',
    'paperless-ngx/',
    'plex/',
  ]);
  expect(root.Contents?.map((found) => found.Key)).toEqual(['README.txt']);
  expect(s3.requests).toHaveLength(2);
});

test.each([1, 2, 3, 1000])('pages of %d: every folder and every object once, in byte order', async (MaxKeys) => {
  for (const key of ['Readme', 'a.b/x', 'a-b/x', 'a/x', 'a/y', 'ab/x', 'z', 'ä/x', 'q&<r>/x']) s3.put(key, 'x');
  const seen: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket, Delimiter: '/', MaxKeys })) {
    seen.push(
      ...(page.Contents ?? []).map((found) => found.Key),
      ...(page.CommonPrefixes ?? []).map((found) => found.Prefix),
    );
  }
  expect(new Set(seen)).toEqual(new Set(['Readme', 'a-b/', 'a.b/', 'a/', 'ab/', 'q&<r>/', 'z', 'ä/']));
  expect(seen).toHaveLength(8);
  const flat: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix: 'a/', MaxKeys }))
    flat.push(...(page.Contents ?? []).map((found) => found.Key));
  expect(flat).toEqual(['a/x', 'a/y']);
});

test('what is written over the wire is there in process, and the other way round', async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'hello' }));
  expect(s3.get('a/b')?.toString()).toBe('hello');
  expect(s3.objects('a/')).toEqual([{ key: 'a/b', size: 5, at: new Date('2026-11-21T12:00:00Z') }]);
  s3.put('a/c', 'there', { at: new Date('2026-01-01T00:00:00Z') });
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'a/c' }));
  expect(await got.Body?.transformToString()).toBe('there');
  expect(got.LastModified).toEqual(new Date('2026-01-01T00:00:00Z'));
  s3.remove('a/c');
  await expect(client.send(new GetObjectCommand({ Bucket, Key: 'a/c' }))).rejects.toThrow('does not exist');
});

test('lies: a page that is no listing, a refusal, a cut line; then the truth again', async () => {
  const list = () => client.send(new ListObjectsV2Command({ Bucket }));
  for (const lie of [
    { body: '<html>Welcome</html>', contentType: 'text/html' },
    { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
    { drop: true },
  ]) {
    const stop = s3.answer(() => lie);
    const answer = await list().then(
      (page) => page.KeyCount,
      (error: Error) => error.name,
    );
    expect(answer).not.toBe(0);
    stop();
  }
  expect((await list()).KeyCount).toBe(0);
  await expect(client.send(new ListObjectsV2Command({ Bucket: 'another' }))).rejects.toThrow('does not exist');
});

test.each([
  ['SignatureDoesNotMatch', { accessKeyId: 'sandbox', secretAccessKey: 'wrong' }],
  ['InvalidAccessKeyId', { accessKeyId: 'nobody', secretAccessKey: 'sandbox-secret' }],
])('%s: other keys than the one pair are refused, for reading and for writing', async (name, keys) => {
  const stranger = clientWith(keys);
  const refused = { name, $metadata: { httpStatusCode: 403 } };
  await expect(stranger.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(refused);
  await expect(stranger.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'b' }))).rejects.toMatchObject(refused);
  stranger.destroy();
  expect(s3.keys()).toEqual([]);
});

test('a request without a signature is refused', async () => {
  expect((await fetch(`${s3.endpoint}/volsync-backups?list-type=2`)).status).toBe(403);
});

test('keys with spaces, plus signs and umlauts are signed, stored and listed as they are', async () => {
  const odd = 'a b/c+d/ä(1)~!*';
  await client.send(new PutObjectCommand({ Bucket, Key: odd, Body: 'x' }));
  const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a b/c+' }));
  expect(page.Contents?.map((found) => found.Key)).toEqual([odd]);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: odd }));
  expect(await got.Body?.transformToString()).toBe('x');
});

test('a write may ask that nobody else has written: If-Match and If-None-Match', async () => {
  const put = (body: string, more: object) =>
    client.send(new PutObjectCommand({ Bucket, Key: 'record', Body: body, ...more }));
  const { ETag } = await put('one', { IfNoneMatch: '*' });
  await expect(put('two', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  await put('two', { IfMatch: ETag });
  await expect(put('three', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  expect(s3.get('record')?.toString()).toBe('two');
});

test('a body that is sent in pieces is put together', async () => {
  const { Readable } = await import('node:stream');
  const body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(30_000, 'b')]);
  await client.send(new PutObjectCommand({ Bucket, Key: 'big', Body: body, ContentLength: 100_000 }));
  expect(s3.objects('big')).toMatchObject([{ size: 100_000 }]);
});

test('a part of an object is read by its range, as restic reads packs', async () => {
  s3.put('pack', '0123456789');
  const part = async (Range: string): Promise<[string | undefined, string | undefined]> => {
    const { Body, ContentRange } = await client.send(new GetObjectCommand({ Bucket, Key: 'pack', Range }));
    return [await Body?.transformToString(), ContentRange];
  };
  expect(await part('bytes=2-4')).toEqual(['234', 'bytes 2-4/10']);
  expect(await part('bytes=8-20')).toEqual(['89', 'bytes 8-9/10']);
  expect(await part('bytes=7-')).toEqual(['789', 'bytes 7-9/10']);
  await expect(part('bytes=10-12')).rejects.toMatchObject({ name: 'InvalidRange' });
});
