/** Every reason for which a destination of ours is deleted. Nothing else deletes one. */
import type { Action } from '../../decisions.ts';
import type { Destination } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { LISTINGS_UNTIL_ABSENT, missedListings } from '../facts/backup.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { versionOf } from './desired.ts';
import type { KnownClaim } from './judged-claim.ts';
import { hasTooLargeImage, type Drift } from './wanted-spec.ts';

/** Its backup is gone by three complete listings: with --prune, or an empty image that nobody may ever use. */
export function isLeftover(claim: KnownClaim, { settings }: Context): boolean {
  const { sync, contents, destination, backup, waits, excluded } = claim;
  if (destination?.managed !== true || backup.state !== 'absent') return false;
  if (missedListings(claim).count < LISTINGS_UNTIL_ABSENT || excluded) return false;
  const isChangeable =
    sync.state === 'idle' || sync.state === 'paused' || (sync.state === 'syncing' && sync.betweenRetries);
  return (settings.prune || contents.state === 'empty') && isChangeable && !destination.deleting && !waits;
}

/** Deleted and made again: an empty image, once, and a spec that cannot be changed in place. */
export function isMadeAnew(claim: KnownClaim, drift: Drift): boolean {
  if (claim.contents.state === 'empty') return !isSecondEmpty(claim);
  return drift === 'recreate' && !isBeingUsed(claim);
}

/** An empty image of the newest snapshot has been replaced once: there is no third try, whatever else is made anew. */
export function isSecondEmpty({ destination, backup }: KnownClaim): boolean {
  return backup.newest !== null && destination?.memory.secondTry === shortId(backup.newest.id);
}

/** A claim can be filled from the image right now: it is not taken from under it. */
function isBeingUsed(s: Situation): boolean {
  return s.waits && s.image !== null && !hasTooLargeImage(s);
}

export function removal(destination: Destination): Action {
  const { namespace, claim } = destination;
  return { kind: 'delete-destination', namespace, claim, remove: versionOf(destination) };
}
