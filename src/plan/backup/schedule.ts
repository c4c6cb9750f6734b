/** When a claim's backup runs: its minute is spread over the hour by a hash of its name, so that movers do not start together. */
import { hash } from '../../hash.ts';
import type { ClaimRef } from '../../model.ts';
import type { Tier } from '../../naming.ts';
import type { Settings } from '../../settings/settings.ts';

/** The word of a schedule setting that stands for the claim's own minute. */
const OWN_MINUTE = 'M';

const FIRST_MINUTE = 2;
/** Ten minutes of every hour are left without a start, so that a backup of the hour has ended before the next one begins. */
const LAST_MINUTE = 49;

/** From 2 to 49, always the same for a claim. */
export function minuteOf({ namespace, claim }: ClaimRef): number {
  return FIRST_MINUTE + (hash(`${namespace}/${claim}`) % (LAST_MINUTE - FIRST_MINUTE + 1));
}

/** The cron line of a claim's source: `m * * * *` for hourly, `m 2 * * *` for daily, unless the settings say otherwise. */
export function scheduleOf(
  ref: ClaimRef,
  tier: Tier,
  settings: Pick<Settings, 'hourlySchedule' | 'dailySchedule'>,
): string {
  const line = tier === 'hourly' ? settings.hourlySchedule : settings.dailySchedule;
  return line.replace(OWN_MINUTE, String(minuteOf(ref)));
}
