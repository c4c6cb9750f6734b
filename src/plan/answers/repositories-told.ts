/** All repositories of a claim as they are reported: where each is, who writes there, and what this run has seen in it. */
import type { RepositoryReport } from '../../decisions.ts';
import type { Probe } from '../../model.ts';
import { maskAddress } from '../../restic/address-text.ts';
import type { ListedPlace } from '../../restic/listed-place.ts';
import { newestOf } from '../facts/newest.ts';
import type { Repository } from '../facts/repositories.ts';
import type { KnownClaim } from '../restore/judged-claim.ts';

/** The address of a claim's place by the layout, as it is shown. */
export type LayoutAddress = (claim: Pick<KnownClaim, 'key'>) => string;

/** What nothing has to be masked or escaped in. */
const PLAIN = /^[a-z0-9./-]{1,150}$/;

/** For many claims: what all their addresses begin with is looked at once. */
export function layoutAddresses({ endpoint, bucket, prefix }: ListedPlace): LayoutAddress {
  const base = `s3:${endpoint ?? 'https://s3.amazonaws.com'}/${bucket}/${prefix}`;
  const isPlain = base.length <= 100 && maskAddress(`${base}a/a`) === `${base}a/a`;
  return ({ key }) => (isPlain && PLAIN.test(key) ? base + key : maskAddress(base + key));
}

/** The primary one first. No address holds userinfo. */
export function repositoriesTold(claim: KnownClaim, layoutAddress: LayoutAddress): RepositoryReport[] {
  const { repository, further, writers, backup, probe, listed } = claim;
  const primary: RepositoryReport = {
    address: addressOf(claim, repository, layoutAddress),
    primary: true,
    seen: listed.state === 'no' ? 'listed' : seenBy(repository, probe),
    newest: backup.newest,
    sources: writers.map(({ source }) => source.name).sort(),
  };
  if (further.length === 0) return [primary];
  return [
    primary,
    ...further.map((one): RepositoryReport => ({
      address: addressOf(claim, one.repository, layoutAddress),
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
function addressOf(claim: KnownClaim, repository: Repository | null, layoutAddress: LayoutAddress): string | null {
  if (repository === null || (repository.where.kind === 'layout' && repository.key === null))
    return layoutAddress(claim);
  const { where, shown } = repository;
  return where.kind === 'out-of-reach' && where.address.backend === 'none' ? null : shown;
}
