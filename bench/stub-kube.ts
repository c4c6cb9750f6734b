/** A Kubernetes API over TLS, HTTP/2 and HTTP/1.1: lists in pages, server-side apply, a generated world, and counters. */

import { createServer as createControl } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { HOME_NAMESPACE, shardOf } from '../src/naming.ts';
import { splitPath } from '../sandbox/kube/route.ts';
import { closed, listen, readBody, replyOrDestroy, secureServer } from '../sandbox/serving.ts';
import { PLAIN, readReset, takeTurn, tick } from './control.ts';
import type { Behaviour, Clock, Reset } from './control.ts';
import type { KubeObject } from './kube-objects.ts';
import {
  applyObject,
  createStore,
  deleteObject,
  forgetWrites,
  getObject,
  listPage,
  mergePatchOf,
} from './kube-store.ts';
import type { JsonPatch, ListQuery, Restores, Store, Target } from './kube-store.ts';
import type { KubeWorld } from './kube-world.ts';

export interface KubeStats {
  total: number;
  writes: number;
  /** `<verb> <resource>` → count; verbs: get, list, apply, patch, create, update, delete; writes to the index count as `index` */
  requests: Record<string, number>;
  /** the largest `limit` of a list, by resource */
  limits: Record<string, number>;
  tlsConnections: number;
  /** bytes of all reply bodies, as they travelled */
  bytes: number;
  requestClock: Clock;
  writeClock: Clock;
}

export interface KubeOptions {
  world: KubeWorld;
  restores?: Restores;
  /** Compress large lists for clients that accept it, as the API server does. */
  gzip?: boolean;
}

export interface KubeStub {
  url: string;
  /** plain HTTP, so that asking for the counters is not counted: `GET /__stats[?writes=N]`, `POST /__reset` */
  controlUrl: string;
  stats: () => KubeStats;
  reset: (change: Reset) => void;
  close: () => Promise<void>;
}

interface State {
  store: Store;
  gzip: boolean;
  behaviour: Behaviour;
  stats: KubeStats;
}

interface Reply {
  status: number;
  body: Buffer;
  headers?: Record<string, string>;
}

/** The parts of both protocols' requests that are used here. */
interface Request {
  method: string;
  url: URL;
  accept: string;
  encodings: string;
  contentType: string;
  body: Buffer;
}

const GZIP_FROM = 128 * 1024;

function emptyStats(): KubeStats {
  return {
    total: 0,
    writes: 0,
    requests: {},
    limits: {},
    tlsConnections: 0,
    bytes: 0,
    requestClock: { first: null, last: null },
    writeClock: { first: null, last: null },
  };
}

/** The object or list that a path names; null for any other path. */
function targetOf(path: string): Target | null {
  const split = splitPath(path);
  if (split === null) return null;
  const { group, version, plural, namespace = '', name = '' } = split;
  return { apiVersion: group === '' ? version : `${group}/${version}`, namespace, resource: plural, name };
}

function verbOf(request: Request, target: Target): string {
  switch (request.method) {
    case 'GET':
      return target.name === '' ? 'list' : 'get';
    case 'PATCH':
      return request.contentType.includes('apply-patch') ? 'apply' : 'patch';
    case 'POST':
      return 'create';
    default:
      return request.method === 'PUT' ? 'update' : 'delete';
  }
}

/** Index objects are destinations too, but they are counted separately. */
function kindOf({ resource, namespace, name }: Target): string {
  return namespace === HOME_NAMESPACE && shardOf(name) !== null ? 'index' : resource;
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, body: Buffer.from(JSON.stringify(value)), headers };
}

function failure(code: number, reason: string, headers: Record<string, string> = {}): Reply {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message: reason, code };
  return json(code, status, headers);
}

function listReply(state: State, request: Request, target: Target): Reply {
  const { searchParams } = request.url;
  const query: ListQuery = {
    labelSelector: searchParams.get('labelSelector') ?? '',
    fieldSelector: searchParams.get('fieldSelector') ?? '',
    limit: Number(searchParams.get('limit') ?? 0),
    continue: searchParams.get('continue') ?? '',
    partial: request.accept.includes('as=PartialObjectMetadataList'),
  };
  state.stats.limits[target.resource] = Math.max(state.stats.limits[target.resource] ?? 0, query.limit);
  const plain = listPage(state.store, target, query);
  if (!state.gzip || plain.length < GZIP_FROM || !/\bgzip\b/.test(request.encodings))
    return { status: 200, body: plain };
  const body = listPage(state.store, target, query, (page) => gzipSync(page, { level: 1 }));
  return { status: 200, body, headers: { 'content-encoding': 'gzip' } };
}

function writeReply(state: State, request: Request, target: Target): Reply {
  if (request.method === 'DELETE') {
    const { object, status } = deleteObject(state.store, target);
    return object === null ? failure(404, 'NotFound') : json(status, object);
  }
  const sent: KubeObject | JsonPatch = JSON.parse(request.body.toString());
  const body = Array.isArray(sent) ? mergePatchOf(sent) : sent;
  const name = target.name === '' ? body.metadata.name : target.name;
  if (request.method === 'POST' && getObject(state.store, { ...target, name }) !== undefined)
    return failure(409, 'AlreadyExists');
  const { object, status } = applyObject(state.store, { ...target, name }, body);
  return object === null ? failure(409, 'Conflict') : json(status, object);
}

function answer(state: State, request: Request, target: Target): Reply {
  if (request.method !== 'GET') return writeReply(state, request, target);
  if (target.name === '') return listReply(state, request, target);
  const object = getObject(state.store, target);
  return object === undefined ? failure(404, 'NotFound') : json(200, object);
}

async function serve(state: State, request: Request): Promise<Reply | null> {
  const target = targetOf(request.url.pathname);
  const { stats } = state;
  const what = target === null ? `get ${request.url.pathname}` : `${verbOf(request, target)} ${kindOf(target)}`;
  tick(stats.requestClock);
  stats.total++;
  stats.requests[what] = (stats.requests[what] ?? 0) + 1;
  const isWrite = request.method !== 'GET' && target?.apiVersion !== 'authorization.k8s.io/v1';
  if (isWrite) stats.writes++;
  const turn = await takeTurn(state.behaviour, stats.total);
  if (turn === 'silence') return null;
  if (turn === 'refuse') return failure(429, 'TooManyRequests', { 'retry-after': '1' });
  const reply = target === null ? failure(404, 'NotFound') : answer(state, request, target);
  if (isWrite) tick(stats.writeClock);
  return reply;
}

async function readRequest(message: Http2ServerRequest): Promise<Request> {
  return {
    method: message.method ?? 'GET',
    url: new URL(message.url ?? '/', 'https://stub'),
    accept: message.headers.accept ?? '',
    encodings: message.headers['accept-encoding'] ?? '',
    contentType: message.headers['content-type'] ?? '',
    body: await readBody(message),
  };
}

async function handle(state: State, message: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
  const reply = await serve(state, await readRequest(message));
  if (reply === null) return;
  state.stats.bytes += reply.body.length;
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': String(reply.body.length),
    ...reply.headers,
  });
  response.end(reply.body);
}

function reset(state: State, change: Reset): void {
  const { objects, ...behaviour } = change;
  if (objects === true) forgetWrites(state.store);
  state.behaviour = { ...state.behaviour, ...behaviour };
  state.stats = emptyStats();
}

async function enoughWrites(state: State, wanted: number): Promise<void> {
  while (state.stats.writes < wanted) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

async function control(state: State, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(message.url ?? '/', 'http://stub');
  if (message.method === 'POST') reset(state, await readReset(message));
  await enoughWrites(state, Number(url.searchParams.get('writes') ?? 0));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(state.stats));
}

/** Starts the server on a free loopback port. */
export async function startKubeStub(options: KubeOptions): Promise<KubeStub> {
  const store = createStore(options.world, options.restores ?? 'endless');
  const state: State = { store, gzip: options.gzip ?? true, behaviour: PLAIN, stats: emptyStats() };
  const server = secureServer(
    (message, response) => replyOrDestroy(handle(state, message, response), response),
    () => state.stats.tlsConnections++,
  );
  const controlServer = createControl((message, response) => {
    replyOrDestroy(control(state, message, response), response);
  });
  const [port, controlPort] = await Promise.all([server.listen(), listen(controlServer)]);
  return {
    url: `https://127.0.0.1:${port}`,
    controlUrl: `http://127.0.0.1:${controlPort}`,
    stats: () => state.stats,
    reset: (change) => reset(state, change),
    close: async () => {
      controlServer.closeAllConnections();
      await Promise.all([server.close(), closed(controlServer)]);
    },
  };
}
