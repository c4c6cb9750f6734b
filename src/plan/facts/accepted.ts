/** What a person has accepted of a claim. */
import type { Claim, Destination } from '../../model.ts';

/** A uid or a short id; on the claim, or on the destination of a claim that is not there or carries no label. */
export function acceptedOf({
  claimObject,
  destination,
}: {
  claimObject: Claim | null;
  destination: Destination | null;
}): string | null {
  return claimObject?.accept ?? destination?.memory.accept ?? null;
}
