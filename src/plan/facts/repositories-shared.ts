/** Claims whose sources write into one repository: a restore of one would bring the data of the other. */
import type { ClusterView } from '../../model.ts';
import type { Repository } from './repositories.ts';

/**
 * The other claim that shares a repository, by claim key. In one namespace two sources settle it. Across namespaces a Secret
 * could name anybody's address, so both must have been opened with their own keys before: the index remembers the address then.
 */
export function sharedRepositories(
  repositories: ReadonlyMap<string, readonly Repository[]>,
  { entries }: Pick<ClusterView['index'], 'entries'>,
): ReadonlyMap<string, string> {
  const writers = new Map<string, string[]>();
  for (const [claim, all] of repositories) {
    for (const { key, sources } of all) {
      if (key !== null && sources.length > 0) writers.set(key, [...(writers.get(key) ?? []), claim]);
    }
  }
  const shared = new Map<string, string>();
  for (const [key, claims] of writers) {
    for (const claim of claims) {
      const isRival = (other: string): boolean =>
        other !== claim &&
        (namespaceOf(other) === namespaceOf(claim) ||
          (entries.get(other)?.repository === key && entries.get(claim)?.repository === key));
      const rival = claims.find(isRival);
      if (rival !== undefined) shared.set(claim, rival);
    }
  }
  return shared;
}

function namespaceOf(claim: string): string {
  return claim.slice(0, claim.indexOf('/'));
}
