/** Whether a live claim is backed up at all. */
import { TIER_PERIOD } from '../../naming.ts';
import type { Context, Situation } from '../facts/situation.ts';

/** Whether a claim has been in use for longer than the period of its tier without a source that backs it up. */
export function isUnprotected(s: Situation, { now, cluster }: Context): boolean {
  const { claimObject: claim } = s;
  if (claim === null || !s.live || s.source !== null || claim.createdAt === null || s.excluded) return false;
  const looked = !cluster.failures.some((failure) => failure.resource === 'replicationsources');
  return looked && now - claim.createdAt > TIER_PERIOD[claim.tier];
}
