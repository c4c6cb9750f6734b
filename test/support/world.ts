/** A small model of the world: what an action changes in the cluster, and what VolSync then does. Pure, no time of its own. */
import type { Action, DesiredDestination } from '../../src/decisions.ts';
import type { ClusterView, Destination, RepositoryCredentials, SnapshotObject } from '../../src/model.ts';
import { MANAGED_BY, PRODUCT, claimKey, destinationName, parseTag } from '../../src/naming.ts';
import { newestOf } from '../../src/plan/facts/backup.ts';
import type { Observed } from '../../src/plan/facts/situation.ts';
import { EMPTY_LOG, bucketView, listed, restoredLog } from './build.ts';
import { shortId } from '../../src/restic/ids.ts';

export interface World {
  now: number;
  /** counts writes: the next uid, resourceVersion and image name */
  serial: number;
  repositories: ReadonlyMap<string, readonly SnapshotObject[]>;
  /** repositories whose next restore finds nothing, although something is there */
  flukes: ReadonlySet<string>;
  cluster: ClusterView;
}

/** What a pass sees when it looks everywhere. */
export function look({ now, repositories, cluster }: World): Observed {
  const probes = [...repositories].map(([key, found]) => [key, listed(found)] as const);
  return { bucket: bucketView(Object.fromEntries(probes), { startedAt: now }), cluster };
}

function withDestination(world: World, key: string, destination: Destination | null): World {
  const destinations = new Map(world.cluster.destinations);
  if (destination === null) destinations.delete(key);
  else destinations.set(key, destination);
  return { ...world, serial: world.serial + 1, cluster: { ...world.cluster, destinations } };
}

function withCredentials(world: World, key: string, state: RepositoryCredentials): World {
  const repositoryCredentials = new Map(world.cluster.repositoryCredentials).set(key, state);
  return { ...world, cluster: { ...world.cluster, repositoryCredentials } };
}

function created(desired: DesiredDestination, world: World): Destination {
  return {
    namespace: desired.namespace,
    claim: desired.claim,
    name: destinationName(desired.claim),
    uid: `uid-${world.serial}`,
    resourceVersion: String(world.serial),
    createdAt: world.now,
    deleting: false,
    managed: true,
    labels: { [MANAGED_BY]: PRODUCT },
    memory: desired.memory,
    mover: 'restic',
    manual: desired.manual,
    asked: parseTag(desired.manual),
    schedule: null,
    paused: desired.paused,
    destinationPVC: null,
    adopted: false,
    claimNamed: null,
    spec: desired.spec,
    lastManualSync: null,
    lastSyncStartAt: null,
    lastSyncAt: null,
    lastSyncSeconds: null,
    latestImage: null,
    moverResult: null,
    moverLogs: '',
    condition: null,
    hasStatus: false,
  };
}

/** The cluster after one action; a precondition that does not hold is an error of the plan. */
export function applied(world: World, action: Action): World {
  const key = claimKey('desired' in action ? action.desired : action);
  const existing = world.cluster.destinations.get(key) ?? null;
  switch (action.kind) {
    case 'create-credentials':
    case 'update-credentials':
      return withCredentials(world, key, { state: 'ours', differs: [] });
    case 'create-destination':
      if (existing !== null) throw new Error(`${key} exists already`);
      return withDestination(world, key, created(action.desired, world));
    case 'recreate-destination':
      return withDestination(withoutImage(world, the(existing, action.remove)), key, created(action.desired, world));
    case 'delete-destination':
      return withDestination(withoutImage(world, the(existing, action.remove)), key, null);
    case 'retrigger-adopted':
      return withDestination(world, key, patched(the(existing, action.desired.existing), action.desired));
    case 'warn-claim':
      return world;
    default:
      return withDestination(world, key, updated(the(existing, action.desired.existing), action.desired));
  }
}

/** The object that was decided on, and no other of its name. */
function the(existing: Destination | null, decidedOn: { uid: string } | null): Destination {
  if (existing === null || existing.uid !== decidedOn?.uid) throw new Error('the plan was made for another object');
  return existing;
}

/** Somebody else's: its spec stays what it is. */
function patched(existing: Destination, { memory, manual }: DesiredDestination): Destination {
  return { ...existing, memory, manual, asked: parseTag(manual) };
}

/** An empty tag is none: that is how the parser reads it, and VolSync too. */
function updated(existing: Destination, { memory, manual, paused, spec }: DesiredDestination): Destination {
  return { ...existing, memory, paused, manual: manual === '' ? null : manual, asked: parseTag(manual), spec };
}

function withoutImage(world: World, destination: Destination): World {
  const images = new Map(world.cluster.images);
  images.delete(`${destination.namespace}/${destination.latestImage?.name ?? ''}`);
  return { ...world, cluster: { ...world.cluster, images } };
}

/** Is a sync asked for or under way? */
export function isSyncing({ manual, lastManualSync, lastSyncStartAt }: Destination): boolean {
  return lastSyncStartAt !== null || (manual !== null && manual !== lastManualSync);
}

/** VolSync begins what was asked for, and finishes what had begun before. */
export function volsync(world: World): World {
  let next: World = { ...world, now: world.now + 60_000 };
  for (const [key, destination] of world.cluster.destinations) {
    if (destination.lastSyncStartAt !== null) next = finished(next, key, destination);
    else if (isSyncing(destination))
      next = withDestination(next, key, { ...destination, lastSyncStartAt: next.now, hasStatus: true });
  }
  return next;
}

/** The mover takes the newest snapshot, whatever the tag says; from an empty repository it makes an empty image. */
function finished(world: World, key: string, before: Destination): World {
  const newest = world.flukes.has(key) ? null : newestOf(world.repositories.get(key) ?? []);
  const name = `image-${world.serial}`;
  const without = withoutImage(world, before);
  const images = new Map(without.cluster.images).set(`${before.namespace}/${name}`, {
    namespace: before.namespace,
    name,
    deleting: false,
    ready: true,
    createdAt: world.now,
    restoreSize: before.spec.capacity,
  });
  const flukes = new Set([...world.flukes].filter((one) => one !== key));
  const done: Destination = {
    ...before,
    lastManualSync: before.manual,
    lastSyncStartAt: null,
    lastSyncAt: world.now,
    lastSyncSeconds: 60,
    latestImage: { kind: 'VolumeSnapshot', apiGroup: 'snapshot.storage.k8s.io', name },
    moverResult: 'Successful',
    moverLogs: newest === null ? EMPTY_LOG : restoredLog(shortId(newest.id)),
  };
  return withDestination({ ...without, flukes, cluster: { ...without.cluster, images } }, key, done);
}
