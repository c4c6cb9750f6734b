/** A small model of the world: what an action changes in the cluster, and what VolSync then does. Pure, no time of its own. */
import type { Action, DesiredDestination, DesiredSource } from '../../src/decisions.ts';
import type {
  ClusterView,
  Destination,
  LockObject,
  Mover,
  RepositoryCredentials,
  SnapshotObject,
  Source,
} from '../../src/model.ts';
import { moverKey } from '../../src/model.ts';
import { MANAGED_BY, PRODUCT, claimKey, destinationName, parseTag, sourceName } from '../../src/naming.ts';
import type { Observed } from '../../src/plan/facts/situation.ts';
import { EMPTY_LOG, bucketView, listed, mover, restoredLog, source } from './build.ts';
import { shortId } from '../../src/restic/ids.ts';

export interface World {
  now: number;
  /** counts writes: the next uid, resourceVersion and image name */
  serial: number;
  repositories: ReadonlyMap<string, readonly SnapshotObject[]>;
  /** repositories whose next restore finds nothing, although something is there */
  flukes: ReadonlySet<string>;
  /** restic's own times, by whole id, where they are not the bucket's: by them a mover finds the newest */
  began?: ReadonlyMap<string, number>;
  /** what the images hold, by `<namespace>/<name>`: a whole id, or null for nothing */
  contents?: ReadonlyMap<string, string | null>;
  /** what goes wrong with the restores of a claim */
  troubles?: ReadonlyMap<string, Trouble>;
  /** short ids of snapshots that hold no `/data` */
  unrestorable?: ReadonlySet<string>;
  /** locks that dead movers have left, by claim key */
  locks?: ReadonlyMap<string, readonly LockObject[]>;
  /** what the movers of sources save, by the source's uid: the claim's uid whose volume was copied, and when */
  copies?: ReadonlyMap<string, { volume: string; began: number }>;
  cluster: ClusterView;
}

/** `fails`: every pod; `hangs`: no pod becomes ready; `unready`: the image is there and cannot be used yet; `imageless`: none comes. */
export type Trouble = 'fails' | 'hangs' | 'unready' | 'imageless';

/** What a pass sees when it looks everywhere. */
export function look({ now, repositories, cluster }: World): Observed {
  const probes = [...repositories].map(([key, found]) => [key, listed(found)] as const);
  return { bucket: bucketView(Object.fromEntries(probes), { startedAt: now }), cluster };
}

function withDestination(world: World, key: string, destination: Destination | null): World {
  const destinations = new Map(world.cluster.destinations);
  if (destination === null) destinations.delete(key);
  else destinations.set(key, { ...destination, resourceVersion: String(world.serial) });
  return { ...world, serial: world.serial + 1, cluster: { ...world.cluster, destinations } };
}

/** VolSync has not looked at a new source yet; the memory of an old one stays. */
function withSource(world: World, key: string, desired: DesiredSource | null): World {
  const existing = (world.cluster.allSources.get(key) ?? []).find(({ managed }) => managed);
  if (desired === null) {
    if (existing === undefined) return world;
    // Its Job goes with it.
    const movers = new Map(world.cluster.movers);
    movers.delete(moverKey('ReplicationSource', existing.namespace, existing.name));
    return putSource({ ...world, cluster: { ...world.cluster, movers } }, key, existing.name, null);
  }
  if (existing?.uid !== desired.existing?.uid) throw new Error('the plan was made for another source');
  const made = existing ?? {
    ...source({ uid: `uid-${world.serial}`, createdAt: world.now }),
    lastSyncAt: null,
    lastSyncSeconds: null,
    nextSyncAt: null,
    moverResult: null,
    moverLogs: '',
  };
  const { namespace, claim, schedule, spec, memory, capacity, hasBackup } = desired;
  const name = sourceName(claim);
  const wanted = { namespace, claim, name, secret: spec.repository, schedule, spec, memory, capacity, hasBackup };
  return putSource(world, key, name, { ...made, ...wanted, managed: true, manual: null });
}

/** The same with this source of a claim, which replaces one of its name; null = without the one of this name. */
export function putSource(world: World, key: string, name: string, put: Source | null): World {
  const { cluster } = world;
  const others = (cluster.allSources.get(key) ?? []).filter((one) => one.name !== name);
  const made = put === null ? others : [...others, { ...put, resourceVersion: String(world.serial) }];
  const all = made.sort((a, b) => (a.name < b.name ? -1 : 1));
  const allSources = new Map(cluster.allSources);
  const sources = new Map(cluster.sources);
  const deciding = all.find((one) => one.name === sourceName(one.claim)) ?? all[0];
  if (deciding === undefined) {
    allSources.delete(key);
    sources.delete(key);
  } else {
    allSources.set(key, all);
    sources.set(key, deciding);
  }
  return { ...world, serial: world.serial + 1, cluster: { ...cluster, sources, allSources } };
}

/** Somebody else's source with the two words that may be written on it. */
function withAdopted(
  world: World,
  key: string,
  { name, unlock, hasBackup }: Extract<Action, { kind: 'unlock-adopted' | 'note-backup' }>,
): World {
  const change = (one: Source): Source =>
    one.name === name
      ? {
          ...one,
          hasBackup,
          spec: { ...one.spec, unlock: unlock ?? one.spec.unlock },
          resourceVersion: String(world.serial),
        }
      : one;
  const all = (world.cluster.allSources.get(key) ?? []).map(change);
  const deciding = world.cluster.sources.get(key);
  const sources = new Map(world.cluster.sources);
  if (deciding !== undefined) sources.set(key, change(deciding));
  const allSources = new Map(world.cluster.allSources).set(key, all);
  return { ...world, serial: world.serial + 1, cluster: { ...world.cluster, sources, allSources } };
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
    case 'prove-password':
      return world;
    case 'create-destination':
      if (existing !== null) throw new Error(`${key} exists already`);
      return withDestination(world, key, created(action.desired, world));
    case 'recreate-destination':
      return withDestination(withoutImage(world, the(existing, action.remove)), key, created(action.desired, world));
    case 'delete-destination':
      return withDestination(withoutImage(world, the(existing, action.remove)), key, null);
    case 'retrigger-adopted':
      return withDestination(world, key, patched(the(existing, action.desired.existing), action.desired));
    case 'request-backup':
    case 'release-source':
      return triggered(world, key, action);
    case 'create-namespace':
      return withNamespace(world, action.namespace);
    case 'warn-claim':
      return world;
    default:
      if (!('desired' in action)) return sourceAfter(world, key, action);
      return withDestination(world, key, updated(the(existing, action.desired.existing), action.desired));
  }
}

function triggered(world: World, key: string, { of, tag }: { of: { name: string }; tag: string | null }): World {
  const change = (one: Source): Source => (one.name === of.name ? { ...one, manual: tag } : one);
  const allSources = new Map(world.cluster.allSources);
  allSources.set(key, (allSources.get(key) ?? []).map(change));
  const sources = new Map([...world.cluster.sources].map(([name, one]) => [name, change(one)]));
  return { ...world, cluster: { ...world.cluster, sources, allSources } };
}

function withNamespace(world: World, name: string): World {
  if (world.cluster.namespaces.has(name)) throw new Error(`namespace ${name} exists already`);
  const made = { name, terminating: false, privilegedMovers: false, managed: true, createdAt: world.now };
  return { ...world, cluster: { ...world.cluster, namespaces: new Map([...world.cluster.namespaces, [name, made]]) } };
}

type OnSource =
  | Extract<Action, { kind: 'create-source' | 'update-source' | 'unlock-source' | 'delete-source' }>
  | Parameters<typeof withAdopted>[2];

function sourceAfter(world: World, key: string, action: OnSource): World {
  if (action.kind === 'unlock-adopted' || action.kind === 'note-backup') return withAdopted(world, key, action);
  return withSource(world, key, 'source' in action ? action.source : null);
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

/** One's own last write of an object, by uid: its version before and after. A chain of actions on one object works by it. */
export type OwnWrites = Map<string, { before: string; after: string }>;

/** An action as the API server takes it: what somebody else has changed or made in between is a conflict, and changes nothing. */
export function attempted(world: World, action: Action, own: OwnWrites): { world: World; state: 'done' | 'conflict' } {
  const key = claimKey('desired' in action ? action.desired : action);
  const existing = targetOf(world, action, key);
  if (isConflict(action, existing, own)) return { world, state: 'conflict' };
  const next = applied(world, action);
  const made = targetOf(next, action, key);
  if (existing !== null && made?.uid === existing.uid)
    own.set(made.uid, { before: decidedOn(action)?.resourceVersion ?? '', after: made.resourceVersion });
  return { world: next, state: 'done' };
}

/** The object that an action is about, as it is now. */
function targetOf({ cluster }: World, action: Action, key: string): { uid: string; resourceVersion: string } | null {
  if (action.kind === 'delete-source' || 'source' in action)
    return cluster.allSources.get(key)?.find(({ managed }) => managed) ?? null;
  return cluster.destinations.get(key) ?? null;
}

function decidedOn(action: Action): { uid: string; resourceVersion: string } | null {
  if ('remove' in action) return action.remove;
  if ('source' in action) return action.source.existing;
  return 'desired' in action ? action.desired.existing : null;
}

function isConflict(
  action: Action,
  existing: { uid: string; resourceVersion: string } | null,
  own: OwnWrites,
): boolean {
  if (action.kind === 'create-destination' || action.kind === 'create-source') return existing !== null;
  const wanted = decidedOn(action);
  if (wanted === null) return false;
  const mine = own.get(wanted.uid);
  const version = mine?.before === wanted.resourceVersion ? mine.after : wanted.resourceVersion;
  return existing?.uid !== wanted.uid || existing.resourceVersion !== version;
}

/** VolSync begins what was asked for, and finishes what had begun before. */
export function volsync(world: World): World {
  let next: World = { ...world, now: world.now + 60_000 };
  for (const [key, destination] of world.cluster.destinations) {
    if (destination.lastSyncStartAt !== null) next = worked(next, key, destination);
    else if (isSyncing(destination))
      next = withMover(
        withDestination(next, key, { ...destination, lastSyncStartAt: next.now, hasStatus: true }),
        destination,
        { active: 1, ready: 1 },
      );
  }
  return next;
}

/** The Job of a destination's mover as it is now; null = there is none. */
function withMover(world: World, { namespace, name }: Destination, parts: Partial<Mover> | null): World {
  const movers = new Map(world.cluster.movers);
  const key = moverKey('ReplicationDestination', namespace, name);
  const before = movers.get(key) ?? mover({ namespace, ownerName: name, startedAt: world.now });
  if (parts === null) movers.delete(key);
  else movers.set(key, { ...before, active: 0, ready: 0, ...parts });
  return { ...world, cluster: { ...world.cluster, movers } };
}

/** A minute of a sync: it ends, or it is kept from its end. Failing pods are silent in the status until the eighth. */
function worked(world: World, key: string, before: Destination): World {
  const trouble = world.troubles?.get(key);
  const failed =
    world.cluster.movers.get(moverKey('ReplicationDestination', before.namespace, before.name))?.failed ?? 0;
  if (trouble === 'fails') {
    const told: Partial<Destination> =
      failed === 7 ? { moverResult: 'Failed', moverLogs: 'Fatal: There were 1 errors' } : {};
    return withMover(withDestination(world, key, { ...before, ...told }), before, { failed: (failed + 1) % 8 });
  }
  if (trouble === 'hangs') return withMover(world, before, { active: 1 });
  if (trouble === 'imageless') return withMover(world, before, { succeededAt: world.now });
  return withMover(finished(world, key, before, trouble !== 'unready'), before, null);
}

/** The newest by restic's own time that holds `/data`, up to `restoreAsOf`, whatever the tag says. */
function takenFrom(world: World, key: string, { spec }: Destination): SnapshotObject | null {
  if (world.flukes.has(key)) return null;
  const began = ({ id, at }: SnapshotObject): number => world.began?.get(id) ?? at;
  const found = (world.repositories.get(key) ?? []).filter(
    (one) =>
      world.unrestorable?.has(shortId(one.id)) !== true &&
      (spec.restoreAsOf === null || began(one) <= spec.restoreAsOf),
  );
  return found.toSorted((a, b) => began(a) - began(b) || (a.id < b.id ? -1 : 1)).at(-1) ?? null;
}

/** The mover takes the newest snapshot; from an empty repository it makes an empty image. */
function finished(world: World, key: string, before: Destination, ready: boolean): World {
  const newest = takenFrom(world, key, before);
  const name = `volsync-${before.name}-dest-${String(world.serial).padStart(14, '0')}`;
  const without = withoutImage(world, before);
  const place = `${before.namespace}/${name}`;
  const images = new Map(without.cluster.images).set(place, {
    namespace: before.namespace,
    name,
    deleting: false,
    ready,
    error: null,
    createdAt: world.now,
    restoreSize: before.spec.capacity,
  });
  const flukes = new Set([...world.flukes].filter((one) => one !== key));
  const contents = new Map(world.contents).set(place, newest?.id ?? null);
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
  return withDestination({ ...without, flukes, contents, cluster: { ...without.cluster, images } }, key, done);
}
