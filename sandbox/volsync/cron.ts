/** When a schedule (five fields, or `@hourly` and its like; UTC) is due next. */

const SHORT: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
};
const MINUTE = 60_000;
const HORIZON_MINUTES = 366 * 24 * 60;

function matchesField(field: string, value: number): boolean {
  return field.split(',').some((part) => {
    const [range = '*', step] = part.split('/');
    const every = step === undefined ? 1 : Number(step);
    if (range === '*') return value % every === 0;
    const [from = 0, to] = range.split('-').map(Number);
    const last = to ?? (step === undefined ? from : Number.POSITIVE_INFINITY);
    return value >= from && value <= last && (value - from) % every === 0;
  });
}

/** The first whole minute after `after` that the schedule names; null when there is none within a year. */
export function nextTime(schedule: string, after: Date): Date | null {
  const fields = (SHORT[schedule] ?? schedule).trim().split(/\s+/);
  const begin = (Math.floor(after.getTime() / MINUTE) + 1) * MINUTE;
  for (let i = 0; i < HORIZON_MINUTES; i += 1) {
    const time = new Date(begin + i * MINUTE);
    const parts = [
      time.getUTCMinutes(),
      time.getUTCHours(),
      time.getUTCDate(),
      time.getUTCMonth() + 1,
      time.getUTCDay(),
    ];
    if (parts.every((value, index) => matchesField(fields[index] ?? '*', value))) return time;
  }
  return null;
}
