/** Checks that every source writes where the program looks: a backup that nobody sees is not given back (C01). */
import type { ClusterView } from '../model.ts';
import { joinRepositories } from '../plan/facts/repositories-joined.ts';
import { isReachable, type Repository } from '../plan/facts/repositories.ts';
import type { Settings } from '../settings/settings.ts';
import { cureOf, ok, wrong, type Check } from './check.ts';

const CHECK = 'repositories';

/**
 * One check for each source that writes where nobody looks: a failure when nothing of its claim is looked at, else a warning.
 * @param view with the places that the Secrets of sources and destinations name
 */
export function repositoryChecks(view: ClusterView, settings: Settings): Check[] {
  const checks: Check[] = [];
  let looked = 0;
  for (const [claim, repositories] of joinRepositories(view, settings).repositories) {
    const written = repositories.filter(({ sources }) => sources.length > 0);
    const isSeen = written.some(isReachable);
    for (const one of written) {
      if (isReachable(one)) looked += one.sources.length;
      else checks.push(...one.sources.map((source) => unseen(claim, source, one, isSeen)));
    }
  }
  if (checks.length > 0) return checks;
  return [ok(CHECK, looked === 0 ? 'no source names a Secret of your own' : `${looked} sources write where runs look`)];
}

function unseen(claim: string, source: string, { where, shown }: Repository, isSeen: boolean): Check {
  const namespace = claim.slice(0, claim.indexOf('/'));
  const place = shown === '' ? 'no address' : shown;
  const also = isSeen ? '; another repository of the claim is looked at' : '';
  const message = `the source of ${claim} writes to ${place}, where runs do not look${also}`;
  return wrong(isSeen ? 'warning' : 'failed', `source ${namespace}/${source}`, message, wayOut(where));
}

/** The exact setting for another S3 server; what cannot be helped is said. */
function wayOut(where: Repository['where']): string {
  if (where.kind !== 'out-of-reach') return cureOf('repository-elsewhere');
  const { address } = where;
  if (address.backend === 's3')
    return `If it is the server that is listed: --endpoint-alias ${address.host}. If it is another one: --allow-endpoints ${address.host}, with the keys of that Secret.`;
  if (address.backend === 'none') return 'Give the Secret that the source names a RESTIC_REPOSITORY.';
  return `Runs read only S3, and this is ${address.backend}: let a second source write to an S3 bucket, or leave the claim to VolSync alone.`;
}
