/** Index objects: parses their parameters, and makes the manifest that is applied. src/index knows what an entry means. */
import type { IndexWrite } from '../decisions.ts';
import type { IndexShard } from '../index-model.ts';
import {
  HOME_NAMESPACE,
  INDEX_LABEL,
  INDEX_PROVIDER,
  MANAGED_BY,
  PRODUCT,
  VOLSYNC_GROUP,
  indexName,
  shardOf,
} from '../naming.ts';
import { managersOf, ownedKeys } from './ownership.ts';
import { at, metaOf, strings } from './read.ts';

/** An index object in the worker's own namespace; null for everything else. */
export function parseIndexShard(object: unknown): IndexShard | null {
  const meta = metaOf(object);
  const number = meta?.namespace === HOME_NAMESPACE ? shardOf(meta.name) : null;
  if (meta === null || number === null || meta.deleting) return null;
  const parameters = strings(at(object, 'spec', 'external')['parameters']);
  return {
    number,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    selected: meta.labels[INDEX_LABEL] === 'true',
    parameters,
    foreign: foreignKeys(object, Object.keys(parameters)),
  };
}

/** Taken from managedFields. A server without them shows no other owner. */
function foreignKeys(object: unknown, keys: readonly string[]): string[] {
  const managers = managersOf(object);
  if (managers.length === 0) return [];
  const ours = ownedKeys(managers, 'spec', 'external', 'parameters');
  return keys.filter((key) => !ours.has(key));
}

/** Where index objects are made. */
export const INDEX_PATH = `/apis/${VOLSYNC_GROUP}/v1alpha1/namespaces/${HOME_NAMESPACE}/replicationdestinations`;

/** Where an index object lives. */
export function indexPath(shard: number): string {
  return `${INDEX_PATH}/${indexName(shard)}`;
}

/** The manifest of our keys. The first object belongs to the installer, who owns its label and provider. */
export function indexManifest({ shard, existing, parameters }: IndexWrite): Record<string, unknown> {
  const own = shard > 0;
  return {
    apiVersion: `${VOLSYNC_GROUP}/v1alpha1`,
    kind: 'ReplicationDestination',
    metadata: {
      name: indexName(shard),
      namespace: HOME_NAMESPACE,
      ...existing,
      ...(own && { labels: { [INDEX_LABEL]: 'true', [MANAGED_BY]: PRODUCT } }),
    },
    spec: { external: { ...(own && { provider: INDEX_PROVIDER }), parameters } },
  };
}
