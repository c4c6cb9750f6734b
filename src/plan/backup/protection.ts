/** Is a live claim backed up at all? */
import { TIER_PERIOD } from './schedule.ts';
import type { Context, Situation } from '../facts/situation.ts';

/** In use for longer than its tier's period, and no source backs it up. */
export function isUnprotected(s: Situation, { now, cluster }: Context): boolean {
  const { claimObject: claim } = s;
  if (claim === null || !s.live || s.source !== null || claim.createdAt === null || s.excluded) return false;
  const looked = !cluster.failures.some((failure) => failure.resource === 'replicationsources');
  return looked && now - claim.createdAt > TIER_PERIOD[claim.tier];
}
