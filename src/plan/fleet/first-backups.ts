/**
 * Which new sources are made in this pass. VolSync backs up as soon as a source exists, so that an upgrade or a rebuild would
 * start all of them at once: first backups take the places that restores leave, the longest unprotected claim first.
 */
import type { Instant } from '../../model.ts';
import type { ProtectedClaim } from '../backup/protected-claim.ts';
import type { Context } from '../facts/situation.ts';
import { compareRefs } from '../facts/order.ts';
import { runningSyncs, type Waves } from './waves.ts';

/** A first backup that has not begun for so long keeps no place: VolSync, its claim or a Secret is in trouble. */
const PLACE_LASTS = 30 * 60_000;

/** The claims whose source is made now, by key. */
export function firstBackups(
  claims: readonly ProtectedClaim[],
  waves: Waves,
  { settings, now }: Pick<Context, 'settings' | 'now'>,
): ReadonlySet<string> {
  const starting = [...waves.values()].filter((wave) => wave === 1).length;
  const running = runningSyncs(claims) + claims.filter((claim) => isFirstBackup(claim, now)).length;
  const free = Math.max(0, settings.maxSyncing - starting - running);
  const waiting = claims
    .filter(({ protection }) => protection.first !== null)
    .toSorted((a, b) => madeAt(a) - madeAt(b) || compareRefs(a, b));
  return new Set(waiting.slice(0, free).map(({ key }) => key));
}

function madeAt({ claimObject }: ProtectedClaim): Instant {
  return claimObject?.createdAt ?? 0;
}

/** A source of ours that has never finished one, and may still be about to. */
function isFirstBackup({ sources, sourceMover, live }: ProtectedClaim, now: Instant): boolean {
  const ours = sources.find(({ managed }) => managed);
  if (ours === undefined || ours.lastSyncAt !== null || !live) return false;
  return (sourceMover?.active ?? 0) > 0 || now - (ours.createdAt ?? now) < PLACE_LASTS;
}
