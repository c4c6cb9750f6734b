/**
 * Which repository an image comes from. Our own Secret can be made to name another one, while the base credentials stay as they
 * are: what is restored then is another application's data, and no claim may ever get it.
 */
import type { BaseCredentials, ClaimRef, Destination, Probe, RepositoryCredentials } from '../../model.ts';
import { addressKey, parseAddress } from '../../restic/address.ts';
import { trimAddress } from '../../restic/address-text.ts';
import { pathInListedBucket, type ListedPlace } from '../../restic/listed-place.ts';
import type { Contents } from './contents.ts';
import type { Repository } from './repositories.ts';

type Asking = ClaimRef & { base: BaseCredentials | null };

interface Doubtful extends ClaimRef {
  destination: Destination | null;
  credentials: RepositoryCredentials | null;
  probe: Probe | null;
  repository: Repository | null;
}

/** The address that a claim's credentials of ours have, in one spelling; null = the base credentials were not read. */
export function ownAddress({ namespace, claim, base }: Asking): string | null {
  const repositoryBase = trimAddress(base?.content?.repositoryBase ?? '');
  return repositoryBase === '' ? null : addressKey(parseAddress(`${repositoryBase}/${namespace}/${claim}`));
}

/**
 * The contents of an image whose snapshot a listing does not have, with what is known of the address that was asked for it: it is
 * another repository's when the credentials named another one then, or do now.
 */
export function doubted(contents: Contents, s: Doubtful, listed: ListedPlace): Contents {
  const { destination, credentials, probe, repository } = s;
  if (contents.state !== 'unlisted' || probe?.state !== 'listed' || destination?.managed !== true) return contents;
  // Somebody's own Secret may name what its owner wants.
  if (repository !== null && repository.secret !== null) return contents;
  const named = [destination.memory.askedAddress, credentials?.state === 'ours' ? credentials.address : null];
  const isElsewhere = named.some((one) => typeof one === 'string' && !isPlaceOf(s, one, listed));
  return isElsewhere ? { state: 'empty', why: 'image-foreign', fresh: true } : contents;
}

/** Is this address, in whatever spelling, the claim's own place in the listed bucket? */
function isPlaceOf({ namespace, claim }: ClaimRef, address: string, listed: ListedPlace): boolean {
  return pathInListedBucket(parseAddress(address), listed) === `${namespace}/${claim}`;
}
