/**
 * A claim that waits and has no backup, of which a person says that it shall start empty. Its reference to the restore point stands
 * in Git, so it cannot start otherwise: one destination is made empty on purpose, for this claim alone.
 */
import { isMissingFromListing } from './backup.ts';
import type { Situation } from './situation.ts';

/** The claim's own uid is accepted, and a complete listing shows no backup. */
export function mayStartEmpty(s: Situation): boolean {
  const { claimObject: claim } = s;
  return s.waits && claim !== null && claim.accept === claim.uid && isMissingFromListing(s);
}

/** Was the destination made empty on purpose? */
export function isMadeFresh({ destination }: Pick<Situation, 'destination'>): boolean {
  return destination?.managed === true && destination.memory.fresh !== null;
}

/** The claim for which it was made empty is bound, or gone. */
export function hasServed(s: Situation): boolean {
  const isWaitedFor = s.waits && s.claimObject?.uid === s.destination?.memory.fresh;
  return isMadeFresh(s) && !isWaitedFor;
}
