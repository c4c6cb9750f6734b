/** Has a repository gone backwards? The newest snapshot that was known is gone, and nothing newer has come. */
import type { NewestSnapshot } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { acceptedOf } from './accepted.ts';
import { newestIn, savedLast } from './copied.ts';
import { isOfThisPlace } from './changed.ts';
import type { Situation } from './situation.ts';

type Facts = Pick<
  Situation,
  | 'probe'
  | 'indexed'
  | 'destination'
  | 'claimObject'
  | 'repository'
  | 'changedFrom'
  | 'timesFrom'
  | 'contents'
  | 'writers'
  | 'sync'
>;

/**
 * The snapshot that has vanished, or null: the index calls it the newest, or the image holds it, a complete listing does not have
 * it, and no later one is there. A bucket that was rolled back and a half mirror look like this; restic forgets old snapshots only.
 */
export function vanishedOf(s: Facts): NewestSnapshot | null {
  if (s.probe?.state !== 'listed') return null;
  const { snapshots } = s.probe;
  const newest = newestIn(s, snapshots);
  if (newest === null || acceptedOf(s) === shortId(newest.id)) return null;
  const ids = new Set(snapshots.map(({ id }) => shortId(id)));
  if (newest.at <= s.timesFrom) {
    // A copy's times are no evidence that anything newer has come: only what a source says it has saved is.
    const last = youngest(knownOf(s));
    return last === null || ids.has(last.id) || savedLast(s, snapshots) !== null ? null : last;
  }
  return youngest(knownOf(s).filter(({ id, at }) => !ids.has(id) && newest.at <= at));
}

interface Known {
  id: string;
  at: Instant;
}

function youngest(all: readonly Known[]): Known | null {
  return all.reduce<Known | null>((last, one) => (last === null || one.at > last.at ? one : last), null);
}

/** Snapshots that were seen at this address, with their times in the bucket. */
function knownOf({ indexed, destination, repository, changedFrom }: Facts): Known[] {
  const verified = changedFrom === null ? (destination?.memory.verified ?? null) : null;
  const entry = changedFrom === null || isOfThisPlace(indexed, repository) ? indexed : null;
  return [entry, verified].flatMap((one) => (one === null || one.at === null ? [] : { id: one.id, at: one.at }));
}
