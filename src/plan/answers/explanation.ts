/** The explanation of one claim: the facts with where each was seen, and the blockers in the order in which they decide. */
import type { RepositoryReport } from '../../decisions.ts';
import { NO_POD_USER } from '../../mover-user.ts';
import type { Destination, Instant } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { heldBack } from '../facts/held-back.ts';
import { BLOCKERS, applies, isLeftToIndex } from '../restore/blockers.ts';
import { layoutAddresses, repositoriesTold } from './repositories-told.ts';
import { evidenceOf } from '../backup/beginning.ts';
import type { ProtectedClaim } from '../backup/protected-claim.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

export interface Fact {
  what: string;
  /** where it was seen */
  seen: string;
}

export interface BlockerStep {
  reason: Reason;
  state: 'open' | 'closed' | 'not-reached';
  fact: string;
}

export interface Explanation {
  facts: Fact[];
  blockers: BlockerStep[];
}

/** Shows how the verdict on one claim came about. */
export function explain(claim: ProtectedClaim, context: Context): Explanation {
  return {
    facts: [
      backupFact(claim, context),
      ...repositoryFacts(claim, context),
      ...clusterFacts(claim, context),
      ...beginningFacts(claim, context),
    ],
    blockers: blockerSteps(claim, context),
  };
}

function backupFact(s: JudgedClaim, { settings }: Context): Fact {
  const { backup, repository } = s;
  const place =
    repository === null || repository.where.kind === 'layout'
      ? `${settings.bucket}/${settings.prefix}${s.key}/snapshots/`
      : repository.shown;
  const seen = s.probe?.state === 'listed' ? `bucket: listing of ${place}` : remembered(s);
  if (backup.state !== 'present') return { what: `backup ${backup.state}: ${backup.reason}`, seen };
  const { newest, snapshots } = backup;
  const at = newest.at === null ? '' : ` at ${new Date(newest.at).toISOString()}`;
  return {
    what: `backup present: ${snapshots === null ? '' : `${snapshots} snapshots, `}newest ${newest.id.slice(0, 8)}${at}`,
    seen,
  };
}

const SEEN: Readonly<Record<RepositoryReport['seen'], string>> = {
  listed: 'bucket: listing of its snapshots',
  'not-looked': 'bucket: not looked into in this run',
  failed: 'bucket: the look failed',
  elsewhere: 'not asked: another kind of server, or one that --allow-endpoints does not name',
};

/** Where they are, which one decides, and who writes there; nothing where only the layout path is known. */
function repositoryFacts(s: JudgedClaim, { settings }: Context): Fact[] {
  if (s.repository === null && s.further.length === 0) return [];
  return repositoriesTold(s, layoutAddresses(settings)).map(({ address, primary, seen, newest, sources }) => {
    const words = [
      `${primary ? 'repository' : 'further repository'} ${address ?? 'without an address'}`,
      newest === null
        ? 'no known snapshot'
        : `newest ${newest.id.slice(0, 8)}${newest.at === null ? '' : ` at ${iso(newest.at)}`}`,
      sources.length === 0 ? 'no source writes there' : `written by ${sources.join(', ')}`,
    ];
    return { what: words.join(', '), seen: SEEN[seen] };
  });
}

function remembered(s: Situation): string {
  if (s.listed.state === 'unknown') return `bucket: ${s.listed.message}`;
  const memory = s.indexed === null ? 'annotations of the destination' : 'destination and index';
  if (s.listed.state === 'not-looked') return `cluster: ${memory}; the bucket was not listed`;
  return s.listed.state === 'no' ? 'bucket: not in the listing' : `cluster: ${memory}; no sign of a change since then`;
}

function clusterFacts(s: JudgedClaim, { now }: Context): Fact[] {
  const { destination: d, claimObject: claim, source } = s;
  const facts: Fact[] = [];
  facts.push({
    what:
      claim === null
        ? 'no protected claim of this name'
        : `claim ${claim.phase}, ${claim.request ?? 'no'} requested, backup: ${claim.tier}`,
    seen: 'cluster: persistentvolumeclaims',
  });
  facts.push({
    what:
      source === null
        ? 'no source backs it up'
        : `source ${source.name}, last sync ${iso(source.lastSyncAt)}, next ${iso(source.nextSyncAt)}`,
    seen: 'cluster: replicationsources',
  });
  facts.push(...podFacts(s));
  if (s.indexed !== null)
    facts.push({ what: `entry in the index: ${s.indexed.value}`, seen: 'cluster: volsync-prewarm-index' });
  if (d === null) return [...facts, { what: 'no destination', seen: 'cluster: replicationdestinations' }];
  return [...facts, ...destinationFacts(s, d, now)];
}

/** As whom movers run, where pods of the claim have told it, or have not. */
function podFacts({ sources }: JudgedClaim): Fact[] {
  const ours = sources.find(({ managed }) => managed);
  const user = ours?.memory.podUser ?? null;
  if (ours === undefined || user === null) return [];
  const what =
    user === NO_POD_USER
      ? 'pods of the claim name no user for its movers, or not all the same'
      : `pods of the claim run as ${user}: so do its movers, where nobody names another user`;
  return [{ what, seen: `cluster: annotation pod-user of ${ours.name}` }];
}

/** How the claim got its data, each piece of evidence on a line of its own. */
function beginningFacts(claim: ProtectedClaim, context: Context): Fact[] {
  const { claimObject, protection } = claim;
  if (claimObject === null) return [];
  const verdict = protection.began === null ? 'not decided yet' : protection.began;
  const evidence = evidenceOf(claim, claimObject, context);
  return evidence.map(({ what, seen }) => ({ what: `how the claim began (${verdict}): ${what}`, seen }));
}

function destinationFacts({ sync, mover, imageState, claimObject }: JudgedClaim, d: Destination, now: Instant): Fact[] {
  const facts: Fact[] = [];
  facts.push({
    what: `destination ${d.name}, ${d.managed ? 'ours' : 'not ours'}, trigger ${d.manual ?? 'none'}, last done ${d.lastManualSync ?? 'none'}, ${sync.state}`,
    seen: 'cluster: spec and status of the destination',
  });
  if (mover !== null)
    facts.push({ what: `mover: ${mover.active} active, ${mover.failed} failed`, seen: 'cluster: the mover Job' });
  facts.push({
    what: `image ${d.latestImage?.name ?? 'none'}: ${imageState}`,
    seen: 'cluster: latestImage and its VolumeSnapshot',
  });
  const log = d.moverLogs.split('\n').find((line) => /restoring|No eligible|Fatal|ERROR/.test(line));
  if (log !== undefined) facts.push({ what: `mover log: ${log.trim()}`, seen: 'cluster: status.latestMoverStatus' });
  const { verified } = d.memory;
  if (verified !== null)
    facts.push({
      what: `proven: ${verified.image} holds ${verified.id}`,
      seen: 'cluster: annotations of the destination',
    });
  const held = heldBack(d, claimObject?.uid ?? null, now);
  if (held !== null)
    facts.push({
      what: `VolSync is kept from filling claims from it${held.until === null ? '' : ` until ${iso(held.until)}`}: ${held.reason}`,
      seen: 'cluster: annotations that the policy prime reads',
    });
  return facts;
}

function blockerSteps(claim: JudgedClaim, context: Context): BlockerStep[] {
  if (claim.backup.state !== 'present') return [];
  const found = BLOCKERS.findIndex((blocker) => applies(blocker, claim, context));
  const first = found === -1 ? BLOCKERS.length : found;
  return BLOCKERS.map((blocker, index) => {
    const { reason } = blocker;
    if (index > first) return { reason, state: 'not-reached', fact: '' };
    const state = index === first ? 'closed' : 'open';
    if (!isLeftToIndex(blocker, claim)) return { reason, state, fact: blocker.fact(claim, context) };
    return state === 'closed'
      ? { reason, state, fact: 'index: written by the last run' }
      : { reason, state: 'not-reached', fact: 'not checked' };
  });
}

function iso(at: number | null): string {
  return at === null ? 'never' : new Date(at).toISOString();
}
