/** One claim as the floors above its facts see it. */
import { backupOf } from '../../src/plan/facts/backup.ts';
import type { Context } from '../../src/plan/facts/situation.ts';
import { firstBlocker } from '../../src/plan/restore/blockers.ts';
import type { KnownClaim } from '../../src/plan/restore/judged-claim.ts';
import { placed, type World } from './build.ts';

/** The ordinary claim with the verdict on its backup, and the context in which it is decided on; some facts as they are given. */
export function known(world: World = {}, facts: Partial<KnownClaim> = {}): { claim: KnownClaim; context: Context } {
  const { s, context } = placed(world);
  return { claim: { ...s, backup: backupOf(s, context), blocker: firstBlocker(s, context), ...facts }, context };
}
