/**
 * What a source of ours keeps. An empty policy means `--keep-last 1` to VolSync, so none of ours is ever empty; nothing younger
 * than three days is ever forgotten; and where it is not settled what may go, everything is kept.
 */
import type { Tier } from '../../naming.ts';
import { COUNTED, withinMillis, type Retain } from '../../retain.ts';
import type { Settings } from '../../settings/settings.ts';

/** Beside every policy of ours: a bad hour, or a storm of retries, cannot push a good snapshot out before somebody looks. */
const ALWAYS = '3d';

/** The normal policy of a tier. */
export function normalRetain(tier: Tier, settings: Pick<Settings, 'hourlyRetain' | 'dailyRetain'>): Retain {
  const { within, ...counts } = tier === 'hourly' ? settings.hourlyRetain : settings.dailyRetain;
  return { ...counts, within: longer(within, ALWAYS) };
}

/** The same that forgets nothing: `last: "unlimited"` beside the tier's own fields (measured: every snapshot is kept). */
export function keepEverything(normal: Retain): Retain {
  return { ...normal, last: 'unlimited' };
}

/** Does it forget nothing, whatever happens? */
export function keepsEverything(retain: Retain | null): boolean {
  return retain?.last === 'unlimited';
}

/** Can the second policy forget a snapshot that the first one keeps? Equal or larger in every kind: it cannot. */
export function shortens(before: Retain | null, after: Retain): boolean {
  if (keepsEverything(after)) return false;
  // No policy, or an empty one: VolSync keeps the last one, and so does everybody.
  if (before === null) return false;
  if (keepsEverything(before)) return true;
  if (COUNTED.some((kind) => countOf(after[kind]) < countOf(before[kind]))) return true;
  if (Number(after.last ?? 0) < Number(before.last ?? 0)) return true;
  return (withinMillis(after.within) ?? 0) < (withinMillis(before.within) ?? 0);
}

/**
 * A policy by which retries of one backup push good snapshots out: it counts snapshots, and nothing protects the young ones.
 * None at all is `--keep-last 1`.
 */
export function keepsByCount(retain: Retain | null): boolean {
  if (keepsEverything(retain) || withinMillis(retain?.within) !== null) return false;
  return COUNTED.every((kind) => countOf(retain?.[kind]) === 0);
}

/** restic reads a negative count as "all of them", which VolSync never gets to use: it is refused after the snapshot is saved. */
function countOf(count: number | undefined): number {
  return Math.max(0, count ?? 0);
}

function longer(a: string | undefined, b: string): string {
  return a !== undefined && (withinMillis(a) ?? 0) > (withinMillis(b) ?? 0) ? a : b;
}
