/** Reasons about the bucket, the listing of it, and the index. */
import { ATTACHED, IGNORED, NOTHING, PASSING, REFUSED, UNSEEN, type Consequences } from './consequences.ts';

export const BUCKET_REASONS = {
  'repository-empty': {
    ...PASSING,
    means: 'A complete listing shows no snapshot: there is no backup.',
    todo: 'Nothing: a new claim starts empty. This alone is never an alarm.',
  },
  'repository-locked': {
    ...PASSING,
    means:
      'The repository is locked. If the lock is younger than 30 minutes, somebody may still be working in the repository, and no restore is started. An older lock was left behind.',
    todo: 'Young lock: nothing. Old lock: change spec.restic.unlock of the ReplicationSource, or its backups fail when restic forgets old snapshots.',
  },
  'snapshot-too-new': {
    ...PASSING,
    means: 'The newest snapshot is younger than --quiet-period, so its backup may not have ended yet.',
    todo: NOTHING,
  },
  'backup-gone': {
    ...REFUSED,
    exit: 3,
    means:
      'Three complete listings have not shown a repository that was known before, and a claim, a source or a restore point still depends on it, or the record of its claim is still in the bucket.',
    todo: 'Bring the repository back. If it was deleted on purpose, accept that: annotate the claim with volsync-prewarm/accept and its uid; where there is no claim, run once with --accept-shrink and the time of the index, as the finding says. A restore point that still exists may be the last copy; delete it by hand if you do not need it.',
  },
  'snapshots-vanished': {
    ...REFUSED,
    exit: 3,
    means:
      'The newest snapshot that was known is gone from the repository, and no newer one has come: the bucket was rolled back, or only half copied. Nothing of this claim is renewed or deleted.',
    todo: 'Bring the snapshot back. If it is lost for good, accept the newest one that is left: annotate the claim (or, without one, the destination) with volsync-prewarm/accept and its short id.',
  },
  'snapshot-not-restorable': {
    ...PASSING,
    means:
      'VolSync cannot restore the newest snapshot (it may hold another path than /data), so the restore point holds the newest one that can be restored.',
    todo: 'Look at the snapshots with `restic snapshots`: somebody else may write into this repository.',
  },
  'snapshot-from-the-future': {
    ...PASSING,
    means:
      'A snapshot of the repository is dated in the future. VolSync would always take it, so the restore point is made as of the newest real one.',
    todo: 'Correct the clock of whoever made it, and forget that snapshot with restic.',
  },
  'listing-failed': {
    ...UNSEEN,
    means:
      'The S3 server refused a listing or did not answer. What it would have shown is unknown, and nothing there is changed.',
    todo: 'Read the message beside it, then check keys, bucket name, endpoint, rights and network.',
  },
  'listing-incomplete': {
    ...UNSEEN,
    means: 'The S3 server answered, but not with a well-formed, complete listing, so the answer is not believed.',
    todo: 'Check that --endpoint is the S3 port and not a web console, and that the S3 server is healthy.',
  },
  'listing-shrank': {
    ...UNSEEN,
    word: 'attach',
    means: 'Most of the known repositories are missing from the listing. Nothing is created or deleted.',
    todo: 'Check bucket, prefix and server. If the repositories were deleted on purpose, run once with --accept-shrink and the time of the index, as the message says.',
  },
  'bucket-moved': {
    ...UNSEEN,
    exit: 1,
    means:
      'The settings name another place than the one that the index was written from. What is listed there says nothing about the known backups, so nothing is published or written.',
    todo: 'Check --endpoint, --bucket and --prefix. A second name of the same server is given by --endpoint-alias. If the repositories have moved: volsync-prewarm mark-bucket --move',
  },
  'bucket-copied': {
    ...ATTACHED,
    exit: 3,
    means:
      'The bucket is a copy of the one in which its marker was written, so the times of its objects are those of the copy. They do not tell which snapshot is newer, or which was saved before a claim. Restore points are kept as they are; what the cluster has known, what sources say and what VolSync takes decides. No claim is called fresh.',
    todo: 'When the copy is complete, confirm it once: volsync-prewarm mark-bucket. From then on the times of new snapshots count.',
  },
  'bucket-unmarked': {
    ...ATTACHED,
    level: 'info',
    means: 'The bucket holds no backup, and nothing shows that it ever held one. It may be the wrong bucket.',
    todo: 'If it should hold backups, check --bucket, --prefix and --endpoint. If it is right and new, nothing; with overlay strict `volsync-prewarm mark-bucket` and one run.',
  },
  'index-unwritten': {
    ...PASSING,
    means: 'The index object is there, and no run has written it yet, so nothing is known about backups.',
    todo: 'Nothing: the next run writes it. To have it now: kubectl -n volsync-system create job --from=cronjob/volsync-prewarm first-look',
  },
  'index-missing': {
    ...ATTACHED,
    means:
      'The index object volsync-prewarm-index does not exist or lacks its label, so the admission policies know of no backup.',
    todo: 'Apply the overlay again, then let one run finish. Meanwhile `plan` shows what the bucket holds.',
  },
  'index-stale': {
    ...ATTACHED,
    means:
      'The index is older than 20 minutes, or this namespace could not be listed, so the index cannot say that there is no backup.',
    todo: 'Read the log of the last Job of the CronJob. Meanwhile `plan` shows what the bucket holds.',
  },
  'name-invalid': {
    ...IGNORED,
    level: 'info',
    means:
      'No claim of this name can be restored. It is not a Kubernetes name, or longer than 63 characters, which VolSync cannot write into a label.',
    todo: 'Rename the claim and its repository. If this is no repository of yours, nothing.',
  },
} as const satisfies Record<string, Consequences>;
