/**
 * 22 layouts as people have them, each told as one story: applied as it is, adopted with nothing changed but labels, backed up,
 * its claims deleted and added again from the same files; then the cluster is lost, and another one gets the same bucket and the
 * same files. 19 come back with the newest data both times, and the three others are reported with the reason.
 */
import { describe, expect, test } from 'vitest';
import type { ObjectInput } from '../../sandbox/kube/objects.ts';
import type { S3 } from '../../sandbox/s3/s3.ts';
import { adopted, appsOf, backUp, newestOf, reconcile, untilBound, type App } from '../support/git-world.ts';
import { aMinute, again, betweenBackups, clockOf } from '../support/layout-clock.ts';
import { HELPLESS, LAYOUTS, layout } from '../support/layouts.ts';
import { startLab, words, type Lab } from '../support/lab.ts';

const SERVED = LAYOUTS.map(({ id }) => id).filter((id) => !HELPLESS.includes(id));

test('they are 19', () => {
  expect(SERVED).toEqual('ABCDEFGHIJKLMNOPQRS'.split(''));
});

/** A cluster in which volsync-prewarm is installed. */
async function cluster(overlay: string): Promise<Lab> {
  const lab = await startLab({ clock: clockOf() });
  lab.sandbox.install(overlay);
  return lab;
}

/** As `init` would set it up: a bucket that the Secrets name, and the second server. */
function run(lab: Lab, id: string): ReturnType<Lab['run']> {
  const far = new URL(lab.s3.endpoint.replace('127.0.0.1', 'localhost')).host;
  const bucket = appsOf(gitOf(id, lab)).find(({ place }) => place !== null)?.place?.bucket ?? 'backups';
  const args = ['--bucket', bucket, '--quiet-period', '0s', '--allow-endpoints', far];
  return lab.run(args, { now: betweenBackups });
}

function gitOf(id: string, lab: Lab): ObjectInput[] {
  return layout(id).objects(lab.s3.endpoint);
}

function adoptedOf(id: string, lab: Lab): ObjectInput[] {
  return adopted(gitOf(id, lab));
}

/** Whoever made the claims tries again while they are refused, and runs go on. */
async function untilAllBound(id: string, lab: Lab, apps: Iterable<App>): Promise<void> {
  for (const app of apps) {
    await untilBound(lab, app, async () => {
      await run(lab, id);
      reconcile(lab, adoptedOf(id, lab));
    });
  }
}

function contents(lab: Lab, apps: readonly App[]): (string | null | undefined)[] {
  return apps.map(({ namespace, claim }) => lab.volsync.contentOf(namespace, claim));
}

/** From the first day to the last backup: what the buckets hold then, and the newest snapshot of each claim. */
async function lifeOf(id: string): Promise<{ apps: App[]; saved: string[]; bucket: Stored[] }> {
  await using lab = await cluster('observe');
  expect(reconcile(lab, gitOf(id, lab))).toEqual([]);
  const apps = appsOf(gitOf(id, lab));
  for (const app of apps) await untilBound(lab, app);
  aMinute();
  for (const app of apps) await backUp(lab, gitOf(id, lab), app);

  aMinute();
  expect(reconcile(lab, adoptedOf(id, lab))).toEqual([]);
  await run(lab, id);
  lab.sandbox.install('safe');
  aMinute();
  for (const app of apps) await backUp(lab, adoptedOf(id, lab), app);
  await run(lab, id);
  const saved = apps.map((app) => newestOf(lab, app));
  for (const { namespace, claim } of apps) lab.kube.remove('PersistentVolumeClaim', namespace, claim);
  reconcile(lab, adoptedOf(id, lab));
  await untilAllBound(id, lab, apps);
  expect(contents(lab, apps)).toEqual(saved);

  aMinute();
  for (const app of apps) await backUp(lab, adoptedOf(id, lab), app);
  await run(lab, id);
  return { apps, saved: apps.map((app) => newestOf(lab, app)), bucket: storedIn(lab.s3) };
}

describe('19 of 22: with nothing changed but labels', () => {
  test.each(SERVED)(
    '%s comes back after a deletion and after the loss of the cluster, with the newest data',
    async (id) => {
      again();
      const { apps, saved, bucket } = await lifeOf(id);

      aMinute();
      await using lab = await cluster('safe');
      for (const { name, key, body, at } of bucket) lab.s3.put(key, body, { bucket: name, at });
      await run(lab, id);
      reconcile(lab, adoptedOf(id, lab));
      await untilAllBound(id, lab, apps);
      expect(contents(lab, apps)).toEqual(saved);
    },
  );
});

interface Stored {
  /** the bucket's */
  name: string;
  key: string;
  body: Buffer;
  at: Date;
}

/** Everything in all buckets. */
function storedIn(s3: S3): Stored[] {
  return s3.buckets.flatMap((name) =>
    s3.objects('', name).map(({ key, at }) => ({ name, key, at, body: s3.get(key, name) ?? Buffer.from('') })),
  );
}

describe('3 of 22 are reported with the reason', () => {
  test.each([
    ['T', 'repository-elsewhere', 'image-empty'],
    ['U', 'repository-elsewhere', 'repository-elsewhere'],
    ['V', 'repository-empty', 'image-direct'],
  ])('%s: the backup is %s, the restore point %s', async (id, backup, reason) => {
    await using lab = await cluster('observe');
    reconcile(lab, adoptedOf(id, lab));
    await lab.volsync.idle();
    lab.forget();
    const { report, findings } = await run(lab, id);
    const apps = appsOf(gitOf(id, lab));
    expect(
      report.entries.map((entry) => `${entry.claim}: ${entry.backup.reason} ${entry.restorePoint.reason}`).sort(),
    ).toEqual(apps.map(({ claim }) => `${claim}: ${backup} ${reason}`).sort());
    expect(words(findings).filter((line) => line.startsWith('repository-elsewhere'))).toHaveLength(
      backup === 'repository-elsewhere' ? apps.length : 0,
    );
    const empty = findings.filter((one) => one.reason === 'image-empty').map(({ message }) => message);
    expect(empty.filter((message) => !message.includes('whether there is a backup cannot be seen'))).toEqual([]);
    expect(empty).toHaveLength(reason === 'image-empty' ? apps.length : 0);
    expect(JSON.stringify({ report, findings })).not.toContain('geheim');
    expect(lab.writes()).toEqual([]);
  });
});

test('T: VolSync alone brings its data back, with the label and after the loss of the cluster', async () => {
  again();
  const { apps, saved, bucket } = await restServed();

  await using lab = await cluster('safe');
  for (const { name, key, body, at } of bucket) lab.s3.put(key, body, { bucket: name, at });
  await run(lab, 'T');
  reconcile(lab, adoptedOf('T', lab));
  await untilAllBound('T', lab, apps);
  expect(contents(lab, apps)).toEqual(saved);
});

async function restServed(): Promise<{ apps: App[]; saved: string[]; bucket: Stored[] }> {
  await using lab = await cluster('safe');
  reconcile(lab, adoptedOf('T', lab));
  const apps = appsOf(gitOf('T', lab));
  for (const app of apps) await untilBound(lab, app);
  for (const app of apps) await backUp(lab, adoptedOf('T', lab), app);
  await run(lab, 'T');
  const all = apps.map(({ claim }) => ({ bucket: 'rest rest.lan.example:8000', path: claim.replace('-config', '') }));
  const saved = apps.map((app, index) => newestOf(lab, { ...app, place: all[index] ?? null }));
  return { apps, saved, bucket: storedIn(lab.s3) };
}
