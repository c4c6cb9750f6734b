import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { at, fieldsAt, text, type KubeObject } from '../../sandbox/kube/objects.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import {
  claim,
  destination,
  hexId,
  namespace,
  repository,
  repositoryCredentials,
  source,
} from '../../sandbox/story.ts';
import { nextTime } from '../../sandbox/volsync/completion.ts';

let box: Sandbox;
let now: Date;

beforeEach(async () => {
  now = new Date('2026-11-21T08:20:30Z');
  box = await startSandbox({ moverMillis: 15, stepMillis: 1, retryMillis: 2, populateMillis: 1, clock: () => now });
  box.kube.apply(namespace('media'));
  box.kube.apply(repositoryCredentials({ namespace: 'media', claim: 'data' }, box.s3.endpoint));
  box.kube.apply(claim({ namespace: 'media', name: 'data' }));
  await box.volsync.idle();
});

afterEach(() => box.stop());

function rs(): KubeObject | undefined {
  return box.kube.get('ReplicationSource', 'media', 'data-backup');
}

function snapshots(): string[] {
  return box.s3.keys('media/data/snapshots/').map((key) => key.split('/').at(-1) ?? '');
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(what()).toBe(true);
}

test('backs up as soon as it exists, and tells the snapshot and the next time', async () => {
  box.volsync.write('media', 'data');
  box.kube.apply(source({ namespace: 'media', claim: 'data' }));
  await box.volsync.idle();
  const [id = ''] = snapshots();
  expect(rs()?.status).toMatchObject({
    lastSyncTime: '2026-11-21T08:20:30Z',
    nextSyncTime: '2026-11-21T09:00:00Z',
    restic: {},
    conditions: [{ reason: 'WaitingForSchedule' }],
  });
  expect(text(rs(), 'status.latestMoverStatus.logs')).toContain(`created restic repository`);
  expect(text(rs(), 'status.latestMoverStatus.logs')).toContain(`snapshot ${id.slice(0, 8)} saved`);
  expect(box.s3.keys('media/data/').map((key) => key.split('/')[2])).toEqual([
    'config',
    'data',
    'index',
    'keys',
    'snapshots',
  ]);
  now = new Date('2026-11-21T09:00:01Z');
  await until(() => snapshots().length === 2);
  await box.volsync.idle();
});

/** The keys of a status and of its latestMoverStatus. */
function shape(status: unknown): string {
  const parts = [fieldsAt({ status }, 'status'), fieldsAt(status, 'latestMoverStatus')];
  return JSON.stringify(parts.map((fields) => Object.keys(fields).sort()));
}

test('writes the status in the order and with the keys of a real one', async () => {
  const file = new URL('../fixtures/sequences/replicationsource-backup.jsonl', import.meta.url);
  const real = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => shape(at(JSON.parse(line), 'status')));
  const seen: unknown[] = [];
  box.kube.onChange(({ object }) => object.kind === 'ReplicationSource' && seen.push(shape(object.status)));
  box.volsync.write('media', 'data');
  box.kube.apply(source({ namespace: 'media', claim: 'data', manual: 'first' }));
  await box.volsync.idle();
  expect(seen).toEqual(real);
});

test('an empty volume is not backed up, yet the backup is "successful"', async () => {
  box.kube.apply(source({ namespace: 'media', claim: 'data', manual: 'one' }));
  await box.volsync.idle();
  expect(rs()?.status).toMatchObject({
    lastManualSync: 'one',
    latestMoverStatus: { result: 'Successful', logs: '== Directory is empty skipping backup ===' },
  });
  expect(box.s3.keys('media/data/')).toEqual([]);
});

test('waits for a claim that is not Bound, without a Job; then backs up what was restored', async () => {
  const [id] = repository(box.s3, 'media/other', [{ seed: 'one', at: new Date('2026-11-20T00:00:00Z') }]);
  box.kube.apply(repositoryCredentials({ namespace: 'media', claim: 'other' }, box.s3.endpoint));
  box.kube.apply(claim({ namespace: 'media', name: 'other', from: 'other-restore' }));
  box.kube.apply(source({ namespace: 'media', claim: 'other', manual: 'one' }));
  await box.volsync.idle();
  expect(box.kube.list('Job')).toEqual([]);
  box.kube.apply(destination({ namespace: 'media', claim: 'other', tag: 'a' }));
  await until(
    () => text(box.kube.get('ReplicationSource', 'media', 'other-backup'), 'status.lastManualSync') === 'one',
  );
  await box.volsync.idle();
  expect(box.volsync.contentOf('media', 'other')).toBe(id);
  expect(box.s3.keys('media/other/snapshots/')).toHaveLength(2);
});

test('a lock of somebody else makes forget fail: every retry saves one more, until unlock after 30 minutes', async () => {
  box.volsync.write('media', 'data');
  const lock = `media/data/locks/${hexId('dead')}`;
  repository(box.s3, 'media/data', [{ seed: 'good', at: new Date('2026-11-20T00:00:00Z') }]);
  box.s3.put(lock, 'a lock', { at: now });
  box.kube.apply(source({ namespace: 'media', claim: 'data', manual: 'one', restic: { retain: { last: '2' } } }));
  await until(() => text(rs(), 'status.latestMoverStatus.result') === 'Failed');
  expect(text(rs(), 'status.latestMoverStatus.logs')).toContain(
    'unable to create lock in backend: repository is already locked',
  );
  expect(snapshots().length).toBeGreaterThanOrEqual(9);
  now = new Date(now.getTime() + 31 * 60_000);
  box.kube.patch('ReplicationSource', 'media', 'data-backup', { spec: { restic: { unlock: 'dead' } } });
  await until(() => text(rs(), 'status.lastManualSync') === 'one');
  expect(text(rs(), 'status.restic.lastUnlocked')).toBe('dead');
  expect(box.s3.keys(lock)).toEqual([]);
  expect(snapshots()).toHaveLength(2);
});

test('a number below zero is refused after the snapshot was saved: every retry saves one more', async () => {
  box.volsync.write('media', 'data');
  box.kube.apply(source({ namespace: 'media', claim: 'data', manual: 'one', restic: { retain: { hourly: -2 } } }));
  await until(() => snapshots().length >= 3);
  expect(rs()?.status).toMatchObject({ latestMoverStatus: {}, lastSyncStartTime: '2026-11-21T08:20:30Z' });
});

test.each([
  ['7 * * * *', '2026-11-21T09:07:00.000Z'],
  ['*/15 * * * *', '2026-11-21T08:30:00.000Z'],
  ['30 2 * * *', '2026-11-22T02:30:00.000Z'],
  ['@daily', '2026-11-22T00:00:00.000Z'],
  ['0 4 1-7 12 *', '2026-12-01T04:00:00.000Z'],
])('schedule %s is next due at %s', (schedule, due) => {
  expect(nextTime(schedule, new Date('2026-11-21T08:20:30Z'))?.toISOString()).toBe(due);
});
