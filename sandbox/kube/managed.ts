/** Who owns which field: sets of leaf paths, and their `fieldsV1` spelling in `metadata.managedFields`. */
import { at, isFields, same, type Fields, type KubeObject, type ManagedFields } from './objects.ts';

/** A path is the JSON text of its keys, so that it can be a member of a Set. */
export type Paths = Set<string>;

const OWNED_METADATA = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

/** The keys of a path. */
export function keysOf(path: string): string[] {
  const keys: unknown = JSON.parse(path);
  return Array.isArray(keys) ? keys.map(String) : [];
}

function collect(value: unknown, path: string[], into: Paths): void {
  if (isFields(value) && Object.keys(value).length > 0) {
    for (const [key, child] of Object.entries(value)) collect(child, [...path, key], into);
  } else if (value !== undefined) {
    into.add(JSON.stringify(path));
  }
}

/** The leaf fields of an object that can be owned; lists are one leaf, and without `status` when `withStatus` is false. */
export function leaves(object: Fields, withStatus: boolean): Paths {
  const paths: Paths = new Set();
  for (const [key, value] of Object.entries(object)) {
    if (key === 'apiVersion' || key === 'kind' || (key === 'status' && !withStatus)) continue;
    if (key !== 'metadata') collect(value, [key], paths);
  }
  for (const field of OWNED_METADATA) collect(at(object, `metadata.${field}`), ['metadata', field], paths);
  return paths;
}

/** `{"f:spec":{"f:trigger":{"f:manual":{}}}}` from a set of paths. */
function toFieldsV1(paths: Paths): Fields {
  const root: Fields = {};
  for (const path of [...paths].sort()) {
    let node = root;
    for (const key of keysOf(path)) {
      const child = node[`f:${key}`];
      const next: Fields = isFields(child) ? child : {};
      node[`f:${key}`] = next;
      node = next;
    }
  }
  return root;
}

/** A set of paths from `fieldsV1`. */
export function fromFieldsV1(fields: Fields): Paths {
  const paths: Paths = new Set();
  const walk = (node: unknown, path: string[]): void => {
    if (!isFields(node)) return;
    const keys = Object.keys(node).filter((key) => key.startsWith('f:'));
    if (keys.length === 0 && path.length > 0) paths.add(JSON.stringify(path));
    for (const key of keys) walk(node[key], [...path, key.slice(2)]);
  };
  walk(fields, []);
  return paths;
}

/** The value at a path, or undefined. */
export function valueAt(object: unknown, path: string): unknown {
  let current = object;
  for (const key of keysOf(path)) {
    if (!isFields(current)) return undefined;
    current = current[key];
  }
  return current;
}

export interface Writer {
  manager: string;
  operation: 'Apply' | 'Update';
  subresource: string | undefined;
}

/** Does this entry belong to the writer? The same name with another operation or subresource is a different manager. */
export function isEntryOf(writer: Writer, entry: ManagedFields): boolean {
  return (
    entry.manager === writer.manager && entry.operation === writer.operation && entry.subresource === writer.subresource
  );
}

/** Makes the entry of a writer; `time` as RFC 3339. */
export function entryOf(writer: Writer, apiVersion: string, paths: Paths, time: string): ManagedFields {
  const { manager, operation, subresource } = writer;
  const fieldsV1 = toFieldsV1(paths);
  const entry: ManagedFields = { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 };
  return subresource === undefined ? entry : { ...entry, subresource };
}

/** Replaces the writer's entry and removes the paths in `lost` from all others. Entries without fields are dropped. */
export function reassign(
  entries: readonly ManagedFields[],
  mine: { writer: Writer; entry: ManagedFields | null },
  lost: Paths,
): ManagedFields[] {
  const result: ManagedFields[] = [];
  let placed = false;
  for (const entry of entries) {
    if (isEntryOf(mine.writer, entry)) {
      placed = true;
      const unchanged = mine.entry !== null && same(entry.fieldsV1, mine.entry.fieldsV1);
      if (mine.entry !== null) result.push(unchanged ? entry : mine.entry);
      continue;
    }
    const before = fromFieldsV1(entry.fieldsV1);
    const kept = before.difference(lost);
    if (kept.size === before.size) result.push(entry);
    else if (kept.size > 0) result.push({ ...entry, fieldsV1: toFieldsV1(kept) });
  }
  if (!placed && mine.entry !== null) result.push(mine.entry);
  return result;
}

/** The managedFields after an ordinary update: the writer owns the changed fields, and removed fields have no owner. */
export function trackUpdate(
  old: KubeObject | undefined,
  next: KubeObject,
  writer: Writer,
  time: string,
): ManagedFields[] {
  const after = leaves(next, true);
  const before = old === undefined ? new Set<string>() : leaves(old, true);
  const changed = new Set(
    [...after].filter((path) => !before.has(path) || !same(valueAt(old, path), valueAt(next, path))),
  );
  const entries = old?.metadata.managedFields ?? [];
  const own = entries.find((entry) => isEntryOf(writer, entry));
  const paths = changed.union(own === undefined ? new Set<string>() : fromFieldsV1(own.fieldsV1).intersection(after));
  const entry = paths.size === 0 ? null : entryOf(writer, next.apiVersion, paths, time);
  return reassign(entries, { writer, entry }, changed.union(before.difference(after)));
}
