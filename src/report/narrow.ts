/** A plan as a person asked to see it: one claim, or one namespace. What is about everybody stays in it. */
import type { ClaimRef } from '../model.ts';
import { claimKey } from '../naming.ts';
import type { PlanResult } from '../plan/plan.ts';

export interface Scope {
  /** `<namespace>/<pvc>` */
  claim: string | null;
  namespace: string | null;
}

export const EVERYTHING: Scope = { claim: null, namespace: null };

/** Whether a claim was asked for. */
export function isWanted(ref: ClaimRef, { claim, namespace }: Scope): boolean {
  return (claim === null || claimKey(ref) === claim) && (namespace === null || ref.namespace === namespace);
}

/** The same plan with the entries, claims and findings that were asked for. */
export function narrowed(plan: PlanResult, scope: Scope): PlanResult {
  if (scope.claim === null && scope.namespace === null) return plan;
  const others = new Set(plan.entries.filter((entry) => !isWanted(entry, scope)).map(claimKey));
  const [wanted] = scope.claim?.split('/') ?? [scope.namespace];
  const isElsewhere = (about: string): boolean => {
    const [place = ''] = about.split('/');
    return others.has(about) || (place !== wanted && plan.context.cluster.namespaces.has(place) && !isHome(about));
  };
  return {
    ...plan,
    entries: plan.entries.filter((entry) => isWanted(entry, scope)),
    claims: plan.claims.filter((claim) => isWanted(claim, scope)),
    findings: plan.findings.filter(({ about }) => !isElsewhere(about)),
  };
}

/** The index stands in a namespace, and is about everybody. */
function isHome(about: string): boolean {
  return about.includes('volsync-prewarm');
}
