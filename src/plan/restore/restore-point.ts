/** The state of a restore point (docs/reference/verdicts.md). The blocker gives the reason of what is not warm. */
import type { RestorePoint } from '../../decisions.ts';
import { meaningOf, type Reason } from '../../reasons.ts';
import { isAttachable } from '../facts/attachable.ts';
import { isMissingFromListing, missedListings } from '../facts/backup.ts';
import { heldBy } from '../facts/contents.ts';
import { isMadeFresh } from '../facts/fresh.ts';
import { isSecondEmpty } from './deletion.ts';
import type { KnownClaim } from './judged-claim.ts';
import { bestOf } from './restorable.ts';
import { shortId } from '../../restic/ids.ts';

type Verdict = Pick<RestorePoint, 'state' | 'reason'>;

/** Decides on the state. `wave` is set later, when all claims are known. */
export function restorePointOf(s: KnownClaim): RestorePoint {
  const holds = heldBy(s.contents);
  const { state, reason } = verdictOf(s);
  return {
    state,
    reason,
    image: s.destination?.latestImage?.name ?? null,
    holds,
    lagSeconds: lagOf(s, holds),
    admissible: s.destination !== null && isAttachable(s.destination),
    wave: null,
  };
}

function verdictOf(s: KnownClaim): Verdict {
  const { sync, contents, imageState } = s;
  if (s.destination === null) return { state: 'cold', reason: nothingThere(s) };
  if (s.unsteered !== null) return { state: 'blocked', reason: s.unsteered };
  if (isMadeFresh(s)) return { state: 'warming', reason: 'serving-fresh' };
  if (s.sharedWith !== null) return { state: 'blocked', reason: 'repository-shared-by-claims' };
  if (s.elsewhere !== null && s.backup.state === 'present') return { state: 'blocked', reason: 'newer-elsewhere' };
  if (contents.state === 'empty' && isRightlyEmpty(s)) return { state: 'warm', reason: 'repository-empty' };
  if (contents.state === 'empty') return { state: isSecondEmpty(s) ? 'blocked' : 'suspect', reason: contents.why };
  if (sync.state === 'paused') return whileSyncing('sync-failing', imageState === 'ready');
  if (sync.state === 'syncing') return whileSyncing(sync.trouble, imageState === 'ready');
  return whileIdle(s);
}

/** Somebody else's destination of a first install: there is no backup, and it holds all that there is. */
export function isFirstInstall({ destination, backup, elsewhere }: KnownClaim): boolean {
  return destination?.managed === false && backup.state === 'absent' && elsewhere === null;
}

/** The same, and it can be used. */
export function isRightlyEmpty(s: KnownClaim): boolean {
  return isFirstInstall(s) && s.imageState === 'ready' && s.sync.state === 'idle';
}

function nothingThere(s: KnownClaim): Reason {
  if (s.backup.state !== 'present') return s.backup.reason;
  // Still present by memory, until three listings in a row do not show it.
  const isMissed = s.listed.state === 'not-looked' ? missedListings(s).count > 0 : isMissingFromListing(s);
  return s.blocker ?? (isMissed ? 'repository-empty' : 'queued');
}

function whileSyncing(trouble: 'sync-failing' | 'sync-stuck' | null, usable: boolean): Verdict {
  if (usable) return { state: 'stale', reason: trouble ?? 'sync-in-progress' };
  return trouble === null ? { state: 'warming', reason: 'sync-in-progress' } : { state: 'blocked', reason: trouble };
}

function whileIdle(s: KnownClaim): Verdict {
  const { imageState, contents, blocker } = s;
  switch (imageState) {
    case 'none':
    case 'missing':
      return { state: 'cold', reason: lastingBlocker(blocker) ?? 'image-missing' };
    case 'direct':
      return { state: 'blocked', reason: 'image-direct' };
    case 'not-ready':
      return { state: 'cold', reason: lastingBlocker(blocker) ?? 'image-not-ready' };
    case 'ready':
      break;
  }
  if (s.changedFrom !== null) return { state: 'stale', reason: 'repository-changed' };
  if (contents.state === 'unlisted' && s.probe?.state === 'listed')
    return { state: 'stale', reason: 'snapshot-unlisted' };
  if (contents.state !== 'proven') return { state: 'stale', reason: 'image-unproven' };
  // The image holds what the bucket has lost: it is the last copy, and its claim is frozen.
  if (blocker === 'snapshots-vanished') return { state: 'stale', reason: blocker };
  return bestOf(s) === contents.id ? { state: 'warm', reason: null } : { state: 'stale', reason: blocker };
}

/** The blocker that stays until a person acts. Until then no other image will be made. */
function lastingBlocker(blocker: Reason | null): Reason | null {
  return blocker === null || meaningOf(blocker).passes ? null : blocker;
}

/** Time of the newest snapshot minus time of the held one, both from the bucket, never from a clock. */
function lagOf({ probe, backup, destination }: KnownClaim, holds: string | null): number | null {
  if (holds === null || backup.newest === null) return null;
  if (shortId(backup.newest.id) === holds) return 0;
  const listed = probe?.state === 'listed' ? probe.snapshots.find((one) => shortId(one.id) === holds)?.at : undefined;
  const held = listed ?? destination?.memory.verified?.at ?? null;
  return backup.newest.at === null || held === null ? null : Math.max(0, Math.round((backup.newest.at - held) / 1000));
}
