/** Which snapshots a policy lets go: `restic forget` as a pure function, to say what is at stake before it is gone. */
import type { Instant, SnapshotObject } from '../../model.ts';
import { backFrom, COUNTED, type Retain } from '../../retain.ts';

/** By UTC, as a mover's container has it. */
const PERIODS: Readonly<Record<(typeof COUNTED)[number] | 'last', (at: Date, index: number) => number>> = {
  last: (_, index) => index,
  hourly: (at) => Math.floor(at.getTime() / 3_600_000),
  daily: (at) => Math.floor(at.getTime() / 86_400_000),
  weekly: (at) => Math.floor((at.getTime() / 86_400_000 + 3) / 7),
  monthly: (at) => at.getUTCFullYear() * 12 + at.getUTCMonth(),
  yearly: (at) => at.getUTCFullYear(),
};

/**
 * The snapshots that `forget` would remove now. The newest of each period is kept until the kind's count is used up; a count
 * that is not used up keeps the oldest too; `within` is measured from the newest snapshot, not from now. An empty policy is
 * VolSync's `--keep-last 1`. One that restic 0.18 refuses (a negative count, no count at all, no duration) removes nothing.
 * @param snapshots in any order
 */
export function forgottenBy(
  retain: Retain | null,
  snapshots: readonly SnapshotObject[],
  now: Instant,
): SnapshotObject[] {
  const { within, ...counts } = retain ?? { last: '1' };
  const newestFirst = snapshots.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  // Where all are in the future, restic counts back from the year 1.
  const newest = newestFirst.find(({ at }) => at <= now)?.at ?? 0;
  // What is no duration is refused, and removes nothing.
  const since = within === undefined ? Infinity : (backFrom(newest, within) ?? -Infinity);
  const rules = ([...COUNTED, 'last'] as const).flatMap((kind) =>
    counts[kind] === undefined ? [] : [{ period: PERIODS[kind], left: countOf(counts[kind]), last: Number.NaN }],
  );
  if (rules.some(({ left }) => !(left >= 0))) return [];
  const gone = newestFirst.filter((snapshot, index) => {
    let kept = snapshot.at > since;
    for (const rule of rules) {
      const period = rule.period(new Date(snapshot.at), index);
      if (rule.left <= 0 || (period === rule.last && index < newestFirst.length - 1)) continue;
      rule.last = period;
      rule.left -= 1;
      kept = true;
    }
    return !kept;
  });
  // restic refuses to remove the last one.
  return gone.length === snapshots.length ? [] : gone;
}

/** `unlimited` is no number either: it removes nothing, too. */
function countOf(count: number | string): number {
  return /^\d+$/.test(String(count)) ? Number(count) : Number.NaN;
}
