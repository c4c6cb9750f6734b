/** What one check of `doctor` came to, and the few ways to say it. */
import { meaningOf, type Reason } from '../reasons.ts';

export interface Check {
  check: string;
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  message: string;
  /** what a person can do about it; null where nothing is to be done */
  todo: string | null;
}

/** Nothing is wrong. */
export function ok(check: string, message: string): Check {
  return { check, state: 'ok', message, todo: null };
}

/** Something is wrong, or worth a second look: `todo` says what to do about it. */
export function wrong(state: Exclude<Check['state'], 'ok'>, check: string, message: string, todo: string): Check {
  return { check, state, message, todo };
}

/** The cure that the table of reasons has. */
export function cureOf(reason: Reason): string {
  return meaningOf(reason).todo;
}

/** `1 namespace has`, `3 namespaces have` */
export function spaces(count: number): string {
  return count === 1 ? '1 namespace has' : `${count} namespaces have`;
}
