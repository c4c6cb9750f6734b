/** One warm claim and one whose turn it would be; the bucket lies in one way, and nothing may change. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Lie } from '../../sandbox/s3/s3.ts';
import { lines, ordinary, startLab, words, type Lab } from '../support/lab.ts';

let lab: Lab;
let takeBack: (() => void) | null = null;

beforeAll(async () => {
  lab = await startLab();
  ordinary(lab, 'media', 'plex-config');
  await lab.run();
  await lab.volsync.idle();
  ordinary(lab, 'home', 'hass');
  lab.forget();
});

afterEach(() => {
  takeBack?.();
  takeBack = null;
  lab.forget();
});

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** Answers this to listings below a prefix (default: to all). */
function lie(answer: Lie, prefix?: string): void {
  takeBack = lab.s3.answer(({ url }) => {
    const asked = new URL(url, 'http://s3').searchParams.get('prefix');
    return prefix === undefined || asked === prefix ? answer : undefined;
  });
}

function refusal(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message></Error>`;
}

function listing(inner: string): Lie {
  return { body: `<?xml version="1.0"?><ListBucketResult>${inner}</ListBucketResult>` };
}

const HTML: Lie = { body: '<html><body>Sign in</body></html>', contentType: 'text/html' };

test.each<[string, string, Lie]>([
  ['wrong keys', 'listing-failed', { status: 403, body: refusal('SignatureDoesNotMatch') }],
  ['a bucket that is not there', 'listing-failed', { status: 404, body: refusal('NoSuchBucket') }],
  ['a storm of 503', 'listing-failed', { status: 503, body: refusal('SlowDown') }],
  ['a server that accepts and never answers', 'listing-failed', { hang: true }],
  ['an HTML page with 200', 'listing-incomplete', HTML],
  ['XML that is cut in the middle', 'listing-incomplete', { body: '<?xml version="1.0"?><ListBucketResult><KeyC' }],
  [
    'IsTruncated without a token',
    'listing-incomplete',
    listing('<KeyCount>0</KeyCount><IsTruncated>true</IsTruncated>'),
  ],
  [
    'a token that repeats',
    'listing-incomplete',
    listing('<KeyCount>0</KeyCount><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>'),
  ],
])('%s: %s, exit 1, and nothing is written', async (_, reason, answer) => {
  lie(answer);
  const ran = await lab.run(answer.hang === true ? ['--request-timeout', '400ms'] : []);
  expect(ran).toMatchObject({ code: 1, frozen: reason, performed: [], passes: 1, cutShort: false });
  expect(words(ran.findings)).toEqual([`${reason} bucket volsync-backups/`]);
  expect(ran.report.complete).toBe(false);
  expect(lines(ran.report)).toEqual(['media/plex-config unknown warm -: -']);
  expect(ran.report.summary.backups).toEqual({ present: 0, absent: 0, unknown: 1 });
  expect(lab.writes()).toEqual([]);
});

test('an empty root while destinations of ours exist: listing-shrank, exit 1, and nothing is written', async () => {
  lie(listing('<KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>'));
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 1, frozen: 'listing-shrank', performed: [] });
  expect(words(ran.findings)).toEqual(['listing-shrank bucket volsync-backups/']);
  expect(ran.report.complete).toBe(false);
  expect(ran.report.entries).toEqual([
    expect.objectContaining({
      claim: 'plex-config',
      backup: { state: 'unknown', snapshots: null, newest: null, reason: 'listing-shrank' },
    }),
  ]);
  expect(lab.writes()).toEqual([]);
});

test('another bucket, empty: bucket-moved', async () => {
  lab.s3.put('x', 'x', { bucket: 'elsewhere' });
  lab.s3.remove('x', 'elsewhere');
  const ran = await lab.run(['--bucket', 'elsewhere']);
  expect(ran).toMatchObject({ code: 1, frozen: 'bucket-moved', performed: [] });
  expect(lab.writes()).toEqual([]);
});

test('one namespace that cannot be listed is unknown; the others go on', async () => {
  lie(HTML, 'media/');
  const told = await lab.plan();
  expect(told).toMatchObject({ code: 1, frozen: null });
  expect(words(told.findings)).toEqual(['listing-incomplete bucket folder media/', 'capacity-assumed home/hass']);
  expect(lines(told.report)).toEqual([
    'home/hass present cold queued: create-credentials create-destination',
    'media/plex-config unknown warm -: -',
  ]);
  expect(told.report.complete).toBe(false);
});

test.each(['home/hass/snapshots/', 'home/hass/locks/'])(
  '%s cannot be listed: that claim is unknown',
  async (prefix) => {
    lie(HTML, prefix);
    const ran = await lab.run();
    expect(ran).toMatchObject({ code: 1, frozen: null, performed: [] });
    expect(words(ran.findings)).toEqual(['listing-incomplete bucket folder home/hass/']);
    expect(lines(ran.report)).toEqual([
      'home/hass unknown cold listing-incomplete: -',
      'media/plex-config present warm -: -',
    ]);
    expect(lab.writes()).toEqual([]);
  },
);

test('a listing in odd order gives the very same report', async () => {
  const truth = await lab.plan();
  const folders = ['media/', 'home/'].map((name) => `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`);
  const head = '<KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>';
  lie(listing(head + folders.join('')), '');
  const odd = await lab.plan();
  expect(odd).toEqual({ ...truth, report: { ...truth.report, at: odd.report.at } });
});

test('snapshots in odd order give the very same report', async () => {
  const truth = await lab.plan();
  const keys = lab.s3.objects('home/hass/snapshots/').toReversed();
  const contents = keys.map(
    ({ key, size, at }) =>
      `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>${at.toISOString()}</LastModified></Contents>`,
  );
  lie(listing(`<KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>${contents.join('')}`), 'home/hass/snapshots/');
  const odd = await lab.plan();
  expect(odd).toEqual({ ...truth, report: { ...truth.report, at: odd.report.at } });
});

test('once the bucket tells the truth again, the run does what was left', async () => {
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, frozen: null });
  expect(ran.performed).toEqual([
    'create-credentials home/hass: done',
    'create-destination home/hass: done',
    'record-proof home/hass: done',
    'prove-password home/hass: done',
  ]);
});
