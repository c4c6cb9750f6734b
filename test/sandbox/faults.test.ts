import { afterEach, beforeEach, expect, test } from 'vitest';
import { at, text, type KubeObject } from '../../sandbox/kube/objects.ts';
import { StatusError } from '../../sandbox/kube/errors.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { claim, destination, namespace, repository, repositoryCredentials, source } from '../../sandbox/story.ts';

let box: Sandbox;

beforeEach(async () => {
  box = await startSandbox({ moverMillis: 5, stepMillis: 1, retryMillis: 2, populateMillis: 1 });
  box.kube.apply(namespace('media'));
  box.kube.apply(repositoryCredentials({ namespace: 'media', claim: 'data' }, box.s3.endpoint));
});

afterEach(() => box.stop());

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 5000 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(what()).toBe(true);
}

function rd(): KubeObject | undefined {
  return box.kube.get('ReplicationDestination', 'media', 'data-restore');
}

function job(): KubeObject | undefined {
  return box.kube.get('Job', 'media', 'volsync-dst-data-restore');
}

function images(): KubeObject[] {
  return box.kube.list('VolumeSnapshot', 'media');
}

function locks(): string[] {
  return box.s3.keys('media/data/locks/');
}

const log = (): string => text(rd(), 'status.latestMoverStatus.logs') ?? '';
const held = (): string | null | undefined => box.volsync.holds(text(rd(), 'status.latestImage.name') ?? '', 'media');
const restoreTo = (tag: string, restic: Record<string, unknown> = {}): void =>
  void box.kube.apply(destination({ namespace: 'media', claim: 'data', tag, restic }));

const at9 = new Date('2026-11-20T09:00:00Z');
const at10 = new Date('2026-11-20T10:00:00Z');
const at11 = new Date('2026-11-20T11:00:00Z');

test("a restore takes the newest by restic's own time, whatever the bucket says", async () => {
  const [late] = repository(box.s3, 'media/data', [
    { seed: 'mirrored first', at: at9, began: at10 },
    { seed: 'mirrored last', at: at11, began: at9 },
  ]);
  restoreTo('a');
  await box.volsync.idle();
  expect(held()).toBe(late);
  expect(log()).toContain('at 2026-11-20 10:00:00');
});

test('R4: a snapshot that is dated in the future is the newest to restic', async () => {
  const began = new Date(Date.now() + 86_400_000);
  const [, future] = repository(box.s3, 'media/data', ['one', { seed: 'future', at: new Date(), began }]);
  restoreTo('a');
  await box.volsync.idle();
  expect(held()).toBe(future);
});

test('a snapshot without /data is not eligible: the one before it is taken', async () => {
  const [first] = repository(box.s3, 'media/data', ['one', { seed: 'two', paths: ['/srv'] }]);
  restoreTo('a');
  await box.volsync.idle();
  expect(held()).toBe(first);
});

test('restoreAsOf and previous choose; before the oldest it succeeds empty, and the good image is gone', async () => {
  const [first, second] = repository(box.s3, 'media/data', [
    { seed: 'one', at: at9 },
    { seed: 'two', at: at11 },
  ]);
  restoreTo('a', { restoreAsOf: '2026-11-20T10:00:00Z' });
  await box.volsync.idle();
  expect(held()).toBe(first);
  restoreTo('b', { previous: 0 });
  await box.volsync.idle();
  expect(held()).toBe(second);
  const [good] = images();
  restoreTo('c', { restoreAsOf: '2026-11-20T08:59:59Z' });
  await box.volsync.idle();
  expect(log()).toContain('No data will be restored');
  expect(text(rd(), 'status.latestMoverStatus.result')).toBe('Successful');
  expect(images()).toHaveLength(1);
  expect(images()[0]?.metadata.name).not.toBe(good?.metadata.name);
});

test('a volume that is too small for the data fails for ever, and fits once it has grown', async () => {
  const [id = ''] = repository(box.s3, 'media/data', ['one']);
  box.volsync.weigh(id, 3 * 2 ** 30);
  restoreTo('a');
  await until(() => text(rd(), 'status.latestMoverStatus.result') === 'Failed');
  expect(log()).toContain('no space left on device');
  box.kube.patch('ReplicationDestination', 'media', 'data-restore', { spec: { restic: { capacity: '4Gi' } } });
  // Grown at the next sync only; a failing mover goes on as it is.
  box.kube.remove('ReplicationDestination', 'media', 'data-restore');
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a', capacity: '4Gi' }));
  await until(() => held() === id);
});

test.each([
  ['less', '500Mi', true, /can not be less than/],
  ['more on a class that cannot expand', '5Gi', false, /storageclass .* must support resize/],
])('C19: a capacity of %s is an error that lasts', async (_what, capacity, expands, words) => {
  repository(box.s3, 'media/data', ['one']);
  box.kube.patch('StorageClass', '', 'csi-hostpath-sc', { allowVolumeExpansion: expands });
  restoreTo('a');
  await box.volsync.idle();
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'b', capacity }));
  await until(() => words.test(JSON.stringify(rd())));
  expect(rd()?.status).toMatchObject({ lastManualSync: 'a', conditions: [{ reason: 'Error' }] });
});

test.each([
  ['no-pod', { ready: 0 }],
  ['not-ready', { active: 1, ready: 0 }],
] as const)('C14: a mover hangs with %s: its Job is all that tells', async (how, status) => {
  repository(box.s3, 'media/data', ['one']);
  const lift = box.volsync.hangMovers({ name: 'data-restore' }, how);
  restoreTo('a');
  await until(() => at(job(), 'status.startTime') !== undefined && at(job(), 'status.ready') === 0);
  await box.volsync.idle();
  expect(job()?.status).toMatchObject(status);
  expect(at(job(), 'status.active') === undefined).toBe(how === 'no-pod');
  expect(box.kube.list('Event').map((event) => text(event, 'reason'))).toEqual(
    how === 'no-pod' ? ['FailedCreate'] : [],
  );
  expect(locks()).toEqual([]);
  lift();
  await until(() => text(rd(), 'status.lastManualSync') === 'a');
});

test('a mover that works is active and ready', async () => {
  repository(box.s3, 'media/data', ['one']);
  const seen: unknown[] = [];
  box.kube.onChange(({ object }) => object.kind === 'Job' && seen.push(object.status));
  restoreTo('a');
  await box.volsync.idle();
  expect(seen).toContainEqual(expect.objectContaining({ active: 1, ready: 1 }));
  expect(seen).toContainEqual(expect.objectContaining({ succeeded: 1, ready: 0 }));
});

test('F35: an image may be ready long after its sync, and an error may stand in it', async () => {
  repository(box.s3, 'media/data', ['one']);
  const stop = box.volsync.spoilImages({}, { ready: 300 });
  restoreTo('a');
  await box.volsync.idle();
  expect(images()).toMatchObject([
    { status: { readyToUse: false, boundVolumeSnapshotContentName: expect.any(String) } },
  ]);
  await until(() => images()[0]?.status?.['readyToUse'] === true);
  stop();
  box.volsync.spoilImages({}, { ready: 'never', error: 'the driver has no room' });
  restoreTo('b');
  await box.volsync.idle();
  expect(images()).toMatchObject([{ status: { readyToUse: false, error: { message: 'the driver has no room' } } }]);
  expect(rd()?.status).toMatchObject({ lastManualSync: 'b', latestImage: { name: images()[0]?.metadata.name } });
});

test.each([
  ['no', 0, /cannot find default snapshot class/],
  ['two', 2, /2 default snapshot classes/],
])('C14: with %s default classes the mover succeeds, and the sync never ends', async (_what, count, words) => {
  repository(box.s3, 'media/data', ['one']);
  const [first] = box.kube.list('VolumeSnapshotClass');
  if (count === 0)
    box.kube.patch('VolumeSnapshotClass', '', 'csi-hostpath-snapclass', { metadata: { annotations: null } });
  else if (first !== undefined)
    box.kube.apply({ ...first, metadata: { name: 'second', annotations: first.metadata.annotations ?? {} } });
  const { spec, ...rest } = destination({ namespace: 'media', claim: 'data', tag: 'a' });
  box.kube.apply({ ...rest, spec });
  box.kube.patch('ReplicationDestination', 'media', 'data-restore', {
    spec: { restic: { volumeSnapshotClassName: null } },
  });
  await until(() => images().length === 1);
  await box.volsync.idle();
  expect(text(images()[0], 'status.error.message')).toMatch(words);
  expect(job()?.status).toMatchObject({ succeeded: 1 });
  expect(rd()?.status).toMatchObject({
    lastSyncStartTime: expect.any(String),
    latestMoverStatus: { result: 'Successful' },
  });
  expect(at(rd(), 'status.latestImage')).toBeUndefined();
});

test('F5: a mover that fails holds a lock while it works; one that is killed leaves it, and every backup then fails', async () => {
  repository(box.s3, 'media/data', ['one']);
  const counts: number[] = [];
  box.kube.onChange(({ object }) => object.kind === 'Job' && counts.push(locks().length));
  const stop = box.volsync.failMovers({ kind: 'ReplicationDestination' }, { permanently: true });
  restoreTo('a');
  await until(() => Number(at(job(), 'status.failed') ?? 0) >= 2);
  stop();
  await until(() => text(rd(), 'status.lastManualSync') === 'a');
  expect(locks()).toEqual([]);
  box.volsync.failMovers({ kind: 'ReplicationDestination' }, { times: 1, dies: true });
  restoreTo('b');
  await until(() => text(rd(), 'status.lastManualSync') === 'b');
  expect(locks()).toHaveLength(1);
  box.kube.apply(claim({ namespace: 'media', name: 'data' }));
  await box.volsync.idle();
  box.volsync.write('media', 'data');
  box.kube.apply(source({ namespace: 'media', claim: 'data', manual: 'one' }));
  const before = box.s3.keys('media/data/snapshots/').length;
  await until(() => box.s3.keys('media/data/snapshots/').length >= before + 3);
});

test('a mover may appear once more after its destination was deleted', async () => {
  repository(box.s3, 'media/data', ['one']);
  restoreTo('a');
  await box.volsync.idle();
  box.volsync.hauntMovers({ name: 'data-restore' });
  box.kube.remove('ReplicationDestination', 'media', 'data-restore');
  await until(() => job() !== undefined && locks().length === 1);
  await until(() => job() === undefined);
  expect(locks()).toEqual([]);
});

test.each([
  [0, ''],
  [40, 'by root@volsync to .\nRestic completed in 1s'.slice(-40)],
])('MOVER_LOG_MAX_BYTES=%d in the operator cuts the log to its end', async (bytes, kept) => {
  repository(box.s3, 'media/data', ['one']);
  const env = [{ name: 'MOVER_LOG_MAX_BYTES', value: String(bytes) }];
  box.kube.patch('Deployment', 'volsync-system', 'volsync', {
    spec: { template: { spec: { containers: [{ name: 'manager', env }] } } },
  });
  restoreTo('a');
  await box.volsync.idle();
  expect(log()).toBe(kept);
});

test("C27: VolSync's own claims go through admission: a refusal is an error of the destination", async () => {
  repository(box.s3, 'media/data', ['one']);
  const stop = box.kube.admit(({ object }) => {
    if (object.metadata.name.startsWith('volsync-')) throw new StatusError(403, 'denied request: not here');
    return undefined;
  });
  restoreTo('a');
  await until(() => JSON.stringify(rd()).includes('denied request: not here'));
  stop();
  await until(() => text(rd(), 'status.lastManualSync') === 'a');
  expect(images()).toHaveLength(1);
});

test('a new source syncs at once, whatever its schedule; without its claim it only says that it does', async () => {
  box.kube.apply(source({ namespace: 'media', claim: 'data', schedule: '0 0 1 1 *' }));
  await until(
    () => text(box.kube.get('ReplicationSource', 'media', 'data-backup'), 'status.lastSyncStartTime') !== undefined,
  );
  expect(box.kube.list('Job')).toEqual([]);
  box.kube.apply(claim({ namespace: 'media', name: 'data' }));
  await until(
    () => text(box.kube.get('ReplicationSource', 'media', 'data-backup'), 'status.lastSyncTime') !== undefined,
  );
});
