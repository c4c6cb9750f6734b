/** `backup` over the wire: one backup, no trigger left behind, and the restore point renewed. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { at, type Fields, type KubeObject } from '../../sandbox/kube/objects.ts';
import { claim, source as sourceManifest } from '../../sandbox/story.ts';
import { ordinary, startLab, type Finished, type Lab } from '../support/lab.ts';

const BUSY = { timeout: 60_000 };
/** Far from any backup by schedule, whatever the time of the test is. */
const SELDOM = { PREWARM_HOURLY_SCHEDULE: '0 0 1 1 *', PREWARM_QUIET_PERIOD: '0s', PREWARM_MAX_SYNCING: '4' };

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  ordinary(lab);
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config', size: '10Gi', labels: { backup: 'hourly' } }));
  await vi.waitFor(() => lab.volsync.write('media', 'plex-config'), BUSY);
});

afterEach(() => lab[Symbol.asyncDispose]());

function sourceOf(name = 'plex-config-backup'): KubeObject | undefined {
  return lab.kube.get('ReplicationSource', 'media', name);
}

const trigger = (name?: string): unknown => at(sourceOf(name), 'spec.trigger');
const keys = (): string[] => lab.s3.keys('media/plex-config/snapshots/');
const saved = (): number => keys().length;

function backup(...words: string[]): Promise<Finished> {
  return lab.spawn(['backup', ...words], SELDOM);
}

/** The claim has a source of its own, which has saved it once, and a warm restore point. */
async function settled(): Promise<void> {
  const flags = ['--hourly-schedule', SELDOM.PREWARM_HOURLY_SCHEDULE, '--quiet-period', '0s'];
  for (let count = 0; count < 2; count += 1) {
    await lab.run(flags);
    await lab.volsync.idle();
  }
}

/** Somebody's own source with a schedule. */
function theirs(labels: Record<string, string> = {}, extra: Fields = {}): void {
  const { spec, ...rest } = sourceManifest({
    namespace: 'media',
    claim: 'plex-config',
    name: 'nightly',
    schedule: '0 0 1 1 *',
    labels,
  });
  lab.kube.apply({ ...rest, spec: { ...(typeof spec === 'object' ? spec : {}), ...extra } });
}

test('--wait: one more snapshot, the restore point holds it, and the schedule counts again', BUSY, async () => {
  await settled();
  const before = saved();

  const ended = await backup('media/plex-config', '--wait');

  expect(ended.stderr).toContain('media/plex-config: asks for a backup by plex-config-backup\n');
  expect(ended.stdout).toMatch(
    /^media\/plex-config: saved ([0-9a-f]{8})\.\nmedia\/plex-config: the restore point holds \1 \(warm\)\.\n$/,
  );
  expect(ended.code).toBe(0);
  expect(saved()).toBe(before + 1);
  expect(trigger()).toEqual({ schedule: '0 0 1 1 *' });
  expect(
    at(lab.kube.get('ReplicationDestination', 'media', 'plex-config-restore'), 'metadata.annotations'),
  ).toMatchObject({
    'volsync-prewarm/verified-snapshot': /saved ([0-9a-f]{8})/.exec(ended.stdout)?.[1],
  });
  // The trigger is gone, so nothing is due: no backup follows by itself.
  await lab.volsync.idle();
  expect(saved()).toBe(before + 1);
});

test('without --wait it asks; the next run takes the trigger away when the backup has ended', BUSY, async () => {
  await settled();
  const before = saved();

  const ended = await backup('media/plex-config');

  expect(ended).toMatchObject({
    code: 0,
    stderr: 'media/plex-config: asks for a backup by plex-config-backup\n',
    stdout: expect.stringContaining('asked plex-config-backup for a backup.'),
  });
  expect(trigger()).toEqual({
    schedule: '0 0 1 1 *',
    manual: expect.stringMatching(/^volsync-prewarm-backup-until-\d{13}$/),
  });
  await lab.volsync.idle();
  expect(saved()).toBe(before + 1);
  const { performed } = await lab.run(['--hourly-schedule', '0 0 1 1 *', '--quiet-period', '0s']);
  expect(performed).toContain('release-source media/plex-config: done');
  expect(trigger()).toEqual({ schedule: '0 0 1 1 *' });
});

test(
  'killed in the middle: runs leave the trigger alone while somebody may wait, and take it away after that',
  BUSY,
  async () => {
    await settled();
    const resume = lab.volsync.hangMovers({ kind: 'ReplicationSource' }, 'not-ready');
    const child = lab.start(['backup', 'media/plex-config', '--wait', '--timeout', '10m'], SELDOM);
    await vi.waitFor(() => expect(trigger()).toHaveProperty('manual'), BUSY);
    child.kill('SIGKILL');
    await child.finished;
    const flags = ['--hourly-schedule', '0 0 1 1 *', '--quiet-period', '0s', '--deadline', '5s'];

    expect((await lab.run(flags)).performed).not.toContain('release-source media/plex-config: done');
    expect(trigger()).toHaveProperty('manual');
    const later = await lab.run(flags, { now: () => Date.now() + 11 * 60_000 });

    expect(later.performed).toContain('release-source media/plex-config: done');
    expect(trigger()).toEqual({ schedule: '0 0 1 1 *' });
    resume();
  },
);

test('interrupted by Ctrl-C it takes the trigger away itself', BUSY, async () => {
  await settled();
  const resume = lab.volsync.hangMovers({ kind: 'ReplicationSource' }, 'not-ready');
  const child = lab.start(['backup', 'media/plex-config', '--wait'], SELDOM);
  await vi.waitFor(() => expect(trigger()).toHaveProperty('manual'), BUSY);
  child.kill('SIGINT');

  const ended = await child.finished;

  expect(ended.stderr).toContain('media/plex-config: no backup: interrupted');
  expect(ended.code).toBe(1);
  expect(trigger()).toEqual({ schedule: '0 0 1 1 *' });
  resume();
});

test('a mover that fails is told with its log, and the trigger does not stay', BUSY, async () => {
  await settled();
  const stop = lab.volsync.failMovers(
    { kind: 'ReplicationSource' },
    { permanently: true, log: 'Fatal: wrong password\n' },
  );

  const ended = await backup('media/plex-config', '--wait');

  expect(ended.code).toBe(1);
  expect(ended.stderr.replaceAll(/\s+/g, ' ')).toMatch(
    /no backup: \d+ pods of the mover of plex-config-backup have failed/,
  );
  expect(ended.stderr).toContain('kubectl logs job/volsync-src-plex-config-backup');
  expect(trigger()).toEqual({ schedule: '0 0 1 1 *' });
  stop();
});

test('a mover that hangs: said what it waits for, and given up when the time is up', BUSY, async () => {
  await settled();
  const resume = lab.volsync.hangMovers({ kind: 'ReplicationSource' }, 'not-ready');

  const ended = await backup('media/plex-config', '--wait', '--timeout', '3s');

  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('the pod of the mover does not run yet\n');
  expect(ended.stderr).toContain('(--timeout)');
  expect(trigger()).toEqual({ schedule: '0 0 1 1 *' });
  resume();
});

test("somebody else's source is triggered when it is adopted, and its trigger is as before", BUSY, async () => {
  lab.kube.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'media', name: 'plex-config-volsync-secret' },
    data: secret(),
  });
  theirs();
  await lab.volsync.idle();
  const refused = await backup('media/plex-config', '--wait');
  expect(refused.code).toBe(1);
  expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'kubectl -n media label replicationsource nightly volsync-prewarm/adopt=true',
  );
  const before = keys();
  theirs({ 'volsync-prewarm/adopt': 'true' });

  const ended = await backup('media/plex-config', '--wait');

  const [, id = ''] = /saved ([0-9a-f]{8})/.exec(ended.stdout) ?? [];
  expect(before.some((key) => key.includes(id))).toBe(false);
  expect(keys().some((key) => key.includes(`/${id}`))).toBe(true);
  expect(trigger('nightly')).toEqual({ schedule: '0 0 1 1 *' });
});

test('what cannot be saved is said', BUSY, async () => {
  const told = async (key: string): Promise<string> => {
    const { code, stderr } = await backup(key, '--wait');
    expect(code).toBe(1);
    return stderr.replaceAll(/\s+/g, ' ');
  };

  expect(await told('media/plex-confg')).toContain(
    'no claim and no source has this name. Did you mean media/plex-config?',
  );
  expect(await told('media/plex-config')).toContain(
    'no restic source backs it up. With the label backup: hourly or daily',
  );
  theirs({ 'volsync-prewarm/adopt': 'true' }, { paused: true });
  expect(await told('media/plex-config')).toContain('source nightly is paused');
  lab.kube.remove('PersistentVolumeClaim', 'media', 'plex-config');
  expect(await told('media/plex-config')).toContain('the claim does not exist, so there is nothing to save');
  lab.kube.fault({ method: 'GET', path: 'replicationsources', status: 403, message: 'not for you' });
  expect(await told('media/plex-config')).toContain('replicationsources could not be listed');
  expect(lab.writes()).toEqual([]);
});

function secret(): Record<string, string> {
  const values = {
    RESTIC_REPOSITORY: `s3:${lab.s3.endpoint}/volsync-backups/media/plex-config`,
    RESTIC_PASSWORD: 'fixture-password',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}
