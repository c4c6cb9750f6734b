/**
 * Which repositories and credentials are worth a request. One for each claim in each run would not scale, so a request
 * is made only where something can have changed, or where it is this run's turn.
 */
import type { ClaimRef, Destination, Instant, SnapshotObject } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import { readSaved } from '../../restic/log-lines.ts';
import { missedListings } from '../facts/backup.ts';
import type { Context, Situation } from '../facts/situation.ts';
import type { Writer } from '../facts/writers.ts';
import { credentialsWanted } from './credentials-wanted.ts';
import { isNewcomer } from './newcomers.ts';
import { beganAs } from '../backup/beginning.ts';
import { wantsPods } from '../backup/pod-user.ts';
import { doubtBehind } from '../facts/held-before.ts';
import { isBackupDue } from '../restore/prime-notes.ts';
import { isTooLarge } from '../restore/wanted-spec.ts';
import { newestIn } from '../facts/copied.ts';
import { turnHasCome } from '../facts/turns.ts';

/** Up to this many repositories without a source are listed in every run. If there are more, each is listed once an hour. */
const ALWAYS_PROBED = 200;

/** Whether this repository's `snapshots/` must be listed (again) in this pass. `turn`: it has no source, and its turn has come. */
export function wantsProbe(s: Situation, turn: boolean, now: number, undecided = false): boolean {
  if (s.listed.state !== 'yes') return false;
  // The log of a finished sync names a snapshot that an earlier listing of this run does not have: list again before judging.
  if (s.probe?.state === 'listed') return s.contents.state === 'unlisted';
  // An earlier listing did not show its snapshots. Its folder proves nothing, since an emptied repository keeps it.
  if (missedListings(s).count > 0 || s.changedFrom !== null) return true;
  // The index remembers repositories whose namespace is missing; they are listed in their turn.
  if (s.namespaceObject === null && s.indexed !== null) return turn;
  const { destination, writers } = s;
  if (destination === null || !s.steered || undecided || hasLeftSource(s)) return true;
  if (isWatched(s, now) || isUnproven(s)) return true;
  return writers.length === 0 ? turn : writers.some((writer) => hasMoved(writer, destination));
}

/** Its image is not ready, not proven, or does not fit. */
function isUnproven(s: Situation): boolean {
  return s.imageState !== 'ready' || s.contents.state !== 'proven' || isTooLarge(s);
}

/** What its sources say that they saved does not count, so only a look tells whether anything has been saved since that does. */
function isHeldBefore(s: Situation): boolean {
  const doubt = doubtBehind(s);
  return doubt !== null && s.indexed?.id === doubt.newest;
}

/** A source of ours goes with its claim once the newest snapshot is known. */
function hasLeftSource({ sources, claimObject }: Situation): boolean {
  return sources.some(({ managed, memory }) => managed && memory.claimUid !== claimObject?.uid);
}

/** Something is expected of it: a restore that runs or is tried again, a claim that waits, or a backup that was due. */
function isWatched(s: Situation, now: number): boolean {
  return s.sync.state === 'syncing' || s.sync.state === 'paused' || s.waits || isHeldBefore(s) || isBackupDue(s, now);
}

function hasMoved({ source, mover }: Writer, destination: Destination): boolean {
  if ((source.lastSyncAt ?? 0) > (destination.lastSyncAt ?? 0)) return true;
  if (mover !== null && mover.failed > 0) return true;
  const saved = readSaved(source.moverLogs);
  return saved !== null && saved !== destination.memory.verified?.id;
}

/**
 * Picks the repositories without a source whose turn it is: all of them while they are few.
 * @param writtenAt the start of the listing from which the index was written; null = never
 */
export function turnsOf(
  situations: readonly Situation[],
  now: Instant,
  writtenAt: Instant | null,
): ReadonlySet<string> {
  const sourceless = situations.filter((s) => s.writers.length === 0 && s.listed.state === 'yes');
  return new Set(inTurn(sourceless, now, writtenAt).map((s) => s.key));
}

/**
 * Picks the newcomers that are not looked into in this run: where one namespace has very many, they have their turn like
 * everything else, and hold up nobody's look.
 */
export function putOff(situations: readonly Situation[], now: Instant, writtenAt: Instant | null): ReadonlySet<string> {
  const newcomers = situations.filter((s) => s.listed.state === 'yes' && isNewcomer(s));
  if (newcomers.length <= ALWAYS_PROBED) return new Set();
  const groups = Object.values(Object.groupBy(newcomers, ({ namespace }) => namespace));
  const looked = new Set(groups.flatMap((group = []) => inTurn(group, now, writtenAt)));
  return new Set(newcomers.filter((s) => !looked.has(s)).map((s) => s.key));
}

/** Every turn since the index was last written has come: none is left out, whatever the schedule of the runs. */
function inTurn(all: readonly Situation[], now: Instant, writtenAt: Instant | null): readonly Situation[] {
  if (all.length <= ALWAYS_PROBED) return all;
  const hasCome = turnHasCome(writtenAt, now, 1);
  return all.filter((s) => hasCome(s.key));
}

/** The order in which repositories are looked into: those that a claim waits for, those that are known, and then the others. */
export function byUrgency(a: Situation, b: Situation): number {
  return placeInLine(a) - placeInLine(b);
}

function placeInLine(s: Situation): number {
  return Number(!s.waits) + Number(isNewcomer(s));
}

/** Whether the locks matter, now that the snapshots are known: only where a restore may be started. */
export function wantsLocks(s: Situation, snapshots: readonly SnapshotObject[]): boolean {
  const newest = newestIn(s, snapshots);
  if (newest === null) return false;
  if (s.source?.moverResult === 'Failed' || (s.sourceMover?.failed ?? 0) > 0) return true;
  const d = s.destination;
  if (d === null) return true;
  const id = shortId(newest.id);
  const settled = d.memory.verified?.id === id || d.asked?.id === id;
  return !settled || s.imageState !== 'ready' || isTooLarge(s);
}

/**
 * Which objects are read one by one. Credentials: where a destination is to be made, where the base credentials have changed,
 * and where VolSync reports an error. In a steady state none.
 */
export function lookupsWanted(situations: readonly Situation[], context: Context): Lookups {
  const wanted: Lookups = { bases: new Set(), repositories: [], remembered: [], volumes: [], pods: [] };
  for (const s of situations) {
    const ref = { namespace: s.namespace, claim: s.claim };
    if (wantsVolume(s, context)) wanted.volumes.push({ ...ref, volumeName: s.claimObject?.volumeName ?? null });
    if (wantsPods(s, context)) wanted.pods.push(ref);
    const how = credentialsWanted(s, context);
    if (how === null) continue;
    wanted.bases.add(s.namespace);
    if (s.destination?.managed !== false) wanted[how === 'read' ? 'repositories' : 'remembered'].push(ref);
  }
  return wanted;
}

/** Objects that are read one by one, since a list of them would be too much. */
export interface Lookups {
  /** namespaces whose base credentials are read */
  bases: Set<string>;
  /** claims whose repository credentials are read */
  repositories: ClaimRef[];
  /** those for which it is enough what this run has read or written last */
  remembered: ClaimRef[];
  /** claims whose PersistentVolume says what it was filled from */
  volumes: (ClaimRef & { volumeName: string | null })[];
  /** claims whose pods tell as whom their movers should run */
  pods: ClaimRef[];
}

/** It is not known yet how this bound claim began. */
export function isUndecided(s: Situation, context: Pick<Context, 'bucket' | 'cluster'>): boolean {
  const { claimObject: claim } = s;
  if (!s.live || claim === null || s.excluded) return false;
  return beganAs(s, claim, context).origin === null;
}

function wantsVolume(s: Situation, context: Context): boolean {
  const { claimObject: claim } = s;
  if (claim === null || !s.live || s.excluded || context.cluster.volumes.has(s.key)) return false;
  return beganAs(s, claim, context).wantsVolume;
}
