/**
 * Claims that the policies have refused until now, and that this index admits. Their creators try again within
 * seconds (measured: 10 s), so that a run which waits for them saves them the minutes until the next one.
 */
import type { PublishedIndex } from '../../decisions.ts';
import { INDEX_KEY, indexKey } from '../../naming.ts';
import { isCurrent } from '../facts/backup.ts';
import type { Context } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

/**
 * The keys of claims that publishing this index unblocks and that a run would have to serve: those with a warm restore point
 * are served without it, and in a namespace that does not exist nobody tries.
 */
export function unblockedBy(
  index: PublishedIndex | null,
  claims: readonly JudgedClaim[],
  { cluster, now }: Pick<Context, 'cluster' | 'now'>,
): string[] {
  if (index === null) return [];
  const wasClosed = refusedAll(cluster.index, now);
  return claims.filter((claim) => isExpected(claim) && letsIn(claim, index, wasClosed)).map(({ key }) => key);
}

/** Claims that have come, or that are served without the run, are not waited for any longer. */
export function stillExpected(keys: ReadonlySet<string>, claims: readonly JudgedClaim[]): boolean {
  return claims.some((claim) => keys.has(claim.key) && isExpected(claim));
}

/** An index that was never written refuses every protected claim; a stale one does where the installer says so. */
function refusedAll(index: Context['cluster']['index'], now: number): boolean {
  if (index.generatedAt === null) return true;
  return index.shards[0]?.parameters[INDEX_KEY.onStale] === 'deny' && !isCurrent(index, now);
}

function isExpected({ claimObject, namespaceObject, restorePoint: { state, reason } }: JudgedClaim): boolean {
  if (claimObject !== null || namespaceObject === null || namespaceObject.terminating) return false;
  // What a claim changes by coming: it tells its size, and it goes before everything else.
  return state === 'cold' && reason !== null && CHANGED_BY_A_CLAIM.has(reason);
}

const CHANGED_BY_A_CLAIM = new Set([
  'capacity-unknown',
  'source-syncing',
  'snapshot-too-new',
  'over-storage-budget',
  'repository-locked',
  'queued',
]);

function letsIn(claim: JudgedClaim, { entries }: PublishedIndex, wasClosed: boolean): boolean {
  if (entries.get(indexKey(claim))?.startsWith('attach ') !== true) return false;
  return wasClosed || claim.indexed?.word === 'refuse';
}
