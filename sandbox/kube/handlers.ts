/** One request about objects → the status code and the body of its answer. */
import { notFound, qualified, StatusError } from './errors.ts';
import { listBody, metadataOnly, wantsMetadata, type Lister } from './list.ts';
import { asInput, at, fieldsAt, isFields, mergePatch, type ObjectInput } from './objects.ts';
import { jsonPatch } from './json-patch.ts';
import { applyPatch, patchObject, type Patcher, type PatchTarget } from './patch.ts';
import { apiVersionOf } from './resources.ts';
import type { Route } from './route.ts';
import type { Store } from './store.ts';
import { tableBody, wantsTable } from './table.ts';
import type { ObjectWriter, WriteContext } from './writer.ts';

export interface Api {
  store: Store;
  lister: Lister;
  writer: ObjectWriter;
}

export interface ApiRequest {
  method: string;
  route: Route;
  query: Record<string, string>;
  contentType: string;
  accept: string;
  userAgent: string;
  user: string;
  body?: unknown;
  /** takes the texts of warnings */
  warnings?: string[];
}

export interface ApiAnswer {
  code: number;
  body: unknown;
}

function contextOf(request: ApiRequest): WriteContext {
  const manager = request.query['fieldManager'] ?? (request.userAgent.split('/')[0] || 'unknown');
  const { user, warnings = [] } = request;
  const context = { user, manager, dryRun: request.query['dryRun'] === 'All', warnings };
  return request.route.subresource === 'status' ? { ...context, subresource: 'status' } : context;
}

function inputOf(request: ApiRequest): ObjectInput {
  const { body, route } = request;
  if (!isFields(body)) throw new StatusError(400, 'the body of the request was empty or is no object');
  const sent = isFields(body['metadata']) ? body['metadata'] : {};
  const { managedFields: _fields, ...metadata } = sent;
  if (route.namespace !== undefined) {
    if ((metadata['namespace'] ?? route.namespace) !== route.namespace) {
      throw new StatusError(
        400,
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    metadata['namespace'] = route.namespace;
  }
  return asInput({ ...body, metadata });
}

function read(api: Api, request: ApiRequest): ApiAnswer {
  const { resource, namespace, name } = request.route;
  const metadata = wantsMetadata(request.accept);
  if (request.query['watch'] === 'true' || request.query['watch'] === '1') {
    throw new StatusError(405, 'the sandbox does not support watch');
  }
  const table = wantsTable(request.accept);
  if (name === undefined) {
    const page = api.lister.page({ resource, namespace, query: request.query });
    const body = listBody(resource, page, metadata);
    return { code: 200, body: table ? tableBody(resource, page.items, fieldsAt(body, 'metadata'), new Date()) : body };
  }
  const found = api.store.get(resource, namespace ?? '', name);
  if (found === undefined) throw notFound(resource, name);
  if (table) return { code: 200, body: tableBody(resource, [found], { ...found.metadata }, new Date()) };
  return { code: 200, body: metadata ? metadataOnly(found) : found };
}

function create(api: Api, request: ApiRequest): ApiAnswer {
  const { resource } = request.route;
  const { object } = api.writer.create(resource, inputOf(request), contextOf(request));
  return { code: 201, body: object };
}

function replace(api: Api, request: ApiRequest): ApiAnswer {
  const { resource, namespace = '', name = '' } = request.route;
  const old = api.store.get(resource, namespace, name);
  if (old === undefined) throw notFound(resource, name);
  return { code: 200, body: api.writer.update(resource, old, inputOf(request), contextOf(request)).object };
}

function applied(api: Api, request: ApiRequest, target: PatchTarget): ApiAnswer {
  if (!isFields(request.body)) throw new StatusError(400, 'the body of the request is no object');
  if ((request.query['fieldManager'] ?? '') === '') {
    const why = 'fieldManager: Required value: is required for apply patch';
    throw new StatusError(422, `PatchOptions.meta.k8s.io "" is invalid: ${why}`);
  }
  const force = request.query['force'] === 'true';
  const written = applyPatch(api.writer, target, request.body, { ...contextOf(request), force });
  return { code: written.created ? 201 : 200, body: written.object };
}

const MERGE = /^application\/(strategic-)?merge-patch\+json/;

/** How a patch other than server-side apply changes an object. */
function patcherOf(request: ApiRequest): Patcher {
  const { body, contentType } = request;
  if (MERGE.test(contentType) && isFields(body)) return (live) => mergePatch(live, body);
  if (contentType.startsWith('application/json-patch+json') && Array.isArray(body))
    return (live) => jsonPatch(live, body);
  throw new StatusError(415, `the body of the request was in an unknown format: ${contentType}`);
}

function patch(api: Api, request: ApiRequest): ApiAnswer {
  const { resource, namespace = '', name = '' } = request.route;
  const target = { resource, namespace, name, live: api.store.get(resource, namespace, name) };
  if (request.contentType.startsWith('application/apply-patch+')) return applied(api, request, target);
  return { code: 200, body: patchObject(api.writer, target, patcherOf(request), contextOf(request)).object };
}

function remove(api: Api, request: ApiRequest): ApiAnswer {
  const { resource, namespace = '', name = '' } = request.route;
  const old = api.store.get(resource, namespace, name);
  if (old === undefined) throw notFound(resource, name);
  const wanted = at(request.body, 'preconditions');
  const context = contextOf(request);
  api.writer.admitRemoval(resource, old, context);
  const left = api.writer.remove(resource, old, isFields(wanted) ? wanted : {}, context.dryRun);
  if (left !== null) return { code: 200, body: left };
  const details = { name, group: resource.group, kind: resource.plural, uid: old.metadata.uid };
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

function handled(api: Api, request: ApiRequest): ApiAnswer {
  const { method, route } = request;
  if (method === 'GET') return read(api, request);
  if (method === 'POST' && route.name === undefined) return create(api, request);
  if (method === 'PUT' && route.name !== undefined) return replace(api, request);
  if (method === 'PATCH' && route.name !== undefined) return patch(api, request);
  if (method === 'DELETE' && route.name !== undefined) return remove(api, request);
  throw new StatusError(
    405,
    `the server does not allow this method on the requested resource (${qualified(route.resource)})`,
  );
}

/** Answers a request about objects; throws a StatusError for what fails. */
export function answer(api: Api, request: ApiRequest): ApiAnswer {
  const { code, body } = handled(api, request);
  const { resource } = request.route;
  const isOne = isFields(body) && body['kind'] === resource.kind;
  return { code, body: isOne ? { ...body, apiVersion: apiVersionOf(resource) } : body };
}
