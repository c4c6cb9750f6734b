/**
 * A restore that fails is not left to VolSync's endless retries: each of them holds a lock, and a backup that meets a lock is
 * repeated until good snapshots are aged out (measured). The worker takes it out of VolSync's hands between two retries and
 * asks again after 1, 2, 4 … 60 minutes.
 *
 * With a usable image the destination is paused: the image stands. Without one it is deleted, and the index remembers the tries.
 */
import { hash } from '../../hash.ts';
import type { Tries } from '../../memory.ts';
import type { DestinationSpec, Instant } from '../../model.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { capacityOf, wantedSpec } from './wanted-spec.ts';
import { newestIn } from '../facts/copied.ts';

const MINUTE = 60_000;
const LONGEST_WAIT = 60 * MINUTE;
const LONGEST_WAIT_OF_CLAIM = 5 * MINUTE;
/** Failures that VolSync repeats by itself within about a minute: an exclusive lock of a prune is gone by then (measured). */
const LEFT_TO_VOLSYNC = 3;

/** The tries that failed in a row, as the destination or, where there is none, the index remembers them. */
export function triesOf({ destination, indexed }: Pick<Situation, 'destination' | 'indexed'>): Tries | null {
  return destination === null ? (indexed?.tries ?? null) : destination.memory.tries;
}

/**
 * What this pass gives up, or null: a restore of ours that has just failed, with no pod of it active.
 * @param renewed its credentials are changed in this pass: it has not been tried with those, and is at once
 */
export function givenUp(s: Situation, context: Context, renewed: boolean): Tries | null {
  const { destination: d, sync, mover } = s;
  if (d?.managed !== true || d.deleting || !s.steered || sync.state !== 'syncing' || mover === null) return null;
  if (!sync.betweenRetries || mover.failed < triesBeforeGivingUp(s)) return null;
  const before = triesOf(s);
  // Asked again a moment ago: the Job still counts the failures of the try before.
  if (before !== null && before.failed === mover.failed) return null;
  return {
    count: (before?.count ?? 0) + 1,
    at: context.now,
    inputs: inputsOf(renewed ? { ...s, base: null } : s, context),
    failed: mover.failed,
  };
}

/** Where a backup can meet the lock of a retry, none is left to VolSync. */
function triesBeforeGivingUp({ source, live }: Situation): number {
  return source !== null && live ? 1 : LEFT_TO_VOLSYNC;
}

/** Is the next try not due yet? */
export function backsOff(s: Situation, context: Context): boolean {
  const tries = triesOf(s);
  if (tries === null || (s.destination !== null && s.sync.state !== 'paused')) return false;
  if (tries.inputs !== inputsOf(s, context)) return false;
  return context.now < dueAt(s, tries);
}

/** When the next try is due, with what it was tried with before. */
export function dueAt({ waits }: Pick<Situation, 'waits'>, { count, at }: Tries): Instant {
  const wait = Math.min(LONGEST_WAIT, MINUTE * 2 ** (count - 1));
  return at + (waits ? Math.min(wait, LONGEST_WAIT_OF_CLAIM) : wait);
}

/**
 * The newest snapshot, the credentials and the wanted spec as 8 hex digits: when one of them changes, a try is worth it at once.
 * What the destination itself remembers does not count, or its deletion would be such a change.
 */
function inputsOf(s: Situation, { settings }: Context): string {
  const alone = { ...s, destination: null };
  const newest = s.probe?.state === 'listed' ? newestIn(s, s.probe.snapshots)?.id : s.indexed?.id;
  const found = capacityOf(alone, settings);
  const spec: DestinationSpec | null = found && wantedSpec(alone, settings, found.capacity);
  return hash(JSON.stringify([newest?.slice(0, 8), s.base?.version, spec]))
    .toString(16)
    .padStart(8, '0');
}
