import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { S3 } from '../../sandbox/s3/s3.ts';
import { openClient } from '../../src/bucket/client.ts';
import type { RecordStore } from '../../src/bucket/records.ts';
import { LARGEST_RECORD, parseRecord, recordBody, recordText, type ClaimRecord } from '../../src/claim-record.ts';
import { NO_MOVER_SPEC } from '../../src/mover-spec.ts';
import { recordKey } from '../../src/naming.ts';

const signal = new AbortController().signal;
const REF = { namespace: 'media', claim: 'plex.config' };

function record(overrides: Partial<ClaimRecord> = {}): ClaimRecord {
  return {
    ...REF,
    uid: 'uid-of-claim',
    tier: 'hourly',
    request: '5Gi',
    accessModes: ['ReadWriteOnce'],
    storageClass: 'longhorn',
    snapshotClass: null,
    volumeMode: 'Filesystem',
    mover: {
      fields: {
        moverSecurityContext: '{"fsGroup":1000,"runAsUser":1000}',
        moverResources: '{"limits":{"memory":"1Gi"}}',
      },
      cacheCapacity: '2Gi',
      cacheStorageClass: 'local',
      cacheAccessModes: [],
    },
    origin: { uid: 'uid-of-claim', origin: 'restored', held: 'bbbbbbbb', newest: 'bbbbbbbb', since: null },
    ours: true,
    needs: 5 * 2 ** 30,
    ...overrides,
  };
}

/** The stored text with one thing changed. */
function changed(change: Record<string, unknown>): string {
  const stored: Record<string, unknown> = JSON.parse(recordBody(record()));
  return JSON.stringify({ ...stored, ...change });
}

describe('a claim record', () => {
  it('is read back as it was written, and equal shapes give equal bytes', () => {
    expect(parseRecord(recordBody(record()), REF)).toEqual(record());
    const bare = record({ request: null, mover: NO_MOVER_SPEC, origin: null, needs: null, ours: false });
    expect(parseRecord(recordBody(bare), REF)).toEqual(bare);
    const away = record({ elsewhere: { id: 'abcdef01', at: Date.parse('2025-03-01T10:00:00Z') } });
    expect(parseRecord(recordBody(away), REF)).toEqual(away);
    const { tier, ...others } = record();
    expect(recordBody({ ...others, tier })).toBe(recordBody(record()));
    expect(recordBody(record()).length).toBeLessThan(1000);
  });

  it('of a repository elsewhere is no other one for each backup', () => {
    const of = (id: string): string => recordText(record({ elsewhere: { id, at: null } }));
    expect(of('abcdef01')).toBe(of('abcdef02'));
    expect(of('abcdef01')).not.toBe(recordText(record()));
    expect(parseRecord(changed({ elsewhere: 'no id' }), REF)).toEqual(record());
  });

  it.each([
    ['', null],
    ['no JSON', null],
    ['[]', null],
    ['{"kind":"Other","version":1}', null],
    [changed({ tier: 'weekly' }), null],
    [changed({ version: 'two' }), null],
    [changed({ version: 2 }), 'newer'],
    [changed({ claim: 'another' }), null],
    [changed({ padding: 'x'.repeat(2 ** 20) }), null],
  ])('that is garbage, newer, larger or another claim’s is no evidence: %.40s', (text, wanted) => {
    expect(parseRecord(text, REF)).toBe(wanted);
  });

  it('gives nobody root, a service account, volumes or an address', () => {
    const forged = {
      mover: {
        ...NO_MOVER_SPEC,
        fields: {
          moverSecurityContext: '{"fsGroup":1000,"runAsUser":0}',
          moverServiceAccount: '"cluster-admin"',
          moverVolumes: '[{"mountPath":"x"}]',
          customCA: '{"secretName":"theirs"}',
        },
      },
      repository: 's3:http://elsewhere/bucket',
      accepted: 'uid-of-claim',
    };
    expect(parseRecord(changed(forged), REF)).toEqual(record({ mover: NO_MOVER_SPEC }));
  });

  it('is read field by field: what is no quantity, mode or name is not there', () => {
    const wrong = {
      request: 'lots',
      accessModes: ['ReadWriteOnce', 'Sideways'],
      storageClass: 'a\nb',
      needs: -1,
      origin: 'x',
    };
    expect(parseRecord(changed(wrong), REF)).toEqual(
      record({ request: null, storageClass: null, needs: null, origin: null }),
    );
  });

  it('has a key of its own, with dots and all', () => {
    expect(recordKey(REF)).toBe('.volsync-prewarm/claims/media/plex.config.json');
  });
});

describe('in the bucket', () => {
  let s3: S3;
  let store: RecordStore;

  beforeAll(async () => {
    s3 = new S3(() => new Date('2026-11-21T12:00:00Z'));
    await s3.listen();
    const options = {
      bucket: s3.bucket,
      endpoint: s3.endpoint,
      region: 'us-east-1',
      pathStyle: true,
      ca: null,
      concurrency: 4,
      requestTimeout: 20_000,
      env: {},
    };
    vi.stubEnv('AWS_ACCESS_KEY_ID', s3.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.credentials.secretAccessKey);
    store = openClient(options).records('team/');
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await s3.close();
  });

  const key = `team/${recordKey(REF)}`;

  it('is absent, written, read, and not written again while nothing changed', async () => {
    expect(await store.readRecord(REF, signal)).toEqual({ state: 'absent' });
    expect(await store.writeRecord(record(), null, signal)).toBeNull();
    expect(await store.readRecord(REF, signal)).toMatchObject({ state: 'read', record: record() });
    s3.requests.length = 0;
    expect(await store.writeRecord(record(), null, signal)).toBeNull();
    expect(s3.requests.map(({ method }) => method)).toEqual(['GET']);
    expect(await store.writeRecord(record({ request: '8Gi' }), null, signal)).toBeNull();
    expect(await store.readRecord(REF, signal)).toMatchObject({ record: { request: '8Gi' } });
  });

  it('is written without a look where the run has looked before, and by what is there now when that has changed', async () => {
    s3.remove(key);
    s3.requests.length = 0;
    expect(await store.writeRecord(record({ needs: 7 }), { state: 'absent' }, signal)).toBeNull();
    expect(s3.requests.map(({ method }) => method)).toEqual(['PUT']);
    // Another run has written since: what its image needed is kept.
    s3.requests.length = 0;
    expect(await store.writeRecord(record({ needs: 5 }), { state: 'absent' }, signal)).toBeNull();
    // Refused (the SDK asks again by the server's clock, which is another one here), read, and nothing is left to be written.
    expect([...new Set(s3.requests.map(({ method }) => method))]).toEqual(['PUT', 'GET']);
    const before = await store.readRecord(REF, signal);
    expect(before).toMatchObject({ state: 'read', record: { needs: 7 } });
    s3.requests.length = 0;
    expect(await store.writeRecord(record({ request: '9Gi' }), before, signal)).toBeNull();
    expect(s3.requests.map(({ method }) => method)).toEqual(['PUT']);
    s3.put(key, changed({ version: 7 }));
    expect(await store.writeRecord(record({ request: '10Gi' }), before, signal)).toBeNull();
    expect(s3.get(key)?.toString()).toBe(changed({ version: 7 }));
  });

  it('a server that knows no conditions is asked again, for what is there now', async () => {
    s3.remove(key);
    s3.requests.length = 0;
    const stop = s3.answer(({ method, headers }) =>
      method === 'PUT' && headers['if-none-match'] !== undefined ? { status: 501, body: '' } : undefined,
    );
    expect(await store.writeRecord(record(), { state: 'absent' }, signal)).toBeNull();
    stop();
    expect(s3.requests.map(({ method }) => method).slice(-2)).toEqual(['PUT', 'PUT']);
    expect(await store.readRecord(REF, signal)).toMatchObject({ state: 'read' });
  });

  it.each([
    ['garbage', 'no JSON'],
    ['a megabyte', 'x'.repeat(2 ** 20)],
  ])('%s is no evidence, and the next record replaces it', async (_, body) => {
    s3.put(key, body);
    expect(await store.readRecord(REF, signal)).toMatchObject({ state: 'unusable', why: 'garbage' });
    expect(await store.writeRecord(record(), null, signal)).toBeNull();
    expect(await store.readRecord(REF, signal)).toMatchObject({ state: 'read' });
  });

  it('a record of a newer version is neither believed nor written over', async () => {
    s3.put(key, changed({ version: 7 }));
    expect(await store.readRecord(REF, signal)).toMatchObject({ state: 'unusable', why: 'newer' });
    expect(await store.writeRecord(record(), null, signal)).toBeNull();
    expect(s3.get(key)?.toString()).toBe(changed({ version: 7 }));
  });

  it('what may not be read or written is a problem in words, and no evidence', async () => {
    const error = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
    s3.remove(key);
    let stop = s3.answer(({ method }) => (method === 'PUT' ? { status: 403, body: error } : undefined));
    expect(await store.writeRecord(record(), null, signal)).toMatch(/^AccessDenied/);
    stop();
    stop = s3.answer(() => ({ status: 403, body: error }));
    expect(await store.readRecord(REF, signal)).toMatchObject({ state: 'failed' });
    stop();
    expect(LARGEST_RECORD).toBeGreaterThan(recordBody(record()).length);
  });
});
