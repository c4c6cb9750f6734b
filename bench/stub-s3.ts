/** The sandbox's S3 over a generated bucket, with counters. No signature is checked: that would be measured too. */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PLAIN, readReset, takeTurn, tick } from './control.ts';
import type { Behaviour, Clock, Reset } from './control.ts';
import { BUCKET_MARKER } from '../src/naming.ts';
import { answerS3, placeOf, s3Error } from '../sandbox/s3/protocol.ts';
import type { BucketStore, S3Reply } from '../sandbox/s3/protocol.ts';
import { closed, listen, readBody, replyOrDestroy } from '../sandbox/serving.ts';
import { bucketTree, treeLister } from './s3-tree.ts';
import type { StoredObjects } from './s3-tree.ts';
import type { World } from './world.ts';

type S3Kind = 'root' | 'namespace' | 'snapshots' | 'locks' | 'read' | 'write' | 'other';

export interface S3Stats {
  total: number;
  kinds: Record<S3Kind, number>;
  connections: number;
  /** bytes of all reply bodies */
  bytes: number;
  requestClock: Clock;
  largestConcurrency: number;
}

export interface S3Options {
  bucket?: string;
  /** an earlier run has left its marker in the bucket */
  marked?: boolean;
}

export interface S3Stub {
  url: string;
  stats: () => S3Stats;
  reset: (change: Reset) => void;
  close: () => Promise<void>;
}

interface State {
  world: World;
  bucket: string;
  marked: boolean;
  behaviour: Behaviour;
  stats: S3Stats;
  stored: StoredObjects;
  inFlight: number;
}

function emptyStats(): S3Stats {
  return {
    total: 0,
    kinds: { root: 0, namespace: 0, snapshots: 0, locks: 0, read: 0, write: 0, other: 0 },
    connections: 0,
    bytes: 0,
    requestClock: { first: null, last: null },
    largestConcurrency: 0,
  };
}

/** What is in the bucket beside the generated repositories. */
function storedAtFirst(marked: boolean, epoch: number): StoredObjects {
  return new Map(marked ? [[BUCKET_MARKER, { body: Buffer.from('{}'), at: epoch }]] : []);
}

function listingKind(query: URLSearchParams): S3Kind {
  const prefix = query.get('prefix') ?? '';
  if (query.get('delimiter') === '/' && prefix === '') return 'root';
  if (query.get('delimiter') === '/' && /^[^/]+\/$/.test(prefix)) return 'namespace';
  if (prefix.endsWith('/snapshots/')) return 'snapshots';
  return prefix.endsWith('/locks/') ? 'locks' : 'other';
}

function kindOf(method: string, key: string, query: URLSearchParams): S3Kind {
  if (method === 'PUT' || method === 'POST' || method === 'DELETE') return 'write';
  if (key !== '') return 'read';
  return query.get('list-type') === '2' ? listingKind(query) : 'other';
}

/** The generated bucket, and what was written over it. */
function storeOf({ world, stored }: State): BucketStore {
  const etag = '"0"';
  return {
    list: treeLister(bucketTree(world, stored)),
    get: (key) => {
      const found = stored.get(key);
      return found && { ...found, key, etag, size: found.body.length };
    },
    put: (key, body) => {
      const at = Date.now();
      stored.set(key, { body, at });
      return { key, size: body.length, at, etag };
    },
    remove: (key) => void stored.delete(key),
  };
}

function send(state: State, response: ServerResponse, answer: S3Reply): void {
  const body = Buffer.from(answer.body);
  state.stats.bytes += body.length;
  response.writeHead(answer.status, {
    'content-type': 'application/xml',
    'content-length': body.length,
    ...answer.headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  const { key, query } = placeOf(url);
  const { stats } = state;
  tick(stats.requestClock);
  stats.total++;
  stats.kinds[kindOf(method, key, query)]++;
  state.inFlight++;
  stats.largestConcurrency = Math.max(stats.largestConcurrency, state.inFlight);
  const turn = await takeTurn(state.behaviour, stats.total);
  if (turn === 'silence') return;
  const body = await readBody(request);
  const bucketOf = (name: string) => (name === state.bucket ? storeOf(state) : undefined);
  const answer = turn === 'refuse' ? s3Error(503, 'SlowDown') : answerS3(bucketOf, { method, url, headers }, body);
  state.inFlight--;
  send(state, response, answer);
}

function reset(state: State, change: Reset): void {
  const { objects, ...behaviour } = change;
  if (objects === true) state.stored = storedAtFirst(state.marked, state.world.epoch);
  state.behaviour = { ...state.behaviour, ...behaviour };
  state.stats = emptyStats();
  state.inFlight = 0;
}

async function control(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') reset(state, await readReset(request));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(state.stats));
}

/** Starts the server on a free loopback port. `GET /__stats` reads the counters, `POST /__reset` resets and changes them. */
export async function startS3Stub(world: World, options: S3Options = {}): Promise<S3Stub> {
  const { bucket = 'volsync-backups', marked = false } = options;
  const stored = storedAtFirst(marked, world.epoch);
  const state: State = { world, bucket, marked, behaviour: PLAIN, stats: emptyStats(), stored, inFlight: 0 };
  const server = createServer((request, response) => {
    const handler = (request.url ?? '').startsWith('/__') ? control : serve;
    replyOrDestroy(handler(state, request, response), response);
  });
  server.keepAliveTimeout = 120_000;
  server.on('connection', () => state.stats.connections++);
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    stats: () => state.stats,
    reset: (change) => reset(state, change),
    close: async () => {
      server.closeAllConnections();
      await closed(server);
    },
  };
}
