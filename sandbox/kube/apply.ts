/** Server-side apply: merges the configuration of one field manager into the live object. */
import { StatusError } from './errors.ts';
import {
  entryOf,
  fromFieldsV1,
  isEntryOf,
  keysOf,
  leaves,
  reassign,
  valueAt,
  type Paths,
  type Writer,
} from './managed.ts';
import { asObject, isFields, same, type Fields, type KubeObject, type ManagedFields } from './objects.ts';

export interface Application {
  applied: Fields;
  writer: Writer;
  force: boolean;
  time: string;
}

/** An empty map in the configuration removes no keys from a live map. */
function isEmptyMap(value: unknown): boolean {
  return isFields(value) && Object.keys(value).length === 0;
}

function set(root: Fields, path: string[], value: unknown): void {
  let node = root;
  for (const key of path.slice(0, -1)) {
    const child = node[key];
    const next: Fields = isFields(child) ? child : {};
    node[key] = next;
    node = next;
  }
  const last = path.at(-1) ?? '';
  if (!isEmptyMap(value) || !isFields(node[last])) node[last] = structuredClone(value);
}

/** Removes a field, and every parent map that becomes empty. */
function unset(root: Fields, path: string[]): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  const child = root[key];
  if (rest.length === 0) {
    if (!isFields(child) || isEmptyMap(child)) delete root[key];
  } else if (isFields(child)) {
    unset(child, rest);
    if (Object.keys(child).length === 0) delete root[key];
  }
}

function startsWith(longer: string, shorter: string): boolean {
  return longer === shorter || longer.startsWith(`${shorter.slice(0, -1)},`);
}

function clash(own: string, other: string): boolean {
  return startsWith(own, other) || startsWith(other, own);
}

/** Paths of other managers that the new paths would change: equal, above or below, with a different value. */
function disputed(live: KubeObject, applied: Fields, mine: Paths, theirs: Paths): string[] {
  const said = [...mine].filter((path) => !isEmptyMap(valueAt(applied, path)) || !isFields(valueAt(live, path)));
  const exact = said.filter((path) => theirs.has(path) && !same(valueAt(live, path), valueAt(applied, path)));
  const structural = said.filter(
    (path) => !theirs.has(path) && [...theirs].some((other) => other !== path && clash(path, other)),
  );
  return [...exact, ...structural];
}

function spelled(path: string): string {
  return keysOf(path)
    .map((key) => (key.includes('.') ? `["${key}"]` : `.${key}`))
    .join('');
}

function conflictError(conflicts: { path: string; entry: ManagedFields }[]): StatusError {
  const causes = conflicts.map(({ path, entry }) => {
    const of = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : '';
    return { reason: 'FieldManagerConflict', message: `conflict with "${entry.manager}"${of}`, field: spelled(path) };
  });
  const list = causes.map((cause) => `${cause.message}: ${cause.field}`).join('\n');
  const message = `Apply failed with ${causes.length} conflict${causes.length === 1 ? '' : 's'}: ${list}`;
  return new StatusError(409, message, { reason: 'Conflict', details: { causes } });
}

/**
 * Merges an applied configuration into a live object (for a new one: an object of metadata only).
 * Returns the next object with its managedFields; throws 409 when others own what would change and `force` is not set.
 */
export function mergeApply(live: KubeObject, application: Application): KubeObject {
  const { applied, writer, force, time } = application;
  const entries = live.metadata.managedFields ?? [];
  const mine = leaves(applied, true);
  const conflicts = entries
    .filter((entry) => !isEntryOf(writer, entry))
    .flatMap((entry) => disputed(live, applied, mine, fromFieldsV1(entry.fieldsV1)).map((path) => ({ path, entry })));
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);

  const next: Fields = structuredClone<Fields>(live);
  const own = entries.find((entry) => isEntryOf(writer, entry));
  const dropped = own === undefined ? new Set<string>() : fromFieldsV1(own.fieldsV1).difference(mine);
  const others = entries.filter((entry) => entry !== own).map((entry) => fromFieldsV1(entry.fieldsV1));
  for (const path of dropped) {
    if (!others.some((paths) => paths.has(path))) unset(next, keysOf(path));
  }
  for (const path of mine) set(next, keysOf(path), valueAt(applied, path));

  const lost = new Set(conflicts.map((conflict) => conflict.path));
  const entry = mine.size === 0 ? null : entryOf(writer, live.apiVersion, mine, time);
  const managedFields = reassign(entries, { writer, entry }, lost);
  const merged = asObject(next);
  return { ...merged, metadata: { ...merged.metadata, managedFields } };
}
