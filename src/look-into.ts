/** One look into a repository of a claim: who asks, and with whose keys. */
import type { Probe, SnapshotObject } from './model.ts';
import type { Situation } from './plan/facts/situation.ts';
import type { Repository } from './plan/facts/repositories.ts';
import { wantsLocks } from './plan/fleet/lookups.ts';
import type { Ports } from './run-ports.ts';

/** One look: a claim, and one of its repositories; null = the one at the layout path. */
export interface Look {
  s: Situation;
  repository: Repository | null;
}

/** Below the claim's own namespace our keys may look; anywhere else only those of the Secret that names the place. Never rejects. */
export async function lookInto(
  { bucket, cluster, elsewhere }: Pick<Ports, 'bucket' | 'cluster' | 'elsewhere'>,
  { s, repository }: Look,
  signal: AbortSignal,
): Promise<Probe> {
  // Restores are started from the primary repository alone.
  const withLocks = (snapshots: readonly SnapshotObject[]): boolean =>
    repository === s.repository && wantsLocks(s, snapshots);
  const { namespace } = s;
  if (repository?.where.kind !== 'referenced') return bucket.probe(s, withLocks, signal);
  const { address, path } = repository.where;
  const secret = repository.secret ?? '';
  const keys = (await cluster()).keysOf({ namespace, secret });
  if (keys !== null) return elsewhere.probe({ address, keys }, withLocks, signal);
  // Without a Secret the index remembers the place: it was opened with its own keys before.
  if (path !== null && (repository.secret === null || path.startsWith(`${namespace}/`)))
    return bucket.probePath(path, withLocks, signal);
  return { state: 'unknown', reason: 'repository-elsewhere', message: `Secret ${secret} has no keys to look with` };
}
