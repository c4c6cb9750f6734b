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

/** A longer text means nothing in any field that is read: Kubernetes names have 253 characters at most. It is cut. */
const LONGEST = 2048;

/** A non-empty string, or null; cut where others have written more than a field can mean. */
export function text(fields: Fields, key: string): string | null {
  const value = fields[key];
  if (typeof value !== 'string' || value === '') return null;
  return value.length > LONGEST ? copied(value.slice(0, LONGEST)) : value;
}

/** A text of its own: a part of a longer one keeps the whole of it in memory. */
export function copied(part: string): string {
  return Buffer.from(part).toString();
}

const SHARED = new Map<string, string>();
/** So many different texts are shared, and none that is longer: with others' texts it must not grow without end. */
const MOST_SHARED = 10_000;
const LONGEST_SHARED = 200;

/** One text for all that are equal: for what thousands of objects have in common, or the objects of one claim. */
export function shared(value: string): string {
  const known = SHARED.get(value);
  if (known !== undefined) return known;
  if (SHARED.size < MOST_SHARED && value.length <= LONGEST_SHARED) SHARED.set(value, value);
  return value;
}

/** A non-empty string that many objects have in common, or null. */
export function word(fields: Fields, key: string): string | null {
  const value = text(fields, key);
  return value === null ? null : shared(value);
}

/** The text that is kept already, where this one says the same. */
export function sameAs<T extends string | null>(kept: string | null, value: T): T | string {
  return value !== null && value === kept ? kept : value;
}

/** A quantity: a string, or a number as YAML may have left it. */
export function quantity(fields: Fields, key: string): string | null {
  const value = fields[key];
  return typeof value === 'number' ? shared(String(value)) : word(fields, key);
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

/** Only the entries whose value is a string; the first so many of them. */
export function strings(value: unknown, most = Infinity): Record<string, string> {
  const found: Record<string, string> = {};
  let count = 0;
  for (const [key, one] of Object.entries(fieldsOf(value))) {
    if (typeof one !== 'string') continue;
    found[key] = one;
    count += 1;
    if (count === most) break;
  }
  return found;
}

/** A list that is read is short: access modes. */
const MOST_MEMBERS = 16;
const NO_TEXTS: readonly string[] = [];
const SINGLE = new Map<string, readonly string[]>();

/** Only the members that are strings. Lists of one, which nearly all are, are shared. */
export function textsIn(fields: Fields, key: string): readonly string[] {
  const all = listIn(fields, key);
  const [only] = all;
  const known = all.length === 1 && typeof only === 'string' ? SINGLE.get(only) : undefined;
  if (known !== undefined) return known;
  const found = all
    .slice(0, MOST_MEMBERS)
    .filter((one): one is string => typeof one === 'string' && one.length <= LONGEST_SHARED)
    .map(shared);
  const [first] = found;
  if (first === undefined) return NO_TEXTS;
  if (found.length === 1 && SINGLE.size < MOST_SHARED) SINGLE.set(first, found);
  return found;
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
    namespace: word(meta, 'namespace') ?? '',
    uid: text(meta, 'uid') ?? '',
    resourceVersion: text(meta, 'resourceVersion') ?? '',
    labels: fieldsOf(meta['labels']),
    annotations: fieldsOf(meta['annotations']),
    createdAt: time(meta, 'creationTimestamp'),
    deleting: text(meta, 'deletionTimestamp') !== null,
  };
}
