/**
 * What would become of a claim that is created now: the shipped policies' decisions, told from the same facts that they read
 * (destinations, sources, the index), and then what becomes of it. Nothing is created for it, and the bucket is not asked.
 */
import type { Claim, Destination } from '../../model.ts';
import { meaningOf, type Reason } from '../../reasons.ts';
import { shortId } from '../../restic/ids.ts';
import { hasRestoredNothing } from '../facts/attachable.ts';
import { heldBack } from '../facts/held-back.ts';
import type { Context } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';
import { admission, isAdopted, type Policies, type Refusal } from './readiness-policies.ts';

/**
 * `restored`: gets its data at once; `waiting`: gets it as soon as it is there; `empty`: starts without data; `hanging`:
 * never starts until somebody corrects something; `own`: brings its own data, or has opted out.
 */
export type Outcome = 'restored' | 'waiting' | 'empty' | 'hanging' | 'own';

export interface Readiness {
  namespace: string;
  claim: string;
  outcome: Outcome;
  reason: Reason | null;
}

type Told = Pick<Readiness, 'outcome' | 'reason'>;

/**
 * The outcome for one claim.
 * @param claim what would be created, from the cluster or from a manifest, judged as if it existed
 */
export function readinessOf(claim: Claim, judged: JudgedClaim, policies: Policies, context: Context): Readiness {
  const { namespace, claim: name } = claim;
  return { namespace, claim: name, ...outcomeOf(claim, judged, policies, context) };
}

/**
 * A claim of the cluster as its manifest would have it: the volume that it was bound to is not in there, and the reference to
 * `<pvc>-restore` may be a policy's. A claim that still waits with that reference is judged with it.
 */
export function createdAnew(claim: Claim): Claim {
  if (claim.phase === 'Pending') return claim;
  const own = claim.restoresFromUs ? null : claim.reference;
  return { ...claim, volumeName: null, reference: own, bringsSource: own !== null, restoresFromUs: false };
}

function outcomeOf(claim: Claim, judged: JudgedClaim, policies: Policies, context: Context): Told {
  if (context.blind !== null) return { outcome: 'waiting', reason: context.blind };
  const { destination, source } = judged;
  const { index } = context.cluster;
  const door = { claim, destination, sources: source === null ? [] : [source], index, now: context.now };
  const admitted = admission(door, policies);
  if ('refused' in admitted) return refused(claim, judged, admitted.refused);
  if (claim.optOut !== 'no') return { outcome: 'own', reason: 'opted-out' };
  if (admitted.attached || claim.restoresFromUs) return referring(claim, judged, policies, context);
  if (claim.reference !== null || claim.volumeName !== null) return { outcome: 'own', reason: null };
  return withoutReference(claim, judged, policies, context);
}

/** It is created again until it is let in, or until somebody puts something right. */
function refused(claim: Claim, judged: JudgedClaim, { reason, passes }: Refusal): Told {
  // The next run lists what a source has saved, unless it is nothing that is ever restored.
  if (reason === 'index-stale' && judged.excluded) return { outcome: 'hanging', reason: 'namespace-excluded' };
  if (reason === 'index-stale' && judged.indexed?.word === 'ignore')
    return { outcome: 'hanging', reason: reasonOf(judged) };
  const why = reason ?? reasonOf(judged);
  const ends = passes && (reason !== null || !needsHand(claim, judged, why));
  return { outcome: ends ? 'waiting' : 'hanging', reason: why };
}

/** It refers to `<pvc>-restore`: VolSync fills it from there, as soon as there is an image and `prime` lets it. */
function referring(claim: Claim, judged: JudgedClaim, policies: Policies, { now }: Context): Told {
  const { destination: d, imageState: image } = judged;
  const coming = (reason: Reason | null): Told => ({
    outcome: needsHand(claim, judged, reason) ? 'hanging' : 'waiting',
    reason,
  });
  if (d === null) return judged.backup.state === 'absent' ? hangs(judged) : coming(reasonOf(judged));
  if (!judged.steered && !isAdopted(d)) return { outcome: 'own', reason: 'destination-foreign' };
  if (image === 'none' || image === 'direct') return coming(reasonOf(judged));
  if (!policies.prime && isEmptyImage(d)) return { outcome: 'empty', reason: 'image-empty' };
  const held = policies.prime ? heldBack(d, null, now) : null;
  if (held !== null) return coming(held.reason);
  if (image !== 'ready') return coming(image === 'not-ready' ? 'image-not-ready' : 'image-missing');
  return policies.prime && isRenewed(judged)
    ? { outcome: 'waiting', reason: reasonOf(judged) ?? 'newer-snapshot' }
    : fromItsImage(judged);
}

/** With what the restore point holds, although another repository of the claim has something newer. */
function fromItsImage({ elsewhere }: JudgedClaim): Told {
  return { outcome: 'restored', reason: elsewhere === null ? null : 'newer-elsewhere' };
}

/** A reference that somebody wrote, and no backup: nobody makes a destination for it. */
function hangs({ backup }: JudgedClaim): Told {
  return { outcome: 'hanging', reason: backup.reason };
}

/** Nothing keeps VolSync from it where `prime` is not in force. */
function isEmptyImage(d: Destination): boolean {
  return d.memory.suspect?.image === d.latestImage?.name || hasRestoredNothing(d);
}

/** A newer snapshot than the one that it holds is known, and the restore point is being renewed by itself. */
function isRenewed({ restorePoint: { state, reason, holds }, backup }: JudgedClaim): boolean {
  if (state !== 'stale' || HANDED_OUT_OLDER.includes(reason)) return false;
  return backup.newest !== null && holds !== shortId(backup.newest.id);
}

/** What is not known to be older, and what cannot be renewed: it is handed out as it is. */
const HANDED_OUT_OLDER: readonly (Reason | null)[] = [
  'image-unproven',
  'sync-failing',
  'sync-stuck',
  'destination-foreign',
];

/** No policy attaches it and none refuses it. */
function withoutReference(
  claim: Claim,
  judged: JudgedClaim,
  policies: Policies,
  { cluster: { index } }: Context,
): Told {
  if (claim.isStatic) return { outcome: 'own', reason: 'volume-static' };
  const isLacking = !policies.restore || !policies.hold;
  if (isLacking && (judged.restorePoint.admissible || judged.indexed?.word === 'attach'))
    return { outcome: 'empty', reason: 'policy-missing' };
  return { outcome: 'empty', reason: index.shards.length === 0 ? 'index-missing' : reasonOf(judged) };
}

/** Something that only a person can correct. Credentials may still come for a claim that is not in the cluster yet. */
function needsHand(claim: Claim, { restorePoint }: JudgedClaim, reason: Reason | null): boolean {
  if (reason === null) return false;
  if (reason === 'credentials-missing') return claim.uid !== '';
  if (reason === 'image-empty') return restorePoint.state === 'blocked';
  return meaningOf(reason).word !== 'attach';
}

function reasonOf({ restorePoint, backup }: JudgedClaim): Reason | null {
  return restorePoint.reason ?? backup.reason;
}
