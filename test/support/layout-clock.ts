/**
 * A time of day at which no layout has a backup due: its schedules are whole hours and a few quarters of one. What happens in
 * milliseconds here takes minutes in a cluster, so a story says when time passes: Kubernetes tells times in seconds, and of what
 * happens within one second nobody can tell the order.
 */

const OFFSET = 22 * 60_000 - (Date.now() % 3_600_000);
let passed = 0;

/** Now, but in the 23rd minute of this hour when the story began, and as much later as has passed in it. */
export function betweenBackups(): number {
  return Date.now() + OFFSET + passed;
}

/** A story begins. */
export function clockOf(): () => Date {
  return () => new Date(betweenBackups());
}

/** A minute passes. */
export function aMinute(): void {
  passed += 60_000;
}

/** Back to the beginning, for the next story. */
export function again(): void {
  passed = 0;
}
