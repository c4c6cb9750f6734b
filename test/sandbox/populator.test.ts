import { afterEach, beforeEach, expect, test } from 'vitest';
import { StatusError } from '../../sandbox/kube/errors.ts';
import { at, fieldsAt, text, type KubeObject } from '../../sandbox/kube/objects.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { claim, destination, namespace, repository, repositoryCredentials } from '../../sandbox/story.ts';

let box: Sandbox;
let newest: string;

/** One restore point, ready. */
beforeEach(async () => {
  box = await startSandbox({ moverMillis: 5, stepMillis: 1, retryMillis: 2, populateMillis: 1 });
  box.kube.apply(namespace('media'));
  box.kube.apply(repositoryCredentials({ namespace: 'media', claim: 'data' }, box.s3.endpoint));
  [newest = ''] = repository(box.s3, 'media/data', ['one']);
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  await box.volsync.idle();
});

afterEach(() => box.stop());

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 5000 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(what()).toBe(true);
}

function create(more: Partial<Parameters<typeof claim>[0]> = {}): KubeObject {
  return box.kube.apply(claim({ namespace: 'media', name: 'data', from: 'data-restore', ...more }));
}

function isBound(): boolean {
  return text(box.kube.get('PersistentVolumeClaim', 'media', 'data'), 'status.phase') === 'Bound';
}

function primes(): KubeObject[] {
  return box.kube.list('PersistentVolumeClaim').filter(({ metadata }) => metadata.name.startsWith('vs-prime-'));
}

function told(reason: string): string[] {
  const events = box.kube.list('Event').filter((event) => text(event, 'reason') === reason);
  return events.map((event) => text(event, 'message') ?? '');
}

/** Somebody refuses the populator's claims; gives what was asked, and the way to stop. */
function refusing(): { asked: KubeObject[]; stop: () => void } {
  const asked: KubeObject[] = [];
  const stop = box.kube.admit(({ object }) => {
    if (!object.metadata.name.startsWith('vs-prime-')) return undefined;
    asked.push(object);
    throw new StatusError(403, 'denied request: not yet');
  });
  return { asked, stop };
}

test('a refusal of the claim that it makes is told on the claim, and tried again by itself', async () => {
  const { asked, stop } = refusing();
  const { metadata } = create();
  await until(() => asked.length >= 3);
  expect(told('VolSyncPopulatorPVCCreationError')).toEqual(['denied request: not yet']);
  const image = text(box.kube.get('ReplicationDestination', 'media', 'data-restore'), 'status.latestImage.name');
  expect(asked[0]).toMatchObject({
    metadata: { name: `vs-prime-${metadata.uid}`, labels: { 'volsync.backube/populator-pvc-for': 'data' } },
    spec: { dataSourceRef: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: image } },
  });
  expect(isBound()).toBe(false);
  stop();
  await until(isBound);
  expect(box.volsync.contentOf('media', 'data')).toBe(newest);
  expect(primes()).toEqual([]);
});

test('a write of the destination, be it an annotation, makes it try at once', async () => {
  await box.stop();
  box = await startSandbox({ moverMillis: 5, stepMillis: 1, retryMillis: 60_000, populateMillis: 1 });
  box.kube.apply(namespace('media'));
  box.kube.apply(repositoryCredentials({ namespace: 'media', claim: 'data' }, box.s3.endpoint));
  repository(box.s3, 'media/data', ['one']);
  box.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'a' }));
  await box.volsync.idle();
  const { asked, stop } = refusing();
  create();
  await until(() => asked.length === 1);
  stop();
  box.kube.patch('ReplicationDestination', 'media', 'data-restore', { metadata: { annotations: { nudged: 'now' } } });
  await until(isBound);
  expect(asked).toHaveLength(1);
});

test('L9: a wake-up that is lost leaves the claim Pending, until the destination is written', async () => {
  box.volsync.missWakeUp('media', 'data');
  create();
  await until(() => primes().some((prime) => text(prime, 'status.phase') === 'Bound'));
  await box.volsync.idle();
  expect(isBound()).toBe(false);
  box.kube.patch('ReplicationDestination', 'media', 'data-restore', { metadata: { annotations: { nudged: 'now' } } });
  await until(isBound);
  expect(box.volsync.contentOf('media', 'data')).toBe(newest);
});

test.each([
  ['the empty class', { storageClass: '' }],
  ['a selector', {}],
])('F40: a claim with %s is for a volume that exists: nobody fills it', async (what, more) => {
  const { spec, ...rest } = claim({ namespace: 'media', name: 'data', from: 'data-restore', ...more });
  const selector = what === 'a selector' ? { selector: { matchLabels: { disk: 'old' } } } : {};
  box.kube.apply({ ...rest, spec: { ...fieldsAt({ spec }, 'spec'), ...selector } });
  await box.volsync.idle();
  expect(isBound()).toBe(false);
  expect([...primes(), ...box.kube.list('Event')]).toEqual([]);
});

test.each([
  [
    'another driver',
    { storageClass: 'other' },
    /snapshot is of driver hostpath\.csi\.k8s\.io, and the claim's class of other\.csi/,
  ],
  ['a block device', { volumeMode: 'Block' }, /modifies the mode of the source volume/],
  ['a smaller size', { size: '500Mi' }, /size 524288000 is less than the size 1073741824/],
])('a claim of %s hangs: only the claim that the populator made says why', async (_what, more, words) => {
  box.kube.apply({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'other' },
    provisioner: 'other.csi.example.org',
  });
  create(more);
  await until(() => told('ProvisioningFailed').length > 0);
  await box.volsync.idle();
  expect(told('ProvisioningFailed')).toEqual([expect.stringMatching(words)]);
  expect(isBound()).toBe(false);
  expect(told('VolSyncPopulatorPVCCreated')).toHaveLength(1);
});

test('an image that is replaced while it fills a claim stays until the claim has it', async () => {
  const image = text(box.kube.get('ReplicationDestination', 'media', 'data-restore'), 'status.latestImage.name') ?? '';
  box.kube.patchStatus('VolumeSnapshot', 'media', image, { readyToUse: false });
  create();
  await until(() => primes().length === 1);
  const [later] = repository(box.s3, 'media/data', [{ seed: 'two', at: new Date() }]);
  box.kube.patch('ReplicationDestination', 'media', 'data-restore', { spec: { trigger: { manual: 'b' } } });
  await box.volsync.idle();
  expect(box.kube.list('VolumeSnapshot').map(({ metadata }) => metadata.name)).toContain(image);
  box.kube.patchStatus('VolumeSnapshot', 'media', image, { readyToUse: true });
  await until(isBound);
  expect(box.volsync.contentOf('media', 'data')).toBe(newest);
  const left = box.kube.list('VolumeSnapshot').map(({ metadata }) => box.volsync.holds(metadata.name, 'media'));
  expect(left).toEqual([later]);
});

test('a claim that is deleted takes what was made for it along', async () => {
  const image = text(box.kube.get('ReplicationDestination', 'media', 'data-restore'), 'status.latestImage.name') ?? '';
  box.kube.patchStatus('VolumeSnapshot', 'media', image, { readyToUse: false });
  create();
  await until(() => primes().length === 1);
  box.kube.remove('PersistentVolumeClaim', 'media', 'data');
  await box.volsync.idle();
  expect(primes()).toEqual([]);
  expect(at(box.kube.get('VolumeSnapshot', 'media', image), 'metadata.ownerReferences')).toHaveLength(1);
});
