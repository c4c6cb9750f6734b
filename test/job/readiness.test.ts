import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { markBucketCommand } from '../../job/commands/mark-bucket.ts';
import { readinessCommand } from '../../job/commands/readiness.ts';
import { install } from '../../sandbox/install.ts';
import { claim } from '../../sandbox/story.ts';
import type { ReadinessReport } from '../../src/report/readiness.ts';
import { ordinary, lineOf, settingsOf, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  install(lab.kube, 'safe');
  ordinary(lab);
  await lab.run();
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config', size: '10Gi', labels: { backup: 'hourly' } }));
  lab.forget();
});

afterEach(() => lab[Symbol.asyncDispose]());

async function readiness(...args: string[]): Promise<{ code: number; text: string }> {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const code = await readinessCommand(await settingsOf(lab.env, ['readiness', ...args]));
  return { code, text: String(printed.mock.lastCall?.[0]) };
}

async function outcomes(...args: string[]): Promise<{ code: number; claims: string[]; notes: readonly string[] }> {
  const { code, text } = await readiness('--output', 'json', ...args);
  const report: ReadinessReport = JSON.parse(text);
  return {
    code,
    claims: report.claims.map(({ namespace, claim, outcome, reason }) => `${namespace}/${claim} ${outcome} ${reason}`),
    notes: report.notes,
  };
}

test('every claim comes back: exit 0, and neither the bucket is asked nor anything written', async () => {
  expect(await outcomes()).toEqual({ code: 0, claims: ['media/plex-config restored null'], notes: [] });
  expect(lab.s3.requests).toEqual([]);
  expect(lab.kube.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('a page for people ends with the counts', async () => {
  lab.kube.apply(claim({ namespace: 'media', name: 'new', labels: { backup: 'daily' } }));

  const { code, text } = await readiness();

  expect(code).toBe(1);
  expect(text).toBe(`NAMESPACE  CLAIM        OUTCOME   REASON
media      new          empty     repository-empty
media      plex-config  restored  -

Needs attention:
  repository-empty: There is no backup: what the claim holds today would be lost.
    → Have it backed up first. If nothing in it is worth keeping, label it volsync-prewarm/skip-restore: "true" and say why in the annotation volsync-prewarm/skip-restore-reason.

If every protected claim were created now: 1 restored, 0 waiting, 1 empty, 0 hanging.
`);
});

test('with the mutate check alone what is cold would start empty, and the overlay that closes it is named', async () => {
  for (const name of ['hold', 'gate', 'shape'])
    for (const kind of ['MutatingAdmissionPolicy', 'ValidatingAdmissionPolicy'])
      lab.kube.remove(kind, '', `volsync-prewarm-${name}`);
  lab.kube.remove('ReplicationDestination', 'media', 'plex-config-restore');
  lab.kube.patchStatus('PersistentVolumeClaim', 'media', 'plex-config', { phase: 'Bound' });

  expect(await outcomes()).toEqual({
    code: 1,
    claims: ['media/plex-config empty policy-missing'],
    notes: ['not in force here: hold, gate, shape (kubectl apply -k k8s/overlays/safe)'],
  });
});

test('where no policy reads the index, its absence is told and is no failure', async () => {
  for (const name of ['hold', 'gate', 'gate-source', 'shape', 'opt-out'])
    for (const kind of ['MutatingAdmissionPolicy', 'ValidatingAdmissionPolicy'])
      lab.kube.remove(kind, '', `volsync-prewarm-${name}`);
  lab.kube.remove('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index');

  const { code, claims, notes } = await outcomes();

  expect({ code, claims }).toEqual({ code: 0, claims: ['media/plex-config restored null'] });
  expect(notes[0]).toMatch(/^volsync-system\/volsync-prewarm-index: the index object does not exist/);
});

test('policies that may not be read are taken for the recommended ones, and that is said', async () => {
  lab.kube.fault({ path: 'admissionregistration', status: 403, message: 'forbidden' });

  expect(await outcomes()).toMatchObject({
    code: 0,
    notes: [expect.stringMatching(/^the admission policies could not be read \(.*403.*\): overlay safe is assumed$/)],
  });
});

test('C13: a claim whose StatefulSet makes the next one without the label would start empty', async () => {
  const template = { metadata: { name: 'plex' }, spec: { resources: { requests: { storage: '10Gi' } } } };
  lab.kube.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { namespace: 'media', name: 'config' },
    spec: { volumeClaimTemplates: [template] },
  });
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config-0', size: '10Gi', labels: { backup: 'hourly' } }));

  expect(await outcomes()).toMatchObject({
    code: 1,
    claims: ['media/plex-config restored null', 'media/plex-config-0 empty label-on-claim-only'],
  });
});

test('a list that failed is no answer: exit 1', async () => {
  lab.kube.fault({ path: 'volumesnapshots', status: 500 });

  const { code, notes } = await outcomes();

  expect(code).toBe(1);
  expect(notes).toEqual([expect.stringMatching(/^volumesnapshots could not be listed: /)]);
});

test('claims in Git are judged without being in the cluster', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prewarm-readiness-'));
  const metadata = { name: 'plex-config', namespace: 'media', labels: { backup: 'hourly' } };
  const judged = async (spec: object): Promise<{ code: number; claims: string[] }> => {
    const manifest = { kind: 'PersistentVolumeClaim', metadata, spec };
    await writeFile(join(folder, 'claim.json'), JSON.stringify(manifest));
    const { code, claims } = await outcomes('--manifests', folder);
    return { code, claims };
  };
  lab.kube.remove('PersistentVolumeClaim', 'media', 'plex-config');
  const requests = { resources: { requests: { storage: '10Gi' } } };

  expect(await judged(requests)).toEqual({ code: 0, claims: ['media/plex-config restored null'] });
  expect(await judged({ ...requests, volumeMode: 'Block' })).toEqual({
    code: 1,
    claims: ['media/plex-config hanging volume-mode-block'],
  });
  expect(await judged({ resources: { requests: { storage: '5Gi' } } })).toEqual({
    code: 1,
    claims: ['media/plex-config hanging claim-too-small'],
  });
  await rm(folder, { recursive: true });
});

test('an index that nobody writes any more vouches for nothing: exit 1', async () => {
  const [first] = lab.kube.list('ReplicationDestination', 'volsync-system');
  lab.kube.patch('ReplicationDestination', 'volsync-system', first?.metadata.name ?? '', {
    spec: { external: { parameters: { _generatedAt: '2026-01-01T00:00:00Z' } } },
  });

  expect(await outcomes()).toEqual({
    code: 1,
    claims: ['media/plex-config restored null'],
    notes: [expect.stringMatching(/^volsync-system\/volsync-prewarm-index: last written from a listing of 2026-01-01/)],
  });
});

test('mark-bucket settles an empty bucket, once', async () => {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const mark = async (): Promise<[number, string]> => {
    const code = await markBucketCommand(await lineOf(lab.env, ['mark-bucket', '--prefix', 'empty']), lab.env);
    return [code, String(printed.mock.lastCall?.[0])];
  };
  expect(await mark()).toEqual([
    0,
    'volsync-backups/empty/.volsync-prewarm/bucket is written. From now on an empty listing of this bucket is believed.\n',
  ]);
  expect(await mark()).toEqual([0, 'volsync-backups/empty/.volsync-prewarm/bucket is there already.\n']);
  expect(String(lab.s3.get('empty/.volsync-prewarm/bucket'))).toMatch(/^\{"markedBy":"volsync-prewarm","at":"\d{4}-/);
});

test('mark-bucket without the right to write says which it needs', async () => {
  const complained = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  lab.s3.answer(({ method }) =>
    method === 'PUT' ? { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } : undefined,
  );

  const code = await markBucketCommand(await lineOf(lab.env, ['mark-bucket', '--prefix', 'empty']), lab.env);

  expect(code).toBe(1);
  expect(String(complained.mock.lastCall?.[0])).toMatch(/could not be written: AccessDenied.*s3:PutObject/);
});

test('a claim in Git that refers to an adopted destination in Git waits for it, and does not hang', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prewarm-readiness-'));
  const app = {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      claim({ namespace: 'media', name: 'notes', labels: { backup: 'hourly' }, from: 'notes-dst' }),
      {
        apiVersion: 'volsync.backube/v1alpha1',
        kind: 'ReplicationDestination',
        metadata: { namespace: 'media', name: 'notes-dst', labels: { 'volsync-prewarm/adopt': 'true' } },
        spec: { trigger: { manual: 'restore-once' }, restic: { repository: 'notes', copyMethod: 'Snapshot' } },
      },
    ],
  };
  await writeFile(join(folder, 'app.json'), JSON.stringify(app));

  const { claims, notes } = await outcomes('--manifests', folder);

  expect(claims).toEqual([expect.stringMatching(/^media\/notes (waiting|own) /)]);
  expect(notes).toContain('read beside the claims: 0 sources, 1 destination, and the names of 0 Secrets');
  await rm(folder, { recursive: true });
});
