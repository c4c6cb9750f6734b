import { afterEach, beforeEach, expect, test } from 'vitest';
import { Kube } from '../../sandbox/kube/kube.ts';
import { namespace } from '../../sandbox/story.ts';
import { clientOf, type Client } from './wire.ts';

let kube: Kube;
let client: Client;

beforeEach(async () => {
  kube = new Kube(() => new Date());
  await kube.listen();
  kube.apply(namespace('media'));
  client = clientOf(kube);
});

afterEach(async () => {
  await client.close();
  await kube.close();
});

const PATH = '/apis/volsync.backube/v1alpha1/namespaces/media/replicationdestinations/data-restore';
const body = (spec: object, metadata: object = {}) => ({
  apiVersion: 'volsync.backube/v1alpha1',
  kind: 'ReplicationDestination',
  metadata: { name: 'data-restore', namespace: 'media', ...metadata },
  spec,
});

test('creates what is absent, and changes nothing when nothing changes', async () => {
  const spec = { trigger: { manual: 'a' }, restic: { accessModes: ['ReadWriteOnce'] } };
  const first = await client.apply(PATH, body(spec, { labels: { app: 'x' } }));
  expect(first.status).toBe(201);
  expect(first.body.metadata.managedFields).toMatchObject([
    {
      manager: 'tester',
      operation: 'Apply',
      fieldsV1: {
        'f:metadata': { 'f:labels': { 'f:app': {} } },
        'f:spec': { 'f:trigger': { 'f:manual': {} }, 'f:restic': { 'f:accessModes': {} } },
      },
    },
  ]);
  const second = await client.apply(PATH, body(spec, { labels: { app: 'x' } }));
  expect(second.status).toBe(200);
  expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
});

test('takes away what its manager no longer says, and leaves what others own', async () => {
  await client.apply(PATH, body({ trigger: { manual: 'a' }, restic: { capacity: '1Gi', repository: 'r' } }));
  await client.apply(PATH, body({ restic: { repository: 'r' } }), 'fieldManager=other');
  const less = await client.apply(PATH, body({ trigger: { manual: 'a' } }));
  expect(less.body.spec).toEqual({ trigger: { manual: 'a' }, restic: { repository: 'r' } });
  const none = await client.apply(PATH, body({}), 'fieldManager=other');
  expect(none.body.spec).toEqual({ trigger: { manual: 'a' } });
});

test('refuses to change what another manager owns, unless forced', async () => {
  await client.apply(PATH, body({ trigger: { manual: 'a' } }));
  const refused = await client.apply(PATH, body({ trigger: { manual: 'b' } }), 'fieldManager=other');
  expect(refused).toMatchObject({
    status: 409,
    body: {
      reason: 'Conflict',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "tester"', field: '.spec.trigger.manual' }],
      },
    },
  });
  const shared = await client.apply(PATH, body({ trigger: { manual: 'a' } }), 'fieldManager=other');
  expect(shared.status).toBe(200);
  const forced = await client.apply(PATH, body({ trigger: { manual: 'b' } }), 'fieldManager=other&force=true');
  expect(forced.body.spec.trigger.manual).toBe('b');
  expect(forced.body.metadata.managedFields.map((entry: { manager: string }) => entry.manager)).toEqual(['other']);
  expect((await client.apply(PATH, body({ trigger: { manual: 'a' } }))).status).toBe(409);
});

test('an ordinary update takes ownership of what it changes', async () => {
  await client.apply(PATH, body({ trigger: { manual: 'a' } }, { labels: { app: 'x' } }));
  kube.patch('ReplicationDestination', 'media', 'data-restore', { spec: { trigger: { manual: 'by hand' } } });
  const again = await client.apply(PATH, body({ trigger: { manual: 'a' } }, { labels: { app: 'x' } }));
  expect(again).toMatchObject({
    status: 409,
    body: { details: { causes: [{ message: 'conflict with "world" using volsync.backube/v1alpha1' }] } },
  });
});

test('uid and resourceVersion in the body are preconditions', async () => {
  expect((await client.apply(PATH, body({}, { uid: 'gone' }))).status).toBe(409);
  // A version alone holds nothing back when the object is absent (measured on a real server).
  const made = await client.apply(PATH, body({ trigger: { manual: 'a' } }, { resourceVersion: '1' }));
  expect(made.status).toBe(201);
  const { uid, resourceVersion } = made.body.metadata;
  const wrong = await client.apply(PATH, body({ trigger: { manual: 'b' } }, { uid: 'another' }));
  expect(wrong).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
  const stale = await client.apply(PATH, body({ trigger: { manual: 'b' } }, { uid, resourceVersion: '1' }));
  expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  const right = await client.apply(PATH, body({ trigger: { manual: 'b' } }, { uid, resourceVersion }));
  expect(right.status).toBe(200);
  expect((await client.apply(PATH, body({ trigger: { manual: 'c' } }, { resourceVersion }))).status).toBe(409);
});

test('ignores the status of a kind that has a door for it, and keeps it', async () => {
  const withStatus = { ...body({ trigger: { manual: 'a' } }), status: { lastManualSync: 'a' } };
  expect((await client.apply(PATH, withStatus)).body.status).toBeUndefined();
  kube.patchStatus('ReplicationDestination', 'media', 'data-restore', { lastManualSync: 'z' });
  const same = await client.apply(PATH, body({ trigger: { manual: 'a' } }, { annotations: { 'a.b/c': 'd' } }));
  expect(same.body).toMatchObject({ status: { lastManualSync: 'z' }, metadata: { generation: 1 } });
});

test('a dry run stores nothing', async () => {
  const dry = await client.apply(PATH, body({ trigger: { manual: 'a' } }), 'fieldManager=tester&dryRun=All');
  expect(dry.status).toBe(201);
  expect(kube.get('ReplicationDestination', 'media', 'data-restore')).toBeUndefined();
});

test('wants a field manager and an object of the path', async () => {
  expect((await client.apply(PATH, body({}), 'x=y')).status).toBe(422);
  expect((await client.apply(PATH, { ...body({}), kind: 'Secret' })).status).toBe(400);
});
