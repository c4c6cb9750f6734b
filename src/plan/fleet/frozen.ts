/** When nothing may be written: the listing or the cluster cannot be believed. "I could not look" is not "it is not there". */
import type { BucketView, ClaimRef, ClusterFailure, ClusterView } from '../../model.ts';
import { claimKey, refOf } from '../../naming.ts';
import type { Reason } from '../../reasons.ts';
import type { Settings } from '../../settings/settings.ts';
import { LISTINGS_UNTIL_ABSENT, isMissingFromListing, missedListings } from '../facts/backup.ts';
import { lookAt, repositoriesOf } from '../facts/situation.ts';
import { isExcluded } from '../../settings/scope.ts';

/** Fewer than so many lost repositories are ordinary clean-up. */
const SHRINK_AT_LEAST = 3;

/** The reason why nothing is created, changed or deleted in this pass, or null. */
export function frozenBy(bucket: BucketView, cluster: ClusterView, settings: Settings): Reason | null {
  if (bucket.root.state === 'unknown') return bucket.root.reason;
  // First of all: an index may be refreshed although a list of the cluster failed, but not from a listing that is not believed.
  if (hasShrunk(bucket, cluster, settings)) return 'listing-shrank';
  const blind = cluster.failures.find((failure) => failure.namespace === null);
  return blind === undefined ? null : reasonOfFailure(blind);
}

const JUDGED_BY: readonly ClusterFailure['resource'][] = [
  'namespaces',
  'secrets',
  'replicationdestinations',
  'volumesnapshots',
];

/** The reason why no restore point can be judged, or null: one of the lists that tell its state is not there. */
export function blindBy(cluster: ClusterView): Reason | null {
  const failure = cluster.failures.find((one) => one.namespace === null && JUDGED_BY.includes(one.resource));
  return failure === undefined ? null : reasonOfFailure(failure);
}

/** A failed list's word: an operator or CRD that is not installed has its own. */
export function reasonOfFailure({ resource, kind }: ClusterFailure): Reason {
  if (kind !== 'not-installed') return 'listing-failed';
  if (resource === 'replicationdestinations' || resource === 'replicationsources') return 'volsync-missing';
  return resource === 'volumesnapshots' ? 'snapshots-missing' : 'listing-failed';
}

/**
 * Restore points of ours and the index remember which repositories there were. None of them left where nothing else is, or in a
 * bucket that was never marked, or more than half of them (and at least three) gone at once, is rather another bucket, a wiped
 * server or a lying listing than clean-up.
 */
function hasShrunk(bucket: BucketView, cluster: ClusterView, settings: Settings): boolean {
  const { root } = bucket;
  if (root.state !== 'listed' || settings.acceptShrink) return false;
  const remembered = [...rememberedKeys(cluster)].map(refOf).filter((ref) => isStillKnown(ref, cluster));
  const counted = remembered.filter(({ namespace }) => !isExcluded(namespace, settings));
  // An index that is not empty speaks for an empty bucket, also by what the settings leave out.
  if (isEmpty(bucket)) return counted.length > 0 || remembered.some((ref) => cluster.index.entries.has(claimKey(ref)));
  const isLost = (ref: ClaimRef): boolean => isMissingFromListing(lookAt(ref, bucket));
  if (!root.marked && remembered.length > 0 && remembered.every(isLost)) return true;
  const lost = counted.filter(isLost).length;
  return lost >= SHRINK_AT_LEAST && lost > counted.length / 2;
}

/** Three listings without it have settled that it is gone. */
function isStillKnown(ref: ClaimRef, { destinations, index }: ClusterView): boolean {
  const key = claimKey(ref);
  const memory = { destination: destinations.get(key) ?? null, indexed: index.entries.get(key) ?? null };
  return missedListings(memory).count < LISTINGS_UNTIL_ABSENT;
}

function rememberedKeys({ destinations, index }: ClusterView): Set<string> {
  const keys = new Set(index.entries.keys());
  for (const [key, destination] of destinations) if (destination.managed) keys.add(key);
  return keys;
}

/** No repository at all; a namespace that could not be listed may hold any number. */
function isEmpty(bucket: BucketView): boolean {
  const { root } = bucket;
  if (root.state !== 'listed' || [...root.namespaces.values()].some(({ state }) => state === 'unknown')) return false;
  return repositoriesOf(bucket).next().done === true;
}
