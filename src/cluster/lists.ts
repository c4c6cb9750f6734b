/** The lists of the program, each resource once: paged and in parallel. A list that fails differs from an empty one. */
import { CREATED_BY_VOLSYNC, SNAPSHOT_GROUP, VOLSYNC_GROUP } from '../naming.ts';
import type { Connection } from './connection.ts';
import { PageTooLong } from './items.ts';
import { KubeError } from './kube-error.ts';
import { at, fieldsOf, number, text, type Fields } from './read.ts';
import type { ClusterFailure, ClusterResource } from '../failures.ts';

export interface ListDefinition {
  path: string;
  /** names and labels are enough: nothing else leaves the API server */
  metadataOnly?: true;
  query?: Readonly<Record<string, string>>;
}

/** The lists of a run. `secrets` needs the name of the base credentials and is made by `secretsList`. */
export const LISTS = {
  namespaces: { path: '/api/v1/namespaces', metadataOnly: true },
  persistentvolumeclaims: {
    path: '/api/v1/persistentvolumeclaims',
    // Unlabelled ones too: their references tell which claim an adopted destination serves.
    query: { labelSelector: `${CREATED_BY_VOLSYNC.label}!=${CREATED_BY_VOLSYNC.value}` },
  },
  replicationdestinations: { path: `/apis/${VOLSYNC_GROUP}/v1alpha1/replicationdestinations` },
  replicationsources: { path: `/apis/${VOLSYNC_GROUP}/v1alpha1/replicationsources` },
  volumesnapshots: { path: `/apis/${SNAPSHOT_GROUP}/v1/volumesnapshots` },
  jobs: {
    path: '/apis/batch/v1/jobs',
    query: { labelSelector: `${CREATED_BY_VOLSYNC.label}=${CREATED_BY_VOLSYNC.value}` },
  },
} as const satisfies Partial<Record<ClusterResource, ListDefinition>>;

/**
 * One request finds every namespace that has base credentials; RBAC allows it by name (measured). Metadata only: the values
 * stay on the server, unless `kubectl apply` has copied them into an annotation, which is not read.
 */
export function secretsList(name: string): ListDefinition {
  return { path: '/api/v1/secrets', metadataOnly: true, query: { fieldSelector: `metadata.name=${name}` } };
}

/** The pods of a namespace that may use a claim at the moment; VolSync's movers are none of them. */
export function podsList(namespace: string): ListDefinition {
  return {
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: {
      fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
      labelSelector: `${CREATED_BY_VOLSYNC.label}!=${CREATED_BY_VOLSYNC.value}`,
    },
  };
}

/**
 * With 500 a page, 10,000 destinations would be 20 serial requests; 2,500 of them are about 5 MB of JSON. A steady state of
 * 10,000, with the index written, has to come out at 25 requests.
 */
const PAGE = 2500;
/**
 * What others write into their objects (a last-applied configuration, a large annotation) must not decide how long one request
 * takes: after a longer page than this, those that follow have fewer objects.
 */
const PAGE_BYTES = 4 * 1024 * 1024;
/** A page of this length is given up, and the objects are requested in smaller pages. */
const MOST_BYTES = 4 * PAGE_BYTES;
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

interface Reading<T> {
  definition: ListDefinition;
  /** null leaves an object out */
  parse: (object: unknown) => T | null;
}

/**
 * Lists a resource in all namespaces, page by page.
 * @returns the parsed objects, or why there is no list
 */
export async function listAll<T>(
  connection: Connection,
  resource: ClusterResource,
  reading: Reading<T>,
  signal: AbortSignal,
): Promise<{ items: T[]; failure: null } | { items: null; failure: ClusterFailure }> {
  try {
    return { items: await listOf(connection, reading, signal), failure: null };
  } catch (error) {
    return { items: null, failure: failureOf(resource, error) };
  }
}

/** The same of any path. @throws KubeError when there is no list */
export async function listOf<T>(
  connection: Connection,
  reading: Reading<T>,
  signal: AbortSignal,
  again = true,
): Promise<T[]> {
  try {
    return await readPages(connection, reading, signal);
  } catch (error) {
    // 410: the continue token is older than what etcd has kept. A list that starts anew is whole.
    if (again && error instanceof KubeError && error.status === 410) return listOf(connection, reading, signal, false);
    throw error;
  }
}

async function readPages<T>(
  connection: Connection,
  { definition, parse }: Reading<T>,
  signal: AbortSignal,
): Promise<T[]> {
  const { path } = definition;
  const accept = definition.metadataOnly === true ? { accept: METADATA_ONLY } : {};
  const items: T[] = [];
  let next: string | null = null;
  let limit = PAGE;
  do {
    const query: Record<string, string> = {
      limit: String(limit),
      ...definition.query,
      ...(next !== null && { continue: next }),
    };
    const before = items.length;
    let came = 0;
    const begin = (): ((object: unknown) => void) => {
      items.length = before;
      came = 0;
      return (object) => {
        came += 1;
        const item = parse(object);
        if (item !== null) items.push(item);
      };
    };
    const most = limit === 1 ? Infinity : MOST_BYTES;
    try {
      const read = fieldsOf(
        await connection.request({ method: 'GET', path, query, items: { begin, most }, ...accept }, signal),
      );
      const page = at(read, 'list');
      if (!isList(page)) throw new KubeError('failed', `GET ${path}: the answer is not a list`);
      next = text(at(page, 'metadata'), 'continue');
      limit = Math.min(objectsFor(came, number(read, 'bytes') ?? 0), 2 * limit);
      if (next === null) return items;
    } catch (error) {
      if (!(error instanceof PageTooLong)) throw error;
      items.length = before;
      // Of what came, a quarter is a page's worth; and each try asks for less than the one before.
      limit = Math.min(objectsFor(came, MOST_BYTES), Math.ceil(limit / 2));
    }
  } while (!signal.aborted);
  throw new KubeError('stopped', `GET ${path}: stopped`);
}

/** How many objects make a page of PAGE_BYTES, when so many came in so many bytes; one at the least. */
function objectsFor(came: number, bytes: number): number {
  return bytes === 0 ? PAGE : Math.max(1, Math.min(PAGE, Math.floor((came * PAGE_BYTES) / bytes)));
}

/** An empty list of metadata comes with `items: null` (measured on 1.36). */
function isList(page: Fields): boolean {
  return Array.isArray(page['items']) || (page['items'] === null && text(page, 'kind')?.endsWith('List') === true);
}

const FAILURES = {
  absent: 'not-installed',
  forbidden: 'forbidden',
  unauthorized: 'unauthorized',
  unreachable: 'unreachable',
  stopped: 'unreachable',
  conflict: 'failed',
  rejected: 'failed',
  failed: 'failed',
} as const satisfies Record<KubeError['kind'], ClusterFailure['kind']>;

/** An error as a failure of a list, or of one namespace's objects. */
export function failureOf(resource: ClusterResource, error: unknown, namespace: string | null = null): ClusterFailure {
  return error instanceof KubeError
    ? { resource, namespace, kind: FAILURES[error.kind], message: error.message }
    : { resource, namespace, kind: 'failed', message: String(error) };
}
