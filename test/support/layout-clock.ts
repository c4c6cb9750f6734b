/** A time of day at which no layout has a backup due: its schedules are whole hours and a few quarters of one. */

const OFFSET = 25 * 60_000 - (Date.now() % 3_600_000);

/** Now, but in the 26th minute of this hour when the tests began. */
export function betweenBackups(): number {
  return Date.now() + OFFSET;
}

export function clockOf(): () => Date {
  return () => new Date(betweenBackups());
}
