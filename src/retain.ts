/** A `retain` policy as VolSync takes it, read and written: counts are numbers, `last` and `within` are texts. */

/** The kinds of VolSync's restic policy; everything that is not named is not kept for its own sake. */
export interface Retain {
  hourly?: number;
  daily?: number;
  weekly?: number;
  monthly?: number;
  yearly?: number;
  /** a count as text, or `unlimited` */
  last?: string;
  /** restic's durations, such as `3d` */
  within?: string;
}

export const COUNTED = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** Reads a policy from a manifest; null when there is none, or nothing in it that VolSync would pass on. */
export function parseRetain(value: unknown): Retain | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const retain: Retain = {};
  for (const kind of COUNTED) {
    const count = fields[kind];
    if (typeof count === 'number' && Number.isInteger(count)) retain[kind] = count;
  }
  for (const kind of ['last', 'within'] as const) {
    const text = fields[kind];
    if (typeof text === 'string' && text !== '') retain[kind] = text;
  }
  return Object.keys(retain).length === 0 ? null : retain;
}

/** As one word for an annotation and for people: `hourly=24,daily=7,within=3d`. */
export function formatRetain(retain: Retain): string {
  const kinds = [...COUNTED, 'last', 'within'] as const;
  return kinds.flatMap((kind) => (retain[kind] === undefined ? [] : [`${kind}=${retain[kind]}`])).join(',');
}

/** Reads `hourly=24,daily=7`; null when a part is not a kind with a count above zero, `last` with a count, or `within` with a duration. */
export function readRetain(text: string): Retain | null {
  const retain: Retain = {};
  for (const part of text.split(',')) {
    const [, kind = '', value = ''] = /^\s*([a-z]+)=([a-z0-9]+)\s*$/.exec(part) ?? [];
    const counted = COUNTED.find((one) => one === kind);
    if (counted !== undefined && /^[1-9][0-9]{0,5}$/.test(value)) retain[counted] = Number(value);
    else if (kind === 'last' && /^([1-9][0-9]{0,5}|unlimited)$/.test(value)) retain.last = value;
    else if (kind === 'within' && withinMillis(value) !== null) retain.within = value;
    else return null;
  }
  return retain;
}

/** Equal policies, whatever the order of their fields. */
export function sameRetain(a: Retain | null, b: Retain | null): boolean {
  return (a === null ? '' : formatRetain(a)) === (b === null ? '' : formatRetain(b));
}

const UNITS: Readonly<Record<string, number>> = { y: 365 * 24, m: 30 * 24, d: 24, h: 1 };

/** A duration of restic's (`1y5m7d2h`) in milliseconds, with the usual days for years and months; null when it is no duration. */
export function withinMillis(text: string | undefined): number | null {
  if (text === undefined || !/^(\d{1,6}[ymdh]){1,4}$/.test(text)) return null;
  let hours = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)([ymdh])/g)) hours += Number(count) * (UNITS[unit] ?? 0);
  return hours * 3_600_000;
}

/**
 * The moment that lies such a duration of restic's before another one, by the calendar in UTC. Infinity for a duration of zeros,
 * which is none to restic. Null when it is no duration.
 * @param at milliseconds
 */
export function backFrom(at: number, within: string): number | null {
  if (withinMillis(within) === null) return null;
  // restic takes the last of each unit.
  const units = new Map([...within.matchAll(/(\d+)([ymdh])/g)].map(([, count, unit]) => [unit, Number(count)]));
  const [years = 0, months = 0, days = 0, hours = 0] = ['y', 'm', 'd', 'h'].map((unit) => units.get(unit));
  if (years + months + days + hours === 0) return Infinity;
  const start = new Date(at);
  start.setUTCFullYear(start.getUTCFullYear() - years, start.getUTCMonth() - months, start.getUTCDate() - days);
  const back = start.getTime() - hours * 3_600_000;
  return Number.isNaN(back) ? -Infinity : back;
}
