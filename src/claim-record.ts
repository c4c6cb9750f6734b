/**
 * The claim record: what a claim looked like, kept in the bucket so that it survives the loss of the cluster. Whoever holds the
 * bucket's keys can write one, so it is evidence for shape, tier and origin only: never for an address, for user 0, for a service
 * account or volumes of a mover, or for anybody's acceptance.
 */
import { NO_MOVER_SPEC, canonical, type MoverField, type MoverSpec } from './mover-spec.ts';
import { TIERS, type Tier } from './naming.ts';
import { formatOrigin, parseOrigin, type OriginMemory } from './origin.ts';
import { parseTime } from './time.ts';
import { parseQuantity } from './units.ts';

interface ClaimName {
  namespace: string;
  claim: string;
}

export interface ClaimRecord extends ClaimName {
  /** the claim's UID: another one is another claim of the name */
  uid: string;
  tier: Tier;
  /** a quantity */
  request: string | null;
  accessModes: readonly string[];
  storageClass: string | null;
  snapshotClass: string | null;
  volumeMode: string;
  mover: MoverSpec;
  origin: OriginMemory | null;
  /** a source of ours has saved the repository's snapshots: its retention may go on where it was */
  ours: boolean;
  /** bytes that the largest image needed */
  needs: number | null;
  /**
   * its repository is not at the layout path: a snapshot that was there when this was written, and never where; absent or null:
   * it is
   */
  elsewhere?: { id: string; at: number | null } | null;
}

const RECORD_VERSION = 1;
/** A record has about 700 bytes. What is larger is not one of ours, and is not read. */
export const LARGEST_RECORD = 16 * 1024;

/** What a look at a claim's record gave. */
export type RecordLook =
  | { state: 'read'; record: ClaimRecord; etag: string | null }
  | { state: 'absent' }
  /** garbage, too large, another claim's, or of a newer version: no evidence, and only a newer one is never written over */
  | { state: 'unusable'; why: 'garbage' | 'newer'; etag: string | null }
  | { state: 'failed'; message: string };

/** The record as it is stored: keys in order. Equal shapes give equal texts. */
export function recordBody(record: ClaimRecord): string {
  const { mover, origin, elsewhere = null, ...shape } = record;
  return (
    canonical({
      kind: 'ClaimRecord',
      version: RECORD_VERSION,
      ...shape,
      ...(elsewhere !== null && { elsewhere: snapshotText(elsewhere) }),
      mover: { ...mover, fields: carried(mover.fields) },
      origin: origin === null ? null : formatOrigin(origin),
    }) ?? ''
  );
}

/**
 * All that a record says, in a fixed order: equal records have equal texts. Ten thousand of them are compared in each run, so it
 * is made without sorting.
 */
export function recordText(record: ClaimRecord): string {
  const { namespace, claim, uid, tier, request, accessModes, storageClass, snapshotClass, mover, origin } = record;
  const { cacheCapacity, cacheStorageClass, cacheAccessModes } = mover;
  return JSON.stringify([
    [RECORD_VERSION, namespace, claim, uid, tier, request, accessModes, storageClass, snapshotClass],
    [record.volumeMode, record.ours, record.needs, origin === null ? null : formatOrigin(origin)],
    [carriedIn(mover), cacheCapacity, cacheStorageClass, cacheAccessModes],
    // Which snapshot it is changes with each backup, and is no reason to write the record again.
    ...((record.elsewhere ?? null) === null ? [] : ['elsewhere']),
  ]);
}

/** What of a mover is recorded, and believed: what says how much and as whom, never what gives access to something. */
const CARRIED: readonly MoverField[] = ['moverSecurityContext', 'moverResources', 'moverAffinity'];

const NOTHING_CARRIED: readonly null[] = CARRIED.map(() => null);

function carriedIn({ fields }: MoverSpec): readonly (string | null)[] {
  return fields === NO_MOVER_SPEC.fields ? NOTHING_CARRIED : CARRIED.map((field) => fields[field] ?? null);
}

function carried(fields: MoverSpec['fields']): MoverSpec['fields'] {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => CARRIED.some((one) => one === field)));
}

/** Reads a record of this claim. Null is garbage; `newer` is a version that a later program wrote. */
export function parseRecord(text: string, ref: ClaimName): ClaimRecord | 'newer' | null {
  const fields = objectIn(text);
  if (fields === null || fields['kind'] !== 'ClaimRecord') return null;
  const { version } = fields;
  if (typeof version !== 'number' || version < 1) return null;
  if (version > RECORD_VERSION) return 'newer';
  const tier = TIERS.find((one) => one === fields['tier']);
  if (tier === undefined || fields['namespace'] !== ref.namespace || fields['claim'] !== ref.claim) return null;
  const needs = fields['needs'];
  const elsewhere = snapshotIn(textIn(fields, 'elsewhere')) ?? null;
  return {
    namespace: ref.namespace,
    claim: ref.claim,
    uid: textIn(fields, 'uid') ?? '',
    tier,
    request: quantityIn(fields, 'request'),
    accessModes: textsIn(fields['accessModes']),
    storageClass: textIn(fields, 'storageClass'),
    snapshotClass: textIn(fields, 'snapshotClass'),
    volumeMode: textIn(fields, 'volumeMode') ?? 'Filesystem',
    mover: moverIn(fields['mover']),
    origin: parseOrigin(textIn(fields, 'origin')),
    ours: fields['ours'] === true,
    needs: typeof needs === 'number' && Number.isSafeInteger(needs) && needs > 0 ? needs : null,
    ...(elsewhere !== null && { elsewhere }),
  };
}

function snapshotText({ id, at }: NonNullable<ClaimRecord['elsewhere']>): string {
  return `${id} ${at === null ? '-' : new Date(at).toISOString()}`;
}

function snapshotIn(text: string | null): ClaimRecord['elsewhere'] {
  const [, id, at] = /^([0-9a-f]{8}) (\S{1,30})$/.exec(text ?? '') ?? [];
  return id === undefined ? null : { id, at: parseTime(at) };
}

type Fields = Readonly<Record<string, unknown>>;

function objectIn(text: string): Fields | null {
  if (text.length > LARGEST_RECORD) return null;
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** Names and quantities: nothing longer than a Kubernetes name, and no control characters. */
function textIn(fields: Fields, key: string): string | null {
  const value = fields[key];
  return typeof value === 'string' && /^[\x20-\x7e]{1,253}$/.test(value) ? value : null;
}

function quantityIn(fields: Fields, key: string): string | null {
  const value = textIn(fields, key);
  return value !== null && parseQuantity(value) !== null ? value : null;
}

const MODES: readonly string[] = ['ReadWriteOnce', 'ReadWriteMany', 'ReadWriteOncePod', 'ReadOnlyMany'];

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string' && MODES.includes(one)) : [];
}

function moverIn(value: unknown): MoverSpec {
  const mover = fieldsOf(value);
  const given = fieldsOf(mover?.['fields']) ?? {};
  if (mover === null) return NO_MOVER_SPEC;
  const fields: Partial<Record<MoverField, string>> = {};
  for (const field of CARRIED) {
    const read = fieldsOf(jsonIn(given[field]));
    const text = read === null || asRoot(field, read) ? null : canonical(read);
    if (text !== null) fields[field] = text;
  }
  return {
    fields,
    cacheCapacity: quantityIn(mover, 'cacheCapacity'),
    cacheStorageClass: textIn(mover, 'cacheStorageClass'),
    cacheAccessModes: textsIn(mover['cacheAccessModes']),
  };
}

function jsonIn(value: unknown): unknown {
  if (typeof value !== 'string') return null;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

/** Nobody gets root by writing into a bucket: such a security context is dropped as a whole. */
function asRoot(field: MoverField, context: Fields): boolean {
  if (field !== 'moverSecurityContext') return false;
  const { runAsUser, runAsGroup, fsGroup, supplementalGroups } = context;
  const groups: unknown[] = Array.isArray(supplementalGroups) ? supplementalGroups : [];
  return [runAsUser, runAsGroup, fsGroup, ...groups].includes(0) || 'sysctls' in context || 'seLinuxOptions' in context;
}
