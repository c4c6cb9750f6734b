/** One small parser for each kind of setting, from text to value. Null: not readable. */
import { parseTime } from '../time.ts';
import { parseDuration, parseQuantity } from '../units.ts';

export type Parser<T> = (text: string) => T | null;

/** One of these words. */
export function choice<const T extends string>(words: readonly T[]): Parser<T> {
  return (text) => words.find((word) => word === text) ?? null;
}

/** A bucket name. S3 servers differ in what they allow, so this refuses only what no server allows. */
export function parseBucket(text: string): string | null {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(text) ? text : null;
}

/** A folder, with exactly one slash at its end. Empty stays empty. */
export function parsePrefix(text: string): string {
  const trimmed = text.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

/** An http or https URL without a slash at its end. */
export function parseEndpoint(text: string): string | null {
  const url = URL.parse(text);
  const usable = url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
  return usable ? text.replace(/\/+$/, '') : null;
}

/** A name of a Kubernetes object. */
export function parseObjectName(text: string): string | null {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text) ? text : null;
}

/** Words between commas. */
export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** Names of namespaces between commas; `*` stands for any letters. */
export function parsePatterns(text: string): string[] | null {
  const patterns = parseList(text);
  return patterns.every((one) => one.length <= 63 && /^[a-z0-9*]([-a-z0-9*]*[a-z0-9*])?$/.test(one)) ? patterns : null;
}

const LABEL_NAME = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Labels as `key=value` between commas. */
export function parseLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  for (const one of parseList(text)) {
    const [, key = '', value = ''] = /^([^=]+)=([^=]*)$/.exec(one) ?? [];
    if (!LABEL_NAME.test(key) || !LABEL_VALUE.test(value)) return null;
    labels[key] = value;
  }
  return labels;
}

/** A quantity above zero, in bytes. */
export function parseBytes(text: string): number | null {
  const bytes = parseQuantity(text);
  return bytes !== null && bytes > 0 ? bytes : null;
}

/** A quantity above zero, as it was written. */
export function parseQuantityText(text: string): string | null {
  return parseBytes(text) === null ? null : text;
}

/** A duration above zero, in milliseconds. */
export function parsePositiveDuration(text: string): number | null {
  const millis = parseDuration(text);
  return millis !== null && millis > 0 ? millis : null;
}

/** Five fields of cron, of the characters that VolSync's own check takes; an `M` may stand for the minute. */
export function parseSchedule(text: string): string | null {
  const fields = text.split(/\s+/);
  const [minute = '', ...others] = fields;
  return fields.length === 5 && (minute === 'M' || isField(minute)) && others.every(isField) ? fields.join(' ') : null;
}

function isField(field: string): boolean {
  return /^[0-9*/,-]+$/.test(field);
}

/** true, false, 1 or 0. */
export function parseBoolean(text: string): boolean | null {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : null;
}

/** The time of an index as it is written in it, or `none`. */
export function parseIndexTime(text: string): number | 'none' | null {
  if (text === 'none') return text;
  return /^\d{4}-\d\d-\d\dT/.test(text) ? parseTime(text) : null;
}

/** A whole number from 1 to `max`. */
export function count(max: number): Parser<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= 1 && value <= max ? value : null;
  };
}
