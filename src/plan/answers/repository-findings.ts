/** What the sources and the destination of a claim name, and what is not as it should be there. */
import type { Finding } from '../../decisions.ts';
import { shortId } from '../../restic/ids.ts';
import type { Repository } from '../facts/repositories.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';
import { isTagReset } from '../restore/next-step.ts';
import { isFirstInstall } from '../restore/restore-point.ts';
import { newerFindings } from './newer-findings.ts';

/** The findings about one claim's repositories, its Secret, and what its destination holds. */
export function repositoryFindings(claim: JudgedClaim): Finding[] {
  const {
    repository,
    repositories,
    credentials,
    destination,
    backup,
    contents,
    rivals,
    sharedWith,
    key: about,
  } = claim;
  const findings: Finding[] = [];
  for (const { where, shown } of repositories.length > 0 ? repositories : known(repository)) {
    if (where.kind !== 'out-of-reach') continue;
    findings.push({ reason: 'repository-elsewhere', about, message: `not listed: ${shown || 'no address'}` });
  }
  if (sharedWith !== null) {
    const message = `a source of ${sharedWith} writes into the same repository`;
    findings.push({ reason: 'repository-shared-by-claims', about, message });
  }
  findings.push(...newerFindings(claim));
  for (const { name } of rivals)
    findings.push({ reason: 'destination-second', about, message: `${name} is left alone` });
  if (credentials?.state === 'own')
    findings.push({ reason: 'credentials-own', about, message: 'a Secret of your own opens its repository' });
  const id = backup.newest === null ? null : shortId(backup.newest.id);
  if (destination !== null && id !== null && isTagReset(destination, id)) {
    const message = `trigger.manual of ${destination.name} is ${destination.manual ?? 'gone'} again`;
    findings.push({ reason: 'tag-reset', about, message });
  }
  if (contents.state === 'empty' && !isFirstInstall(claim))
    findings.push({ reason: 'image-empty', about, message: emptiness(claim) });
  return findings;
}

/** Somebody else's image is marked, and kept from claims, only where there is a backup that it lacks. */
function emptiness({ contents, destination, backup, unsteered }: JudgedClaim): string {
  const found = 'the restore found nothing, so the image is empty';
  const isLeft = contents.state === 'empty' && contents.fresh && destination?.managed === false;
  if (isLeft && backup.state === 'unknown')
    return `${found}; whether there is a backup cannot be seen, so ${destination.name} is left as it is, and a claim that names it starts empty`;
  if (isLeft && unsteered !== null)
    return `${found}; ${destination.name} is left alone (${unsteered}), so a claim that names it starts without its backup`;
  return `${found} and is never attached`;
}

function known(repository: Repository | null): readonly Repository[] {
  return repository === null ? [] : [repository];
}

/** So many folders are named; the others are counted. */
const MOST_NAMED = 10;

/** Repositories at another depth that no source and no destination in the cluster names. */
export function unclaimedRepositories(claims: readonly JudgedClaim[], misplaced: readonly string[]): Finding[] {
  if (misplaced.length === 0) return [];
  const named = new Set(claims.flatMap(({ repository, repositories }) => pathsOf([...repositories, repository])));
  const unclaimed = misplaced.filter((folder) => !named.has(folder));
  if (unclaimed.length === 0) return [];
  const shown = unclaimed.slice(0, MOST_NAMED).map((folder) => (folder === '' ? 'the bucket itself' : folder));
  const more = unclaimed.length > shown.length ? `, and ${unclaimed.length - shown.length} more` : '';
  const message = `repositories at another depth than namespace and claim: ${shown.join(', ')}${more}`;
  return [{ reason: 'repository-unclaimed', about: 'bucket', message }];
}

function pathsOf(repositories: readonly (Repository | null)[]): string[] {
  return repositories.flatMap((one) => (one?.where.kind === 'referenced' ? (one.where.path ?? []) : []));
}
