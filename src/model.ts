/**
 * The terms of the product as types. What could not be observed has its own state everywhere: "I could not look"
 * cannot be stored as "it is not there".
 */
import type { MarkerLook } from './bucket-marker.ts';
import type { MoverSpec, MoverUser } from './mover-spec.ts';
import type { ClusterFailure } from './failures.ts';
import type { Reason } from './reasons.ts';
import type { IndexView } from './index-model.ts';
import type { Memory } from './memory.ts';
import type { ManualTag, Tier } from './naming.ts';
import type { SecretPlace } from './secret-place.ts';
import type { Source } from './source.ts';
import type { RecordLook } from './claim-record.ts';

/** One claim's name in the cluster, which is also its repository's place in the bucket. */
export interface ClaimRef {
  namespace: string;
  claim: string;
}

/** Milliseconds since the epoch. Time always comes in as a parameter. */
export type Instant = number;

// ── what the bucket holds ────────────────────────────────────────────────────────────────────────────────────────────

/** Why an answer of the bucket is not believed. */
export type ListingReason = Extract<
  Reason,
  'listing-failed' | 'listing-incomplete' | 'repository-elsewhere' | 'repository-unnamed' | 'bucket-moved'
>;

export interface Unknown {
  state: 'unknown';
  reason: ListingReason;
  /** for people; never contains a secret */
  message: string;
}

export interface SnapshotObject {
  /** 64 hex digits */
  id: string;
  /** LastModified in the bucket, about the end of that backup */
  at: Instant;
}

export interface LockObject {
  name: string;
  at: Instant;
}

/** A look into one repository. `locks` is null when nothing hangs on them. */
export type Probe = { state: 'listed'; snapshots: SnapshotObject[]; locks: LockObject[] | null } | Unknown;

/** The second level of the bucket: the names below one namespace. */
export type NamespaceListing = { state: 'listed'; claims: ReadonlySet<string> } | Unknown;

export type RootListing =
  | {
      state: 'listed';
      namespaces: ReadonlyMap<string, NamespaceListing>;
      /** names on the first level that no namespace can have: reported, never followed */
      strangers: readonly string[];
      /** folders that are repositories although no `<namespace>/<pvc>` is: `` for the prefix itself, `plex` for one below it */
      misplaced: readonly string[];
      /** our own folder is there: this bucket has been marked or has claim records */
      marked: boolean;
    }
  | Unknown
  | { state: 'not-looked' };

export interface BucketView {
  /** the start of the root listing */
  startedAt: Instant;
  /** the bucket's clock minus the one that we go by: the ages of objects are told by the bucket's own */
  skew: number;
  /** the bucket's marker; null = nobody has read it in this run */
  marker: MarkerLook | null;
  root: RootListing;
  /** by claim key */
  probes: ReadonlyMap<string, Probe>;
  /** claim records, by claim key; only where they were read */
  records: ReadonlyMap<string, RecordLook>;
  /** digests of the records that this run has written, by claim key */
  written: ReadonlyMap<string, string>;
}

// ── what the cluster holds ───────────────────────────────────────────────────────────────────────────────────────────

export interface Namespace {
  name: string;
  terminating: boolean;
  privilegedMovers: boolean;
  /** made by us (--create-namespaces) */
  managed: boolean;
  createdAt: Instant | null;
}

/** What is known of a namespace's base credentials without their values. */
export interface BaseCredentials {
  /** `<uid>/<resourceVersion>` */
  version: string;
  /** null = the data was not needed and not read */
  content: { missing: string[]; repositoryBase: string } | null;
}

/** What is known of a claim's repository credentials without their values. */
export type RepositoryCredentials =
  | { state: 'absent' }
  | { state: 'foreign' }
  /** a user's own, with the address that ours would have: it is used as it is, and never written */
  | { state: 'own' }
  | OurCredentials;

/** Repository credentials that we have written. */
export interface OurCredentials {
  state: 'ours';
  /** names of the keys that do not follow from the base */
  differs: string[];
  /** a key comes or goes with them, which makes VolSync replace the Jobs of its movers */
  reshaped?: boolean;
  /** the repository that they name, in one spelling (src/restic/address.ts); null = no address */
  address?: string | null;
  /** a mover has succeeded with it; when the data was changed last, null = not known. Version 0.1 noted neither: absent then */
  password?: { proven: boolean; changedAt: Instant | null };
}

export interface ImageRef {
  kind: string;
  apiGroup: string;
  name: string;
}

export interface Destination extends ClaimRef {
  name: string;
  uid: string;
  resourceVersion: string;
  createdAt: Instant | null;
  deleting: boolean;
  /** carries our managed-by label */
  managed: boolean;
  labels: Readonly<Record<string, string>>;
  /** what we have written on it */
  memory: Memory;
  /** `restic` is the mover that we know; everything else is left alone */
  mover: 'restic' | 'other';
  manual: string | null;
  /** the snapshot that this tag asks for, when the tag is one of ours */
  asked: ManualTag | null;
  schedule: string | null;
  /** VolSync makes no pod for it */
  paused: boolean;
  /** restores into this claim, in place, under whatever uses it */
  destinationPVC: string | null;
  /** carries the adopt label */
  adopted: boolean;
  /** the claim that its annotation names */
  claimNamed: string | null;
  spec: DestinationSpec;
  lastManualSync: string | null;
  lastSyncStartAt: Instant | null;
  lastSyncAt: Instant | null;
  lastSyncSeconds: number | null;
  latestImage: ImageRef | null;
  moverResult: 'Successful' | 'Failed' | null;
  moverLogs: string;
  /** the error that VolSync reports */
  condition: { reason: string; message: string; at: Instant | null } | null;
  /** VolSync has written any status at all */
  hasStatus: boolean;
}

/** The fields of a restic destination that we set. */
export interface DestinationSpec {
  repository: string;
  copyMethod: string;
  /** a Kubernetes quantity */
  capacity: string | null;
  accessModes: readonly string[];
  storageClass: string | null;
  snapshotClass: string | null;
  /** only snapshots up to this time are restored; null = the newest of all */
  restoreAsOf: Instant | null;
  enableFileDeletion: boolean;
  cleanupTempPVC: boolean;
  moverSpec: MoverSpec;
}

export type { Source } from './source.ts';

export interface Claim extends ClaimRef {
  uid: string;
  tier: Tier;
  createdAt: Instant | null;
  phase: string;
  /** a quantity */
  request: string | null;
  accessModes: readonly string[];
  storageClass: string | null;
  volumeMode: string;
  /** labelled to start without its backup; without a reason for it the claim is refused */
  optOut: 'no' | 'with-reason' | 'without-reason';
  /** a static volume: class "" or a selector. Nothing can be restored into one */
  isStatic: boolean;
  volumeName: string | null;
  /** what it is filled from, as the API server keeps it: a `dataSource` of another kind than it knows is dropped */
  reference: ImageRef | null;
  /** has `dataSource` or `dataSourceRef`, whatever they say */
  bringsSource: boolean;
  nodeSelected: boolean;
  /** refers to `<pvc>-restore` as its data source */
  restoresFromUs: boolean;
  priority: number;
  moverUser: MoverUser | null;
  /** annotations of ours with a value that cannot be read */
  unread: readonly { annotation: string; value: string }[];
  /** what a person accepts: the claim's uid, or a short id */
  accept: string | null;
}

/** A claim without a label that we know: no policy and no run touches it, but its reference may name an adopted destination. */
export interface OtherClaim extends ClaimRef {
  uid: string;
  /** what the label `backup` says, when it is there: a spelling that is not known */
  label: string | null;
  createdAt: Instant | null;
  phase: string;
  /** a quantity */
  request: string | null;
  storageClass: string | null;
  /** the destination that its data source names */
  restoresFrom: string | null;
}

/** A VolumeSnapshot. */
export interface Image {
  namespace: string;
  name: string;
  deleting: boolean;
  ready: boolean;
  /** what the CSI driver says went wrong; a slow snapshot has none */
  error: string | null;
  createdAt: Instant | null;
  /** a quantity */
  restoreSize: string | null;
}

/** The Job that VolSync made for a source or a destination. */
export interface Mover {
  namespace: string;
  owner: 'ReplicationSource' | 'ReplicationDestination';
  ownerName: string;
  /** pods that run or wait to run */
  active: number;
  /** pods that are ready: a pod that cannot be scheduled, or whose volume cannot be mounted, is active and not ready */
  ready: number;
  /** pods that have failed; 0 once one has succeeded */
  failed: number;
  /** when a pod succeeded; null = none has */
  succeededAt: Instant | null;
  /** when VolSync made the Job */
  startedAt: Instant | null;
}

export interface ClusterView {
  namespaces: ReadonlyMap<string, Namespace>;
  /** by namespace */
  baseCredentials: ReadonlyMap<string, BaseCredentials>;
  /** by claim key; only where it was looked up */
  repositoryCredentials: ReadonlyMap<string, RepositoryCredentials>;
  /** `<pvc>-restore`, by claim key */
  destinations: ReadonlyMap<string, Destination>;
  /** destinations of any other name, as they were listed */
  otherDestinations: readonly Destination[];
  /** the one that decides, by claim key */
  sources: ReadonlyMap<string, Source>;
  /** all of a claim's, by claim key, by name */
  allSources: ReadonlyMap<string, readonly Source[]>;
  /** places that Secrets name, by `<namespace>/<secret>`; only where one was looked up */
  places: ReadonlyMap<string, SecretPlace>;
  /** claims without a label that we know, by claim key; VolSync's own are left out */
  otherClaims: ReadonlyMap<string, OtherClaim>;
  /** VolumeSnapshot that a claim's volume was populated from, null = none; by claim key, only where it was looked up */
  volumes: ReadonlyMap<string, string | null>;
  /** what pods run as that use a claim: `uid:gid:fsGroup`, or `none`; by claim key, only where there are pods and it was looked up */
  podUsers: ReadonlyMap<string, string>;
  /** protected claims, by claim key */
  claims: ReadonlyMap<string, Claim>;
  /** by `<namespace>/<name>` */
  images: ReadonlyMap<string, Image>;
  /** by `<owner kind>/<namespace>/<owner name>` */
  movers: ReadonlyMap<string, Mover>;
  index: IndexView;
  failures: readonly ClusterFailure[];
}

/** The key of a Mover in a ClusterView. */
export function moverKey(owner: Mover['owner'], namespace: string, ownerName: string): string {
  return `${owner}/${namespace}/${ownerName}`;
}
