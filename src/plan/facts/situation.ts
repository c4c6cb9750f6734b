/** Everything that is known about one claim, joined from bucket and cluster. Every decision reads this. */
import type { IndexEntry } from '../../index-model.ts';
import type {
  BaseCredentials,
  BucketView,
  Claim,
  ClaimRef,
  ClusterView,
  Destination,
  Image,
  Instant,
  Mover,
  Namespace,
  OtherClaim,
  Probe,
  RepositoryCredentials,
  Source,
  Unknown,
} from '../../model.ts';
import type { RecordLook } from '../../claim-record.ts';
import type { Reason } from '../../reasons.ts';
import { claimKey } from '../../naming.ts';
import { isExcluded } from '../../settings/scope.ts';
import type { Settings } from '../../settings/settings.ts';
import { doubted } from './asked.ts';
import { contentsOf, type Contents } from './contents.ts';
import { destinationNamed } from './repositories-owner.ts';
import { changedFrom } from './changed.ts';
import { newerElsewhere, type Elsewhere } from './elsewhere.ts';
import { newestOf } from './newest.ts';
import {
  furtherThan,
  primaryOf,
  probeKeyOf,
  rememberedRepository,
  type Further,
  type Repository,
} from './repositories.ts';
import { timesFrom } from './times.ts';
import { busiest, hasNewSnapshot, moverOf, writersOf, type Writer } from './writers.ts';
import { unsteeredBy, type Unsteered } from './steering.ts';
import { unnamedBy } from './unnamed.ts';
import { imageStateOf, syncOf, type ImageState, type Sync } from './sync.ts';

export interface Observed {
  bucket: BucketView;
  cluster: ClusterView;
}

/** A view for commands that do not list the bucket: cluster and index are all they know. */
export function unlooked(now: Instant): BucketView {
  return {
    startedAt: now,
    skew: 0,
    marker: null,
    root: { state: 'not-looked' },
    probes: new Map(),
    records: new Map(),
    written: new Map(),
  };
}

export interface Context extends Observed {
  now: Instant;
  settings: Settings;
  /** why nothing may be created, changed or deleted; null when writes are allowed */
  frozen: Reason | null;
  /** why the objects in the cluster cannot be judged at all, or null */
  blind: Reason | null;
}

/** Whether the repository was in the listing. */
export type Listed = { state: 'yes' } | { state: 'no' } | { state: 'not-looked' } | Unknown;

/** The facts about one claim: what was observed, joined, and what follows from it directly. */
export interface Situation extends ClaimRef {
  key: string;
  listed: Listed;
  probe: Probe | null;
  namespaceObject: Namespace | null;
  base: BaseCredentials | null;
  credentials: RepositoryCredentials | null;
  destination: Destination | null;
  /** ours or adopted, so that its trigger may be renewed */
  steered: boolean;
  /** why it may not be */
  unsteered: Unsteered | null;
  /** where its backup is read; null = at the layout path, with credentials of ours */
  repository: Repository | null;
  /** all that its sources and its destination name; empty where nothing but ours is named */
  repositories: readonly Repository[];
  /** all but the primary one, with what was seen in them */
  further: readonly Further[];
  /** another repository has a snapshot that is newer by more than a period */
  elsewhere: Elsewhere | null;
  /** the place that the image was restored from, when the repository's address has changed since */
  changedFrom: string | null;
  /** adopted destinations that serve this claim too, and do not restore it */
  rivals: readonly Destination[];
  /** another claim whose source writes into one of its repositories */
  sharedWith: string | null;
  /** every source of the claim that writes to this repository, the claim's own first, each with its mover */
  writers: readonly Writer[];
  /** the VolumeSnapshot that latestImage names, when it exists */
  image: Image | null;
  mover: Mover | null;
  claimObject: Claim | null;
  source: Source | null;
  /** all sources that back it up, whoever's */
  sources: readonly Source[];
  sourceMover: Mover | null;
  /** object times up to this one tell no order: those of a bucket that was copied */
  timesFrom: Instant;
  /** what the index remembers of its backup */
  indexed: IndexEntry | null;
  /** what the bucket remembers of its shape; null = nobody has read it */
  record: RecordLook | null;
  /** what pods that use it run as; null = no pod does, or nobody has looked */
  podUser: string | null;
  /** the settings exclude its namespace */
  excluded: boolean;
  /** the state of the destination's sync */
  sync: Sync;
  imageState: ImageState;
  /** what the image holds */
  contents: Contents;
  /** the claim is Pending with our destination as its data source */
  waits: boolean;
  /** the claim is in use */
  live: boolean;
}

/** Joins what is known of one claim. */
export function situationOf(
  ref: ClaimRef,
  { bucket, cluster, settings, now }: Pick<Context, 'bucket' | 'cluster' | 'settings' | 'now'>,
  key = claimKey(ref),
  repositories: readonly Repository[] = [],
): Situation {
  const { namespace, claim } = ref;
  const destination = cluster.destinations.get(key) ?? null;
  const indexed = cluster.index.entries.get(key) ?? null;
  const place = placeOf({ namespace, claim, key }, { bucket, cluster, settings }, { repositories, indexed });
  const claimObject = cluster.claims.get(key) ?? null;
  const image = imageOf(cluster, destination);
  const mover = moverOf(cluster, destination && { namespace, owner: 'ReplicationDestination', name: destination.name });
  const unsteered = destination && unsteeredBy(destination, settings);
  const sync = syncOf({ destination, mover, hasNewSnapshot: hasNewSnapshot(cluster, destination, mover) }, now);
  const base = cluster.baseCredentials.get(namespace) ?? null;
  const credentials = cluster.repositoryCredentials.get(key) ?? null;
  const { repository, further, listed, probe, writers, source } = place;
  const contents = contentsOf(destination, probe, sync);
  const { waits, live } = standing(destination, claimObject, cluster.otherClaims.get(key));
  // Ten thousand of these are made in each run: every field is written out, since an object that is put together of others costs more.
  return {
    key,
    namespace,
    claim,
    repository,
    further,
    listed,
    probe,
    writers,
    source,
    base,
    credentials,
    destination,
    namespaceObject: cluster.namespaces.get(namespace) ?? null,
    steered: destination !== null && unsteered === null,
    unsteered,
    repositories,
    elsewhere: newerElsewhere({ listed, probe, repository, further, indexed, destination, claimObject, writers }, now),
    changedFrom: changedFrom({ repository, probe, indexed, destination }),
    rivals: NO_RIVALS,
    sharedWith: null,
    image,
    mover,
    claimObject,
    sourceMover: busiest(writers),
    sources: cluster.allSources.get(key) ?? NO_SOURCES,
    indexed,
    timesFrom: timesFrom(repository, { bucket, cluster }),
    record: bucket.records.get(key) ?? null,
    podUser: cluster.podUsers.get(key) ?? null,
    excluded: isExcluded(namespace, settings),
    sync,
    imageState: imageStateOf(destination, image),
    contents: doubted(contents, { namespace, claim, repository, probe, credentials, destination }, settings),
    waits,
    live,
  };
}

const NO_RIVALS: readonly Destination[] = [];

/** Where its backup is, what was seen there, and who writes to it. */
function placeOf(
  ref: ClaimRef & { key: string },
  { bucket, cluster, settings }: Pick<Context, 'bucket' | 'cluster' | 'settings'>,
  { repositories, indexed }: { repositories: readonly Repository[]; indexed: IndexEntry | null },
): Pick<Situation, 'repository' | 'further' | 'listed' | 'probe' | 'writers' | 'source'> {
  const listed = listedIn(bucket, ref);
  const remembered = indexed?.repository ?? null;
  const isListed = listed.state === 'yes';
  const probeOf = (one: Repository | null): Probe | null => bucket.probes.get(probeKeyOf(ref, one)) ?? null;
  const newestAt = (one: Repository): Instant | null => {
    const probe = probeOf(one);
    return probe?.state === 'listed' ? (newestOf(probe.snapshots)?.at ?? null) : null;
  };
  const repository =
    repositories.length === 0 && remembered !== null
      ? rememberedRepository(remembered, settings)
      : primaryOf(repositories, { isListed, remembered, newestAt });
  const writers = writersOf(cluster, ref.key, repository);
  const others = furtherThan(repository, repositories, isListed);
  return {
    repository,
    further: others.length === 0 ? NO_FURTHER : others.map((one) => ({ repository: one, probe: probeOf(one) })),
    listed:
      repository === null
        ? (unnamedBy(ref.key, listed, { bucket, cluster, settings }) ?? listed)
        : listedBy(repository, listed),
    probe: probeOf(repository),
    writers,
    source: writers[0]?.source ?? cluster.sources.get(ref.key) ?? null,
  };
}

const NO_FURTHER: readonly Further[] = [];

/** It restores with a Secret of somebody else's: the base credentials have no part in it. */
export function hasOwnCredentials(s: Pick<Situation, 'destination' | 'steered' | 'repository'>): boolean {
  if (s.steered && s.destination?.managed === false) return true;
  return s.repository !== null && s.repository.secret !== null;
}

function imageOf({ images }: ClusterView, destination: Destination | null): Image | null {
  if (destination === null || destination.latestImage === null) return null;
  return images.get(`${destination.namespace}/${destination.latestImage.name}`) ?? null;
}

const NO_SOURCES: readonly Source[] = [];
const YES: Listed = { state: 'yes' };
const NO: Listed = { state: 'no' };

function listedIn(bucket: BucketView, ref: ClaimRef): Listed {
  const { root } = bucket;
  if (root.state !== 'listed') return root;
  const level = root.namespaces.get(ref.namespace);
  if (level === undefined) return NO;
  if (level.state === 'unknown') return level;
  return level.claims.has(ref.claim) ? YES : NO;
}

/** An unlabelled claim waits and lives too, when somebody's adopted destination serves it. */
function standing(
  destination: Destination | null,
  claim: Claim | null,
  other: OtherClaim | undefined,
): Pick<Situation, 'waits' | 'live'> {
  const { phase, refers } =
    claim === null
      ? { phase: other?.phase, refers: other !== undefined && other.restoresFrom === destination?.name }
      : { phase: claim.phase, refers: claim.restoresFromUs || isNamed(claim, destination) };
  return { waits: phase === 'Pending' && refers, live: phase === 'Bound' };
}

function isNamed({ reference }: Claim, destination: Destination | null): boolean {
  return destination !== null && destinationNamed(reference) === destination.name;
}

/** A place that a Secret names is listed separately, since the listing of the bucket does not show it. */
function listedBy({ where, shown }: Repository, listed: Listed): Listed {
  if (where.kind === 'layout' || listed.state === 'not-looked') return listed;
  if (where.kind === 'referenced') return YES;
  return { state: 'unknown', reason: 'repository-elsewhere', message: `${shown} is out of reach` };
}
