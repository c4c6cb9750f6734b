/**
 * What `restic forget` leaves under every policy that VolSync may be given: the sets of snapshots, the policies, and the table
 * of what survives. test/fixtures/forget.txt holds restic's own answers; the sandbox and the program are held to it.
 */
import { readFileSync } from 'node:fs';

export const TABLE = new URL('../fixtures/forget.txt', import.meta.url);

/** Times are UTC and long past, or in 2099: restic asks its own clock what is in the future. */
export interface Backup {
  time: string;
  host?: string;
  /** the folder's name; VolSync has one */
  path?: string;
}

const times = (text: string, day = ''): Backup[] => text.split(' ').map((time) => ({ time: `${day}${time}` }));

/** Every night at ten past two, for four weeks over the end of February, and each third day once more. */
const NIGHTS = Array.from({ length: 28 }, (_, day) => new Date(Date.UTC(2025, 1, 14 + day)).toISOString().slice(0, 10))
  .flatMap((day, index) => [`${day}T02:10:00`, ...(index % 3 === 0 ? [`${day}T15:30:00`] : [])])
  .map((time) => ({ time }));

/** Oldest first: the table counts them from 1. */
export const SETS: Readonly<Record<string, readonly Backup[]>> = {
  one: times('2025-03-10T10:00:00'),
  'five in one hour': times('10:01:00 10:02:00 10:03:00 10:04:00 10:05:00', '2025-03-10T'),
  'edges of hours and days': times(
    '2025-03-09T22:59:59 2025-03-09T23:00:00 2025-03-09T23:59:59 2025-03-10T00:00:00 2025-03-10T00:00:01 2025-03-10T00:59:59 2025-03-10T01:00:00',
  ),
  // Four good states, and a lock: VolSync tries again and again, and each try saves one more.
  'a storm of retries': times(
    '07:45:10 07:48:20 07:52:37 07:58:37 08:01:10 08:01:27 08:01:53 08:02:37 08:04:00 08:06:44 08:16:53 08:23:10 08:33:01',
    '2025-03-10T',
  ),
  'X1, X2, and X1 again two seconds later': times('2025-03-10T09:20:00 2025-03-10T10:30:00 2025-03-10T10:30:02'),
  'four weeks of nights': NIGHTS,
  'weeks and years': times(
    '2022-12-26T12:00:00 2022-12-31T12:00:00 2023-01-01T12:00:00 2023-01-02T12:00:00 2023-12-31T12:00:00 2024-01-01T12:00:00 2024-02-29T12:00:00 2024-12-29T12:00:00 2024-12-30T12:00:00 2025-01-01T12:00:00',
  ),
  'a month back from the 31st': times(
    '2024-02-28T12:00:00 2024-02-29T12:00:00 2024-03-02T11:59:59 2024-03-02T12:00:00 2024-03-02T12:00:01 2024-03-30T12:00:00 2024-03-31T12:00:00',
  ),
  'two hosts and two paths': [
    ...times('10:00:00 11:00:00', '2025-03-10T'),
    ...times('10:10:00 11:10:00 12:10:00', '2025-03-10T').map((one) => ({ ...one, host: 'laptop' })),
    ...times('10:20:00 10:25:00 11:20:00', '2025-03-10T').map((one) => ({ ...one, path: 'other' })),
    ...times('2025-03-10T12:00:00'),
  ],
  'some in the future': times('2025-03-10T10:00:00 2025-03-10T11:00:00 2025-03-12T11:00:00 2099-03-10T11:00:00'),
  'all in the future': times('2099-03-10T10:00:00 2099-03-10T10:30:00 2099-03-12T11:00:00'),
};

/** `spec.restic.retain` as a user may write it; undefined = none. The first three are what a source of ours has. */
export const POLICIES: readonly (Readonly<Record<string, number | string>> | undefined)[] = [
  { hourly: 24, daily: 7, within: '3d' },
  { daily: 14, within: '3d' },
  { hourly: 24, daily: 7, within: '3d', last: 'unlimited' },
  undefined,
  {},
  { last: '1' },
  { last: '5' },
  { last: 'unlimited' },
  { hourly: 2 },
  { hourly: 24, daily: 7 },
  { daily: 3 },
  { weekly: 2 },
  { monthly: 2 },
  { yearly: 2 },
  { hourly: 2, daily: 2, weekly: 2, monthly: 2, yearly: 2, last: '2' },
  { within: '1h' },
  { within: '2h1d' },
  { within: '1m' },
  { within: '1y2d' },
  { within: '100y' },
  { within: '3d', last: '1' },
  { hourly: 0, daily: 1 },
  { within: '0h', daily: 1 },
  // What restic does not take: the snapshot is saved by then, and VolSync tries again.
  { hourly: 0 },
  { last: '0' },
  { within: '0d' },
  { hourly: -1 },
  { last: '-1' },
  { last: 'all' },
  { last: '' },
  { within: '3' },
  { within: '', last: '3' },
];

/** What restic says no to. */
export const REFUSED = 'refused';

/** One line for each set and policy. `survivors` gives the places of those that are left, from 1, or null for a refusal. */
export async function table(
  survivors: (
    set: string,
    policy: (typeof POLICIES)[number],
  ) => readonly number[] | null | Promise<readonly number[] | null>,
): Promise<string> {
  const rows = Object.keys(SETS).flatMap((set) => POLICIES.map((policy) => ({ set, policy })));
  const lines = await Promise.all(
    rows.map(async ({ set, policy }) => {
      const left = await survivors(set, policy);
      return `${set} | ${wordsOf(policy)} | ${left === null ? REFUSED : ranges(left)}`;
    }),
  );
  return `${lines.join('\n')}\n`;
}

/** The recorded answers of restic 0.18. */
export function recorded(): string {
  return readFileSync(TABLE, 'utf8');
}

/** A policy in the table's words. */
function wordsOf(policy: (typeof POLICIES)[number]): string {
  if (policy === undefined) return 'no retain';
  const words = Object.entries(policy).map(([rule, value]) => `${rule}=${value}`);
  return words.length === 0 ? 'an empty one' : words.join(',');
}

/** `1 4-7`. */
function ranges(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const one of numbers.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === one - 1) last[1] = one;
    else found.push([one, one]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ') || 'none';
}
