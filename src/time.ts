/** Times as text, at the edge: an RFC 3339 time and milliseconds since the epoch. */

/** A server's clock minus ours in milliseconds, by the `Date` header of its answer; null when that tells none. */
export function clockSkew(header: unknown, now: number): number | null {
  const at = typeof header === 'string' ? parseTime(header) : null;
  return at === null ? null : at - now;
}

/** Milliseconds, or null for what is no time. */
export function parseTime(text: string | null | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}
