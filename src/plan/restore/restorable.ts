/**
 * Which snapshot a restore point can hold at best. restic's newest need not be the bucket's newest: one that holds no `/data`
 * is passed over, and one that is dated in the future is always taken.
 */
import type { NewestSnapshot } from '../../decisions.ts';
import type { Destination } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { heldBy } from '../facts/contents.ts';
import { doubtBehind, hasUncounted } from '../facts/held-before.ts';
import type { KnownClaim } from './judged-claim.ts';

/** The short id that the image should hold: the newest, or what VolSync took when it was asked for it a second time, by its time. */
export function bestOf({ backup, destination, contents, sync }: KnownClaim): string | null {
  const newest = backup.newest === null ? null : shortId(backup.newest.id);
  const held = heldBy(contents);
  const isSettled = sync.state === 'idle' && contents.state === 'proven' && wasAskedByTime(destination, newest);
  return newest === null || isSettled ? held : newest;
}

/** This snapshot was asked for as of its own time: what VolSync takes then is the newest that can be restored. */
function wasAskedByTime(destination: Destination | null, id: string | null): boolean {
  return destination !== null && destination.spec.restoreAsOf !== null && destination.asked?.id === id;
}

/** Never backwards: what was restored from the address before can be younger than all that is at the new one. */
function isOlder({ at }: NewestSnapshot, { changedFrom, destination }: KnownClaim): boolean {
  if (changedFrom === null || destination === null) return false;
  const { memory } = destination;
  return at !== null && (memory.verified?.at ?? at - 1) >= at;
}

/** The second in which it was there, by which it can be asked for; null for a copy, whose time is later than all of restic's own. */
function askedTime({ at }: NewestSnapshot, { timesFrom }: KnownClaim): number | null {
  return at === null || at <= timesFrom ? null : Math.ceil(at / 1000) * 1000;
}

/** The time up to which snapshots count for a restore point that is made now: younger ones are there that do not count; else null. */
export function asOfNewest(claim: KnownClaim): number | null {
  const { newest } = claim.backup;
  return newest !== null && hasUncounted(claim) ? askedTime(newest, claim) : null;
}

/** A tag, and the time up to which snapshots count; null = all of them. */
export interface Ask {
  id: string;
  restoreAsOf: number | null;
  isRepeat: boolean;
}

/**
 * What to ask an idle destination with a usable image for, or null. When another snapshot than the newest was taken, it is asked
 * once more as of the newest one's time, and never a third time.
 */
export function nextAsk(claim: KnownClaim): Ask | null {
  const { destination, contents } = claim;
  const { newest } = claim.backup;
  if (newest === null || destination === null || isOlder(newest, claim)) return null;
  const id = shortId(newest.id);
  const held = heldBy(contents);
  if (held === id) return null;
  const byTime = askedTime(newest, claim);
  if (destination.asked?.id !== id) {
    // The last restore by time gave what was asked for: without a time VolSync would take one that is dated in the future again.
    const isMisled =
      doubtBehind(claim) === null && destination.spec.restoreAsOf !== null && destination.asked?.id === held;
    return { id, restoreAsOf: isMisled ? byTime : asOfNewest(claim), isRepeat: false };
  }
  const isProvenOther = contents.state === 'proven' && destination.managed;
  return isProvenOther && destination.spec.restoreAsOf === null && byTime !== null
    ? { id, restoreAsOf: byTime, isRepeat: true }
    : null;
}
