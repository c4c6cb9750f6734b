/** The newest backup, or a claim that waits for it: with the shipped policies, over the wire. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { install } from '../../sandbox/install.ts';
import { at, text } from '../../sandbox/kube/objects.ts';
import { claim, repository } from '../../sandbox/story.ts';
import { APPLY, openApi } from '../support/api.ts';
import { ordinary, startLab, type Lab } from '../support/lab.ts';

const NAME = 'plex-config';
const REPOSITORY = `media/${NAME}`;
const RD = `${NAME}-restore`;
const MINUTE = 60_000;

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  install(lab.kube, 'safe');
  ordinary(lab);
  await lab.run();
});

afterEach(() => lab[Symbol.asyncDispose]());

function create(): void {
  lab.kube.apply(claim({ namespace: 'media', name: NAME, size: '10Gi', labels: { backup: 'hourly' } }));
}

function phase(): string | undefined {
  return text(lab.kube.get('PersistentVolumeClaim', 'media', NAME), 'status.phase');
}

function told(): string[] {
  return lab.kube
    .list('Event', 'media')
    .filter((event) => text(event, 'involvedObject.name') === NAME)
    .map((event) => text(event, 'message') ?? '');
}

/** As the worker writes: what it leaves out the next time is gone. */
async function note(annotations: Record<string, string>): Promise<void> {
  const api = openApi(lab.sandbox.kubeconfig('admin'));
  const found = lab.kube.get('ReplicationDestination', 'media', RD);
  if (found === undefined) throw new Error('there is no restore point');
  const { apiVersion, kind, metadata, spec } = found;
  const { namespace, name, labels } = metadata;
  const all = { ...metadata.annotations, ...annotations };
  const body = { apiVersion, kind, metadata: { namespace, name, labels, annotations: all }, spec };
  const query = { fieldManager: 'volsync-prewarm', force: 'true' };
  const path = `/apis/volsync.backube/v1alpha1/namespaces/media/replicationdestinations/${RD}`;
  expect(await api.request('PATCH', path, { type: APPLY, query, body })).toMatchObject({ code: 200 });
  await api.close();
}

function holds(): unknown {
  return at(lab.kube.get('ReplicationDestination', 'media', RD), 'metadata.annotations');
}

/** A backup that was due a moment ago has been saved, and nothing in the cluster says so. */
async function backUp(): Promise<string> {
  const found = repository(lab.s3, REPOSITORY, [{ seed: 'saved-last', at: new Date(Date.now() - 5000) }]);
  const id = found.at(-1);
  if (id === undefined) throw new Error('nothing was saved');
  await note({ 'volsync-prewarm/next-backup': new Date(Date.now() - MINUTE).toISOString() });
  return id.slice(0, 8);
}

test('L1: a claim that is re-created two seconds after a backup waits, and comes back with the newest', async () => {
  const before = lab.kube.get('ReplicationDestination', 'media', RD);
  const newest = await backUp();

  create();
  await vi.waitFor(() => expect(told().join()).toContain('a backup of this claim was due at'), { timeout: 60_000 });

  // Nothing was refused, and nothing was filled.
  expect(phase()).toBe('Pending');
  const claims = lab.kube.list('PersistentVolumeClaim', 'media').map(({ metadata }) => metadata.name);
  expect(claims.filter((name) => name.startsWith('vs-prime-'))).toEqual([]);

  const ran = await lab.run();

  const restores = ran.performed.filter((action) => !action.startsWith('create-source'));
  expect(restores).toEqual([`retrigger ${REPOSITORY}: done`, `record-proof ${REPOSITORY}: done`]);
  await vi.waitFor(() => expect(phase()).toBe('Bound'), { timeout: 60_000 });
  const after = lab.kube.get('ReplicationDestination', 'media', RD);
  expect(text(after, 'status.latestImage.name')).not.toBe(text(before, 'status.latestImage.name'));
  expect(holds()).toMatchObject({ 'volsync-prewarm/verified-snapshot': newest });
  expect(holds()).not.toHaveProperty('volsync-prewarm/newest-snapshot');
  const image = text(after, 'status.latestImage.name');
  expect(told()).toContain(`Populator finished, from snapshot ${image}`);
});

test('L1: a restore point that is being renewed is not handed out before the newer one is proven', async () => {
  const newest = await backUp();
  // The worker is cut off as soon as it has asked.
  await lab.run([], { until: (_plan, pass) => pass > 1 });
  create();
  await lab.run();

  await vi.waitFor(() => expect(phase()).toBe('Bound'), { timeout: 60_000 });
  const image = text(lab.kube.get('ReplicationDestination', 'media', RD), 'status.latestImage.name');
  expect(holds()).toMatchObject({ 'volsync-prewarm/verified-snapshot': newest });
  expect(told()).toContain(`Populator finished, from snapshot ${image}`);
});

test('C19: a claim that has grown on a class that cannot expand comes back: its restore point is made anew', async () => {
  create();
  await vi.waitFor(() => expect(phase()).toBe('Bound'), { timeout: 20_000 });
  lab.kube.patch('StorageClass', '', 'csi-hostpath-sc', { allowVolumeExpansion: false });
  // Its owner has moved it to a larger volume by hand.
  lab.kube.patch('PersistentVolumeClaim', 'media', NAME, { spec: { resources: { requests: { storage: '20Gi' } } } });
  let now = Date.now();
  for (let count = 0; count < 4; count += 1) {
    await lab.run(['--quiet-period', '0s'], { now: () => now });
    await lab.volsync.idle().catch(() => undefined);
    now += 5 * MINUTE;
  }
  const { entries } = (await lab.plan()).report;
  expect(entries.map(({ restorePoint }) => restorePoint.state)).toEqual(['warm']);
  expect(at(lab.kube.get('ReplicationDestination', 'media', RD), 'spec.restic.capacity')).toBe('20Gi');
});
