/**
 * Who owns which field of an object, in server-side apply's own book-keeping. What is created by POST is owned by an update of the
 * same name, which no apply ever takes anything away from: a key that is left out later would stay. So before such an object is
 * applied for the first time, what the POST owns is handed over, as `kubectl apply --server-side` does it after a client-side one.
 */
import { PRODUCT } from '../naming.ts';
import { at, fieldsOf, listIn, time, type Fields } from './read.ts';

/** The entries of `managedFields`. */
export function managersOf(object: unknown): readonly Fields[] {
  return listIn(at(object, 'metadata'), 'managedFields').map(fieldsOf);
}

/** The keys of a map that we own, by whatever operation; `path` as in `['data']`. */
export function ownedKeys(managers: readonly Fields[], ...path: string[]): Set<string> {
  const inFields = path.map((key) => `f:${key}`);
  const ours = managers.filter(({ manager }) => manager === PRODUCT);
  const keys = ours.flatMap((entry) => Object.keys(at(entry, 'fieldsV1', ...inFields)));
  return new Set(keys.filter((key) => key.startsWith('f:')).map((key) => key.slice(2)));
}

/**
 * When a map was changed last, by anybody: the API server writes the time into the entry of whoever changes a value. Null = the
 * book-keeping says nothing.
 */
export function changedAt(managers: readonly Fields[], field: string): number | null {
  const times = managers
    .filter((entry) => `f:${field}` in at(entry, 'fieldsV1'))
    .map((entry) => time(entry, 'time') ?? Infinity);
  const last = Math.max(...times);
  return Number.isFinite(last) ? last : null;
}

/** The entries with what our POST owns in the hand of our apply; null when there is nothing to hand over. */
export function handedOver(managers: readonly Fields[]): Fields[] | null {
  const posted = managers.find((entry) => isOurs(entry, 'Update'));
  if (posted === undefined) return null;
  const applied = managers.find((entry) => isOurs(entry, 'Apply'));
  const fieldsV1 = joined(fieldsOf(applied?.['fieldsV1']), fieldsOf(posted['fieldsV1']));
  const others = managers.filter((entry) => entry !== posted && entry !== applied);
  return [...others, { ...posted, operation: 'Apply', fieldsV1 }];
}

function isOurs(entry: Fields, operation: 'Apply' | 'Update'): boolean {
  return entry['manager'] === PRODUCT && entry['operation'] === operation && entry['subresource'] === undefined;
}

/** Two trees of field names as one. */
function joined(one: Fields, other: Fields): Fields {
  const both: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other))
    both[key] = key in one ? joined(at(one, key), fieldsOf(value)) : value;
  return both;
}
