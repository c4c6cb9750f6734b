/** All repositories of a claim as they are reported: where each is, who writes there, and what this run has seen in it. */
import type { RepositoryReport } from '../../decisions.ts';
import type { Probe } from '../../model.ts';
import { maskAddress } from '../../restic/address-text.ts';
import type { Settings } from '../../settings/settings.ts';
import { newestOf } from '../facts/newest.ts';
import type { Repository } from '../facts/repositories.ts';
import type { KnownClaim } from '../restore/judged-claim.ts';

/** The primary one first. No address holds userinfo. */
export function repositoriesTold(claim: KnownClaim, settings: Settings): RepositoryReport[] {
  const { repository, further, writers, backup, probe, listed } = claim;
  const primary: RepositoryReport = {
    address: addressOf(claim, repository, settings),
    primary: true,
    seen: listed.state === 'no' ? 'listed' : seenBy(repository, probe),
    newest: backup.newest,
    sources: writers.map(({ source }) => source.name).sort(),
  };
  return [
    primary,
    ...further.map((one): RepositoryReport => ({
      address: addressOf(claim, one.repository, settings),
      primary: false,
      seen: seenBy(one.repository, one.probe),
      newest: one.probe?.state === 'listed' ? newestOf(one.probe.snapshots) : null,
      sources: [...one.repository.sources].sort(),
    })),
  ];
}

function seenBy(repository: Repository | null, probe: Probe | null): RepositoryReport['seen'] {
  if (repository?.where.kind === 'out-of-reach') return 'elsewhere';
  if (probe === null) return 'not-looked';
  return probe.state === 'listed' ? 'listed' : 'failed';
}

/** Null for what is no address: its Secret is not there, or names none. */
function addressOf(
  { namespace, claim }: KnownClaim,
  repository: Repository | null,
  { endpoint, bucket, prefix }: Settings,
): string | null {
  if (repository === null || (repository.where.kind === 'layout' && repository.key === null))
    return maskAddress(`s3:${endpoint ?? 'https://s3.amazonaws.com'}/${bucket}/${prefix}${namespace}/${claim}`);
  const { where, shown } = repository;
  return where.kind === 'out-of-reach' && where.address.backend === 'none' ? null : shown;
}
