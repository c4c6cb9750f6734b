/** Which Secrets are worth reading for the place of a repository: in a cluster where everything is ours, none. */
import type { ClusterView, Destination, Instant, Source } from '../../model.ts';
import { repositorySecretName } from '../../naming.ts';
import type { SecretRef } from '../../secret-place.ts';
import type { Settings } from '../../settings/settings.ts';
import { isExcluded } from '../../settings/scope.ts';
import { turnHasCome } from './turns.ts';

/** By namespace and name, each once, sorted. */
export function placesWanted(cluster: ClusterView, settings: Settings): SecretRef[] {
  const wanted = new Map<string, { namespace: string; secret: string }>();
  const want = (namespace: string, secret: string): void => {
    if (secret !== '' && cluster.namespaces.has(namespace)) wanted.set(`${namespace}/${secret}`, { namespace, secret });
  };
  const ofDestination = (destination: Destination): void => {
    if (isForeign(destination)) want(destination.namespace, destination.spec.repository);
  };
  cluster.allSources.forEach((sources, key) => {
    const ours = oursOf(cluster.destinations.get(key));
    for (const source of sources) if (!isKnown(source, ours)) want(source.namespace, source.secret);
  });
  cluster.destinations.forEach(ofDestination);
  cluster.otherDestinations.forEach(ofDestination);
  return [...wanted]
    .filter(([, { namespace }]) => !isExcluded(namespace, settings))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, ref]) => ref);
}

/**
 * Those that nothing is remembered of, and those whose turn has come: whoever changes a Secret is seen within the hour, or when
 * something is looked into with it.
 */
export function placesToRead(cluster: ClusterView, settings: Settings, now: Instant): SecretRef[] {
  const { index, places } = cluster;
  const hasCome = turnHasCome(index.generatedAt, now);
  return placesWanted(cluster, settings).filter(({ namespace, secret }) => {
    const key = `${namespace}/${secret}`;
    return !places.has(key) || hasCome(key);
  });
}

/** The Secret of a destination of ours, when it is one that we wrote: its credentials were derived from the base. */
function oursOf(destination: Destination | undefined): string | null {
  if (destination === undefined || isForeign(destination)) return null;
  return destination.spec.repository;
}

/** Not ours, or ours on a Secret of somebody else's. */
function isForeign({ managed, mover, claim, spec, memory }: Destination): boolean {
  if (mover !== 'restic') return false;
  if (!managed) return true;
  return spec.repository !== repositorySecretName(claim) || memory.baseVersion === null;
}

/** It writes with the Secret that we wrote for its claim. */
function isKnown({ secret }: Source, ours: string | null): boolean {
  return secret === ours;
}
