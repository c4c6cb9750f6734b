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
  for (const [key, destination] of cluster.destinations) add(destination, key);
  for (const [key, claim] of cluster.claims) add(claim, key);
  for (const [key, [source]] of cluster.allSources) if (source?.managed === true) add(source, key);
  for (const key of cluster.index.entries.keys()) addNamed(key);
  for (const key of repositories.keys()) addNamed(key);
  for (const [key, look] of bucket.records) if (elsewhereIn(look) !== null) addNamed(key);
  for (const ref of repositoriesOf(bucket)) add(ref, null);
  return [...found].sort(byName).flatMap(([, claims]) => [...claims].sort(byName).map(([, named]) => named));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** Every repository in the listing. */
export function* repositoriesOf({ root }: BucketView): Generator<ClaimRef> {
  if (root.state !== 'listed') return;
  for (const [namespace, level] of root.namespaces) {
    if (level.state === 'unknown') continue;
    for (const claim of level.claims) yield { namespace, claim };
  }
}
