/**
 * A folder `<a>/<b>` of the bucket looks like the repository of a claim, and may be the one that the Secret of another claim names.
 * Then it is told there, and not once more as a claim that nobody knows. The index keeps its entry: a Secret that names another
 * tenant's folder must not take the tenant's claim out of it.
 */
import type { JudgedClaim } from '../restore/judged-claim.ts';

/**
 * Those that are claims, or may be some.
 * @param known claims without a label, by key
 */
export function withoutOthers<Claim extends JudgedClaim>(
  claims: readonly Claim[],
  known: ReadonlyMap<string, unknown>,
): readonly Claim[] {
  const named = namedBy(claims);
  if (named.size === 0) return claims;
  return claims.filter((claim) => {
    const by = named.get(claim.key);
    if (by === undefined || isSomething(claim) || known.has(claim.key)) return true;
    return claim.namespaceObject !== null && !by.has(claim.namespace);
  });
}

/** Something in the cluster is of this name. */
function isSomething({ claimObject, destination, sources }: JudgedClaim): boolean {
  return claimObject !== null || destination !== null || sources.length > 0;
}

/** Folders that claims have opened with what their Secrets say, by path: the namespaces of those claims. */
function namedBy(claims: readonly JudgedClaim[]): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>();
  for (const { repositories, repository, further, backup, namespace } of claims) {
    for (const one of repositories) {
      const path = one.where.kind === 'referenced' ? one.where.path : null;
      if (path === null) continue;
      const isOpened = one === repository ? backup.state !== 'unknown' : further.some((of) => of.repository === one);
      if (!isOpened) continue;
      const by = named.get(path) ?? new Set();
      named.set(path, by.add(namespace));
    }
  }
  return named;
}
