/** What is missing or wrong in the cluster around a claim. */
import { ATTACHED, IGNORED, PASSING, REFUSED, UNSEEN, type Consequences } from './consequences.ts';

export const CLUSTER_REASONS = {
  'namespace-missing': {
    ...PASSING,
    means: 'A backup waits for a namespace that the cluster does not have (or that is being deleted).',
    todo: 'Nothing: it is warmed when the namespace comes. If the application is gone for good, delete its repository.',
  },
  'namespace-excluded': {
    ...IGNORED,
    means: 'The namespace is in --exclude-namespaces, or not in --include-namespaces.',
    todo: 'Change the setting if it should be restored.',
  },
  'credentials-missing': {
    ...ATTACHED,
    means: 'The namespace has no Secret of the name --credentials-secret.',
    todo: 'Provide it (for example by a ClusterExternalSecret).',
  },
  'credentials-incomplete': {
    ...REFUSED,
    means: 'The base credentials lack a key or have an empty one.',
    todo: 'Give the Secret AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, RESTIC_PASSWORD and RESTIC_REPOSITORY_BASE.',
  },
  'credentials-foreign': {
    ...REFUSED,
    means: 'A Secret `<pvc>-volsync-secret` exists that is not ours.',
    todo: 'Label it app.kubernetes.io/managed-by=volsync-prewarm to hand it over, or delete it.',
  },
  'repository-mismatch': {
    ...REFUSED,
    means: 'RESTIC_REPOSITORY_BASE points at another endpoint, bucket or prefix than the one that was listed.',
    todo: 'Correct the Secret or --bucket/--prefix/--endpoint; name a second name of the same server by --endpoint-alias.',
  },
  'password-changed': {
    ...REFUSED,
    means: 'The base RESTIC_PASSWORD differs from the one that this repository was written with.',
    todo: 'Put the old password back, or delete `<pvc>-volsync-secret` to accept the new one.',
  },
  'volsync-missing': {
    ...UNSEEN,
    exit: 1,
    means: 'The cluster does not know ReplicationDestinations: VolSync is not installed.',
    todo: 'Install VolSync 0.11 or newer.',
  },
  'snapshots-missing': {
    ...UNSEEN,
    exit: 1,
    means: 'The cluster does not know VolumeSnapshots: the snapshot CRDs are not installed.',
    todo: 'Install the CSI external-snapshotter CRDs and controller.',
  },
  'policy-missing': {
    ...ATTACHED,
    means: 'The admission policy that would give this claim its data is not in force here.',
    todo: 'kubectl apply -k k8s/overlays/safe, or the overlay that suits you (docs/admission.md).',
  },
} as const satisfies Record<string, Consequences>;
