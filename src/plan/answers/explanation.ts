/** The decision trail of one claim: every fact with where it was seen, and the gates in the order in which they decide. */
import type { Entry } from '../../decisions.ts';
import { ANNOTATION } from '../../naming.ts';
import type { Reason } from '../../reasons.ts';
import { GATES, isClosed, isLeftToIndex } from '../restore/blockers.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { imageStateOf, syncOf } from '../facts/sync.ts';

export interface Fact {
  what: string;
  /** where it was seen */
  seen: string;
}

export interface GateStep {
  reason: Reason;
  state: 'open' | 'closed' | 'not-reached';
  fact: string;
}

export interface Trail {
  facts: Fact[];
  gates: GateStep[];
}

/** Tells how an entry came about. */
export function trailOf(s: Situation, entry: Entry, context: Context): Trail {
  return { facts: [backupFact(s, entry, context), ...clusterFacts(s, context)], gates: gateSteps(s, entry, context) };
}

function backupFact(s: Situation, { backup }: Entry, { settings }: Context): Fact {
  const place = `${settings.bucket}/${settings.prefix}${s.key}/snapshots/`;
  const seen = s.probe?.state === 'listed' ? `bucket: listing of ${place}` : remembered(s);
  if (backup.state !== 'present') return { what: `backup ${backup.state}: ${backup.reason}`, seen };
  const { newest, snapshots } = backup;
  const at = newest.at === null ? '' : ` at ${new Date(newest.at).toISOString()}`;
  return {
    what: `backup present: ${snapshots === null ? '' : `${snapshots} snapshots, `}newest ${newest.id.slice(0, 8)}${at}`,
    seen,
  };
}

function remembered(s: Situation): string {
  if (s.listed.state === 'unknown') return `bucket: ${s.listed.message}`;
  const memory = s.indexed === null ? 'annotations of the destination' : 'destination and index';
  if (s.listed.state === 'not-looked') return `cluster: ${memory}; the bucket was not looked at`;
  return s.listed.state === 'no' ? 'bucket: not in the listing' : `cluster: ${memory}; nothing says that it changed`;
}

function clusterFacts(s: Situation, { now }: Context): Fact[] {
  const { destination: d, claimObject: claim, source, mover } = s;
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
  if (s.indexed !== null)
    facts.push({ what: `the policies are told: ${s.indexed.value}`, seen: 'cluster: volsync-prewarm-index' });
  if (d === null) return [...facts, { what: 'no destination', seen: 'cluster: replicationdestinations' }];
  const sync = syncOf(s, now);
  facts.push({
    what: `destination ${d.name}, ${d.managed ? 'ours' : 'not ours'}, trigger ${d.manual ?? 'none'}, last done ${d.lastManualSync ?? 'none'}, ${sync.state}`,
    seen: 'cluster: spec and status of the destination',
  });
  if (mover !== null)
    facts.push({ what: `mover: ${mover.active} active, ${mover.failed} failed`, seen: 'cluster: the mover Job' });
  facts.push({
    what: `image ${d.latestImage?.name ?? 'none'}: ${imageStateOf(s)}`,
    seen: 'cluster: latestImage and its VolumeSnapshot',
  });
  const log = d.moverLogs.split('\n').find((line) => /restoring|No eligible|Fatal|ERROR/.test(line));
  if (log !== undefined) facts.push({ what: `mover log: ${log.trim()}`, seen: 'cluster: status.latestMoverStatus' });
  const proven = d.annotations[ANNOTATION.verifiedSnapshot];
  if (proven !== undefined)
    facts.push({
      what: `proven: ${d.annotations[ANNOTATION.verifiedImage] ?? ''} holds ${proven}`,
      seen: 'cluster: annotations of the destination',
    });
  return facts;
}

function gateSteps(s: Situation, { backup }: Entry, context: Context): GateStep[] {
  if (backup.state !== 'present') return [];
  const found = GATES.findIndex((gate) => isClosed(gate, s, context));
  const first = found === -1 ? GATES.length : found;
  return GATES.map((gate, index) => {
    const { reason } = gate;
    if (index > first) return { reason, state: 'not-reached', fact: '' };
    const state = index === first ? 'closed' : 'open';
    if (!isLeftToIndex(gate, s)) return { reason, state, fact: gate.fact(s, context) };
    return state === 'closed'
      ? { reason, state, fact: 'index: so the last run has written' }
      : { reason, state: 'not-reached', fact: 'not looked at' };
  });
}

function iso(at: number | null): string {
  return at === null ? 'never' : new Date(at).toISOString();
}
