/** What the program lists, each resource once: paged, in parallel, and a list that fails is told apart from an empty one. */
import type { ClusterFailure, ClusterResource } from '../model.ts';
import { BACKUP_LABEL, CREATED_BY_VOLSYNC, SNAPSHOT_GROUP, TIERS, VOLSYNC_GROUP } from '../naming.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { at, fieldsOf, listIn, text } from './read.ts';

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
    query: { labelSelector: `${BACKUP_LABEL} in (${TIERS.join(',')})` },
  },
  replicationdestinations: { path: `/apis/${VOLSYNC_GROUP}/v1alpha1/replicationdestinations` },
  replicationsources: { path: `/apis/${VOLSYNC_GROUP}/v1alpha1/replicationsources` },
  volumesnapshots: { path: `/apis/${SNAPSHOT_GROUP}/v1/volumesnapshots` },
  jobs: {
    path: '/apis/batch/v1/jobs',
    query: { labelSelector: `${CREATED_BY_VOLSYNC.label}=${CREATED_BY_VOLSYNC.value}` },
  },
} as const satisfies Partial<Record<ClusterResource, ListDefinition>>;

/** One request finds every namespace that has base credentials; RBAC allows it by name (measured), and no value is sent. */
export function secretsList(name: string): ListDefinition {
  return { path: '/api/v1/secrets', metadataOnly: true, query: { fieldSelector: `metadata.name=${name}` } };
}

/** With 500 a page, 10,000 destinations would be 20 serial requests; 2,000 of them are about 4 MB of JSON. */
const PAGE = '2000';
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/**
 * Lists a resource in all namespaces, page by page.
 * @returns the parsed objects, or why there is no list
 */
export async function listAll<T>(
  connection: Connection,
  resource: ClusterResource,
  { definition, parse }: { definition: ListDefinition; parse: (object: unknown) => T | null },
  signal: AbortSignal,
): Promise<{ items: T[]; failure: null } | { items: null; failure: ClusterFailure }> {
  const items: T[] = [];
  let next: string | null = null;
  try {
    do {
      const query: Record<string, string> = {
        limit: PAGE,
        ...definition.query,
        ...(next !== null && { continue: next }),
      };
      const accept = definition.metadataOnly === true ? { accept: METADATA_ONLY } : {};
      const page = fieldsOf(
        await connection.request({ method: 'GET', path: definition.path, query, ...accept }, signal),
      );
      if (!Array.isArray(page['items']))
        throw new KubeError('failed', `GET ${definition.path}: the answer is not a list`);
      items.push(...listIn(page, 'items').flatMap((object) => parse(object) ?? []));
      next = text(at(page, 'metadata'), 'continue');
    } while (next !== null);
    return { items, failure: null };
  } catch (error) {
    return { items: null, failure: failureOf(resource, error) };
  }
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
