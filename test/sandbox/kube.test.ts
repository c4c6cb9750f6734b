import { connect } from 'node:http2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Kube } from '../../sandbox/kube/kube.ts';
import { claim, destination, namespace } from '../../sandbox/story.ts';
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

const SECRETS = '/api/v1/namespaces/media/secrets';
const secret = (name: string, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  ...extra,
});

test('speaks HTTP/2 and HTTP/1.1, counts TLS connections and records what was asked by whom', async () => {
  const old = clientOf(kube, { h2: false });
  await client.call('GET', '/version');
  await client.call('GET', '/version', { token: kube.tokens.worker });
  expect(kube.tlsConnections).toBe(1);
  await old.call('GET', '/readyz?verbose=1');
  expect(kube.tlsConnections).toBe(2);
  expect(kube.requests.map(({ method, path, query, status, user }) => ({ method, path, query, status, user }))).toEqual(
    [
      { method: 'GET', path: '/version', query: {}, status: 200, user: 'admin' },
      { method: 'GET', path: '/version', query: {}, status: 200, user: 'worker' },
      { method: 'GET', path: '/readyz', query: { verbose: '1' }, status: 200, user: 'admin' },
    ],
  );
  const session = connect(kube.url, { ca: kube.ca });
  await new Promise((resolve) => session.once('connect', resolve));
  expect(session.alpnProtocol).toBe('h2');
  session.destroy();
  await old.close();
});

test('refuses unknown and missing tokens with a Status', async () => {
  for (const token of ['wrong', null]) {
    const answer = await client.call('GET', SECRETS, { token });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
  }
});

test('creates, refuses a second one, reads, replaces and deletes', async () => {
  const created = await client.call('POST', SECRETS, { body: secret('a', { stringData: { key: 'value' } }) });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ type: 'Opaque', data: { key: 'dmFsdWU=' } });
  const again = await client.call('POST', SECRETS, { body: secret('a') });
  expect(again).toMatchObject({ status: 409, body: { reason: 'AlreadyExists' } });
  const replaced = await client.call('PUT', `${SECRETS}/a`, { body: { ...created.body, data: { key: 'b3RoZXI=' } } });
  expect(replaced.status).toBe(200);
  const stale = await client.call('PUT', `${SECRETS}/a`, { body: created.body });
  expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  expect((await client.call('DELETE', `${SECRETS}/a`)).body.status).toBe('Success');
  expect(await client.call('GET', `${SECRETS}/a`)).toMatchObject({
    status: 404,
    body: { reason: 'NotFound', message: 'secrets "a" not found', details: { name: 'a', kind: 'secrets' } },
  });
});

test('generates names, knows missing namespaces and bad labels', async () => {
  const made = await client.call('POST', SECRETS, { body: { ...secret(''), metadata: { generateName: 'a-' } } });
  expect(made.body.metadata.name).toMatch(/^a-.{5}$/);
  const lost = await client.call('POST', '/api/v1/namespaces/nowhere/secrets', { body: secret('a') });
  expect(lost).toMatchObject({ status: 404, body: { message: 'namespaces "nowhere" not found' } });
  const bad = await client.call('POST', SECRETS, {
    body: { ...secret('a'), metadata: { name: 'a', labels: { x: 'a b' } } },
  });
  expect(bad).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
});

test('pages belong to one moment, in one order', async () => {
  for (const name of ['c', 'a', 'e', 'b', 'd']) kube.apply({ ...secret(name), metadata: { name, namespace: 'media' } });
  const first = await client.call('GET', '/api/v1/secrets?limit=2');
  expect(first.body.metadata).toMatchObject({ remainingItemCount: 3, continue: expect.any(String) });
  kube.remove('Secret', 'media', 'd');
  const names: string[] = first.body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
  let token: string | undefined = first.body.metadata.continue;
  while (token !== undefined) {
    const page = await client.call('GET', `/api/v1/secrets?limit=2&continue=${token}`);
    names.push(...page.body.items.map((item: { metadata: { name: string } }) => item.metadata.name));
    token = page.body.metadata.continue;
  }
  expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await client.call('GET', '/api/v1/secrets?limit=2&continue=e30')).toMatchObject({
    status: 410,
    body: { reason: 'Expired' },
  });
});

test.each([
  ['tier=hot', ['a']],
  ['tier==hot,app=x', ['a']],
  ['tier!=hot', ['b', 'c']],
  ['tier in (hot, cold)', ['a', 'b']],
  ['tier notin (hot)', ['b', 'c']],
  ['tier', ['a', 'b']],
  ['!tier', ['c']],
])('label selector %s', async (selector, names) => {
  kube.apply({ ...secret('a'), metadata: { name: 'a', namespace: 'media', labels: { tier: 'hot', app: 'x' } } });
  kube.apply({ ...secret('b'), metadata: { name: 'b', namespace: 'media', labels: { tier: 'cold' } } });
  kube.apply({ ...secret('c'), metadata: { name: 'c', namespace: 'media' } });
  const found = await client.call('GET', `${SECRETS}?labelSelector=${encodeURIComponent(selector)}`);
  expect(found.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(names);
});

test('field selectors and metadata only', async () => {
  kube.apply({ ...secret('a', { data: { key: 'dmFsdWU=' } }), metadata: { name: 'a', namespace: 'media' } });
  kube.apply({ ...secret('b'), metadata: { name: 'b', namespace: 'media' } });
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
  const list = await client.call('GET', '/api/v1/secrets?fieldSelector=metadata.name%3Da', { accept });
  expect(list.body).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ metadata: { name: 'a' } }] });
  expect(list.body.items[0]).not.toHaveProperty('data');
  const one = await client.call('GET', `${SECRETS}/a`, { accept: accept.replace('List', '') });
  expect(one.body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
  expect((await client.call('GET', '/api/v1/secrets?fieldSelector=spec.x%3Da')).status).toBe(400);
});

test('deletes with preconditions, and what is owned goes too', async () => {
  const owner = kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'x' }));
  const { uid, name } = owner.metadata;
  const reference = { apiVersion: owner.apiVersion, kind: owner.kind, name, uid };
  kube.apply({
    ...claim({ namespace: 'media', name: 'owned' }),
    metadata: { namespace: 'media', name: 'owned', ownerReferences: [reference] },
  });
  const path = '/apis/volsync.backube/v1alpha1/namespaces/media/replicationdestinations/data-restore';
  const wrong = await client.call('DELETE', path, { body: { preconditions: { uid: 'another' } } });
  expect(wrong).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  expect(
    (
      await client.call('DELETE', path, {
        body: { preconditions: { uid, resourceVersion: owner.metadata.resourceVersion } },
      })
    ).status,
  ).toBe(200);
  expect(kube.list('PersistentVolumeClaim', 'media')).toEqual([]);
});

test('status has a door of its own, and generation counts the spec only', async () => {
  const path = '/apis/volsync.backube/v1alpha1/namespaces/media/replicationdestinations/data-restore';
  kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'x' }));
  const merge = { type: 'application/merge-patch+json' };
  const main = await client.call('PATCH', path, {
    ...merge,
    body: { status: { lastManualSync: 'x' }, metadata: { labels: { a: 'b' } } },
  });
  expect(main.body.status).toBeUndefined();
  expect(main.body.metadata.generation).toBe(1);
  const status = await client.call('PATCH', `${path}/status`, {
    ...merge,
    body: { status: { lastManualSync: 'x' }, spec: { paused: true } },
  });
  expect(status.body).toMatchObject({
    status: { lastManualSync: 'x' },
    metadata: { generation: 1, labels: { a: 'b' } },
  });
  expect(status.body.spec.paused).toBeUndefined();
  const spec = await client.call('PATCH', path, { ...merge, body: { spec: { trigger: { manual: 'y' } } } });
  expect(spec.body).toMatchObject({ status: { lastManualSync: 'x' }, metadata: { generation: 2 } });
});

test('a claim gets its defaults and its spec cannot be changed', async () => {
  const path = '/api/v1/namespaces/media/persistentvolumeclaims';
  const made = await client.call('POST', path, {
    body: claim({ namespace: 'media', name: 'data', from: 'data-restore' }),
  });
  expect(made.body).toMatchObject({
    status: { phase: 'Pending' },
    spec: { volumeMode: 'Filesystem', dataSource: { name: 'data-restore' } },
  });
  const merge = { type: 'application/merge-patch+json' };
  const moved = await client.call('PATCH', `${path}/data`, { ...merge, body: { spec: { storageClassName: 'other' } } });
  expect(moved).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
  const grown = await client.call('PATCH', `${path}/data`, {
    ...merge,
    body: { spec: { resources: { requests: { storage: '2Gi' } } } },
  });
  expect(grown.status).toBe(200);
});

test('faults: refusals, delays, silence and cut lines, counted', async () => {
  kube.fault({ path: '/secrets', status: 429, retryAfter: 2, times: 1 });
  expect(await client.call('GET', SECRETS)).toMatchObject({
    status: 429,
    headers: { 'retry-after': '2' },
    body: { reason: 'TooManyRequests' },
  });
  expect((await client.call('GET', SECRETS)).status).toBe(200);
  const lift = kube.fault({ method: 'POST', path: /secrets$/, user: 'admin', status: 403, message: 'no' });
  expect(await client.call('POST', SECRETS, { body: secret('a') })).toMatchObject({
    status: 403,
    body: { reason: 'Forbidden', message: 'no' },
  });
  const review = {
    spec: { resourceAttributes: { namespace: 'media', verb: 'create', resource: 'secrets', group: '' } },
  };
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  expect((await client.call('POST', reviews, { body: review })).body.status.allowed).toBe(false);
  lift();
  expect((await client.call('POST', reviews, { body: review })).body.status.allowed).toBe(true);
  kube.fault({ path: '/secrets', delay: 30, times: 1 });
  const begin = performance.now();
  expect((await client.call('GET', SECRETS)).status).toBe(200);
  expect(performance.now() - begin).toBeGreaterThan(25);
  kube.fault({ path: '/secrets', drop: true, times: 1 });
  await expect(client.call('GET', SECRETS)).rejects.toThrow(/other side closed|socket|destroyed|ECONNRESET|HTTP\/2/i);
  kube.fault({ path: '/secrets', hang: true, times: 1 });
  const silent = client.call('GET', SECRETS).then(
    () => 'answered',
    () => 'cut',
  );
  expect(await Promise.race([silent, new Promise((resolve) => setTimeout(resolve, 50, 'silence'))])).toBe('silence');
  await client.close();
  expect(await silent).toBe('cut');
});

test('JSON patches add, replace, remove and test', async () => {
  await client.call('POST', SECRETS, { body: secret('a', { data: { x: 'eA==', 'y/z': 'eQ==' } }) });
  const patch = (body: unknown) => client.call('PATCH', `${SECRETS}/a`, { body, type: 'application/json-patch+json' });
  const done = await patch([
    { op: 'test', path: '/data/x', value: 'eA==' },
    { op: 'remove', path: '/data/y~1z' },
    { op: 'replace', path: '/data/x', value: 'eg==' },
    { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
  ]);
  expect(done.body).toMatchObject({ data: { x: 'eg==' }, metadata: { labels: { a: 'b' } } });
  expect(Object.keys(done.body.data)).toEqual(['x']);
  expect((await patch([{ op: 'test', path: '/data/x', value: 'no' }])).status).toBe(422);
});

test('a group that is not installed is 404 page not found', async () => {
  const show = kube.resources.hide('volsync.backube');
  const path = '/apis/volsync.backube/v1alpha1/replicationdestinations';
  expect(await client.call('GET', path)).toMatchObject({ status: 404, body: '404 page not found\n' });
  expect((await client.call('GET', '/apis')).body.groups.map((group: { name: string }) => group.name)).not.toContain(
    'volsync.backube',
  );
  show();
  expect((await client.call('GET', path)).body).toMatchObject({ kind: 'ReplicationDestinationList', items: [] });
});

test('admission may change or refuse what is written, over the wire and in process', async () => {
  kube.admit(({ object, operation }) => {
    if (object.kind !== 'Secret' || operation !== 'CREATE') return undefined;
    return { ...object, metadata: { ...object.metadata, labels: { seen: 'yes' } } };
  });
  const made = await client.call('POST', SECRETS, { body: secret('a') });
  expect(made.body.metadata.labels).toEqual({ seen: 'yes' });
  expect(kube.apply({ ...secret('b'), metadata: { name: 'b', namespace: 'media' } }).metadata.labels).toEqual({
    seen: 'yes',
  });
});

test("every answer tells the server's own time", async () => {
  const late = new Kube(() => new Date('2026-11-21T12:00:00Z'));
  await late.listen();
  const theirs = clientOf(late);
  const { headers } = await theirs.call('GET', '/api/v1/namespaces');
  await theirs.close();
  await late.close();
  expect(headers['date']).toBe('Sat, 21 Nov 2026 12:00:00 GMT');
});
