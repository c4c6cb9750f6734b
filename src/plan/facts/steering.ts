/** May the trigger of a destination be renewed by us? Ours may; somebody else's only when a person has said so. */
import type { Destination } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import { matches } from '../../selector.ts';
import type { Settings } from '../../settings/settings.ts';

/** Why a destination is left alone. */
export const UNSTEERED = [
  'destination-foreign',
  'destination-in-place',
  'image-direct',
  'destination-scheduled',
  'destination-untriggered',
] as const satisfies Reason[];
export type Unsteered = (typeof UNSTEERED)[number];

/** Whether a person has handed the destination over, by its label or by `--adopt`. */
export function isAdopted({ adopted, labels }: Destination, { adopt }: Pick<Settings, 'adopt'>): boolean {
  return adopted || (adopt !== null && matches(adopt, labels));
}

/**
 * Null: its trigger may be renewed. A restore in place (`destinationPVC`, or `copyMethod: Direct` on somebody else's) would
 * write under whatever uses the volume, so it is never asked for; a schedule renews itself; without a trigger VolSync syncs in an
 * endless loop already.
 */
export function unsteeredBy(destination: Destination, settings: Pick<Settings, 'adopt'>): Unsteered | null {
  if (destination.mover !== 'restic') return 'destination-foreign';
  if (destination.destinationPVC !== null) return 'destination-in-place';
  if (destination.managed) return null;
  if (!isAdopted(destination, settings)) return 'destination-foreign';
  if (destination.spec.copyMethod !== 'Snapshot') return 'image-direct';
  if (destination.schedule !== null) return 'destination-scheduled';
  return destination.manual === null ? 'destination-untriggered' : null;
}
