import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { S3, type Lie } from '../../sandbox/s3/s3.ts';
import { openBucket, type Bucket } from '../../src/bucket/bucket.ts';
import { openClient } from '../../src/bucket/client.ts';
import type { BucketOptions } from '../../src/bucket/requests.ts';

let s3: S3;
let bucket: Bucket;
/** the environment as the program sees it: without keys in it the SDK finds them, and asks for everything itself */
let env: Record<string, string>;
const { signal } = new AbortController();

function options(more: Partial<BucketOptions> = {}): BucketOptions & { prefix: string } {
  return {
    bucket: 'volsync-backups',
    prefix: '',
    endpoint: s3.endpoint,
    region: 'us-east-1',
    pathStyle: true,
    ca: null,
    concurrency: 4,
    requestTimeout: 2000,
    env,
    ...more,
  };
}

const WAYS = ['the direct way', 'the SDK'] as const;

async function begin(way: (typeof WAYS)[number]): Promise<void> {
  s3 = new S3(() => new Date());
  await s3.listen();
  const keys = {
    AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
  };
  for (const [name, value] of Object.entries(keys)) vi.stubEnv(name, value);
  env = way === 'the SDK' ? {} : keys;
  bucket = openBucket(options());
}

afterEach(async () => {
  vi.unstubAllEnvs();
  bucket.close();
  await s3.close();
});

/** The server answers every listing with this. */
function lie(what: Lie): void {
  s3.answer(() => what);
}

const ENVELOPE = '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';

describe.each(WAYS)('%s', (way) => {
  beforeEach(() => begin(way));

  test('the whole walk is one request for the root and one for each namespace', async () => {
    for (const key of ['media/plex/config', 'media/tv/config', 'home/hass/config', 'README.txt']) s3.put(key, 'x');
    expect(await bucket.listRepositories(signal)).toEqual({
      state: 'listed',
      namespaces: new Map([
        ['home', { state: 'listed', claims: new Set(['hass']) }],
        ['media', { state: 'listed', claims: new Set(['plex', 'tv']) }],
      ]),
      strangers: ['README.txt'],
      misplaced: [],
      marked: false,
    });
    expect(s3.requests).toHaveLength(3);
  });

  test('more than a page: every name is there once', async () => {
    for (let index = 0; index < 2100; index += 1) s3.put(`media/claim-${index}/config`, 'x');
    const root = await bucket.listRepositories(signal);
    const media = root.state === 'listed' ? root.namespaces.get('media') : undefined;
    expect(media?.state === 'listed' && media.claims.size).toBe(2100);
    expect(s3.requests).toHaveLength(4);
  });

  test('names with spaces, percent and angle brackets come back as they are', async () => {
    for (const key of ['media/a b/config', 'media/100%/config', 'media/<r&d>/config', 'media/größe/config'])
      s3.put(key, 'x');
    expect(await bucket.listRepositories(signal)).toMatchObject({
      namespaces: new Map([['media', { state: 'listed', claims: new Set(['100%', '<r&d>', 'a b', 'größe']) }]]),
    });
  });

  test('an empty bucket is listed, empty and unmarked', async () => {
    expect(await bucket.listRepositories(signal)).toEqual({
      state: 'listed',
      namespaces: new Map(),
      strangers: [],
      misplaced: [],
      marked: false,
    });
  });

  const wellFormed = 'the answer is not well-formed XML, or was cut off';
  const notAListing =
    'the answer is not an S3 listing (no IsTruncated or KeyCount): is this the S3 port of the server?';

  test.each<[string, Lie, string]>([
    [
      'an HTML page with status 200',
      { body: '<html><body>Console</body></html>', contentType: 'text/html' },
      notAListing,
    ],
    ['an empty body with status 200', { body: '' }, notAListing],
    ['JSON with status 200', { body: '{"ok":true}', contentType: 'application/json' }, wellFormed],
    [
      'XML that is cut in the middle',
      { body: `${ENVELOPE}<IsTruncated>false</IsTruncated><KeyCount>1</K` },
      wellFormed,
    ],
    [
      'a truncated page without token',
      { body: `${ENVELOPE}<KeyCount>0</KeyCount><IsTruncated>true</IsTruncated></ListBucketResult>` },
      'the answer is truncated but has no token for the next page',
    ],
    [
      'a token that repeats',
      {
        body: `${ENVELOPE}<KeyCount>0</KeyCount><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>`,
      },
      'the server sent the same page again',
    ],
  ])('listing-incomplete: %s', async (_, what, message) => {
    lie(what);
    expect(await bucket.look(signal)).toEqual({ state: 'unknown', reason: 'listing-incomplete', message });
  });

  function refusal(code: string, message: string): string {
    return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  }

  test('listing-failed: wrong keys are not tried again', async () => {
    lie({ status: 403, body: refusal('SignatureDoesNotMatch', 'The signature does not match.') });
    expect(await bucket.look(signal)).toEqual({
      state: 'unknown',
      reason: 'listing-failed',
      message: 'SignatureDoesNotMatch: The signature does not match. (HTTP 403)',
    });
    expect(s3.requests).toHaveLength(1);
  });

  test('listing-failed: a bucket that does not exist', async () => {
    const other = openBucket(options({ bucket: 'elsewhere' }));
    const root = await other.look(signal);
    other.close();
    expect(root).toEqual({
      state: 'unknown',
      reason: 'listing-failed',
      message: 'NoSuchBucket: The specified bucket does not exist (HTTP 404)',
    });
    expect(s3.requests).toHaveLength(1);
  });

  test('listing-failed: a storm of 503 is tried three times', async () => {
    lie({ status: 503, body: refusal('SlowDown', 'Please reduce your request rate.') });
    expect(await bucket.look(signal)).toEqual({
      state: 'unknown',
      reason: 'listing-failed',
      message: 'SlowDown: Please reduce your request rate. (HTTP 503)',
    });
    expect(s3.requests).toHaveLength(3);
  });

  test('one 503 is made good by the next attempt', async () => {
    s3.put('media/plex/config', 'x');
    const stop = s3.answer(() => {
      stop();
      return { status: 503, body: refusal('SlowDown', 'Please reduce your request rate.') };
    });
    expect(await bucket.look(signal)).toMatchObject({ state: 'listed', namespaces: new Map([['media', {}]]) });
    expect(s3.requests).toHaveLength(2);
  });

  test('listing-failed: a server that accepts and never answers ends by the time-out', async () => {
    lie({ hang: true });
    const impatient = openBucket(options({ requestTimeout: 100 }));
    const root = await impatient.look(signal);
    impatient.close();
    expect(root).toEqual({
      state: 'unknown',
      reason: 'listing-failed',
      message: 'TimeoutError: the server did not answer within 200ms',
    });
  });

  test('one request that hangs is given up and made good by the next attempt', async () => {
    const stop = s3.answer(() => {
      stop();
      return { hang: true };
    });
    const impatient = openBucket(options({ requestTimeout: 1000 }));
    const root = await impatient.look(signal);
    impatient.close();
    expect(root).toEqual({ state: 'listed', namespaces: new Map(), strangers: [], misplaced: [], marked: false });
    expect(s3.requests).toHaveLength(2);
  });

  test('listing-failed: the signal ends a request that hangs', async () => {
    lie({ hang: true });
    const stop = new AbortController();
    const looking = bucket.look(stop.signal);
    await vi.waitFor(() => expect(s3.requests).toHaveLength(1), { timeout: 10_000 });
    stop.abort();
    expect(await looking).toMatchObject({ state: 'unknown', reason: 'listing-failed' });
  });

  test('nothing is sent once the signal has been given', async () => {
    expect(await bucket.listRepositories(AbortSignal.abort())).toMatchObject({
      state: 'unknown',
      reason: 'listing-failed',
    });
    expect(s3.requests).toEqual([]);
  });

  test('listing-failed: nobody listens', async () => {
    const gone = openBucket(options({ endpoint: 'http://127.0.0.1:1' }));
    const root = await gone.look(signal);
    gone.close();
    expect(root).toEqual({
      state: 'unknown',
      reason: 'listing-failed',
      message: 'Error: connect ECONNREFUSED 127.0.0.1:1',
    });
  });

  test('listing-failed: a connection that is cut', async () => {
    lie({ drop: true });
    expect(await bucket.look(signal)).toMatchObject({ state: 'unknown', reason: 'listing-failed' });
    expect(s3.requests).toHaveLength(3);
  });
});

test('both ways send the same: bucket, prefix, delimiter and token, and nothing else', async () => {
  const asked = [];
  for (const way of WAYS) {
    await begin(way);
    const client = openClient(options({ endpoint: `${s3.endpoint}/` }));
    await client.listPage({ prefix: '', delimited: true, token: null }, signal);
    await client.listPage({ prefix: 'media/a b+ö/snapshots/', delimited: false, token: 'next/=&+' }, signal);
    client.close();
    const urls = s3.requests.map(({ url }) => new URL(url, s3.endpoint));
    asked.push(urls.map(({ pathname, searchParams }) => [pathname, Object.fromEntries(searchParams)]));
    if (way !== WAYS.at(-1)) await s3.close();
  }
  const [direct, bySdk] = asked;
  expect(direct).toEqual([
    ['/volsync-backups/', { 'list-type': '2', prefix: '', delimiter: '/' }],
    ['/volsync-backups/', { 'list-type': '2', prefix: 'media/a b+ö/snapshots/', 'continuation-token': 'next/=&+' }],
  ]);
  expect(bySdk).toEqual(direct);
});
