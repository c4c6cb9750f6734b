/** Is a live claim backed up at all? */
import { isExcluded } from '../../settings/scope.ts';
import { TIER_PERIOD } from './schedule.ts';
import { isLive, type Context, type Situation } from '../facts/situation.ts';

/** In use for longer than its tier's period, and no source backs it up. */
export function isUnprotected(s: Situation, { now, cluster, settings }: Context): boolean {
  const { claimObject: claim } = s;
  if (
    claim === null ||
    !isLive(s) ||
    s.source !== null ||
    claim.createdAt === null ||
    isExcluded(s.namespace, settings)
  )
    return false;
  const looked = !cluster.failures.some((failure) => failure.resource === 'replicationsources');
  return looked && now - claim.createdAt > TIER_PERIOD[claim.tier];
}
