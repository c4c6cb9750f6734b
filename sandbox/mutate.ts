/**
 * What the mutate check will do to a claim, until the shipped policies are evaluated here: a claim gets its restore point
 * when, and only when, the destination carries our label, has a VolumeSnapshot, is not being deleted and is not suspect.
 */
import { ANNOTATION, MANAGED_BY, PRODUCT, destinationName } from '../src/naming.ts';
import { text } from './kube/objects.ts';
import type { Kube } from './kube/kube.ts';

/** The destination that a claim of this name is attached to if it is created now, or undefined. */
export function restorePointFor(kube: Pick<Kube, 'get'>, namespace: string, claim: string): string | undefined {
  const destination = kube.get('ReplicationDestination', namespace, destinationName(claim));
  if (destination === undefined || text(destination, 'metadata.deletionTimestamp') !== undefined) return undefined;
  const { labels = {}, annotations = {} } = destination.metadata;
  const image = text(destination, 'status.latestImage.name');
  const usable = image !== undefined && text(destination, 'status.latestImage.kind') === 'VolumeSnapshot';
  const admissible = usable && labels[MANAGED_BY] === PRODUCT && annotations[ANNOTATION.suspectImage] !== image;
  return admissible ? destinationName(claim) : undefined;
}
