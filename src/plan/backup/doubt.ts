/** What is said about a claim whose start is in doubt: what happened, how long its data is still there, and both ways out. */
import type { Finding } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { isDoubtful } from '../../origin.ts';
import { shortId } from '../../restic/ids.ts';
import { acceptCommand } from '../facts/accept-command.ts';
import { fatesOf, worstOf, type Fate } from './last-good.ts';
import type { ProtectedClaim } from './protected-claim.ts';

/** How the owner of a claim accepts how it began, and the normal retention from then on. */
export function acceptStart(claim: ProtectedClaim): string {
  return acceptCommand(claim, claim.claimObject?.uid ?? '');
}

const GONE = 'that snapshot is gone from the bucket';

/** The finding, which is an event on the claim too; null = nothing is in doubt. */
export function doubtOf(claim: ProtectedClaim, now: Instant): Omit<Finding, 'about'> | null {
  const { protection } = claim;
  // Most claims are in no doubt, and a retention that is played forward for a month takes its time.
  if (protection.accepted) return null;
  const { newest = null, unsure } = protection.origin ?? {};
  if (protection.began === 'restored' && unsure !== undefined) return afterDoubt(claim, unsure, now);
  if (!isDoubtful(protection.began)) return null;
  const keeps = whatKeeps(claim, newest, now);
  const again = keeps.endsWith(GONE) ? '' : 'to get that data: delete the claim and create it again; ';
  const aside =
    unsure === undefined ? '' : `nobody can tell whether ${unsure}, saved later, follows on that or on older data; `;
  const ways = `${again}${aside}to go on as it is: ${acceptStart(claim)}`;
  if (protection.began === 'missed')
    return {
      reason: 'restore-missed',
      message: `the claim started without its backup (newest snapshot from before it: ${newest ?? 'unknown'}); ${keeps}; ${ways}`,
    };
  return {
    reason: 'restore-stale',
    message: `the claim was filled from ${protection.origin?.held ?? 'an older snapshot'} although ${newest ?? 'unknown'} was newer; ${keeps}; ${ways}`,
  };
}

/** What becomes of the snapshots from before. Where nothing backs the claim up, nothing forgets them either. */
function whatKeeps(claim: ProtectedClaim, newest: string | null, now: Instant): string {
  const { ours, name } = claim.protection.source;
  if (ours) return 'its source keeps everything';
  return name === null ? 'no source backs it up' : byOthers(claim, name, { newest, now });
}

/** It came back as it should, after a claim that did not, and something is there that may belong to neither of what both began with. */
function afterDoubt(claim: ProtectedClaim, unsure: string, now: Instant): Omit<Finding, 'about'> {
  const { protection, probe } = claim;
  const keeps = whatKeeps(claim, unsure, now);
  const at = probe?.state === 'listed' ? probe.snapshots.find(({ id }) => shortId(id) === unsure)?.at : undefined;
  const asOf = at === undefined ? '' : `: "${new Date(Math.ceil(at / 1000) * 1000).toISOString()}"`;
  const held = protection.origin?.held ?? null;
  return {
    reason: 'restore-stale',
    message: `the claim came back with ${held ?? 'its newest snapshot'}, and nobody can tell whether ${unsure} holds data that it misses: that was saved after a claim had started without its newest backup; ${keeps}; to look into it: a ReplicationDestination of your own with restoreAsOf${asOf}; to go on as it is: ${acceptStart(claim)}`,
  };
}

/** Under somebody else's source the data goes as its policy says: when, and how to stop that. */
function byOthers(
  claim: ProtectedClaim,
  first: string,
  { newest, now }: { newest: string | null; now: Instant },
): string {
  const { namespace, protection, probe, writers } = claim;
  const snapshots = probe?.state === 'listed' ? probe.snapshots : null;
  const others = writers.map(({ source }) => source).filter(({ managed, deleting }) => !managed && !deleting);
  const fates =
    newest === null
      ? null
      : worstOf(others.map((source) => ({ name: source.name, ...fatesOf(source, snapshots, newest, now) })));
  const name = fates?.name ?? first;
  const who = `its source ${name} is not ours`;
  if (fates === null || fates.newest === null) return `${who}, and its retention can remove that snapshot`;
  if (fates.newest === 'gone') return `${who}, and ${GONE}`;
  if (fates.newest === 'stays') return `${who}, and its retention keeps that snapshot for a month at least`;
  const then =
    protection.began === 'missed' && isLater(fates.last, fates.newest)
      ? `, and the last one from before the claim ${about(fates.last)}`
      : '';
  const keep = `kubectl patch -n ${namespace} replicationsource/${name} --type merge -p '{"spec":{"restic":{"retain":{"last":"unlimited"}}}}'`;
  return `${who}, and its retention removes that snapshot ${about(fates.newest)}${then}; to keep everything until then: ${keep}`;
}

function isLater(last: Fate, first: { goes: Instant }): last is { goes: Instant } {
  return last !== null && typeof last === 'object' && last.goes > first.goes;
}

/** A backup takes its time, and a retry adds one. */
function about({ goes }: { goes: Instant }): string {
  const at = new Date(goes).toISOString();
  return `about ${at.slice(11, 16)} UTC on ${at.slice(0, 10)}`;
}
