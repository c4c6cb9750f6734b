/** The four sentences, asked of what has happened. What nobody can keep is excused, and only that. */
import type { Birth, TrueSnapshot } from './truth.ts';

/** What the program had a chance to know. */
export interface Knowledge {
  /** the start of the listing that the index speaks of; null = none yet */
  lastLook: number | null;
  /** the policies refuse while the index is old */
  refusesStale: boolean;
  /** short ids that the index, or the claim's restore point, knows at this moment */
  known: readonly string[];
  /** a source of the claim is there and has told what it saved */
  sourceTells: boolean;
  /** why an older image may be handed out, and must be said then; null = it may not */
  unfetchable: string | null;
}

const STALE = 20 * 60_000;

function seen(snapshot: TrueSnapshot, { lastLook, known }: Knowledge): boolean {
  return (lastLook !== null && snapshot.ended <= lastLook) || known.includes(snapshot.id.slice(0, 8));
}

/**
 * 1: never an empty start over an existing backup. Nobody can keep it for a first backup that no run has seen and whose
 * source is gone; and where the index is old, this overlay lets claims through.
 */
export function emptyStart(birth: Birth, knowledge: Knowledge): string | null {
  const before = birth.alive.filter(({ ended }) => ended <= birth.createdAt);
  if (birth.holds !== null || before.length === 0) return null;
  const isKnown = before.some((snapshot) => seen(snapshot, knowledge)) || knowledge.sourceTells;
  const isStale = knowledge.lastLook === null || birth.createdAt - knowledge.lastLook > STALE;
  if (!isKnown || (isStale && !knowledge.refusesStale)) return null;
  return `1: ${birth.key} starts empty although ${before.length} snapshots were there (${before.at(-1)?.id.slice(0, 8)})`;
}

/** No false alarm: there is one cluster in these weeks, and nobody else saves. */
export function strangerSeen(findings: readonly { reason: string; about: string; message: string }[]): string | null {
  const told = findings.find(({ reason }) => reason === 'repository-shared');
  return told === undefined
    ? null
    : `3: a second writer is seen in ${told.about}, where there is none: ${told.message}`;
}

/**
 * 4: never older data than the newest that index or restore point know, as long as that is still there, by restic's time.
 * @param began when the snapshot that it holds began, which may be gone from the bucket
 */
export function olderData(
  { key, holds, alive }: Birth,
  { known, unfetchable }: Knowledge,
  began: number,
): string | null {
  if (holds === null || unfetchable !== null) return null;
  const newest = alive.findLast(({ id }) => known.includes(id.slice(0, 8)));
  if (newest === undefined || began >= newest.began) return null;
  return `4: ${key} starts with ${holds.slice(0, 8)} although ${newest.id.slice(0, 8)} was known`;
}
