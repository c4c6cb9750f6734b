import { afterEach, beforeEach, expect, test } from 'vitest';
import { baseCredentials, hexId, namespace, repository } from '../../sandbox/story.ts';
import { reportIn, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let newest: { immich: string; karakeep: string; plex: string };

/** Three namespaces in the bucket: one without credentials, one that the cluster lacks, one complete with two claims. */
beforeEach(async () => {
  lab = await startLab();
  const { s3, kube } = lab;
  const twice = [
    { seed: 'first', at: new Date('2025-03-01T10:00:00Z') },
    { seed: 'second', at: new Date('2025-03-01T11:00:00Z') },
  ];
  kube.apply(namespace('immich'));
  kube.apply(namespace('karakeep'));
  kube.apply(baseCredentials('karakeep', s3.endpoint));
  newest = {
    immich: repository(s3, 'immich/library', twice).at(-1)!,
    karakeep: repository(s3, 'karakeep/data-pvc', twice).at(-1)!,
    plex: repository(s3, 'plex/config', twice).at(-1)!,
  };
  repository(s3, 'karakeep/empty-pvc', []);
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

const cold = { state: 'cold', image: null, holds: null, lagSeconds: null, admissible: false, wave: null };
const at = '2025-03-01T11:00:00.000Z';
/** Nobody writes there; it was listed, or is known to be empty. */
function only(place: string, id: string | null): object[] {
  const address = `s3:${lab.s3.endpoint}/volsync-backups/${place}`;
  return [{ address, primary: true, seen: 'listed', newest: id === null ? null : { id, at }, sources: [] }];
}

const NOBODY = { state: 'none', reason: null, origin: null };

test('plan gives the verdict of every claim and writes nothing', async () => {
  const ended = await lab.spawn(['plan', '--output', 'json']);
  const report = reportIn(ended);
  expect(report).toEqual({
    kind: 'Report',
    version: 1,
    at: new Date(report.at).toISOString(),
    complete: true,
    entries: [
      {
        namespace: 'immich',
        claim: 'library',
        backup: { state: 'present', snapshots: 2, newest: { id: newest.immich, at }, reason: null },
        repositories: only('immich/library', newest.immich),
        restorePoint: { ...cold, reason: 'credentials-missing' },
        source: NOBODY,
        actions: [],
      },
      {
        namespace: 'karakeep',
        claim: 'data-pvc',
        backup: { state: 'present', snapshots: 2, newest: { id: newest.karakeep, at }, reason: null },
        repositories: only('karakeep/data-pvc', newest.karakeep),
        restorePoint: { ...cold, reason: 'queued', wave: 1 },
        source: NOBODY,
        actions: ['create-credentials', 'create-destination'],
      },
      {
        namespace: 'karakeep',
        claim: 'empty-pvc',
        backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' },
        repositories: only('karakeep/empty-pvc', null),
        restorePoint: { ...cold, reason: 'repository-empty' },
        source: NOBODY,
        actions: [],
      },
      {
        namespace: 'plex',
        claim: 'config',
        backup: { state: 'present', snapshots: 2, newest: { id: newest.plex, at }, reason: null },
        repositories: only('plex/config', newest.plex),
        restorePoint: { ...cold, reason: 'namespace-missing' },
        source: NOBODY,
        actions: [],
      },
    ],
    summary: {
      backups: { present: 3, absent: 1, unknown: 0 },
      restorePoints: { cold: 4 },
      actions: { 'create-credentials': 1, 'create-destination': 1 },
    },
  });
  expect(ended.code).toBe(0);
  expect(lab.writes()).toEqual([]);
});

test('run creates exactly one Secret and one destination, and writes down what the image holds', async () => {
  const ran = await lab.run();
  expect(ran.performed).toEqual([
    'create-credentials karakeep/data-pvc: done',
    'create-destination karakeep/data-pvc: done',
    'record-proof karakeep/data-pvc: done',
    'prove-password karakeep/data-pvc: done',
  ]);
  expect(ran).toMatchObject({ code: 0, cutShort: false });
  const rd = '/apis/volsync.backube/v1alpha1/namespaces/karakeep/replicationdestinations/data-pvc-restore';
  const secret = '/api/v1/namespaces/karakeep/secrets';
  expect(lab.writes()).toEqual([
    `POST ${secret}`,
    `PATCH ${rd}`,
    `PATCH ${rd}`,
    `PATCH ${secret}/data-pvc-volsync-secret`,
  ]);
  const destinations = lab.destinations();
  expect(destinations.map(({ metadata, spec }) => [metadata.namespace, metadata.name, spec])).toEqual([
    [
      'karakeep',
      'data-pvc-restore',
      {
        trigger: { manual: newest.karakeep.slice(0, 8) },
        restic: {
          repository: 'data-pvc-volsync-secret',
          copyMethod: 'Snapshot',
          capacity: '10Gi',
          accessModes: ['ReadWriteOnce'],
          cacheCapacity: '1Gi',
          enableFileDeletion: true,
          cleanupTempPVC: false,
        },
      },
    ],
  ]);
  const [image] = lab.kube.list('VolumeSnapshot', 'karakeep');
  expect(lab.volsync.holds(image!.metadata.name, 'karakeep')).toBe(newest.karakeep);
  expect(ran.report.entries[1]?.restorePoint).toEqual({
    state: 'warm',
    reason: null,
    image: image!.metadata.name,
    holds: newest.karakeep.slice(0, 8),
    lagSeconds: 0,
    admissible: true,
    wave: null,
  });
  expect(lab.kube.list('Secret', 'karakeep').map(({ metadata }) => metadata.name)).toEqual([
    'data-pvc-volsync-secret',
    'volsync-rustfs-base',
  ]);
});

test('a second run within eight minutes writes nothing, and asks only for what can have changed', async () => {
  await lab.run();
  await lab.volsync.idle();
  lab.forget();
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, passes: 1, performed: [], cutShort: false });
  expect(lab.writes()).toEqual([]);
  expect(lab.listings().sort()).toEqual([
    ' /',
    'immich/ /',
    'immich/library/locks/',
    'immich/library/snapshots/',
    'karakeep/ /',
    'karakeep/data-pvc/snapshots/',
    'karakeep/empty-pvc/snapshots/',
    'plex/ /',
    'plex/config/locks/',
    'plex/config/snapshots/',
  ]);
  expect(lab.kube.requests.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
    'GET /api/v1/namespaces',
    'GET /api/v1/persistentvolumeclaims',
    'GET /api/v1/secrets',
    'GET /apis/batch/v1/jobs',
    'GET /apis/snapshot.storage.k8s.io/v1/volumesnapshots',
    'GET /apis/volsync.backube/v1alpha1/replicationdestinations',
    'GET /apis/volsync.backube/v1alpha1/replicationsources',
  ]);
  expect(lab.kube.tlsConnections).toBe(1);
});

test('a new snapshot leads to exactly one re-trigger, and the run after that writes nothing', async () => {
  await lab.run();
  const third = hexId('third');
  lab.s3.put(`karakeep/data-pvc/snapshots/${third}`, 'snapshot', { at: new Date('2025-03-01T12:00:00Z') });
  const ran = await lab.run();
  expect(ran.performed).toEqual(['retrigger karakeep/data-pvc: done', 'record-proof karakeep/data-pvc: done']);
  expect(ran.report.entries[1]?.restorePoint).toMatchObject({ state: 'warm', holds: third.slice(0, 8) });
  const [image] = lab.kube.list('VolumeSnapshot', 'karakeep');
  expect(lab.volsync.holds(image!.metadata.name, 'karakeep')).toBe(third);
  lab.forget();
  expect(await lab.run()).toMatchObject({ code: 0, performed: [] });
  expect(lab.writes()).toEqual([]);
});

test('while a sync is in flight nothing is re-triggered; once it has ended, one re-trigger follows', async () => {
  const unsubscribe = lab.kube.onChange(({ type, object }) => {
    if (type === 'ADDED' && object.kind === 'Job') lab.volsync.pause();
  });
  await lab.run([], { until: (_, pass) => pass === 2 });
  const third = hexId('third');
  lab.s3.put(`karakeep/data-pvc/snapshots/${third}`, 'snapshot', { at: new Date('2025-03-01T12:00:00Z') });
  lab.forget();
  const during = await lab.run([], { until: (_, pass) => pass === 3 });
  expect(during.performed).toEqual([]);
  expect(lab.writes()).toEqual([]);
  expect(during.report.entries[1]?.restorePoint).toEqual({
    ...cold,
    state: 'warming',
    reason: 'sync-in-progress',
  });
  unsubscribe();
  lab.volsync.resume();
  await lab.volsync.idle();
  const after = await lab.run();
  expect(after.performed).toEqual([
    'record-proof karakeep/data-pvc: done',
    'prove-password karakeep/data-pvc: done',
    'retrigger karakeep/data-pvc: done',
    'record-proof karakeep/data-pvc: done',
  ]);
  expect(after.report.entries[1]?.restorePoint).toMatchObject({ state: 'warm', holds: third.slice(0, 8) });
});

test('what was missing is warmed as soon as it comes', async () => {
  await lab.run();
  lab.kube.apply(baseCredentials('immich', lab.s3.endpoint));
  lab.kube.apply(namespace('plex'));
  lab.kube.apply(baseCredentials('plex', lab.s3.endpoint));
  lab.s3.put(`karakeep/empty-pvc/snapshots/${hexId('only')}`, 'snapshot', { at: new Date('2025-03-01T12:00:00Z') });
  const ran = await lab.run();
  expect(ran.code).toBe(0);
  expect(ran.report.summary).toEqual({
    backups: { present: 4, absent: 0, unknown: 0 },
    restorePoints: { warm: 4 },
    actions: { 'create-credentials': 3, 'create-destination': 3, 'prove-password': 3, 'record-proof': 3 },
  });
});
