/** What the sources and the destination of a claim name, and what is not as it should be there. */
import type { Finding } from '../../decisions.ts';
import { shortId } from '../../restic/ids.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';
import { isTagReset } from '../restore/next-step.ts';
import { isRightlyEmpty } from '../restore/restore-point.ts';

/** The findings about one claim's repositories, its Secret, and what its destination holds. */
export function repositoryFindings(claim: JudgedClaim): Finding[] {
  const { repository, credentials, destination, backup, contents, key: about } = claim;
  const findings: Finding[] = [];
  if (repository?.where.kind === 'out-of-reach') {
    const message = `not listed: ${repository.shown === '' ? 'no address' : repository.shown}`;
    findings.push({ reason: 'repository-elsewhere', about, message });
  }
  if (credentials?.state === 'own')
    findings.push({ reason: 'credentials-own', about, message: 'a Secret of your own opens its repository' });
  const id = backup.newest === null ? null : shortId(backup.newest.id);
  if (destination !== null && id !== null && isTagReset(destination, id)) {
    const message = `trigger.manual of ${destination.name} is ${destination.manual ?? 'gone'} again`;
    findings.push({ reason: 'tag-reset', about, message });
  }
  if (contents.state === 'empty' && !isRightlyEmpty(claim)) {
    const message = 'the restore found nothing, so the image is empty and is never attached';
    findings.push({ reason: 'image-empty', about, message });
  }
  return findings;
}
