import { NO_MOVER_SPEC } from '../../src/mover-spec.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { baseCredentials, destination, namespace } from '../../sandbox/story.ts';
import { openCluster, type Cluster } from '../../src/cluster/cluster.ts';
import { text, type KubeObject } from '../../sandbox/kube/objects.ts';
import { at } from '../../src/cluster/read.ts';
import type { Action, DesiredDestination, WriteResult } from '../../src/decisions.ts';
import { startLab, type Lab } from '../support/lab.ts';
import { NO_MEMORY } from '../../src/memory.ts';

let lab: Lab;
let cluster: Cluster;
const { signal } = new AbortController();
const ref = { namespace: 'media', claim: 'plex' };
const OURS = { 'app.kubernetes.io/managed-by': 'volsync-prewarm' };
const RD = '/apis/volsync.backube/v1alpha1/namespaces/media/replicationdestinations/plex-restore';
const APPLY = { method: 'PATCH', contentType: 'application/apply-patch+yaml', user: 'worker' };

beforeEach(async () => {
  lab = await startLab({ volsync: false });
  lab.kube.apply(namespace('media'));
  lab.kube.apply(baseCredentials('media', 'http://s3:9000'));
  cluster = await openCluster({
    credentialsSecret: 'volsync-rustfs-base',
    concurrency: 4,
    requestTimeout: 10_000,
    version: 'test',
  });
  const view = await cluster.observe(signal);
  await cluster.lookUp(view, { bases: ['media'], repositories: [ref] }, signal);
  lab.forget();
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

function desired(more: Partial<DesiredDestination> = {}): DesiredDestination {
  return {
    ...ref,
    existing: null,
    name: 'plex-restore',
    adopted: false,
    manual: '0a1b2c3d',
    paused: false,
    memory: { ...NO_MEMORY, capacityFrom: 'claim' },
    spec: {
      repository: 'plex-volsync-secret',
      copyMethod: 'Snapshot',
      capacity: '5Gi',
      accessModes: ['ReadWriteOnce'],
      storageClass: 'fast',
      snapshotClass: 'snaps',
      restoreAsOf: null,
      enableFileDeletion: true,
      cleanupTempPVC: false,
      moverSpec: {
        fields: {
          moverSecurityContext: '{"fsGroup":3,"runAsGroup":2,"runAsUser":1}',
          customCA: '{"key":"ca.crt","secretName":"ca"}',
        },
        cacheCapacity: '1Gi',
        cacheStorageClass: 'local',
        cacheAccessModes: ['ReadWriteOnce'],
      },
    },
    ...more,
  };
}

/** The body of an apply of `desired()`. */
function body(metadata: object = {}, trigger = '0a1b2c3d'): object {
  return {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: {
      name: 'plex-restore',
      namespace: 'media',
      labels: OURS,
      annotations: { 'volsync-prewarm/capacity-from': 'claim' },
      ...metadata,
    },
    spec: {
      trigger: { manual: trigger },
      restic: {
        repository: 'plex-volsync-secret',
        copyMethod: 'Snapshot',
        capacity: '5Gi',
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        volumeSnapshotClassName: 'snaps',
        cacheCapacity: '1Gi',
        cacheStorageClassName: 'local',
        cacheAccessModes: ['ReadWriteOnce'],
        enableFileDeletion: true,
        cleanupTempPVC: false,
        moverSecurityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3 },
        customCA: { secretName: 'ca', key: 'ca.crt' },
      },
    },
  };
}

/** A destination that is there already, and what identifies it. */
function present(labels: Record<string, string> = OURS): { uid: string; resourceVersion: string } {
  const made = lab.kube.apply(destination({ ...ref, tag: 'aaaaaaaa', labels }));
  return { uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion };
}

function write(action: Action, until = signal): Promise<WriteResult> {
  return cluster.write(action, until);
}

test('create-destination is one apply of what must not exist, which takes nothing from anybody', async () => {
  expect(await write({ kind: 'create-destination', desired: desired() })).toEqual({ state: 'done', changed: true });
  expect(lab.kube.requests).toEqual([
    {
      ...APPLY,
      path: RD,
      query: { fieldManager: 'volsync-prewarm', force: 'false' },
      status: 201,
      body: body({ resourceVersion: '0' }),
    },
  ]);
});

test('create-destination leaves out what is not known', async () => {
  const spec = {
    ...desired().spec,
    capacity: null,
    accessModes: [],
    storageClass: null,
    snapshotClass: null,
    moverSpec: NO_MOVER_SPEC,
  };
  await write({ kind: 'create-destination', desired: desired({ spec, memory: NO_MEMORY }) });
  expect(lab.kube.requests[0]?.body).toEqual({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { name: 'plex-restore', namespace: 'media', resourceVersion: '0', labels: OURS },
    spec: {
      trigger: { manual: '0a1b2c3d' },
      restic: {
        repository: 'plex-volsync-secret',
        copyMethod: 'Snapshot',
        enableFileDeletion: true,
        cleanupTempPVC: false,
      },
    },
  });
});

test.each([
  ['somebody', {}],
  ['another run of ours, which syncs', OURS],
])(
  'F8: create-destination: one that %s made a moment earlier is a conflict and stays as it is',
  async (_who, labels) => {
    present(labels);
    const before = lab.kube.get('ReplicationDestination', 'media', 'plex-restore');
    const outcome = await write({ kind: 'create-destination', desired: desired() });
    expect(outcome.state).toBe('conflict');
    expect(lab.kube.get('ReplicationDestination', 'media', 'plex-restore')).toEqual(before);
  },
);

test.each([
  'retrigger',
  'update-destination',
  'record-proof',
  'mark-suspect',
  'note-absence',
  'note-credentials',
] as const)('%s is one apply on the very object that was decided on', async (kind) => {
  const existing = present();
  expect(await write({ kind, desired: desired({ existing }) })).toEqual({ state: 'done', changed: true });
  expect(lab.kube.requests).toEqual([
    {
      ...APPLY,
      path: RD,
      query: { fieldManager: 'volsync-prewarm', force: 'true' },
      status: 200,
      body: body(existing),
    },
  ]);
});

test('who wrote in between wins: conflict, and nothing is changed', async () => {
  const existing = present();
  lab.kube.patch('ReplicationDestination', 'media', 'plex-restore', { metadata: { annotations: { by: 'hand' } } });
  const before = lab.kube.get('ReplicationDestination', 'media', 'plex-restore');
  const outcome = await write({ kind: 'retrigger', desired: desired({ existing }) });
  expect(outcome).toEqual({
    state: 'conflict',
    message: expect.stringContaining('the object has been modified'),
  });
  expect(lab.kube.get('ReplicationDestination', 'media', 'plex-restore')).toEqual(before);
  expect(lab.kube.requests).toHaveLength(1);
});

test('one that was made anew in between is not ours to change', async () => {
  const existing = present();
  lab.kube.remove('ReplicationDestination', 'media', 'plex-restore');
  present();
  const before = lab.kube.get('ReplicationDestination', 'media', 'plex-restore');
  expect(await write({ kind: 'retrigger', desired: desired({ existing }) })).toMatchObject({ state: 'conflict' });
  expect(lab.kube.get('ReplicationDestination', 'media', 'plex-restore')).toEqual(before);
});

test('one that has gone meanwhile is not made again', async () => {
  const existing = present();
  lab.kube.remove('ReplicationDestination', 'media', 'plex-restore');
  expect(await write({ kind: 'record-proof', desired: desired({ existing }) })).toMatchObject({ state: 'conflict' });
  expect(lab.destinations()).toEqual([]);
});

test('a namespace that has gone meanwhile is a conflict: look again', async () => {
  const gone = desired({ namespace: 'gone' });
  expect(await write({ kind: 'create-destination', desired: gone })).toEqual({
    state: 'conflict',
    message: expect.stringContaining('(HTTP 404)'),
  });
});

test('two writes of one chain: the second stands on the first', async () => {
  const existing = present();
  const [first, second] = [desired({ existing }), desired({ existing, manual: 'bbbbbbbb' })];
  expect(await write({ kind: 'record-proof', desired: first })).toEqual({ state: 'done', changed: true });
  expect(await write({ kind: 'retrigger', desired: second })).toEqual({ state: 'done', changed: true });
  const versions = lab.kube.requests.map(({ body: sent }) => at(sent, 'metadata'));
  expect(versions).toEqual([
    expect.objectContaining(existing),
    expect.not.objectContaining({ resourceVersion: existing.resourceVersion }),
  ]);
});

test('the same once more changes nothing', async () => {
  await write({ kind: 'create-destination', desired: desired() });
  const { uid, resourceVersion } = lab.kube.get('ReplicationDestination', 'media', 'plex-restore')!.metadata;
  const again = desired({ existing: { uid, resourceVersion } });
  expect(await write({ kind: 'update-destination', desired: again })).toEqual({ state: 'done', changed: false });
});

describe('somebody else’s destination', () => {
  const MINE = { name: 'plex-dst', labels: { 'volsync-prewarm/adopt': 'true' }, annotations: { theirs: 'stays' } };

  function adopted(): DesiredDestination {
    const made = lab.kube.apply({
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationDestination',
      metadata: { namespace: 'media', ...MINE },
      spec: { trigger: { manual: 'restore-once' }, restic: { repository: 'theirs', copyMethod: 'Snapshot' } },
    });
    const { uid, resourceVersion } = made.metadata;
    return desired({ name: 'plex-dst', adopted: true, existing: { uid, resourceVersion }, manual: 'bbbbbbbb' });
  }

  const now = (): KubeObject => lab.kube.get('ReplicationDestination', 'media', 'plex-dst')!;

  test('gets its tag and our annotations by merge patch, and nothing else', async () => {
    const wanted = adopted();
    expect(await write({ kind: 'retrigger-adopted', desired: wanted })).toEqual({ state: 'done', changed: true });
    const [request] = lab.kube.requests;
    expect(request).toMatchObject({ method: 'PATCH', path: RD.replace('plex-restore', 'plex-dst'), status: 200 });
    expect(request?.body).toMatchObject({ metadata: wanted.existing ?? {}, spec: { trigger: { manual: 'bbbbbbbb' } } });
    expect(now().spec).toEqual({
      trigger: { manual: 'bbbbbbbb' },
      restic: { repository: 'theirs', copyMethod: 'Snapshot' },
    });
    expect(now().metadata.labels).toEqual(MINE.labels);
    expect(now().metadata.annotations).toEqual({ theirs: 'stays', 'volsync-prewarm/capacity-from': 'claim' });
  });

  test('keeps trigger and annotations over ten writes of either kind', async () => {
    const first = adopted();
    for (let round = 0; round < 10; round += 1) {
      const { uid, resourceVersion } = now().metadata;
      const more = { ...first, existing: { uid, resourceVersion } };
      const isTag = round % 2 === 0;
      const memory = { ...first.memory, secondTry: `round-${round}` };
      const manual = isTag ? `aaaaaaa${round}` : (text(now(), 'spec.trigger.manual') ?? '');
      const desiredNow = { ...more, manual, memory };
      await write({ kind: isTag ? 'retrigger-adopted' : 'record-proof', desired: desiredNow });
    }
    expect(at(now(), 'spec', 'trigger')).toEqual({ manual: 'aaaaaaa8' });
    expect(now().metadata.annotations).toEqual({
      theirs: 'stays',
      'volsync-prewarm/capacity-from': 'claim',
      'volsync-prewarm/second-try': 'round-9',
    });
  });

  test('is looked at again when somebody wrote in between, or made it anew', async () => {
    const wanted = adopted();
    const stale = { ...wanted, existing: { uid: wanted.existing?.uid ?? '', resourceVersion: '1' } };
    expect(await write({ kind: 'retrigger-adopted', desired: stale })).toMatchObject({ state: 'conflict' });
    const other = { ...wanted, existing: { uid: 'another', resourceVersion: wanted.existing?.resourceVersion ?? '' } };
    expect(await write({ kind: 'retrigger-adopted', desired: other })).toMatchObject({ state: 'conflict' });
    expect(text(now(), 'spec.trigger.manual')).toBe('restore-once');
  });
});

describe('somebody else’s source', () => {
  test('gets the word that removes a lock and one annotation, by merge patch, and nothing else', async () => {
    const made = lab.kube.apply({
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationSource',
      metadata: { namespace: 'media', name: 'plex', labels: { 'volsync-prewarm/adopt': 'true' } },
      spec: {
        sourcePVC: 'plex',
        trigger: { schedule: '0 3 * * *' },
        restic: { repository: 'theirs', retain: { daily: 7 } },
      },
    });
    const existing = { uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion };
    const action: Action = {
      kind: 'unlock-adopted',
      ...ref,
      name: 'plex',
      existing,
      unlock: 'ffffffff',
      hasBackup: true,
    };
    expect(await write(action)).toEqual({ state: 'done', changed: true });
    const now = lab.kube.get('ReplicationSource', 'media', 'plex');
    expect(now?.spec).toEqual({
      sourcePVC: 'plex',
      trigger: { schedule: '0 3 * * *' },
      restic: { repository: 'theirs', retain: { daily: 7 }, unlock: 'ffffffff' },
    });
    expect(now?.metadata.annotations).toEqual({ 'volsync-prewarm/has-backup': 'true' });
    // VolSync, or its owner, wrote in between.
    expect(await write(action)).toMatchObject({ state: 'conflict' });
  });
});

test('delete-destination names the object that was decided on', async () => {
  const remove = present();
  expect(await write({ kind: 'delete-destination', remove, ...ref })).toEqual({ state: 'done', changed: true });
  expect(lab.kube.requests).toEqual([
    {
      method: 'DELETE',
      path: RD,
      query: {},
      contentType: 'application/json',
      status: 200,
      user: 'worker',
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: remove, propagationPolicy: 'Background' },
    },
  ]);
  expect(lab.destinations()).toEqual([]);
});

test('delete-destination: changed meanwhile, it stays; gone already, it is done', async () => {
  const remove = present();
  lab.kube.patch('ReplicationDestination', 'media', 'plex-restore', { metadata: { annotations: { by: 'hand' } } });
  expect(await write({ kind: 'delete-destination', remove, ...ref })).toMatchObject({ state: 'conflict' });
  expect(lab.destinations()).toHaveLength(1);
  lab.kube.remove('ReplicationDestination', 'media', 'plex-restore');
  expect(await write({ kind: 'delete-destination', remove, ...ref })).toEqual({ state: 'done', changed: true });
});

test('recreate-destination deletes the one and applies a new one', async () => {
  const remove = present();
  expect(await write({ kind: 'recreate-destination', desired: desired(), remove })).toEqual({
    state: 'done',
    changed: true,
  });
  expect(lab.kube.requests.map(({ method, path, status }) => [method, path, status])).toEqual([
    ['DELETE', RD, 200],
    ['PATCH', RD, 201],
  ]);
  expect(lab.kube.get('ReplicationDestination', 'media', 'plex-restore')?.metadata.uid).not.toBe(remove.uid);
});

test('recreate-destination: an apply on what is still going would be lost with it, so it is a conflict', async () => {
  await write({ kind: 'create-destination', desired: desired() });
  const held = { metadata: { finalizers: ['example.com/held'] } };
  const { uid, resourceVersion } = lab.kube.patch('ReplicationDestination', 'media', 'plex-restore', held).metadata;
  expect(await write({ kind: 'recreate-destination', desired: desired(), remove: { uid, resourceVersion } })).toEqual({
    state: 'conflict',
    message: `PATCH ${RD}: there is one already`,
  });
});

test('something new in a namespace that is being deleted is no failure: it is as good as gone', async () => {
  lab.kube.patch('Namespace', '', 'media', { metadata: { finalizers: ['example.com/held'] } });
  lab.kube.remove('Namespace', '', 'media');
  expect(await write({ kind: 'create-destination', desired: desired() })).toMatchObject({ state: 'conflict' });
});

test('recreate-destination: what may not be deleted is not applied either', async () => {
  const remove = present();
  lab.kube.fault({ method: 'DELETE', status: 403, message: 'no' });
  expect(await write({ kind: 'recreate-destination', desired: desired(), remove })).toEqual({
    state: 'failed',
    message: `DELETE ${RD}: no (HTTP 403)`,
  });
  expect(lab.kube.requests).toHaveLength(1);
});

test.each([403, 422])('a write that is refused with %d failed, in the words of the server', async (status) => {
  lab.kube.fault({ method: 'PATCH', status, message: 'admission webhook "gate" denied the request' });
  expect(await write({ kind: 'create-destination', desired: desired() })).toEqual({
    state: 'failed',
    message: `PATCH ${RD}: admission webhook "gate" denied the request (HTTP ${status})`,
  });
  expect(lab.kube.requests).toHaveLength(1);
});

test('a write that is put off with 429 is made later', async () => {
  lab.kube.fault({ method: 'PATCH', status: 429, retryAfter: 0, times: 2 });
  expect(await write({ kind: 'create-destination', desired: desired() })).toEqual({ state: 'done', changed: true });
  expect(lab.kube.requests.map(({ status }) => status)).toEqual([429, 429, 201]);
});

test('nothing is written once the signal has been given', async () => {
  expect(await write({ kind: 'create-destination', desired: desired() }, AbortSignal.abort())).toEqual({
    state: 'failed',
    message: `PATCH ${RD}: stopped`,
  });
  expect(lab.kube.requests).toEqual([]);
});

const INDEX = '/apis/volsync.backube/v1alpha1/namespaces/volsync-system/replicationdestinations/volsync-prewarm-index';

/** The version of an index object that is there. */
function versionOf(name = 'volsync-prewarm-index'): { uid: string; resourceVersion: string } {
  const { uid, resourceVersion } = lab.kube.get('ReplicationDestination', 'volsync-system', name)!.metadata;
  return { uid, resourceVersion };
}

test('publish writes the first index object over the version that was read, and only our keys', async () => {
  const existing = versionOf();
  const parameters = { 'media.plex': 'attach warm 0a1b2c3d -' };
  expect(await cluster.publish({ shard: 0, existing, parameters }, signal)).toEqual({ state: 'done', changed: true });
  expect(lab.kube.requests.map(({ path, query, status }) => [path, query['force'], status])).toEqual([
    [INDEX, 'true', 200],
  ]);
  expect(lab.index()).toEqual({ _onStale: 'allow', ...parameters });
  expect(await cluster.publish({ shard: 0, existing, parameters }, signal)).toMatchObject({ state: 'conflict' });
  expect(await cluster.publish({ shard: 0, existing: versionOf(), parameters }, signal)).toEqual({
    state: 'done',
    changed: false,
  });
});

test('publish leaves out what is not wanted any more, and what somebody else has put there', async () => {
  const publish = (parameters: Record<string, string>): Promise<WriteResult> =>
    cluster.publish({ shard: 0, existing: versionOf(), parameters }, signal);
  await publish({ 'media.plex': 'attach warm 0a1b2c3d -', 'media.gone': 'attach warm 0a1b2c3d -' });
  lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
    spec: { external: { parameters: { theirs: 'x' } } },
  });
  await publish({ 'media.plex': 'attach warm 0a1b2c3d -' });
  expect(lab.index()).toEqual({ _onStale: 'allow', theirs: 'x', 'media.plex': 'attach warm 0a1b2c3d -' });
});

test('publish makes a further index object: first that it is there, then what it says', async () => {
  const parameters = { _generatedAt: '2026-11-21T12:00:00.000Z', 'media.plex': 'attach warm 0a1b2c3d -' };
  expect(await cluster.publish({ shard: 1, existing: null, parameters }, signal)).toEqual({
    state: 'done',
    changed: true,
  });
  const sent = lab.kube.requests.map(({ method, path, status, body }) => [
    `${method} ${path} ${status}`,
    at(body, 'spec', 'external', 'parameters'),
  ]);
  expect(sent).toEqual([
    [`POST ${INDEX.replace(/\/[^/]+$/, '')} 201`, { _generatedAt: parameters._generatedAt }],
    [`PATCH ${INDEX}-1 200`, parameters],
  ]);
});

test('publish takes nothing from a further index object that somebody made a moment earlier', async () => {
  const parameters = { 'media.plex': 'refuse cold:image-direct 0a1b2c3d -' };
  await cluster.publish({ shard: 2, existing: null, parameters }, signal);
  const made = lab.kube.get('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index-2');
  expect(await cluster.publish({ shard: 2, existing: null, parameters: {} }, signal)).toMatchObject({
    state: 'conflict',
  });
  expect(lab.kube.get('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index-2')).toEqual(made);
});

test('publish on an index object that is gone, or is being deleted, is a conflict: look again', async () => {
  const existing = versionOf();
  lab.kube.remove('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index');
  expect(await cluster.publish({ shard: 0, existing, parameters: {} }, signal)).toMatchObject({ state: 'conflict' });
  expect(lab.kube.get('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index')).toBeUndefined();
});
