/** What becomes of a source's `retain`: VolSync's options for `restic forget`, and the snapshots that restic 0.18 then lets go. */
import { fieldsAt } from '../kube/objects.ts';
import { MoverFailure, type SavedSnapshot } from './repository.ts';

/** VolSync backs up as this host, and forgets only what this host has saved. */
export const HOST = 'volsync';

const COUNTED = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'];

/** FORGET_OPTIONS of a mover: the counts in VolSync's order, then `within`, then `last`. No policy, and an empty one, keep one snapshot. */
export function forgetOptions(source: unknown): string {
  const retain = fieldsAt(source, 'spec.restic.retain');
  const given = [...COUNTED, 'within', 'last'].filter((rule) => retain[rule] !== undefined && retain[rule] !== null);
  return given.length === 0 ? '--keep-last 1' : given.map((rule) => ` --keep-${rule} ${String(retain[rule])}`).join('');
}

/** One name for each period, in UTC as in a mover's pod: the same name is the same period. `last` counts every snapshot. */
const PERIODS: Record<string, (at: string, index: number) => string> = {
  last: (_, index) => String(index),
  hourly: (at) => at.slice(0, 13),
  daily: (at) => at.slice(0, 10),
  weekly: (at) => String(Math.floor((Date.parse(at) / 86_400_000 + 3) / 7)),
  monthly: (at) => at.slice(0, 7),
  yearly: (at) => at.slice(0, 4),
};

interface Policy {
  counts: Map<string, number>;
  /** years, months, days, hours; null = none */
  within: [number, number, number, number] | null;
}

/** Reads the options as restic does. Throws MoverFailure for what it refuses: the snapshot of this sync is saved by then. */
function policyOf(options: string): Policy {
  const words = options.split(/\s+/).filter(Boolean);
  const policy: Policy = { counts: new Map(), within: null };
  for (let index = 0; index < words.length; index += 2) {
    const [flag = '', value] = words.slice(index, index + 2);
    const rule = /^--keep-(.*)$/.exec(flag)?.[1] ?? '';
    if (value === undefined) throw new MoverFailure(`flag needs an argument: ${flag}\n`);
    if (rule === 'within') policy.within = durationOf(value);
    else if (rule in PERIODS) policy.counts.set(rule, countOf(flag, value));
    else throw new MoverFailure(`unknown flag: ${flag}\n`);
  }
  const isEmpty = policy.within === null && [...policy.counts.values()].every((count) => count === 0);
  if (isEmpty) throw new MoverFailure('Fatal: no policy was specified, no snapshots will be removed\n');
  return policy;
}

function countOf(flag: string, value: string): number {
  if (value === 'unlimited') return Number.POSITIVE_INFINITY;
  const count = /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
  const why = Number.isNaN(count)
    ? `strconv.ParseInt: parsing "${value}": invalid syntax`
    : "negative values not allowed, use 'unlimited' instead";
  if (!(count >= 0)) throw new MoverFailure(`invalid argument "${value}" for "${flag}" flag: ${why}\n`);
  return count;
}

/** `1y5m7d2h` in any order, the last of each unit; nothing but zeros is no duration. */
function durationOf(value: string): Policy['within'] {
  if (!/^(-?\d+[ymdh])+$/.test(value))
    throw new MoverFailure(`invalid argument "${value}" for "--keep-within" flag: no unit found after number\n`);
  const units = new Map([...value.matchAll(/(-?\d+)([ymdh])/g)].map(([, count, unit]) => [unit, Number(count)]));
  const [years = 0, months = 0, days = 0, hours = 0] = ['y', 'm', 'd', 'h'].map((unit) => units.get(unit));
  if ([years, months, days, hours].some((count) => count < 0))
    throw new MoverFailure('Fatal: durations containing negative values are not allowed for --keep-within*\n');
  return years + months + days + hours === 0 ? null : [years, months, days, hours];
}

/** Keeps the newest snapshot of each period, up to `count`. If there is room, restic 0.18 also keeps the oldest of all. */
function keepPerPeriod(newestFirst: readonly SavedSnapshot[], rule: string, count: number): string[] {
  const kept: string[] = [];
  let last = '';
  for (const [index, { id, at }] of newestFirst.entries()) {
    const name = PERIODS[rule]?.(at.toISOString(), index) ?? '';
    if (kept.length >= count) break;
    if (name !== last || index === newestFirst.length - 1) kept.push(id);
    last = name;
  }
  return kept;
}

/** Keeps the snapshots of that time, counted back by the calendar from the newest snapshot that is not in the future. */
function keepWithin(newestFirst: readonly SavedSnapshot[], within: Policy['within'], now: Date): string[] {
  const newest = newestFirst.find(({ at }) => at < now)?.at;
  if (newest === undefined || within === null) return within === null ? [] : newestFirst.map(({ id }) => id);
  const [years, months, days, hours] = within;
  const from = new Date(newest);
  from.setUTCFullYear(from.getUTCFullYear() - years, from.getUTCMonth() - months, from.getUTCDate() - days);
  from.setTime(from.getTime() - hours * 3_600_000);
  return newestFirst.filter(({ at }) => at > from).map(({ id }) => id);
}

/**
 * The ids that `restic forget --host volsync <options>` removes. Host and paths make groups, and the options hold for each
 * group by itself. Throws MoverFailure for options that restic refuses, and where nothing of a group would be left.
 */
export function forgettable(snapshots: readonly SavedSnapshot[], options: string, now: Date): string[] {
  const policy = policyOf(options);
  const ours = snapshots.filter(({ host }) => host === HOST);
  const groups = Map.groupBy(ours, ({ paths }) => JSON.stringify(paths.toSorted()));
  return [...groups.values()].flatMap((group) => {
    const newestFirst = group.toSorted((a, b) => b.at.getTime() - a.at.getTime());
    const kept = new Set(keepWithin(newestFirst, policy.within, now));
    for (const [rule, count] of policy.counts) for (const id of keepPerPeriod(newestFirst, rule, count)) kept.add(id);
    if (kept.size === 0) throw new MoverFailure('refusing to delete last snapshot of snapshot group\n');
    return group.map(({ id }) => id).filter((id) => !kept.has(id));
  });
}
