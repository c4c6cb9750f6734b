/** How the restore point of a claim stands. */
import { ATTACHED, NOTHING, PASSING, REFUSED, type Consequences } from './consequences.ts';

export const RESTORE_REASONS = {
  'sync-in-progress': { ...PASSING, means: 'VolSync is restoring into this destination now.', todo: NOTHING },
  'sync-failing': {
    ...REFUSED,
    exit: 1,
    means: "VolSync's mover fails and is retried.",
    todo: 'Read the log of the pod volsync-dst-<pvc>-restore-…: wrong password, too small, or files of another user (annotation volsync-prewarm/mover).',
  },
  'sync-stuck': {
    ...ATTACHED,
    exit: 1,
    means: 'VolSync was asked and nothing happens.',
    todo: 'Look whether the VolSync operator runs and at the events of the namespace.',
  },
  'image-missing': { ...PASSING, means: "The destination's VolumeSnapshot does not exist (any more).", todo: NOTHING },
  'image-not-ready': {
    ...PASSING,
    means: "The destination's VolumeSnapshot is not readyToUse yet.",
    todo: 'If it stays: look at the VolumeSnapshot and its class (Longhorn needs `type: snap`).',
  },
  'image-direct': {
    ...REFUSED,
    means: 'latestImage is a PersistentVolumeClaim (copyMethod Direct): a claim that used it would hang.',
    todo: 'Set copyMethod: Snapshot on that destination.',
  },
  'image-empty': {
    ...REFUSED,
    exit: 3,
    means: 'The mover restored nothing: the image is empty and is never offered.',
    todo: 'Check that RESTIC_REPOSITORY and the password are those of the backup; look at `explain`.',
  },
  'image-unproven': {
    ...PASSING,
    means: 'An image exists, but no log line says which snapshot it holds.',
    todo: 'Nothing: the next sync proves it. It stays usable.',
  },
  'destination-foreign': {
    ...REFUSED,
    means: 'A destination of this name exists that is not ours: it is reported and left alone.',
    todo: 'Delete it, or label it volsync-prewarm/adopt: "true" and have its trigger renewed by --adopt volsync-prewarm/adopt=true.',
  },
  'destination-deleting': { ...PASSING, means: 'The destination is being deleted.', todo: NOTHING },
  queued: {
    ...PASSING,
    means:
      'Everything is ready: it is asked for in the next run (wave 1), or as soon as a place is free (--max-syncing).',
    todo: NOTHING,
  },
  'over-storage-budget': {
    ...ATTACHED,
    means: '--max-warm-bytes is used up by restore points of higher priority.',
    todo: 'Raise the budget, or give the claim a higher volsync-prewarm/priority.',
  },
  'mover-unprivileged': {
    ...ATTACHED,
    means:
      'The restore mover has no user of its own and the namespace is not annotated for privileged movers: it cannot restore files that root does not own.',
    todo: 'Annotate the claim with volsync-prewarm/mover: "uid:gid:fsGroup", set --mover, or annotate the namespace volsync.backube/privileged-movers: "true".',
  },
} as const satisfies Record<string, Consequences>;
