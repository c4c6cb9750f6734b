/** Reasons about the claim, or about the source that backs it up. */
import { ATTACHED, NOTHING, PASSING, REFUSED, type Consequences } from './consequences.ts';

export const CLAIM_REASONS = {
  'source-syncing': {
    ...PASSING,
    means: 'A backup of this claim is running or starts soon. A restore at the same time would break its retention.',
    todo: NOTHING,
  },
  'source-keeps-by-count': {
    ...ATTACHED,
    means:
      'A ReplicationSource keeps snapshots by count. If a backup fails and is retried often, copies push good snapshots out.',
    todo: 'Set `hourly`, `daily` or `within` in retain instead of `last`.',
  },
  'claim-live': {
    ...PASSING,
    means: 'The claim is alive, and by --warm absent or --refresh-interval its restore point is not renewed now.',
    todo: 'Nothing; or change the setting.',
  },
  'opted-out': {
    ...ATTACHED,
    means:
      'The claim has the label volsync-prewarm/skip-restore: "true". Without a reason for it, the claim is refused.',
    todo: 'Remove the label to have the claim restored, or give the reason in the annotation volsync-prewarm/skip-restore-reason.',
  },
  'capacity-assumed': {
    ...PASSING,
    level: 'info',
    means: 'Nothing shows the size of the claim, so --default-capacity was used.',
    todo: 'Nothing: as soon as the claim exists, its own size is used.',
  },
  'capacity-unknown': {
    ...ATTACHED,
    means:
      'Nothing shows the size of the claim, and --default-capacity is none, so the restore point is made when the claim is created.',
    todo: 'Create the claim, or set --default-capacity.',
  },
  'claim-unlabelled': {
    ...ATTACHED,
    level: 'info',
    means: 'The claim has no label backup: hourly or daily, so no restore point is made for it.',
    todo: 'Label the claim. Or, if it names a destination of yours, label that destination volsync-prewarm/adopt: "true".',
  },
  'claim-too-small': {
    ...ATTACHED,
    means:
      'The claim requests less storage than the snapshot of its restore point needs, and can never be filled from it.',
    todo: 'Raise spec.resources.requests.storage of the claim. If the size was only assumed, set --default-capacity none and delete the destination; it is made again in the size of the claim. Delete a claim that is already waiting, once.',
  },
  'class-differs': {
    ...ATTACHED,
    means: 'The claim has another StorageClass than its restore point, and most drivers cannot restore across classes.',
    todo: 'Use the class of the restore point. If the driver can restore across the two, list the class in the annotation volsync-prewarm/classes of the destination.',
  },
  'volume-static': {
    ...ATTACHED,
    level: 'info',
    means: 'The claim asks for a static volume (class "" or a selector): nothing can be restored into one.',
    todo: 'Give it a StorageClass and no selector, or name the volume that holds the data in spec.volumeName.',
  },
  'volume-mode-block': {
    ...REFUSED,
    means: 'The claim is a block device, but restic backs up and restores files.',
    todo: 'Back it up by other means. To get the files of an earlier backup, delete the claim, wait for one run, and create it with volumeMode Filesystem.',
  },
  'restore-missed': {
    ...ATTACHED,
    exit: 3,
    means: 'The claim started without the backup that existed before it. A source of ours keeps everything meanwhile.',
    todo: 'Delete the claim and create it again to have it restored, or accept it as it is: `explain` prints the command.',
  },
  'claim-unfilled': {
    ...PASSING,
    level: 'info',
    means: 'The restore point of the claim is ready, and VolSync has not filled the claim yet.',
    todo: 'If its StorageClass binds with the first consumer: nothing, a pod has to use the claim. Otherwise look at the events of the claim.',
  },
  'annotation-invalid': {
    ...ATTACHED,
    means: 'An annotation of the claim is not in the form that it must have, and is ignored.',
    todo: 'Correct it: volsync-prewarm/mover is "uid:gid:fsGroup" (three numbers), volsync-prewarm/priority is a number.',
  },
  'label-on-claim-only': {
    ...ATTACHED,
    means:
      'The label `backup` stands on the claim, and not in the template of the StatefulSet that makes it. The next claim has no label and starts empty.',
    todo: 'Put the label into spec.volumeClaimTemplates: delete the StatefulSet with --cascade=orphan and create it again with the label.',
  },
  'claim-unprotected': {
    ...ATTACHED,
    exit: 3,
    means: 'A protected claim has been Bound for longer than one period and nothing backs it up.',
    todo: 'Create a ReplicationSource for it.',
  },
} as const satisfies Record<string, Consequences>;
