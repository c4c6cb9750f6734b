/**
 * What the states, actions and exit codes mean, for docs/reference. The types are those of the program, so a state
 * that nobody has described does not compile.
 */
import type { ActionKind, Backup, RestorePointState } from '../../src/decisions.ts';
import type { ExitCode } from '../../src/report/exit-code.ts';

export const BACKUP_STATES: Record<Backup['state'], string> = {
  present: 'The repository has at least one snapshot: an object `snapshots/<64 hex digits>`.',
  absent: 'A complete listing shows no snapshot.',
  unknown:
    'The worker could not look, or the answer cannot be believed. It creates nothing, deletes nothing, and earlier decisions stand.',
};

export const RESTORE_POINT_STATES: Record<RestorePointState, string> = {
  warm: 'The image is a VolumeSnapshot, exists, is ready, and is proven to hold the newest snapshot.',
  stale: 'The image is usable, but a newer snapshot exists, or nothing proves which snapshot the image holds.',
  warming: 'The first restore is running.',
  cold: 'There is nothing usable yet. The reason says why.',
  suspect:
    'An image exists, but there is evidence that it is empty, or of another repository. It is never attached, and the worker makes it anew once.',
  blocked: 'A destination exists that cannot become warm by itself. The reason says why.',
};

export const ACTIONS: Record<ActionKind, string> = {
  'create-credentials': 'Creates the Secret `<pvc>-volsync-secret` from the base credentials of the namespace.',
  'update-credentials': 'Brings that Secret up to date after the base credentials changed.',
  'prove-password': 'Writes on that Secret a digest of its password, with which a mover has opened the repository.',
  'create-destination': 'Creates `<pvc>-restore` and asks VolSync for the newest snapshot.',
  retrigger: 'Asks VolSync for a newer snapshot.',
  'retrigger-adopted': 'Does the same for somebody else’s destination. Reports call it `retrigger`.',
  'update-destination': 'Changes a destination whose restore fails.',
  'pause-destination': 'Pauses a destination whose restore fails, between two retries. Its image stays usable.',
  'recreate-destination':
    'Deletes and creates a destination whose image is empty, of another repository, or too large for its claim.',
  'record-proof': 'Writes on the destination which snapshot its image holds, as the log of the mover said.',
  'mark-suspect':
    'Writes on the destination that its image is empty or of another repository. The policies do not attach it from then on.',
  'note-absence': 'Writes on the destination that a complete listing did not show its backup.',
  'note-credentials': 'Writes on the destination which credentials its restore used.',
  'note-newest':
    'Writes on the destination which snapshot is the newest, and until when VolSync is kept from filling claims with an older one.',
  nudge: 'Writes on the destination of a claim that waits although nothing holds it: VolSync may have missed a change.',
  'delete-destination':
    'Deletes a destination: with `--prune`, when its image is empty and its backup is gone, or when its restore fails and there is no usable image.',
  'create-source': 'Creates the ReplicationSource `<pvc>-backup` of a protected claim that nobody else backs up.',
  'update-source': 'Brings back the fields of that source that the worker sets, or changes its schedule or retention.',
  'unlock-source': 'Tells VolSync to remove the lock that a dead mover left, before the next backup.',
  'unlock-adopted': 'Does the same through somebody else’s source. Reports call it `unlock-source`.',
  'note-backup': 'Writes on an adopted source that it has saved a snapshot.',
  'delete-source': 'Deletes a source of ours whose claim is gone or another one.',
  'request-backup':
    'Asks VolSync for one backup by a manual trigger beside the schedule. Only the command `backup` does so.',
  'release-source':
    'Takes that trigger away when nobody waits for the backup any more, so that the schedule counts again.',
  'create-namespace':
    'Creates the namespace of a backup, with the labels of `--namespace-labels`: only with `--create-namespaces`.',
  'warn-claim': 'Writes a Warning event on a claim that waits for something that only a person can put right.',
};

export const EXIT_CODES: Record<ExitCode, string> = {
  0: 'Everything that could be done is done. A missing namespace, or restores that still run when the time is up, are no failure.',
  1: 'Something failed or is unknown: a listing, an action, a mover.',
  2: 'The settings are wrong. One message lists all problems.',
  3: '(`run` only) The work is done, but data is at risk. `--fail-on error` makes this 0.',
};
