/** Which claim a destination of any name serves. Its own name says so only when it is `<pvc>-restore`. */
import type { Destination, ImageRef, OtherClaim, Source } from '../../model.ts';
import type { SecretPlace } from '../../secret-place.ts';
import { VOLSYNC_GROUP, claimOfDestination } from '../../naming.ts';
import { addressKey } from '../../restic/address.ts';

/** What is around a destination in its own namespace. */
export interface Neighbours {
  /** every claim that refers to a destination, with the destination's name */
  claims: readonly Pick<OtherClaim, 'claim' | 'restoresFrom'>[];
  sources: readonly Source[];
  /** by the Secret's name */
  places: ReadonlyMap<string, SecretPlace>;
}

/**
 * The claim that a destination serves, by the first of these that tells: the annotation `volsync-prewarm/claim` on it, a
 * claim's reference to it, its name, a source that names the same Secret, a source whose Secret names the same address. Null
 * when nothing tells, or when two claims would be as likely.
 */
export function ownerOf(destination: Destination, { claims, sources, places }: Neighbours): string | null {
  if (destination.claimNamed !== null) return destination.claimNamed;
  const referring = claims.filter(({ restoresFrom }) => restoresFrom === destination.name).map(({ claim }) => claim);
  const byName = claimOfDestination(destination.name);
  const sameSecret = sources.filter(({ secret }) => secret === destination.spec.repository);
  const key = keyOf(places.get(destination.spec.repository));
  const sameAddress = key === null ? [] : sources.filter(({ secret }) => keyOf(places.get(secret)) === key);
  return (
    theOnly(referring) ??
    byName ??
    theOnly(sameSecret.map(({ claim }) => claim)) ??
    theOnly(sameAddress.map(({ claim }) => claim))
  );
}

/** The address in one Secret, to compare; null when it was not read or holds none. */
function keyOf(place: SecretPlace | undefined): string | null {
  return place?.state === 'read' ? addressKey(place.address) : null;
}

function theOnly(names: readonly string[]): string | null {
  const [first, ...others] = new Set(names);
  return first !== undefined && others.length === 0 ? first : null;
}

/** The name of the destination that a claim's data source names. */
export function destinationNamed(reference: ImageRef | null): string | null {
  const isDestination = reference?.kind === 'ReplicationDestination' && reference.apiGroup === VOLSYNC_GROUP;
  return isDestination ? reference.name : null;
}
