/** All reasons for deleting a destination of ours. Nothing else deletes one. */
import type { Action } from '../../decisions.ts';
import type { Destination } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { LISTINGS_UNTIL_ABSENT, missedListings } from '../facts/backup.ts';
import { hasServed } from '../facts/fresh.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { versionOf } from './desired.ts';
import type { KnownClaim } from './judged-claim.ts';
import { hasTooLargeImage, type Drift } from './wanted-spec.ts';

/**
 * Its backup is gone by three complete listings: an empty image, which nobody may ever use, and with --prune also one that has
 * no image at all. A usable image is the last copy of a backup that was known and has vanished: nothing deletes it.
 */
export function isLeftover(claim: KnownClaim, { settings }: Context): boolean {
  const { sync, contents, destination, backup, imageState, waits, excluded } = claim;
  if (destination?.managed !== true || backup.state !== 'absent') return false;
  if (missedListings(claim).count < LISTINGS_UNTIL_ABSENT || excluded) return false;
  const isUseless = contents.state === 'empty' || (settings.prune && imageState === 'none');
  const isChangeable =
    sync.state === 'idle' || sync.state === 'paused' || (sync.state === 'syncing' && sync.betweenRetries);
  return isUseless && isChangeable && !destination.deleting && !waits;
}

/** Its restore fails, and no earlier image can be used: it is deleted, and made again when its time comes. */
export function isTakenDown({ destination, imageState, contents }: KnownClaim): boolean {
  return destination !== null && (imageState !== 'ready' || contents.state === 'empty');
}

/** It was made empty on purpose for one claim, which is bound now, or gone. */
export function isServedAndIdle(claim: KnownClaim): boolean {
  return hasServed(claim) && claim.sync.state === 'idle' && claim.destination?.deleting !== true;
}

/** Deleted and made again: once for an empty image, and for a spec that cannot be changed in place. */
export function isMadeAnew(claim: KnownClaim, drift: Drift): boolean {
  if (claim.contents.state === 'empty') return !isSecondEmpty(claim);
  return drift === 'recreate' && !isBeingUsed(claim);
}

/** An empty image of the newest snapshot was already replaced once. There is no third try. */
export function isSecondEmpty({ destination, backup }: KnownClaim): boolean {
  return backup.newest !== null && destination?.memory.secondTry === shortId(backup.newest.id);
}

/** A claim is being filled from the image right now, so the image stays. */
function isBeingUsed(s: Situation): boolean {
  return s.waits && s.image !== null && !hasTooLargeImage(s);
}

export function removal(destination: Destination): Action {
  const { namespace, claim } = destination;
  return { kind: 'delete-destination', namespace, claim, remove: versionOf(destination) };
}
