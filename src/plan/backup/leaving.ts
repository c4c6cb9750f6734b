/** When a source of ours goes: with its claim, and never while a mover of it works. */
import type { Action } from '../../decisions.ts';
import { readSaved } from '../../restic/log-lines.ts';
import { shortId } from '../../restic/ids.ts';
import type { Source } from '../../source.ts';
import type { Context } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';
import { moverOf, savedIsListed } from './syncs.ts';

/**
 * A source goes with its claim: the next claim of the name must not be backed up before its start is judged. It goes once no
 * mover of it runs, the claim is known to be another or gone, and the index knows the newest snapshot that it has saved.
 */
export function removalOf(judged: JudgedClaim, ours: Source, context: Context): Action[] {
  const { namespace, claim, backup } = judged;
  const { bucket, cluster } = context;
  if (ours.deleting || (moverOf(ours, cluster)?.active ?? 0) > 0) return [];
  const saved = readSaved(ours.moverLogs);
  const isKnown =
    backup.newest === null
      ? saved === null
      : knowsNewest(judged, shortId(backup.newest.id), saved) &&
        (saved === null || isSeen(judged, ours, saved, bucket));
  if (!hasLeft(judged, ours, context) || !isKnown) return [];
  const remove = { uid: ours.uid, resourceVersion: ours.resourceVersion };
  return [{ kind: 'delete-source', namespace, claim, remove }];
}

/** The index knows what it has saved, or something newer: another source may go on saving in every minute. */
function knowsNewest({ indexed, probe }: JudgedClaim, newest: string, saved: string | null): boolean {
  if (indexed === null) return false;
  if (indexed.id === newest) return true;
  const own = probe?.state === 'listed' ? probe.snapshots.find(({ id }) => shortId(id) === saved) : undefined;
  return own !== undefined && indexed.at !== null && indexed.at >= own.at;
}

/** What it saved was seen, or is gone from a listing that is younger than its last sync: somebody else's policy has let it go. */
function isSeen(judged: JudgedClaim, { lastSyncAt }: Source, saved: string, { startedAt }: Context['bucket']): boolean {
  const isListedSince = judged.probe?.state === 'listed' && lastSyncAt !== null && lastSyncAt < startedAt;
  return isListedSince || savedIsListed(judged, saved);
}

/** Its claim is another one, or gone, or asks for no backup any more and the settings say that its source goes then. */
function hasLeft(
  { key, claimObject }: JudgedClaim,
  { memory }: Source,
  { cluster, settings }: Pick<Context, 'cluster' | 'settings'>,
): boolean {
  if (claimObject !== null) return memory.claimUid !== claimObject.uid;
  // In the list of all claims without its label: it is there, and only --prune takes its source.
  const other = cluster.otherClaims.get(key);
  const isItsOwn = other !== undefined && (memory.claimUid ?? other.uid) === other.uid;
  return !isItsOwn || settings.prune;
}

/**
 * Its claim has left it, and its backups fail: each retry saves a volume that is nobody's any more. Between two of them no mover
 * works, and then it goes. A run that looks once in a period can find a mover at work every time; one that waits cannot.
 */
export function isLeaving(judged: JudgedClaim, context: Context): boolean {
  const ours = judged.sources.find(({ managed }) => managed);
  if (ours === undefined || ours.deleting || !hasLeft(judged, ours, context)) return false;
  const mover = moverOf(ours, context.cluster);
  return mover !== null && mover.active > 0 && mover.failed > 0;
}
