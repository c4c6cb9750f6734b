/** What becomes of the good snapshots under somebody else's source: its retention is played forward, backup by backup. */
import type { Instant, SnapshotObject } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { withinMillis } from '../../retain.ts';
import type { Source } from '../../source.ts';
import { nextDue } from './cron.ts';
import { forgottenBy } from './forgotten.ts';
import { keepsEverything } from './retention.ts';

/** So far nobody needs to look: a month without an answer is an answer. */
const HORIZON = 31 * 24 * 3_600_000;

/** So many snapshots are looked at in all: a schedule of every minute beside ten thousand snapshots is not worth a run's time. */
const BUDGET = 50_000;

const UNKNOWN: Fates = { newest: null, last: null };

/** When a snapshot goes; `gone` = a complete listing is without it; `stays` = for a month at least; null = nobody can know. */
export type Fate = { goes: Instant } | 'gone' | 'stays' | null;

export interface Fates {
  /** the newest snapshot from before the claim */
  newest: Fate;
  /** the last one of all that are from before the claim */
  last: Fate;
}

/**
 * The fates of the snapshots from before a claim. Each backup of the source adds one snapshot and then forgets by its policy.
 * @param snapshots of a complete listing; null = nobody has looked in this run
 * @param newest short id of the newest snapshot from before the claim
 */
export function fatesOf(
  source: Source,
  snapshots: readonly SnapshotObject[] | null,
  newest: string,
  now: Instant,
): Fates {
  if (snapshots === null) return UNKNOWN;
  const found = snapshots.find(({ id }) => shortId(id) === newest);
  if (found === undefined) return { newest: 'gone', last: null };
  const good = new Set(snapshots.filter(({ at }) => at <= found.at).map(({ id }) => id));
  const fates: Fates = { newest: 'stays', last: 'stays' };
  const schedule = scheduleOf(source);
  const { retain } = source.spec;
  if (keepsEverything(retain) || found.at + (withinMillis(retain?.within) ?? 0) > now + HORIZON) return fates;
  if (schedule === null) return UNKNOWN;
  let there = [...snapshots];
  let budget = BUDGET;
  for (let at = firstSync(source, schedule, now); ; at = nextDue(schedule, at)) {
    budget -= there.length;
    // Of a schedule that cannot be read one backup may be known.
    if (at === null || budget < 0) return { newest: fates.newest === 'stays' ? null : fates.newest, last: null };
    if (at - now > HORIZON) return fates;
    const saved = { id: `backup at ${at}`, at };
    const gone = new Set(forgottenBy(retain, [...there, saved], at + 1).map(({ id }) => id));
    there = [...there, saved].filter(({ id }) => !gone.has(id));
    if (gone.has(found.id)) fates.newest = { goes: at };
    if (there.every(({ id }) => !good.has(id))) return { ...fates, last: { goes: at } };
  }
}

/** Null where nobody knows when the next backup is: there is none, or a person triggers it. */
function scheduleOf({ mover, paused, manual, schedule }: Source): string | null {
  return mover !== 'restic' || paused || manual !== null ? null : schedule;
}

function firstSync({ lastSyncStartAt, nextSyncAt }: Source, schedule: string, now: Instant): Instant | null {
  if (lastSyncStartAt !== null) return now;
  return nextSyncAt !== null && nextSyncAt > now ? nextSyncAt : nextDue(schedule, now);
}

const WORST = (fate: Fate): number =>
  fate === 'gone' ? 0 : fate === 'stays' ? Infinity : fate === null ? Number.MAX_VALUE : fate.goes;

/** Of several sources that write to the repository, the one that removes first decides. */
export function worstOf<T extends Fates>(fates: readonly T[]): T | null {
  return fates.reduce<T | null>(
    (worst, one) => (worst === null || WORST(one.newest) < WORST(worst.newest) ? one : worst),
    null,
  );
}
