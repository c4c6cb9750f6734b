/** The result of one check of `doctor`, and helpers to make one. */
import { meaningOf, type Reason } from '../reasons.ts';

export interface Check {
  check: string;
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  message: string;
  /** what a person can do about it; null when there is nothing to do */
  todo: string | null;
}

/** Nothing is wrong. */
export function ok(check: string, message: string): Check {
  return { check, state: 'ok', message, todo: null };
}

/** Something is wrong or doubtful. `todo` says what to do about it. */
export function wrong(state: Exclude<Check['state'], 'ok'>, check: string, message: string, todo: string): Check {
  return { check, state, message, todo };
}

/** The cure from the table of reasons. */
export function cureOf(reason: Reason): string {
  return meaningOf(reason).todo;
}

/** `1 namespace has`, `3 namespaces have` */
export function spaces(count: number): string {
  return count === 1 ? '1 namespace has' : `${count} namespaces have`;
}
