/** When the source of a claim backs up: a restore that overlaps a backup's clean-up makes that backup run again. */
import type { Instant } from '../../model.ts';
import type { Situation } from './situation.ts';

/** What a restore is taken to need when this one has never been measured. */
const USUAL_RESTORE = 60_000;
/** A source that has copied its volume for so long without a mover is stuck: its claim is gone, or a Secret is missing. */
const COPY_TAKES = 30 * 60_000;

/**
 * A mover of the source runs, or one starts within the time that a restore takes. It is put off once in a period at the
 * most: after a backup the next one is a whole period away, and a restore longer than that is not put off at all.
 */
export function backupRunsSoon(s: Situation, now: Instant): boolean {
  const { source, sourceMover } = s;
  if (source === null) return false;
  if (sourceMover !== null && sourceMover.active > 0) return true;
  if (isCopying(s, now)) return true;
  if (source.nextSyncAt === null) return false;
  const expected = expectedRestore(s);
  const wait = source.nextSyncAt - now;
  return expected < source.nextSyncAt - (source.lastSyncAt ?? 0) && wait < expected && wait > -USUAL_RESTORE;
}

/** The volume is being copied for a mover that is about to start; an unbound claim has none. */
function isCopying({ source, sourceMover, claimObject }: Situation, now: Instant): boolean {
  const since = source?.lastSyncStartAt ?? null;
  return since !== null && now - since < COPY_TAKES && sourceMover === null && claimObject?.phase !== 'Pending';
}

/** Milliseconds: as long as the last one took. */
function expectedRestore({ destination }: Situation): number {
  const seconds = destination?.lastSyncSeconds ?? null;
  return seconds === null ? USUAL_RESTORE : seconds * 1000;
}
