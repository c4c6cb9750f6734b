import { expect, test } from 'vitest';
import { bucketOver } from '../../src/bucket/bucket.ts';
import type { ListPage, Page, PageRequest } from '../../src/bucket/requests.ts';
import { listAll } from '../../src/bucket/listing.ts';

const { signal } = new AbortController();
const at = new Date('2025-03-01T10:00:00Z');
const time = at.getTime();
const hex = (digit: string): string => digit.repeat(64);

function page(prefixes: string[], keys: string[] = [], more: Partial<Page> = {}): Page {
  return {
    IsTruncated: false,
    KeyCount: prefixes.length + keys.length,
    CommonPrefixes: prefixes.map((Prefix) => ({ Prefix })),
    Contents: keys.map((Key) => ({ Key, Size: 1, LastModified: at })),
    ...more,
  };
}

/** Gives these pages out, one for each request, and remembers what was asked. */
function reader(...pages: (Page | Error)[]): { listPage: ListPage; asked: PageRequest[] } {
  const asked: PageRequest[] = [];
  return {
    asked,
    listPage: async (request) => {
      asked.push(request);
      const next = pages[asked.length - 1];
      if (next === undefined) throw new Error('one request too many');
      if (next instanceof Error) throw next;
      return next;
    },
  };
}

function list(...pages: (Page | Error)[]): ReturnType<typeof listAll> {
  return listAll(reader(...pages).listPage, { prefix: 'media/', delimited: true }, signal);
}

test('pages become one listing, in the order in which they came', async () => {
  const { listPage, asked } = reader(
    page(['media/a/'], ['media/x'], { IsTruncated: true, NextContinuationToken: 'one' }),
    page(['media/b/'], [], { IsTruncated: true, NextContinuationToken: 'two' }),
    page(['media/c/']),
  );
  expect(await listAll(listPage, { prefix: 'media/', delimited: true }, signal)).toEqual({
    state: 'listed',
    folders: ['a', 'b', 'c'],
    objects: [{ name: 'x', size: 1, at: time }],
  });
  expect(asked).toEqual([
    { prefix: 'media/', delimited: true, token: null },
    { prefix: 'media/', delimited: true, token: 'one' },
    { prefix: 'media/', delimited: true, token: 'two' },
  ]);
});

test('a server may leave out the empty lists of an empty, complete page', async () => {
  expect(await list({ IsTruncated: false, KeyCount: 0 })).toEqual({ state: 'listed', folders: [], objects: [] });
});

const notAListing = 'the answer is not an S3 listing (no IsTruncated or KeyCount): is this the S3 port of the server?';

test.each<[string, Page[], string]>([
  ['an HTML page, which the SDK reads as an empty answer', [{}], notAListing],
  ['a page without IsTruncated', [{ KeyCount: 0 }], notAListing],
  ['a page without KeyCount', [{ IsTruncated: false }], notAListing],
  [
    'a truncated page without a token',
    [page(['media/a/'], [], { IsTruncated: true })],
    'the answer is truncated but has no token for the next page',
  ],
  [
    'a truncated page with an empty token',
    [page([], [], { IsTruncated: true, NextContinuationToken: '' })],
    'the answer is truncated but has no token for the next page',
  ],
  [
    'a token that repeats',
    [
      page(['media/a/'], [], { IsTruncated: true, NextContinuationToken: 'one' }),
      page(['media/b/'], [], { IsTruncated: true, NextContinuationToken: 'two' }),
      page(['media/c/'], [], { IsTruncated: true, NextContinuationToken: 'one' }),
    ],
    'the server sent the same page again',
  ],
  ['fewer keys than announced', [page(['media/a/'], [], { KeyCount: 2 })], 'the answer announces 2 keys and holds 1'],
  ['a folder of another prefix', [page(['other/a/'])], 'the answer has a folder outside the requested one'],
  ['a folder without slash', [page(['media/a'])], 'the answer has a folder outside the requested one'],
  ['a key of another prefix', [page([], ['other/x'])], 'the answer has a key outside the requested folder'],
  [
    'a key without its time',
    [page([], [], { KeyCount: 1, Contents: [{ Key: 'media/x', Size: 1 }] })],
    'the answer has a key without size or time',
  ],
  [
    'a key whose time cannot be read',
    [page([], [], { KeyCount: 1, Contents: [{ Key: 'media/x', Size: 1, LastModified: new Date('soon') }] })],
    'the answer has a key without size or time',
  ],
  [
    'a key without its size',
    [page([], [], { KeyCount: 1, Contents: [{ Key: 'media/x', LastModified: at }] })],
    'the answer has a key without size or time',
  ],
  ['a folder below a folder', [page(['media/a/b/'])], 'the answer ignores the delimiter'],
  ['a key below a folder', [page([], ['media/a/snapshots/x'])], 'the answer ignores the delimiter'],
])('listing-incomplete: %s', async (_, pages, message) => {
  expect(await list(...pages)).toEqual({ state: 'unknown', reason: 'listing-incomplete', message });
});

test('listing-incomplete: what came before a page that is not believed is not used', async () => {
  expect(await list(page(['media/a/'], [], { IsTruncated: true, NextContinuationToken: 'one' }), {})).toEqual({
    state: 'unknown',
    reason: 'listing-incomplete',
    message: notAListing,
  });
});

test('listing-failed: an error of the client, by name, first line and status', async () => {
  const denied = Object.assign(new Error('Access Denied.\n  at somewhere'), {
    name: 'AccessDenied',
    $metadata: { httpStatusCode: 403 },
  });
  expect(await list(denied)).toEqual({
    state: 'unknown',
    reason: 'listing-failed',
    message: 'AccessDenied: Access Denied. (HTTP 403)',
  });
});

test.each([
  ['Region is missing', 'Error'],
  ['Could not load credentials from any providers', 'CredentialsProviderError'],
])('listing-failed: nothing is configured, and what to set is said: %s', async (words, name) => {
  expect(await list(Object.assign(new Error(words), { name }))).toMatchObject({
    reason: 'listing-failed',
    message: `no S3 access is configured here: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and --endpoint or AWS_REGION (${words})`,
  });
});

test('listing-incomplete: an error although the status was 200 is a body that could not be read', async () => {
  const cut = Object.assign(new Error('Unclosed tag'), { $metadata: { httpStatusCode: 200 } });
  expect(await list(cut)).toEqual({
    state: 'unknown',
    reason: 'listing-incomplete',
    message: 'the answer is not well-formed XML, or was cut off',
  });
});

test('the root keeps names that no namespace can have apart, and knows its own folder', async () => {
  const long = 'n'.repeat(63);
  const { listPage } = reader(
    page(
      ['.volsync-prewarm/', `${'x'.repeat(300)}/`, `${long}/`, 'UPPER/', 'a_b/', 'dot.ted/', '/', 'media/', 'ä/'],
      ['file.txt', 'marker'],
    ),
  );
  expect(await bucketOver(listPage, { prefix: '', concurrency: 2 }).look(signal)).toEqual({
    state: 'listed',
    namespaces: new Map([long, 'media'].map((name) => [name, { state: 'listed', claims: new Set() }])),
    strangers: [`${'x'.repeat(300)}/`, 'UPPER/', 'a_b/', 'dot.ted/', '/', 'ä/', 'file.txt', 'marker'],
    misplaced: [],
    marked: true,
  });
});

test('only valid namespaces are followed, and every claim name is kept, whatever it looks like', async () => {
  const { listPage, asked } = reader(
    page(['UPPER/', 'media/']),
    page(['media/UPPER/', 'media//', `media/${'c'.repeat(300)}/`, 'media/plex/'], ['media/file.txt']),
  );
  expect(await bucketOver(listPage, { prefix: '', concurrency: 2 }).listRepositories(signal)).toEqual({
    state: 'listed',
    namespaces: new Map([['media', { state: 'listed', claims: new Set(['UPPER', 'c'.repeat(300), 'plex']) }]]),
    strangers: ['UPPER/'],
    misplaced: [],
    marked: false,
  });
  expect(asked.map(({ prefix }) => prefix)).toEqual(['', 'media/']);
});

test('the directory marker of the prefix itself is no stranger', async () => {
  const { listPage, asked } = reader(page(['team-a/media/'], ['team-a/']), page(['team-a/media/plex/']));
  expect(await bucketOver(listPage, { prefix: 'team-a/', concurrency: 2 }).listRepositories(signal)).toEqual({
    state: 'listed',
    namespaces: new Map([['media', { state: 'listed', claims: new Set(['plex']) }]]),
    strangers: [],
    misplaced: [],
    marked: false,
  });
  expect(asked.map(({ prefix }) => prefix)).toEqual(['team-a/', 'team-a/media/']);
});

test('one namespace that cannot be listed is unknown, and the others are listed', async () => {
  const { listPage } = reader(page(['a/', 'b/', 'c/']), page(['a/one/']), {}, page(['c/three/']));
  expect(await bucketOver(listPage, { prefix: '', concurrency: 1 }).listRepositories(signal)).toEqual({
    state: 'listed',
    namespaces: new Map<string, unknown>([
      ['a', { state: 'listed', claims: new Set(['one']) }],
      ['b', { state: 'unknown', reason: 'listing-incomplete', message: notAListing }],
      ['c', { state: 'listed', claims: new Set(['three']) }],
    ]),
    strangers: [],
    misplaced: [],
    marked: false,
  });
});

test('no namespace is listed after a root that is not believed', async () => {
  const { listPage, asked } = reader(page(['a/'], [], { IsTruncated: true }));
  expect(await bucketOver(listPage, { prefix: '', concurrency: 1 }).listRepositories(signal)).toEqual({
    state: 'unknown',
    reason: 'listing-incomplete',
    message: 'the answer is truncated but has no token for the next page',
  });
  expect(asked).toHaveLength(1);
});

const ref = { namespace: 'media', claim: 'plex' };
const inside = 'media/plex/';

test('snapshots are objects of 64 hex digits with a content; nothing else is one', async () => {
  const folder = `${inside}snapshots/`;
  const { listPage, asked } = reader({
    IsTruncated: false,
    KeyCount: 8,
    Contents: [
      { Key: folder, Size: 0, LastModified: at },
      { Key: `${folder}${hex('b')}`, Size: 412, LastModified: at },
      { Key: `${folder}${hex('a')}`, Size: 412, LastModified: at },
      { Key: `${folder}${hex('c')}`, Size: 0, LastModified: at },
      { Key: `${folder}${hex('A')}`, Size: 412, LastModified: at },
      { Key: `${folder}${hex('d').slice(1)}`, Size: 412, LastModified: at },
      { Key: `${folder}${hex('e')}.tmp`, Size: 412, LastModified: at },
      { Key: `${folder}deep/${hex('f')}`, Size: 412, LastModified: at },
    ],
  });
  const found = await bucketOver(listPage, { prefix: '', concurrency: 1 }).probe(ref, () => false, signal);
  expect(found).toEqual({
    state: 'listed',
    snapshots: [
      { id: hex('b'), at: time },
      { id: hex('a'), at: time },
    ],
    locks: null,
  });
  expect(asked).toEqual([{ prefix: folder, delimited: false, token: null }]);
});

test('locks are listed when the snapshots make them matter', async () => {
  const { listPage, asked } = reader(
    page([], [`${inside}snapshots/${hex('a')}`]),
    page([], [`${inside}locks/`, `${inside}locks/${hex('b')}`]),
  );
  const bucket = bucketOver(listPage, { prefix: '', concurrency: 1 });
  expect(await bucket.probe(ref, (snapshots) => snapshots.length === 1, signal)).toEqual({
    state: 'listed',
    snapshots: [{ id: hex('a'), at: time }],
    locks: [{ name: hex('b'), at: time }],
  });
  expect(asked.map(({ prefix }) => prefix)).toEqual([`${inside}snapshots/`, `${inside}locks/`]);
});

test.each([
  ['snapshots', [{}]],
  ['locks', [page([], [`${inside}snapshots/${hex('a')}`]), {}]],
])('%s that cannot be listed make the whole look unknown', async (_, pages) => {
  const bucket = bucketOver(reader(...pages).listPage, { prefix: '', concurrency: 1 });
  expect(await bucket.probe(ref, () => true, signal)).toEqual({
    state: 'unknown',
    reason: 'listing-incomplete',
    message: notAListing,
  });
});

test('not more requests are under way at once than the concurrency says', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `n${index}/`);
  let running = 0;
  let most = 0;
  const listPage: ListPage = async ({ prefix }) => {
    if (prefix === '') return page(names);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return page([`${prefix}claim/`]);
  };
  const root = await bucketOver(listPage, { prefix: '', concurrency: 3 }).listRepositories(signal);
  expect(root.state === 'listed' && root.namespaces.size).toBe(20);
  expect(most).toBe(3);
});
