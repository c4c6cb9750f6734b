/**
 * Claims, sources, destinations and Secrets, joined: which destination restores a claim, and which repositories it has. Pure;
 * what no Secret was read for is taken for ours, at the layout path.
 */
import type { Claim, ClusterView, Destination, Source } from '../../model.ts';
import type { SecretPlace } from '../../secret-place.ts';
import { claimKey, destinationName } from '../../naming.ts';
import type { ListedPlace } from '../../restic/listed-place.ts';
import type { Settings } from '../../settings/settings.ts';
import { destinationNamed, ownerOf } from './repositories-owner.ts';
import { sharedRepositories } from './repositories-shared.ts';
import { isAdopted } from './steering.ts';
import { repositoriesFor, type Repository } from './repositories.ts';

export interface Joined {
  /** the cluster with one destination for each claim, whatever its name */
  cluster: ClusterView;
  /** by claim key; only of claims for which a Secret was read */
  repositories: ReadonlyMap<string, readonly Repository[]>;
  /** by claim key: destinations that serve a claim which another one restores */
  rivals: ReadonlyMap<string, readonly Destination[]>;
  /** by claim key: another claim whose source writes into the same repository */
  shared: ReadonlyMap<string, string>;
}

const NONE: Joined['repositories'] = new Map();

/** Joins what was listed. A cluster in which everything is ours comes back as it is. */
export function joinRepositories(cluster: ClusterView, settings: ListedPlace & Pick<Settings, 'adopt'>): Joined {
  const { destinations, rivals } = withOthers(cluster, settings);
  const joined: ClusterView = destinations === cluster.destinations ? cluster : { ...cluster, destinations };
  const repositories = cluster.places.size === 0 ? NONE : allRepositories(joined, settings);
  return {
    cluster: joined,
    repositories,
    rivals: Map.groupBy(rivals, claimKey),
    shared: sharedRepositories(repositories, cluster.index),
  };
}

function withOthers(
  cluster: ClusterView,
  settings: Pick<Settings, 'adopt'>,
): { destinations: ClusterView['destinations']; rivals: Destination[] } {
  const rivals: Destination[] = [];
  if (cluster.otherDestinations.length === 0) return { destinations: cluster.destinations, rivals };
  const destinations = new Map(cluster.destinations);
  const around = neighbourhoods(cluster);
  for (const other of cluster.otherDestinations) {
    const claim = isAdopted(other, settings) ? ownerOf(other, around(other.namespace)) : null;
    if (claim === null) continue;
    const key = claimKey({ namespace: other.namespace, claim });
    const known = destinations.get(key);
    const named = namedBy(cluster.claims.get(key)) ?? cluster.otherClaims.get(key)?.restoresFrom ?? null;
    const mine: Destination = { ...other, claim };
    // A claim that waits for `<pvc>-restore` is served by nothing else: that one is made.
    if (named === destinationName(claim)) rivals.push(mine);
    else if (known === undefined) destinations.set(key, mine);
    else {
      const [winner, loser] = rank(mine, named) > rank(known, named) ? [mine, known] : [known, mine];
      destinations.set(key, winner);
      rivals.push(loser);
    }
  }
  return { destinations, rivals };
}

/** The destination that a claim names as its data source. */
function namedBy(claim: Claim | undefined): string | null {
  return claim === undefined ? null : destinationNamed(claim.reference);
}

/** The one that the claim names, then ours, then an adopted one, then somebody else's. */
function rank({ name, managed, adopted }: Destination, named: string | null): number {
  return (named === name ? 4 : 0) + (managed ? 2 : 0) + (adopted ? 1 : 0);
}

interface Around {
  claims: { claim: string; restoresFrom: string | null }[];
  sources: Source[];
  places: Map<string, SecretPlace>;
}

function neighbourhoods(cluster: ClusterView): (namespace: string) => Around {
  const found = new Map<string, Around>();
  const of = (namespace: string): Around => {
    const known = found.get(namespace) ?? { claims: [], sources: [], places: new Map<string, SecretPlace>() };
    found.set(namespace, known);
    return known;
  };
  for (const one of cluster.claims.values())
    of(one.namespace).claims.push({ claim: one.claim, restoresFrom: namedBy(one) });
  for (const other of cluster.otherClaims.values()) of(other.namespace).claims.push(other);
  for (const sources of cluster.allSources.values())
    for (const source of sources) of(source.namespace).sources.push(source);
  for (const [key, place] of cluster.places) {
    const slash = key.indexOf('/');
    of(key.slice(0, slash)).places.set(key.slice(slash + 1), place);
  }
  return of;
}

function allRepositories(cluster: ClusterView, listed: ListedPlace): Map<string, readonly Repository[]> {
  const around = neighbourhoods({ ...cluster, claims: new Map(), otherClaims: new Map() });
  const found = new Map<string, readonly Repository[]>();
  const keys = new Set([...cluster.allSources.keys(), ...cluster.destinations.keys()]);
  for (const key of keys) {
    const destination = cluster.destinations.get(key) ?? null;
    const sources = cluster.allSources.get(key) ?? [];
    const ref = destination ?? sources[0];
    if (ref === undefined) continue;
    const { places } = around(ref.namespace);
    const isRead =
      sources.some(({ secret }) => places.has(secret)) ||
      (destination !== null && places.has(destination.spec.repository));
    if (!isRead) continue;
    found.set(key, repositoriesFor({ ref, sources, destination, places }, listed));
  }
  return found;
}
