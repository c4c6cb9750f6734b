/** Every name, label, annotation and tag that the program reads or writes. */

/** The product's own name: field manager, `managed-by` value, user agent, CronJob, ServiceAccount, ClusterRole. */
export const PRODUCT = 'volsync-prewarm';

/** Milliseconds between two runs of the CronJob as it is shipped. */
export const SCHEDULE_PERIOD = 5 * 60_000;

export const VOLSYNC_GROUP = 'volsync.backube';
export const SNAPSHOT_GROUP = 'snapshot.storage.k8s.io';

/** Marks an object as ours. Apart from tags of adopted destinations, only marked objects are written. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
/** A claim with this label (`hourly` or `daily`) is protected. */
export const BACKUP_LABEL = 'backup';
export const TIERS = ['hourly', 'daily'] as const;
export type Tier = (typeof TIERS)[number];
/** How often a tier promises a backup, in milliseconds. */
export const TIER_PERIOD: Readonly<Record<Tier, number>> = { hourly: 3_600_000, daily: 86_400_000 };
/** VolSync puts this on every object that it makes (fixtures of a real cluster). */
export const CREATED_BY_VOLSYNC = { label: 'app.kubernetes.io/created-by', value: 'volsync' } as const;
/** The index objects of the admission policies: never a restore point. */
export const INDEX_LABEL = 'volsync-prewarm/index';
/** Where VolSync and the product live. The policies read the index there. */
export const HOME_NAMESPACE = 'volsync-system';
/** `spec.external.provider` of an index object: VolSync's controller leaves what others provide alone. */
export const INDEX_PROVIDER = 'volsync-prewarm/index';

/** Keys of an index object that are about the index itself. A namespace cannot begin with `_`. */
export const INDEX_KEY = {
  /** the start of the listing that it was made from, RFC 3339 UTC */
  generatedAt: '_generatedAt',
  /** the bucket is empty, and nothing says that it ever held a repository */
  bucketUnmarked: '_bucketUnmarked',
  /** `allow` or `deny`: the installer's */
  onStale: '_onStale',
  /** `_unknown.<namespace>`: the namespace could not be listed; earlier entries are kept */
  unknown: '_unknown.',
  /** `_place.<namespace>.<secret>`: the repository's address in a Secret that somebody's source or destination names */
  place: '_place.',
  /** the start of the first listing that was ever published: claims that are older were there before anybody watched */
  since: '_since',
  /** why nothing but this index was written: earlier entries stand as they were, and new ones were added */
  frozen: '_frozen',
  /** the place that was listed, as restic writes addresses */
  bucket: '_bucket',
  /** what was read of the bucket's marker: when it was written, and whether the bucket was copied before */
  marker: '_marker',
} as const;

/** `volsync-prewarm-index`, then `-1`, `-2`, …: one for each 4,000 entries. */
export function indexName(shard: number): string {
  return shard === 0 ? 'volsync-prewarm-index' : `volsync-prewarm-index-${shard}`;
}

/** The names of index objects, as the policies match them; a hundred of them hold 400,000 backups. */
export const INDEX_NAME = '^volsync-prewarm-index(-[1-9][0-9]?)?$';
const INDEX_PATTERN = new RegExp(INDEX_NAME);
/** Binds the policy `gate` to the first index object: its name is what a refusal says when that object is missing. */
export const GATE_BINDING = 'volsync-prewarm-gate-index-missing';

/** The number of an index object by its name, or null for any other name. */
export function shardOf(name: string): number | null {
  const match = INDEX_PATTERN.exec(name);
  return match === null ? null : Number(match[1]?.slice(1) ?? 0);
}

/** `<namespace>.<pvc>`, a claim's key in the index: a namespace has no dot, so the first one divides. */
export function indexKey(ref: { namespace: string; claim: string }): string {
  return `${ref.namespace}.${ref.claim}`;
}

/** The claim behind a key of the index; null for a key about the index itself, and for garbage. */
export function claimOfIndexKey(key: string): { namespace: string; claim: string } | null {
  const dot = key.indexOf('.');
  const [namespace, claim] = [key.slice(0, dot), key.slice(dot + 1)];
  return dot > 0 && claim !== '' && !claim.includes('/') && isNamespaceName(namespace) ? { namespace, claim } : null;
}

/** With this label a claim starts without its backup. It is a label, so that the selectors of the policies leave the claim alone. */
export const SKIP_RESTORE_LABEL = 'volsync-prewarm/skip-restore';
export const SKIP_RESTORE_REASON = `${SKIP_RESTORE_LABEL}-reason`;

/** With this label a destination or source of somebody else is adopted. */
export const ADOPT_LABEL = 'volsync-prewarm/adopt';

/** What we write on a destination, and what a user may write on a claim. */
export const ANNOTATION = {
  verifiedImage: 'volsync-prewarm/verified-image',
  verifiedSnapshot: 'volsync-prewarm/verified-snapshot',
  /** The time of the proven snapshot in the bucket, RFC 3339, so that the lag is known without another listing. */
  verifiedSnapshotAt: 'volsync-prewarm/verified-snapshot-at',
  /** Where the repository is that holds the proven snapshot, if not at the layout path. */
  verifiedAddress: 'volsync-prewarm/verified-address',
  provenImages: 'volsync-prewarm/proven-images',
  restoreSize: 'volsync-prewarm/restore-size',
  suspectImage: 'volsync-prewarm/suspect-image',
  suspectReason: 'volsync-prewarm/suspect-reason',
  /** The newest short id for which an empty image was already replaced once: the next empty one is final. */
  secondTry: 'volsync-prewarm/second-try',
  capacityFrom: 'volsync-prewarm/capacity-from',
  /** Uid of the claim that hangs on the larger image which this destination's replaced: only a new claim gets the new one. */
  hungOnLarger: 'volsync-prewarm/hung-on-larger',
  /** When the sync of the current tag was asked for, RFC 3339: tells a slow VolSync from a dead one. */
  askedAt: 'volsync-prewarm/asked-at',
  /** On an adopted destination: the short id that was asked for last. */
  askedFor: 'volsync-prewarm/asked-for',
  /** `<uid>/<resourceVersion>` of the base credentials that the repository credentials were derived from; on these too. */
  baseVersion: 'volsync-prewarm/base-version',
  /** On the repository credentials: a digest of the password with which a mover has succeeded. */
  passwordProven: 'volsync-prewarm/password-proven',
  /** The repository that its credentials named when the last sync was asked for, in one spelling. */
  askedAddress: 'volsync-prewarm/asked-address',
  /** `<n> <time>`: complete listings in a row that did not show this repository, and when the last one began. */
  missedListings: 'volsync-prewarm/missed-listings',
  /** `<n> <time> <8 hex> <failed pods>`: restores that failed in a row, the last one's time, and what it was tried with. */
  tries: 'volsync-prewarm/tries',
  /** On an adopted destination: the claim that it serves, where nothing else tells. */
  claim: 'volsync-prewarm/claim',
  priority: 'volsync-prewarm/priority',
  mover: 'volsync-prewarm/mover',
  /** On a destination: `source` when its mover spec was copied from a source, so that it outlives that source. */
  moverFrom: 'volsync-prewarm/mover-from',
  /** On a destination: uid of the one claim for which it was made empty on purpose. */
  fresh: 'volsync-prewarm/fresh',
  /** What a person accepts: a claim's uid, or the short id that a restore point holds. */
  accept: 'volsync-prewarm/accept',
  /** The newest snapshot that is known, while the restore point holds an older one. */
  newestSnapshot: 'volsync-prewarm/newest-snapshot',
  /** So long VolSync is kept from filling a claim with the older one, RFC 3339 UTC. */
  holdUntil: 'volsync-prewarm/hold-until',
  /** When the claim's next backup is due, RFC 3339 UTC: what it saves is waited for. */
  nextBackup: 'volsync-prewarm/next-backup',
  /** When VolSync was last woken by a write, since a claim waited although nothing held it. */
  nudged: 'volsync-prewarm/nudged',
  /** On a ReplicationSource: the size its claim had, for a destination that must be made without the claim. */
  capacity: 'volsync-prewarm/capacity',
  /** On a source of ours: UID of the claim that it was made for. */
  claimUid: 'volsync-prewarm/claim-uid',
  /** On a source of ours: how its claim began, `<origin>@<uid>` and the snapshots that it is about. */
  origin: 'volsync-prewarm/origin',
  /** On a source of ours: the normal retention that is in force, `hourly=24,daily=7,within=3d`. */
  retain: 'volsync-prewarm/retain',
  /** On a source of ours: why it keeps everything. */
  keepsEverything: 'volsync-prewarm/keeps-everything',
  /** On a source of ours: whom a pod of the claim runs as, `uid:gid:fsGroup`, or `none`. */
  podUser: 'volsync-prewarm/pod-user',
  /** On a source of ours: which fields of its mover we have set. */
  setFields: 'volsync-prewarm/set-fields',
  /** On a source of ours: which of these were taken over from another object, and not from a setting. */
  carried: 'volsync-prewarm/carried-fields',
  /** On a ReplicationSource: `true` when it has saved a snapshot, whatever its log says today. */
  hasBackup: 'volsync-prewarm/has-backup',
  /** On a destination: further StorageClasses that its image can be restored into, comma-separated. */
  classes: 'volsync-prewarm/classes',
} as const;

/** The scheduler's annotation on a claim: its pod has a node, so the volume is made now. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** VolSync's annotation on the PersistentVolume of a claim that it has filled: `<namespace>/<VolumeSnapshot>`. */
export const POPULATED_FROM = 'volsync.backube/populated-from';

/** The namespace annotation that lets VolSync's movers keep file owners. */
export const PRIVILEGED_MOVERS = 'volsync.backube/privileged-movers';

/** Our own folder in the bucket: claim records and the bucket's marker. No namespace can have this name. */
export const BUCKET_FOLDER = '.volsync-prewarm';
/** Says that this bucket has been seen with repositories, or was settled by `mark-bucket`. */
export const BUCKET_MARKER = `${BUCKET_FOLDER}/bucket`;

/** Where claim records are. */
export const RECORDS_FOLDER = `${BUCKET_FOLDER}/claims/`;

/** Where a claim's record stands below the prefix. No two claims share one: a namespace has no slash, and neither has a claim. */
export function recordKey(ref: { namespace: string; claim: string }): string {
  return `${RECORDS_FOLDER}${ref.namespace}/${ref.claim}.json`;
}

/** The claim behind a name in the folder of records; null for everything else. */
export function claimOfRecord(name: string): { namespace: string; claim: string } | null {
  const [, namespace = '', claim = ''] = /^([^/]{1,63})\/([^/]{1,253})\.json$/.exec(name) ?? [];
  return claim !== '' && isNamespaceName(namespace) ? { namespace, claim } : null;
}

const DESTINATION_SUFFIX = '-restore';

/** `<pvc>-restore` */
export function destinationName(claim: string): string {
  return claim + DESTINATION_SUFFIX;
}

/** The claim that a destination of this name serves, or null when the name is not of our form. */
export function claimOfDestination(name: string): string | null {
  return name.endsWith(DESTINATION_SUFFIX) && name.length > DESTINATION_SUFFIX.length
    ? name.slice(0, -DESTINATION_SUFFIX.length)
    : null;
}

/** `<pvc>-backup` */
export function sourceName(claim: string): string {
  return `${claim}-backup`;
}

/** `<pvc>-volsync-secret` */
export function repositorySecretName(claim: string): string {
  return `${claim}-volsync-secret`;
}

/** `<namespace>/<pvc>`, the key of every map in here. */
export function claimKey(ref: { namespace: string; claim: string }): string {
  return `${ref.namespace}/${ref.claim}`;
}

/** The claim of such a key. */
export function refOf(key: string): { namespace: string; claim: string } {
  const [namespace = '', claim = ''] = key.split('/');
  return { namespace, claim };
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Could a namespace have this name (RFC 1123 label, at most 63 characters)? */
export function isNamespaceName(name: string): boolean {
  return name.length <= 63 && DNS_LABEL.test(name);
}

/**
 * Could a claim of this name be restored? A claim's name may have 253 characters, but VolSync's populator writes it into
 * a label value (at most 63) and fails for ever on a longer one.
 */
export function isRestorableClaimName(name: string): boolean {
  return name.length <= 63 && DNS_SUBDOMAIN.test(name);
}

export interface ManualTag {
  /** short id of the snapshot that was asked for */
  id: string;
  /** 0 for the first request, 1 and up for a retry of the same snapshot */
  retry: number;
}

const TAG = /^([0-9a-f]{8})(?:-r([1-9][0-9]{0,5}))?$/;

/** Reads a manual tag of ours; null for anybody else's. */
export function parseTag(tag: string | null): ManualTag | null {
  const match = tag === null ? null : TAG.exec(tag);
  return match?.[1] === undefined ? null : { id: match[1], retry: Number(match[2] ?? 0) };
}

/** The tag that asks for the snapshot of this short id once more: `<id>-r<n>`; its first tag is the short id itself. */
export function retryTag(id: string, current: string | null): string {
  const last = parseTag(current);
  return last?.id === id ? `${id}-r${last.retry + 1}` : id;
}

const BACKUP_TAG = /^volsync-prewarm-backup-until-([0-9]{13})$/;

/**
 * The trigger by which the command `backup` asks for one backup, beside the schedule that it beats. It says until when somebody
 * waits for it (milliseconds): after that a run takes it away, if the command was killed before it could.
 */
export function backupTag(until: number): string {
  return `volsync-prewarm-backup-until-${until}`;
}

/** Until when somebody waits for the backup that this trigger asks for; null for anybody else's trigger. */
export function backupTagUntil(tag: string | null): number | null {
  const match = tag === null ? null : BACKUP_TAG.exec(tag);
  return match === null ? null : Number(match[1]);
}
