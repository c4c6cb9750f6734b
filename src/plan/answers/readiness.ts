/**
 * What would become of a claim that is created now. This repeats the decisions of the shipped policies, from the same facts
 * (destinations, sources, the index). Nothing is created, and the bucket is not listed.
 */
import type { Claim, Destination, Instant } from '../../model.ts';
import { INDEX_KEY } from '../../naming.ts';
import type { Reason } from '../../reasons.ts';
import { isCurrent } from '../facts/backup.ts';
import { asksForLess } from '../restore/wanted-spec.ts';
import { readSaved } from '../../restic/log-lines.ts';
import type { Context, Situation } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

/**
 * `restored`: gets its data at once; `waiting`: gets it as soon as it is there; `empty`: starts without data; `hanging`:
 * never starts until somebody corrects something; `own`: brings its own data, or has opted out.
 */
export type Outcome = 'restored' | 'waiting' | 'empty' | 'hanging' | 'own';

/** Which of the shipped policies are in force. */
export interface Policies {
  restore: boolean;
  hold: boolean;
  gate: boolean;
  'gate-source': boolean;
  shape: boolean;
  'opt-out': boolean;
}

export const SAFE: Policies = {
  restore: true,
  hold: true,
  gate: true,
  'gate-source': true,
  shape: true,
  'opt-out': true,
};

export interface Readiness {
  namespace: string;
  claim: string;
  outcome: Outcome;
  reason: Reason | null;
}

type Told = Pick<Readiness, 'outcome' | 'reason'>;

/** The outcome for one claim. `claim` is what would be created, from the cluster or a manifest, judged as if it existed. */
export function readinessOf(claim: Claim, judged: JudgedClaim, policies: Policies, context: Context): Readiness {
  const { namespace, claim: name } = claim;
  return { namespace, claim: name, ...outcomeOf(claim, judged, policies, context) };
}

function outcomeOf(claim: Claim, judged: JudgedClaim, policies: Policies, context: Context): Told {
  if (claim.optOut !== 'no') {
    const refused = policies['opt-out'] && claim.optOut === 'without-reason';
    return { outcome: refused ? 'hanging' : 'own', reason: 'opted-out' };
  }
  if (claim.hasOwnDataSource) return { outcome: 'own', reason: null };
  if (policies.restore && judged.restorePoint.admissible) return attached(claim, judged);
  const word = context.blind === null ? judged.indexed?.word : undefined;
  if (word === 'attach' && (policies.hold || policies.gate))
    return claim.volumeMode === 'Block' ? { outcome: 'hanging', reason: 'volume-mode-block' } : later(claim, judged);
  if (word === 'refuse' && policies.gate) return { outcome: 'hanging', reason: reasonOf(judged) };
  return notListed(claim, judged, policies, context);
}

/** The policy `restore` would add the reference. The outcome depends on the image behind it and on the shape of the claim. */
function attached(claim: Claim, judged: JudgedClaim): Told {
  const image = judged.imageState;
  const told = later(claim, judged, image === 'not-ready' ? 'image-not-ready' : 'image-missing');
  return image === 'ready' && told.outcome === 'waiting' ? { outcome: 'restored', reason: null } : told;
}

/** The claim waits for its restore point. If its shape does not fit, `shape` refuses it, or it waits for ever. */
function later(claim: Claim, judged: JudgedClaim, reason = reasonOf(judged)): Told {
  const { destination } = judged;
  const misfit = destination?.managed === true ? misfitOf(claim, destination) : null;
  return misfit === null ? { outcome: 'waiting', reason } : { outcome: 'hanging', reason: misfit };
}

/** The conditions of the policy `shape`. */
function misfitOf(claim: Claim, { memory, spec }: Destination): Reason | null {
  if (asksForLess(claim, memory.restoreSize)) return 'claim-too-small';
  if (claim.volumeMode === 'Block') return 'volume-mode-block';
  const made = spec.storageClass;
  const fits =
    made === null ||
    claim.storageClass === null ||
    claim.storageClass === made ||
    memory.classes.includes(claim.storageClass);
  return fits ? null : 'class-differs';
}

/** No policy attaches the claim, and no entry refuses it. */
function notListed(claim: Claim, judged: JudgedClaim, policies: Policies, { cluster: { index }, now }: Context): Told {
  const { gate } = policies;
  if (policies['gate-source'] && hasSaved(judged)) return refusedBySource(judged);
  if (judged.restorePoint.admissible || (judged.indexed?.word === 'attach' && !policies.hold))
    return { outcome: 'empty', reason: 'policy-missing' };
  if (gate && index.shards.some(({ parameters }) => !(INDEX_KEY.generatedAt in parameters)))
    return { outcome: 'waiting', reason: 'index-missing' };
  if (judged.indexed !== null) return { outcome: 'empty', reason: reasonOf(judged) };
  if (covers(index, claim.namespace, now)) return { outcome: 'empty', reason: 'repository-empty' };
  const strict = index.shards.some(({ parameters }) => (parameters[INDEX_KEY.onStale] ?? 'allow') !== 'allow');
  const reason = index.shards.length === 0 ? 'index-missing' : 'index-stale';
  return { outcome: gate && strict ? 'waiting' : 'empty', reason };
}

/** The next run lists what a source has saved, unless claims of this name are never restored. */
function refusedBySource(judged: JudgedClaim): Told {
  if (judged.excluded) return { outcome: 'hanging', reason: 'namespace-excluded' };
  return judged.indexed?.word === 'ignore'
    ? { outcome: 'hanging', reason: reasonOf(judged) }
    : { outcome: 'waiting', reason: 'index-stale' };
}

function covers(index: Context['cluster']['index'], namespace: string, now: Instant): boolean {
  return isCurrent(index, now) && !index.unknownNamespaces.has(namespace) && !index.bucketUnmarked;
}

/** A source that survived its claim and has saved a snapshot. */
function hasSaved({ source }: Situation): boolean {
  return source !== null && (source.hasBackup || readSaved(source.moverLogs) !== null);
}

function reasonOf({ restorePoint, backup }: JudgedClaim): Reason | null {
  return restorePoint.reason ?? backup.reason;
}
