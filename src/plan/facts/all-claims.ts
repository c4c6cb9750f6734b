/** Every claim that anything is known of. */
import { elsewhereIn } from './unnamed.ts';
import type { BucketView, ClaimRef, ClusterView } from '../../model.ts';
import { claimKey, refOf } from '../../naming.ts';

type Named = ClaimRef & { key: string };

/** Every claim that has a repository, a destination, a label or an entry in the index, sorted by namespace, then claim. */
export function allClaims(
  bucket: BucketView,
  cluster: ClusterView,
  repositories: ReadonlyMap<string, unknown> = new Map(),
): Named[] {
  // By namespace, then claim: both texts are there already, while a key that is made anew would be hashed anew.
  const found = new Map<string, Map<string, Named>>();
  const add = ({ namespace, claim }: ClaimRef, key: string | null): void => {
    let claims = found.get(namespace);
    if (claims === undefined) found.set(namespace, (claims = new Map()));
    if (!claims.has(claim)) claims.set(claim, { namespace, claim, key: key ?? claimKey({ namespace, claim }) });
  };
  const addNamed = (key: string): void => {
    if (!cluster.destinations.has(key) && !cluster.claims.has(key)) add(refOf(key), key);
  };
  cluster.destinations.forEach(add);
  cluster.claims.forEach(add);
  cluster.allSources.forEach((sources, key) => {
    if (sources[0]?.managed === true) add(sources[0], key);
  });
  cluster.index.entries.forEach((_, key) => addNamed(key));
  repositories.forEach((_, key) => addNamed(key));
  for (const [key, look] of bucket.records) if (elsewhereIn(look) !== null) addNamed(key);
  for (const ref of repositoriesOf(bucket)) add(ref, null);
  return inOrder(found).flatMap(inOrder);
}

function inOrder<T>(named: ReadonlyMap<string, T>): T[] {
  return [...named.keys()].sort().flatMap((name) => named.get(name) ?? []);
}

/** Every repository in the listing. */
export function* repositoriesOf({ root }: BucketView): Generator<ClaimRef> {
  if (root.state !== 'listed') return;
  for (const [namespace, level] of root.namespaces) {
    if (level.state === 'unknown') continue;
    for (const claim of level.claims) yield { namespace, claim };
  }
}
