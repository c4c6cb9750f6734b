/** When the source of a claim backs up. A restore that overlaps the end of a backup makes that backup run again. */
import type { Instant } from '../../model.ts';
import { readSaved } from '../../restic/log-lines.ts';
import type { Situation } from './situation.ts';
import type { Writer } from './writers.ts';

/** The assumed duration of a restore that has never been measured. */
const USUAL_RESTORE = 60_000;
/** A source that has no mover after this time is stuck: its claim is gone, or a Secret is missing. */
const COPY_TAKES = 30 * 60_000;

/**
 * Whether a mover of the source runs, or starts within the time that a restore takes. A restore is put off at most once per
 * period: after a backup the next one is a whole period away. A restore longer than a period is not put off.
 */
export function backupRunsSoon(s: Situation, now: Instant): boolean {
  return s.writers.some((writer) => runsSoon(writer, s, now));
}

function runsSoon(writer: Writer, s: Situation, now: Instant): boolean {
  const { source, mover } = writer;
  if (mover !== null && mover.active > 0) return true;
  if (!hasVolume(writer, s)) return false;
  if (isCopying(writer, now)) return true;
  if (source.nextSyncAt === null) return false;
  const expected = expectedRestore(s);
  const wait = source.nextSyncAt - now;
  return expected < source.nextSyncAt - (source.lastSyncAt ?? 0) && wait < expected && wait > -USUAL_RESTORE;
}

/** Whether VolSync is copying the volume for a mover that is about to start. */
function isCopying({ source, mover }: Writer, now: Instant): boolean {
  const since = source.lastSyncStartAt;
  return since !== null && now - since < COPY_TAKES && mover === null;
}

/**
 * VolSync sets `lastSyncStartTime` on a source whose claim does not even exist, and waits (measured). Without a Bound claim
 * nothing is copied. An unlabelled claim is not seen; it counts as Bound once its source has backed it up.
 */
function hasVolume({ source }: Writer, { claimObject, live }: Situation): boolean {
  return live || (claimObject === null && source.lastSyncAt !== null);
}

/** The last backup of the claim is being saved at this moment. */
export function isBackupRunning({ writers }: Situation): boolean {
  return writers.some(({ mover }) => mover !== null && mover.active > 0);
}

/** A source itself says that the sync which saved this snapshot has ended, so nothing tidies up after it any more. */
export function hasEnded({ writers }: Situation, id: string): boolean {
  return writers.some(({ source }) => source.lastSyncStartAt === null && readSaved(source.moverLogs) === id);
}

/** Milliseconds that the last restore took. */
function expectedRestore({ destination }: Situation): number {
  const seconds = destination?.lastSyncSeconds ?? null;
  return seconds === null ? USUAL_RESTORE : seconds * 1000;
}
