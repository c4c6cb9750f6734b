/**
 * The ordered gates between a backup and a restore point: the first that holds gives the reason. Each is one question with
 * the facts that answered it, so that `explain` shows the very list that decided.
 */
import type { Instant } from '../../model.ts';
import { ANNOTATION, isRestorableClaimName } from '../../naming.ts';
import type { Reason } from '../../reasons.ts';
import { formatDuration } from '../../units.ts';
import { isMissingFromListing, newestOf } from '../facts/backup.ts';
import { passwordChanged } from './credentials.ts';
import { capacityOf } from './wanted-spec.ts';
import { isFresh } from '../../restic/locks.ts';
import { isExcluded } from '../../settings/scope.ts';
import { maskAddress } from '../../restic/address-text.ts';
import { pointsAtListedBucket } from '../../restic/listed-place.ts';
import { isLive, waits, type Context, type Situation } from '../facts/situation.ts';
import { syncOf } from '../facts/sync.ts';

export interface Gate {
  reason: Reason;
  /** true = nothing is created or asked for, for this reason */
  closed: (s: Situation, context: Context) => boolean;
  /** needs a Secret or the repository: where nobody looks into the bucket, what the last run wrote into the index counts */
  remembered?: true;
  /** the fact that was looked at, and where it was seen */
  fact: (s: Situation, context: Context) => string;
}

/** What a restore is taken to need when this one has never been measured. */
const USUAL_RESTORE = 60_000;
/** A source that has copied its volume for so long without a mover is stuck: its claim is gone, or a Secret is missing. */
const COPY_TAKES = 30 * 60_000;

export const GATES: readonly Gate[] = [
  {
    reason: 'name-invalid',
    closed: (s) => !isRestorableClaimName(s.claim),
    fact: (s) => `the name has ${s.claim.length} characters`,
  },
  {
    reason: 'namespace-excluded',
    closed: (s, { settings }) => isExcluded(s.namespace, settings),
    fact: (_, { settings }) => `settings: --exclude-namespaces ${settings.excludeNamespaces.join(',')}`,
  },
  {
    reason: 'namespace-missing',
    closed: (s) => s.namespaceObject === null || s.namespaceObject.terminating,
    fact: (s) => `cluster: namespace ${s.namespace} ${existence(s)}`,
  },
  {
    reason: 'credentials-missing',
    closed: (s) => s.base === null,
    fact: (s, { settings }) =>
      `cluster: Secret ${s.namespace}/${settings.credentialsSecret} ${s.base === null ? 'does not exist' : 'exists'}`,
  },
  {
    reason: 'credentials-incomplete',
    remembered: true,
    closed: (s) => (s.base?.content?.missing.length ?? 0) > 0,
    fact: (s) =>
      s.base?.content
        ? `missing keys: ${s.base.content.missing.join(', ') || 'none'}`
        : 'unchanged since they were last read',
  },
  {
    reason: 'repository-mismatch',
    remembered: true,
    closed: (s, { settings }) =>
      s.base?.content !== null && s.base !== null && !pointsAtListedBucket(s.base.content.repositoryBase, settings),
    fact: (s, { settings }) =>
      `RESTIC_REPOSITORY_BASE ${s.base?.content ? maskAddress(s.base.content.repositoryBase) : 'unchanged'}; settings: ${settings.endpoint ?? 'AWS'} ${settings.bucket}/${settings.prefix}`,
  },
  {
    // A new destination is only made on credentials that were read and compared in this pass. Who does not look into the
    // bucket makes none, and does not read them; nor does who finds no snapshot there.
    reason: 'listing-failed',
    remembered: true,
    closed: (s) => s.listed.state !== 'not-looked' && needsCredentials(s) && isUnread(s),
    fact: (s) => {
      if (!isUnread(s)) return 'cluster: Secrets were read';
      return needsCredentials(s)
        ? 'cluster: Secrets could not be read'
        : 'nothing is made anew: Secrets were not needed';
    },
  },
  {
    reason: 'credentials-foreign',
    remembered: true,
    closed: (s) => s.credentials?.state === 'foreign',
    fact: (s) => `cluster: Secret ${s.claim}-volsync-secret: ${s.credentials?.state ?? 'not looked at'}`,
  },
  {
    reason: 'password-changed',
    remembered: true,
    // An existing restore point goes on with the password that it has; it is reported, not stopped.
    closed: (s) => s.destination === null && passwordChanged(s),
    fact: (s) =>
      s.credentials?.state === 'ours'
        ? `keys that differ from the base: ${s.credentials.differs.join(', ') || 'none'}`
        : 'nothing to compare',
  },
  {
    reason: 'destination-foreign',
    closed: (s) => s.destination !== null && !s.steered,
    fact: (s) =>
      s.destination === null
        ? 'cluster: no destination of this name'
        : `cluster: ${s.destination.name}, managed by ${s.destination.managed ? 'us' : 'somebody else'}`,
  },
  {
    reason: 'volume-mode-block',
    closed: (s) => s.claimObject?.volumeMode === 'Block',
    fact: (s) => `cluster: volumeMode of the claim: ${s.claimObject?.volumeMode ?? 'no claim'}`,
  },
  {
    reason: 'destination-deleting',
    closed: (s) => s.destination?.deleting === true,
    fact: (s) => `cluster: deletionTimestamp ${s.destination?.deleting === true ? 'set' : 'not set'}`,
  },
  {
    reason: 'sync-in-progress',
    closed: (s, { now }) => syncOf(s, now).state === 'syncing',
    fact: (s, { now }) => `cluster: the destination is ${syncOf(s, now).state}`,
  },
  {
    reason: 'source-syncing',
    closed: (s, { now }) => !waits(s) && backupRunsSoon(s, now),
    fact: (s) =>
      s.source === null
        ? 'cluster: no ReplicationSource'
        : `cluster: ${s.source.name}: ${s.sourceMover?.active ?? 0} active movers, next sync ${instant(s.source.nextSyncAt)}`,
  },
  {
    reason: 'repository-locked',
    remembered: true,
    closed: (s, { now }) => s.probe?.state === 'listed' && (s.probe.locks ?? []).some((lock) => isFresh(lock, now)),
    fact: (s) =>
      `bucket: ${s.probe?.state === 'listed' ? (s.probe.locks?.length ?? 'no look at') : 'no look at'} locks`,
  },
  {
    reason: 'snapshot-too-new',
    remembered: true,
    closed: (s, { now, settings }) =>
      !waits(s) && s.probe?.state === 'listed' && now - (newestOf(s.probe.snapshots)?.at ?? 0) < settings.quietPeriod,
    fact: (s, { settings }) =>
      `bucket: newest snapshot at ${instant(s.probe?.state === 'listed' ? (newestOf(s.probe.snapshots)?.at ?? null) : null)}; quiet period ${formatDuration(settings.quietPeriod)}`,
  },
  {
    reason: 'claim-live',
    closed: (s, context) => !waits(s) && isLive(s) && restsWhileLive(s, context),
    fact: (s, { settings }) => `cluster: the claim is ${s.claimObject?.phase ?? 'not there'}; --warm ${settings.warm}`,
  },
  {
    reason: 'capacity-unknown',
    closed: (s, { settings }) => capacityOf(s, settings) === null,
    fact: (s, { settings }) => capacityFact(s, settings),
  },
];

/** The first closed gate's reason; null = the way is free. `until` leaves out that gate and all behind it. */
export function firstClosed(s: Situation, context: Context, until: Reason | null = null): Reason | null {
  for (const gate of GATES) {
    if (gate.reason === until) return null;
    if (isClosed(gate, s, context)) return gate.reason;
  }
  return null;
}

/** Does this gate hold, by what was seen or, where nobody looked, by what the index remembers? */
export function isClosed(gate: Gate, s: Situation, context: Context): boolean {
  return gate.closed(s, context) || (isLeftToIndex(gate, s) && s.indexed?.reason === gate.reason);
}

/** Nobody has looked at what this gate asks for. */
export function isLeftToIndex({ remembered }: Gate, { listed }: Situation): boolean {
  return remembered === true && listed.state === 'not-looked';
}

/** A new destination hangs on them. */
function needsCredentials(s: Situation): boolean {
  return s.destination === null && !isMissingFromListing(s);
}

function isUnread({ base, credentials }: Situation): boolean {
  return base?.content === null || credentials === null;
}

/**
 * A mover of the source runs, or one starts within the time that a restore takes. It is put off once in a period at the
 * most: after a backup the next one is a whole period away, and a restore longer than that is not put off at all.
 */
function backupRunsSoon(s: Situation, now: Instant): boolean {
  const { source, sourceMover } = s;
  if (source === null) return false;
  if (sourceMover !== null && sourceMover.active > 0) return true;
  if (isCopying(s, now)) return true;
  if (source.nextSyncAt === null) return false;
  const expected = expectedRestore(s);
  const wait = source.nextSyncAt - now;
  return expected < source.nextSyncAt - (source.lastSyncAt ?? 0) && wait < expected && wait > -USUAL_RESTORE;
}

/** The volume is being copied for a mover that is about to start; an unbound claim has none. */
function isCopying({ source, sourceMover, claimObject }: Situation, now: Instant): boolean {
  const since = source?.lastSyncStartAt ?? null;
  return since !== null && now - since < COPY_TAKES && sourceMover === null && claimObject?.phase !== 'Pending';
}

/** Milliseconds: as long as the last one took. */
function expectedRestore({ destination }: Situation): number {
  const seconds = destination?.lastSyncSeconds ?? null;
  return seconds === null ? USUAL_RESTORE : seconds * 1000;
}

function restsWhileLive({ destination }: Situation, { now, settings }: Context): boolean {
  if (settings.warm === 'absent') return true;
  return now - (destination?.lastSyncAt ?? 0) < settings.refreshInterval;
}

function existence({ namespaceObject }: Situation): string {
  if (namespaceObject === null) return 'does not exist';
  return namespaceObject.terminating ? 'is being deleted' : 'exists';
}

function capacityFact(s: Situation, settings: Context['settings']): string {
  const found = capacityOf(s, settings);
  const told = s.destination?.annotations[ANNOTATION.capacityFrom];
  return found === null
    ? 'nothing tells the size'
    : `${found.capacity}, from the ${found.from}${told === undefined || told === found.from ? '' : `; the restore point was sized from the ${told}`}`;
}

function instant(at: Instant | null): string {
  return at === null ? 'unknown' : new Date(at).toISOString();
}
