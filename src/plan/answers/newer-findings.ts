/** A newer snapshot in another repository of a claim: which one, where, and the command that goes on without it. */
import type { Finding } from '../../decisions.ts';
import { acceptCommand } from '../facts/accept-command.ts';
import type { Elsewhere } from '../facts/elsewhere.ts';
import { newestHere } from '../facts/elsewhere.ts';
import { shortId } from '../../restic/ids.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

/** One finding, or none. */
export function newerFindings(claim: JudgedClaim): Finding[] {
  const { elsewhere, key: about } = claim;
  if (elsewhere === null) return [];
  const accepts = wayOut(claim, elsewhere);
  const message = [messageOf(claim, elsewhere), ...(accepts === null ? [] : [`to go on without it: ${accepts}`])];
  return [{ reason: 'newer-elsewhere', about, message: message.join('; ') }];
}

function messageOf(claim: JudgedClaim, { snapshot, repository }: Elsewhere): string {
  if (snapshot === null) return 'as the last run has seen; it could not be looked at again';
  const here = newestHere(claim);
  const older = here === null || here === 'none' ? 'nothing' : `${here.id} of ${new Date(here.at).toISOString()}`;
  const writer = repository.sources.length === 0 ? '' : `, where ${repository.sources.join(' and ')} writes`;
  return `${shortId(snapshot.id)} of ${new Date(snapshot.at).toISOString()} is in ${repository.shown}${writer}; the repository that the claim is restored from holds ${older}`;
}

/** Null while nobody knows what would be accepted, or where. */
function wayOut(claim: JudgedClaim, { snapshot }: Elsewhere): string | null {
  const { claimObject, destination } = claim;
  const here = newestHere(claim);
  const accepted = here === 'none' ? claimObject?.uid : here?.id;
  if (accepted === undefined || snapshot === null) return null;
  return claimObject === null && destination === null ? null : acceptCommand(claim, accepted);
}
