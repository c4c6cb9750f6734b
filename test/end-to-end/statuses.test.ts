/** Destinations whose status lacks everything, or says something strange: judged, and left alone where that is due. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claim, destination, hexId } from '../../sandbox/story.ts';
import { lines, ordinary, startLab, words, type Lab } from '../support/lab.ts';

let lab: Lab;
let newest: string;
const ref = { namespace: 'media', claim: 'plex-config' };
const OURS = { 'app.kubernetes.io/managed-by': 'volsync-prewarm' };

beforeEach(async () => {
  lab = await startLab({ volsync: false });
  newest = ordinary(lab).at(-1)!;
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

test('no status at all: it was asked for a moment ago', async () => {
  lab.kube.apply(destination({ ...ref, tag: newest.slice(0, 8), labels: OURS }));
  const { report, code } = await lab.plan('--mode', 'report');
  expect(code).toBe(0);
  expect(lines(report)).toEqual(['media/plex-config present warming sync-in-progress: create-credentials']);
});

test.each([
  {},
  { conditions: null, latestImage: null, latestMoverStatus: null },
  {
    conditions: ['x', { type: 7 }],
    latestImage: 'x',
    latestMoverStatus: { result: 7, logs: [] },
    lastSyncTime: 'soon',
  },
])('a status of %j is read like none', async (status) => {
  lab.kube.apply({ ...destination({ ...ref, tag: newest.slice(0, 8), labels: OURS }), status });
  const { report } = await lab.plan();
  expect(report.entries[0]?.restorePoint).toEqual({
    state: 'warming',
    reason: 'sync-in-progress',
    image: null,
    holds: null,
    lagSeconds: null,
    admissible: false,
    wave: null,
  });
});

test('done, but without an image: asked for again under another tag', async () => {
  const tag = newest.slice(0, 8);
  const status = { lastManualSync: tag, lastSyncTime: '2025-03-01T12:00:00Z' };
  lab.kube.apply({ ...destination({ ...ref, tag, labels: OURS }), status });
  const ran = await lab.run([], { until: (_, pass) => pass === 2 });
  expect(ran.performed).toEqual(['create-credentials media/plex-config: done', 'retrigger media/plex-config: done']);
  expect(lab.kube.get('ReplicationDestination', 'media', 'plex-config-restore')?.spec?.['trigger']).toEqual({
    manual: `${tag}-r1`,
  });
});

test('an image that no VolumeSnapshot stands behind is not warm', async () => {
  const tag = newest.slice(0, 8);
  const latestImage = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'gone' };
  const status = { lastManualSync: tag, lastSyncTime: '2025-03-01T12:00:00Z', latestImage };
  lab.kube.apply({ ...destination({ ...ref, tag, labels: OURS }), status });
  const { report } = await lab.plan();
  expect(lines(report)).toEqual(['media/plex-config present cold image-missing: create-credentials retrigger']);
});

test('a destination that is not ours is reported and never written', async () => {
  lab.kube.apply(destination({ ...ref, tag: 'by-hand' }));
  const before = lab.kube.get('ReplicationDestination', 'media', 'plex-config-restore');
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, performed: [] });
  expect(lines(ran.report)).toEqual(['media/plex-config present blocked destination-foreign: -']);
  expect(lab.writes()).toEqual([]);
  expect(lab.kube.get('ReplicationDestination', 'media', 'plex-config-restore')).toEqual(before);
});

test('a Secret that is not ours stops the creation and keeps its values', async () => {
  const metadata = { namespace: 'media', name: 'plex-config-volsync-secret' };
  lab.kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata, data: { RESTIC_PASSWORD: 'dGhlaXJz' } });
  const ran = await lab.run();
  // The creation says that the Secret must not exist: it does, so the next pass reads it and leaves it alone.
  expect(ran).toMatchObject({
    code: 0,
    performed: [expect.stringContaining('create-credentials media/plex-config: conflict')],
  });
  expect(lines(ran.report)).toEqual(['media/plex-config present cold credentials-foreign: -']);
  expect(lab.writes()).toEqual([]);
  expect(lab.kube.get('Secret', 'media', 'plex-config-volsync-secret')).toMatchObject({
    data: { RESTIC_PASSWORD: 'dGhlaXJz' },
  });
});

test('base credentials that lack keys: credentials-incomplete, exit 0, and nothing is created', async () => {
  lab.kube.patch('Secret', 'media', 'volsync-rustfs-base', { data: { RESTIC_PASSWORD: '' } });
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, performed: [] });
  expect(lines(ran.report)).toEqual(['media/plex-config present cold credentials-incomplete: -']);
});

test('base credentials of another bucket: repository-mismatch, exit 0, and nothing is created', async () => {
  const RESTIC_REPOSITORY_BASE = Buffer.from(`s3:${lab.s3.endpoint}/elsewhere`).toString('base64');
  lab.kube.patch('Secret', 'media', 'volsync-rustfs-base', { data: { RESTIC_REPOSITORY_BASE } });
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, performed: [] });
  expect(lines(ran.report)).toEqual(['media/plex-config present cold repository-mismatch: -']);
});

test('a namespace that is being deleted gets nothing', async () => {
  lab.kube.patch('Namespace', '', 'media', { metadata: { finalizers: ['somebody/waits'] } });
  lab.kube.remove('Namespace', '', 'media');
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, performed: [] });
  expect(lines(ran.report)).toEqual(['media/plex-config present cold namespace-missing: -']);
});

test('a claim that lacks a size is made by the default size, and that is said', async () => {
  const object = claim({ namespace: 'media', name: 'plex-config', labels: { backup: 'daily' } });
  lab.kube.apply({ ...object, spec: {} });
  const told = await lab.plan();
  expect(lines(told.report)).toEqual(['media/plex-config present cold queued: create-credentials create-destination']);
  const waits = await lab.plan('--default-capacity', 'none');
  expect(lines(waits.report)).toEqual(['media/plex-config present cold capacity-unknown: -']);
  expect(words(told.findings)).toEqual(['capacity-assumed media/plex-config']);
});

test('a snapshot log that nobody can read proves nothing, and nothing is thrown away', async () => {
  const tag = newest.slice(0, 8);
  const latestImage = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'image' };
  const latestMoverStatus = { result: 'Successful', logs: hexId('nonsense') };
  const status = { lastManualSync: tag, lastSyncTime: '2025-03-01T12:00:00Z', latestImage, latestMoverStatus };
  const restic = { enableFileDeletion: true, cleanupTempPVC: false };
  lab.kube.apply({ ...destination({ ...ref, tag, labels: OURS, restic }), status });
  lab.kube.apply({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { namespace: 'media', name: 'image' },
    status: { readyToUse: true, restoreSize: '1Gi' },
  });
  const { report } = await lab.plan();
  expect(lines(report)).toEqual(['media/plex-config present stale image-unproven: create-credentials']);
});
