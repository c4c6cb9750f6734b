/**
 * Size, class and user of a restore point, from the first piece of evidence that shows them: the live claim, then the source, then
 * what the destination remembers, then the setting. (The claim record in the bucket will come between claim and source.)
 */
import type { ClaimRecord } from '../../claim-record.ts';
import type { Claim, DestinationSpec } from '../../model.ts';
import { NO_MOVER_SPEC, namesUser, samePod, tellsAnything, withUser } from '../../mover-spec.ts';
import type { MoverSpec, MoverUser } from '../../mover-spec.ts';
import { parseMoverUser } from '../../mover-user.ts';
import { leastBytes, mustBeReplaced, userOf } from './fit.ts';
import { repositorySecretName } from '../../naming.ts';
import type { Settings } from '../../settings/settings.ts';
import { parseQuantity } from '../../units.ts';
import type { Situation } from '../facts/situation.ts';

export type CapacityLink = 'claim' | 'record' | 'source' | 'destination' | 'default';

/** What the bucket remembers of the claim, where somebody has looked. */
function recorded({ record }: Situation): ClaimRecord | null {
  return record?.state === 'read' ? record.record : null;
}

/** The size of a restore point and where it comes from. Null: nothing shows it, and --default-capacity is none. */
export function capacityOf(s: Situation, settings: Settings): { capacity: string; from: CapacityLink } | null {
  return (
    linkOf('claim', claimed(s)) ??
    linkOf('record', recorded(s)?.request) ??
    linkOf('source', s.source?.capacity) ??
    linkOf('destination', s.destination?.spec.capacity) ??
    linkOf('default', settings.defaultCapacity)
  );
}

function linkOf(from: CapacityLink, capacity: string | null | undefined): ReturnType<typeof capacityOf> {
  return typeof capacity === 'string' && parseQuantity(capacity) !== null ? { capacity, from } : null;
}

/** What the claim asks for, or what its data is known to need: a restore point is never made too small for its data. */
function claimed(s: Situation): string | null {
  const request = userOf(s)?.request ?? null;
  const least = leastBytes(s);
  return request !== null && (parseQuantity(request) ?? least) < least ? String(least) : request;
}

/** What is known of the mover, and what the destination has to remember so that it outlives claim and source. */
export interface MoverEvidence {
  spec: MoverSpec;
  /** from the claim, for the annotation `mover` */
  user: MoverUser | null;
  /** the spec was copied from a source, now or earlier */
  fromSource: boolean;
}

/**
 * The mover spec: from the source, or as the destination has copied it from a source that is gone, or from the settings. The
 * claim's annotation always decides about the user, then what is told, then what pods of the claim run as; `--mover` only does if
 * nothing else sets one.
 */
export function moverEvidence(s: Situation, settings: Settings): MoverEvidence {
  const { source, destination } = s;
  const copied = destination?.memory.moverFrom === 'source' ? destination.spec.moverSpec : null;
  const told = source?.spec.moverSpec ?? copied ?? recorded(s)?.mover ?? null;
  const user = userBeside(s);
  const spec = withUser(moverBySettings(settings, told), user);
  const { fields, cacheStorageClass, cacheAccessModes } = namesUser(spec) ? spec : withUser(spec, settings.mover);
  return {
    spec: { fields, cacheCapacity: cacheCapacityOf(s, spec), cacheStorageClass, cacheAccessModes },
    user,
    fromSource: told !== null && tellsAnything(told),
  };
}

/** Whom it runs as, where that is not the source's: the claim's annotation, else what is remembered, or what pods have told. */
function userBeside({ source, destination, claimObject, podUser }: Situation): MoverUser | null {
  const named = claimObject?.moverUser ?? null;
  if (named !== null || (source !== null && namesUser(source.spec.moverSpec))) return named;
  return destination?.memory.mover ?? (podUser === null ? null : parseMoverUser(podUser));
}

/** What a source tells of its mover, and the settings for what it does not. */
export function moverBySettings(settings: Settings, told: MoverSpec | null): MoverSpec {
  const { cacheCapacity, cacheStorageClass, cacheAccessModes, fields } = told ?? NO_MOVER_SPEC;
  return {
    fields: fieldsBySettings(settings, fields),
    cacheCapacity: cacheCapacity ?? settings.cacheCapacity,
    cacheStorageClass: cacheStorageClass ?? settings.cacheStorageClass,
    cacheAccessModes,
  };
}

function fieldsBySettings({ customCA, moverResources }: Settings, told: MoverSpec['fields']): MoverSpec['fields'] {
  if (customCA === null && moverResources === null) return told;
  return { ...(customCA !== null && { customCA }), ...(moverResources !== null && { moverResources }), ...told };
}

/** VolSync writes the cache size to the volume at every sync, and the API server refuses to shrink a volume. So it never shrinks. */
function cacheCapacityOf({ destination }: Situation, { cacheCapacity }: MoverSpec): string | null {
  const has = destination?.spec.moverSpec.cacheCapacity ?? null;
  return bytesOf({ capacity: has }) > bytesOf({ capacity: cacheCapacity }) ? has : cacheCapacity;
}

/** The whole wanted spec of a destination. */
export function wantedSpec(s: Situation, settings: Settings, capacity: string): DestinationSpec {
  const { claimObject: claim, source, destination } = s;
  // Class and access modes of a source are those of its point-in-time copy (shallow and read-only on some drivers).
  const record = recorded(s);
  return {
    repository: s.repository?.secret ?? repositorySecretName(s.claim),
    copyMethod: 'Snapshot',
    capacity,
    accessModes: modesOf(s, record) ?? [settings.accessMode],
    storageClass: firstOf(
      claim?.storageClass,
      record?.storageClass,
      destination?.spec.storageClass,
      settings.storageClass,
    ),
    snapshotClass: firstOf(
      source?.spec.snapshotClass,
      record?.snapshotClass,
      destination?.spec.snapshotClass,
      settings.snapshotClass,
    ),
    restoreAsOf: destination?.spec.restoreAsOf ?? null,
    enableFileDeletion: true,
    cleanupTempPVC: false,
    moverSpec: moverEvidence(s, settings).spec,
  };
}

/** The first link that says something. */
function firstOf(...links: readonly (string | null | undefined)[]): string | null {
  return links.find((one) => one !== null && one !== undefined) ?? null;
}

/** The access modes of the first that says some. */
function modesOf({ claimObject, destination }: Situation, record: ClaimRecord | null): readonly string[] | null {
  return (
    filled(claimObject?.accessModes) ?? filled(record?.accessModes) ?? filled(destination?.spec.accessModes) ?? null
  );
}

/** A list that says something. */
function filled(list: readonly string[] | undefined): readonly string[] | null {
  return list === undefined || list.length === 0 ? null : list;
}

export type Drift = 'none' | 'update' | 'recreate';

/**
 * How an existing destination of ours differs from what the facts want. Larger grows in place; smaller than a live claim's
 * request cannot (a snapshot larger than the request hangs the claim), so it is made anew, like a volume of another class.
 */
export function driftOf(s: Situation, wanted: DestinationSpec): Drift {
  const { destination } = s;
  if (destination === null) return 'none';
  const { spec: current } = destination;
  const have = bytesOf(current);
  const want = bytesOf(wanted);
  if (mustBeReplaced(s, destination, wanted)) return 'recreate';
  const same =
    have >= want &&
    current.repository === wanted.repository &&
    current.copyMethod === wanted.copyMethod &&
    current.enableFileDeletion === wanted.enableFileDeletion &&
    current.cleanupTempPVC === wanted.cleanupTempPVC &&
    samePod(current.moverSpec, wanted.moverSpec);
  return same ? 'none' : 'update';
}

/** Its snapshots are larger than the claim asks for: the claim would hang, so the destination is made anew. */
export function isTooLarge(s: Situation): boolean {
  const claim = userOf(s);
  return claim !== null && s.destination !== null && asksForLess(claim, s.destination.spec.capacity);
}

/** The claim waits for an image that is larger than its request, which no driver can restore. */
export function hasTooLargeImage(s: Situation): boolean {
  return s.waits && s.claimObject !== null && asksForLess(s.claimObject, s.image?.restoreSize);
}

/** Whether this is less than a quantity or a number of bytes. Unknown or unreadable counts as not less. */
export function asksForLess({ request }: Pick<Claim, 'request'>, needed: string | number | null | undefined): boolean {
  const least = typeof needed === 'number' ? needed : parseQuantity(needed ?? '');
  const asked = parseQuantity(request ?? '');
  return asked !== null && asked < (least ?? 0);
}

/** The size of a destination in bytes; 0 when it names none. */
export function bytesOf(spec: Pick<DestinationSpec, 'capacity'>): number {
  return parseQuantity(spec.capacity ?? '') ?? 0;
}
