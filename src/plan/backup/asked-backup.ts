/**
 * The trigger of the command `backup` on a source. It beats the schedule for as long as it is there, so it must not stay: the
 * command takes it away, and where the command was killed, a run does.
 */
import type { Action } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { backupTagUntil } from '../../naming.ts';
import type { Source } from '../../source.ts';

/**
 * So long the command's trigger keeps runs from changing the source. It may wait longer: a backup that has begun by then goes on
 * without the trigger.
 */
export const TRIGGER_LASTS = 2 * 60 * 60_000;

/** Clocks differ; a tag that says more was written by hand. */
const LONGEST = TRIGGER_LASTS + 60 * 60_000;

/** Somebody waits for the backup, and it has not ended: the source is left as it is. */
export function isAwaited({ manual, lastManualSync, lastSyncStartAt }: Source, now: Instant): boolean {
  const until = backupTagUntil(manual);
  if (until === null || now >= until || until - now > LONGEST) return false;
  return lastManualSync !== manual || lastSyncStartAt !== null;
}

const NONE: readonly Action[] = [];

/**
 * Takes the trigger away from the claim's sources where nobody waits for it any more. Only beside a schedule: without any
 * trigger VolSync would sync without end. It is safe at any time, since a mover does not depend on the trigger.
 */
export function releasesOf(sources: readonly Source[], now: Instant): readonly Action[] {
  if (!sources.some(({ manual }) => manual !== null)) return NONE;
  return sources
    .filter((one) => (one.managed || one.adopted) && !one.deleting && one.schedule !== null)
    .filter((one) => backupTagUntil(one.manual) !== null && !isAwaited(one, now))
    .map(({ namespace, claim, name, uid, resourceVersion }) => ({
      kind: 'release-source',
      namespace,
      claim,
      of: { name, uid, resourceVersion },
      tag: null,
    }));
}
