/**
 * The closed list of reasons, spelled the same in the plan, the log, the index, the documentation and the test titles.
 * Each says what it means and what a person can do; a test compares docs/reference/reasons.md with this table.
 */

interface Meaning {
  means: string;
  todo: string;
}

const NOTHING = 'Nothing: the next run goes on by itself.';

export const REASONS = {
  'namespace-missing': {
    means: 'A backup waits for a namespace that the cluster does not have (or that is being deleted).',
    todo: 'Nothing: it is warmed when the namespace comes. If the application is gone for good, delete its repository.',
  },
  'namespace-excluded': {
    means: 'The namespace is in --exclude-namespaces, or not in --include-namespaces.',
    todo: 'Change the setting if it should be restored.',
  },
  'credentials-missing': {
    means: 'The namespace has no Secret of the name --credentials-secret.',
    todo: 'Provide it (for example by a ClusterExternalSecret).',
  },
  'credentials-incomplete': {
    means: 'The base credentials lack a key or have an empty one.',
    todo: 'Give the Secret AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, RESTIC_PASSWORD and RESTIC_REPOSITORY_BASE.',
  },
  'credentials-foreign': {
    means: 'A Secret `<pvc>-volsync-secret` exists that is not ours.',
    todo: 'Label it app.kubernetes.io/managed-by=volsync-prewarm to hand it over, or delete it.',
  },
  'repository-mismatch': {
    means: 'RESTIC_REPOSITORY_BASE points at another endpoint, bucket or prefix than the one that was listed.',
    todo: 'Correct the Secret or --bucket/--prefix/--endpoint; name a second name of the same server by --endpoint-alias.',
  },
  'password-changed': {
    means: 'The base RESTIC_PASSWORD differs from the one that this repository was written with.',
    todo: 'Put the old password back, or delete `<pvc>-volsync-secret` to accept the new one.',
  },
  'repository-empty': {
    means: 'A complete listing shows no snapshot: there is no backup.',
    todo: 'Nothing: a claim starts fresh. Never an alarm by itself.',
  },
  'repository-locked': {
    means:
      'A lock lies in the repository. Younger than 30 minutes: somebody works in it, or was killed, and no restore is asked for. Older: it was left behind.',
    todo: 'Young: nothing. Old: change spec.restic.unlock of the ReplicationSource, or its backups fail at forget.',
  },
  'snapshot-too-new': {
    means: 'The newest snapshot is younger than --quiet-period; its backup may still be tidying up.',
    todo: NOTHING,
  },
  'listing-failed': {
    means: 'A listing was refused or not answered: what lies behind it is unknown, and is left as it is.',
    todo: 'Read the message beside it: keys, bucket name, endpoint, rights or network.',
  },
  'listing-incomplete': {
    means: 'The server answered, but not with a well-formed, complete listing: it is not believed.',
    todo: 'Check that --endpoint is the S3 port (not a web console) and the health of the S3 server.',
  },
  'listing-shrank': {
    means: 'Most of the repositories that had restore points are gone from the listing. Nothing is created or deleted.',
    todo: 'Check bucket, prefix and server. If it is meant: run once with --accept-shrink.',
  },
  'bucket-unmarked': {
    means: 'The bucket shows no backup, and nothing says that it ever held one: it may be the wrong place.',
    todo: 'If it should hold backups: check --bucket, --prefix and --endpoint. If it is right and new: nothing, or, with overlay strict, `volsync-prewarm mark-bucket` and one run.',
  },
  'index-missing': {
    means:
      'The index object volsync-prewarm-index is not there, lacks its label, or has never been written: the admission policies know of no backup.',
    todo: 'Apply the kustomization again (it is part of k8s/base), then let one run finish. `plan` looks into the bucket meanwhile.',
  },
  'policy-missing': {
    means: 'The admission policy that would give this claim its data is not in force here.',
    todo: 'kubectl apply -k k8s/overlays/safe, or the overlay that suits you (docs/admission.md).',
  },
  'index-stale': {
    means:
      'The index is older than 20 minutes, or this namespace could not be looked at: it cannot say that there is no backup.',
    todo: 'Look at the last Job of the CronJob. `plan` looks into the bucket meanwhile.',
  },
  'name-invalid': {
    means:
      'No claim of this name can be restored: not a Kubernetes name, or longer than 63 characters (VolSync writes it into a label).',
    todo: 'Rename the claim and its repository. A key that is none of yours needs nothing.',
  },
  'source-syncing': {
    means: 'A backup of this claim runs or starts soon; a restore in parallel would break its retention.',
    todo: NOTHING,
  },
  'source-keeps-by-count': {
    means:
      'A ReplicationSource keeps snapshots by count: a storm of retries can push good ones out. Not said yet: it comes with the backup side.',
    todo: 'Keep by time (hourly, daily, …) instead of `last`.',
  },
  'sync-in-progress': { means: 'VolSync is restoring into this destination now.', todo: NOTHING },
  'sync-failing': {
    means: "VolSync's mover fails and is retried.",
    todo: 'Read the log of the pod volsync-dst-<pvc>-restore-…: wrong password, too small, or files of another user (annotation volsync-prewarm/mover).',
  },
  'sync-stuck': {
    means: 'VolSync was asked and nothing happens.',
    todo: 'Look whether the VolSync operator runs and at the events of the namespace.',
  },
  'image-missing': { means: "The destination's VolumeSnapshot does not exist (any more).", todo: NOTHING },
  'image-not-ready': {
    means: "The destination's VolumeSnapshot is not readyToUse yet.",
    todo: 'If it stays: look at the VolumeSnapshot and its class (Longhorn needs `type: snap`).',
  },
  'image-direct': {
    means: 'latestImage is a PersistentVolumeClaim (copyMethod Direct): a claim that used it would hang.',
    todo: 'Set copyMethod: Snapshot on that destination.',
  },
  'image-empty': {
    means: 'The mover restored nothing: the image is empty and is never offered.',
    todo: 'Check that RESTIC_REPOSITORY and the password are those of the backup; look at `explain`.',
  },
  'image-unproven': {
    means: 'An image exists, but no log line says which snapshot it holds.',
    todo: 'Nothing: the next sync proves it. It stays usable.',
  },
  'destination-foreign': {
    means: 'A destination of this name exists that is not ours: it is reported and left alone.',
    todo: 'Delete it, or label it volsync-prewarm/adopt: "true" and have its trigger renewed by --adopt volsync-prewarm/adopt=true.',
  },
  'destination-deleting': { means: 'The destination is being deleted.', todo: NOTHING },
  'claim-live': {
    means:
      'The claim is alive, and the settings (--warm absent or --refresh-interval) say that its restore point is not renewed now.',
    todo: 'Nothing, or change the setting.',
  },
  'opted-out': {
    means:
      'The claim carries the label volsync-prewarm/skip-restore: "true"; without a reason for it the claim is refused.',
    todo: 'Remove the label to have it restored, or give the reason in the annotation volsync-prewarm/skip-restore-reason.',
  },
  queued: {
    means:
      'Everything is ready: it is asked for in the next run (wave 1), or as soon as a place is free (--max-syncing).',
    todo: NOTHING,
  },
  'over-storage-budget': {
    means: '--max-warm-bytes is used up by restore points of higher priority.',
    todo: 'Raise the budget, or give the claim a higher volsync-prewarm/priority.',
  },
  'capacity-assumed': {
    means: 'Nothing tells the size of the claim: --default-capacity was used.',
    todo: 'Once the claim lives, its own size is used.',
  },
  'capacity-unknown': {
    means: 'Nothing tells the size of the claim, and --default-capacity is none: it waits for the claim.',
    todo: 'Create the claim, or set --default-capacity.',
  },
  'mover-unprivileged': {
    means:
      'The restore mover has no user of its own and the namespace is not annotated for privileged movers: it cannot restore files that root does not own.',
    todo: 'Annotate the claim with volsync-prewarm/mover: "uid:gid:fsGroup", set --mover, or annotate the namespace volsync.backube/privileged-movers: "true".',
  },
  'claim-too-small': {
    means: 'The claim asks for less storage than the snapshot of its backup needs: it could never be filled from it.',
    todo: 'Raise spec.resources.requests.storage of the claim, or, where the size was only assumed, set --default-capacity none and delete the destination: it is made anew in the size of the claim. A claim that waits already has to be deleted once.',
  },
  'class-differs': {
    means:
      'The claim is of another StorageClass than its restore point, and most drivers cannot restore across classes.',
    todo: 'Use the class of the restore point, or list the class in the annotation volsync-prewarm/classes of the destination.',
  },
  'volume-mode-block': {
    means: 'The claim is a block device; restic movers work on file systems.',
    todo: 'Back it up by other means. To get the files of its backup: delete the claim, wait for one run, and create it with volumeMode Filesystem.',
  },
  'restore-missed': {
    means: 'The claim started without the backup that existed before it. Not said yet: it comes with the backup side.',
    todo: 'Delete the claim to have it restored, or accept it as it is.',
  },
  'volsync-missing': {
    means: 'The cluster does not know ReplicationDestinations: VolSync is not installed.',
    todo: 'Install VolSync 0.11 or newer.',
  },
  'snapshots-missing': {
    means: 'The cluster does not know VolumeSnapshots: the snapshot CRDs are not installed.',
    todo: 'Install the CSI external-snapshotter CRDs and controller.',
  },
  'claim-unprotected': {
    means: 'A protected claim has been Bound for longer than one period and nothing backs it up.',
    todo: 'Create a ReplicationSource for it.',
  },
} as const satisfies Record<string, Meaning>;

export type Reason = keyof typeof REASONS;

/** What a reason means and what to do about it. */
export function meaningOf(reason: Reason): Meaning {
  return REASONS[reason];
}
