import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { doctorCommand } from '../../job/commands/doctor.ts';
import { install } from '../../sandbox/install.ts';
import { baseCredentials, claim, namespace } from '../../sandbox/story.ts';
import { GATE_BINDING } from '../../src/naming.ts';
import { ordinary, settingsOf, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab({ volsync: false });
  install(lab.kube, 'safe');
  ordinary(lab);
  written(new Date().toISOString());
});

/** What the last run left in the index. */
function written(at: string | null): void {
  lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
    spec: { external: { parameters: { _generatedAt: at } } },
  });
}

afterEach(() => lab[Symbol.asyncDispose]());

interface Check {
  check: string;
  state: string;
  message: string;
  todo: string | null;
}

/** Runs the check-up and gives its exit code and everything that is not ok. */
async function doctor(...args: string[]): Promise<{ code: number; checks: Check[]; wrong: string[] }> {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const code = await doctorCommand(await settingsOf(lab.env, ['doctor', '--output', 'json', ...args]), lab.env);
  const document: { checks: Check[] } = JSON.parse(String(printed.mock.lastCall?.[0]));
  const wrong = document.checks.filter(({ state }) => state !== 'ok').map(({ check, state }) => `${state}: ${check}`);
  return { code, checks: document.checks, wrong };
}

test('an ordinary world has nothing wrong', async () => {
  const { code, checks, wrong } = await doctor();

  expect({ code, wrong }).toEqual({ code: 0, wrong: [] });
  expect(checks.map(({ check }) => check.replace(/https?:.*/, 'url'))).toEqual([
    'bucket volsync-backups/',
    'cluster url',
    'clock',
    'replicationdestinations',
    'volumesnapshots',
    'volumepopulators',
    'VolSync volsync-system/volsync',
    'log of movers',
    'rights',
    'admission policies',
    'StorageClass',
    'VolumeSnapshotClass',
    'index',
    'credentials',
    'repositories',
  ]);
});

test('a page for people says for each what to do', async () => {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);

  const code = await doctorCommand(await settingsOf(lab.env, ['doctor', '--snapshot-class', 'none-such']), lab.env);

  expect(code).toBe(1);
  expect(printed.mock.calls.map(([text]) => String(text)).join('')).toMatch(
    /^✗ {2}VolumeSnapshotClass +none-such does not exist\n {3}→ There are: csi-hostpath-snapclass\.$/m,
  );
});

test('a bucket that is not there, and not the one of the index: bucket-moved', async () => {
  lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
    spec: { external: { parameters: { _bucket: `s3:${lab.s3.endpoint}/volsync-backups` } } },
  });
  expect(await doctor('--bucket', 'somewhere-else')).toMatchObject({
    code: 1,
    wrong: ['failed: bucket somewhere-else/', 'failed: index', expect.stringContaining('credentials in media')],
  });
});

test('an empty bucket is worth a second look, not a failure', async () => {
  for (const key of lab.s3.keys()) lab.s3.remove(key);

  expect(await doctor()).toMatchObject({ code: 0, wrong: ['warning: bucket volsync-backups/'] });
});

test('an index that says why runs write nothing else', async () => {
  lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
    spec: { external: { parameters: { _frozen: 'listing-failed' } } },
  });
  const { checks, wrong } = await doctor();
  expect(wrong).toEqual(['warning: index volsync-system/volsync-prewarm-index']);
  expect(checks.find(({ state }) => state === 'warning')?.message).toMatch(
    /^runs write nothing but the index at the moment: The S3 server refused a listing/,
  );
});

test('a right that is denied is named with what it is for', async () => {
  lab.kube.fault({ path: 'replicationdestinations', method: 'PATCH', status: 403 });

  const { code, checks } = await doctor();

  expect(code).toBe(1);
  expect(checks.filter(({ state }) => state === 'failed')).toEqual([
    {
      check: 'right: patch replicationdestinations',
      state: 'failed',
      message: 'denied; it is for: <pvc>-restore: trigger and proof; the index',
      todo: 'Apply k8s/base/rbac.yaml.',
    },
  ]);
});

test('an operator that is not installed', async () => {
  lab.kube.resources.hide('volsync.backube');

  const { code, wrong } = await doctor();

  expect({ code, wrong }).toEqual({ code: 1, wrong: expect.arrayContaining(['failed: replicationdestinations']) });
});

test('base credentials that point at another bucket', async () => {
  lab.kube.apply(
    baseCredentials('media', lab.s3.endpoint, { RESTIC_REPOSITORY_BASE: `s3:${lab.s3.endpoint}/elsewhere` }),
  );

  expect(await doctor()).toMatchObject({ code: 1, wrong: ['failed: credentials in media'] });
});

/** Marks another VolumeSnapshotClass as default. */
function secondDefault(driver: string): void {
  lab.kube.apply({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata: { name: 'another', annotations: { 'snapshot.storage.kubernetes.io/is-default-class': 'true' } },
    driver,
    deletionPolicy: 'Delete',
  });
}

test('C15: two default snapshot classes of one driver make no snapshot, and the check-up fails', async () => {
  secondDefault('hostpath.csi.k8s.io');

  const { code, checks } = await doctor();

  expect(code).toBe(1);
  expect(checks.find(({ state }) => state === 'failed')).toEqual({
    check: 'VolumeSnapshotClass',
    state: 'failed',
    message:
      'StorageClass csi-hostpath-sc (driver hostpath.csi.k8s.io) has 2 defaults (another, csi-hostpath-snapclass): no snapshot is made',
    todo: 'Mark only one as default, or set --snapshot-class.',
  });
});

test('C15: a default snapshot class of another driver does not serve the class of the claims', async () => {
  lab.kube.remove('VolumeSnapshotClass', '', 'csi-hostpath-snapclass');
  secondDefault('other.csi.example.com');

  expect((await doctor()).checks.find(({ state }) => state === 'failed')).toMatchObject({
    check: 'VolumeSnapshotClass',
    message: 'there is no default for StorageClass csi-hostpath-sc (driver hostpath.csi.k8s.io)',
    todo: 'Create a VolumeSnapshotClass for driver hostpath.csi.k8s.io.',
  });
  expect((await doctor('--snapshot-class', 'another')).checks.find(({ state }) => state === 'failed')).toMatchObject({
    message:
      'another belongs to driver other.csi.example.com, and StorageClass csi-hostpath-sc (driver hostpath.csi.k8s.io) needs a class of its own driver',
  });
});

test('C15: the class of a protected claim counts, and not only the default of the cluster', async () => {
  lab.kube.apply({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'nfs' },
    provisioner: 'nfs.csi.k8s.io',
  });
  lab.kube.apply(claim({ namespace: 'media', name: 'films', storageClass: 'nfs', labels: { backup: 'daily' } }));

  expect((await doctor()).checks.filter(({ check }) => check === 'VolumeSnapshotClass')).toEqual([
    expect.objectContaining({ state: 'ok', message: 'default: csi-hostpath-snapclass' }),
    expect.objectContaining({
      state: 'failed',
      message: 'there is no default for StorageClass nfs (driver nfs.csi.k8s.io)',
    }),
  ]);
});

test('C10: bindings that look for the index in another namespace than the worker writes it are a failure', async () => {
  for (const [kind, name] of [
    ['MutatingAdmissionPolicyBinding', 'volsync-prewarm-hold'],
    ['ValidatingAdmissionPolicyBinding', GATE_BINDING],
  ] as const)
    lab.kube.patch(kind, '', name, { spec: { paramRef: { namespace: 'backups' } } });

  const { code, checks } = await doctor();

  expect(code).toBe(1);
  expect(checks.find(({ check }) => check === 'where policies look for the index')).toMatchObject({
    state: 'failed',
    message:
      'volsync-prewarm-gate-index-missing in backups, volsync-prewarm-hold in backups: the worker writes the index in volsync-system, so these policies never see it',
  });
});

test.each([
  ['MOVER_LOG_MAX_BYTES', '0', 'failed'],
  ['MOVER_LOG_MAX_BYTES', '40', 'warning'],
  ['MOVER_LOG_MAX_BYTES', '4096', 'ok'],
  ['MOVER_LOG_TAIL_LINES', '2', 'warning'],
  ['MOVER_LOG_TAIL_LINES', '-1', 'ok'],
])('a VolSync operator with %s=%s: %s', async (name, value, state) => {
  operator({ env: [{ name, value }] });

  expect((await doctor()).checks.find(({ check }) => check === 'log of movers')).toMatchObject({ state });
});

test('a VolSync that is too old is a failure; one that is nowhere to be seen is a word of warning', async () => {
  operator({ image: 'quay.io/backube/volsync:0.9.1' });
  expect(await doctor()).toMatchObject({ code: 1, wrong: ['failed: VolSync volsync-system/volsync'] });

  lab.kube.remove('Deployment', 'volsync-system', 'volsync');
  expect(await doctor()).toMatchObject({ code: 0, wrong: ['warning: VolSync'] });
});

/** Changes the container of VolSync's Deployment. */
function operator(container: object): void {
  const usual = { name: 'manager', image: 'quay.io/backube/volsync:0.16.0' };
  lab.kube.patch('Deployment', 'volsync-system', 'volsync', {
    spec: { template: { spec: { containers: [{ ...usual, ...container }] } } },
  });
}

test('a cluster without the VolumePopulator kind: claims with a reference may hang', async () => {
  lab.kube.resources.hide('populator.storage.k8s.io');

  expect(await doctor()).toMatchObject({ code: 1, wrong: ['failed: volumepopulators'] });
});

test('classes that the worker may not list are a question for somebody else, not a failure', async () => {
  lab.kube.fault({ path: 'storageclasses', status: 403 });

  expect(await doctor()).toMatchObject({ code: 0, wrong: ['warning: StorageClass'] });
});

test('a cluster that cannot be reached', async () => {
  lab.kube.fault({ path: '/version', drop: true });

  const { code, wrong } = await doctor();

  expect(code).toBe(1);
  expect(wrong).toEqual([expect.stringMatching(/^failed: cluster https/)]);
});

test('policies that are not there are named, and what it means', async () => {
  for (const policy of ['hold', 'gate', 'shape'])
    for (const kind of ['MutatingAdmissionPolicy', 'ValidatingAdmissionPolicy'])
      lab.kube.remove(kind, '', `volsync-prewarm-${policy}`);

  expect((await doctor()).checks.find(({ check }) => check === 'admission policies')).toEqual({
    check: 'admission policies',
    state: 'warning',
    message: 'in force: restore, gate-source, prime, opt-out, jail; not there: hold, gate, shape',
    todo: 'A claim can start empty over a backup. docs/admission.md compares the overlays.',
  });
});

test('a binding whose policy is gone is no policy', async () => {
  lab.kube.remove('MutatingAdmissionPolicy', '', 'volsync-prewarm-hold');

  expect((await doctor()).checks.find(({ check }) => check === 'admission policies')).toMatchObject({
    state: 'warning',
    message: 'in force: restore, gate, gate-source, shape, prime, opt-out, jail; not there: hold',
  });
});

test('an index that no run has written yet is a word of warning; one that is gone is a failure', async () => {
  const index = 'index volsync-system/volsync-prewarm-index';
  written(null);
  expect(await doctor()).toMatchObject({ code: 0, wrong: [`warning: ${index}`] });

  lab.kube.remove('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index');
  expect(await doctor()).toMatchObject({ code: 1, wrong: [`failed: ${index}`] });

  lab.kube.remove('ValidatingAdmissionPolicyBinding', '', GATE_BINDING);
  expect(await doctor()).toMatchObject({ code: 0, wrong: [`warning: ${index}`] });
});

test('what is wrong in every namespace is told once', async () => {
  const elsewhere = { RESTIC_REPOSITORY_BASE: `s3:${lab.s3.endpoint}/elsewhere` };
  for (const name of ['media', 'other']) {
    lab.kube.apply(namespace(name));
    lab.kube.apply(baseCredentials(name, lab.s3.endpoint, elsewhere));
  }

  expect(await doctor()).toMatchObject({ code: 1, wrong: ['failed: credentials in media, other'] });
});

test('policies that only warn are told as such', async () => {
  install(lab.kube, 'observe');

  expect((await doctor()).checks.find(({ check }) => check === 'admission policies')).toMatchObject({
    state: 'warning',
    message: 'in force: restore, hold, jail; only warning: gate, gate-source, shape, prime, opt-out',
  });
});

test('an API server without admission policies, or without the right to see them, is a question for somebody else', async () => {
  lab.kube.fault({ path: 'admissionpolicies', status: 403 });

  expect(await doctor()).toMatchObject({ code: 0, wrong: ['warning: admission policies'] });
});
