/**
 * 22 layouts as people have them: 19 are adopted with nothing changed but one label on their destinations (or on their claims,
 * where they have none), come back after a deletion and after the loss of the cluster with the newest data, and the three
 * others are reported with the reason.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ObjectInput } from '../../sandbox/kube/objects.ts';
import { text } from '../../sandbox/kube/objects.ts';
import { LAYOUTS, layout, objectsOf, type App, type Layout } from '../support/layouts.ts';
import { lines, startLab, words, type Lab } from '../support/lab.ts';

vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()));

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  lab.s3.put('.volsync-prewarm/bucket', '{}', { bucket: 'backups' });
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

const RUN = ['--bucket', 'backups', '--quiet-period', '0s'];

function git(one: Layout): ObjectInput[] {
  return objectsOf(one, lab.s3.endpoint, { adopted: true });
}

function apply(objects: readonly ObjectInput[]): void {
  for (const object of objects) lab.kube.apply(object);
}

async function bound({ namespace, claim }: App): Promise<void> {
  const end = Date.now() + 20_000;
  while (text(lab.kube.get('PersistentVolumeClaim', namespace, claim), 'status.phase') !== 'Bound') {
    if (Date.now() > end) throw new Error(`${namespace}/${claim} is not Bound`);
    await sleep(10);
  }
}

/** The application writes, and its sources back it up once more. */
async function backUp(one: Layout, app: App): Promise<void> {
  lab.volsync.write(app.namespace, app.claim);
  for (const object of git(one)) {
    const { kind, metadata } = object;
    const isIts = metadata.namespace === app.namespace && text(object, 'spec.sourcePVC') === app.claim;
    if (kind !== 'ReplicationSource' || !isIts) continue;
    lab.kube.remove(kind, app.namespace, metadata.name ?? '');
    lab.kube.apply(object);
    await lab.volsync.idle();
  }
}

function newest(one: Layout, app: App): string {
  const [bucket = '', ...path] = one.place(app).split('/');
  const found = lab.s3.objects([...path, 'snapshots/'].join('/'), bucket);
  const last = found.sort((a, b) => b.at.getTime() - a.at.getTime())[0];
  return last?.key.slice(-64) ?? 'none';
}

function remove(one: Layout, app: App, kinds: readonly string[]): void {
  for (const { kind, metadata } of git(one).toReversed()) {
    const { name = '' } = metadata;
    const isIts = name.startsWith(app.app) || name.includes(app.claim) || name === one.destination?.(app);
    if (kinds.includes(kind) && metadata.namespace === app.namespace && isIts)
      lab.kube.remove(kind, app.namespace, name);
  }
}

const HELPLESS = ['T', 'U', 'V'];
const ADOPTED = LAYOUTS.filter(({ id, reference }) => reference && !HELPLESS.includes(id)).map(({ id }) => id);
/** Their claims name no destination: they get one label, and need none. */
const LABELLED = LAYOUTS.filter(({ id, reference }) => !reference && !HELPLESS.includes(id)).map(({ id }) => id);

test('they are 19', () => {
  expect([...ADOPTED, ...LABELLED].sort()).toEqual('ABCDEFGHIJKLMNOPQRS'.split(''));
});

describe('19 of 22: adopted with nothing changed but the label', () => {
  test.each(ADOPTED)('%s comes back after a deletion with the newest data', async (id) => {
    const one = layout(id);
    const [app] = one.apps;
    if (app === undefined) throw new Error('no application');
    apply(git(one));
    for (const each of one.apps) await bound(each);
    await backUp(one, app);
    const first = await lab.run(RUN);
    expect(words(first.findings)).toEqual([]);
    expect(lines(first.report).filter((line) => line.startsWith(`${app.namespace}/${app.claim} `))).toEqual([
      `${app.namespace}/${app.claim} present warm -: mark-suspect retrigger note-backup record-proof`,
    ]);
    await backUp(one, app);
    await lab.run(RUN);
    const name = one.destination?.(app) ?? '';
    const image = text(lab.kube.get('ReplicationDestination', app.namespace, name), 'status.latestImage.name') ?? '';
    const saved = newest(one, app);
    expect(lab.volsync.holds(image, app.namespace)).toBe(saved);

    remove(one, app, ['PersistentVolumeClaim', 'ReplicationSource']);
    apply(git(one));
    await bound(app);
    expect(lab.volsync.contentOf(app.namespace, app.claim)).toBe(saved);
  });

  test.each(ADOPTED)('%s comes back after the loss of the cluster with the newest data', async (id) => {
    const one = layout(id);
    apply(git(one));
    for (const app of one.apps) {
      await bound(app);
      await backUp(one, app);
    }
    const before = new Map(one.apps.map((app) => [app.claim, newest(one, app)]));
    for (const { kind, metadata } of git(one).toReversed())
      lab.kube.remove(kind, metadata.namespace ?? '', metadata.name ?? '');
    apply(git(one));
    await lab.run(RUN);
    for (const app of one.apps) {
      await bound(app);
      expect(lab.volsync.contentOf(app.namespace, app.claim)).toBe(before.get(app.claim));
    }
  });

  test.each(LABELLED)('%s has its claims labelled, and they come back with the newest data', async (id) => {
    const one = layout(id);
    lab.sandbox.install('safe');
    const labelled = git(one).map((object): ObjectInput => {
      const { kind, metadata } = object;
      return kind === 'PersistentVolumeClaim'
        ? { ...object, metadata: { ...metadata, labels: { backup: 'daily' } } }
        : object;
    });
    await lab.run(RUN);
    apply(labelled);
    for (const app of one.apps) {
      await bound(app);
      await backUp(one, app);
    }
    await lab.run(RUN);
    for (const app of one.apps) {
      const saved = newest(one, app);
      remove(one, app, ['PersistentVolumeClaim']);
      apply(labelled.filter(({ kind, metadata }) => kind === 'PersistentVolumeClaim' && metadata.name === app.claim));
      await lab.run(RUN);
      await bound(app);
      expect(lab.volsync.contentOf(app.namespace, app.claim)).toBe(saved);
    }
  });
});

// The movers of the sandbox know no REST server: a real one would succeed.
describe('3 of 22 are reported with the reason', () => {
  test.each([
    ['T', 'repository-elsewhere', 'sync-failing'],
    ['U', 'repository-elsewhere', 'repository-elsewhere'],
    ['V', 'repository-empty', 'image-direct'],
  ])('%s: the backup is %s, the restore point %s', async (id, backup, reason) => {
    const one = layout(id);
    apply(git(one));
    const { report, findings } = await lab.run(RUN);
    expect(
      report.entries.map((entry) => `${entry.claim}: ${entry.backup.reason} ${entry.restorePoint.reason}`).sort(),
    ).toEqual(one.apps.map(({ claim }) => `${claim}: ${backup} ${reason}`).sort());
    expect(words(findings).filter((line) => line.startsWith('repository-elsewhere'))).toHaveLength(
      backup === 'repository-elsewhere' ? 3 : 0,
    );
    expect(JSON.stringify({ report, findings })).not.toContain('secret@');
    expect(lab.writes()).toEqual([]);
  });
});
