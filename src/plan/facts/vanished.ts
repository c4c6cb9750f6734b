/** Has a repository gone backwards? The newest snapshot that was known is gone, and nothing newer has come. */
import type { NewestSnapshot } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { acceptedOf } from './accepted.ts';
import { newestOf } from './newest.ts';
import { isOfThisPlace } from './changed.ts';
import type { Situation } from './situation.ts';

type Facts = Pick<Situation, 'probe' | 'indexed' | 'destination' | 'claimObject' | 'repository' | 'changedFrom'>;

/**
 * The snapshot that has vanished, or null: the index calls it the newest, or the image holds it, a complete listing does not have
 * it, and no later one is there. A bucket that was rolled back and a half mirror look like this; restic forgets old snapshots only.
 */
export function vanishedOf(s: Facts): NewestSnapshot | null {
  if (s.probe?.state !== 'listed') return null;
  const newest = newestOf(s.probe.snapshots);
  if (newest === null || acceptedOf(s) === shortId(newest.id)) return null;
  const ids = new Set(s.probe.snapshots.map(({ id }) => shortId(id)));
  const lost = knownOf(s).filter(({ id, at }) => !ids.has(id) && newest.at <= at);
  return lost.reduce<{ id: string; at: Instant } | null>(
    (last, one) => (last === null || one.at > last.at ? one : last),
    null,
  );
}

/** Snapshots that were seen at this address, with their times in the bucket. */
function knownOf({ indexed, destination, repository, changedFrom }: Facts): { id: string; at: Instant }[] {
  const verified = changedFrom === null ? (destination?.memory.verified ?? null) : null;
  const entry = changedFrom === null || isOfThisPlace(indexed, repository) ? indexed : null;
  return [entry, verified].flatMap((one) => (one === null || one.at === null ? [] : { id: one.id, at: one.at }));
}
