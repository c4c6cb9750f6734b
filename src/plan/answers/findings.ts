/** What a person should know beside the states of claims: failed listings, assumptions, data at risk. */
import type { DesiredDestination, Finding } from '../../decisions.ts';
import { meaningOf, type Reason } from '../../reasons.ts';
import { shrank, timeOf, trustFindings } from './trust-findings.ts';
import { filled } from '../../reasons/filled.ts';
import type { Tries } from '../../memory.ts';
import { namesUser } from '../../mover-spec.ts';
import { ANNOTATION, HOME_NAMESPACE, INDEX_KEY, INDEX_LABEL, claimKey, indexName } from '../../naming.ts';
import { backupFindings } from '../backup/findings.ts';
import type { ProtectedClaim } from '../backup/protected-claim.ts';
import type { JudgedClaim, Trouble } from '../restore/judged-claim.ts';
import { wouldNotComeBack } from './live-claims.ts';
import { isHeldByDoubt } from '../facts/held-before.ts';
import { vanishedOf } from '../facts/vanished.ts';
import { shortId } from '../../restic/ids.ts';
import { bestOf } from '../restore/restorable.ts';
import { isCountedOn, isCurrent } from '../facts/backup.ts';
import { reasonOfFailure } from '../fleet/frozen.ts';
import { dueAt, triesOf } from '../restore/back-off.ts';
import { olderHandedOut } from '../restore/waiting.ts';
import { passwordFindings } from './password-finding.ts';
import { repositoryFindings, unclaimedRepositories } from './repository-findings.ts';
import type { Context } from '../facts/situation.ts';
import { staleLocks } from '../facts/stale-locks.ts';
import type { ClusterFailure } from '../../failures.ts';

/** Whether every listing could be believed. Names that no namespace can have do not count. */
export function isComplete({ bucket, cluster, frozen }: Pick<Context, 'bucket' | 'cluster' | 'frozen'>): boolean {
  if (cluster.failures.length > 0 || bucket.root.state === 'unknown' || frozen === 'listing-shrank') return false;
  if (bucket.root.state === 'listed') {
    for (const level of bucket.root.namespaces.values()) if (level.state === 'unknown') return false;
  }
  for (const probe of bucket.probes.values()) if (probe.state === 'unknown') return false;
  return true;
}

/** All findings: first about the bucket, then about the cluster, then about each claim. */
export function findingsOf(claims: readonly ProtectedClaim[], context: Context): Finding[] {
  const findings = [...bucketFindings(claims, context), ...clusterFindings(context)];
  // Nothing is said of most claims, and there may be very many of them.
  for (const claim of claims) for (const finding of claimFindings(claim, context)) findings.push(finding);
  return findings;
}

function bucketFindings(claims: readonly JudgedClaim[], context: Context): Finding[] {
  const { bucket, settings } = context;
  const about = `bucket ${settings.bucket}/${settings.prefix}`;
  const { root } = bucket;
  if (root.state === 'not-looked') return [];
  if (root.state === 'unknown') return [{ reason: root.reason, about, message: root.message }];
  const findings: Finding[] = [];
  for (const [namespace, level] of root.namespaces) {
    if (level.state === 'unknown')
      findings.push({ reason: level.reason, about: `bucket folder ${namespace}/`, message: level.message });
  }
  for (const [key, probe] of bucket.probes) {
    if (probe.state === 'unknown')
      findings.push({ reason: probe.reason, about: aboutProbe(key), message: probe.message });
  }
  for (const name of root.strangers)
    findings.push({
      reason: 'name-invalid',
      about: `bucket key ${name.slice(0, 100)}`,
      message: 'no namespace can have this name, so it is left alone',
    });
  findings.push(...unclaimedRepositories(claims, root.misplaced));
  findings.push(...trustFindings(context, about));
  if (!root.marked && !claims.some(({ backup }) => backup.state !== 'absent')) {
    const message =
      root.namespaces.size === 0 ? 'the bucket is empty' : 'no folder in the bucket is a repository with a snapshot';
    findings.push({ reason: 'bucket-unmarked', about, message });
  }
  return findings;
}

/** A look into the listed bucket is named after its folder, any other one after the address and the Secret that names it. */
function aboutProbe(key: string): string {
  return key.includes(' ') ? `repository ${key}` : `bucket folder ${key}/`;
}

function clusterFindings(context: Context): Finding[] {
  return [...failureFindings(context.cluster.failures), ...indexFindings(context)];
}

/** Lists that fail in the same way have one cause, such as an API server that is down, and make one finding. */
function failureFindings(failures: readonly ClusterFailure[]): Finding[] {
  return [...Map.groupBy(failures, kindOf).values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const reason = reasonOfFailure(first);
    const named = alike.map(({ resource, namespace }) =>
      namespace === null ? resource : `${resource} in ${namespace}`,
    );
    return alike.length < ONE_CAUSE
      ? alike.map(({ message }, index) => ({ reason, about: named[index] ?? '', message }))
      : [{ reason, about: 'cluster', message: `${causeOf(first)}; not listed: ${named.join(', ')}` }];
  });
}

const ONE_CAUSE = 3;

/** A server that is not reached is one cause, whichever way each connection broke. */
function kindOf(failure: ClusterFailure): string {
  return failure.kind === 'unreachable' ? failure.kind : `${reasonOfFailure(failure)} ${causeOf(failure)}`;
}

/** The message without the request. */
function causeOf({ message }: ClusterFailure): string {
  return message.replace(/^[A-Z]+ \/\S*: /, '');
}

/** Findings about an index that the policies cannot read: its first object is missing, or one lacks its label. */
export function indexFindings({
  cluster: { index, failures },
  bucket,
  now,
}: Pick<Context, 'cluster' | 'bucket' | 'now'>): Finding[] {
  if (failures.some(({ resource, namespace }) => resource === 'replicationdestinations' && namespace === null))
    return [];
  const lost = index.shards.filter(({ selected }) => !selected);
  const findings: Finding[] = lost.map(({ number }) => ({
    reason: 'index-missing',
    about: `${HOME_NAMESPACE}/${indexName(number)}`,
    message: `the index object lacks the label ${INDEX_LABEL}: "true", so no policy reads it`,
  }));
  if (index.shards[0]?.number !== 0)
    findings.push({
      reason: 'index-missing',
      about: `${HOME_NAMESPACE}/${indexName(0)}`,
      message: 'the index object does not exist, so no policy knows of any backup, and claims can start empty',
    });
  // A run writes the index anyway. For commands that read only the cluster, its age matters.
  if (bucket.root.state !== 'not-looked' || findings.length > 0) return findings;
  const about = `${HOME_NAMESPACE}/${indexName(0)}`;
  if (index.frozen !== null) findings.push({ reason: index.frozen, about, message: frozenSince(index, index.frozen) });
  if (!isCurrent(index, now)) findings.push({ about, ...outdated(index) });
  return findings;
}

/** What a command says that has not looked into the bucket itself. */
function frozenSince(index: Context['cluster']['index'], reason: Reason): string {
  const why = reason === 'listing-shrank' ? shrank(index) : meaningOf(reason).means;
  return `runs write nothing but the index at the moment: ${why}`;
}

function outdated({ shards, generatedAt }: Context['cluster']['index']): Pick<Finding, 'reason' | 'message'> {
  if (shards.some(({ parameters }) => !(INDEX_KEY.generatedAt in parameters)))
    return {
      reason: 'index-unwritten',
      message: 'no run has written the index yet, so it is not known which claims have a backup',
    };
  const since =
    generatedAt === null ? 'at a time that cannot be read' : `from a listing of ${new Date(generatedAt).toISOString()}`;
  return { reason: 'index-stale', message: `last written ${since}` };
}

function backOff(claim: JudgedClaim, tries: Tries): string {
  const due = new Date(dueAt(claim, tries)).toISOString();
  return `${tries.count} restores in a row have failed: the next one is due at ${due}, or as soon as snapshot, credentials or spec change`;
}

/** What a live claim would come back with, if it were created again now. */
function olderFindings(claim: JudgedClaim, context: Context): readonly Finding[] {
  const older = claim.live && claim.steered ? olderHandedOut(claim, claim.restorePoint, context) : null;
  if (older === null) return NONE;
  const message = filled(older.message, claim, context.settings.credentialsSecret);
  return [{ reason: older.reason, message, about: claimKey(claim) }];
}

function claimFindings(claim: ProtectedClaim, context: Context): Finding[] {
  const { sync, key: about } = claim;
  const findings: Finding[] = repositoryFindings(claim);
  if (claim.listed.state === 'unknown' && claim.listed.reason === 'repository-unnamed')
    findings.push({ reason: claim.listed.reason, about, message: unnamed(claim.listed.message, context) });
  // A failing restore of somebody else is not reported.
  if (claim.steered && sync.state === 'syncing' && sync.trouble !== null)
    findings.push({ reason: sync.trouble, about, message: sync.detail });
  const tries = triesOf(claim);
  if (tries !== null && (sync.state === 'paused' || sync.state === 'none'))
    findings.push({ reason: 'sync-failing', about, message: backOff(claim, tries) });
  findings.push(...atStake(claim, context, findings), ...olderFindings(claim, context));
  findings.push(...unreadFindings(claim), ...snapshotFindings(claim, about, context));
  findings.push(...passwordFindings(claim, context));
  if (isAssumed(claim))
    findings.push({
      reason: 'capacity-assumed',
      about,
      message: `the size is ${context.settings.defaultCapacity ?? ''}, from --default-capacity`,
    });
  if (isUnprivileged(claim))
    findings.push({
      reason: 'mover-unprivileged',
      about,
      message: 'the mover cannot restore files that root does not own',
    });
  if (staleLocks(claim, context).length > 0 && claim.trouble?.reason !== 'repository-locked')
    findings.push({
      reason: 'repository-locked',
      about,
      message: 'a dead mover left a lock behind; backups fail until spec.restic.unlock of the source is changed',
    });
  for (const said of backupFindings(claim, context)) findings.push({ ...said, about });
  return findings;
}

const NONE: readonly never[] = [];

/** A claim that waits in vain, or a live one that would not come back; not what another finding says already. */
function atStake(claim: JudgedClaim, context: Context, said: readonly Finding[]): readonly Finding[] {
  const waits = claim.trouble && told(claim.trouble, claim.key);
  const lost = wouldNotComeBack(claim, context);
  if (waits === null && lost === null) return NONE;
  const found = [waits, lost].filter((one) => one !== null);
  return found.filter(({ reason }) => !said.some((one) => one.reason === reason));
}

/** Annotations that are ignored because they cannot be read, each with the form that it must have. */
function unreadFindings({ key: about, claimObject }: JudgedClaim): readonly Finding[] {
  if (claimObject === null || claimObject.unread.length === 0) return NONE;
  return claimObject.unread.map(({ annotation, value }) => {
    const form = annotation === ANNOTATION.mover ? 'uid:gid:fsGroup, three numbers' : 'a number';
    const message = `${annotation}: "${value.slice(0, 60)}" is ignored, because it is not ${form}`;
    return { reason: 'annotation-invalid', about, message };
  });
}

/** With the server's own words: this is for the log, and not for the claim's namespace. */
function told({ reason, message, detail, risk = true }: Trouble, about: string): Finding {
  const whole = detail === undefined ? message : `${message} (${detail})`;
  return { reason, about, message: whole, ...(risk && { risk }) };
}

/** About what is done in this pass: the next pass sees it done and does not repeat it, and a run must not lose it (C06). */
export function isSaidOnce({ reason }: Finding): boolean {
  return reason === 'capacity-assumed' || reason === 'mover-unprivileged';
}

/** What is odd about the snapshots themselves. */
function snapshotFindings(claim: JudgedClaim, about: string, context: Context): readonly Finding[] {
  if (claim.backup.reason === 'backup-gone' && claim.trouble?.reason !== 'backup-gone')
    return [{ reason: 'backup-gone', about, message: goneMessage(claim, context) }];
  const { newest } = claim.backup;
  const { destination, contents } = claim;
  const lost = vanishedOf(claim);
  if (lost !== null) return [{ reason: 'snapshots-vanished', about, message: `snapshot ${lost.id} is gone` }];
  const isByTime =
    destination !== null &&
    destination.spec.restoreAsOf !== null &&
    contents.state === 'proven' &&
    !isHeldByDoubt(claim);
  if (newest === null || !isByTime || bestOf(claim) !== contents.id) return NONE;
  const id = shortId(newest.id);
  return id === contents.id
    ? [{ reason: 'snapshot-from-the-future', about, message: `the restore point is made as of the time of ${id}` }]
    : [{ reason: 'snapshot-not-restorable', about, message: `asked for ${id}, VolSync takes ${contents.id}` }];
}

/** Where only the record in the bucket still speaks for it, there is nothing that could carry a person's acceptance. */
function goneMessage(claim: JudgedClaim, { cluster: { index } }: Context): string {
  const gone = 'three complete listings do not show the repository';
  if (isCountedOn(claim)) return gone;
  return `${gone}, and the record of its claim is still in the bucket; if it was deleted on purpose: volsync-prewarm run --accept-shrink ${timeOf(index.generatedAt ?? 'none')}`;
}

/** The first index of a cluster has the time of the listing that it is made from. */
function unnamed(why: string, { cluster: { index }, bucket: { startedAt } }: Context): string {
  return `${why}; if its application is gone for good: volsync-prewarm run --accept-shrink ${timeOf(index.generatedAt ?? startedAt)}`;
}

/** Said once, when it is made: every later run would repeat it. */
function isAssumed(claim: JudgedClaim): boolean {
  return madeBy(claim)?.memory.capacityFrom === 'default';
}

/** Reported when the destination is made: the mover would fail on every file that root does not own. */
function isUnprivileged(claim: JudgedClaim): boolean {
  const made = madeBy(claim);
  return made !== null && !namesUser(made.spec.moverSpec) && claim.namespaceObject?.privilegedMovers === false;
}

/** The destination that the next step makes. */
function madeBy({ nextStep }: JudgedClaim): DesiredDestination | null {
  for (const action of nextStep?.actions ?? NONE) if (action.kind === 'create-destination') return action.desired;
  return null;
}
