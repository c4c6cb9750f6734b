/**
 * A source of ours outlives its claim, its next sync waits, and saves the claim that comes back with older data: neither the good
 * snapshot nor that one is lost, and the next claim gets the good one, with a word about the other.
 */
import { expect, test, vi } from 'vitest';
import { mergePatch, asInput, text } from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, namespace } from '../../sandbox/story.ts';
import type { Finding } from '../../src/decisions.ts';
import { startLab } from '../support/lab.ts';

const [SECOND, MINUTE] = [1000, 60_000];
const BUSY = 300_000;
const SNAPSHOTS = 'media/plex/snapshots/';

test('L1: a sync that waited for its claim hides no good snapshot, and ages none out', { timeout: BUSY }, async () => {
  const clock = { now: Date.parse('2026-11-16T08:20:00Z') };
  await using lab = await startLab({ clock: () => new Date(clock.now) });
  const { kube, volsync, s3 } = lab;
  const run = async (): Promise<{ code: number; performed: string[]; findings: Finding[] }> => {
    const { code, performed, findings } = await lab.run(['--quiet-period', '0s'], { now: () => clock.now });
    await volsync.idle(BUSY);
    return { code, performed, findings: findings.filter(({ about }) => about === 'media/plex') };
  };
  const ids = (): string[] => s3.keys(SNAPSHOTS).map((key) => key.slice(SNAPSHOTS.length));
  const backUp = async (): Promise<string | undefined> => {
    const known = new Set(ids());
    const due = text(kube.get('ReplicationSource', 'media', 'plex-backup'), 'status.nextSyncTime');
    clock.now = Date.parse(due ?? '') + SECOND;
    volsync.lookAtSchedules();
    await volsync.idle(BUSY);
    return ids().find((id) => !known.has(id));
  };
  /** The claim comes with a reference to its restore point, and is filled. */
  const arrive = async (change: object = {}): Promise<void> => {
    const labels = { backup: 'hourly' };
    const plain = claim({ namespace: 'media', name: 'plex', labels, size: '10Gi', from: 'plex-restore' });
    kube.apply(asInput(mergePatch(plain, change)));
    // Whatever happens to it takes its time.
    clock.now += 5 * SECOND;
    await vi.waitFor(() => volsync.write('media', 'plex'), { timeout: BUSY });
    await volsync.idle(BUSY);
  };
  const leave = (): void => void kube.remove('PersistentVolumeClaim', 'media', 'plex');
  const retained = (): string | undefined =>
    text(kube.get('ReplicationSource', 'media', 'plex-backup'), 'spec.restic.retain.last');

  kube.apply(namespace('media'));
  kube.apply(baseCredentials('media', s3.endpoint));
  await run();
  await arrive({ spec: { dataSourceRef: null } });
  for (let count = 0; count < 3; count += 1) {
    clock.now += 6 * MINUTE;
    await run();
  }
  const [older] = ids();
  expect([ids().length, retained()]).toEqual([1, undefined]);

  // No run comes from here on: the good one is saved, the claim goes, the next backup is due, and the claim comes back.
  const good = await backUp();
  leave();
  expect(await backUp()).toBeUndefined();
  clock.now += 10 * MINUTE;
  await arrive();
  const unsure = ids().find((id) => id !== older && id !== good);
  expect([volsync.contentOf('media', 'plex'), typeof unsure]).toEqual([older, 'string']);

  clock.now += 7 * MINUTE;
  const told = await run();
  expect([told.code, told.findings.map(({ reason }) => reason)]).toEqual([3, ['restore-stale']]);
  expect(told.findings[0]?.message).toContain(`although ${good?.slice(0, 8)} was newer; its source keeps everything`);
  expect(told.findings[0]?.message).toContain(`nobody can tell whether ${unsure?.slice(0, 8)}`);
  for (let count = 0; count < 3; count += 1) {
    clock.now += 7 * MINUTE;
    await run();
  }

  leave();
  await arrive();
  expect(volsync.contentOf('media', 'plex')).toBe(good);
  for (let count = 0; count < 3; count += 1) {
    clock.now += 7 * MINUTE;
    await run();
  }
  const again = await run();
  // In a steady state nothing is written but the event.
  expect(again.performed).toEqual(['warn-claim media/plex: done']);
  expect([again.code, again.findings.map(({ reason }) => reason), retained()]).toEqual([
    3,
    ['restore-stale'],
    'unlimited',
  ]);
  expect(again.findings[0]?.message).toContain(
    `the claim came back with ${good?.slice(0, 8)}, and nobody can tell whether ${unsure?.slice(0, 8)} holds`,
  );

  // Its owner goes on with it: from now on retention is as usual, and there is nothing to say.
  const uid = text(kube.get('PersistentVolumeClaim', 'media', 'plex'), 'metadata.uid');
  kube.patch('PersistentVolumeClaim', 'media', 'plex', {
    metadata: { annotations: { 'volsync-prewarm/accept': uid } },
  });
  clock.now += 7 * MINUTE;
  await run();
  const quiet = await run();
  expect([quiet.code, quiet.findings, retained(), ids()]).toEqual([
    0,
    [],
    undefined,
    expect.arrayContaining([older, good, unsure]),
  ]);
});
