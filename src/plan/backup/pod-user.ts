/** Whose pods are looked at, to see as whom they run: for movers whose user nobody has named, and whose namespace lets none be root. */
import { namesUser } from '../../mover-spec.ts';
import { isMoverFailing } from '../facts/busy.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { firstBlocker } from '../restore/blockers.ts';
import { carriedBy } from './wanted-source.ts';

/**
 * Once for each claim, when its source is about to be made. What its pods tell is remembered on the source; where no pod used it
 * then, they are looked at again only while a mover fails.
 */
export function wantsPods(s: Situation, context: Context): boolean {
  if (context.settings.sources === 'off' || context.frozen !== null || s.listed.state === 'unknown') return false;
  if (s.excluded || s.base === null || s.namespaceObject?.privilegedMovers !== false) return false;
  const { claimObject: claim } = s;
  return s.live && claim?.moverUser === null && claim.volumeMode !== 'Block' && isOpen(s, context);
}

/** Nothing has told a user for the source that is to be made, or for the one whose mover fails. */
function isOpen(s: Situation, context: Context): boolean {
  const { claimObject, sources } = s;
  const ours = sources.find(({ managed }) => managed);
  if (ours === undefined)
    return sources.length === 0 && !isTold(s) && firstBlocker(s, context, 'credentials-incomplete') === null;
  const { podUser, claimUid } = ours.memory;
  return podUser === null && claimUid === claimObject?.uid && !namesUser(ours.spec.moverSpec) && isMoverFailing(s);
}

/** The destination or the claim record names a user. */
function isTold(s: Situation): boolean {
  const told = carriedBy(s, null);
  return told !== null && namesUser(told);
}
