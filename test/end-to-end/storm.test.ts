/**
 * The recorded storm: a restore mover is killed and leaves its lock; the next backup saves its snapshot, cannot forget, and is tried
 * again and again, and each try saves one more. There were four good states. test/real/storm.test.ts replays it with restic itself.
 */
import { expect, test, vi } from 'vitest';
import { at, text } from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, namespace, repositoryCredentials, source } from '../../sandbox/story.ts';
import { startLab, type Lab } from '../support/lab.ts';

const [MINUTE, HOUR] = [60_000, 3_600_000];
const WAIT = { timeout: 300_000, interval: 5 };

interface Storm {
  good: string[];
  /** saved by the tries while the lock was there */
  duplicates: string[];
  /** an hour after the lock was removed */
  after: string[];
}

/** Plays it with a source of ours, or with a user's own that has this `retain`. */
async function storm(lab: Lab, clock: { now: number }, retain: Record<string, string> | null): Promise<Storm> {
  const { kube, s3, volsync } = lab;
  const name = retain === null ? 'plex-backup' : 'nightly';
  const ids = (): string[] => s3.keys('media/plex/snapshots/');
  const run = (): ReturnType<Lab['run']> => lab.run(['--quiet-period', '0s'], { now: () => clock.now });
  const later = async (millis: number): Promise<void> => {
    clock.now += millis;
    volsync.lookAtSchedules();
    await volsync.idle(300_000);
  };
  kube.apply(namespace('media'));
  kube.apply(baseCredentials('media', s3.endpoint));
  await run();
  kube.apply(claim({ namespace: 'media', name: 'plex', labels: { backup: 'hourly' } }));
  await vi.waitFor(() => volsync.write('media', 'plex'), WAIT);
  if (retain !== null) {
    kube.apply(repositoryCredentials({ namespace: 'media', claim: 'plex' }, s3.endpoint));
    kube.apply(source({ namespace: 'media', claim: 'plex', name, restic: { retain } }));
    await later(0);
  }
  while (ids().length < 4) {
    await later(25 * MINUTE);
    await run();
  }
  const good = ids();

  volsync.failMovers({ kind: 'ReplicationDestination' }, { times: 1, dies: true });
  kube.patch('ReplicationDestination', 'media', 'plex-restore', { spec: { trigger: { manual: 'killed' } } });
  await volsync.idle(300_000);
  expect(s3.keys('media/plex/locks/')).toHaveLength(1);
  clock.now = Date.parse(text(kube.get('ReplicationSource', 'media', name), 'status.nextSyncTime') ?? '');
  volsync.lookAtSchedules();
  await vi.waitFor(() => expect(ids().length).toBeGreaterThanOrEqual(good.length + 9), WAIT);
  const duplicates = ids().filter((id) => !good.includes(id));

  // Between two tries, as in a cluster for minutes: only then may the source be changed.
  const goOn = volsync.hangMovers({ kind: 'ReplicationSource' }, 'no-pod');
  await vi.waitFor(() => {
    expect(at(kube.get('Job', 'media', `volsync-src-${name}`), 'status.active')).toBeUndefined();
    expect(s3.keys('media/plex/locks/')).toHaveLength(1);
  }, WAIT);
  clock.now += 31 * MINUTE;
  if (retain === null) expect((await run()).performed).toContain('unlock-source media/plex: done');
  else kube.patch('ReplicationSource', 'media', name, { spec: { restic: { unlock: 'by hand' } } });
  goOn();
  const syncing = (): unknown => at(kube.get('ReplicationSource', 'media', name), 'status.lastSyncStartTime');
  await vi.waitFor(() => expect(syncing()).toBeUndefined(), WAIT);
  await later(HOUR);
  return { good, duplicates, after: ids() };
}

async function startStorm(retain: Record<string, string> | null): Promise<Storm> {
  const clock = { now: Date.parse('2026-11-16T08:20:00Z') };
  await using lab = await startLab({
    clock: () => new Date(clock.now),
    moverMillis: 1,
    stepMillis: 1,
    retryMillis: 40,
  });
  return await storm(lab, clock, retain);
}

vi.setConfig({ testTimeout: 600_000 });

test('traps 8–10: with a source of ours the worker has the lock removed, and the four good states survive the storm', async () => {
  const { good, duplicates, after } = await startStorm(null);
  expect(duplicates.length).toBeGreaterThanOrEqual(9);
  expect(good).toHaveLength(4);
  expect(after).toEqual(expect.arrayContaining(good));
});

test('traps 8–10: with a source that keeps the last five they do not', async () => {
  const { good, after } = await startStorm({ last: '5' });
  expect(good).toHaveLength(4);
  expect(after).toHaveLength(5);
  expect(after.filter((id) => good.includes(id))).toEqual([]);
});
