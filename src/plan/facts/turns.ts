/** Turns within the hour: what is looked at in its turn is looked at hourly, whatever the schedule of the runs. */
import { hash } from '../../hash.ts';
import type { Instant } from '../../model.ts';
import { SCHEDULE_PERIOD } from '../../naming.ts';

/** One for each period of the usual schedule in an hour. */
const TURNS = 12;

/**
 * Whether a key's turn has come since the index was written: the turns of runs that did not take place are not lost (R7).
 * @param writtenAt null = never
 * @param least so many turns have come in any case
 */
export function turnHasCome(writtenAt: Instant | null, now: Instant, least = 0): (key: string) => boolean {
  const [from, to] = [slotOf(Math.min(writtenAt ?? 0, now)), slotOf(now)];
  const count = Math.max(least, Math.min(TURNS, to - from));
  const come = new Set(Array.from({ length: count }, (_, i) => (to - i) % TURNS));
  return (key) => come.has(hash(key) % TURNS);
}

function slotOf(at: Instant): number {
  return Math.floor(at / SCHEDULE_PERIOD);
}
