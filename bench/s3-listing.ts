/** One page of ListObjectsV2 over a tree that is made while it is walked. */

import { claimIndex, claimName, namespaceIndex, namespaceName, snapshotOf } from './world.ts';
import type { World } from './world.ts';

export type StoredObjects = Map<string, { body: Buffer; at: number }>;

interface Entry {
  /** A folder's name ends with a slash. */
  name: string;
  size: number;
  at: number;
}

/** The entries directly below a folder ('' or ending with a slash), in byte order. */
export type Tree = (folder: string) => Entry[];

function folder(name: string): Entry {
  return { name: `${name}/`, size: 0, at: 0 };
}

function file(name: string, size: number, at: number): Entry {
  return { name, size, at };
}

const HEX_ID = 'ab'.repeat(32);

function repositoryEntries(world: World, path: { namespace: string; claim: string }, part: string): Entry[] {
  const { epoch } = world;
  switch (part) {
    case '':
      return [file('config', 155, epoch - 9e8), ...['data', 'index', 'keys', 'snapshots'].map(folder)];
    case 'snapshots': {
      const snapshots = Array.from({ length: world.snapshots }, (_, age) =>
        snapshotOf(world, path.namespace, path.claim, age),
      );
      return snapshots.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, at }) => file(id, 367, at));
    }
    case 'index':
    case 'keys':
      return [file(HEX_ID, 466, epoch - 9e8)];
    case 'data':
      return [folder('ab')];
    default:
      return [];
  }
}

function generated(world: World, parts: string[]): Entry[] {
  const [namespace, claim, part = '', ...rest] = parts;
  if (namespace === undefined) return Array.from({ length: world.namespaces }, (_, n) => folder(namespaceName(n)));
  if (namespaceIndex(world, namespace) < 0) return [];
  if (claim === undefined) return Array.from({ length: world.claims }, (_, c) => folder(claimName(c)));
  if (claimIndex(world, claim) < 0) return [];
  if (rest.length === 0) return repositoryEntries(world, { namespace, claim }, part);
  return part === 'data' && rest[0] === 'ab' ? [file(HEX_ID, 5_243_573, world.epoch - 9e8)] : [];
}

function written(stored: StoredObjects, prefix: string): Entry[] {
  const entries = new Map<string, Entry>();
  for (const [key, { body, at }] of stored) {
    if (!key.startsWith(prefix)) continue;
    const [head = '', ...tail] = key.slice(prefix.length).split('/');
    entries.set(head, tail.length > 0 ? folder(head) : file(head, body.length, at));
  }
  return [...entries.values()];
}

/** The generated bucket with what was written since (below its own namespaces it stays as generated). */
export function bucketTree(world: World, stored: StoredObjects): Tree {
  return (path) => {
    const parts = path.split('/').slice(0, -1);
    if (namespaceIndex(world, parts[0] ?? '') >= 0) return generated(world, parts);
    const entries = [...generated(world, parts), ...written(stored, path)];
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  };
}

function* walk(tree: Tree, path: string, prefix: string, delimited: boolean): Generator<Entry> {
  for (const entry of tree(path)) {
    const key = path + entry.name;
    if (!key.startsWith(prefix)) continue;
    if (entry.name.endsWith('/') && !delimited) yield* walk(tree, key, prefix, delimited);
    else yield { ...entry, name: key };
  }
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

interface Page {
  entries: Entry[];
  token: string | null;
}

function page(tree: Tree, query: URLSearchParams): Page {
  const prefix = query.get('prefix') ?? '';
  const maxKeys = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString();
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const entries: Entry[] = [];
  for (const entry of walk(tree, start, prefix, query.get('delimiter') === '/')) {
    if (entry.name <= after) continue;
    if (entries.length === maxKeys) {
      return { entries, token: Buffer.from(entries.at(-1)?.name ?? '').toString('base64url') };
    }
    entries.push(entry);
  }
  return { entries, token: null };
}

function entryXml(entry: Entry, name: (text: string) => string): string {
  if (entry.name.endsWith('/')) return `<CommonPrefixes><Prefix>${name(entry.name)}</Prefix></CommonPrefixes>`;
  const at = new Date(entry.at).toISOString();
  return `<Contents><Key>${name(entry.name)}</Key><LastModified>${at}</LastModified><ETag>&quot;0&quot;</ETag><Size>${entry.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

/** The reply to one `list-type=2` request. Only `/` is a delimiter here. */
export function listObjects(tree: Tree, bucket: string, query: URLSearchParams): string {
  const { entries, token } = page(tree, query);
  const encoded = query.get('encoding-type') === 'url';
  const name = (text: string) => escapeXml(encoded ? encodeURIComponent(text).replaceAll('%2F', '/') : text);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${bucket}</Name><Prefix>${name(query.get('prefix') ?? '')}</Prefix><MaxKeys>${query.get('max-keys') ?? 1000}</MaxKeys>`,
    query.has('delimiter') ? `<Delimiter>${name(query.get('delimiter') ?? '')}</Delimiter>` : '',
    encoded ? '<EncodingType>url</EncodingType>' : '',
    `<KeyCount>${entries.length}</KeyCount><IsTruncated>${token !== null}</IsTruncated>`,
    token === null ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`,
    ...entries.map((entry) => entryXml(entry, name)),
    '</ListBucketResult>',
  ].join('');
}
