/** Lists in pages, metadata only, selectors, and what is not there. */
import { expect, test } from 'vitest';
import { at, text } from '../../sandbox/kube/objects.ts';
import type { Api } from '../support/api.ts';
import { METADATA_LIST, TABLE } from '../support/api.ts';
import {
  apply,
  destination,
  destinations,
  itemsOf,
  made,
  META,
  namesIn,
  secret,
  secrets,
  type Given,
} from './ground.ts';

function namesOf(body: unknown, list: string): unknown[] {
  const found = at(body, list);
  return Array.isArray(found) ? found.map((one) => at(one, 'name')) : [];
}

async function several(api: Api, namespace: string, names: readonly string[]): Promise<void> {
  for (const name of names) await made(apply(api, destinations(namespace, name), destination(name)));
}

/** Registers the sentences about reading. */
export function reading(given: Given): void {
  test('a list comes in pages that belong to one moment, in the order of names', async () => {
    const { admin, place } = given();
    const namespace = await place();
    await several(admin, namespace, ['c', 'a', 'b']);
    const first = await admin.request('GET', destinations(namespace), { query: { limit: '2' } });
    expect(first).toMatchObject({ code: 200, body: { kind: 'ReplicationDestinationList' }, warnings: [] });
    expect(namesIn(first.body)).toEqual(['a', 'b']);
    expect(at(first.body, 'metadata.remainingItemCount')).toBe(1);
    await several(admin, namespace, ['d']);
    const token = text(first.body, 'metadata.continue') ?? '';
    const second = await admin.request('GET', destinations(namespace), { query: { limit: '2', continue: token } });
    expect(second.code).toBe(200);
    expect(namesIn(second.body)).toEqual(['c']);
    // An empty token and none mean the same: the end.
    expect(text(second.body, 'metadata.continue') ?? '').toBe('');
    expect(text(second.body, 'metadata.resourceVersion')).toBe(text(first.body, 'metadata.resourceVersion'));
  });

  test('items of custom kinds say their kind, items of built-in kinds do not', async () => {
    const { admin, place } = given();
    const namespace = await place();
    await several(admin, namespace, ['a']);
    await made(apply(admin, secrets(namespace, 's'), secret('s')));
    const custom = await made(admin.request('GET', destinations(namespace)));
    expect(itemsOf(custom)).toMatchObject([{ apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationDestination' }]);
    const builtIn = await made(admin.request('GET', secrets(namespace)));
    expect(builtIn).toMatchObject({ apiVersion: 'v1', kind: 'SecretList' });
    expect(itemsOf(builtIn).map((item) => at(item, 'kind'))).toEqual([undefined]);
  });

  test('kubectl gets tables: a row for each object, in columns that its definition names', async () => {
    const { admin, place } = given();
    const namespace = await place();
    await several(admin, namespace, ['b', 'a']);
    const table = await made(admin.request('GET', destinations(namespace), { accept: TABLE }));
    expect(table).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: expect.any(String) },
      rows: ['a', 'b'].map((name) => ({ object: { kind: 'PartialObjectMetadata', metadata: { name, namespace } } })),
    });
    expect(namesOf(table, 'columnDefinitions')).toEqual(['Name', 'Last sync', 'Duration', 'Next sync']);
    const claims = await made(
      admin.request('GET', `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, { accept: TABLE }),
    );
    expect(namesOf(claims, 'columnDefinitions').slice(0, 6)).toEqual([
      'Name',
      'Status',
      'Volume',
      'Capacity',
      'Access Modes',
      'StorageClass',
    ]);
  });

  test('a continue token that is too old is 410 Expired', async () => {
    const { admin, place, forgetPages } = given();
    const namespace = await place();
    await several(admin, namespace, ['a', 'b', 'c']);
    const first = await made(admin.request('GET', destinations(namespace), { query: { limit: '1' } }));
    const token = text(first, 'metadata.continue') ?? '';
    await forgetPages();
    const late = await admin.request('GET', destinations(namespace), { query: { limit: '1', continue: token } });
    expect(late).toMatchObject({ code: 410, body: { kind: 'Status', reason: 'Expired', code: 410 } });
  });

  test('a continue token that is garbage is 400', async () => {
    const { admin, place } = given();
    const query = { limit: '1', continue: 'garbage' };
    const answer = await admin.request('GET', destinations(await place()), { query });
    expect(answer).toMatchObject({ code: 400, body: { kind: 'Status', reason: 'BadRequest' } });
  });

  test('metadata only: no data leaves the server, and an empty list has no items', async () => {
    const { worker, admin, place } = given();
    const namespace = await place();
    const name = 'volsync-rustfs-base';
    const options = { accept: METADATA_LIST, query: { fieldSelector: `metadata.name=${name}`, limit: '2500' } };
    const before = await worker.request('GET', '/api/v1/secrets', options);
    expect(before).toMatchObject({ code: 200, body: { kind: 'PartialObjectMetadataList' }, warnings: [] });
    await made(apply(admin, secrets(namespace, name), secret(name)));
    await made(apply(admin, secrets(namespace, 'another'), secret('another')));
    const after = await made(worker.request('GET', '/api/v1/secrets', options));
    expect(namesIn(after)).toEqual([...namesIn(before.body), name]);
    const found = itemsOf(after).find((item) => text(item, 'metadata.namespace') === namespace);
    expect(Object.keys(found ?? {}).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(text(found, 'metadata.resourceVersion')).toMatch(/^\d+$/);
    // `items: null` on a real server; whoever reads it must take that for a list.
    const none = await made(admin.request('GET', destinations(namespace), { accept: METADATA_LIST }));
    expect(none).toMatchObject({
      kind: 'PartialObjectMetadataList',
      metadata: { resourceVersion: expect.any(String) },
    });
    expect(itemsOf(none)).toEqual([]);
  });

  test('one object as metadata', async () => {
    const { admin, place } = given();
    const namespace = await place();
    const answer = await admin.request('GET', `/api/v1/namespaces/${namespace}`, { accept: META });
    expect(answer).toMatchObject({ code: 200, body: { kind: 'PartialObjectMetadata', metadata: { name: namespace } } });
    expect(at(answer.body, 'status')).toBeUndefined();
  });

  test('a label selector with `in` finds what has one of the values', async () => {
    const { admin, place } = given();
    const namespace = await place();
    for (const [name, backup] of [
      ['a', 'hourly'],
      ['b', 'weekly'],
      ['c', 'daily'],
    ] as const) {
      const labelled = destination(name, {}, { labels: { backup } });
      await made(apply(admin, destinations(namespace, name), labelled));
    }
    await several(admin, namespace, ['d']);
    const query = { labelSelector: 'backup in (hourly,daily)' };
    expect(namesIn(await made(admin.request('GET', destinations(namespace), { query })))).toEqual(['a', 'c']);
    const equal = { labelSelector: 'backup=daily' };
    expect(namesIn(await made(admin.request('GET', destinations(namespace), { query: equal })))).toEqual(['c']);
  });

  test('an object that is not there is 404 with the name in its details', async () => {
    const { worker, place } = given();
    const answer = await worker.request('GET', secrets(await place(), 'missing'));
    expect(answer).toMatchObject({
      code: 404,
      body: {
        kind: 'Status',
        status: 'Failure',
        reason: 'NotFound',
        message: 'secrets "missing" not found',
        details: { name: 'missing', kind: 'secrets' },
      },
    });
  });

  test('a group that is not installed is 404 in plain words, for its resources and in discovery', async () => {
    const { admin, worker } = given();
    const message = '404 page not found\n';
    const list = await admin.request('GET', '/apis/nonsense.example.com/v1/things');
    expect(list).toMatchObject({ code: 404, body: message });
    const discovery = await worker.request('GET', '/apis/nonsense.example.com/v1');
    expect(discovery).toMatchObject({ code: 404, body: message });
  });

  test('discovery names the resources of a group that is installed', async () => {
    const answer = await given().worker.request('GET', VOLSYNC_DISCOVERY);
    expect(answer).toMatchObject({ code: 200, body: { kind: 'APIResourceList' } });
    const resources = at(answer.body, 'resources');
    const names = Array.isArray(resources) ? resources.map((resource) => text(resource, 'name')) : [];
    expect(names).toEqual(expect.arrayContaining(['replicationdestinations', 'replicationsources']));
  });

  test('a review of what one may do oneself says so, and keeps the question', async () => {
    const spec = {
      resourceAttributes: { group: 'volsync.backube', resource: 'replicationdestinations', verb: 'list' },
    };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const answer = await given().worker.request('POST', path, { body });
    expect(answer).toMatchObject({ code: 201, body: { spec, status: { allowed: true } }, warnings: [] });
  });

  test('the version is one that can be read', async () => {
    const answer = await given().worker.request('GET', '/version');
    expect(answer.code).toBe(200);
    expect(text(answer.body, 'gitVersion')).toMatch(/^v1\.\d+\.\d+/);
  });
}

const VOLSYNC_DISCOVERY = '/apis/volsync.backube/v1alpha1';
