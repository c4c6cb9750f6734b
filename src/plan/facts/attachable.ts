/** Which destinations the shipped `restore` policy attaches, and what VolSync's log says of an image: the policies' own words. */
import type { Destination } from '../../model.ts';
import { MANAGED_BY, PRODUCT } from '../../naming.ts';

/** The conditions of `restore` on a destination of the right name. */
export function isAttachable(d: Destination): boolean {
  return (
    d.labels[MANAGED_BY] === PRODUCT &&
    !d.deleting &&
    d.latestImage?.kind === 'VolumeSnapshot' &&
    d.memory.suspect?.image !== d.latestImage.name &&
    d.memory.fresh === null &&
    !hasRestoredNothing(d)
  );
}

/**
 * Does the log of its last sync say that nothing was restored into its image? Only the log of this very image counts: no sync
 * is running, the last one answered the present tag and succeeded, and the worker has not proven the image.
 */
export function hasRestoredNothing(d: Destination): boolean {
  return (
    d.latestImage !== null &&
    d.moverResult === 'Successful' &&
    d.lastSyncStartAt === null &&
    (d.lastManualSync ?? '') === (d.manual ?? '') &&
    d.memory.provenImage !== d.latestImage.name &&
    d.moverLogs.includes('No eligible snapshots found') &&
    !d.moverLogs.includes('restoring snapshot ')
  );
}
