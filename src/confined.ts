/** A plan of which only what is about one claim is done. The index is published whole: it was made from everything that was seen. */
import { keyOf } from './performed.ts';
import type { PlanResult } from './plan/plan.ts';

/** The same plan without the work on other claims. @param key `<namespace>/<pvc>` */
export function confinedTo(plan: PlanResult, key: string): PlanResult {
  const own = plan.claims.find((claim) => claim.key === key);
  const isSyncing = own?.sync.state === 'syncing' && own.sync.trouble === null;
  const isAlmostReady = own?.sync.state === 'idle' && own.imageState === 'not-ready';
  return {
    ...plan,
    chains: plan.chains.filter((chain) => chain.every((action) => keyOf(action) === key)),
    warnings: plan.warnings.filter((warning) => keyOf(warning) === key),
    records: plan.records.filter((record) => record.namespace === own?.namespace && record.claim === own.claim),
    unblocked: [],
    leaving: 0,
    pending: { syncing: isSyncing || isAlmostReady ? 1 : 0, queued: (own?.restorePoint.wave ?? 1) > 1 ? 1 : 0 },
  };
}
