/** Everything that is known about one claim, joined from bucket and cluster: what every decision below looks at. */
import type {
  BaseCredentials,
  BucketView,
  Claim,
  ClaimRef,
  ClusterView,
  Destination,
  Image,
  IndexEntry,
  Instant,
  Mover,
  Namespace,
  Probe,
  RepositoryCredentials,
  Source,
  Unknown,
} from '../../model.ts';
import { moverKey } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import { claimKey, refOf } from '../../naming.ts';
import { matches } from '../../selector.ts';
import type { Settings } from '../../settings/settings.ts';

export interface Observed {
  bucket: BucketView;
  cluster: ClusterView;
}

/** A bucket that nobody looks into: what is told of it is what cluster and index remember. */
export function unlooked(now: Instant): BucketView {
  return { startedAt: now, root: { state: 'not-looked' }, probes: new Map() };
}

export interface Context extends Observed {
  now: Instant;
  settings: Settings;
  /** why nothing may be created, changed or deleted, or null */
  frozen: Reason | null;
  /** why the cluster's side cannot be judged at all, or null */
  blind: Reason | null;
}

/** Was the repository in the listing? */
export type Listed = { state: 'yes' } | { state: 'no' } | { state: 'not-looked' } | Unknown;

export interface Situation extends ClaimRef {
  key: string;
  listed: Listed;
  probe: Probe | null;
  namespaceObject: Namespace | null;
  base: BaseCredentials | null;
  credentials: RepositoryCredentials | null;
  destination: Destination | null;
  /** ours, or adopted: its trigger may be renewed */
  steered: boolean;
  /** the VolumeSnapshot that latestImage names, when it exists */
  image: Image | null;
  mover: Mover | null;
  claimObject: Claim | null;
  source: Source | null;
  sourceMover: Mover | null;
  /** what the index remembers of its backup */
  indexed: IndexEntry | null;
}

/** Joins what is known of one claim. */
export function situationOf(
  ref: ClaimRef,
  { bucket, cluster, settings }: Pick<Context, 'bucket' | 'cluster' | 'settings'>,
): Situation {
  const key = claimKey(ref);
  const { namespace, claim } = ref;
  const destination = cluster.destinations.get(key) ?? null;
  const source = cluster.sources.get(key) ?? null;
  const moverOf = (owner: Mover['owner'], name: string | undefined): Mover | null =>
    (name === undefined ? undefined : cluster.movers.get(moverKey(owner, namespace, name))) ?? null;
  return {
    namespace,
    claim,
    key,
    ...lookAt(ref, bucket),
    namespaceObject: cluster.namespaces.get(namespace) ?? null,
    base: cluster.baseCredentials.get(namespace) ?? null,
    credentials: cluster.repositoryCredentials.get(key) ?? null,
    destination,
    steered: destination !== null && isSteered(destination, settings),
    image: cluster.images.get(`${namespace}/${destination?.latestImage?.name ?? ''}`) ?? null,
    mover: moverOf('ReplicationDestination', destination?.name),
    claimObject: cluster.claims.get(key) ?? null,
    source,
    sourceMover: moverOf('ReplicationSource', source?.name),
    indexed: cluster.index.entries.get(key) ?? null,
  };
}

/** Adopted: labelled as --adopt says, restic, and driven by a manual tag (a schedule renews itself). */
function isSteered(destination: Destination, settings: Settings): boolean {
  if (destination.mover !== 'restic') return false;
  if (destination.managed) return true;
  return (
    settings.adopt !== null &&
    destination.schedule === null &&
    destination.manual !== null &&
    matches(settings.adopt, destination.labels)
  );
}

const YES: Listed = { state: 'yes' };
const NO: Listed = { state: 'no' };

/** What the bucket told of one repository. */
export function lookAt(ref: ClaimRef, bucket: BucketView): Pick<Situation, 'listed' | 'probe'> {
  return { listed: listedIn(bucket, ref), probe: bucket.probes.get(claimKey(ref)) ?? null };
}

function listedIn(bucket: BucketView, ref: ClaimRef): Listed {
  const { root } = bucket;
  if (root.state !== 'listed') return root;
  const level = root.namespaces.get(ref.namespace);
  if (level === undefined) return NO;
  if (level.state === 'unknown') return level;
  return level.claims.has(ref.claim) ? YES : NO;
}

/** Every claim that has a repository, a destination, a label or an entry in the index, sorted by namespace, then claim. */
export function allClaims(bucket: BucketView, cluster: ClusterView): ClaimRef[] {
  const refs = new Map<string, ClaimRef>();
  const add = ({ namespace, claim }: ClaimRef): void => void refs.set(`${namespace}/${claim}`, { namespace, claim });
  for (const ref of repositoriesOf(bucket)) add(ref);
  for (const destination of cluster.destinations.values()) add(destination);
  for (const claim of cluster.claims.values()) add(claim);
  for (const key of cluster.index.entries.keys()) {
    add(refOf(key));
  }
  return [...refs.values()].sort(compareRefs);
}

/** Every repository in the listing. */
export function* repositoriesOf({ root }: BucketView): Generator<ClaimRef> {
  if (root.state !== 'listed') return;
  for (const [namespace, level] of root.namespaces) {
    if (level.state === 'unknown') continue;
    for (const claim of level.claims) yield { namespace, claim };
  }
}

/** By namespace, then claim, in code points: the same order on every machine. */
export function compareRefs(a: ClaimRef, b: ClaimRef): number {
  return compareText(a.namespace, b.namespace) || compareText(a.claim, b.claim);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The claim hangs on our restore point: Pending, with our destination as its data source. */
export function waits(s: Situation): boolean {
  return s.claimObject?.phase === 'Pending' && s.claimObject.restoresFromUs;
}

/** The claim is in use. */
export function isLive(s: Situation): boolean {
  return s.claimObject?.phase === 'Bound';
}
