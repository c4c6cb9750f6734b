/** Whether an empty or much smaller bucket is believed. Another bucket, a wiped server and a lying listing all look like clean-up. */
import type { BucketView } from '../../model.ts';
import type { Settings } from '../../settings/settings.ts';
import { LISTINGS_UNTIL_ABSENT, isMissingFromListing, missedListings } from '../facts/backup.ts';
import { repositoriesOf } from '../facts/all-claims.ts';
import type { Situation } from '../facts/situation.ts';

/** Fewer lost repositories than this are ordinary clean-up. */
const SHRINK_AT_LEAST = 3;

/**
 * The index remembers which repositories there were. The listing is not believed if (1) nothing is
 * left in it, (2) the bucket was never marked and every known repository is gone, or (3) at least three, and more than half, are
 * gone at once.
 */
export function hasShrunk(situations: readonly Situation[], bucket: BucketView, settings: Settings): boolean {
  const { root } = bucket;
  if (root.state !== 'listed' || settings.acceptShrink) return false;
  const hasIndex = situations.some(({ indexed }) => indexed !== null);
  const remembered = situations.filter((s) => isRemembered(s, hasIndex));
  const counted = remembered.filter(({ excluded }) => !excluded);
  // If the index has entries, an empty listing is not believed, even when they are all in excluded namespaces.
  if (isEmpty(bucket)) return counted.length > 0 || remembered.some(({ indexed }) => indexed !== null);
  if (!root.marked && remembered.length > 0 && remembered.every(isMissingFromListing)) return true;
  const lost = counted.filter(isMissingFromListing).length;
  return lost >= SHRINK_AT_LEAST && lost > counted.length / 2;
}

/**
 * Known before, and not yet absent by three listings. What guards everybody is counted from the index, which only the worker may
 * write. Labels of destinations, which a tenant can set, count only while there is no index.
 */
function isRemembered(s: Situation, hasIndex: boolean): boolean {
  // The listing never showed what a Secret names.
  if (s.repository !== null && s.repository.where.kind !== 'layout') return false;
  if (s.indexed?.reason === 'repository-unnamed') return false;
  const isKnown = hasIndex ? s.indexed !== null : s.destination?.managed === true;
  return isKnown && missedListings(s).count < LISTINGS_UNTIL_ABSENT;
}

/** No repository at all; a namespace that could not be listed may hold any number. */
function isEmpty(bucket: BucketView): boolean {
  const { root } = bucket;
  if (root.state !== 'listed' || [...root.namespaces.values()].some(({ state }) => state === 'unknown')) return false;
  return root.misplaced.length === 0 && repositoriesOf(bucket).next().done === true;
}
