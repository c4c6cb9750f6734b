/** Has the address of a claim's repository changed since its image was restored? The image is as good as before. */
import type { IndexEntry } from '../../index-model.ts';
import type { Destination, Probe } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { LAYOUT_PLACE, placeNameOf, type Repository } from './repositories.ts';

/** An entry may have no room for a longer address, so its absence there says nothing. */
const LONGEST_REMEMBERED = 80;

/** Is this entry about the repository that is the primary one now? */
export function isOfThisPlace(indexed: IndexEntry | null, repository: Repository | null): boolean {
  return indexed !== null && (indexed.repository ?? LAYOUT_PLACE) === placeNameOf(repository);
}

/**
 * The place that the proven image was restored from, when it is another one than the claim's repository; null = it is the same,
 * or it is not known. A repository that was moved with its snapshots is the same.
 */
export function changedFrom({
  repository,
  indexed,
  destination,
  probe,
}: {
  repository: Repository | null;
  indexed: IndexEntry | null;
  destination: Destination | null;
  probe: Probe | null;
}): string | null {
  const place = placeNameOf(repository);
  const verified = destination?.memory.verified ?? null;
  if (destination === null || verified === null || verified.image !== destination.latestImage?.name) return null;
  if (place === null || place.length > LONGEST_REMEMBERED) return null;
  const from = destination.memory.verifiedAddress ?? addressIn(indexed);
  return from === place || holds(probe, verified.id) ? null : from;
}

function addressIn(indexed: IndexEntry | null): string | null {
  return indexed === null ? null : (indexed.repository ?? LAYOUT_PLACE);
}

function holds(probe: Probe | null, id: string): boolean {
  return probe?.state === 'listed' && probe.snapshots.some((one) => shortId(one.id) === id);
}
