/** Index objects: from the API to what the plan remembers, and back to the manifest that is applied. */
import type { IndexWrite } from '../decisions.ts';
import type { IndexEntry, IndexShard, IndexView, IndexWord } from '../model.ts';
import {
  HOME_NAMESPACE,
  INDEX_KEY,
  INDEX_LABEL,
  INDEX_PROVIDER,
  MANAGED_BY,
  PRODUCT,
  VOLSYNC_GROUP,
  claimKey,
  claimOfIndexKey,
  indexName,
  shardOf,
} from '../naming.ts';
import { at, fieldsOf, listIn, metaOf, strings } from './read.ts';

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

/** By server-side apply's own book-keeping; a server that keeps none says nothing about anybody else. */
function foreignKeys(object: unknown, keys: readonly string[]): string[] {
  const managers = listIn(at(object, 'metadata'), 'managedFields').map(fieldsOf);
  if (managers.length === 0) return [];
  const ours = new Set(
    managers
      .filter(({ manager }) => manager === PRODUCT)
      .flatMap((entry) => Object.keys(at(entry, 'fieldsV1', 'f:spec', 'f:external', 'f:parameters'))),
  );
  return keys.filter((key) => !ours.has(`f:${key}`));
}

/** Joins the index objects. A value that cannot be read is no entry: nothing is remembered from it. */
export function indexView(found: readonly IndexShard[]): IndexView {
  const shards = found.toSorted((a, b) => a.number - b.number);
  const entries = new Map<string, IndexEntry>();
  const unknownNamespaces = new Set<string>();
  for (const { parameters } of shards) {
    for (const [key, value] of Object.entries(parameters)) {
      if (key.startsWith(INDEX_KEY.unknown)) unknownNamespaces.add(key.slice(INDEX_KEY.unknown.length));
      const ref = claimOfIndexKey(key);
      const entry = ref === null ? null : parseIndexEntry(value);
      if (ref !== null && entry !== null) entries.set(claimKey(ref), entry);
    }
  }
  const times = shards.map(({ parameters }) => timeOf(parameters[INDEX_KEY.generatedAt]));
  const readable = times.filter((time) => time !== null);
  return {
    shards,
    entries,
    generatedAt: readable.length > 0 && readable.length === times.length ? Math.min(...readable) : null,
    unknownNamespaces,
    bucketUnmarked: shards.some(({ parameters }) => INDEX_KEY.bucketUnmarked in parameters),
    lost: false,
  };
}

/** Can the policies not read it? Its first object, or the label of any, is not there. */
export function isUnreadable({ shards }: Pick<IndexView, 'shards'>): boolean {
  return shards[0]?.number !== 0 || shards.some(({ selected }) => !selected);
}

const ENTRY = /^(attach|refuse|ignore) ([a-z]+)(?::([a-z-]+))? ([0-9a-f]{8}) (\S+)((?: \S+)*)$/;
const WORDS: readonly string[] = ['attach', 'refuse', 'ignore'] satisfies IndexWord[];

/** One value of the index: `<word> <restore point>[:<reason>] <short id> <time>` and `key=value` words; null = garbage. */
export function parseIndexEntry(value: string): IndexEntry | null {
  const match = ENTRY.exec(value);
  const [, word, restorePoint = '', reason, id = '', time, extras = ''] = match ?? [];
  if (!isWord(word)) return null;
  const missed = / missed=([0-9]{1,3})@(\S+)/.exec(extras);
  return {
    word,
    restorePoint,
    reason: reason ?? null,
    id,
    at: timeOf(time),
    missed: { count: Number(missed?.[1] ?? 0), at: timeOf(missed?.[2]) ?? 0 },
    value,
  };
}

function isWord(word: string | undefined): word is IndexWord {
  return word !== undefined && WORDS.includes(word);
}

function timeOf(text: string | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}

/** Where index objects are made. */
export const INDEX_PATH = `/apis/${VOLSYNC_GROUP}/v1alpha1/namespaces/${HOME_NAMESPACE}/replicationdestinations`;

/** Where an index object lives. */
export function indexPath(shard: number): string {
  return `${INDEX_PATH}/${indexName(shard)}`;
}

/** The manifest of our keys. The first object belongs to the installer: its label and provider are not ours to own. */
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
