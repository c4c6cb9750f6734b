/** Times as text, at the edge: an RFC 3339 time and milliseconds since the epoch. */

/** Milliseconds, or null for what is no time. */
export function parseTime(text: string | null | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}
