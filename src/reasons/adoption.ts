/** What is told of repositories, destinations and Secrets that other people have made. */
import { ATTACHED, NOTHING, PASSING, REFUSED, UNSEEN, type Consequences } from './consequences.ts';

export const ADOPTION_REASONS = {
  'destination-foreign': {
    ...REFUSED,
    means: 'A destination of this name exists that is not ours: it is reported and left alone.',
    todo: 'Label it volsync-prewarm/adopt: "true" to have its trigger renewed, or delete it.',
  },
  'destination-in-place': {
    ...REFUSED,
    means:
      'The destination has destinationPVC: each restore writes into that volume, under whatever uses it. It is never asked for.',
    todo: 'Leave it as it is, or take destinationPVC out of it and label it volsync-prewarm/adopt: "true".',
  },
  'destination-scheduled': {
    ...REFUSED,
    means: 'The adopted destination has a schedule: VolSync renews it by itself, and it is left alone.',
    todo: 'Nothing, or give it trigger.manual instead of the schedule to have it renewed when there is something newer.',
  },
  'destination-untriggered': {
    ...REFUSED,
    means: 'The adopted destination has no trigger: VolSync restores it in an endless loop.',
    todo: 'Give it trigger.manual with any text.',
  },
  'destination-second': {
    ...ATTACHED,
    means:
      'Two destinations serve one claim. This one is not the one that the claim is restored from, and is left alone.',
    todo: 'Delete it, or take the adopt label off it.',
  },
  'tag-reset': {
    ...ATTACHED,
    means: 'Something puts an old trigger.manual back onto the adopted destination: it restores again each time.',
    todo: 'With Flux, label the destination kustomize.toolkit.fluxcd.io/ssa: IfNotPresent. With Argo CD, ignore differences of spec.trigger.manual.',
  },
  'repository-elsewhere': {
    ...UNSEEN,
    means:
      'The Secret of a source or destination names a repository that is not looked at: it is not S3, is on a server that the settings do not name, or is no address. Whether there is a backup is unknown.',
    todo: 'For another S3 server: name it in --allow-endpoints. Other backends are left to VolSync alone.',
  },
  'repository-unclaimed': {
    ...ATTACHED,
    means:
      'Folders in the bucket are repositories although they are not at <namespace>/<pvc>, and no source or destination in the cluster refers to them.',
    todo: 'If applications of this cluster wrote them: apply their sources, whose Secrets say where they are. Else nothing.',
  },
  'repository-changed': {
    ...PASSING,
    means: "The address in the destination's Secret is another one than its image was restored from.",
    todo: NOTHING,
  },
  'repository-shared-by-claims': {
    ...REFUSED,
    exit: 3,
    means: 'Sources of two claims write into one repository: a restore of one would bring the data of the other.',
    todo: 'Give each claim a repository of its own.',
  },
  'newer-elsewhere': {
    ...REFUSED,
    exit: 3,
    means: 'Another repository of this claim holds a newer snapshot than the one that its restore point is made from.',
    todo: 'Let the destination restore from the newer one, or delete the source that writes there.',
  },
  'credentials-own': {
    ...ATTACHED,
    level: 'info',
    means: "The claim's repository is opened with a Secret of your own. It is used as it is and never written.",
    todo: 'Nothing.',
  },
} as const satisfies Record<string, Consequences>;
