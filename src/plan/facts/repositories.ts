/**
 * The repositories of a claim. One lies at the layout path, `<prefix><namespace>/<pvc>`; others are where the Secrets of its
 * sources and of its destination say.
 */
import type { ClaimRef, Destination, Instant, Probe, Source } from '../../model.ts';
import type { SecretPlace } from '../../secret-place.ts';
import { addressKey, parseAddress, type Address, type S3Address } from '../../restic/address.ts';
import { isLookedAt, pathInListedBucket, type ListedPlace } from '../../restic/listed-place.ts';

/** Where a repository lies, seen from the settings. */
export type Where =
  /** at the layout path: found by the listing */
  | { kind: 'layout' }
  /** another S3 place on a host that may be asked: `path` when it is in the listed bucket, relative to the prefix */
  | { kind: 'referenced'; address: S3Address; path: string | null }
  /** not S3, on a host that the settings do not name, or no address at all */
  | { kind: 'out-of-reach'; address: Address };

export interface Repository {
  where: Where;
  /** the address to compare; null for the layout path and for what is no address */
  key: string | null;
  /** for a person: no userinfo */
  shown: string;
  /** the Secret whose keys open it, by name; null = the layout path with our own keys */
  secret: string | null;
  /** names of the sources of this claim that write to it */
  sources: readonly string[];
  /** the destination of this claim restores from it */
  restored: boolean;
}

/** A repository of a claim beside its primary one, and what was seen in it; null = nobody has looked in this run. */
export interface Further {
  repository: Repository;
  probe: Probe | null;
}

/** What a claim's objects say about its repositories. */
export interface Referring {
  ref: ClaimRef;
  sources: readonly Source[];
  destination: Destination | null;
  /** by the Secret's name, in the claim's namespace */
  places: ReadonlyMap<string, SecretPlace>;
}

/**
 * All repositories that a claim's sources and its destination name, each once, in the order: the destination's, then by source.
 * A Secret that was not read is one of ours, at the layout path.
 */
export function repositoriesFor({ ref, sources, destination, places }: Referring, listed: ListedPlace): Repository[] {
  const found = new Map<string, Repository & { sources: string[] }>();
  const note = (secret: string, source: string | null): void => {
    const repository = repositoryIn(ref, secret, places.get(secret), listed);
    const id = repository.key ?? `${repository.where.kind} ${repository.secret ?? ''}`;
    const known = found.get(id) ?? { ...repository, sources: [] };
    if (source === null) known.restored = true;
    else known.sources.push(source);
    found.set(id, known);
  };
  if (destination !== null && destination.mover === 'restic') note(destination.spec.repository, null);
  for (const { name, secret } of sources) if (secret !== '') note(secret, name);
  return [...found.values()];
}

function repositoryIn(
  ref: ClaimRef,
  secret: string,
  place: SecretPlace | undefined,
  listed: ListedPlace,
): Omit<Repository, 'sources'> {
  const none = { key: null, secret, restored: false };
  if (place === undefined || place.state === 'ours')
    return { ...none, where: { kind: 'layout' }, shown: 'the layout path', secret: null };
  if (place.state !== 'read')
    return {
      ...none,
      where: { kind: 'out-of-reach', address: { backend: 'none', problem: 'empty' } },
      shown: place.message,
    };
  const { address, shown } = place;
  const path = pathInListedBucket(address, listed);
  const key = addressKey(address);
  if (path === `${ref.namespace}/${ref.claim}`) return { ...none, where: { kind: 'layout' }, key, shown };
  if (address.backend === 's3' && isLookedAt(address, listed))
    return { ...none, where: { kind: 'referenced', address, path }, key, shown };
  return { ...none, where: { kind: 'out-of-reach', address }, key, shown };
}

/** Under which key the look into a repository is kept. A namespace sees what its own Secret opens, and nobody else's look. */
export function probeKeyOf(
  { key, namespace }: { key: string; namespace: string },
  repository: Repository | null,
): string {
  if (repository === null || repository.where.kind === 'layout') return key;
  return `${repository.shown} of ${namespace}/${repository.secret ?? ''}`;
}

/**
 * The repository of a claim whose objects are gone, by the address that the index remembers: it was opened with its own keys
 * before. In the listed bucket our keys may look; elsewhere nobody can now.
 */
export function rememberedRepository(key: string, listed: ListedPlace): Repository {
  const address = parseAddress(key);
  const path = pathInListedBucket(address, listed);
  const where: Where =
    address.backend === 's3' && path !== null
      ? { kind: 'referenced', address, path }
      : { kind: 'out-of-reach', address };
  return { where, key, shown: key, secret: null, sources: [], restored: false };
}

/** The Secret that names it is not there, or could not be read: nobody knows where it lies. */
function isNowhere({ where }: Repository): boolean {
  return where.kind === 'out-of-reach' && where.address.backend === 'none';
}

/**
 * The one that entry and index speak of: the one that its destination restores from (but for one that nobody knows where to
 * find, which hides no backup that was listed), else the layout path when something lies
 * there, else the one with the newest snapshot. It is sticky: the one that the index remembers, while it is still named.
 */
export function primaryOf(
  repositories: readonly Repository[],
  {
    isListed,
    remembered,
    newestAt,
  }: { isListed: boolean; remembered: string | null; newestAt: (one: Repository) => Instant | null },
): Repository | null {
  if (repositories.length === 0) return null;
  const restored = repositories.find((one) => one.restored && !(isListed && isNowhere(one)));
  if (restored !== undefined) return restored;
  const kept = remembered === null ? undefined : repositories.find(({ key }) => key === remembered);
  if (kept !== undefined) return kept;
  const layout = repositories.find(({ where }) => where.kind === 'layout');
  if (layout !== undefined || isListed) return layout ?? null;
  const [newest] = repositories
    .filter(({ where }) => where.kind === 'referenced')
    .toSorted((a, b) => (newestAt(b) ?? 0) - (newestAt(a) ?? 0));
  return newest ?? repositories[0] ?? null;
}

const LAYOUT: Repository = {
  where: { kind: 'layout' },
  key: null,
  shown: 'the layout path',
  secret: null,
  sources: [],
  restored: false,
};

const NONE: readonly Repository[] = [];

/**
 * All others than the primary one. The layout path is one of them when something lies there, although nothing in the cluster
 * names it.
 * @param primary null = the layout path
 */
export function furtherThan(
  primary: Repository | null,
  repositories: readonly Repository[],
  isListed: boolean,
): readonly Repository[] {
  if (primary === null && repositories.length === 0) return NONE;
  const isLayout = ({ where }: Repository): boolean => where.kind === 'layout';
  if (primary === null || isLayout(primary)) return repositories.filter((one) => !isLayout(one));
  const others = repositories.filter((one) => one !== primary);
  return isListed && !others.some(isLayout) ? [...others, LAYOUT] : others;
}

/** May it be asked? */
export function isReachable({ where }: Repository): boolean {
  return where.kind !== 'out-of-reach';
}

/** What an image or an entry remembers of a repository's place: its address, or this word. */
export const LAYOUT_PLACE = 'layout';

/** The word for the place of a claim's primary repository; null for one that cannot be looked into. */
export function placeNameOf(primary: Repository | null): string | null {
  if (primary === null || primary.where.kind === 'layout') return LAYOUT_PLACE;
  return primary.where.kind === 'referenced' ? primary.key : null;
}
