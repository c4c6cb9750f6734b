/** When nothing may be written, because the listing or the cluster cannot be believed. "I could not look" is not "it is not there". */
import type { ClusterView } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { hasShrunk } from './emptied-bucket.ts';
import type { ClusterFailure } from '../../failures.ts';

/** The reason why nothing is created, changed or deleted in this pass, or null. */
export function frozenBy(
  situations: readonly Situation[],
  { bucket, cluster, settings }: Pick<Context, 'bucket' | 'cluster' | 'settings'>,
): Reason | null {
  if (bucket.root.state === 'unknown') return bucket.root.reason;
  // Checked first: the index may be refreshed although a list of the cluster failed, but not from a listing that is not believed.
  if (hasShrunk(situations, bucket, settings)) return 'listing-shrank';
  const blind = cluster.failures.find((failure) => failure.namespace === null);
  return blind === undefined ? null : reasonOfFailure(blind);
}

const JUDGED_BY: readonly ClusterFailure['resource'][] = [
  'namespaces',
  'secrets',
  'replicationdestinations',
  'volumesnapshots',
];

/** Why no restore point can be judged: one of the lists that show its state failed. Null when none did. */
export function blindBy(cluster: ClusterView): Reason | null {
  const failure = cluster.failures.find((one) => one.namespace === null && JUDGED_BY.includes(one.resource));
  return failure === undefined ? null : reasonOfFailure(failure);
}

/** The reason of a failed list. An operator or CRD that is not installed has a reason of its own. */
export function reasonOfFailure({ resource, kind }: ClusterFailure): Reason {
  if (kind !== 'not-installed') return 'listing-failed';
  if (resource === 'replicationdestinations' || resource === 'replicationsources') return 'volsync-missing';
  return resource === 'volumesnapshots' ? 'snapshots-missing' : 'listing-failed';
}
