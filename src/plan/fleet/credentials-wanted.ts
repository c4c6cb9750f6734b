/**
 * Whose repository credentials are read: where something is to be made or asked for with them, where the base credentials have
 * changed, and on every doubt. In a steady state nobody's.
 */
import type { BaseCredentials } from '../../model.ts';
import { readSaved } from '../../restic/log-lines.ts';
import { shortId } from '../../restic/ids.ts';
import { backupOf } from '../facts/backup.ts';
import { isRememberedBySource } from '../facts/busy.ts';
import { mayStartEmpty } from '../facts/fresh.ts';
import { hasOwnCredentials, type Context, type Situation } from '../facts/situation.ts';
import { firstBlocker } from '../restore/blockers.ts';
import { nextStepOf } from '../restore/next-step.ts';

/** `read`: they may have changed; `remembered`: what this run has read or written last will do; null = nobody needs them. */
export function credentialsWanted(s: Situation, context: Context): 'read' | 'remembered' | null {
  const { base } = s;
  if (base === null || hasOwnCredentials(s)) return null;
  const isRead = isMade(s) || isInDoubt(s, base) || wantsSource(s, base, context);
  if (!isRead && !isJustProven(s) && !isAskedNext(s, context)) return null;
  if (firstBlocker(s, context, 'credentials-incomplete') !== null) return null;
  return isRead ? 'read' : 'remembered';
}

/** A destination is to be made: for a backup, or for a claim whose empty start is accepted. */
function isMade(s: Situation): boolean {
  if (s.destination !== null) return false;
  if (mayStartEmpty(s)) return true;
  return s.probe?.state === 'listed' && s.probe.snapshots.length > 0 && !isRememberedBySource(s);
}

/** Something does not fit: the base has changed, VolSync reports an error, or an image or a backup is of another repository. */
function isInDoubt(s: Situation, base: BaseCredentials): boolean {
  const { destination: d, contents, probe } = s;
  if (s.listed.state !== 'yes') return false;
  if (s.writers.some(({ source }) => hasSavedElsewhere(source.moverLogs, s))) return true;
  if (d === null || !s.steered) return false;
  if (d.memory.baseVersion !== base.version || d.condition?.reason === 'Error') return true;
  return contents.state === 'empty' || (contents.state === 'unlisted' && probe?.state === 'listed');
}

/** A backup has just said that it saved a snapshot, and the repository does not have it. */
function hasSavedElsewhere(moverLogs: string, { probe }: Situation): boolean {
  const saved = readSaved(moverLogs);
  return saved !== null && probe?.state === 'listed' && !probe.snapshots.some(({ id }) => shortId(id) === saved);
}

/** The mover has succeeded, so its password is proven. */
function isJustProven({ contents, destination }: Situation): boolean {
  return destination?.managed === true && contents.state === 'proven' && contents.fresh;
}

/** A sync is about to be asked for: the credentials must name the claim's own repository. */
function isAskedNext(s: Situation, context: Context): boolean {
  if (s.probe?.state !== 'listed') return false;
  const known = { ...s, backup: backupOf(s, context), blocker: firstBlocker(s, context) };
  return nextStepOf(known, context, {})?.syncs === true;
}

/** A source is to be made for it, or the one of ours follows other base credentials, or VolSync waits for its Secret. */
function wantsSource(s: Situation, base: BaseCredentials, { settings, now }: Context): boolean {
  if (settings.sources === 'off' || !s.live || s.excluded) return false;
  const ours = s.sources.find(({ managed }) => managed);
  if (ours === undefined)
    return s.sources.length === 0 && s.claimObject !== null && s.claimObject.volumeMode !== 'Block';
  const isStuck = ours.lastSyncStartAt !== null && now - ours.lastSyncStartAt > STARTS_WITHIN && s.sourceMover === null;
  return isStuck || (s.destination === null && ours.memory.baseVersion !== base.version);
}

/** VolSync makes the Job of a backup within this time, unless a Secret is missing or the volume is being copied. */
const STARTS_WITHIN = 2 * 60_000;
