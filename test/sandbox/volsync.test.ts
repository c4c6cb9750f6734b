import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { at, fieldsAt, text, type KubeObject } from '../../sandbox/kube/objects.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { claim, destination, namespace, repository, repositoryCredentials } from '../../sandbox/story.ts';

let box: Sandbox;

beforeEach(async () => {
  box = await startSandbox({ moverMillis: 25, stepMillis: 1, retryMillis: 2, populateMillis: 1 });
});

afterEach(() => box.stop());

const NEWEST = '0733cad4c4ca4c59696694d8aff8217197aa8e8f97397c5549bb4bbd44d43bf7';

function world(ns: string, name: string): void {
  box.kube.apply(namespace(ns));
  box.kube.apply(repositoryCredentials({ namespace: ns, claim: name }, box.s3.endpoint));
}

function rd(ns = 'media', name = 'data-restore'): KubeObject {
  const found = box.kube.get('ReplicationDestination', ns, name);
  if (found === undefined) throw new Error('no destination');
  return found;
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(what()).toBe(true);
}

function reasons(events: KubeObject[]): string[] {
  return [...new Set(events.map((event) => text(event, 'reason') ?? ''))].sort();
}

/** The keys of a status, the reason in its condition, the keys of its latestMoverStatus. */
function shape(status: unknown): string {
  const conditions = at(status, 'conditions');
  const reasons = Array.isArray(conditions) ? conditions.map((one) => text(one, 'reason')) : null;
  return JSON.stringify([
    Object.keys(fieldsAt({ status }, 'status')).sort(),
    reasons,
    Object.keys(fieldsAt(status, 'latestMoverStatus')).sort(),
  ]);
}

test('restores a real repository: the newest snapshot, proven by the log', async () => {
  await box.s3.fill();
  world('home-assistant', 'config');
  const ids = box.s3.objects('home-assistant/config/snapshots/').sort((a, b) => a.at.getTime() - b.at.getTime());
  const newest = ids.at(-1)?.key.split('/').at(-1) ?? '';
  expect(ids.map((object) => object.key)).toContain(`home-assistant/config/snapshots/${NEWEST}`);
  box.kube.apply(
    destination({ namespace: 'home-assistant', claim: 'config', tag: newest.slice(0, 8), capacity: '2Gi' }),
  );
  await box.volsync.idle();
  const { status } = rd('home-assistant', 'config-restore');
  expect(status).toMatchObject({ lastManualSync: newest.slice(0, 8), latestMoverStatus: { result: 'Successful' } });
  expect(text(status, 'latestMoverStatus.logs')).toContain(
    `restoring snapshot ${newest.slice(0, 8)} of [/data] at 2026-11-21 07:`,
  );
  const image = text(status, 'latestImage.name') ?? '';
  expect(image).toMatch(/^volsync-config-restore-dest-\d{14}$/);
  expect(box.volsync.holds(image)).toBe(newest);
  expect(box.kube.get('VolumeSnapshot', 'home-assistant', image)?.status).toMatchObject({
    readyToUse: true,
    restoreSize: '2Gi',
  });
  expect(box.kube.list('PersistentVolumeClaim').map((found) => found.metadata.name)).toEqual([
    'volsync-config-restore-dest',
    'volsync-dst-config-restore-cache',
  ]);
  expect(box.kube.list('Job')).toEqual([]);
  expect(box.s3.keys('home-assistant/config/locks/')).toEqual([]);
});

test('writes the status in the order and with the keys of a real one', async () => {
  const lines = readFileSync(
    new URL('../fixtures/sequences/replicationdestination-restore.jsonl', import.meta.url),
    'utf8',
  )
    .trim()
    .split('\n');
  const real = lines.map((line) => shape(at(JSON.parse(line), 'status')));
  const seen: string[] = [];
  box.kube.onChange((change) => {
    if (change.object.kind === 'ReplicationDestination') seen.push(shape(change.object.status));
  });
  world('media', 'data');
  repository(box.s3, 'media/data', ['one']);
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  await box.volsync.idle();
  expect(seen).toEqual(real);
});

test('an empty repository "succeeds" with an empty image and leaves a config behind', async () => {
  world('media', 'data');
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  await box.volsync.idle();
  const image = text(rd(), 'status.latestImage.name') ?? '';
  expect(box.volsync.holds(image)).toBeNull();
  expect(text(rd(), 'status.latestMoverStatus.logs')).toMatch(
    /^=== Initialize Dir ===\ncreated restic repository [0-9a-f]{10} at s3:http:.*media\/data\nNo eligible snapshots found\n=== No data will be restored ===\nRestic completed in 1s$/,
  );
  expect(box.s3.keys('media/data/').map((key) => key.replace(/[0-9a-f]{64}/, '<id>'))).toEqual([
    'media/data/config',
    'media/data/keys/<id>',
  ]);
});

test('a new tag restores again and replaces the image; a tag changed during a sync starts none', async () => {
  world('media', 'data');
  const [first] = repository(box.s3, 'media/data', ['one']);
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  await box.volsync.idle();
  const before = text(rd(), 'status.latestImage.name') ?? '';
  expect(box.volsync.holds(before)).toBe(first);
  const [second] = repository(box.s3, 'media/data', [{ seed: 'two', at: new Date() }]);
  let starts = 0;
  box.kube.onChange(({ object, old }) => {
    if (
      object.kind === 'ReplicationDestination' &&
      at(object, 'status.lastSyncStartTime') !== undefined &&
      at(old, 'status.lastSyncStartTime') === undefined
    )
      starts += 1;
  });
  box.kube.patch('ReplicationDestination', 'media', 'data-restore', { spec: { trigger: { manual: 'b' } } });
  await until(() => box.volsync.concurrent === 1);
  box.kube.patch('ReplicationDestination', 'media', 'data-restore', { spec: { trigger: { manual: 'c' } } });
  expect(rd().status).toMatchObject({
    lastManualSync: 'a',
    latestImage: { name: before },
    latestMoverStatus: { result: 'Successful' },
  });
  await box.volsync.idle();
  expect(rd().status).toMatchObject({ lastManualSync: 'c' });
  expect(starts).toBe(1);
  const after = text(rd(), 'status.latestImage.name') ?? '';
  expect(after).not.toBe(before);
  expect(box.volsync.holds(after)).toBe(second);
  expect(box.kube.list('VolumeSnapshot').map((image) => image.metadata.name)).toEqual([after]);
});

test('a missing Secret is an error that lasts until it comes', async () => {
  box.kube.apply(namespace('media'));
  repository(box.s3, 'media/data', ['one']);
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  await until(() => at(rd(), 'status.conditions') !== undefined && JSON.stringify(rd().status).includes('not found'));
  expect(rd().status).toMatchObject({
    lastSyncStartTime: expect.any(String),
    conditions: [{ reason: 'Error', message: 'Secret "data-volsync-secret" not found' }],
  });
  await box.volsync.idle();
  box.kube.apply(repositoryCredentials({ namespace: 'media', claim: 'data' }, box.s3.endpoint));
  await until(() => text(rd(), 'status.lastManualSync') === 'a');
});

test('a failing mover tells only through its Job, until the eighth pod', async () => {
  world('media', 'data');
  repository(box.s3, 'media/data', ['one']);
  const lift = box.volsync.failMovers({ name: 'data-restore' }, { permanently: true });
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  const job = () => box.kube.get('Job', 'media', 'volsync-dst-data-restore');
  await until(() => at(job(), 'status.failed') === 2);
  expect(rd().status).toMatchObject({ latestMoverStatus: {}, lastSyncStartTime: expect.any(String) });
  expect(job()?.metadata.labels).toMatchObject({ 'volsync.backube/cleanup': rd().metadata.uid });
  const first = job()?.metadata.uid;
  await until(() => text(rd(), 'status.latestMoverStatus.result') === 'Failed');
  expect(text(rd(), 'status.latestMoverStatus.logs')).toContain('Fatal: There were 7 errors');
  await until(() => job() !== undefined && job()?.metadata.uid !== first);
  lift();
  await until(() => text(rd(), 'status.lastManualSync') === 'a');
});

test('a wrong password fails, another endpoint fails, nothing is written', async () => {
  world('media', 'data');
  world('media', 'other');
  repository(box.s3, 'media/data', ['one']);
  box.kube.apply(
    repositoryCredentials({ namespace: 'media', claim: 'data' }, box.s3.endpoint, { RESTIC_PASSWORD: 'wrong' }),
  );
  box.kube.apply(repositoryCredentials({ namespace: 'media', claim: 'other' }, 'http://127.0.0.1:1'));
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  box.kube.apply(destination({ namespace: 'media', claim: 'other', tag: 'a' }));
  await until(() => text(rd(), 'status.latestMoverStatus.result') === 'Failed');
  await until(() => text(rd('media', 'other-restore'), 'status.latestMoverStatus.result') === 'Failed');
  expect(text(rd(), 'status.latestMoverStatus.logs')).toContain('Fatal: wrong password or no key found');
  expect(text(rd('media', 'other-restore'), 'status.latestMoverStatus.logs')).toContain('connection refused');
  expect(box.s3.keys('media/other')).toEqual([]);
  await box.volsync.idle();
});

test('killing a mover, changing its spec or deleting its destination leaves a lock', async () => {
  world('media', 'data');
  repository(box.s3, 'media/data', ['one']);
  const locks = (): number => box.s3.keys('media/data/locks/').length;
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  await until(() => locks() === 1);
  expect(box.volsync.killMover('media', 'data-restore')).toBe(true);
  await until(() => locks() === 2);
  box.kube.patch('ReplicationDestination', 'media', 'data-restore', { spec: { restic: { previous: 0 } } });
  await until(() => locks() === 3);
  box.kube.remove('ReplicationDestination', 'media', 'data-restore');
  await box.volsync.idle();
  expect(locks()).toBe(3);
  expect(box.kube.list('Job')).toEqual([]);
  expect(box.kube.list('PersistentVolumeClaim')).toEqual([]);
});

test('without a trigger it loops', async () => {
  world('media', 'data');
  repository(box.s3, 'media/data', ['one']);
  const images = new Set<string>();
  box.kube.onChange(({ object }) => object.kind === 'VolumeSnapshot' && images.add(object.metadata.name));
  box.kube.apply(destination({ namespace: 'media', claim: 'data' }));
  await until(() => images.size >= 3);
  expect(text(rd(), 'status.lastManualSync')).toBeUndefined();
});

test('starts every mover at once, and stands still while paused', async () => {
  box.volsync.pause();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    world('media', name);
    box.kube.apply(destination({ namespace: 'media', claim: name, tag: 'x' }));
  }
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(rd('media', 'a-restore').status).toBeUndefined();
  box.volsync.resume();
  await box.volsync.idle();
  expect(box.volsync.concurrentMax).toBe(6);
});

test('a claim waits for its destination, then for the image, then binds with the data', async () => {
  world('media', 'data');
  const [id] = repository(box.s3, 'media/data', ['one']);
  box.kube.apply(claim({ namespace: 'media', name: 'data', from: 'data-restore' }));
  await until(() => box.kube.list('Event').length === 1);
  expect(box.volsync.contentOf('media', 'data')).toBeUndefined();
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  await until(() => text(box.kube.get('PersistentVolumeClaim', 'media', 'data'), 'status.phase') === 'Bound');
  await box.volsync.idle();
  expect(box.volsync.contentOf('media', 'data')).toBe(id);
  const bound = box.kube.get('PersistentVolumeClaim', 'media', 'data');
  const volume = box.kube.get('PersistentVolume', '', text(bound, 'spec.volumeName') ?? '');
  expect(volume?.metadata.annotations?.['volsync.backube/populated-from']).toBe(
    `media/${text(rd(), 'status.latestImage.name') ?? ''}`,
  );
  expect(reasons(box.kube.list('Event', 'media'))).toEqual([
    'VolSyncPopulatorFinished',
    'VolSyncPopulatorPVCCreated',
    'VolSyncPopulatorReplicationDestinationMissing',
    'VolSyncPopulatorReplicationDestinationNoLatestImage',
  ]);
  box.kube.remove('PersistentVolumeClaim', 'media', 'data');
  expect(box.kube.get('PersistentVolume', '', text(bound, 'spec.volumeName') ?? '')).toBeUndefined();
});

test('a claim smaller than the image hangs, and says so only on the populator claim', async () => {
  world('media', 'data');
  repository(box.s3, 'media/data', ['one']);
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a', capacity: '2Gi' }));
  await box.volsync.idle();
  const small = box.kube.apply(claim({ namespace: 'media', name: 'small', size: '500Mi', from: 'data-restore' }));
  await box.volsync.idle();
  expect(box.kube.get('PersistentVolumeClaim', 'media', 'small')?.status).toEqual({ phase: 'Pending' });
  const failure = box.kube.list('Event', 'media').find((event) => text(event, 'reason') === 'ProvisioningFailed');
  expect(failure?.['involvedObject']).toMatchObject({ name: `vs-prime-${small.metadata.uid}` });
});

test('a class that waits for its first consumer waits for a node', async () => {
  box.kube.apply(namespace('media'));
  box.kube.apply(claim({ namespace: 'media', name: 'data', storageClass: 'csi-hostpath-wait' }));
  await box.volsync.idle();
  expect(box.volsync.contentOf('media', 'data')).toBeUndefined();
  box.kube.patch('PersistentVolumeClaim', 'media', 'data', {
    metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } },
  });
  await box.volsync.idle();
  expect(box.volsync.contentOf('media', 'data')).toBeNull();
});
