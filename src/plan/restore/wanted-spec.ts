/**
 * How large, on which class, as which user: the first link of a chain of evidence that tells. Live claim, then source, then
 * what the destination remembers, then the setting. (The claim record in the bucket comes between claim and source.)
 */
import type { Claim, DestinationSpec, MoverUser } from '../../model.ts';
import { parseMoverUser } from '../../mover-user.ts';
import { ANNOTATION, repositorySecretName } from '../../naming.ts';
import type { Settings } from '../../settings/settings.ts';
import { parseQuantity } from '../../units.ts';
import { waits, type Situation } from '../facts/situation.ts';

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

/** The mover's user: the claim's word, the source's, what the destination remembers of them, the setting. */
export function moverUserOf(
  s: Situation,
  settings: Settings,
): { user: MoverUser | null; toRemember: MoverUser | null } {
  const told =
    s.claimObject?.moverUser ??
    s.source?.moverUser ??
    parseMoverUser(s.destination?.annotations[ANNOTATION.mover] ?? '');
  return { user: told ?? settings.mover, toRemember: told };
}

/** The whole spec of a destination as the facts want it. */
export function wantedSpec(s: Situation, settings: Settings, capacity: string): DestinationSpec {
  const { claimObject: claim, source, destination } = s;
  const modes = [claim?.accessModes, source?.accessModes, destination?.spec.accessModes].find(
    (one) => one !== undefined && one.length > 0,
  );
  return {
    repository: repositorySecretName(s.claim),
    copyMethod: 'Snapshot',
    capacity,
    accessModes: modes ?? [settings.accessMode],
    storageClass:
      claim?.storageClass ?? source?.storageClass ?? destination?.spec.storageClass ?? settings.storageClass,
    snapshotClass: source?.snapshotClass ?? destination?.spec.snapshotClass ?? settings.snapshotClass,
    cacheCapacity: settings.cacheCapacity,
    enableFileDeletion: true,
    cleanupTempPVC: false,
    moverUser: moverUserOf(s, settings).user,
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
    sameUser(current.moverUser, wanted.moverUser);
  return same ? 'none' : 'update';
}

/** Its snapshots are larger than the claim asks for: the claim would hang, so the destination is made anew. */
export function isTooLarge({ destination, claimObject }: Situation): boolean {
  return destination !== null && claimObject !== null && asksForLess(claimObject, destination.spec.capacity);
}

/** It waits for an image that is larger than it may become: no driver restores that. */
export function hasTooLargeImage(s: Situation): boolean {
  return waits(s) && s.claimObject !== null && asksForLess(s.claimObject, s.image?.restoreSize);
}

/** Two quantities; what is not known or cannot be read is not less. */
export function asksForLess({ request }: Pick<Claim, 'request'>, needed: string | null | undefined): boolean {
  const [asked, least] = [parseQuantity(request ?? ''), parseQuantity(needed ?? '')];
  return asked !== null && least !== null && asked < least;
}

/** The size of a destination in bytes; 0 when it names none. */
export function bytesOf(spec: Pick<DestinationSpec, 'capacity'>): number {
  return parseQuantity(spec.capacity ?? '') ?? 0;
}

function sameUser(a: MoverUser | null, b: MoverUser | null): boolean {
  return a?.runAsUser === b?.runAsUser && a?.runAsGroup === b?.runAsGroup && a?.fsGroup === b?.fsGroup;
}
