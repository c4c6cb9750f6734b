/**
 * The ordinary world: one warm, live claim `media/plex-config` with two snapshots, and every part of it with overrides.
 * Each call makes new objects. A test is a story: the ordinary world, one fact changed, the whole outcome.
 */
import { EMPTY_LOG, PROVEN, moverSpec, restoredLog } from './movers.ts';
import type { Action, ActionKind, DesiredDestination } from '../../src/decisions.ts';
import type { IndexView } from '../../src/index-model.ts';
import type {
  BaseCredentials,
  BucketView,
  Claim,
  ClusterView,
  Destination,
  DestinationSpec,
  Image,
  LockObject,
  Mover,
  Namespace,
  NamespaceListing,
  OtherClaim,
  Probe,
  RepositoryCredentials,
  RootListing,
  SnapshotObject,
  Source,
} from '../../src/model.ts';
import { moverKey } from '../../src/model.ts';
import type { SecretPlace } from '../../src/secret-place.ts';
import { NO_SOURCE_MEMORY, type SourceSpec } from '../../src/source.ts';
import { ANNOTATION, MANAGED_BY, PRODUCT, claimKey, parseTag } from '../../src/naming.ts';
import { contextOf, plan, situationsOf, type PlanResult } from '../../src/plan/plan.ts';
import { situationOf, type Context, type Observed, type Situation } from '../../src/plan/facts/situation.ts';
import { formatMemory, parseMemory } from '../../src/cluster/memory.ts';
import { actionName } from '../../src/report/report.ts';
import { parseSettings, type Settings } from '../../src/settings/settings.ts';
import { indexView } from '../../src/index/view.ts';
import type { ClusterFailure } from '../../src/failures.ts';

export { EMPTY_LOG, PROVEN, moverSpec, restoredLog };

export const NOW = Date.parse('2026-11-21T12:00:00Z');
export const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

/** Short ids: the second-newest and the newest snapshot of the ordinary repository, and one that comes later. */
export const [OLD, NEWEST, LATER] = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'];

/** A snapshot's whole name from its short id. */
export function fullId(short: string): string {
  return short.padEnd(64, '0');
}

export function snapshot(short: string, at = NOW - HOUR): SnapshotObject {
  return { id: fullId(short), at };
}

/** The ordinary repository: yesterday's snapshot and one of an hour ago. */
export function snapshots(): SnapshotObject[] {
  return [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST)];
}

export function settings(overrides: Partial<Settings> = {}): Settings {
  const parsed = parseSettings({ endpoint: { value: 'http://rustfs.example:9000', from: '--endpoint' } });
  return { ...parsed, sources: 'off', ...overrides }; // the backup side has tests of its own
}

export const PLACE = { namespace: 'media', claim: 'plex-config' };
export const KEY = 'media/plex-config';
export const IMAGE = 'volsync-plex-config-restore-dest-1';
export const BASE_VERSION = 'base-uid/7';

export function namespace(overrides: Partial<Namespace> = {}): Namespace {
  return { name: 'media', terminating: false, privilegedMovers: false, managed: false, createdAt: null, ...overrides };
}

export function base(overrides: Partial<NonNullable<BaseCredentials['content']>> = {}): BaseCredentials {
  return {
    version: BASE_VERSION,
    content: { missing: [], repositoryBase: 's3:http://rustfs.example:9000/volsync-backups/', ...overrides },
  };
}

export function spec(overrides: Partial<DestinationSpec> = {}, claim = PLACE.claim): DestinationSpec {
  return {
    repository: `${claim}-volsync-secret`,
    copyMethod: 'Snapshot',
    capacity: '5Gi',
    accessModes: ['ReadWriteOnce'],
    storageClass: 'longhorn',
    snapshotClass: null,
    restoreAsOf: null,
    enableFileDeletion: true,
    cleanupTempPVC: false,
    moverSpec: moverSpec({ cacheCapacity: '1Gi' }),
    ...overrides,
  };
}

/** The annotations of a proven restore point. */
export function proven(id = NEWEST, image = IMAGE): Record<string, string> {
  return {
    [ANNOTATION.baseVersion]: BASE_VERSION,
    [ANNOTATION.capacityFrom]: 'claim',
    [ANNOTATION.provenImages]: `${image}=${id}`,
    [ANNOTATION.restoreSize]: String(5 * 2 ** 30),
    [ANNOTATION.verifiedImage]: image,
    [ANNOTATION.verifiedSnapshot]: id,
    [ANNOTATION.verifiedSnapshotAt]: new Date(NOW - HOUR).toISOString(),
  };
}

/** A destination's parts, its memory as the annotations that it is read from. */
export type DestinationParts = Partial<Destination> & { annotations?: Record<string, string> };

/** Ours, idle, proven to hold the newest snapshot. */
export function destination({ annotations = proven(), ...overrides }: DestinationParts = {}): Destination {
  const claim = overrides.claim ?? PLACE.claim;
  return {
    ...PLACE,
    name: `${claim}-restore`,
    uid: `uid-of-${claim}-restore`,
    resourceVersion: '100',
    createdAt: NOW - 48 * HOUR,
    deleting: false,
    paused: false,
    managed: true,
    labels: { [MANAGED_BY]: PRODUCT },
    memory: parseMemory(annotations),
    mover: 'restic',
    manual: NEWEST,
    asked: parseTag(overrides.manual === undefined ? NEWEST : overrides.manual),
    schedule: null,
    destinationPVC: null,
    adopted: false,
    claimNamed: null,
    spec: spec({}, claim),
    lastManualSync: NEWEST,
    lastSyncStartAt: null,
    lastSyncAt: NOW - 50 * MINUTE,
    lastSyncSeconds: 20,
    latestImage: { kind: 'VolumeSnapshot', apiGroup: 'snapshot.storage.k8s.io', name: IMAGE },
    moverResult: 'Successful',
    moverLogs: restoredLog(),
    condition: { reason: 'WaitingForManual', message: 'Waiting for manual trigger', at: NOW - 50 * MINUTE },
    hasStatus: true,
    ...overrides,
  };
}

/** A first sync that runs since ten seconds. */
export function syncing(overrides: DestinationParts = {}): Destination {
  return destination({
    annotations: { [ANNOTATION.baseVersion]: BASE_VERSION },
    lastManualSync: null,
    lastSyncStartAt: NOW - 10 * SECOND,
    lastSyncAt: null,
    lastSyncSeconds: null,
    latestImage: null,
    moverResult: null,
    moverLogs: '',
    condition: { reason: 'SyncInProgress', message: 'Synchronization in-progress', at: NOW - 10 * SECOND },
    ...overrides,
  });
}

/** Somebody else's, as people write them by hand. */
export function foreign(overrides: DestinationParts = {}): Destination {
  return destination({
    managed: false,
    labels: { app: 'plex' },
    annotations: {},
    manual: 'restore-once',
    lastManualSync: 'restore-once',
    ...overrides,
  });
}

export function image(overrides: Partial<Image> = {}): Image {
  return {
    namespace: 'media',
    name: IMAGE,
    deleting: false,
    ready: true,
    error: null,
    createdAt: NOW - 50 * MINUTE,
    restoreSize: '5Gi',
    ...overrides,
  };
}

const WITHOUT_SOURCE = { volumeName: null, reference: null, bringsSource: false, nodeSelected: false };

export function claim(overrides: Partial<Claim> = {}): Claim {
  return {
    ...PLACE,
    uid: 'uid-of-claim',
    tier: 'hourly',
    createdAt: NOW - 48 * HOUR,
    phase: 'Bound',
    request: '5Gi',
    accessModes: ['ReadWriteOnce'],
    storageClass: 'longhorn',
    volumeMode: 'Filesystem',
    optOut: 'no',
    isStatic: false,
    ...WITHOUT_SOURCE,
    restoresFromUs: true,
    priority: 0,
    moverUser: null,
    unread: [],
    accept: null,
    ...overrides,
  };
}

/** It hangs on our restore point. */
export function waitingClaim(overrides: Partial<Claim> = {}): Claim {
  return claim({ phase: 'Pending', createdAt: NOW - MINUTE, ...overrides });
}

export function sourceSpec(overrides: Partial<SourceSpec> = {}, claim = PLACE.claim): SourceSpec {
  return {
    repository: `${claim}-volsync-secret`,
    copyMethod: 'Snapshot',
    retain: { hourly: 24, daily: 7 },
    pruneIntervalDays: 7,
    unlock: null,
    snapshotClass: null,
    moverSpec: moverSpec(),
    ...overrides,
  };
}

/** Backed up an hour ago, next in half an hour, no mover. Somebody else's. */
export function source(overrides: Partial<Source> = {}): Source {
  const claim = overrides.claim ?? PLACE.claim;
  return {
    namespace: 'media',
    name: `${claim}-backup`,
    claim,
    secret: `${claim}-volsync-secret`,
    uid: `uid-of-${claim}-backup`,
    resourceVersion: '200',
    createdAt: NOW - 48 * HOUR,
    deleting: false,
    managed: false,
    adopted: false,
    mover: 'restic',
    paused: false,
    manual: null,
    schedule: '30 * * * *',
    lastManualSync: null,
    lastSyncStartAt: null,
    lastSyncAt: NOW - HOUR,
    lastSyncSeconds: 8,
    nextSyncAt: NOW + 30 * MINUTE,
    moverResult: 'Successful',
    moverLogs: `snapshot ${NEWEST} saved\nRestic completed in 4s`,
    lastUnlocked: null,
    spec: sourceSpec({}, claim),
    memory: NO_SOURCE_MEMORY,
    hasBackup: false,
    capacity: null,
    ...overrides,
  };
}

export function mover(overrides: Partial<Mover> = {}): Mover {
  return {
    namespace: 'media',
    owner: 'ReplicationDestination',
    ownerName: 'plex-config-restore',
    active: 1,
    ready: 1,
    failed: 0,
    succeededAt: null,
    startedAt: NOW - 10 * SECOND,
    ...overrides,
  };
}

/** The mover of the ordinary source. */
export function sourceMover(overrides: Partial<Mover> = {}): Mover {
  return mover({ owner: 'ReplicationSource', ownerName: 'plex-config-backup', ...overrides });
}

export function listed(found: readonly SnapshotObject[], locks: LockObject[] | null = []): Probe {
  return { state: 'listed', snapshots: [...found], locks };
}

/** Repositories by key, each with its probe; null = in the listing, but not looked into. */
export function bucketView(
  repositories: Readonly<Record<string, Probe | null>> = { [KEY]: listed(snapshots()) },
  overrides: Partial<BucketView> & { strangers?: string[]; misplaced?: string[]; marked?: boolean } = {},
): BucketView {
  const { strangers = [], misplaced = [], marked = true, ...rest } = overrides;
  const names = new Map<string, Set<string>>();
  for (const key of Object.keys(repositories)) {
    const [namespace = '', name = ''] = key.split('/');
    names.set(namespace, (names.get(namespace) ?? new Set()).add(name));
  }
  const namespaces = new Map(
    [...names].map(([namespace, claims]): [string, NamespaceListing] => [namespace, { state: 'listed', claims }]),
  );
  const probes = Object.entries(repositories).filter((one): one is [string, Probe] => one[1] !== null);
  return {
    startedAt: NOW,
    skew: 0,
    marker: null,
    root: { state: 'listed', namespaces, strangers, misplaced, marked },
    probes: new Map(probes),
    records: new Map(),
    written: new Map(),
    ...rest,
  };
}

/** A root listing that is not believed. */
export function unknownRoot(reason: 'listing-failed' | 'listing-incomplete' = 'listing-failed'): RootListing {
  return { state: 'unknown', reason, message: 'AccessDenied: Access Denied (HTTP 403)' };
}

/** Index objects by their parameters, the first one first; by default the one that the installation brings, never written. */
export function indexOf(...shards: Record<string, string>[]): IndexView {
  const given = shards.length > 0 ? shards : [{}];
  return indexView(
    given.map((parameters, number) => ({
      number,
      uid: `uid-of-index-${number}`,
      resourceVersion: '7',
      selected: true,
      parameters: number === 0 ? { _onStale: 'allow', ...parameters } : parameters,
      foreign: number === 0 ? ['_onStale'] : [],
    })),
  );
}

export interface ClusterParts {
  namespaces?: Namespace[];
  /** by namespace */
  bases?: Record<string, BaseCredentials>;
  /** by claim key */
  credentials?: Record<string, RepositoryCredentials>;
  destinations?: Destination[];
  /** of other names than `<pvc>-restore` */
  otherDestinations?: Destination[];
  otherClaims?: OtherClaim[];
  /** by `<namespace>/<secret>` */
  places?: Record<string, SecretPlace>;
  sources?: Source[];
  claims?: Claim[];
  images?: Image[];
  movers?: Mover[];
  index?: IndexView;
  failures?: ClusterFailure[];
  /** what the volume of a claim was populated from, by claim key */
  volumes?: Record<string, string | null>;
  podUsers?: Record<string, string>;
}

/** The ordinary cluster; what is given replaces a whole kind. */
export function clusterView(parts: ClusterParts = {}): ClusterView {
  const {
    namespaces = [namespace()],
    bases = { media: base() },
    credentials = { [KEY]: { state: 'ours', differs: [] } },
    destinations = [destination()],
    sources = [source()],
    otherDestinations = [],
    otherClaims = [],
    claims = [claim()],
    images = [image()],
    movers = [],
    index = indexOf(),
    failures = [],
  } = parts;
  return {
    namespaces: new Map(namespaces.map((one) => [one.name, one])),
    baseCredentials: new Map(Object.entries(bases)),
    repositoryCredentials: new Map(Object.entries(credentials)),
    destinations: new Map(destinations.map((one) => [claimKey(one), one])),
    sources: new Map(sources.map((one) => [claimKey(one), one])),
    otherDestinations,
    allSources: Map.groupBy(sources, claimKey),
    otherClaims: new Map(otherClaims.map((one) => [claimKey(one), one])),
    places: new Map(Object.entries({ ...parts.places })),
    volumes: new Map(Object.entries({ ...parts.volumes })),
    podUsers: new Map(Object.entries({ ...parts.podUsers })),
    claims: new Map(claims.map((one) => [claimKey(one), one])),
    images: new Map(images.map((one) => [`${one.namespace}/${one.name}`, one])),
    movers: new Map(movers.map((one) => [moverKey(one.owner, one.namespace, one.ownerName), one])),
    index,
    failures,
  };
}

/** The world after the loss: a backup, a namespace with base credentials, and nothing else of the application. */
export function lostCluster(parts: ClusterParts = {}): ClusterView {
  return clusterView({
    credentials: { [KEY]: { state: 'absent' } },
    destinations: [],
    sources: [],
    claims: [],
    images: [],
    ...parts,
  });
}

export interface World {
  bucket?: BucketView;
  cluster?: ClusterView;
  settings?: Partial<Settings>;
  now?: number;
}

function observed({ bucket, cluster }: World = {}): Observed {
  return { bucket: bucket ?? bucketView(), cluster: cluster ?? clusterView() };
}

/** The ordinary claim's facts. */
export function situation(
  parts: ClusterParts = {},
  bucket = bucketView(),
  overrides: Partial<Settings> = {},
): Situation {
  return situationOf(PLACE, { bucket, cluster: clusterView(parts), settings: settings(overrides), now: NOW });
}

/** The ordinary claim's facts, and the context in which it is judged. */
export function placed(world: World = {}): { s: Situation; situations: Situation[]; context: Context } {
  const { bucket, cluster } = observed(world);
  const [all, now] = [settings(world.settings), world.now ?? NOW];
  const situations = situationsOf({ bucket, cluster }, all, now);
  return { s: situations[0]!, situations, context: contextOf(situations, { bucket, cluster, settings: all, now }) };
}

export function planOf(world: World = {}): PlanResult {
  return plan(observed(world), settings(world.settings), world.now ?? NOW);
}

/** One claim's outcome in words. */
export interface Told {
  backup: string;
  restorePoint: string;
  wave: number | null;
  actions: string[];
}

function words(state: string, reason: string | null): string {
  return reason === null ? state : `${state}: ${reason}`;
}

/** Every claim's outcome, by key. */
export function toldAll(result: PlanResult): Record<string, Told> {
  return Object.fromEntries(
    result.entries.map((entry) => [
      claimKey(entry),
      {
        backup: words(entry.backup.state, entry.backup.reason),
        restorePoint: words(entry.restorePoint.state, entry.restorePoint.reason),
        wave: entry.restorePoint.wave,
        actions: entry.actions.map(actionName),
      },
    ]),
  );
}

/** The ordinary claim's outcome. */
export function told(world: World = {}): Told {
  const found = toldAll(planOf(world))[KEY];
  if (found === undefined) throw new Error(`no entry for ${KEY}`);
  return found;
}

type OfKind<K extends ActionKind, A = Action> = A extends { kind: infer Kinds } ? (K extends Kinds ? A : never) : never;
/** An action whose destination shows its memory as the annotations that are written. */
type Written<A> = A extends { desired: DesiredDestination }
  ? Omit<A, 'desired'> & { desired: Omit<DesiredDestination, 'memory'> & { annotations: Record<string, string> } }
  : A;

/** The actions of this kind, whole. */
export function actionsOf<K extends ActionKind>(world: World, kind: K): Written<OfKind<K>>[] {
  const isOfKind = (action: Action): action is OfKind<K> => action.kind === kind;
  return planOf(world).entries.flatMap(({ actions }) =>
    actions
      .filter(isOfKind)
      .map(written)
      .filter(isWritten<OfKind<K>>),
  );
}

/** The action with its destination's memory as the annotations that are written. */
export function written(action: Action): unknown {
  if (!('desired' in action)) return action;
  const { memory, ...desired } = action.desired;
  return { ...action, desired: { ...desired, annotations: formatMemory(memory) } };
}

function isWritten<A extends Action>(shown: unknown): shown is Written<A> {
  return typeof shown === 'object' && shown !== null && 'kind' in shown;
}
