/** Restore points that exist already and need more storage than --max-warm-bytes allows (N4). */
import type { Settings } from '../../settings/settings.ts';
import { compareRefs } from '../facts/order.ts';
import { removal } from '../restore/deletion.ts';
import type { ProtectedClaim } from '../backup/protected-claim.ts';
import { bytesOf } from '../restore/wanted-spec.ts';

export interface Surplus {
  /** what all restore points of ours need, by what was asked for */
  bytes: number;
  limit: number;
  /** the ones that would have to go, in this order */
  claims: readonly ProtectedClaim[];
}

/**
 * What is too much, or null: it fits, or there is no limit. Restore points in namespaces that use more than their share go
 * first, then those of the lowest priority, those of live claims, which do not need them today, and the largest.
 */
export function surplusOf(
  claims: readonly ProtectedClaim[],
  { maxWarmBytes: limit }: Pick<Settings, 'maxWarmBytes'>,
): Surplus | null {
  if (limit === null) return null;
  const kept = new Set(claims.filter(isKept));
  const bytes = sum([...kept]);
  if (bytes <= limit) return null;
  const share = limit / new Set([...kept].map(({ namespace }) => namespace)).size;
  const going: ProtectedClaim[] = [];
  for (let left = bytes; left > limit; left = sum([...kept])) {
    const next = [...kept].filter(isDispensable).sort(byDispensability(namespacesAbove(share, kept)))[0];
    if (next === undefined) break;
    kept.delete(next);
    going.push(next);
  }
  return { bytes, limit, claims: going };
}

/** With --prune what is too much is deleted, in the order of the surplus. */
export function withoutSurplus<T extends ProtectedClaim>(
  claims: readonly T[],
  surplus: Surplus | null,
  { prune, mode, only }: Pick<Settings, 'prune' | 'mode' | 'only'>,
): readonly T[] {
  if (surplus === null || !prune || mode === 'create-only' || only !== null) return claims;
  const going = new Set(surplus.claims.map(({ key }) => key));
  return claims.map((claim) => {
    if (!going.has(claim.key) || claim.destination === null) return claim;
    const actions = [removal(claim.destination)];
    return { ...claim, nextStep: null, actions, now: actions, restorePoint: { ...claim.restorePoint, wave: null } };
  });
}

function isKept({ destination, backup }: ProtectedClaim): boolean {
  return destination?.managed === true && backup.state !== 'absent';
}

/** No claim waits for it, nothing runs, and there is a backup that it can be made from again. */
function isDispensable(claim: ProtectedClaim): boolean {
  const { waits, sync, backup, destination, excluded } = claim;
  if (waits || excluded || isStillJudged(claim)) return false;
  return sync.state === 'idle' && backup.state === 'present' && destination?.deleting === false;
}

/** Its bound claim may have been filled from it: what it is proven to hold tells how the claim began. */
function isStillJudged({ live, claimObject, protection }: ProtectedClaim): boolean {
  return live && claimObject !== null && protection.began === null;
}

function namespacesAbove(share: number, kept: ReadonlySet<ProtectedClaim>): ReadonlySet<string> {
  const byNamespace = Map.groupBy(kept, ({ namespace }) => namespace);
  return new Set([...byNamespace].flatMap(([namespace, claims]) => (sum(claims) > share ? [namespace] : [])));
}

function byDispensability(above: ReadonlySet<string>): (a: ProtectedClaim, b: ProtectedClaim) => number {
  return (a, b) =>
    Number(above.has(b.namespace)) - Number(above.has(a.namespace)) ||
    (a.claimObject?.priority ?? 0) - (b.claimObject?.priority ?? 0) ||
    Number(b.live) - Number(a.live) ||
    sizeOf(b) - sizeOf(a) ||
    compareRefs(a, b);
}

function sizeOf({ destination }: ProtectedClaim): number {
  return destination === null ? 0 : bytesOf(destination.spec);
}

function sum(claims: readonly ProtectedClaim[]): number {
  return claims.reduce((total, claim) => total + sizeOf(claim), 0);
}
