/** `restic forget`: which snapshots a policy lets go. */
import type { SnapshotObject } from './repository.ts';

const PERIODS: Record<string, (at: string) => string> = {
  hourly: (at) => at.slice(0, 13),
  daily: (at) => at.slice(0, 10),
  weekly: (at) => String(Math.floor((Date.parse(at) / 86_400_000 + 3) / 7)),
  monthly: (at) => at.slice(0, 7),
  yearly: (at) => at.slice(0, 4),
};

function keepPerPeriod(newestFirst: SnapshotObject[], period: (at: string) => string, count: number): string[] {
  const kept = new Map<string, string>();
  for (const { id, at } of newestFirst) {
    const key = period(at.toISOString());
    if (!kept.has(key) && kept.size < count) kept.set(key, id);
  }
  return [...kept.values()];
}

/** The ids to forget under a `retain` policy (numbers or texts; none at all: all but the newest), snapshots oldest first. */
export function forgettable(snapshots: readonly SnapshotObject[], retain: Record<string, unknown>): string[] {
  const newestFirst = snapshots.toReversed();
  const rules = Object.entries(retain).filter(([, count]) => Number(count) > 0);
  const kept = new Set<string>();
  for (const [rule, count] of rules.length === 0 ? [['last', 1] as const] : rules) {
    const period = PERIODS[rule];
    const ids =
      period === undefined
        ? newestFirst.slice(0, Number(count)).map(({ id }) => id)
        : keepPerPeriod(newestFirst, period, Number(count));
    for (const id of ids) kept.add(id);
  }
  return snapshots.map(({ id }) => id).filter((id) => !kept.has(id));
}
