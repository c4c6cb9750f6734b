/** What the current image of a destination holds: a proven snapshot, nothing, or not known. */
import type { Destination, Probe } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { readProof } from '../../restic/log-lines.ts';
import type { Sync } from './sync.ts';

export type Contents =
  | { state: 'proven'; id: string; /** by this very look, not yet written down */ fresh: boolean }
  /** a named snapshot that the listing does not have: forgotten since, or listed too early */
  | { state: 'unlisted'; id: string }
  /** nothing of this repository: nothing at all, or what another repository holds */
  | { state: 'empty'; why: 'image-empty' | 'image-foreign'; /** not yet written down */ fresh: boolean }
  | { state: 'unproven' };

const UNPROVEN: Contents = { state: 'unproven' };

/** A recorded proof wins. Otherwise the log of a finished sync is read. */
export function contentsOf(d: Destination | null, probe: Probe | null, sync: Sync): Contents {
  const image = d?.latestImage?.name;
  if (d === null || image === undefined) return UNPROVEN;
  const { verified, suspect, fresh } = d.memory;
  // Made empty on purpose for one claim, so its image proves nothing and is no suspect.
  if (fresh !== null) return UNPROVEN;
  if (verified?.image === image) return { state: 'proven', id: verified.id, fresh: false };
  // If the image is suspect for another reason (its snapshot is gone), its contents are unchanged.
  if (suspect?.image === image && suspect.reason !== 'image-missing')
    return { state: 'empty', why: whyOf(suspect), fresh: false };
  // While a sync runs, the log belongs to another sync than the image.
  if (sync.state !== 'idle' || d.moverResult !== 'Successful') return UNPROVEN;
  const proof = readProof(d.moverLogs);
  if (proof.kind === 'empty') return { state: 'empty', why: 'image-empty', fresh: true };
  if (proof.kind === 'unreadable') return UNPROVEN;
  return isListed(probe, proof.id)
    ? { state: 'proven', id: proof.id, fresh: true }
    : { state: 'unlisted', id: proof.id };
}

function whyOf({ reason }: { reason: string }): 'image-empty' | 'image-foreign' {
  return reason === 'image-foreign' ? reason : 'image-empty';
}

function isListed(probe: Probe | null, id: string): boolean {
  return probe?.state === 'listed' && probe.snapshots.some((snapshot) => shortId(snapshot.id) === id);
}

/** The short id of the snapshot that the image holds, by its log or its proof, or null. */
export function heldBy(contents: Contents): string | null {
  return contents.state === 'proven' || contents.state === 'unlisted' ? contents.id : null;
}
