/** A sync in which nothing happens although nothing fails. What is behind it stands in the events of the namespace. */
import type { Destination, Instant, Mover } from '../../model.ts';

/** What is seen of one destination and its sync. */
export interface Watched {
  destination: Destination | null;
  mover: Mover | null;
  /** a VolumeSnapshot of this sync exists, ready or not: a slow driver is waited for */
  hasNewSnapshot: boolean;
}

/** VolSync starts within seconds, or nobody is there. */
const NEVER_STARTED = 10 * 60_000;
/** Volumes are provisioned and the mover's Job exists by then. */
const NO_JOB_SEEN = 30 * 60_000;
/** The pod of a mover is scheduled and ready by then. */
const NO_POD_READY = 10 * 60_000;
/** VolSync makes the VolumeSnapshot a moment after the mover has succeeded, unless no class fits. */
const NO_SNAPSHOT_FOR = 30 * 60_000;

/** Why nothing happens, or null while it may still come. `since` is the time at which the sync began or was asked for. */
export function stuckBecause(
  d: Destination,
  { mover, hasNewSnapshot }: Watched,
  { since, now }: { since: Instant | null; now: Instant },
): string | null {
  const lasts = (from: Instant | null, limit: number): boolean => from !== null && now - from > limit;
  if (mover === null) {
    if (d.lastSyncStartAt === null) return lasts(since, NEVER_STARTED) ? notBegun(d) : null;
    return lasts(since, NO_JOB_SEEN) ? 'no mover Job exists: is a volume of the destination not provisioned?' : null;
  }
  if (mover.succeededAt !== null)
    return lasts(mover.succeededAt, NO_SNAPSHOT_FOR) && !hasNewSnapshot ? NO_SNAPSHOT : null;
  const hasWaited = mover.ready === 0 && lasts(mover.startedAt ?? since, NO_POD_READY);
  return hasWaited ? withoutPod(d, mover) : null;
}

function withoutPod({ paused }: Destination, { active }: Mover): string {
  if (paused) return PAUSED_BY_HAND;
  return active === 0
    ? 'the mover Job has no pod: is it refused by Pod Security or by a quota?'
    : 'the pod of the mover is not ready: can it not be scheduled, pull its image or mount its volumes?';
}

function notBegun({ paused }: Destination): string {
  return paused ? PAUSED_BY_HAND : 'VolSync has not begun: does its operator run?';
}

const NO_SNAPSHOT =
  'the mover has succeeded and no VolumeSnapshot exists: has the driver of the StorageClass one default VolumeSnapshotClass?';
const PAUSED_BY_HAND = 'spec.paused is set on the destination: VolSync starts no mover';
