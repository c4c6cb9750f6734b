/** Has a repository gone backwards? The newest snapshot that was known is gone, and nothing newer has come. */
import type { NewestSnapshot } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { newestOf } from './newest.ts';
import type { Situation } from './situation.ts';

type Facts = Pick<Situation, 'probe' | 'indexed' | 'destination' | 'claimObject'>;

/** What a person accepts of this claim: a uid or a short id; on the claim, or on the destination of a claim that is not there. */
function accepted({ claimObject, destination }: Pick<Situation, 'claimObject' | 'destination'>): string | null {
  return claimObject?.accept ?? destination?.memory.accept ?? null;
}

/**
 * The snapshot that has vanished, or null: the index calls it the newest, or the image holds it, a complete listing does not have
 * it, and no later one is there. A bucket that was rolled back and a half mirror look like this; restic forgets old snapshots only.
 */
export function vanishedOf(s: Facts): NewestSnapshot | null {
  if (s.probe?.state !== 'listed') return null;
  const newest = newestOf(s.probe.snapshots);
  if (newest === null || accepted(s) === shortId(newest.id)) return null;
  const ids = new Set(s.probe.snapshots.map(({ id }) => shortId(id)));
  const lost = knownOf(s).filter(({ id, at }) => !ids.has(id) && newest.at <= at);
  return lost.reduce<{ id: string; at: Instant } | null>(
    (last, one) => (last === null || one.at > last.at ? one : last),
    null,
  );
}

/** Snapshots that were seen, with their times in the bucket. */
function knownOf({ indexed, destination }: Facts): { id: string; at: Instant }[] {
  const verified = destination?.memory.verified ?? null;
  return [indexed, verified].flatMap((one) => (one === null || one.at === null ? [] : { id: one.id, at: one.at }));
}
