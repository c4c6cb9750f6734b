import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { baseCredentials, repositoryCredentials } from '../../sandbox/story.ts';
import { connect } from '../../src/cluster/connection.ts';
import { credentialStore, type CredentialStore } from '../../src/cluster/credentials.ts';
import { strings } from '../../src/cluster/read.ts';
import { startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let store: CredentialStore;
const { signal } = new AbortController();
const ref = { namespace: 'media', claim: 'plex' };
const OURS = { 'app.kubernetes.io/managed-by': 'volsync-prewarm' };
const SECRETS = ['sandbox-secret', 'fixture-password', 'another-password', 'another-key'];

beforeEach(async () => {
  lab = await startLab({ volsync: false });
  lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } });
  store = await open();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await lab[Symbol.asyncDispose]();
});

async function open(): Promise<CredentialStore> {
  const connection = await connect({ concurrency: 4, requestTimeout: 10_000, userAgent: 'test' });
  return credentialStore(connection, 'volsync-rustfs-base');
}

/** Writes the base credentials and reads them as a run does. */
async function base(overrides: Record<string, string> = {}): ReturnType<CredentialStore['base']> {
  const object = lab.kube.apply(baseCredentials('media', 'http://s3:9000', overrides));
  const version = `${object.metadata.uid}/${object.metadata.resourceVersion}`;
  return store.base({ namespace: 'media', version }, signal);
}

function repositorySecret(overrides: Record<string, string> = {}, labels: Record<string, string> = OURS): void {
  const object = repositoryCredentials(ref, 'http://s3:9000', overrides);
  lab.kube.apply({ ...object, metadata: { ...object.metadata, labels } });
}

function decoded(manifest: Record<string, unknown> | null): Record<string, string> {
  return Object.fromEntries(
    Object.entries(strings(manifest?.['data'])).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

/** Nothing that others get to see holds a value. */
function expectNoSecret(shown: unknown): void {
  const text = JSON.stringify(shown);
  for (const secret of SECRETS) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64'));
  }
}

test('complete base credentials: nothing is missing, and no value is shown but the repository', async () => {
  const seen = await base();
  expect(seen.content).toEqual({ missing: [], repositoryBase: 's3:http://s3:9000/volsync-backups' });
  expectNoSecret(seen);
});

test('keys that are absent or empty are missing', async () => {
  const object = baseCredentials('media', 'http://s3:9000', { RESTIC_PASSWORD: '', RESTIC_REPOSITORY_BASE: '' });
  const { AWS_ACCESS_KEY_ID: _gone, ...data } = strings(object['data']);
  const { metadata } = lab.kube.apply({ ...object, data });
  const version = `${metadata.uid}/${metadata.resourceVersion}`;
  expect(await store.base({ namespace: 'media', version }, signal)).toEqual({
    version,
    content: { missing: ['AWS_ACCESS_KEY_ID', 'RESTIC_PASSWORD', 'RESTIC_REPOSITORY_BASE'], repositoryBase: '' },
  });
});

test('F10: an address that is longer than any address is none', async () => {
  const { content } = await base({ RESTIC_REPOSITORY_BASE: `s3:http://s3:9000/x${'/'.repeat(900_000)}x` });
  expect(content).toEqual({ missing: ['RESTIC_REPOSITORY_BASE'], repositoryBase: '' });
});

test('a base is read once for each version', async () => {
  const object = lab.kube.apply(baseCredentials('media', 'http://s3:9000'));
  const version = `${object.metadata.uid}/${object.metadata.resourceVersion}`;
  for (let turn = 0; turn < 3; turn += 1) await store.base({ namespace: 'media', version }, signal);
  expect(lab.kube.requests).toHaveLength(1);
  await store.base({ namespace: 'media', version: 'another' }, signal);
  expect(lab.kube.requests).toHaveLength(2);
});

test.each([
  's3:http://s3:9000/volsync-backups',
  's3:http://s3:9000/volsync-backups/',
  ' s3:http://s3:9000/volsync-backups// ',
])('the repository follows from the base %j', async (RESTIC_REPOSITORY_BASE) => {
  await base({ RESTIC_REPOSITORY_BASE });
  expect(await store.manifest(ref, false)).toMatchObject({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'plex-volsync-secret', namespace: 'media', labels: OURS },
    type: 'Opaque',
  });
  expect(decoded(await store.manifest(ref, false))).toEqual({
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    RESTIC_PASSWORD: 'fixture-password',
    RESTIC_REPOSITORY: 's3:http://s3:9000/volsync-backups/media/plex',
  });
});

test('C20: every further key of the base is handed on, and a key that the base loses goes with it', async () => {
  const further = { AWS_DEFAULT_REGION: 'eu-west-1', AWS_SESSION_TOKEN: 'for-an-hour', RESTIC_COMPRESSION: 'max' };
  await base(further);
  expect(decoded(await store.manifest(ref, false))).toEqual({
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    RESTIC_PASSWORD: 'fixture-password',
    RESTIC_REPOSITORY: 's3:http://s3:9000/volsync-backups/media/plex',
    ...further,
  });
  repositorySecret();
  expect(await store.repository(ref, signal)).toMatchObject({
    state: 'ours',
    differs: Object.keys(further),
    reshaped: true,
  });
});

test('values with line ends and other letters survive', async () => {
  await base({ RESTIC_PASSWORD: 'pässwörd\nof two lines\n' });
  expect(decoded(await store.manifest(ref, false))['RESTIC_PASSWORD']).toBe('pässwörd\nof two lines\n');
});

test('without a base that was read there is no Secret', async () => {
  expect(await store.manifest(ref, false)).toBeNull();
});

test('repository credentials that do not exist', async () => {
  await base();
  expect(await store.repository(ref, signal)).toEqual({ state: 'absent' });
});

test.each([{}, { 'app.kubernetes.io/managed-by': 'Helm' }])(
  'repository credentials labelled %j are foreign',
  async (labels) => {
    await base();
    repositorySecret({ RESTIC_REPOSITORY: 's3:http://s3:9000/other' }, labels);
    expect(await store.repository(ref, signal)).toEqual({ state: 'foreign' });
  },
);

test("N1: a user's own Secret with the address that ours would have is used as it is", async () => {
  await base();
  repositorySecret({ RESTIC_REPOSITORY: 's3:http://S3:9000/volsync-backups/media/plex/\n' }, {});
  expect(await store.repository(ref, signal)).toEqual({ state: 'own' });
});

test('repository credentials of ours that follow from the base', async () => {
  await base();
  repositorySecret();
  expect(await store.repository(ref, signal)).toMatchObject({ state: 'ours', differs: [] });
});

test('what differs is told by key, never by value', async () => {
  await base();
  repositorySecret({ RESTIC_PASSWORD: 'another-password', AWS_SECRET_ACCESS_KEY: 'another-key' });
  const seen = await store.repository(ref, signal);
  expect(seen).toMatchObject({ state: 'ours', differs: ['AWS_SECRET_ACCESS_KEY', 'RESTIC_PASSWORD'] });
  expectNoSecret(seen);
});

test('a password that is kept is the one of the repository; the keys follow the base', async () => {
  await base({ AWS_ACCESS_KEY_ID: 'renewed' });
  repositorySecret({ RESTIC_PASSWORD: 'another-password' });
  await store.repository(ref, signal);
  expect(decoded(await store.manifest(ref, true))).toEqual({
    AWS_ACCESS_KEY_ID: 'renewed',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    RESTIC_PASSWORD: 'another-password',
    RESTIC_REPOSITORY: 's3:http://s3:9000/volsync-backups/media/plex',
  });
  expect(decoded(await store.manifest(ref, false))['RESTIC_PASSWORD']).toBe('fixture-password');
});

test.each([403, 500])('a Secret that is refused with %d: the error holds no value', async (status) => {
  const object = lab.kube.apply(baseCredentials('media', 'http://s3:9000'));
  lab.kube.fault({ status, retryAfter: 0, path: '/secrets/' });
  const version = `${object.metadata.uid}/${object.metadata.resourceVersion}`;
  const error: unknown = await store.base({ namespace: 'media', version }, signal).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'KubeError', status });
  expectNoSecret([String(error), error instanceof Error ? error.stack : '']);
});
