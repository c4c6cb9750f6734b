/** What strangers write into Secrets, and what goes wrong on the way, while somebody's destinations are adopted. */
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repository } from '../../sandbox/story.ts';
import type { Fields } from '../../sandbox/kube/objects.ts';
import { text } from '../../sandbox/kube/objects.ts';
import { lines, startLab, words, type Lab } from '../support/lab.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  lab.s3.put('.volsync-prewarm/bucket', '{}');
  lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } });
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

const RUN = ['--quiet-period', '0s'];

function secret(name: string, values: Record<string, string>, namespace = 'media'): void {
  const all = {
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    RESTIC_PASSWORD: 'fixture-password',
    ...values,
  };
  const data = Object.fromEntries(
    Object.entries(all).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  lab.kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, type: 'Opaque', data });
}

function source(claim: string, name: string, namespace = 'media'): void {
  lab.kube.apply({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata: { namespace, name: claim },
    spec: {
      sourcePVC: claim,
      trigger: { schedule: '0 3 * * *' },
      restic: { repository: name, copyMethod: 'Snapshot', retain: { daily: 7 } },
    },
  });
}

function adopted(name: string, repositorySecret: string, labels: Record<string, string>, restic: Fields = {}): void {
  lab.kube.apply({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { namespace: 'media', name, labels },
    spec: {
      trigger: { manual: 'restore-once' },
      restic: {
        repository: repositorySecret,
        copyMethod: 'Snapshot',
        capacity: '1Gi',
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'csi-hostpath-sc',
        volumeSnapshotClassName: 'csi-hostpath-snapclass',
        ...restic,
      },
    },
  });
}

const ADOPT = { 'volsync-prewarm/adopt': 'true' };
const place = (path: string): string => `s3:${lab.s3.endpoint}/volsync-backups/${path}`;

test('a Secret with a line end and a password in its URL is read, and the password is shown nowhere', async () => {
  repository(lab.s3, 'plum', ['first']);
  const told = place('plum').replace('http://', 'http://user:geheim@');
  secret('plum', { RESTIC_REPOSITORY: `${told}\n` });
  source('plum', 'plum');
  const { report, findings } = await lab.plan(...RUN);
  expect(report.entries[0]).toMatchObject({ claim: 'plum', backup: { state: 'present', snapshots: 1 } });
  expect(JSON.stringify({ report, findings })).not.toContain('geheim');
});

test('a Secret without RESTIC_REPOSITORY leaves its claim unknown', async () => {
  secret('plum', {});
  source('plum', 'plum');
  const { report, findings } = await lab.plan(...RUN);
  expect(lines(report)).toEqual(['media/plum unknown cold repository-elsewhere: -']);
  expect(words(findings)).toContain('repository-elsewhere media/plum');
});

test("a Secret that names another tenant's path opens nothing that its own keys do not open", async () => {
  repository(lab.s3, 'home/fig', ['theirs']);
  secret('thief', {
    RESTIC_REPOSITORY: place('home/fig'),
    AWS_ACCESS_KEY_ID: 'somebody',
    AWS_SECRET_ACCESS_KEY: 'else',
  });
  source('plum', 'thief');
  const { report } = await lab.run(RUN);
  expect(lines(report)).toEqual([
    'home/fig present cold namespace-missing: -',
    'media/plum unknown cold listing-failed: -',
  ]);
  expect(Object.keys(lab.index()).filter((key) => key.startsWith('media'))).toEqual([]);
});

test('a folder that a Secret names is told of once, with its claim, and the index keeps what it may be for others', async () => {
  repository(lab.s3, 'home/fig', ['saved']);
  secret('plum', { RESTIC_REPOSITORY: place('home/fig') });
  source('plum', 'plum');
  const { report } = await lab.run(RUN);
  expect(lines(report)).toEqual(['media/plum present cold credentials-own: -']);
  expect(lab.index()['home.fig']).toMatch(/^attach cold:namespace-missing /);

  lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'home' } });
  expect(lines((await lab.plan(...RUN)).report)).toEqual([
    'home/fig present cold credentials-missing: -',
    'media/plum present cold credentials-own: -',
  ]);
});

test('a server that the settings do not name is never talked to', async () => {
  secret('plum', { RESTIC_REPOSITORY: 's3:http://169.254.169.254/latest/meta-data' });
  source('plum', 'plum');
  const { report } = await lab.plan(...RUN);
  expect(lines(report)).toEqual(['media/plum unknown cold repository-elsewhere: -']);
  expect(lab.listings().filter((listing) => listing.includes('meta-data'))).toEqual([]);
});

test('200 Secrets are each read once in a run, and the run goes on after one that is gone', async () => {
  for (let i = 0; i < 200; i += 1) {
    const name = `app-${i}`;
    if (i !== 7) secret(name, { RESTIC_REPOSITORY: place(name) });
    source(name, name);
  }
  lab.forget();
  const { report } = await lab.run([...RUN, '--mode', 'report']);
  const reads = lab.kube.requests.filter(({ method, path }) => method === 'GET' && /\/secrets\/app-/.test(path));
  expect(reads).toHaveLength(200);
  expect(new Set(reads.map(({ path }) => path)).size).toBe(200);
  const unknown = report.entries.filter(({ backup }) => backup.state === 'unknown').map(({ claim }) => claim);
  expect(unknown).toEqual(['app-7']);
});

test('a destination that is adopted while it syncs is left alone until it has ended', async () => {
  repository(lab.s3, 'plum', ['first']);
  secret('plum', { RESTIC_REPOSITORY: place('plum') });
  source('plum', 'plum');
  lab.volsync.pause();
  adopted('plum-dst', 'plum', ADOPT);
  const { report } = await lab.plan(...RUN);
  expect(lines(report)).toEqual(['media/plum present warming sync-in-progress: -']);
  lab.volsync.resume();
  const ran = await lab.run(RUN);
  expect(lines(ran.report)).toEqual(['media/plum present warm -: record-proof']);
});

test('a label that is taken off in the middle ends the adoption at the next look', async () => {
  repository(lab.s3, 'plum', ['first']);
  secret('plum', { RESTIC_REPOSITORY: place('plum') });
  source('plum', 'plum');
  adopted('plum-dst', 'plum', ADOPT);
  await lab.run(RUN);
  repository(lab.s3, 'plum', ['first', 'second']);
  adopted('plum-dst', 'plum', { 'volsync-prewarm/adopt': 'false' });
  lab.forget();
  await lab.run(RUN);
  expect(lab.writes()).toEqual([]);
  const manual = text(lab.kube.get('ReplicationDestination', 'media', 'plum-dst'), 'spec.trigger.manual');
  expect(manual).toBe('restore-once');
});

test('a server that hangs spoils its own claims, and nobody else’s', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  for (const name of ['fig', 'pear']) {
    secret(name, { RESTIC_REPOSITORY: `s3:http://127.0.0.1:${port}/far/${name}` });
    source(name, name);
  }
  repository(lab.s3, 'plum', ['first']);
  secret('plum', { RESTIC_REPOSITORY: place('plum') });
  source('plum', 'plum');
  const args = [...RUN, '--allow-endpoints', `127.0.0.1:${port}`, '--request-timeout', '3s'];
  const { report, findings } = await lab.plan(...args);
  server.close();
  expect(report.entries.map(({ claim, backup }) => `${claim} ${backup.state}`)).toEqual([
    'fig unknown',
    'pear unknown',
    'plum present',
  ]);
  expect(words(findings).filter((line) => line.includes(`:${port}/far/`))).toHaveLength(2);
});

test('newer-elsewhere: a rebuild is not served from a repository that another one has left far behind', async () => {
  lab.sandbox.install('safe');
  repository(lab.s3, 'plum', [{ seed: 'old', at: new Date('2025-03-01T10:00:00Z') }]);
  repository(lab.s3, 'far/plum', [{ seed: 'young', at: new Date('2025-03-05T10:00:00Z') }]);
  secret('plum', { RESTIC_REPOSITORY: place('plum') });
  secret('plum-far', { RESTIC_REPOSITORY: place('far/plum') });
  source('plum', 'plum');
  lab.kube.apply({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata: { namespace: 'media', name: 'plum-far' },
    spec: {
      sourcePVC: 'plum',
      trigger: { schedule: '0 4 * * *' },
      restic: { repository: 'plum-far', copyMethod: 'Snapshot' },
    },
  });
  adopted('plum-dst', 'plum', ADOPT);
  await lab.volsync.idle();

  const { report, findings, code } = await lab.run(RUN);
  const entry = report.entries.find(({ namespace }) => namespace === 'media');
  expect(entry?.repositories.map(({ address, primary, seen }) => `${address} ${primary} ${seen}`)).toEqual([
    `${place('plum')} true listed`,
    `${place('far/plum')} false listed`,
  ]);
  expect(words(findings)).toContain('newer-elsewhere media/plum');
  expect(code).toBe(3);
  expect(lab.index()['media.plum']).toMatch(/^refuse blocked:newer-elsewhere /);
});

test('a foreign destination on a server that does not answer hides no backup at the layout path', async () => {
  lab.sandbox.install('safe');
  repository(lab.s3, 'media/plum', ['first']);
  secret('far', { RESTIC_REPOSITORY: 's3:http://127.0.0.1:9/far/plum' });
  lab.volsync.pause();
  adopted('plum-restore', 'far', {});
  const { report } = await lab.run([...RUN, '--allow-endpoints', '127.0.0.1:9', '--request-timeout', '3s']);
  expect(lines(report)).toEqual(['media/plum unknown blocked destination-foreign: -']);
  expect(lab.index()['media.plum']).toMatch(/^refuse cold:listing-failed /);
  const claim = { namespace: 'media', name: 'plum', labels: { backup: 'daily' } };
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  expect(() => lab.kube.apply({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: claim, spec })).toThrow(
    /exists \(cold:listing-failed\)/,
  );
});

test('a lock that a dead mover left is removed through an adopted source, before its next backup', async () => {
  repository(lab.s3, 'plum', ['first']);
  secret('plum', { RESTIC_REPOSITORY: place('plum') });
  source('plum', 'plum');
  lab.kube.patch('ReplicationSource', 'media', 'plum', { metadata: { labels: ADOPT } });
  lab.s3.put(`plum/locks/${'f'.repeat(64)}`, '{}', { at: new Date(Date.now() - 3_600_000) });
  const { performed } = await lab.run(RUN);
  expect(performed).toEqual(['unlock-source media/plum: done']);
  expect(lab.kube.get('ReplicationSource', 'media', 'plum')?.spec).toMatchObject({
    trigger: { schedule: '0 3 * * *' },
    restic: { unlock: 'ffffffff', retain: { daily: 7 } },
  });
});
