/** The bucket of a generated world: a tree that is made while it is walked. */

import type { Asked, Listed, Lister } from '../sandbox/s3/listing.ts';
import { claimIndex, claimName, namespaceIndex, namespaceName, snapshotOf } from './world.ts';
import type { World } from './world.ts';

/** What was written, by key. */
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

function listed({ size, at }: Entry, key: string): Listed {
  return { key, size, at, etag: '"0"' };
}

function* walk(tree: Tree, path: string, asked: Asked): Generator<Listed | string> {
  for (const entry of tree(path)) {
    const key = path + entry.name;
    if (!key.startsWith(asked.prefix)) continue;
    const isFolder = entry.name.endsWith('/');
    if (isFolder && asked.delimiter === '') yield* walk(tree, key, asked);
    else if (key > asked.after) yield isFolder ? key : listed(entry, key);
  }
}

/** Lists the tree. Only `/` is a delimiter here. */
export function treeLister(tree: Tree): Lister {
  return (asked) => walk(tree, asked.prefix.slice(0, asked.prefix.lastIndexOf('/') + 1), asked);
}
