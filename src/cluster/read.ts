/** Reads fields of API objects of unknown shape, so that no other file needs a cast or an exception. */

export type Fields = Readonly<Record<string, unknown>>;

const NONE: Fields = {};

/** The object's fields, or none when it is not an object. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : NONE;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields at a path; none when something on the path is missing. */
export function at(value: unknown, ...path: string[]): Fields {
  let inner = fieldsOf(value);
  for (const key of path) inner = fieldsOf(inner[key]);
  return inner;
}

/** The array in this field, or an empty one. */
export function listIn(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key];
  return Array.isArray(value) ? value : [];
}

/** A non-empty string, or null. */
export function text(fields: Fields, key: string): string | null {
  const value = fields[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A quantity: a string, or a number as YAML may have left it. */
export function quantity(fields: Fields, key: string): string | null {
  const value = fields[key];
  return typeof value === 'number' ? String(value) : text(fields, key);
}

/** A finite number, or null. */
export function number(fields: Fields, key: string): number | null {
  const value = fields[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** An RFC 3339 time in milliseconds, or null. */
export function time(fields: Fields, key: string): number | null {
  const value = Date.parse(text(fields, key) ?? '');
  return Number.isNaN(value) ? null : value;
}

/** Only the entries whose value is a string; with a prefix, only the keys that begin with it. */
export function strings(value: unknown, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, one] of Object.entries(fieldsOf(value))) {
    if (typeof one === 'string' && key.startsWith(prefix)) found[key] = one;
  }
  return found;
}

/** Only the members that are strings. */
export function textsIn(fields: Fields, key: string): string[] {
  return listIn(fields, key).filter((one): one is string => typeof one === 'string');
}

export interface Meta {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  /** not parsed: read them with `text` */
  labels: Fields;
  annotations: Fields;
  createdAt: number | null;
  deleting: boolean;
}

/** The metadata that every parser needs; null when the object has no name. */
export function metaOf(object: unknown): Meta | null {
  const meta = at(object, 'metadata');
  const name = text(meta, 'name');
  if (name === null) return null;
  return {
    name,
    namespace: text(meta, 'namespace') ?? '',
    uid: text(meta, 'uid') ?? '',
    resourceVersion: text(meta, 'resourceVersion') ?? '',
    labels: fieldsOf(meta['labels']),
    annotations: fieldsOf(meta['annotations']),
    createdAt: time(meta, 'creationTimestamp'),
    deleting: text(meta, 'deletionTimestamp') !== null,
  };
}
