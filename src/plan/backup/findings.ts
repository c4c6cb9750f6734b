/** What a person should know about a claim's backups: data at risk, what is kept and why, and what nobody needs any more. */
import type { Finding } from '../../decisions.ts';
import type { Claim, Instant } from '../../model.ts';
import { ANNOTATION, TIER_PERIOD } from '../../naming.ts';
import type { Source } from '../../source.ts';
import { shortId } from '../../restic/ids.ts';
import { acceptCommand } from '../facts/accept-command.ts';
import { acceptedOf } from '../facts/accepted.ts';
import { newestOf } from '../facts/newest.ts';
import { othersSnapshots } from '../facts/second-writer.ts';
import type { Context } from '../facts/situation.ts';
import { acceptStart, doubtOf } from './doubt.ts';
import type { ProtectedClaim } from './protected-claim.ts';
import { isUnprotected } from './protection.ts';
import { keepsByCount } from './retention.ts';

type Said = Omit<Finding, 'about'>;

/** A backup may be late by its own length and by a run of ours. */
const GRACE = 15 * 60_000;
/** An application that is away for a fortnight is not redeployed. */
const ABANDONED_AFTER = 14 * 24 * 3_600_000;

/** All findings of one claim's backup side. */
export function backupFindings(claim: ProtectedClaim, context: Context): Said[] {
  const found: Said[] = [];
  const doubt = doubtOf(claim, context.now);
  if (doubt !== null) found.push(doubt);
  found.push(...sharedFindings(claim, context), ...retentionFindings(claim));
  found.push(...sourceFindings(claim, context), ...labelFindings(claim, context));
  if (isUnprotected(claim, context)) found.push(unprotected(claim));
  return found;
}

/** Nothing backs it up, and why the worker does not either. */
function unprotected({ namespace, claim, protection: { source } }: ProtectedClaim): Said {
  const why =
    source.reason === null
      ? ''
      : ` (${source.reason}); volsync-prewarm explain ${namespace}/${claim} shows what stands in the way`;
  return {
    reason: 'claim-unprotected',
    message: `the claim has been Bound for longer than one period, and no ReplicationSource backs it up${why}`,
  };
}

const NONE: readonly never[] = [];

/** Seen in this run, or remembered by a source of ours until the claim is accepted. */
function sharedFindings(claim: ProtectedClaim, context: Context): readonly Said[] {
  const { protection, claimObject } = claim;
  const snapshot = newestOf(othersSnapshots(claim, context));
  const isShared = snapshot !== null || protection.keeping?.why === 'shared';
  if (!isShared || protection.accepted) return NONE;
  const what =
    snapshot === null
      ? 'an earlier run has seen snapshots that were saved while no source of the claim was syncing'
      : `${shortId(snapshot.id)} of ${new Date(snapshot.at).toISOString()} was saved while no source of the claim was syncing`;
  const ours = protection.source.ours ? 'its source keeps everything' : 'its source is not ours, and goes on';
  const told = (way: string): Said => ({ reason: 'repository-shared', message: `${what}; ${ours}${way}` });
  if (claimObject !== null || snapshot === null) return [told(`; to go on as it is: ${acceptStart(claim)}`)];
  // No claim whose start could be accepted: what is accepted is the snapshot, on the restore point.
  const id = shortId(snapshot.id);
  if (acceptedOf(claim) === id) return NONE;
  return [told(claim.destination === null ? '' : `; to restore it all the same: ${acceptCommand(claim, id)}`)];
}

function retentionFindings(claim: ProtectedClaim): readonly Said[] {
  const { keeping, source, first, upkeep } = claim.protection;
  if (keeping === null || keeping.why === null) return NONE;
  // An upgrade is quiet: what was there before is said when its source is made.
  const isSaid =
    keeping.why === 'not-ours' ||
    keeping.why === 'shortened' ||
    keeping.why === 'shared' ||
    keeping.why === 'came-back';
  const isNews = first !== null || upkeep.length > 0;
  if (!isSaid && !(keeping.why === 'inherited' && isNews)) return [];
  if (!source.ours && first === null) return [];
  const stake = keeping.atStake === null ? 'not counted in this run' : `${keeping.atStake} snapshots would go`;
  return [
    {
      reason: 'retention-held',
      message: `everything is kept (${WHY[keeping.why]}); with the normal retention: ${stake}; to accept it: ${acceptStart(claim)}`,
    },
  ];
}

const WHY = {
  undecided: 'how the claim began is not decided',
  doubtful: 'how the claim began is in doubt',
  'came-back': 'a claim before this one had started without its backup, and what it has saved is there',
  inherited: 'the snapshots were saved before the worker looked after them',
  'not-ours': 'not only sources of ours have saved the snapshots that are there',
  shortened: 'the new retention is shorter than the one before',
  shared: 'somebody else saves into the repository',
} as const;

function sourceFindings(claim: ProtectedClaim, context: Context): readonly Said[] {
  const { claimObject, live, sources, sourceMover } = claim;
  if (claimObject === null || !live || sources.length === 0) return NONE;
  const found: Said[] = [];
  for (const source of sources) tellAbout(source, found);
  const fails = (sourceMover?.failed ?? 0) > 0 || sources.some(({ moverResult }) => moverResult === 'Failed');
  if (fails) found.push({ reason: 'backup-failing', message: failure(sources) });
  found.push(...ageFindings(claim, claimObject, context));
  return found;
}

/** Later than two periods: a finding. Never at all: another one. */
function ageFindings(
  { sources, backup }: ProtectedClaim,
  { tier, createdAt }: Claim,
  { now, bucket }: Pick<Context, 'now' | 'bucket'>,
): readonly Said[] {
  const newestAt = backup.newest?.at ?? null;
  let last = later(null, newestAt && newestAt - bucket.skew);
  for (const { lastSyncAt } of sources) last = later(last, lastSyncAt);
  const age = now - (last ?? createdAt ?? now);
  if (age <= 2 * TIER_PERIOD[tier] + GRACE) return NONE;
  return last === null || backup.state === 'absent'
    ? [{ reason: 'never-backed-up', message: `${hours(now - (createdAt ?? now))} old, and no backup of it exists` }]
    : [{ reason: 'backup-overdue', message: `backup: ${tier}, and the last one is ${hours(age)} old` }];
}

function tellAbout(source: Source, found: Said[]): void {
  const { name } = source;
  if (source.mover !== 'restic')
    found.push({
      reason: 'source-not-restic',
      message: `${name} does not use restic: what it saves is never restored`,
    });
  if (source.paused) found.push({ reason: 'source-paused', message: `${name} is paused: nothing is backed up` });
  if (source.schedule === null || source.manual !== null)
    found.push({ reason: 'source-manual', message: `${name} has a manual trigger, which wins over any schedule` });
  if (!source.managed && source.mover === 'restic' && keepsByCount(source.spec.retain))
    found.push({
      reason: 'source-keeps-by-count',
      message: `${name} counts snapshots (${source.spec.retain === null ? 'no retain: the last one' : 'last'}): retries of one backup push good ones out`,
    });
}

function failure(sources: readonly Source[]): string {
  const failed = sources.find(({ moverResult }) => moverResult === 'Failed');
  const line = failed?.moverLogs.trim().split('\n').at(-1);
  return line === undefined || line === '' ? 'the backup mover has failed pods' : `the backup mover failed: ${line}`;
}

function labelFindings(claim: ProtectedClaim, { now, cluster }: Context): readonly Said[] {
  const { claimObject, backup, protection, base } = claim;
  if (protection.source.ours && claimObject === null && cluster.otherClaims.has(claim.key))
    return [
      { reason: 'label-removed', message: `its source ${protection.source.name ?? ''} goes on; --prune removes it` },
    ];
  if (claimObject === null) {
    const at = backup.state === 'present' ? backup.newest.at : null;
    const isOld = at !== null && now - at > ABANDONED_AFTER;
    return isOld && protection.source.name === null
      ? [
          {
            reason: 'repository-abandoned',
            message: `no claim uses it, and its newest snapshot is ${hours(now - at)} old`,
          },
        ]
      : [];
  }
  const { accept } = claimObject;
  const matches =
    accept === null ||
    accept === claimObject.uid ||
    accept === base?.version ||
    (backup.newest !== null && accept === shortId(backup.newest.id));
  return matches
    ? NONE
    : [
        {
          reason: 'acceptance-unmatched',
          message: `${ANNOTATION.accept} is neither the claim's UID nor its newest snapshot's short id; to accept its start: ${acceptStart(claim)}`,
        },
      ];
}

function later(best: Instant | null, one: Instant | null): Instant | null {
  return one !== null && one > (best ?? 0) ? one : best;
}

function hours(millis: number): string {
  const count = Math.floor(millis / 3_600_000);
  return count >= 48 ? `${Math.floor(count / 24)} days` : `${count} hours`;
}
