/** What the policy `prime` says of a destination's image: may VolSync fill a claim from it now? The policy's own words. */
import type { Memory } from '../../memory.ts';
import type { Destination, Instant } from '../../model.ts';
import type { Reason } from '../../reasons.ts';

/** Why VolSync is held back from an image, and until when at the latest; null = until somebody or the worker changes it. */
export interface HeldBack {
  reason: Extract<Reason, 'image-empty' | 'sync-in-progress' | 'newer-snapshot' | 'backup-due'>;
  until: Instant | null;
}

/** A backup that was due is waited for so long: three runs have not looked by then. */
export const DUE_LASTS = 20 * 60_000;

/**
 * Why a claim is not filled from the destination's latest image now, or null. Of an adopted destination only marks and times
 * are judged: an image without a proof is its owner's affair.
 * @param uid of the claim that is to be filled; null for one that does not exist yet
 */
export function heldBack(d: Destination, uid: string | null, now: Instant): HeldBack | null {
  const { memory, latestImage } = d;
  if (latestImage === null) return null;
  const verified = memory.provenImage === latestImage.name;
  const holds = verified ? (memory.verified?.id ?? '') : '';
  if (uid !== null && memory.fresh === uid) return null;
  if (holds !== '' && memory.accept === holds) return null;
  if (memory.suspect?.image === latestImage.name) return { reason: 'image-empty', until: null };
  return (d.managed && !verified ? unproven(d) : null) ?? older(memory, holds, now) ?? due(memory, now);
}

/** Ours, and nobody has proven the image yet. */
function unproven({ moverLogs, lastSyncStartAt }: Destination): HeldBack | null {
  if (foundNothing(moverLogs)) return { reason: 'image-empty', until: null };
  return lastSyncStartAt === null ? null : { reason: 'sync-in-progress', until: null };
}

function foundNothing(logs: string): boolean {
  const nothing = logs.includes('No eligible snapshots') || logs.includes('created restic repository');
  return nothing && !logs.includes('restoring snapshot ');
}

function older({ newest, holdUntil }: Memory, holds: string, now: Instant): HeldBack | null {
  if (newest === null || newest === holds || holdUntil === null || now >= holdUntil) return null;
  return { reason: 'newer-snapshot', until: holdUntil };
}

function due({ nextBackup }: Memory, now: Instant): HeldBack | null {
  if (nextBackup === null || now < nextBackup || now >= nextBackup + DUE_LASTS) return null;
  return { reason: 'backup-due', until: nextBackup + DUE_LASTS };
}
