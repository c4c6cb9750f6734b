/** What is wrong with the bucket, or with what is believed of it. */
import { ATTACHED, IGNORED, NOTHING, PASSING, UNSEEN, type Consequences } from './consequences.ts';

export const BUCKET_REASONS = {
  'repository-empty': {
    ...PASSING,
    means: 'A complete listing shows no snapshot: there is no backup.',
    todo: 'Nothing: a claim starts fresh. Never an alarm by itself.',
  },
  'repository-locked': {
    ...PASSING,
    means:
      'A lock lies in the repository. Younger than 30 minutes: somebody works in it, or was killed, and no restore is asked for. Older: it was left behind.',
    todo: 'Young: nothing. Old: change spec.restic.unlock of the ReplicationSource, or its backups fail at forget.',
  },
  'snapshot-too-new': {
    ...PASSING,
    means: 'The newest snapshot is younger than --quiet-period; its backup may still be tidying up.',
    todo: NOTHING,
  },
  'listing-failed': {
    ...UNSEEN,
    means: 'A listing was refused or not answered: what lies behind it is unknown, and is left as it is.',
    todo: 'Read the message beside it: keys, bucket name, endpoint, rights or network.',
  },
  'listing-incomplete': {
    ...UNSEEN,
    means: 'The server answered, but not with a well-formed, complete listing: it is not believed.',
    todo: 'Check that --endpoint is the S3 port (not a web console) and the health of the S3 server.',
  },
  'listing-shrank': {
    ...UNSEEN,
    word: 'attach',
    means: 'Most of the repositories that had restore points are gone from the listing. Nothing is created or deleted.',
    todo: 'Check bucket, prefix and server. If it is meant: run once with --accept-shrink.',
  },
  'bucket-unmarked': {
    ...ATTACHED,
    level: 'info',
    means: 'The bucket shows no backup, and nothing says that it ever held one: it may be the wrong place.',
    todo: 'If it should hold backups: check --bucket, --prefix and --endpoint. If it is right and new: nothing, or, with overlay strict, `volsync-prewarm mark-bucket` and one run.',
  },
  'index-missing': {
    ...ATTACHED,
    means:
      'The index object volsync-prewarm-index is not there, lacks its label, or has never been written: the admission policies know of no backup.',
    todo: 'Apply the kustomization again (it is part of k8s/base), then let one run finish. `plan` looks into the bucket meanwhile.',
  },
  'index-stale': {
    ...ATTACHED,
    means:
      'The index is older than 20 minutes, or this namespace could not be looked at: it cannot say that there is no backup.',
    todo: 'Look at the last Job of the CronJob. `plan` looks into the bucket meanwhile.',
  },
  'name-invalid': {
    ...IGNORED,
    level: 'info',
    means:
      'No claim of this name can be restored: not a Kubernetes name, or longer than 63 characters (VolSync writes it into a label).',
    todo: 'Rename the claim and its repository. A key that is none of yours needs nothing.',
  },
} as const satisfies Record<string, Consequences>;
