import { array, assert, asyncProperty, constantFrom, integer, string, tuple } from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BucketOptions, Page } from '../../src/bucket/requests.ts';
import { readPage } from '../../src/bucket/page.ts';
import { openSdk, type Sdk } from '../../src/bucket/sdk.ts';

let sdk: Sdk;

beforeAll(() => {
  const options: BucketOptions = {
    bucket: 'b',
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    pathStyle: true,
    ca: null,
    concurrency: 1,
    requestTimeout: 1000,
    env: {},
  };
  process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
  sdk = openSdk(options);
});

/** What the SDK makes of the same answer; null when it rejects. */
async function bySdk(xml: string): Promise<Page | null> {
  const answer = { status: 200, headers: {}, body: Buffer.from(xml), cut: null };
  const request = { prefix: '', delimited: true, token: null };
  try {
    const page = await sdk.listPage(request, { kind: 'answer', answer }, AbortSignal.timeout(10_000));
    const { IsTruncated, KeyCount, NextContinuationToken, CommonPrefixes = [], Contents = [] } = page;
    const objects = Contents.map(({ Key, Size, LastModified }) => ({ Key, Size, LastModified }));
    return { IsTruncated, KeyCount, NextContinuationToken, CommonPrefixes, Contents: objects };
  } catch {
    return null;
  }
}

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const id = 'a'.repeat(64);
const object = (inner: string): string => `<Contents><Key>media/plex/snapshots/${id}</Key>${inner}</Contents>`;
const PLAIN = object('<LastModified>2025-03-01T10:00:00.123Z</LastModified><Size>412</Size>');
const ROOT = (inner: string, count = 1): string =>
  `<ListBucketResult ${NAMESPACE}><Name>b</Name><KeyCount>${count}</KeyCount><IsTruncated>false</IsTruncated>${inner}</ListBucketResult>`;

/** Listings as servers write them. */
const DIALECTS: Record<string, string> = {
  AWS: `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult ${NAMESPACE}><Name>b</Name><Prefix></Prefix><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken><KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key><LastModified>2025-03-01T10:00:00.000Z</LastModified><ETag>&quot;599bab3ed2c697f1d26842727561fd94&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA256</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>857</Size><StorageClass>REDUCED_REDUNDANCY</StorageClass></Contents><CommonPrefixes><Prefix>media/</Prefix></CommonPrefixes></ListBucketResult>`,
  MinIO: `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult ${NAMESPACE}><Name>b</Name><Prefix>media/</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><IsTruncated>false</IsTruncated><Contents><Key>media/x</Key><LastModified>2025-03-01T10:00:00.123Z</LastModified><ETag>&#34;b1946ac92492d2347c6235b4d2611184&#34;</ETag><Size>6</Size><Owner><ID>02d6176db174dc93cb1b899f7c6078f08654445fe8cf1b6ce98d8855f66bdbf4</ID><DisplayName>minio</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents><CommonPrefixes><Prefix>media/plex/</Prefix></CommonPrefixes></ListBucketResult>`,
  'Ceph RGW': `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult ${NAMESPACE}><Name>b</Name><Prefix/><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount><CommonPrefixes><Prefix>media/</Prefix></CommonPrefixes></ListBucketResult>`,
  'Swift s3api': `<?xml version='1.0' encoding='UTF-8'?>\n<ListBucketResult ${NAMESPACE}><Name>b</Name><Prefix/><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount><Contents><Key>größe</Key><LastModified>2025-03-01T10:00:00.000Z</LastModified><ETag>"x"</ETag><Size>0</Size><Owner><ID>t:u</ID><DisplayName>t:u</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>`,
  Garage: `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult ${NAMESPACE}><Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount><CommonPrefixes><Prefix>media/</Prefix></CommonPrefixes></ListBucketResult>`,
  'written over several lines': `<?xml version="1.0"?>\n<ListBucketResult>\n  <Name>b</Name>\n  <KeyCount>1</KeyCount>\n  <IsTruncated>false</IsTruncated>\n  <CommonPrefixes>\n    <Prefix>media/</Prefix>\n  </CommonPrefixes>\n</ListBucketResult>\n`,
  'an empty bucket': ROOT('', 0),
  'a key with every entity': ROOT(
    `<Contents><Key>&lt;&gt;&amp;&quot;&apos;&#38;&#x26;&#xe9;</Key><LastModified>2025-03-01T10:00:00Z</LastModified><Size>1</Size></Contents>`,
  ),
};

describe('a plain listing is read as the SDK reads it', () => {
  test.each(Object.keys(DIALECTS))('%s', async (name) => {
    const xml = DIALECTS[name] ?? '';
    expect(readPage(xml)).not.toBeNull();
    expect(readPage(xml)).toEqual(await bySdk(xml));
  });
});

const UNUSUAL: Record<string, string> = {
  nothing: '',
  HTML: '<html><body>Console</body></html>',
  JSON: '{"ok":true}',
  'an error with status 200': '<Error><Code>SlowDown</Code></Error>',
  'another root': ROOT('', 0).replaceAll('ListBucketResult', 'ListVersionsResult'),
  'a root without end': ROOT('', 0).replace('</ListBucketResult>', ''),
  'text behind the root': `${ROOT('', 0)}x`,
  'a second root': ROOT('', 0) + ROOT('', 0),
  'a comment': ROOT('<!-- no -->', 0),
  'a document type': `<!DOCTYPE x [<!ENTITY e "media/">]>${ROOT('', 0)}`,
  CDATA: ROOT('<CommonPrefixes><Prefix><![CDATA[media/]]></Prefix></CommonPrefixes>'),
  'no KeyCount': ROOT('', 0).replace('<KeyCount>0</KeyCount>', ''),
  'a KeyCount that is none': ROOT('', 0).replace('>0<', '>many<'),
  'two KeyCounts': ROOT('<KeyCount>0</KeyCount>', 0),
  'more keys announced': ROOT('<CommonPrefixes><Prefix>media/</Prefix></CommonPrefixes>', 2),
  'fewer keys announced': ROOT('<CommonPrefixes><Prefix>media/</Prefix></CommonPrefixes>', 0),
  'IsTruncated that is neither': ROOT('', 0).replace('false', 'False'),
  'no IsTruncated': ROOT('', 0).replace('<IsTruncated>false</IsTruncated>', ''),
  'names that are encoded': ROOT('<EncodingType>url</EncodingType>', 0),
  'an attribute on an element': ROOT('<CommonPrefixes a="b"><Prefix>media/</Prefix></CommonPrefixes>'),
  'two names in one folder': ROOT('<CommonPrefixes><Prefix>a/</Prefix><Prefix>b/</Prefix></CommonPrefixes>', 1),
  'a folder without name': ROOT('<CommonPrefixes></CommonPrefixes>'),
  'a folder in a folder': ROOT('<CommonPrefixes><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></CommonPrefixes>'),
  'a key without its size': ROOT(object('<LastModified>2025-03-01T10:00:00Z</LastModified>')),
  'a key without its time': ROOT(object('<Size>1</Size>')),
  'a time of another form': ROOT(object('<Size>1</Size><LastModified>Sat, 01 Mar 2025 10:00:00 GMT</LastModified>')),
  'a month that no year has': ROOT(object('<Size>1</Size><LastModified>2025-13-01T10:00:00Z</LastModified>')),
  'a negative size': ROOT(object('<Size>-1</Size><LastModified>2025-03-01T10:00:00Z</LastModified>')),
  'two keys in one': ROOT(PLAIN.replace('<Size>', '<Key>other</Key><Size>')),
  'an entity that nobody knows': ROOT('<CommonPrefixes><Prefix>&nbsp;/</Prefix></CommonPrefixes>'),
  'an entity without end': ROOT('<CommonPrefixes><Prefix>a&amp/</Prefix></CommonPrefixes>'),
  'a character that is none': ROOT('<CommonPrefixes><Prefix>&#x110000;/</Prefix></CommonPrefixes>'),
  'a character that the SDK reads as another': ROOT('<CommonPrefixes><Prefix>&#128512;/</Prefix></CommonPrefixes>'),
  'half a character': ROOT('<CommonPrefixes><Prefix>&#xd800;/</Prefix></CommonPrefixes>'),
  'a line break in a name': ROOT('<CommonPrefixes><Prefix>a\nb/</Prefix></CommonPrefixes>'),
  'white space at the end of a name': ROOT('<CommonPrefixes><Prefix> a/ </Prefix></CommonPrefixes>'),
  'text between the elements': ROOT('media/', 0),
  'elements that end in the wrong order': ROOT('<CommonPrefixes><Prefix>a/</CommonPrefixes></Prefix>'),
};

test.each(Object.keys(UNUSUAL))('left to the SDK: %s', (name) => {
  expect(readPage(UNUSUAL[name] ?? '')).toBeNull();
});

test('whatever happens to an answer on its way, what is read is what the SDK reads', async () => {
  const whole = [...Object.values(DIALECTS), ROOT(PLAIN)];
  const spoiled = tuple(
    constantFrom(...whole),
    array(tuple(integer({ min: 0, max: 900 }), integer({ min: 0, max: 20 }), string({ maxLength: 6 })), {
      maxLength: 3,
    }),
    array(
      tuple(integer({ min: 0, max: 900 }), constantFrom('<', '>', '/', '&', ';', '\r', '<Key>', '</Prefix>', '<!--')),
    ),
  );
  let read = 0;
  await assert(
    asyncProperty(spoiled, async ([xml, cuts, inserts]) => {
      let text = xml;
      for (const [at, length, by] of cuts) text = text.slice(0, at) + by + text.slice(at + length);
      for (const [at, what] of inserts.slice(0, 2)) text = text.slice(0, at) + what + text.slice(at);
      const page = readPage(text);
      if (page === null) return;
      read += 1;
      expect(page).toEqual(await bySdk(text));
    }),
    { numRuns: 1500 },
  );
  // About one of twenty is still a page, by chance; were it none, the property would hold for nothing.
  expect(read).toBeGreaterThan(10);
});

test('F10: an answer takes no longer than its length, whatever is in it', () => {
  const long = '<'.repeat(2_000_000);
  for (const inner of [long, `<Prefix>${'&'.repeat(1_000_000)}`, ' '.repeat(2_000_000), `<a>${'<a'.repeat(500_000)}`])
    expect(readPage(ROOT(inner))).toBeNull();
});
