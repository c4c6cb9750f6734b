/** What the current image of a destination holds: proven, empty, or not known. */
import { ANNOTATION } from '../../naming.ts';
import { readProof } from '../../restic/log-lines.ts';
import type { Situation } from './situation.ts';
import type { Sync } from './sync.ts';
import { shortId } from '../../restic/ids.ts';

export type Holding =
  | { state: 'proven'; id: string; /** by this very look, not yet written down */ fresh: boolean }
  /** a named snapshot that the listing does not have: forgotten since, or listed too early */
  | { state: 'unlisted'; id: string }
  | { state: 'empty'; /** not yet written down */ fresh: boolean }
  | { state: 'unproven' };

/** The proof that was written down wins; else the log of a finished sync is read. */
export function holdingOf(s: Situation, sync: Sync): Holding {
  const { destination: d } = s;
  const image = d?.latestImage?.name;
  if (d === null || image === undefined) return { state: 'unproven' };
  const { annotations } = d;
  const verified = annotations[ANNOTATION.verifiedSnapshot];
  if (annotations[ANNOTATION.verifiedImage] === image && verified !== undefined)
    return { state: 'proven', id: verified, fresh: false };
  // Suspected for another reason (its snapshot is gone) it may hold what it has always held.
  if (annotations[ANNOTATION.suspectImage] === image && annotations[ANNOTATION.suspectReason] !== 'image-missing')
    return { state: 'empty', fresh: false };
  // Outside of idle the log belongs to another sync than the image.
  if (sync.state !== 'idle' || d.moverResult !== 'Successful') return { state: 'unproven' };
  const proof = readProof(d.moverLogs);
  if (proof.kind === 'empty') return { state: 'empty', fresh: true };
  if (proof.kind === 'unreadable') return { state: 'unproven' };
  return isListed(s, proof.id) ? { state: 'proven', id: proof.id, fresh: true } : { state: 'unlisted', id: proof.id };
}

function isListed({ probe }: Situation, id: string): boolean {
  return probe?.state === 'listed' && probe.snapshots.some((snapshot) => shortId(snapshot.id) === id);
}

/** The short id that the image holds by its log or its proof, or null. */
export function heldBy(holding: Holding): string | null {
  return holding.state === 'proven' || holding.state === 'unlisted' ? holding.id : null;
}
