/** The objects of the generated cluster, by resource. Each object is generated on request. */

import {
  HOME_NAMESPACE,
  INDEX_LABEL,
  INDEX_PROVIDER,
  MANAGED_BY,
  PRODUCT,
  SNAPSHOT_GROUP,
  VOLSYNC_GROUP,
  claimOfDestination,
  destinationName,
  indexName,
  repositorySecretName,
  sourceName,
} from '../src/naming.ts';
import {
  BASE_SECRET,
  destination,
  imageName,
  metadata,
  restoredAt,
  source,
  volumeClaim,
  volumeSnapshot,
} from './kube-objects.ts';
import type { KubeObject, Place } from './kube-objects.ts';
import { claimIndex, claimName, namespaceIndex, namespaceName } from './world.ts';
import type { World } from './world.ts';

export interface KubeWorld {
  world: World;
  /** RESTIC_REPOSITORY_BASE of each namespace */
  repositoryBase: string;
  /**
   * `warm`: destinations, sources and claims are all there; `sourceless`: nobody backs the claims up; `bare`: namespaces and base
   * credentials only.
   */
  state: 'warm' | 'sourceless' | 'bare';
}

/** One resource: how many objects the world generates, the n-th of them, and where a name is among them (or -1). */
export interface Collection {
  apiVersion: string;
  kind: string;
  count: number;
  at: (index: number) => KubeObject;
  indexOf: (namespace: string, name: string) => number;
}

const INDEX_NAME = indexName(0);
const SYSTEM_NAMESPACES = ['default', 'kube-system', HOME_NAMESPACE];
const VOLSYNC_VERSION = `${VOLSYNC_GROUP}/v1alpha1`;

function placeAt(world: World, index: number): Place {
  const namespace = namespaceName(Math.floor(index / world.claims));
  return { world, namespace, claim: claimName(index % world.claims) };
}

function indexOfClaim(world: World, namespace: string, claim: string | null): number {
  const row = namespaceIndex(world, namespace);
  const column = claim === null ? -1 : claimIndex(world, claim);
  return row < 0 || column < 0 ? -1 : row * world.claims + column;
}

/** One object for each claim: `nameOf` names it, `build` makes it. */
function perClaim(
  world: World,
  type: { apiVersion: string; kind: string; count: number },
  nameOf: (claim: string) => string,
  build: (place: Place) => KubeObject,
): Collection {
  const suffix = nameOf('');
  return {
    ...type,
    at: (index) => build(placeAt(world, index)),
    indexOf: (namespace, name) =>
      type.count === 0 || !name.endsWith(suffix)
        ? -1
        : indexOfClaim(world, namespace, name.slice(0, name.length - suffix.length)),
  };
}

function namespaces({ world }: KubeWorld): Collection {
  const nameAt = (index: number) => SYSTEM_NAMESPACES[index - world.namespaces] ?? namespaceName(index);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    count: world.namespaces + SYSTEM_NAMESPACES.length,
    at: (index) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        ...metadata({ name: nameAt(index) }, world.epoch - 9e8),
        labels: { 'kubernetes.io/metadata.name': nameAt(index) },
      },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    }),
    indexOf: (_, name) => {
      const system = SYSTEM_NAMESPACES.indexOf(name);
      return system < 0 ? namespaceIndex(world, name) : world.namespaces + system;
    },
  };
}

function encoded(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

function baseSecret(world: KubeWorld, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: metadata({ namespace, name: BASE_SECRET }, world.world.epoch - 9e8),
    data: encoded({
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench-secret',
      RESTIC_PASSWORD: 'bench-password',
      RESTIC_REPOSITORY_BASE: world.repositoryBase,
    }),
  };
}

function repositorySecret(world: KubeWorld, place: Place): KubeObject {
  const base = baseSecret(world, place.namespace);
  const at = world.world.epoch - 8e8;
  return {
    ...base,
    metadata: {
      ...metadata({ namespace: place.namespace, name: repositorySecretName(place.claim) }, at),
      labels: { [MANAGED_BY]: PRODUCT },
    },
    data: {
      ...encoded({ RESTIC_REPOSITORY: `${world.repositoryBase}/${place.namespace}/${place.claim}` }),
      ...encoded({
        AWS_ACCESS_KEY_ID: 'bench',
        AWS_SECRET_ACCESS_KEY: 'bench-secret',
        RESTIC_PASSWORD: 'bench-password',
      }),
    },
  };
}

/** The base credentials of each namespace first, then the repository credentials of each claim. */
function secrets(world: KubeWorld): Collection {
  const bases = world.world.namespaces;
  const { count } = perClaimCount(world);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    count: bases + count,
    at: (index) =>
      index < bases
        ? baseSecret(world, namespaceName(index))
        : repositorySecret(world, placeAt(world.world, index - bases)),
    indexOf: (namespace, name) => {
      if (name === BASE_SECRET) return namespaceIndex(world.world, namespace);
      const suffix = repositorySecretName('');
      if (count === 0 || !name.endsWith(suffix)) return -1;
      const index = indexOfClaim(world.world, namespace, name.slice(0, name.length - suffix.length));
      return index < 0 ? -1 : bases + index;
    },
  };
}

function perClaimCount({ world, state }: KubeWorld): { count: number } {
  return { count: state === 'bare' ? 0 : world.namespaces * world.claims };
}

/** The first index object, as the installer puts it there. */
function emptyIndex(world: World): KubeObject {
  return {
    apiVersion: VOLSYNC_VERSION,
    kind: 'ReplicationDestination',
    metadata: {
      ...metadata({ namespace: HOME_NAMESPACE, name: INDEX_NAME }, world.epoch - 9e8),
      labels: { [MANAGED_BY]: PRODUCT, [INDEX_LABEL]: 'true' },
    },
    spec: { external: { provider: INDEX_PROVIDER, parameters: { _onStale: 'allow' } } },
  };
}

function destinations(world: KubeWorld): Collection {
  const type = { apiVersion: VOLSYNC_VERSION, kind: 'ReplicationDestination', ...perClaimCount(world) };
  const own = perClaim(world.world, type, destinationName, destination);
  const { count } = own;
  return {
    ...own,
    count: count + 1,
    at: (index) => (index === count ? emptyIndex(world.world) : own.at(index)),
    indexOf: (namespace, name) =>
      namespace === HOME_NAMESPACE && name === INDEX_NAME ? count : own.indexOf(namespace, name),
  };
}

function imageOf(place: Place): KubeObject {
  const at = restoredAt(place);
  const volume = `volsync-${destinationName(place.claim)}-dest`;
  return volumeSnapshot({ namespace: place.namespace, name: imageName(place.claim, at), volume }, at);
}

function volumeSnapshots(world: KubeWorld): Collection {
  const type = { apiVersion: `${SNAPSHOT_GROUP}/v1`, kind: 'VolumeSnapshot', ...perClaimCount(world) };
  return {
    ...perClaim(world.world, type, (claim) => claim, imageOf),
    indexOf: (namespace, name) => {
      const owner = /^volsync-(.+)-dest-\d{14}$/.exec(name)?.[1] ?? '';
      return type.count === 0 ? -1 : indexOfClaim(world.world, namespace, claimOfDestination(owner));
    },
  };
}

/** Everything that the world generates, by plural resource name. */
export function collections(world: KubeWorld): Record<string, Collection> {
  const count = perClaimCount(world);
  const sources = world.state === 'sourceless' ? { count: 0 } : count;
  const volsync = { apiVersion: VOLSYNC_VERSION, kind: 'ReplicationSource', ...sources };
  const claims = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...count };
  return {
    namespaces: namespaces(world),
    secrets: secrets(world),
    replicationdestinations: destinations(world),
    replicationsources: perClaim(world.world, volsync, sourceName, source),
    volumesnapshots: volumeSnapshots(world),
    persistentvolumeclaims: perClaim(world.world, claims, (claim) => claim, volumeClaim),
  };
}

const OTHER_KINDS = new Map([
  ['jobs', 'Job'],
  ['pods', 'Pod'],
  ['persistentvolumes', 'PersistentVolume'],
  ['storageclasses', 'StorageClass'],
  ['volumesnapshotclasses', 'VolumeSnapshotClass'],
]);

/** A resource of which the world has nothing. */
export function emptyCollection(apiVersion: string, resource: string): Collection {
  return {
    apiVersion,
    kind: OTHER_KINDS.get(resource) ?? 'Object',
    count: 0,
    at: () => {
      throw new Error(`no ${resource} here`);
    },
    indexOf: () => -1,
  };
}
