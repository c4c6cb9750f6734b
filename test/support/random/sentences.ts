/** The four sentences, asked of what has happened. What nobody can keep is excused, and only that. */
import type { Birth, TrueSnapshot } from './truth.ts';

/** What the program had a chance to know. */
export interface Knowledge {
  /** the start of the listing that the index speaks of; null = none yet */
  lastLook: number | null;
  /** the policies refuse while the index is old */
  refusesStale: boolean;
  /** by claim: the newest snapshot that a run has named as the newest, or as held */
  named: ReadonlyMap<string, string>;
  /** a source of the claim is there and has told what it saved */
  sourceTells: ReadonlySet<string>;
  /** since when something of the machinery is broken on purpose; null = nothing is */
  brokenSince: number | null;
}

const STALE = 20 * 60_000;

function seen(snapshot: TrueSnapshot, { lastLook }: Knowledge): boolean {
  return lastLook !== null && snapshot.ended <= lastLook;
}

/**
 * 1: never an empty start over an existing backup. Nobody can keep it for a first backup that no run has seen and whose
 * source is gone; and where the index is old, this overlay lets claims through.
 */
export function emptyStart(birth: Birth, knowledge: Knowledge): string | null {
  const before = birth.alive.filter(({ ended }) => ended <= birth.createdAt);
  if (birth.holds !== null || before.length === 0) return null;
  const isKnown = before.some((snapshot) => seen(snapshot, knowledge)) || knowledge.sourceTells.has(birth.key);
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

/** 4: never older data than the newest that a run has named, as long as that is still there. */
export function olderData(birth: Birth, knowledge: Knowledge): string | null {
  const { key, holds, alive } = birth;
  const held = alive.find(({ id }) => id === holds);
  const name = knowledge.named.get(key);
  const named = name === undefined ? undefined : alive.find(({ id }) => id.startsWith(name));
  if (holds === null || named === undefined || knowledge.brokenSince !== null) return null;
  if (held !== undefined && held.began >= named.began) return null;
  return `4: ${key} starts with ${holds.slice(0, 8)} although a run had named ${named.id.slice(0, 8)}`;
}
