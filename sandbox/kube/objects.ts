/** The shape of an object, and how to read a field of it. */

export type Fields = Record<string, unknown>;

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFields {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: Fields;
  subresource?: string;
}

export interface Metadata {
  name: string;
  namespace?: string;
  generateName?: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  deletionTimestamp?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFields[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: Fields;
  status?: Fields;
  data?: Record<string, string>;
  [field: string]: unknown;
}

/** An object as a client sends it: fields that the API server fills in may be missing. */
export interface ObjectInput {
  apiVersion: string;
  kind: string;
  metadata: Partial<Metadata>;
  [field: string]: unknown;
}

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  old?: KubeObject;
}

/** Is it a map (not null, not a list)? */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObject(value: unknown): value is KubeObject {
  return isFields(value) && typeof value['kind'] === 'string' && isFields(value['metadata']);
}

function isInput(value: unknown): value is ObjectInput {
  return isObject(value);
}

/** The value as an API object; throws if it has no kind or no metadata. */
export function asObject(value: unknown): KubeObject {
  if (!isObject(value)) throw new TypeError('no object: kind or metadata is missing');
  return value;
}

/** The value as an object sent by a client; throws if it has no kind or no metadata. */
export function asInput(value: unknown): ObjectInput {
  if (!isInput(value)) throw new TypeError('no object: kind or metadata is missing');
  return value;
}

/** The map at a dotted path; an empty one when there is none. */
export function fieldsAt(value: unknown, path: string): Fields {
  const found = at(value, path);
  return isFields(found) ? found : {};
}

/** The value at a dotted path, or undefined: `at(destination, 'status.latestImage.name')`. */
export function at(value: unknown, path: string): unknown {
  let current: unknown = value;
  for (const key of path.split('.')) {
    if (!isFields(current)) return undefined;
    current = current[key];
  }
  return current;
}

/** The text at a dotted path, or undefined when there is none. */
export function text(value: unknown, path: string): string | undefined {
  const found = at(value, path);
  return typeof found === 'string' ? found : undefined;
}

/** Are two JSON values the same, whatever the order of their keys? */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (!isFields(a) || !isFields(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  const others = Object.keys(b).filter((key) => b[key] !== undefined);
  return keys.length === others.length && keys.every((key) => key in b && same(a[key], b[key]));
}

/** A merge patch (RFC 7386): null removes, maps merge, all else replaces. Returns a new value. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return structuredClone(patch);
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
