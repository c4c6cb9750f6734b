/**
 * Claim records over the wire: a run writes them, the cluster is lost with everything in it, and what Git alone cannot know comes
 * back from the bucket. Whoever holds the bucket's keys can write one, so nothing that gives access to something ever does.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { at, fieldsAt, text, type KubeObject } from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, namespace } from '../../sandbox/story.ts';
import { startLab, type Lab } from '../support/lab.ts';

vi.setConfig({ testTimeout: 600_000 });

const MINUTE = 60_000;
const WAIT = { timeout: 300_000, interval: 5 };
/** A name with a dot: the record's key, the index and the Secret's name have to carry it. */
const NAME = 'plex.config';
const PATH = `.volsync-prewarm/claims/media/${NAME}.json`;
const LABELS = { backup: 'daily' };
const MOVER = { runAsUser: 568, runAsGroup: 568, fsGroup: 568 };

let lab: Lab;
let clock: { now: number };

beforeEach(async () => {
  clock = { now: Date.parse('2026-11-16T08:20:00Z') };
  lab = await startLab({ clock: () => new Date(clock.now) });
  install();
});

afterEach(() => lab[Symbol.asyncDispose]());

/** What Git has beside the application. */
function install(): void {
  lab.kube.apply(namespace('media'));
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint));
}

async function run(): ReturnType<Lab['run']> {
  clock.now += 7 * MINUTE;
  const ran = await lab.run(['--quiet-period', '0s'], { now: () => clock.now });
  await lab.volsync.idle(300_000);
  return ran;
}

function destination(): KubeObject | undefined {
  return lab.kube.get('ReplicationDestination', 'media', `${NAME}-restore`);
}

function source(): KubeObject | undefined {
  return lab.kube.get('ReplicationSource', 'media', `${NAME}-backup`);
}

/** The first life of the application: until its record is in the bucket. */
async function live(): Promise<void> {
  await run();
  const made = claim({
    namespace: 'media',
    name: NAME,
    labels: LABELS,
    annotations: { 'volsync-prewarm/mover': '568:568:568' },
    size: '3Gi',
    storageClass: 'csi-hostpath-wait',
  });
  lab.kube.apply({ ...made, spec: { ...fieldsAt(made, 'spec'), accessModes: ['ReadWriteOncePod'] } });
  // A consumer is scheduled: with this class nothing is bound before.
  lab.kube.patch('PersistentVolumeClaim', 'media', NAME, {
    metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'node-1' } },
  });
  await vi.waitFor(() => lab.volsync.write('media', NAME), WAIT);
  await vi.waitFor(async () => {
    await run();
    expect(at(source(), 'spec.restic.retain')).toEqual({ daily: 14, within: '3d' });
    expect(lab.s3.get(PATH)?.toString()).toContain('"origin":"fresh@');
  }, WAIT);
}

/** The cluster is lost, the index and all restore points with it. Then Git brings back everything but the application. */
function lose(): void {
  lab.kube.remove('Namespace', '', 'media');
  for (const { metadata } of lab.kube.list('ReplicationDestination'))
    lab.kube.remove('ReplicationDestination', metadata.namespace ?? '', metadata.name);
  for (const kind of ['PersistentVolumeClaim', 'ReplicationSource', 'Secret', 'VolumeSnapshot'])
    expect(lab.kube.list(kind).filter(({ metadata }) => metadata.namespace === 'media')).toEqual([]);
  install();
}

function stored(): Record<string, unknown> {
  const found: unknown = JSON.parse(lab.s3.get(PATH)?.toString() ?? '{}');
  return typeof found === 'object' && found !== null ? { ...found } : {};
}

/** The record's requests since `forget`. */
function asked(): string[] {
  return lab.s3.requests.filter(({ url }) => url.includes('/claims/')).map(({ method }) => method);
}

test('size, class, access modes, mover, tier and origin come back from the bucket, and no more than one GET each', async () => {
  await live();
  lose();
  lab.forget();
  const { code, findings } = await run();
  expect(asked()).toEqual(['GET']);
  // It makes the index anew, and nothing had to be assumed.
  expect([code, findings.map(({ reason }) => reason)]).toEqual([0, ['index-missing']]);
  expect(destination()?.spec).toMatchObject({
    restic: {
      capacity: '3Gi',
      accessModes: ['ReadWriteOncePod'],
      storageClassName: 'csi-hostpath-wait',
      moverSecurityContext: MOVER,
    },
  });
  expect(destination()?.metadata.annotations).toMatchObject({ 'volsync-prewarm/capacity-from': 'record' });

  // The application comes back without a word about its mover.
  const again = claim({ namespace: 'media', name: NAME, labels: LABELS, size: '3Gi', from: `${NAME}-restore` });
  lab.kube.apply(again);
  await vi.waitFor(() => lab.volsync.write('media', NAME), WAIT);
  await vi.waitFor(async () => {
    await run();
    expect(source()).toBeDefined();
  }, WAIT);
  // The record says that a source of ours has saved what is there: retention goes on where it was, and asks nobody.
  expect(at(source(), 'spec.restic')).toMatchObject({
    retain: { daily: 14, within: '3d' },
    moverSecurityContext: MOVER,
  });
  expect(text(source(), 'spec.trigger.schedule')).toMatch(/^\d+ 2 \* \* \*$/);
  expect(text(source(), 'metadata.annotations.volsync-prewarm/origin')).toMatch(/^restored@/);
  expect(stored()).toMatchObject({ origin: expect.stringContaining('restored@'), ours: true, request: '3Gi' });
});

test('with the index alone lost, a claim that is there is what its record says of this very UID', async () => {
  await live();
  lab.kube.remove('ReplicationSource', 'media', `${NAME}-backup`);
  for (const { metadata } of lab.kube.list('ReplicationDestination'))
    lab.kube.remove('ReplicationDestination', metadata.namespace ?? '', metadata.name);
  const before = stored()['origin'];
  await run();
  await run();
  expect(text(source(), 'metadata.annotations.volsync-prewarm/origin')).toMatch(/^fresh@/);
  expect(stored()['origin']).toEqual(before);
  expect(at(source(), 'spec.restic.retain')).toEqual({ daily: 14, within: '3d' });
});

test.each([
  ['root', { moverSecurityContext: '{"runAsUser":0}' }, undefined],
  [
    'an account, volumes and an authority',
    {
      moverSecurityContext: '{"runAsUser":568}',
      moverServiceAccount: '"cluster-admin"',
      moverVolumes: '[{"mountPath":"x"}]',
      customCA: '{"secretName":"theirs"}',
    },
    { runAsUser: 568 },
  ],
])('a forged record gives nobody %s, an address or an acceptance; its size is believed', async (_, fields, user) => {
  await live();
  lose();
  const forged = {
    request: '4Gi',
    repository: 's3:http://elsewhere.example/bucket',
    accept: 'uid',
    accepted: true,
    mover: { cacheAccessModes: [], cacheCapacity: null, cacheStorageClass: null, fields },
  };
  lab.s3.put(PATH, JSON.stringify({ ...stored(), ...forged }));
  await run();
  const restic = fieldsAt(destination(), 'spec.restic');
  expect(restic).toMatchObject({ capacity: '4Gi', repository: `${NAME}-volsync-secret` });
  expect(restic['moverSecurityContext']).toEqual(user);
  for (const field of ['moverServiceAccount', 'moverVolumes', 'customCA']) expect(restic[field]).toBeUndefined();
  const secret = lab.kube.get('Secret', 'media', `${NAME}-volsync-secret`);
  expect(Buffer.from(text(secret, 'data.RESTIC_REPOSITORY') ?? '', 'base64').toString()).toBe(
    `s3:${lab.s3.endpoint}/volsync-backups/media/${NAME}`,
  );
  expect(destination()?.metadata.annotations?.['volsync-prewarm/accept']).toBeUndefined();
});

test.each([
  ['garbage', () => 'no JSON', '10Gi'],
  ['of another claim', () => JSON.stringify({ ...stored(), claim: 'another' }), '10Gi'],
  ['of a newer version', () => JSON.stringify({ ...stored(), version: 9, request: '8Gi' }), 'left as it is'],
  ['a megabyte', () => JSON.stringify({ ...stored(), padding: 'x'.repeat(2 ** 20) }), '10Gi'],
  ['empty', () => '', '10Gi'],
])('a record that is %s is no evidence: the size is assumed, and nothing fails', async (_, body, wanted) => {
  await live();
  lose();
  const written = body();
  lab.s3.put(PATH, written);
  const { code, findings } = await run();
  expect([code, findings.map(({ reason }) => reason)]).toEqual([0, expect.arrayContaining(['capacity-assumed'])]);
  expect(at(destination(), 'spec.restic.capacity')).toBe('10Gi');

  // Once the claim is there again its record is written anew, but never over what a newer program wrote.
  lab.kube.apply(claim({ namespace: 'media', name: NAME, labels: LABELS, size: '10Gi', from: `${NAME}-restore` }));
  await vi.waitFor(() => lab.volsync.write('media', NAME), WAIT);
  await vi.waitFor(async () => {
    await run();
    expect(source()).toBeDefined();
  }, WAIT);
  await run();
  const isLeft = lab.s3.get(PATH)?.toString() === written;
  expect(isLeft ? 'left as it is' : stored()['request']).toBe(wanted);
});

test('without the right to write a record there is one warning in a run, and the claim has all the rest', async () => {
  const refuse = lab.s3.answer(({ method, url }) =>
    method === 'PUT' && url.includes('/claims/')
      ? { status: 403, body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' }
      : undefined,
  );
  await run();
  for (const name of [NAME, 'other']) lab.kube.apply(claim({ namespace: 'media', name, labels: LABELS }));
  for (const name of [NAME, 'other']) await vi.waitFor(() => lab.volsync.write('media', name), WAIT);
  const all: string[][] = [];
  await vi.waitFor(async () => {
    const ran = await run();
    all.push(ran.recorded);
    expect(ran.code).toBe(0);
    expect(text(source(), 'metadata.annotations.volsync-prewarm/origin')).toMatch(/^fresh@/);
    expect(ran.recorded).not.toEqual([]);
  }, WAIT);
  expect(all.filter((one) => one.length > 0)).toEqual([[expect.stringMatching(/^AccessDenied/)]]);
  refuse();
  expect((await run()).recorded).toEqual(['2 written']);
});

test('without the right to read a record the size is assumed, and nobody asks for it again', async () => {
  await live();
  lose();
  const refuse = lab.s3.answer(({ method, url }) =>
    method === 'GET' && url.includes('/claims/')
      ? { status: 403, body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' }
      : undefined,
  );
  lab.forget();
  const { code, findings } = await run();
  // The SDK asks a server again whose clock is another one, as that of this story is.
  expect([code, new Set(asked())]).toEqual([0, new Set(['GET'])]);
  expect(findings.map(({ reason }) => reason)).toContain('capacity-assumed');
  expect(at(destination(), 'spec.restic.capacity')).toBe('10Gi');

  lab.forget();
  await run();
  expect(asked()).toEqual([]);
  refuse();
});
