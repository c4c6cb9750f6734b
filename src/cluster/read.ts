/** Reads fields of API objects, which are strangers until they have been looked at: no cast and no exception beyond this file. */

export type Fields = Readonly<Record<string, unknown>>;

/** The object's fields, or none when it is not an object. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields at a path below; none when something on the way is missing. */
export function at(value: unknown, ...path: string[]): Fields {
  return fieldsOf(path.reduce<unknown>((inner, key) => fieldsOf(inner)[key], value));
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

/** Only the entries whose value is a string. */
export function strings(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
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
  labels: Record<string, string>;
  annotations: Record<string, string>;
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
    labels: strings(meta['labels']),
    annotations: strings(meta['annotations']),
    createdAt: time(meta, 'creationTimestamp'),
    deleting: text(meta, 'deletionTimestamp') !== null,
  };
}
