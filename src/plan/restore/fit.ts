/** Whether a restore point fits the claim that will use it, and when it has to be made again because it does not. */
import type { Claim, Destination, DestinationSpec } from '../../model.ts';
import { parseQuantity } from '../../units.ts';
import type { Situation } from '../facts/situation.ts';
import { newestOf } from '../facts/newest.ts';
import { cannotGrow } from '../facts/sync.ts';

/** The claim, if its restore point will ever fill it: not one that opted out, brings its own data, or is a static volume. */
export function userOf({ claimObject: claim }: Pick<Situation, 'claimObject'>): Claim | null {
  if (claim === null || claim.optOut !== 'no' || claim.isStatic) return null;
  return claim.bringsSource && !claim.restoresFromUs ? null : claim;
}

/**
 * Bytes that the data is known to need; 0 = not known. It is what the last good image needed, unless its size was only assumed, or
 * the claim is in use and its newest backup was taken from it: then the data fits into the claim as it is.
 */
export function leastBytes({ destination, live, claimObject, probe, timesFrom }: Situation): number {
  const { restoreSize, capacityFrom } = destination?.memory ?? {};
  if (restoreSize === undefined || restoreSize === null || capacityFrom === 'default') return 0;
  const newest = probe?.state === 'listed' ? newestOf(probe.snapshots) : null;
  const isFromClaim = live && newest !== null && newest.at > Math.max(claimObject?.createdAt ?? newest.at, timesFrom);
  return isFromClaim ? 0 : restoreSize;
}

/** Must VolSync's volume be replaced, because it cannot become what is wanted? */
export function mustBeReplaced(s: Situation, destination: Destination, wanted: DestinationSpec): boolean {
  const claim = userOf(s);
  if (claim === null) return false;
  const have = parseQuantity(destination.spec.capacity ?? '') ?? 0;
  const want = parseQuantity(wanted.capacity ?? '') ?? 0;
  return (
    have > want ||
    // Its spec may name the new size already: the volume behind it has the old one.
    cannotGrow(destination) ||
    isOfAnotherClass(claim, destination) ||
    !canBeWritten(s, claim)
  );
}

/** VolSync never makes a volume anew because of a changed class: it ignores the new one. */
function isOfAnotherClass({ storageClass }: Claim, { spec, memory }: Destination): boolean {
  const has = spec.storageClass;
  return has !== null && storageClass !== null && has !== storageClass && !memory.classes.includes(storageClass);
}

/** An access mode is only worth another volume where there is no image that would be lost (a read-only volume has none). */
function canBeWritten({ destination, imageState }: Situation, claim: Claim): boolean {
  const modes = destination?.spec.accessModes ?? [];
  const isSame = modes.length === 0 || claim.accessModes.length === 0 || modes.join() === claim.accessModes.join();
  return isSame || imageState !== 'none';
}
