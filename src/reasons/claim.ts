/** What is so with the claim or its source. */
import { ATTACHED, IGNORED, NOTHING, PASSING, type Consequences } from './consequences.ts';

export const CLAIM_REASONS = {
  'source-syncing': {
    ...PASSING,
    means: 'A backup of this claim runs or starts soon; a restore in parallel would break its retention.',
    todo: NOTHING,
  },
  'source-keeps-by-count': {
    ...ATTACHED,
    means:
      'A ReplicationSource keeps snapshots by count: a storm of retries can push good ones out. Not said yet: it comes with the backup side.',
    todo: 'Keep by time (hourly, daily, …) instead of `last`.',
  },
  'claim-live': {
    ...PASSING,
    means:
      'The claim is alive, and the settings (--warm absent or --refresh-interval) say that its restore point is not renewed now.',
    todo: 'Nothing, or change the setting.',
  },
  'opted-out': {
    ...ATTACHED,
    means:
      'The claim carries the label volsync-prewarm/skip-restore: "true"; without a reason for it the claim is refused.',
    todo: 'Remove the label to have it restored, or give the reason in the annotation volsync-prewarm/skip-restore-reason.',
  },
  'capacity-assumed': {
    ...PASSING,
    level: 'info',
    means: 'Nothing tells the size of the claim: --default-capacity was used.',
    todo: 'Once the claim lives, its own size is used.',
  },
  'capacity-unknown': {
    ...ATTACHED,
    means: 'Nothing tells the size of the claim, and --default-capacity is none: it waits for the claim.',
    todo: 'Create the claim, or set --default-capacity.',
  },
  'claim-too-small': {
    ...ATTACHED,
    means: 'The claim asks for less storage than the snapshot of its backup needs: it could never be filled from it.',
    todo: 'Raise spec.resources.requests.storage of the claim, or, where the size was only assumed, set --default-capacity none and delete the destination: it is made anew in the size of the claim. A claim that waits already has to be deleted once.',
  },
  'class-differs': {
    ...ATTACHED,
    means:
      'The claim is of another StorageClass than its restore point, and most drivers cannot restore across classes.',
    todo: 'Use the class of the restore point, or list the class in the annotation volsync-prewarm/classes of the destination.',
  },
  'volume-mode-block': {
    ...IGNORED,
    means: 'The claim is a block device; restic movers work on file systems.',
    todo: 'Back it up by other means. To get the files of its backup: delete the claim, wait for one run, and create it with volumeMode Filesystem.',
  },
  'restore-missed': {
    ...ATTACHED,
    exit: 3,
    means: 'The claim started without the backup that existed before it. Not said yet: it comes with the backup side.',
    todo: 'Delete the claim to have it restored, or accept it as it is.',
  },
  'claim-unprotected': {
    ...ATTACHED,
    exit: 3,
    means: 'A protected claim has been Bound for longer than one period and nothing backs it up.',
    todo: 'Create a ReplicationSource for it.',
  },
} as const satisfies Record<string, Consequences>;
