/** When a schedule of VolSync's is due: five fields of cron, or a name such as `@daily`, in UTC as VolSync's pod has it. */
import type { Instant } from '../../model.ts';

const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** A day that a schedule skips is skipped at once; one that asks for the 30th of February is never due. */
const HORIZON = 366 * 86_400_000;

/** The first time after another one; null for a schedule that this does not read, or that is not due within a year. */
export function nextDue(schedule: string, after: Instant): Instant | null {
  const words = (NAMED[schedule.trim()] ?? schedule.trim()).split(/\s+/);
  const fields = words.map((word, index) => fieldOf(word, RANGES[index]));
  const [minutes, hours, days, months, weekdays] = fields;
  if (words.length !== 5 || !minutes || !hours || !days || !months || !weekdays) return null;
  // Sunday has two numbers.
  if (weekdays.has(7)) weekdays.add(0);
  const either = words[2] !== '*' && words[4] !== '*';
  const isDay = (at: Date): boolean => {
    const [byDate, byWeekday] = [days.has(at.getUTCDate()), weekdays.has(at.getUTCDay())];
    return months.has(at.getUTCMonth() + 1) && (either ? byDate || byWeekday : byDate && byWeekday);
  };
  const at = new Date(Math.floor(after / 60_000) * 60_000 + 60_000);
  while (at.getTime() - after < HORIZON) {
    if (!isDay(at)) at.setUTCHours(24, 0);
    else if (!hours.has(at.getUTCHours())) at.setUTCMinutes(60);
    else if (!minutes.has(at.getUTCMinutes())) at.setUTCMinutes(at.getUTCMinutes() + 1);
    else return at.getTime();
  }
  return null;
}

/** The numbers of a field: all of them, lists, ranges and steps; null for anything else, names of days included. */
function fieldOf(text: string, range: readonly [number, number] | undefined): Set<number> | null {
  if (range === undefined || text.length > 200) return null;
  const parts = text.split(',').map((part) => numbersOf(part, range));
  return parts.includes(null) ? null : new Set(parts.flatMap((numbers) => numbers ?? []));
}

function numbersOf(part: string, [least, most]: readonly [number, number]): number[] | null {
  const [, from, to, step = '1'] = /^(\*|\d{1,2}(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
  if (from === undefined) return null;
  const first = from === '*' ? least : Number.parseInt(from, 10);
  // A number with a step is the first one of a range that has no end.
  const end = from === '*' || part.includes('/') ? most : first;
  const [last, stride] = [Number(to ?? end), Number(step)];
  if (first < least || last > most || stride === 0) return null;
  return Array.from({ length: Math.max(0, Math.floor((last - first) / stride) + 1) }, (_, n) => first + n * stride);
}
