import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runProgram, type Finished } from '../../sandbox/program.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { text } from '../../sandbox/kube/objects.ts';
import { baseCredentials, hexId, namespace } from '../../sandbox/story.ts';
import { openClient } from '../../src/bucket/client.ts';
import { NO_MOVER_SPEC } from '../../src/mover-spec.ts';
import { lines, reportIn } from '../support/lab.ts';
import { startS3Server, type S3Server } from './s3-server.ts';

let s3: S3Server;
let sandbox: Sandbox;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  s3 = await startS3Server();
  sandbox = await startSandbox({ volsync: false });
  sandbox.kube.apply(namespace('media'));
  sandbox.kube.apply(baseCredentials('media', s3.endpoint));
  folder = await mkdtemp(join(tmpdir(), 'prewarm-real-'));
  env = { ...s3.environment, KUBECONFIG: join(folder, 'kubeconfig') };
  await sandbox.writeKubeconfig(env['KUBECONFIG'] ?? '', 'worker');
});

afterAll(async () => {
  await sandbox.stop();
  await s3[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const plan = (bucket: string, more: Record<string, string> = {}): Promise<Finished> =>
  runProgram(['plan', '--output', 'json'], { ...env, PREWARM_BUCKET: bucket, ...more });

const HOUR = 3_600_000;
const id = (repository: string, seed: string): string => hexId(`${repository} ${seed}`);
const snapshot = (repository: string, seed: string): string => `${repository}/snapshots/${id(repository, seed)}`;

const entries = (finished: Finished): string[] => lines(reportIn({ ...finished, signal: null }));

test('with the right keys the repositories are seen, and the newest snapshot by its time', async () => {
  const at = new Date(Math.floor(Date.now() / 1000) * 1000 - 2 * HOUR);
  const repository = 'media/plex';
  await s3.put('volsync-backups', [`${repository}/config`, snapshot(repository, 'old')], new Date(at.getTime() - HOUR));
  await s3.put('volsync-backups', [snapshot(repository, 'new')], at);
  await s3.put('volsync-backups', ['media/empty/config', 'media/empty/keys/0a1b']);
  const finished = await plan('volsync-backups');
  expect(finished.code).toBe(0);
  expect(entries(finished)).toEqual([
    'media/empty absent cold repository-empty: -',
    'media/plex present cold queued: create-credentials create-destination',
  ]);
  expect(reportIn({ ...finished, signal: null }).entries[1]?.backup).toEqual({
    state: 'present',
    snapshots: 2,
    newest: { id: id(repository, 'new'), at: at.toISOString() },
    reason: null,
  });
});

test.each<[string, Record<string, string>, string, number]>([
  ['a wrong secret key', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'SignatureDoesNotMatch: ', 403],
  ['a key that nobody has', { AWS_ACCESS_KEY_ID: 'wrong' }, 'No user exists with the provided access key ID', 404],
  ['a bucket that is not there', { PREWARM_BUCKET: 'missing' }, 'NoSuchBucket: ', 404],
])('%s: nothing is known, exit 1, and it says why', async (_what, env, words, status) => {
  const finished = await plan('volsync-backups', env);
  expect(finished.code).toBe(1);
  expect(reportIn({ ...finished, signal: null })).toMatchObject({ complete: false, entries: [] });
  const told = findings(finished);
  expect(told).toMatchObject([{ level: 'warn', reason: 'listing-failed' }]);
  expect(JSON.stringify(told)).toContain(words);
  expect(JSON.stringify(told)).toContain(`(HTTP ${status})`);
  expect(finished.stderr).not.toContain('prewarm-test-secret');
});

test('every level of more than a thousand names is read to its end', async () => {
  const numbers = Array.from({ length: 1010 }, (_one, index) => String(index).padStart(4, '0'));
  // The root: strangers, which need no listing of their own, and a namespace behind them all.
  await s3.put(
    'large',
    numbers.map((number) => `Folder ${number}/x`),
  );
  await s3.put(
    'large',
    numbers.map((number) => `many/claim-${number}/config`),
  );
  await s3.put(
    'large',
    numbers.map((number) => snapshot('many/claim-1009', number)),
    new Date(Date.now() - HOUR),
  );
  const finished = await plan('large');
  expect(finished.code).toBe(0);
  const report = reportIn({ ...finished, signal: null });
  expect(report.entries.map(({ claim }) => claim)).toEqual(numbers.map((number) => `claim-${number}`));
  expect(report.entries.at(-1)?.backup).toMatchObject({ state: 'present', snapshots: 1010 });
  expect(report.summary.backups).toEqual({ present: 1, absent: 1009, unknown: 0 });
  expect(findings(finished)).toMatchObject([{ reason: 'name-invalid', count: 1010 }]);
});

test('names that no namespace can have are strangers, and spoil nothing', async () => {
  const names = ['My Backup', 'a+b & c%20d', 'größe', '日本語'];
  const files = [...names.map((name) => `${name}/x`), 'read me.txt'];
  await s3.put('strange', [...files, snapshot('media/plex', 'new')], new Date(Date.now() - HOUR));
  const finished = await plan('strange');
  expect(finished.code).toBe(0);
  expect(entries(finished)).toHaveLength(1);
  const about = [...names.map((name) => `bucket key ${name}/`), 'bucket key read me.txt'];
  expect(findings(finished)).toMatchObject([{ level: 'info', reason: 'name-invalid', count: 5, about }]);
});

test('claim records and the marker are written, read and held to their conditions, with signatures that the server checks', async () => {
  const { signal } = new AbortController();
  await s3.put('recorded', ['media/plex/config']);
  // The SDK, which shapes the refusals, finds its keys there.
  for (const [name, value] of Object.entries(s3.environment)) vi.stubEnv(name, value);
  const client = openClient({
    bucket: 'recorded',
    endpoint: s3.endpoint,
    region: 'us-east-1',
    pathStyle: true,
    ca: null,
    concurrency: 4,
    requestTimeout: 20_000,
    env: s3.environment,
  });
  const store = client.records("a b+ö!'()*/");
  const claim = {
    namespace: 'media',
    claim: 'plex.config',
    uid: 'u',
    tier: 'hourly',
    volumeMode: 'Filesystem',
  } as const;
  const shape = { request: '5Gi', accessModes: ['ReadWriteOnce'], storageClass: null, snapshotClass: null } as const;
  const record = { ...claim, ...shape, mover: NO_MOVER_SPEC, origin: null, ours: true, needs: 5 };
  expect(await store.readRecord(record, signal)).toEqual({ state: 'absent' });
  expect(await store.writeRecord(record, { state: 'absent' }, signal)).toBeNull();
  const read = await store.readRecord(record, signal);
  expect(read).toMatchObject({ state: 'read', record });
  // The second write knows what was there before the first one: it is refused, and goes by what is there now.
  for (const request of ['6Gi', '7Gi'])
    expect(await store.writeRecord({ ...record, request }, read, signal)).toBeNull();
  expect(await store.readRecord(record, signal)).toMatchObject({ state: 'read', record: { request: '7Gi' } });
  expect(await client.mark('', { at: 0, copied: false }, signal)).toBeNull();
  expect(await client.readMarker('', signal)).toMatchObject({ state: 'read', marker: { at: 0 } });
  client.close();
  vi.unstubAllEnvs();
});

/** The findings in the log. */
function findings({ stderr }: Finished): unknown[] {
  const logged = stderr
    .split('\n')
    // A line for a person stands there too.
    .filter((line) => line.startsWith('{'))
    .map((line): unknown => JSON.parse(line));
  return logged.filter((line) => text(line, 'msg') === 'finding');
}
