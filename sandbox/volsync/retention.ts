/** `restic forget` 0.18: which snapshots a policy lets go. */
import { MoverFailure, type SnapshotObject } from './repository.ts';

/** One name for each period: the same name is the same period. `last` counts every snapshot. */
const PERIODS: Record<string, (at: string, index: number) => string> = {
  last: (_, index) => String(index),
  hourly: (at) => at.slice(0, 13),
  daily: (at) => at.slice(0, 10),
  weekly: (at) => String(Math.floor((Date.parse(at) / 86_400_000 + 3) / 7)),
  monthly: (at) => at.slice(0, 7),
  yearly: (at) => at.slice(0, 4),
};

const DURATION = /^(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)d)?(?:(\d+)h)?$/;

/** How many snapshots a rule keeps; `unlimited` keeps all. Throws MoverFailure for a count that restic refuses. */
function countOf(rule: string, value: unknown): number {
  if (value === 'unlimited' || Number(value) === -1) return Number.POSITIVE_INFINITY;
  const count = Number(value);
  if (!Number.isInteger(count) || count < 0)
    throw new MoverFailure(`Fatal: negative values other than -1 are not allowed for --keep-${rule}\n`);
  return count;
}

/** Keeps the newest snapshot of each period, up to `count`. If there is room, restic 0.18 also keeps the oldest of all. */
function keepPerPeriod(newestFirst: readonly SnapshotObject[], rule: string, count: number): string[] {
  const period = PERIODS[rule];
  if (period === undefined) return [];
  const kept: string[] = [];
  let last = '';
  for (const [index, { id, at }] of newestFirst.entries()) {
    const name = period(at.toISOString(), index);
    if (kept.length >= count) break;
    if (name !== last || index === newestFirst.length - 1) kept.push(id);
    last = name;
  }
  return kept;
}

/** Keeps the snapshots in the period `within`, counted back from the newest snapshot that is not in the future. */
function keepWithin(newestFirst: readonly SnapshotObject[], within: string, now: Date): string[] {
  const newest = newestFirst.find(({ at }) => at < now)?.at;
  const parts = DURATION.exec(within);
  if (newest === undefined || parts === null) return [];
  const [years = 0, months = 0, days = 0, hours = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const from = new Date(newest);
  from.setUTCFullYear(from.getUTCFullYear() - years, from.getUTCMonth() - months, from.getUTCDate() - days);
  from.setTime(from.getTime() - hours * 3_600_000);
  return newestFirst.filter(({ at }) => at > from).map(({ id }) => id);
}

/**
 * The ids to forget under a `retain` policy, snapshots oldest first. VolSync turns no policy, and an empty one, into
 * `--keep-last 1`. Throws MoverFailure for a number that restic refuses.
 */
export function forgettable(
  snapshots: readonly SnapshotObject[],
  retain: Readonly<Record<string, unknown>>,
  now: Date,
): string[] {
  const newestFirst = snapshots.toReversed();
  const given = Object.entries(retain);
  const rules = given.length === 0 ? [['last', 1] as const] : given;
  const kept = new Set<string>();
  for (const [rule, value] of rules) {
    const ids =
      rule === 'within'
        ? keepWithin(newestFirst, String(value), now)
        : keepPerPeriod(newestFirst, rule, countOf(rule, value));
    for (const id of ids) kept.add(id);
  }
  const isEmpty = rules.every(([rule, value]) => rule !== 'within' && countOf(rule, value) === 0);
  return isEmpty ? [] : snapshots.map(({ id }) => id).filter((id) => !kept.has(id));
}
