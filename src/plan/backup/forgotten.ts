/** Which snapshots a policy lets go: `restic forget` as a pure function, to say what is at stake before anything is shortened. */
import type { Instant, SnapshotObject } from '../../model.ts';
import { withinMillis, type Retain } from '../../retain.ts';

/** By UTC, as a mover's container has it. */
const PERIODS: Readonly<Record<string, (at: Date, index: number) => number>> = {
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
 * VolSync's `--keep-last 1`.
 * @param snapshots in any order
 */
export function forgottenBy(
  retain: Retain | null,
  snapshots: readonly SnapshotObject[],
  now: Instant,
): SnapshotObject[] {
  const { within, ...counts } = retain ?? { last: '1' };
  const newestFirst = snapshots.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  const newest = newestFirst.find(({ at }) => at <= now)?.at ?? now;
  const young = withinMillis(within);
  const rules = Object.entries(counts).map(([kind, count]) => ({
    period: PERIODS[kind] ?? ((): number => 0),
    left: count === 'unlimited' ? Infinity : Number(count),
    last: Number.NaN,
  }));
  return newestFirst.filter((snapshot, index) => {
    let kept = young !== null && snapshot.at > newest - young;
    for (const rule of rules) {
      const period = rule.period(new Date(snapshot.at), index);
      if (rule.left <= 0 || (period === rule.last && index < newestFirst.length - 1)) continue;
      rule.last = period;
      rule.left -= 1;
      kept = true;
    }
    return !kept;
  });
}
