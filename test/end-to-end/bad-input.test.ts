/** Claims, bases and sources as people really write them, over the wire: each is backed up, or it is said why not. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { at, fieldsAt, mergePatch, asInput, text, type Fields, type KubeObject } from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, namespace } from '../../sandbox/story.ts';
import { storyClock, type StoryClock } from '../support/clock.ts';
import { startLab, type Lab } from '../support/lab.ts';

vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()));
vi.setConfig({ testTimeout: 240_000 });

const MINUTE = 60_000;
const WAIT = { timeout: 60_000, interval: 5 };

let lab: Lab;
let clock: StoryClock;

beforeEach(async () => {
  clock = storyClock('2026-11-16T08:20:00Z');
  lab = await startLab({ clock: () => new Date(clock.now()) });
  lab.kube.apply({
    ...namespace('media'),
    metadata: { name: 'media', annotations: { 'volsync.backube/privileged-movers': 'true' } },
  });
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint));
  // The first run of all publishes the index: from then on claims are watched.
  await run();
});

afterEach(() => lab[Symbol.asyncDispose]());

async function run(options: Parameters<Lab['run']>[1] = {}): ReturnType<Lab['run']> {
  clock.later(7 * MINUTE);
  const ran = await lab.run(['--quiet-period', '0s'], { now: clock.now, ...options });
  await lab.volsync.idle(60_000);
  return ran;
}

/** Runs, until the claim has its restore point: on a busy machine VolSync may overtake one. */
async function settle(): Promise<void> {
  await vi.waitFor(async () => {
    await run();
    expect(at(destination(), 'status.latestImage')).toBeDefined();
  }, WAIT);
}

/** The claim `plex` comes with these changes, and is bound unless it says otherwise. */
async function arrive(change: Fields = {}, waits = false): Promise<void> {
  const plain = claim({ namespace: 'media', name: 'plex', labels: { backup: 'hourly' } });
  lab.kube.apply(asInput(mergePatch(plain, change)));
  if (!waits) await vi.waitFor(() => lab.volsync.write('media', 'plex'), WAIT);
}

function source(): KubeObject | undefined {
  return lab.kube.get('ReplicationSource', 'media', 'plex-backup');
}

function destination(): KubeObject | undefined {
  return lab.kube.get('ReplicationDestination', 'media', 'plex-restore');
}

test.each(['1Gi', '1e9', '1.5G', '1073741824', '0.5Gi', '1500M'])(
  'a claim of %s is backed up, and its restore point is as large',
  async (size) => {
    await arrive({ spec: { resources: { requests: { storage: size } } } });
    await settle();

    expect(text(source(), 'metadata.annotations.volsync-prewarm/capacity')).toBe(size);
    expect([(await run()).code, text(destination(), 'spec.restic.capacity')]).toEqual([0, size]);
  },
);

test.each([['ReadWriteMany'], ['ReadOnlyMany'], ['ReadWriteOncePod'], ['ReadWriteOnce', 'ReadWriteMany']])(
  'a claim with access mode %s is backed up, and comes back with it',
  async (...accessModes) => {
    await arrive({ spec: { accessModes } });
    await settle();

    expect(at(source(), 'spec.restic.accessModes')).toBeUndefined();
    expect(at(destination(), 'spec.restic.accessModes')).toEqual(accessModes);
  },
);

test('a block device gets no source, and after a period that is said: exit 3', async () => {
  await arrive({ spec: { volumeMode: 'Block' } });
  const { code, report } = await run();

  expect([code, source()]).toEqual([0, undefined]);
  expect(report.entries[0]).toMatchObject({ claim: 'plex', source: { state: 'none', reason: 'volume-mode-block' } });
  await isSaidLater('volume-mode-block');
});

/** Nothing backs the claim up for longer than its period. */
async function isSaidLater(reason: string): Promise<void> {
  clock.later(60 * MINUTE);
  const { code, findings } = await run();
  expect(code).toBe(3);
  expect(findings.find((one) => one.reason === 'claim-unprotected')).toEqual({
    reason: 'claim-unprotected',
    about: 'media/plex',
    message: `the claim has been Bound for longer than one period, and no ReplicationSource backs it up (${reason}); volsync-prewarm explain media/plex shows what stands in the way`,
  });
}

test('a static volume is backed up like any other: nobody can have lost its data', async () => {
  await arrive({ spec: { storageClassName: '' } }, true);
  lab.kube.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'by-hand' },
    spec: { claimRef: { namespace: 'media', name: 'plex' } },
  });
  lab.kube.patch('PersistentVolumeClaim', 'media', 'plex', { spec: { volumeName: 'by-hand' } });
  lab.kube.patchStatus('PersistentVolumeClaim', 'media', 'plex', { phase: 'Bound' });
  await run();

  expect(text(source(), 'metadata.annotations.volsync-prewarm/origin')).toMatch(/^inherited@/);
});

test.each([
  ['without a slash at its end', 'volsync-backups'],
  ['with a slash at its end', 'volsync-backups/'],
  ['with two slashes and a line break at its end', 'volsync-backups//\n'],
])('a base %s names the repository all the same', async (_, path) => {
  lab.kube.apply(
    baseCredentials('media', lab.s3.endpoint, { RESTIC_REPOSITORY_BASE: `s3:${lab.s3.endpoint}/${path}` }),
  );
  await arrive();
  await run();

  const secret = lab.kube.get('Secret', 'media', 'plex-volsync-secret');
  expect(Buffer.from(text(secret, 'data.RESTIC_REPOSITORY') ?? '', 'base64').toString()).toBe(
    `s3:${lab.s3.endpoint}/volsync-backups/media/plex`,
  );
  expect(lab.s3.keys('media/plex/snapshots/')).toHaveLength(1);
});

test.each([
  [
    'with RESTIC_REPOSITORY only',
    { RESTIC_REPOSITORY_BASE: '', RESTIC_REPOSITORY: 's3:http://x/y' },
    'credentials-incomplete',
  ],
  [
    'of another kind of server',
    { RESTIC_REPOSITORY_BASE: 'rest:http://rest.example/volsync-backups' },
    'repository-mismatch',
  ],
  ['that is a path', { RESTIC_REPOSITORY_BASE: '/srv/backups' }, 'repository-mismatch'],
  ['of another bucket', { RESTIC_REPOSITORY_BASE: 's3:https://s3.example.org/other' }, 'repository-mismatch'],
])('a base %s makes no source and no Secret, and after a period that is said: exit 3', async (_, values, reason) => {
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint, values));
  await arrive();
  const { report, performed } = await run();

  expect([performed, source()]).toEqual([[], undefined]);
  expect(report.entries[0]?.source).toMatchObject({ state: 'none', reason });
  await isSaidLater(reason);
});

test('with --sources off a claim that nobody backs up is said too, with that reason', async () => {
  await arrive();
  clock.later(70 * MINUTE);
  const { code, findings } = await lab.run(['--quiet-period', '0s', '--sources', 'off'], { now: clock.now });

  expect([code, source()]).toEqual([3, undefined]);
  expect(findings.map(({ message }) => message).join()).toContain('backs it up (sources-off)');
});

test('a base that arrives late is served by the next pass', async () => {
  lab.kube.remove('Secret', 'media', 'volsync-rustfs-base');
  await arrive();
  expect((await run()).performed).toEqual([]);
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint));

  expect((await run()).performed.slice(0, 2)).toEqual([
    'create-credentials media/plex: done',
    'create-source media/plex: done',
  ]);
});

test('a claim that is deleted in the middle of a pass leaves a source that lives no longer than that', async () => {
  await arrive();
  await run({
    until: (_, pass) => {
      if (pass === 1) lab.kube.remove('PersistentVolumeClaim', 'media', 'plex');
      return false;
    },
  });
  await run();
  await run();

  expect([source(), lab.kube.list('ReplicationSource')]).toEqual([undefined, []]);
});

test('a source that a hand has edited gets our fields back and keeps the others, by one write', async () => {
  await arrive();
  await settle();
  const before = fieldsAt(source(), 'spec');
  lab.kube.patch('ReplicationSource', 'media', 'plex-backup', {
    metadata: { labels: { team: 'media' }, annotations: { note: 'by hand' } },
    spec: {
      trigger: { schedule: '* * * * *' },
      restic: { retain: { last: '1', hourly: null }, copyMethod: 'Clone', moverPodLabels: { team: 'media' } },
    },
  });
  await lab.volsync.idle(60_000);
  lab.forget();
  for (let runs = 0; runs < 3; runs += 1) await run();

  expect(source()?.spec).toEqual(mergePatch(before, { restic: { moverPodLabels: { team: 'media' } } }));
  expect(source()?.metadata).toMatchObject({ labels: { team: 'media' }, annotations: { note: 'by hand' } });
  expect(lab.writes().filter((one) => one.includes('replicationsources'))).toHaveLength(1);
});

test('a source whose Secret has vanished gets it back', async () => {
  await arrive();
  await settle();
  lab.kube.remove('Secret', 'media', 'plex-volsync-secret');
  lab.kube.patch('ReplicationSource', 'media', 'plex-backup', { spec: { trigger: { manual: 'now' } } });
  await vi.waitFor(async () => {
    clock.later(7 * MINUTE);
    await lab.run(['--quiet-period', '0s'], { now: clock.now });
    expect(lab.kube.get('Secret', 'media', 'plex-volsync-secret')).toBeDefined();
  }, WAIT);
});
