/**
 * A lower bound for the cost of the listings: the same requests as the program, with nothing but `node:http`, one regular
 * expression and `JSON.parse`. No signature, no retry, no validation, no decision: a yardstick, not a product.
 */

import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const { BENCH_S3 = '', BENCH_KUBE = '', BENCH_CA = '', BENCH_LIMIT = '2500' } = process.env;
const CONCURRENCY = 16;
const s3Agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY });
const kubeAgent = new https.Agent({ keepAlive: true, maxSockets: CONCURRENCY, ca: readFileSync(BENCH_CA) });

async function body(response: http.IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function get(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = url.startsWith('https:')
      ? https.get(url, { agent: kubeAgent, headers }, resolve)
      : http.get(url, { agent: s3Agent, headers }, resolve);
    request.on('error', reject);
  });
  return await body(response);
}

async function prefixes(prefix: string): Promise<string[]> {
  const names: string[] = [];
  let token = '';
  do {
    const query = `list-type=2&delimiter=%2F&prefix=${encodeURIComponent(prefix)}${token}`;
    const xml = await get(`${BENCH_S3}/volsync-backups?${query}`);
    for (const match of xml.matchAll(/<CommonPrefixes><Prefix>([^<]*)</g)) names.push(match[1] ?? '');
    const next = /<NextContinuationToken>([^<]*)</.exec(xml)?.[1];
    token = next === undefined ? '' : `&continuation-token=${encodeURIComponent(next)}`;
  } while (token !== '');
  return names;
}

async function walkBucket(): Promise<string[]> {
  const namespaces = (await prefixes('')).values().filter((name) => !name.startsWith('.'));
  const repositories: string[] = [];
  const workers = Array.from({ length: CONCURRENCY }, async () => {
    for (const namespace of namespaces) repositories.push(...(await prefixes(namespace)));
  });
  await Promise.all(workers);
  return repositories;
}

interface Item {
  metadata: { namespace?: string; name: string };
  spec?: { trigger?: { manual?: string } };
  status?: { latestImage?: { name: string }; readyToUse?: boolean; phase?: string; lastSyncTime?: string };
}

interface List {
  metadata: { continue?: string };
  items: Item[];
}

/** The few fields of an object that a decision needs. */
function small({ metadata, spec, status }: Item): string[] {
  return [
    `${metadata.namespace ?? ''}/${metadata.name}`,
    spec?.trigger?.manual ?? '',
    status?.latestImage?.name ?? '',
    status?.lastSyncTime ?? '',
  ];
}

async function list(path: string, query: string, accept: string): Promise<string[][]> {
  const records: string[][] = [];
  let next = '';
  do {
    const url = `${BENCH_KUBE}${path}?limit=${BENCH_LIMIT}${query}${next === '' ? '' : `&continue=${next}`}`;
    const page: List = JSON.parse(await get(url, { accept }));
    for (const item of page.items) records.push(small(item));
    next = page.metadata.continue ?? '';
  } while (next !== '');
  return records;
}

const JSON_TYPE = 'application/json';
const PARTIAL = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

const [repositories, ...lists] = await Promise.all([
  walkBucket(),
  list('/api/v1/namespaces', '', PARTIAL),
  list('/api/v1/secrets', '&fieldSelector=metadata.name%3Dvolsync-rustfs-base', PARTIAL),
  list('/apis/volsync.backube/v1alpha1/replicationdestinations', '', JSON_TYPE),
  list('/apis/volsync.backube/v1alpha1/replicationsources', '', JSON_TYPE),
  list('/apis/snapshot.storage.k8s.io/v1/volumesnapshots', '', JSON_TYPE),
  list('/api/v1/persistentvolumeclaims', '&labelSelector=backup%20in%20(hourly,daily)', JSON_TYPE),
  list('/apis/batch/v1/jobs', '&labelSelector=app.kubernetes.io%2Fcreated-by%3Dvolsync', JSON_TYPE),
]);
console.log(JSON.stringify({ repositories: repositories.length, objects: lists.map((records) => records.length) }));
