/** What is so with the backups of a claim, and with how it began. */
import { ATTACHED, NOTHING, PASSING, type Consequences } from './consequences.ts';

export const BACKUP_REASONS = {
  'retention-held': {
    ...ATTACHED,
    level: 'info',
    means:
      'A source of ours keeps everything: it did not save the snapshots, its retention has been shortened, or an earlier claim had started without its backup.',
    todo: 'Nothing, or accept the normal retention: `explain` prints the command.',
  },
  'origin-undecided': {
    ...PASSING,
    means:
      'It is not known yet how the claim began: a listing, its volume or a proof could not be seen, or a second listing has to confirm the first.',
    todo: NOTHING,
  },
  'claim-not-bound': { ...PASSING, means: 'The claim has no volume yet: there is nothing to back up.', todo: NOTHING },
  'sources-off': {
    ...ATTACHED,
    means: 'Nobody backs the claim up, and with --sources off the worker makes no source.',
    todo: 'Create a ReplicationSource, or set --sources on.',
  },
  'label-removed': {
    ...ATTACHED,
    means: 'The claim has lost its label `backup`, and the source that the worker made for it goes on.',
    todo: 'Put the label back, or remove the source with --prune.',
  },
  'backup-failing': {
    ...ATTACHED,
    exit: 3,
    means: 'The mover of the ReplicationSource fails and is retried.',
    todo: 'Read the log of the pod volsync-src-<pvc>-backup-…: a lock, a wrong password, or files of another user (annotation volsync-prewarm/mover).',
  },
  'backup-overdue': {
    ...ATTACHED,
    exit: 3,
    means: 'The last backup is older than two periods of the label (hourly or daily).',
    todo: 'Look at the ReplicationSource: its trigger, its conditions and the events of the namespace.',
  },
  'never-backed-up': {
    ...ATTACHED,
    exit: 3,
    means: 'The claim has a source, is older than two periods, and no backup of it exists.',
    todo: 'Look at the ReplicationSource: its conditions and the events of the namespace.',
  },
  'source-paused': {
    ...ATTACHED,
    exit: 3,
    means: 'A ReplicationSource of the claim is paused.',
    todo: 'Remove spec.paused.',
  },
  'source-manual': {
    ...ATTACHED,
    exit: 3,
    means: 'A ReplicationSource of the claim has a manual trigger: nothing is backed up unless somebody asks.',
    todo: 'Give it a schedule and no manual trigger.',
  },
  'source-not-restic': {
    ...ATTACHED,
    exit: 3,
    means:
      'A ReplicationSource of the claim does not use restic. What it saves is not seen and never restored, and the worker makes no source beside it.',
    todo: 'Replace it by one that uses restic, or delete it, so that the worker makes one. Or remove the label backup.',
  },
  'repository-abandoned': {
    ...ATTACHED,
    level: 'info',
    means: 'No claim uses this repository, and its newest snapshot is older than two weeks.',
    todo: 'If the application is gone for good, delete the repository.',
  },
  'acceptance-unmatched': {
    ...ATTACHED,
    means:
      'The annotation volsync-prewarm/accept names neither the claim nor its newest snapshot, or --accept-shrink names another index than the one that is there: it has no effect.',
    todo: '`explain` prints the command with the right value; the finding about a listing that shrank has the time of the index.',
  },
  'records-refused': {
    ...ATTACHED,
    means:
      'Claim records cannot be written to the bucket: after a loss of the cluster, sizes and classes have to be assumed.',
    todo: 'Allow the keys s3:GetObject and s3:PutObject below the folder .volsync-prewarm/ of the prefix.',
  },
} as const satisfies Record<string, Consequences>;
