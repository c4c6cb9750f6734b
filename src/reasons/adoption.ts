/** Reasons about repositories, destinations and Secrets that volsync-prewarm did not make. */
import { ATTACHED, NOTHING, PASSING, REFUSED, UNSEEN, type Consequences } from './consequences.ts';

export const ADOPTION_REASONS = {
  'destination-foreign': {
    ...REFUSED,
    means: 'A destination exists that volsync-prewarm did not make, so it is left alone.',
    todo: 'To have its trigger renewed, label it volsync-prewarm/adopt: "true". Otherwise delete it.',
  },
  'destination-in-place': {
    ...REFUSED,
    means:
      'The destination has destinationPVC, so each restore writes into that volume while it may be in use. It is never triggered.',
    todo: 'Leave it as it is, or remove destinationPVC and label it volsync-prewarm/adopt: "true".',
  },
  'destination-scheduled': {
    ...REFUSED,
    means: 'The adopted destination has a schedule. VolSync renews it by itself, so it is left alone.',
    todo: 'Nothing. Or, to have it renewed when there is a newer snapshot, replace the schedule by trigger.manual.',
  },
  'destination-untriggered': {
    ...REFUSED,
    means: 'The adopted destination has no trigger, so VolSync restores into it in an endless loop.',
    todo: 'Set trigger.manual to any text.',
  },
  'destination-second': {
    ...ATTACHED,
    means: 'Two destinations serve one claim. The claim is not restored from this one, so it is left alone.',
    todo: 'Delete it, or remove its label volsync-prewarm/adopt.',
  },
  'tag-reset': {
    ...ATTACHED,
    means:
      'Something resets trigger.manual of the adopted destination to an old value, and VolSync restores again each time.',
    todo: 'With Flux, label the destination kustomize.toolkit.fluxcd.io/ssa: IfNotPresent. With Argo CD, ignore differences of spec.trigger.manual.',
  },
  'repository-elsewhere': {
    ...UNSEEN,
    means:
      'The Secret of a source or destination names a repository that cannot be listed: it is not S3, or on a server that the settings do not name, or the address is not readable. So it is unknown whether there is a backup.',
    todo: 'If the Secret is missing or has no address, correct it. Add another S3 server to --allow-endpoints. Other backends are not supported and stay with VolSync alone.',
  },
  'repository-unnamed': {
    ...UNSEEN,
    passes: true,
    means:
      'The record of the claim says that it was backed up to a place of its own, and no source or destination in the cluster names one yet. So there is a backup that nobody can look into.',
    todo: 'Apply the source or destination of the claim, and the Secret that it names. If the application is gone for good, run once with --accept-shrink and the time of the index, as the finding says.',
  },
  'repository-unclaimed': {
    ...ATTACHED,
    means:
      'Folders in the bucket are repositories, but not at the place of a claim (its namespace, then its name), and no source or destination in the cluster refers to them.',
    todo: 'If applications of this cluster wrote them, apply their sources, whose Secrets name the repositories. Otherwise nothing.',
  },
  'repository-changed': {
    ...PASSING,
    means: "The address in the destination's Secret differs from the one that its image was restored from.",
    todo: NOTHING,
  },
  'repository-shared-by-claims': {
    ...REFUSED,
    exit: 3,
    means: 'Sources of two claims write into one repository. A restore of one claim could bring the data of the other.',
    todo: 'Give each claim a repository of its own.',
  },
  'repository-shared': {
    ...ATTACHED,
    exit: 3,
    means:
      'A snapshot was saved while no source of the claim was syncing, so somebody else, such as another cluster, saves into the repository too. It is not restored by itself, and a source of ours keeps everything.',
    todo: 'Give each cluster a bucket or prefix of its own. To go on as it is, accept the claim: `explain` prints the command.',
  },
  'newer-elsewhere': {
    ...REFUSED,
    exit: 3,
    means:
      'Another repository of this claim holds a newer snapshot than the repository that the claim is restored from.',
    todo: 'Let the destination restore from that repository, or delete the source that writes there.',
  },
  'credentials-own': {
    ...ATTACHED,
    level: 'info',
    means:
      "A Secret of yours opens the claim's repository. It is used as it is and never written. A restore point of ours is made for it once the claim carries the label backup.",
    todo: 'Nothing.',
  },
} as const satisfies Record<string, Consequences>;
