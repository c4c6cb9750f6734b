/**
 * How large, on which class, as which user: the first link of a chain of evidence that tells. Live claim, then source, then
 * what the destination remembers, then the setting. (The claim record in the bucket comes between claim and source.)
 */
import type { Claim, DestinationSpec } from '../../model.ts';
import { namesUser, samePod, tellsAnything, withUser, type MoverSpec, type MoverUser } from '../../mover-spec.ts';
import { repositorySecretName } from '../../naming.ts';
import type { Settings } from '../../settings/settings.ts';
import { parseQuantity } from '../../units.ts';
import type { Situation } from '../facts/situation.ts';

export type CapacityLink = 'claim' | 'source' | 'destination' | 'default';

/** The size of a restore point and the link that told it; null = nothing tells, and the setting says to wait. */
export function capacityOf(s: Situation, settings: Settings): { capacity: string; from: CapacityLink } | null {
  const links: readonly (readonly [CapacityLink, string | null | undefined])[] = [
    ['claim', s.claimObject?.request],
    ['source', s.source?.capacity],
    ['destination', s.destination?.spec.capacity],
    ['default', settings.defaultCapacity],
  ];
  for (const [from, capacity] of links) {
    if (typeof capacity === 'string' && parseQuantity(capacity) !== null) return { capacity, from };
  }
  return null;
}

/** What is known of the mover, and what the destination has to remember so that it outlives claim and source. */
export interface MoverEvidence {
  spec: MoverSpec;
  /** the claim's word, for the annotation `mover` */
  user: MoverUser | null;
  /** the spec was copied from a source, now or earlier */
  fromSource: boolean;
}

/**
 * The mover spec: what the source says, or what the destination has copied from a source that is gone, or the settings. The
 * claim's annotation names the user in any case; the setting `--mover` only where nothing else does.
 */
export function moverEvidence(s: Situation, settings: Settings): MoverEvidence {
  const { source, destination, claimObject } = s;
  const copied = destination?.memory.moverFrom === 'source' ? destination.spec.moverSpec : null;
  const told = source?.moverSpec ?? copied;
  const remembered = destination?.memory.mover ?? null;
  const user = claimObject?.moverUser ?? (source !== null && namesUser(source.moverSpec) ? null : remembered);
  const based = { ...bySettings(settings), ...(told !== null && withoutGaps(told)) };
  const fields = { ...bySettings(settings).fields, ...told?.fields };
  const spec = withUser({ ...based, fields }, user);
  return {
    spec: { ...(namesUser(spec) ? spec : withUser(spec, settings.mover)), cacheCapacity: cacheCapacityOf(s, spec) },
    user,
    fromSource: told !== null && tellsAnything(told),
  };
}

/** What people set for every mover, for what no source tells. */
function bySettings({ cacheCapacity, cacheStorageClass, customCA, moverResources }: Settings): MoverSpec {
  return {
    fields: {
      ...(customCA !== null && { customCA }),
      ...(moverResources !== null && { moverResources }),
    },
    cacheCapacity,
    cacheStorageClass,
    cacheAccessModes: [],
  };
}

/** Only what it says: a null would hide what a setting says. */
function withoutGaps({ cacheCapacity, cacheStorageClass, cacheAccessModes }: MoverSpec): Partial<MoverSpec> {
  return {
    ...(cacheCapacity !== null && { cacheCapacity }),
    ...(cacheStorageClass !== null && { cacheStorageClass }),
    ...(cacheAccessModes.length > 0 && { cacheAccessModes }),
  };
}

/** VolSync writes a cache size to the volume at every sync, and the API server refuses to shrink one: it never gets less. */
function cacheCapacityOf({ destination }: Situation, { cacheCapacity }: MoverSpec): string | null {
  const has = destination?.spec.moverSpec.cacheCapacity ?? null;
  const [before, wanted] = [parseQuantity(has ?? ''), parseQuantity(cacheCapacity ?? '')];
  return before !== null && (wanted === null || before > wanted) ? has : cacheCapacity;
}

/** The whole spec of a destination as the facts want it. */
export function wantedSpec(s: Situation, settings: Settings, capacity: string): DestinationSpec {
  const { claimObject: claim, source, destination } = s;
  // Class and access modes of a source are those of its point-in-time copy (shallow and read-only on some drivers).
  const modes = [claim?.accessModes, destination?.spec.accessModes].find((one) => one !== undefined && one.length > 0);
  return {
    repository: repositorySecretName(s.claim),
    copyMethod: 'Snapshot',
    capacity,
    accessModes: modes ?? [settings.accessMode],
    storageClass: claim?.storageClass ?? destination?.spec.storageClass ?? settings.storageClass,
    snapshotClass: source?.snapshotClass ?? destination?.spec.snapshotClass ?? settings.snapshotClass,
    enableFileDeletion: true,
    cleanupTempPVC: false,
    moverSpec: moverEvidence(s, settings).spec,
  };
}

export type Drift = 'none' | 'update' | 'recreate';

/**
 * How an existing destination of ours differs from what the facts want. Larger grows in place; smaller than a live claim's
 * request cannot (a snapshot larger than the request hangs the claim), so it is made anew. A class or access mode is only
 * read when VolSync makes the volume: it is no reason to write.
 */
export function driftOf(s: Situation, wanted: DestinationSpec): Drift {
  const current = s.destination?.spec;
  if (current === undefined) return 'none';
  const [have, want] = [bytesOf(current), bytesOf(wanted)];
  if (s.claimObject !== null && have > want) return 'recreate';
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
export function isTooLarge({ destination, claimObject }: Situation): boolean {
  return destination !== null && claimObject !== null && asksForLess(claimObject, destination.spec.capacity);
}

/** It waits for an image that is larger than it may become: no driver restores that. */
export function hasTooLargeImage(s: Situation): boolean {
  return s.waits && s.claimObject !== null && asksForLess(s.claimObject, s.image?.restoreSize);
}

/** Less than this quantity, or than so many bytes; what is not known or cannot be read is not less. */
export function asksForLess({ request }: Pick<Claim, 'request'>, needed: string | number | null | undefined): boolean {
  const least = typeof needed === 'number' ? needed : parseQuantity(needed ?? '');
  const asked = parseQuantity(request ?? '');
  return asked !== null && least !== null && asked < least;
}

/** The size of a destination in bytes; 0 when it names none. */
export function bytesOf(spec: Pick<DestinationSpec, 'capacity'>): number {
  return parseQuantity(spec.capacity ?? '') ?? 0;
}
