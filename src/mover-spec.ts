/**
 * What a mover needs beside its data volume: user, certificate authority, account, resources, affinity, labels, further volumes
 * and its cache. It is read once from a source, carried without being looked into, and written to the destination.
 */

/** The ids that a mover runs with. */
export interface MoverUser {
  runAsUser: number;
  runAsGroup: number;
  fsGroup: number;
}

/** The fields of VolSync's MoverConfig and `customCA`, by their names in its API. */
const MOVER_FIELDS = [
  'moverSecurityContext',
  'customCA',
  'moverServiceAccount',
  'moverResources',
  'moverAffinity',
  'moverPodLabels',
  'moverVolumes',
] as const;

export type MoverField = (typeof MOVER_FIELDS)[number];

/** Nobody here looks into the fields: they are carried from source to destination. */
export interface MoverSpec {
  /** by their names in VolSync's API, as JSON with sorted keys */
  fields: Readonly<Partial<Record<MoverField, string>>>;
  /** a quantity */
  cacheCapacity: string | null;
  cacheStorageClass: string | null;
  cacheAccessModes: readonly string[];
}

/** Longer than this, a field is not carried: an affinity of 16 KiB is no affinity that anybody wrote. */
const LONGEST_FIELD = 16 * 1024;

/** Empty mover settings. One shared object, since most objects have none. */
export const NO_MOVER_SPEC: MoverSpec = {
  fields: {},
  cacheCapacity: null,
  cacheStorageClass: null,
  cacheAccessModes: [],
};

/**
 * A value as JSON with its keys in order, so that equal values are equal texts. Null for what is empty or too long: an empty
 * object or text says the same as a field that is not there.
 */
export function canonical(value: unknown): string | null {
  const text = JSON.stringify(value, (_, one: unknown) => (isObject(one) ? sorted(one) : one)) as string | undefined;
  if (text === undefined || text.length > LONGEST_FIELD) return null;
  return ['null', '{}', '[]', '""'].includes(text) ? null : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The fields of a restic spec, as they are written back: null and empty ones left out. */
export function moverFieldsFrom(restic: Readonly<Record<string, unknown>>): MoverSpec['fields'] {
  const found: Partial<Record<MoverField, string>> = {};
  for (const field of MOVER_FIELDS) {
    const text = restic[field] === undefined ? null : canonical(restic[field]);
    if (text !== null) found[field] = text;
  }
  return found;
}

/** The same fields as they go into a manifest. */
export function moverFieldsIn({ fields }: MoverSpec): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, JSON.parse(text) as unknown]));
}

/** The mover spec with this user; everything else of its security context stands. */
export function withUser(spec: MoverSpec, user: MoverUser | null): MoverSpec {
  if (user === null) return spec;
  const context = { ...contextOf(spec), ...user };
  return { ...spec, fields: { ...spec.fields, moverSecurityContext: canonical(context) ?? '{}' } };
}

/** Does it say as whom the mover runs? Without that, and without a privileged namespace, it restores only root's files. */
export function namesUser(spec: MoverSpec): boolean {
  return typeof contextOf(spec)['runAsUser'] === 'number';
}

/** Does anything of it go into the mover's pod, or into its cache volume? */
export function tellsAnything(spec: MoverSpec): boolean {
  return (
    spec.cacheCapacity !== null ||
    spec.cacheStorageClass !== null ||
    spec.cacheAccessModes.length > 0 ||
    Object.keys(spec.fields).length > 0
  );
}

/** Are the fields of the mover's pod the same? The cache volume is not part of it: VolSync reads its shape when it makes it. */
export function samePod(a: MoverSpec, b: MoverSpec): boolean {
  return a.fields === b.fields || MOVER_FIELDS.every((field) => a.fields[field] === b.fields[field]);
}

const NO_CONTEXT: Readonly<Record<string, unknown>> = {};

/**
 * Does the mover lack something that we want, or has it something that we have set and want no more? What others have set beside
 * that, in a field of ours too, is theirs: a merge patch leaves it there.
 * @param set names of the fields that we have set
 */
export function lacks(has: MoverSpec, wants: MoverSpec, set: readonly string[]): boolean {
  return MOVER_FIELDS.some((field) => {
    const [there, wanted] = [has.fields[field], wants.fields[field]];
    if (there === wanted) return false;
    if (wanted === undefined || there === undefined) return wanted !== undefined || set.includes(field);
    return !contains(JSON.parse(there), JSON.parse(wanted));
  });
}

function contains(all: unknown, part: unknown): boolean {
  if (!isObject(part) || !isObject(all)) return canonical(all) === canonical(part);
  return Object.entries(part).every(([key, value]) => contains(all[key], value));
}

function contextOf({ fields }: MoverSpec): Readonly<Record<string, unknown>> {
  if (fields.moverSecurityContext === undefined) return NO_CONTEXT;
  const context: unknown = JSON.parse(fields.moverSecurityContext);
  return isObject(context) ? context : NO_CONTEXT;
}
