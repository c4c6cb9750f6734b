/** Reasons about the restore point of a claim. */
import { ATTACHED, NOTHING, PASSING, REFUSED, type Consequences } from './consequences.ts';

export const RESTORE_REASONS = {
  'sync-in-progress': { ...PASSING, means: 'VolSync is restoring into this destination now.', todo: NOTHING },
  'newer-snapshot': {
    ...PASSING,
    means:
      'The restore point holds an older snapshot than the newest that is known: claims are filled when it is renewed.',
    todo: NOTHING,
  },
  'restore-stale': {
    ...ATTACHED,
    exit: 3,
    means:
      'A newer snapshot is known and cannot be fetched: a claim is filled with the older data of its restore point. Or a claim has begun with older data, or may have.',
    todo: 'Correct what keeps the renewal from succeeding, or take one of the ways that the finding names.',
  },
  'backup-due': {
    ...PASSING,
    means: 'A backup of the claim was due less than 20 minutes ago, and no run has looked for it yet.',
    todo: 'Nothing: the claim is filled when the next run has looked.',
  },
  'serving-fresh': {
    ...PASSING,
    means: 'The destination was made empty on purpose, for a claim whose empty start was accepted.',
    todo: 'Nothing: it is removed as soon as that claim is bound.',
  },
  'restore-point-fresh': {
    ...PASSING,
    means: 'The restore point was made empty on purpose for another claim, which waits for it.',
    todo: 'Nothing: it is removed as soon as that claim is bound.',
  },
  'sync-failing': {
    ...REFUSED,
    exit: 1,
    means: "VolSync's mover fails, and VolSync retries it.",
    todo: 'Read the log of the pod volsync-dst-<pvc>-restore-…. Usual causes: a wrong password, too little space, or files of another user (annotation volsync-prewarm/mover).',
  },
  'sync-stuck': {
    ...ATTACHED,
    exit: 1,
    means: 'VolSync was asked to restore, and nothing happens.',
    todo: 'Check that the VolSync operator runs, and read the events of the namespace.',
  },
  'image-missing': { ...PASSING, means: 'The VolumeSnapshot of the destination does not exist.', todo: NOTHING },
  'image-not-ready': {
    ...PASSING,
    means: 'The VolumeSnapshot of the destination is not readyToUse yet.',
    todo: 'Usually nothing. If it stays so, check the VolumeSnapshot and its class (Longhorn needs `type: snap`).',
  },
  'image-direct': {
    ...REFUSED,
    means: 'The image is a PersistentVolumeClaim (copyMethod Direct). A claim that used it would hang.',
    todo: 'Set copyMethod: Snapshot on that destination.',
  },
  'image-empty': {
    ...REFUSED,
    exit: 3,
    means: 'The mover restored nothing, so the image is empty. The admission policies keep it from every claim.',
    todo: 'Check that RESTIC_REPOSITORY and the password are those of the backup. `explain` shows what was seen.',
  },
  'image-foreign': {
    ...REFUSED,
    exit: 3,
    means:
      'The image was restored from another repository than that of the claim: its credentials named another one. No claim gets it.',
    todo: 'Find out who writes into the Secret <pvc>-volsync-secret. It is corrected, and the restore point is made again, by the next run.',
  },
  'snapshot-unlisted': {
    ...PASSING,
    means: 'The image holds a snapshot that the repository does not have any more: it has been forgotten since.',
    todo: 'Nothing: it stays usable, and the next snapshot replaces it.',
  },
  'image-unproven': {
    ...PASSING,
    means: 'An image exists, but no log line says which snapshot it holds.',
    todo: 'Nothing: it stays usable, and the next restore proves what it holds.',
  },
  'destination-deleting': { ...PASSING, means: 'The destination is being deleted.', todo: NOTHING },
  queued: {
    ...PASSING,
    means:
      'Everything is ready. The restore starts in the next run (wave 1), or when fewer than --max-syncing others run.',
    todo: NOTHING,
  },
  'over-storage-budget': {
    ...ATTACHED,
    means: 'Restore points of higher priority use up --max-warm-bytes.',
    todo: 'Raise --max-warm-bytes, or the annotation volsync-prewarm/priority of the claim.',
  },
  'mover-unprivileged': {
    ...ATTACHED,
    means:
      'Nothing sets the user of the restore mover (no pod of the claim tells it either), and the namespace does not allow privileged movers. The mover cannot restore files that root does not own.',
    todo: 'Set the annotation volsync-prewarm/mover: "uid:gid:fsGroup" on the claim, or --mover, or the annotation volsync.backube/privileged-movers: "true" on the namespace.',
  },
} as const satisfies Record<string, Consequences>;
