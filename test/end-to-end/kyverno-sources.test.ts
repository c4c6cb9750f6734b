/**
 * Sources and credentials by Kyverno, and `--sources off`, over the wire: the worker takes them as somebody else's that it may unlock.
 * Kyverno is played by its policies, and by what its background controller does with what they make.
 */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { at, fieldsAt, text, type KubeObject, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { resourceOf } from '../../sandbox/kube/resources.ts';
import { K8S, render } from '../../sandbox/kustomize.ts';
import { baseCredentials, claim, hexId, namespace } from '../../sandbox/story.ts';
import { worldOf } from '../admission/core.ts';
import { generatingPolicy } from '../admission/generating.ts';
import { APPLY, openApi, type Api } from '../support/api.ts';
import { storyClock, type StoryClock } from '../support/clock.ts';
import { startLab, type Lab } from '../support/lab.ts';

vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()));
vi.setConfig({ testTimeout: 600_000 });

const MINUTE = 60_000;
const WAIT = { timeout: 300_000, interval: 5 };
const POLICIES = render(join(K8S, 'policies/kyverno/sources')).filter(({ kind }) => kind === 'GeneratingPolicy');
const PATHS: Readonly<Record<string, string>> = {
  Secret: '/api/v1/namespaces/media/secrets',
  ReplicationSource: '/apis/volsync.backube/v1alpha1/namespaces/media/replicationsources',
};

let lab: Lab;
let api: Api;
let clock: StoryClock;

beforeEach(async () => {
  // The sources of these stories save at minute 49: none is due while one is told.
  clock = storyClock('2026-11-16T08:52:00Z');
  lab = await startLab({ clock: () => new Date(clock.now()) });
  api = openApi(lab.sandbox.kubeconfig('admin'));
  const media = namespace('media');
  const annotations = { 'volsync.backube/privileged-movers': 'true' };
  lab.kube.apply({ ...media, metadata: { ...media.metadata, annotations } });
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint));
  // The first run of all publishes the index: from then on claims are watched.
  await run();
});

afterEach(async () => {
  await api.close();
  await lab[Symbol.asyncDispose]();
});

async function run(): ReturnType<Lab['run']> {
  clock.later(7 * MINUTE);
  const ran = await lab.run(['--quiet-period', '0s', '--sources', 'off'], { now: clock.now });
  await lab.volsync.idle(300_000);
  return ran;
}

/** Kyverno sees an update of the claim. */
async function kyverno(): Promise<void> {
  const object = lab.kube.get('PersistentVolumeClaim', 'media', 'plex');
  if (object === undefined) throw new Error('there is no such claim');
  const kinds = ['Secret', 'ReplicationSource', 'ConfigMap'].flatMap((kind) => lab.kube.list(kind));
  const resource = resourceOf('PersistentVolumeClaim');
  const review = { operation: 'UPDATE', resource, subresource: '', namespace: 'media', name: 'plex', object } as const;
  for (const policy of POLICIES) {
    const make = generatingPolicy(policy);
    for (const one of make({ ...review, old: object, user: 'controller', dryRun: false }, worldOf(kinds)))
      await generate(policy, one);
  }
}

/** By server-side apply, with Kyverno's own labels. */
async function generate({ metadata: { name: policy } }: ObjectInput, made: ObjectInput): Promise<void> {
  const labels = { 'app.kubernetes.io/managed-by': 'kyverno', 'generate.kyverno.io/policy-name': policy };
  const { stringData, ...rest } = made;
  const texts = Object.entries(fieldsAt({ stringData }, 'stringData'));
  const encoded = texts.map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')] as const);
  const data = { ...fieldsAt(made, 'data'), ...Object.fromEntries(encoded) };
  const body = {
    ...rest,
    metadata: { ...made.metadata, labels: { ...made.metadata.labels, ...labels } },
    ...(made.kind === 'Secret' && { data }),
  };
  const path = `${PATHS[made.kind]}/${made.metadata.name}`;
  const answer = await api.request('PATCH', path, {
    type: APPLY,
    body,
    query: { fieldManager: 'generate', force: 'true' },
  });
  expect(answer.code).toBeLessThan(300);
}

/** The claim comes, is bound and written to, and Kyverno sees that. */
async function arrive(from?: string): Promise<void> {
  const made = claim({ namespace: 'media', name: 'plex', labels: { backup: 'hourly' }, size: '10Gi' });
  const spec = fieldsAt(made, 'spec');
  const dataSourceRef = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: from };
  lab.kube.apply({ ...made, spec: { ...spec, ...(from !== undefined && { dataSourceRef }) } });
  await vi.waitFor(() => lab.volsync.write('media', 'plex'), WAIT);
  await kyverno();
  await lab.volsync.idle(300_000);
}

function source(): KubeObject | undefined {
  return lab.kube.get('ReplicationSource', 'media', 'plex-backup');
}

function destination(): KubeObject | undefined {
  return lab.kube.get('ReplicationDestination', 'media', 'plex-restore');
}

function password(): string {
  const secret = lab.kube.get('Secret', 'media', 'plex-volsync-secret');
  return Buffer.from(text(secret, 'data.RESTIC_PASSWORD') ?? '', 'base64').toString();
}

test('the worker makes no source and no Secret beside Kyverno’s, and renews the restore point by its schedule', async () => {
  await arrive();
  const said: string[] = [];
  for (let runs = 0; runs < 4; runs += 1) {
    const { code, performed, findings } = await run();
    said.push(...performed);
    expect([code, findings]).toEqual([0, []]);
  }

  expect(said.filter((one) => /source|credentials|password/.test(one))).toEqual([]);
  expect(lab.kube.list('ReplicationSource').map(({ metadata }) => metadata.name)).toEqual(['plex-backup']);
  // A backup that began after the last run has moved the hour on, and never the minute.
  const minute = new Date(text(source(), 'status.nextSyncTime') ?? '').toISOString().slice(14);
  expect(text(destination(), 'metadata.annotations.volsync-prewarm/next-backup')?.slice(14)).toBe(minute);
  // The one note that is written on it.
  expect(source()?.metadata.annotations).toEqual({ 'volsync-prewarm/has-backup': 'true' });

  lab.forget();
  const steady = await run();
  expect([steady.code, steady.findings, lab.writes()]).toEqual([0, [], []]);
});

test('a lock that a dead mover has left is removed through it, and Kyverno leaves that alone', async () => {
  await arrive();
  await run();
  const lock = hexId('a lock');
  lab.s3.put(`media/plex/locks/${lock}`, '{}', { at: new Date(clock.now() - 60 * MINUTE) });
  lab.volsync.failMovers({ kind: 'ReplicationSource', namespace: 'media', name: 'plex-backup' }, { permanently: true });
  lab.kube.patch('ReplicationSource', 'media', 'plex-backup', { spec: { trigger: { manual: 'now' } } });
  await vi.waitFor(async () => {
    await run();
    expect(text(source(), 'spec.restic.unlock')).toBe(lock.slice(0, 8));
  }, WAIT);

  await kyverno();
  expect(text(source(), 'spec.restic.unlock')).toBe(lock.slice(0, 8));
  expect(source()?.metadata.annotations).toMatchObject({ 'volsync-prewarm/has-backup': 'true' });
});

test('the source goes with its claim, the Secret stays, and the next claim of the name comes back with its data', async () => {
  await arrive();
  await vi.waitFor(async () => {
    await run();
    expect(at(destination(), 'status.latestImage')).toBeDefined();
  }, WAIT);
  const [saved] = lab.s3.keys('media/plex/snapshots/');

  lab.kube.remove('PersistentVolumeClaim', 'media', 'plex');
  await lab.volsync.idle(300_000);
  expect([source(), password()]).toEqual([undefined, 'fixture-password']);

  // On the day of the rebuild somebody mistypes the password: what opens the repository stays.
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint, { RESTIC_PASSWORD: 'mistyped' }));
  await arrive('plex-restore');
  await run();
  const { code } = await run();
  expect([code, password()]).toEqual([0, 'fixture-password']);
  expect(lab.index()['media.plex']).toMatch(/^attach /);
  expect(source()).toBeDefined();
  expect(lab.s3.keys('media/plex/snapshots/')).toContain(saved);
});

test('the component goes with any overlay, and says what the worker leaves to Kyverno', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'prewarm-overlay-'));
  for (const overlay of ['safe', 'safe-kyverno', 'observe']) {
    const [base, component] = [`overlays/${overlay}`, 'components/kyverno-sources'].map((path) =>
      relative(folder.path, join(K8S, path)),
    );
    await writeFile(
      join(folder.path, 'kustomization.yaml'),
      `kind: Kustomization\nresources: [${base}]\ncomponents: [${component}]\n`,
    );
    const objects = render(folder.path);
    const settings = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'volsync-prewarm');

    expect(text(settings, 'data.PREWARM_SOURCES')).toBe('off');
    expect(objects.flatMap(({ kind, metadata }) => (kind === 'GeneratingPolicy' ? metadata.name : []))).toEqual([
      'volsync-prewarm-source',
      'volsync-prewarm-credentials',
    ]);
  }
});
