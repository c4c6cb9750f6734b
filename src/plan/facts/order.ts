/** One order of claims everywhere. */
import type { ClaimRef } from '../../model.ts';

/** By namespace, then claim, in code points: the same order on every machine. */
export function compareRefs(a: ClaimRef, b: ClaimRef): number {
  return compareText(a.namespace, b.namespace) || compareText(a.claim, b.claim);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
