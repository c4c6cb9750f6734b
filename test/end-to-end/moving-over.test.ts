/** The guide "Moving over" (docs/guides/moving-over.md), step by step, with objects as somebody has written them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { text, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { fieldsOf } from '../../src/cluster/read.ts';
import { adopted, reconcile } from '../support/git-world.ts';
import { layout } from '../support/layouts.ts';
import { lines, startLab, words, type Lab } from '../support/lab.ts';

/** As in k8s/examples/overlay; the snapshots of a test are only seconds old. */
const RUN = ['--bucket', 'backups', '--quiet-period', '0s', '--default-capacity', 'none'];
const ONE = layout('A');
const BOUND = 20_000;

let lab: Lab;

/** A cluster in which one application has been backed up by hand-written objects, and overlay observe. */
beforeEach(async () => {
  lab = await startLab();
  lab.s3.put('.volsync-prewarm/bucket', '{}', { bucket: 'backups' });
  lab.sandbox.install('observe');
  for (const object of git()) lab.kube.apply(object);
  await bound();
  await backUp();
});

afterEach(() => lab[Symbol.asyncDispose]());

/** The objects of the application `media/plum`. */
function git({ labelled: isLabelled = false } = {}): ObjectInput[] {
  const all = ONE.objects(lab.s3.endpoint).filter(({ metadata }) => !/fig|home/.test(metadata.name ?? ''));
  return isLabelled ? adopted(all) : all;
}

function claim(): ObjectInput {
  const found = git().find(({ kind }) => kind === 'PersistentVolumeClaim');
  if (found === undefined) throw new Error('no claim');
  return found;
}

async function bound(): Promise<void> {
  const end = Date.now() + BOUND;
  while (text(lab.kube.get('PersistentVolumeClaim', 'media', 'plum'), 'status.phase') !== 'Bound') {
    if (Date.now() > end) throw new Error('media/plum is not Bound');
    await sleep(10);
  }
}

/** The application writes, and its source backs it up. */
async function backUp(): Promise<string> {
  lab.volsync.write('media', 'plum');
  lab.kube.remove('ReplicationSource', 'media', 'plum');
  for (const object of git()) if (object.kind === 'ReplicationSource') lab.kube.apply(object);
  await lab.volsync.idle();
  const found = lab.s3.objects('plum/snapshots/', 'backups').sort((a, b) => b.at.getTime() - a.at.getTime());
  return found[0]?.key.slice(-64) ?? 'none';
}

const trigger = (): unknown => text(lab.kube.get('ReplicationDestination', 'media', 'plum-dst'), 'spec.trigger.manual');

test('step 1: plan says what is there, and neither plan nor a run changes anything', async () => {
  lab.forget();
  const { report } = await lab.plan(...RUN);
  await lab.run(RUN);

  expect(lines(report)).toEqual(['media/plum present cold claim-unlabelled: -']);
  expect(lab.writes()).toEqual([]);
});

test('step 2: one label has the destination renewed, and the claim comes back with the newest data', async () => {
  for (const object of git({ labelled: true })) if (object.kind === 'ReplicationDestination') lab.kube.apply(object);
  const saved = await backUp();
  await lab.run(RUN);
  expect(trigger()).toBe(saved.slice(0, 8));

  lab.kube.remove('PersistentVolumeClaim', 'media', 'plum');
  lab.kube.apply(claim());
  await bound();
  expect(lab.volsync.contentOf('media', 'plum')).toBe(saved);
});

test('step 2, taken back: without the label the destination keeps its trigger and its image', async () => {
  for (const object of git({ labelled: true })) if (object.kind === 'ReplicationDestination') lab.kube.apply(object);
  await lab.run(RUN);
  const before = lab.kube.get('ReplicationDestination', 'media', 'plum-dst');
  lab.kube.patch('ReplicationDestination', 'media', 'plum-dst', {
    metadata: { labels: { 'volsync-prewarm/adopt': null } },
  });
  await backUp();
  lab.forget();
  await lab.run(RUN);

  expect(trigger()).toBe(text(before, 'spec.trigger.manual'));
  expect(lab.writes()).toEqual([]);
});

/** The claim as Git has it after step 4: with the label, without the reference. */
function labelled(): ObjectInput {
  const { metadata, spec, ...rest } = claim();
  const { dataSourceRef: _, ...kept } = fieldsOf(spec);
  return { ...rest, metadata: { ...metadata, labels: { backup: 'daily' } }, spec: kept };
}

test('step 5: a labelled claim needs neither a reference nor a destination in Git', async () => {
  lab.sandbox.install('safe');
  lab.kube.patch('PersistentVolumeClaim', 'media', 'plum', { metadata: { labels: { backup: 'daily' } } });
  const saved = await backUp();
  await lab.run(RUN);

  lab.kube.remove('PersistentVolumeClaim', 'media', 'plum');
  lab.kube.remove('ReplicationDestination', 'media', 'plum-dst');
  await lab.run(RUN);
  lab.kube.apply(labelled());
  await lab.run(RUN);
  await bound();
  expect(text(lab.kube.get('PersistentVolumeClaim', 'media', 'plum'), 'spec.dataSourceRef.name')).toBe('plum-restore');
  expect(lab.volsync.contentOf('media', 'plum')).toBe(saved);
});

test('step 5, taken back: destination and reference come back together, and that destination is renewed from then on', async () => {
  lab.sandbox.install('safe');
  await lab.run(RUN);
  lab.kube.remove('ReplicationDestination', 'media', 'plum-dst');
  lab.kube.remove('PersistentVolumeClaim', 'media', 'plum');
  lab.kube.apply(labelled());
  await lab.run(RUN);
  await bound();
  const saved = await backUp();
  await lab.run(RUN);

  lab.kube.remove('PersistentVolumeClaim', 'media', 'plum');
  lab.kube.remove('ReplicationDestination', 'media', 'plum-restore');
  for (const object of git({ labelled: true })) if (object.kind === 'ReplicationDestination') lab.kube.apply(object);
  lab.kube.apply(claim());
  await lab.run(RUN);
  await bound();
  expect(text(lab.kube.get('PersistentVolumeClaim', 'media', 'plum'), 'spec.dataSourceRef.name')).toBe('plum-dst');
  expect(lab.volsync.contentOf('media', 'plum')).toBe(saved);
  expect(lab.destinations().map(({ metadata }) => metadata.name)).toEqual(['plum-dst']);
  const newer = await backUp();
  await lab.run(RUN);
  expect(trigger()).toBe(newer.slice(0, 8));
});

test('step 4: what observe lets start empty, safe holds until its data is there', async () => {
  const saved = await backUp();
  await lab.run(RUN);
  lab.kube.remove('ReplicationDestination', 'media', 'plum-dst');
  const again = (): void => {
    lab.kube.remove('PersistentVolumeClaim', 'media', 'plum');
    lab.kube.apply(labelled());
  };

  again();
  await bound();
  expect(lab.volsync.contentOf('media', 'plum')).toBe(null);

  lab.sandbox.install('safe');
  again();
  await lab.run(RUN);
  await bound();
  expect(lab.volsync.contentOf('media', 'plum')).toBe(saved);
});

test('step 4, taken back: without the policy hold, and with observe, a claim starts at once', async () => {
  await backUp();
  await lab.run(RUN);
  lab.kube.remove('ReplicationDestination', 'media', 'plum-dst');
  lab.sandbox.install('safe');
  lab.sandbox.install('observe');
  for (const kind of ['MutatingAdmissionPolicyBinding', 'MutatingAdmissionPolicy'])
    expect(lab.kube.remove(kind, '', 'volsync-prewarm-hold')).toBe(true);

  lab.kube.remove('PersistentVolumeClaim', 'media', 'plum');
  lab.kube.apply(labelled());
  await bound();
  expect(lab.volsync.contentOf('media', 'plum')).toBe(null);
});

/** The destination as Git has it, adopted: with the label of Flux or without it. */
function destination({ ssa }: { ssa: boolean }): ObjectInput[] {
  return git({ labelled: true })
    .filter(({ kind }) => kind === 'ReplicationDestination')
    .map((object) => {
      const { 'kustomize.toolkit.fluxcd.io/ssa': _, ...others } = object.metadata.labels ?? {};
      return ssa ? object : { ...object, metadata: { ...object.metadata, labels: others } };
    });
}

test('step 2 with Flux: with ssa IfNotPresent a reconciliation leaves the trigger, and the image is renewed once', async () => {
  reconcile(lab, destination({ ssa: true }));
  const saved = await backUp();
  await lab.run(RUN);
  reconcile(lab, destination({ ssa: true }));
  expect(trigger()).toBe(saved.slice(0, 8));

  lab.forget();
  const { findings } = await lab.run(RUN);
  expect(words(findings)).toEqual([]);
  expect(lab.writes()).toEqual([]);
});

test('step 2 with Flux: without it the trigger of Git comes back, which is said (tag-reset) and not chased', async () => {
  lab.kube.remove('ReplicationDestination', 'media', 'plum-dst');
  reconcile(lab, destination({ ssa: false }));
  await lab.volsync.idle();
  const saved = await backUp();
  await lab.run(RUN);
  expect(trigger()).toBe(saved.slice(0, 8));
  reconcile(lab, destination({ ssa: false }));
  await lab.volsync.idle();

  const { findings } = await lab.run(RUN);
  expect(words(findings)).toEqual(['tag-reset media/plum']);
  expect(trigger()).toBe('restore-once');
});

test('step 2 with Argo CD: a sync that respects the ignored field leaves the trigger', async () => {
  const respecting = destination({ ssa: false }).map(({ spec, ...object }) => {
    const { trigger: _, ...others } = fieldsOf(spec);
    return { ...object, spec: others };
  });
  reconcile(lab, destination({ ssa: true }));
  const saved = await backUp();
  await lab.run(RUN);
  reconcile(lab, respecting);

  const { findings } = await lab.run(RUN);
  expect(words(findings)).toEqual([]);
  expect(trigger()).toBe(saved.slice(0, 8));
});

test('step 3: a labelled claim without a destination gets one, and taken back nothing of ours is left', async () => {
  lab.kube.remove('ReplicationDestination', 'media', 'plum-dst');
  lab.kube.remove('PersistentVolumeClaim', 'media', 'plum');
  const { metadata, ...rest } = labelled();
  lab.kube.apply({ ...rest, metadata: { ...metadata, labels: {} } });
  await bound();
  lab.kube.patch('PersistentVolumeClaim', 'media', 'plum', { metadata: { labels: { backup: 'daily' } } });
  const saved = await backUp();
  await lab.run(RUN);
  const made = lab.kube.get('ReplicationDestination', 'media', 'plum-restore');
  expect(text(made, 'spec.restic.repository')).toBe('plum-volsync-secret');
  expect(lab.volsync.holds(text(made, 'status.latestImage.name') ?? '', 'media')).toBe(saved);

  lab.kube.patch('PersistentVolumeClaim', 'media', 'plum', { metadata: { labels: { backup: null } } });
  lab.kube.remove('ReplicationDestination', 'media', 'plum-restore');
  lab.forget();
  await lab.run(RUN);
  expect(lab.writes()).toEqual([]);
  expect(lab.destinations()).toEqual([]);
  expect(lab.kube.list('ReplicationSource').map(({ metadata }) => metadata.name)).toEqual(['plum']);
});
