/** The state of a restore point: design section 5 as code. Reasons of gates come in as the last word on what is not warm. */
import type { Backup, RestorePoint } from '../../decisions.ts';
import { ANNOTATION, MANAGED_BY, PRODUCT } from '../../naming.ts';
import type { Reason } from '../../reasons.ts';
import { indexWordOf } from '../../index/word.ts';
import { isMissingFromListing, missedListings } from '../facts/backup.ts';
import { heldBy, type Holding } from '../facts/contents.ts';
import type { Situation } from '../facts/situation.ts';
import type { ImageState, Sync } from '../facts/sync.ts';
import { shortId } from '../../restic/ids.ts';

export interface Seen {
  backup: Backup;
  sync: Sync;
  image: ImageState;
  holding: Holding;
  /** why nothing is created or asked for: the first closed gate, or null */
  gate: Reason | null;
  /** the empty image is the second one for the newest snapshot: no third try */
  secondEmpty: boolean;
}

type Verdict = Pick<RestorePoint, 'state' | 'reason'>;

/** Decides on the restore point; `wave` is set later, when all claims are known. */
export function restorePointOf(s: Situation, seen: Seen): RestorePoint {
  const holds = heldBy(seen.holding);
  return {
    ...verdictOf(s, seen),
    image: s.destination?.latestImage?.name ?? null,
    holds,
    lagSeconds: lagOf(s, seen.backup, holds),
    admissible: isAdmissible(s),
    wave: null,
  };
}

function verdictOf(s: Situation, seen: Seen): Verdict {
  if (s.destination === null) return { state: 'cold', reason: nothingThere(s, seen) };
  if (!s.steered) return { state: 'blocked', reason: 'destination-foreign' };
  if (seen.holding.state === 'empty')
    return seen.secondEmpty ? { state: 'blocked', reason: 'image-empty' } : { state: 'suspect', reason: 'image-empty' };
  if (seen.sync.state === 'syncing') return whileSyncing(seen.sync.trouble, seen.image === 'ready');
  return whileIdle(seen);
}

function nothingThere(s: Situation, { backup, gate }: Seen): Reason {
  if (backup.state !== 'present') return backup.reason;
  // Present still, by what is remembered: it takes three listings without it.
  const isMissed = s.listed.state === 'not-looked' ? missedListings(s).count > 0 : isMissingFromListing(s);
  return gate ?? (isMissed ? 'repository-empty' : 'queued');
}

function whileSyncing(trouble: 'sync-failing' | 'sync-stuck' | null, usable: boolean): Verdict {
  if (usable) return { state: 'stale', reason: trouble ?? 'sync-in-progress' };
  return trouble === null ? { state: 'warming', reason: 'sync-in-progress' } : { state: 'blocked', reason: trouble };
}

function whileIdle({ image, holding, backup, gate }: Seen): Verdict {
  switch (image) {
    case 'none':
    case 'missing':
      return { state: 'cold', reason: lastingGate(gate) ?? 'image-missing' };
    case 'direct':
      return { state: 'blocked', reason: 'image-direct' };
    case 'not-ready':
      return { state: 'cold', reason: lastingGate(gate) ?? 'image-not-ready' };
    case 'ready':
      break;
  }
  if (holding.state !== 'proven') return { state: 'stale', reason: 'image-unproven' };
  const newest = backup.newest === null ? holding.id : shortId(backup.newest.id);
  return newest === holding.id ? { state: 'warm', reason: null } : { state: 'stale', reason: gate };
}

/** The gate that stays closed until somebody does something about it: then no other image will come either. */
function lastingGate(gate: Reason | null): Reason | null {
  if (gate === null) return null;
  return gate === 'credentials-missing' || indexWordOf({ state: 'cold', reason: gate }) !== 'attach' ? gate : null;
}

/** Newest snapshot minus held snapshot, by the bucket's times; never against the clock. */
function lagOf(s: Situation, backup: Backup, holds: string | null): number | null {
  if (holds === null || backup.newest === null) return null;
  if (shortId(backup.newest.id) === holds) return 0;
  const listed =
    s.probe?.state === 'listed' ? s.probe.snapshots.find((one) => shortId(one.id) === holds)?.at : undefined;
  const noted = Date.parse(s.destination?.annotations[ANNOTATION.verifiedSnapshotAt] ?? '');
  const held = listed ?? noted;
  return backup.newest.at === null || Number.isNaN(held)
    ? null
    : Math.max(0, Math.round((backup.newest.at - held) / 1000));
}

/** The shipped `restore` policy's own conditions on the destination, word for word. */
function isAdmissible({ destination: d }: Situation): boolean {
  return (
    d !== null &&
    d.labels[MANAGED_BY] === PRODUCT &&
    !d.deleting &&
    d.latestImage?.kind === 'VolumeSnapshot' &&
    d.annotations[ANNOTATION.suspectImage] !== d.latestImage.name
  );
}
