/** The names of claims, for the completion of a shell: nothing else is asked for. */
import { INDEX_LABEL, claimKey, claimOfIndexKey } from '../naming.ts';
import type { Connection } from './connection.ts';
import { INDEX_PATH, parseIndexShard } from './index-object.ts';
import { LISTS } from './lists.ts';
import { fieldsOf, listIn, metaOf } from './read.ts';

const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/**
 * `<namespace>/<pvc>` of the claims in the cluster, and of those that the index remembers a backup of; sorted, each once. Two
 * requests. Never rejects: what could not be listed is missing.
 * @param namespace only the claims of this one; null: all
 */
export async function claimNames(
  { request }: Pick<Connection, 'request'>,
  namespace: string | null,
  signal: AbortSignal,
): Promise<string[]> {
  const { path, query } = LISTS.persistentvolumeclaims;
  const within = namespace === null ? path : `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  const [claims, shards] = await Promise.all([
    itemsOf(request({ method: 'GET', path: within, query, accept: METADATA_ONLY }, signal)),
    itemsOf(request({ method: 'GET', path: INDEX_PATH, query: { labelSelector: `${INDEX_LABEL}=true` } }, signal)),
  ]);
  const names = [...claims.flatMap(nameOf), ...shards.flatMap(rememberedIn)];
  return [...new Set(names)].filter((name) => namespace === null || name.startsWith(`${namespace}/`)).sort();
}

async function itemsOf(answer: Promise<unknown>): Promise<readonly unknown[]> {
  return answer.then(
    (list) => listIn(fieldsOf(list), 'items'),
    () => [],
  );
}

function nameOf(claim: unknown): string[] {
  const meta = metaOf(claim);
  return meta === null || meta.name.startsWith('vs-prime-') ? [] : [`${meta.namespace}/${meta.name}`];
}

function rememberedIn(object: unknown): string[] {
  return Object.keys(parseIndexShard(object)?.parameters ?? {}).flatMap((key) => {
    const claim = claimOfIndexKey(key);
    return claim === null ? [] : claimKey(claim);
  });
}
