/** One label: the claim gets its backups, how it began is judged, and nothing good is ever aged out. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { at, type KubeObject } from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, namespace } from '../../sandbox/story.ts';
import { startLab, type Lab } from '../support/lab.ts';

const MINUTE = 60_000;
const BUSY = 60_000;
const PVC = { namespace: 'media', name: 'plex', labels: { backup: 'hourly' } };
const QUICK = ['--quiet-period', '0s'];

/** Every test begins at the same minute of an hour, since a source is not changed shortly before its next backup. */
const START = Date.parse('2026-11-16T08:20:00Z');

let lab: Lab;
let began = 0;
/** milliseconds that the program's clock is ahead: VolSync starts no backup by itself meanwhile */
let ahead = 0;
const volsyncNow = (): number => START + Date.now() - began;
const now = (): number => volsyncNow() + ahead;

beforeEach(async () => {
  ahead = 0;
  began = Date.now();
  lab = await startLab({ clock: () => new Date(volsyncNow()) });
  lab.kube.apply(namespace('media'));
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint));
});

afterEach(() => lab[Symbol.asyncDispose]());

function source(): KubeObject | undefined {
  return lab.kube.get('ReplicationSource', 'media', 'plex-backup');
}

function run(...args: string[]): ReturnType<Lab['run']> {
  return lab.run([...QUICK, ...args], { now });
}

/** The claim comes, is bound and written to. */
async function arrive(options: object = {}): Promise<void> {
  lab.kube.apply(claim({ ...PVC, ...options }));
  await vi.waitFor(() => lab.volsync.write('media', 'plex'), { timeout: BUSY });
}

test(
  'a labelled claim of a fresh install gets credentials and a source, and keeps normally once two listings agree',
  { timeout: BUSY },
  async () => {
    // The first run of all publishes the index: from then on claims are watched.
    await run();
    await arrive();
    const first = await run();
    expect(first.performed.filter((one) => /source|credentials/.test(one))).toEqual([
      'create-credentials media/plex: done',
      'create-source media/plex: done',
    ]);
    expect(at(source(), 'spec')).toMatchObject({
      sourcePVC: 'plex',
      trigger: { schedule: expect.stringMatching(/^\d+ \* \* \* \*$/) },
      restic: {
        repository: 'plex-volsync-secret',
        copyMethod: 'Snapshot',
        pruneIntervalDays: 7,
        retain: { hourly: 24, daily: 7, within: '3d', last: 'unlimited' },
      },
    });
    await lab.volsync.idle();
    expect(lab.s3.keys('media/plex/snapshots/')).toHaveLength(1);
    for (const minutes of [10, 15]) {
      ahead = minutes * MINUTE;
      await run();
      await lab.volsync.idle();
    }
    expect(at(source(), 'spec.restic.retain')).toEqual({ hourly: 24, daily: 7, within: '3d' });
    expect(at(source(), 'metadata.annotations')).toMatchObject({
      'volsync-prewarm/origin': expect.stringMatching(/^fresh@/),
      'volsync-prewarm/retain': 'hourly=24,daily=7,within=3d',
    });

    ahead = 20 * MINUTE;
    await run();
    lab.forget();
    const steady = await run();
    expect([steady.performed, lab.writes(), steady.code]).toEqual([[], [], 0]);
  },
);

test(
  'L1: re-added seconds after a backup, an app that came back with older data never pushes the newer out',
  { timeout: 2 * BUSY },
  async () => {
    await run();
    await arrive({ size: '10Gi' });
    await run();
    await lab.volsync.idle();
    // Two listings agree, and the restore point holds X1.
    for (const minutes of [10, 15, 20]) {
      ahead = minutes * MINUTE;
      await run();
      await lab.volsync.idle();
    }
    const [x1] = lab.s3.objects('media/plex/snapshots/');
    // X2 is saved; two seconds later app and source are gone, and come back with what the image holds: X1.
    lab.kube.patch('ReplicationSource', 'media', 'plex-backup', { spec: { trigger: { manual: 'now' } } });
    await lab.volsync.idle();
    const saved = lab.s3.keys('media/plex/snapshots/');
    expect(saved).toHaveLength(2);
    const x2 = saved.find((key) => key !== x1?.key) ?? '';
    lab.kube.remove('ReplicationSource', 'media', 'plex-backup');
    lab.kube.remove('PersistentVolumeClaim', 'media', 'plex');
    await arrive({ size: '10Gi', from: 'plex-restore' });

    // Nobody backs it up before its start is judged, and then its source keeps everything.
    for (const minutes of [25, 30, 35]) {
      ahead = minutes * MINUTE;
      await run();
      await lab.volsync.idle();
    }
    expect(at(source(), 'spec.restic.retain.last')).toBe('unlimited');
    expect(at(source(), 'metadata.annotations')).toMatchObject({
      'volsync-prewarm/origin': expect.stringMatching(/^(stale|missed)@/),
    });
    const told = await run();
    expect(told.code).toBe(3);
    expect(told.findings.map(({ reason }) => reason)).toContain('restore-stale');
    expect(lab.s3.get(x2)).toBeDefined();
  },
);
