/** Reasons about the cluster around a claim: namespace, credentials, installed parts. */
import { ATTACHED, IGNORED, PASSING, REFUSED, UNSEEN, type Consequences } from './consequences.ts';

export const CLUSTER_REASONS = {
  'namespace-missing': {
    ...PASSING,
    means: 'There is a backup, but its namespace does not exist or is being deleted.',
    todo: 'Nothing: the restore point is made when the namespace exists (--create-namespaces makes it before the application arrives). If the application is gone for good, delete its repository.',
  },
  'namespace-excluded': {
    ...IGNORED,
    means: 'The namespace is in --exclude-namespaces, or not in --include-namespaces.',
    todo: 'Nothing; or change the setting, if its claims should be restored.',
  },
  'credentials-missing': {
    ...ATTACHED,
    means: 'The namespace has no Secret with base credentials (--credentials-secret).',
    todo: 'Create the Secret, for example with a ClusterExternalSecret.',
  },
  'credentials-incomplete': {
    ...REFUSED,
    means: 'The Secret with the base credentials lacks a key, or a key is empty.',
    todo: 'Give the Secret AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, RESTIC_PASSWORD and RESTIC_REPOSITORY_BASE.',
  },
  'credentials-foreign': {
    ...REFUSED,
    means: 'A Secret `<pvc>-volsync-secret` exists that volsync-prewarm did not make, so it is left alone.',
    todo: 'Hand it over with the label app.kubernetes.io/managed-by=volsync-prewarm, or delete it.',
  },
  'repository-mismatch': {
    ...REFUSED,
    means: 'RESTIC_REPOSITORY_BASE points at another endpoint, bucket or prefix than the listed one.',
    todo: 'Correct the Secret, or --endpoint, --bucket and --prefix. If it is another name of the same server, add it to --endpoint-alias.',
  },
  'password-changed': {
    ...REFUSED,
    exit: 3,
    means:
      'RESTIC_PASSWORD in the base credentials differs from the password with which a mover has opened this repository, so a rebuilt cluster could not open it.',
    todo: 'Put the old password back in the base credentials. If the repository has the new one, accept it: `explain` prints the command.',
  },
  'clock-differs': {
    ...ATTACHED,
    means: 'The clock of the node that the worker runs on differs from the clock of the API server.',
    todo: 'Synchronise the clock of the node (NTP). A run fails when the difference is larger than five minutes.',
  },
  'volsync-missing': {
    ...UNSEEN,
    exit: 1,
    means: 'The cluster has no ReplicationDestinations: VolSync is not installed.',
    todo: 'Install VolSync 0.11 or newer.',
  },
  'snapshots-missing': {
    ...UNSEEN,
    exit: 1,
    means: 'The cluster has no VolumeSnapshots: the snapshot CRDs are not installed.',
    todo: 'Install the CSI external-snapshotter CRDs and controller.',
  },
  'policy-missing': {
    ...ATTACHED,
    means: 'The admission policy that would give this claim its data is not installed.',
    todo: 'Apply overlay safe, or another one (docs/admission.md): kubectl apply -k k8s/overlays/safe.',
  },
} as const satisfies Record<string, Consequences>;
