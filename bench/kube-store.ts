/** The stub's memory: the generated objects, later writes, lists in pages, and a simulated VolSync. */

import { selectorTest } from '../sandbox/kube/selectors.ts';
import { finishedStatus, imageName, metadata, restoreLog, runningStatus, volumeSnapshot } from './kube-objects.ts';
import type { KubeObject } from './kube-objects.ts';
import { collections, emptyCollection } from './kube-world.ts';
import type { Collection, KubeWorld } from './kube-world.ts';
import { PRODUCT } from '../src/naming.ts';
import { shortId } from '../src/restic/ids.ts';

/** What becomes of a destination whose trigger was set: a sync that never ends, or one that has ended already. */
export type Restores = 'endless' | 'instant';

export interface Store {
  world: KubeWorld;
  restores: Restores;
  generated: Record<string, Collection>;
  /** by resource, then `<namespace>/<name>`; null = deleted */
  written: Map<string, Map<string, KubeObject | null>>;
  /** finished list replies; a write to a resource forgets those of that resource */
  pages: Map<string, Map<string, Buffer>>;
  version: number;
}

export interface Target {
  apiVersion: string;
  resource: string;
  namespace: string;
  name: string;
}

export interface ListQuery {
  labelSelector: string;
  fieldSelector: string;
  limit: number;
  continue: string;
  /** metadata only */
  partial: boolean;
}

/** A store that holds the generated world and nothing else. */
export function createStore(world: KubeWorld, restores: Restores): Store {
  return { world, restores, generated: collections(world), written: new Map(), pages: new Map(), version: 2000 };
}

/** Back to the generated world. */
export function forgetWrites(store: Store): void {
  for (const resource of store.written.keys()) store.pages.delete(resource);
  store.written.clear();
}

function collectionOf(store: Store, target: Target): Collection {
  return store.generated[target.resource] ?? emptyCollection(target.apiVersion, target.resource);
}

function inner<T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = map.get(key) ?? new Map<string, T>();
  map.set(key, found);
  return found;
}

/** One object, or undefined. */
export function getObject(store: Store, target: Target): KubeObject | undefined {
  const written = store.written.get(target.resource)?.get(`${target.namespace}/${target.name}`);
  if (written !== undefined) return written ?? undefined;
  const collection = collectionOf(store, target);
  const index = collection.indexOf(target.namespace, target.name);
  return index < 0 ? undefined : collection.at(index);
}

function putObject(store: Store, target: Target, object: KubeObject | null): void {
  store.version++;
  inner(store.written, target.resource).set(`${target.namespace}/${target.name}`, object);
  store.pages.delete(target.resource);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Maps are merged, everything else is replaced, null removes. */
function merge(base: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const old = result[key];
    if (value === null) delete result[key];
    else result[key] = isMap(value) ? merge(isMap(old) ? old : {}, value) : value;
  }
  return result;
}

export type JsonPatch = { op: string; path: string; value?: unknown }[];

/** A JSON patch of maps (no array positions) as the merge patch that does the same. */
export function mergePatchOf(patch: JsonPatch): KubeObject {
  let result: Record<string, unknown> = {};
  for (const { op, path, value } of patch) {
    const keys = path.split('/').slice(1);
    const leaf: unknown = op === 'remove' ? null : value;
    const nested = keys.reduceRight<unknown>((below, key) => ({ [key.replaceAll('~1', '/')]: below }), leaf);
    if (isMap(nested)) result = merge(result, nested);
  }
  return { apiVersion: '', kind: '', metadata: { name: '' }, ...result };
}

function triggerOf(object: KubeObject | undefined): unknown {
  const spec = isMap(object?.['spec']) ? object['spec'] : {};
  return isMap(spec['trigger']) ? spec['trigger']['manual'] : undefined;
}

function startRestore(store: Store, target: Target, object: KubeObject): KubeObject {
  const now = Date.now();
  const tag = String(triggerOf(object));
  const { namespace, name } = target;
  if (store.restores === 'endless') return { ...object, status: runningStatus(now) };
  const image = imageName(name.replace(/-restore$/, ''), now);
  const snapshot = volumeSnapshot({ namespace, name: image, volume: `volsync-${name}-dest` }, now);
  const { apiVersion } = snapshot;
  putObject(store, { apiVersion, resource: 'volumesnapshots', namespace, name: image }, snapshot);
  const logs = restoreLog(shortId(tag), now - 3_600_000);
  return { ...object, status: finishedStatus({ tag, image, logs }, now) };
}

/** The API server's book-keeping tells when the data of a Secret was changed last. */
function dataChanged(at: number): unknown[] {
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return [{ manager: PRODUCT, operation: 'Apply', apiVersion: 'v1', time, fieldsV1: { 'f:data': {} } }];
}

export interface Written {
  object: KubeObject | null;
  status: 200 | 201 | 404 | 409;
}

/** Server-side apply and every other write that carries an object. */
export function applyObject(store: Store, target: Target, body: KubeObject): Written {
  const before = getObject(store, target);
  const expected = body.metadata?.['resourceVersion'];
  // Version 0 is that of what must not exist.
  const stands = expected === '0' ? before === undefined : before?.metadata['resourceVersion'] === expected;
  if (expected !== undefined && !stands) return { object: null, status: 409 };
  const { namespace, name, apiVersion, resource } = target;
  const place = namespace === '' ? { name } : { namespace, name };
  const start = before ?? {
    apiVersion,
    kind: collectionOf(store, target).kind,
    metadata: metadata(place, Date.now()),
  };
  const meta: KubeObject['metadata'] = {
    ...merge(start.metadata, body.metadata),
    ...place,
    resourceVersion: String(store.version),
  };
  let object: KubeObject = { ...start, ...merge(start, body), apiVersion, kind: start.kind, metadata: meta };
  const trigger = triggerOf(object);
  if (resource === 'secrets' && 'data' in body) meta['managedFields'] = dataChanged(Date.now());
  if (resource === 'replicationdestinations' && trigger !== undefined && trigger !== triggerOf(before)) {
    object = startRestore(store, target, object);
  }
  putObject(store, target, object);
  return { object, status: before === undefined ? 201 : 200 };
}

/** Deletes at once: finalizers are ignored. */
export function deleteObject(store: Store, target: Target): Written {
  const object = getObject(store, target);
  if (object === undefined) return { object: null, status: 404 };
  putObject(store, target, null);
  return { object, status: 200 };
}

/** The object at this place in the whole list: first the generated ones, then those that were only written. */
function objectAt(collection: Collection, added: readonly KubeObject[], position: number): KubeObject | undefined {
  return position < collection.count ? collection.at(position) : added[position - collection.count];
}

function addedObjects(store: Store, target: Target): KubeObject[] {
  const collection = collectionOf(store, target);
  const written = [...(store.written.get(target.resource) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return written.flatMap(([key, object]) => {
    const [namespace = '', name = ''] = key.split('/');
    return object === null || collection.indexOf(namespace, name) >= 0 ? [] : [object];
  });
}

/** What the list shows from this position on, each object with the position after it. */
function* visible(store: Store, target: Target, query: ListQuery, start: number): Generator<[KubeObject, number]> {
  const collection = collectionOf(store, target);
  const added = addedObjects(store, target);
  const written = store.written.get(target.resource);
  const matches = selectorTest(query.labelSelector, query.fieldSelector);
  for (let position = start; ; position++) {
    const made = objectAt(collection, added, position);
    if (made === undefined) return;
    const { namespace = '', name } = made.metadata;
    const over = written?.get(`${namespace}/${name}`);
    const object = over === undefined ? made : over;
    if (object === null || (target.namespace !== '' && namespace !== target.namespace)) continue;
    if (matches(object)) yield [object, position + 1];
  }
}

const BUILT_IN = /^(v1|apps\/v1|batch\/v1|storage\.k8s\.io\/v1)$/;

function itemJson(object: KubeObject, target: Target, partial: boolean): string {
  if (partial) {
    const { metadata: meta } = object;
    return JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: meta });
  }
  // As the real one: items of built-in kinds do not say what they are.
  return JSON.stringify(
    BUILT_IN.test(target.apiVersion) ? { ...object, kind: undefined, apiVersion: undefined } : object,
  );
}

function buildPage(store: Store, target: Target, query: ListQuery): Buffer {
  const start = query.continue === '' ? 0 : Number(Buffer.from(query.continue, 'base64url').toString());
  const items: string[] = [];
  let after = start;
  let next = '';
  for (const [object, following] of visible(store, target, query, start)) {
    if (query.limit > 0 && items.length === query.limit) {
      next = Buffer.from(String(after)).toString('base64url');
      break;
    }
    items.push(itemJson(object, target, query.partial));
    after = following;
  }
  const { kind } = collectionOf(store, target);
  const head = JSON.stringify({
    kind: query.partial ? 'PartialObjectMetadataList' : `${kind}List`,
    apiVersion: query.partial ? 'meta.k8s.io/v1' : target.apiVersion,
    metadata: { resourceVersion: String(store.version), ...(next === '' ? {} : { continue: next }) },
  });
  return Buffer.from(`${head.slice(0, -1)},"items":[${items.join(',')}]}`);
}

/** One page of a list, remembered until something of that resource is written; `encode` may compress it, once. */
export function listPage(store: Store, target: Target, query: ListQuery, encode?: (plain: Buffer) => Buffer): Buffer {
  const pages = inner(store.pages, target.resource);
  const key = JSON.stringify([target.namespace, query, encode !== undefined]);
  const page = pages.get(key) ?? (encode ?? ((plain) => plain))(buildPage(store, target, query));
  pages.set(key, page);
  return page;
}
