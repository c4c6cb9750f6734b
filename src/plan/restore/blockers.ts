/**
 * What can keep a restore from starting, in order: the first blocker that applies gives the reason. Each is one
 * question together with the facts that answer it, so that `explain` shows exactly the list that decided.
 */
import type { Instant } from '../../model.ts';
import { isRestorableClaimName } from '../../naming.ts';
import type { Reason } from '../../reasons.ts';
import { formatDuration } from '../../units.ts';
import { isMissingFromListing } from '../facts/backup.ts';
import { backsOff, dueAt, triesOf } from './back-off.ts';
import { capacityOf } from './wanted-spec.ts';
import { isRememberedBySource } from '../facts/busy.ts';
import { passwordChanged } from '../facts/password.ts';
import { vanishedOf } from '../facts/vanished.ts';
import { backupRunsSoon, hasEnded, isBackupRunning } from '../facts/source.ts';
import { shortId } from '../../restic/ids.ts';
import { isFresh } from '../../restic/locks.ts';
import { maskAddress } from '../../restic/address-text.ts';
import { pointsAtListedBucket } from '../../restic/listed-place.ts';
import { isNewestOfOthers, othersSnapshots } from '../facts/second-writer.ts';
import { UNSTEERED } from '../facts/steering.ts';
import { isToBeCreated } from '../../settings/scope.ts';
import { hasOwnCredentials, type Context, type Situation } from '../facts/situation.ts';
import { ageOf } from '../facts/age.ts';
import { newestOf } from '../facts/newest.ts';

export interface Blocker {
  reason: Reason;
  /** true = for this reason no restore is started */
  blocks: (s: Situation, context: Context) => boolean;
  /** needs a Secret or the repository; for commands that do not list the bucket, the index decides */
  remembered?: true;
  /** the fact that decided, and where it was seen */
  fact: (s: Situation, context: Context) => string;
}

export const BLOCKERS: readonly Blocker[] = [
  {
    reason: 'name-invalid',
    blocks: (s) => !isRestorableClaimName(s.claim),
    fact: (s) => `the name has ${s.claim.length} characters`,
  },
  {
    reason: 'namespace-excluded',
    blocks: (s) => s.excluded,
    fact: (_, { settings }) => `settings: --exclude-namespaces ${settings.excludeNamespaces.join(',')}`,
  },
  {
    reason: 'namespace-missing',
    blocks: (s) => s.namespaceObject === null || s.namespaceObject.terminating,
    fact: (s, { settings }) => `cluster: namespace ${s.namespace} ${existence(s)}${creation(s, settings)}`,
  },
  {
    reason: 'credentials-missing',
    blocks: (s) => !hasOwnCredentials(s) && s.base === null,
    fact: (s, { settings }) =>
      `cluster: Secret ${s.namespace}/${settings.credentialsSecret} ${s.base === null ? 'does not exist' : 'exists'}`,
  },
  {
    reason: 'credentials-incomplete',
    remembered: true,
    blocks: (s) => !hasOwnCredentials(s) && (s.base?.content?.missing.length ?? 0) > 0,
    fact: (s) =>
      s.base?.content
        ? `missing keys: ${s.base.content.missing.join(', ') || 'none'}`
        : 'unchanged since they were last read',
  },
  {
    reason: 'repository-mismatch',
    remembered: true,
    blocks: (s, { settings }) =>
      !hasOwnCredentials(s) &&
      s.base?.content !== null &&
      s.base !== null &&
      !pointsAtListedBucket(s.base.content.repositoryBase, settings),
    fact: (s, { settings }) =>
      `RESTIC_REPOSITORY_BASE ${s.base?.content ? maskAddress(s.base.content.repositoryBase) : 'unchanged'}; settings: ${settings.endpoint ?? 'AWS'} ${settings.bucket}/${settings.prefix}`,
  },
  {
    // A new destination is only made with credentials that were read and compared in this pass. `status`, and claims
    // without a snapshot, need no Secrets, so this check does not apply to them.
    reason: 'listing-failed',
    remembered: true,
    blocks: (s) => s.listed.state !== 'not-looked' && !hasOwnCredentials(s) && needsCredentials(s) && isUnread(s),
    fact: (s) => {
      if (!isUnread(s)) return 'cluster: Secrets were read';
      return needsCredentials(s)
        ? 'cluster: Secrets could not be read'
        : 'no destination is to be made, so Secrets were not needed';
    },
  },
  {
    reason: 'credentials-foreign',
    remembered: true,
    blocks: (s) => s.credentials?.state === 'foreign',
    fact: (s) => `cluster: Secret ${s.claim}-volsync-secret: ${s.credentials?.state ?? 'not read'}`,
  },
  {
    reason: 'password-changed',
    remembered: true,
    // An existing restore point keeps its password. The change is reported and stops nothing.
    blocks: (s) => s.destination === null && passwordChanged(s),
    fact: (s) =>
      s.credentials?.state === 'ours'
        ? `keys that differ from the base: ${s.credentials.differs.join(', ') || 'none'}`
        : 'nothing to compare',
  },
  {
    reason: 'repository-shared-by-claims',
    blocks: (s) => s.sharedWith !== null,
    fact: (s) =>
      s.sharedWith === null
        ? 'cluster: no source of another claim writes there'
        : `cluster: a source of ${s.sharedWith} writes there too`,
  },
  {
    reason: 'newer-elsewhere',
    remembered: true,
    blocks: (s) => s.elsewhere !== null,
    fact: (s) =>
      s.further.length === 0
        ? 'cluster: no other repository is named'
        : `further repositories of the claim: ${s.further.length}`,
  },
  ...UNSTEERED.map((reason): Blocker => ({
    reason,
    blocks: (s) => s.unsteered === reason,
    fact: (s) =>
      s.destination === null
        ? 'cluster: no destination'
        : `cluster: ${s.destination.name}, managed by ${s.destination.managed ? 'us' : 'somebody else'}${s.destination.adopted ? ', adopted' : ''}`,
  })),
  {
    reason: 'volume-mode-block',
    blocks: (s) => s.claimObject?.volumeMode === 'Block',
    fact: (s) => `cluster: volumeMode of the claim: ${s.claimObject?.volumeMode ?? 'no claim'}`,
  },
  {
    reason: 'destination-deleting',
    blocks: (s) => s.destination?.deleting === true,
    fact: (s) => `cluster: deletionTimestamp ${s.destination?.deleting === true ? 'set' : 'not set'}`,
  },
  {
    reason: 'snapshots-vanished',
    remembered: true,
    blocks: (s) => vanishedOf(s) !== null,
    fact: (s) => {
      const gone = vanishedOf(s);
      return `bucket: ${gone === null ? 'no known snapshot has vanished' : `${gone.id} is gone`}`;
    },
  },
  {
    reason: 'sync-in-progress',
    blocks: (s) => s.sync.state === 'syncing',
    fact: (s) => `cluster: the destination is ${s.sync.state}`,
  },
  {
    reason: 'sync-failing',
    blocks: backsOff,
    fact: (s) => {
      const tries = triesOf(s);
      return tries === null
        ? 'no restore has failed since the last good one'
        : `${tries.count} restores in a row have failed; the next one is due at ${instant(dueAt(s, tries))}, or when snapshot, credentials or spec change`;
    },
  },
  {
    reason: 'source-syncing',
    // A claim that waits does not wait for a schedule, but for its last backup, which is still being saved.
    blocks: (s, { now }) => (s.waits ? isBackupRunning(s) : backupRunsSoon(s, now)),
    fact: (s) =>
      s.source === null
        ? 'cluster: no ReplicationSource'
        : `cluster: ${s.source.name}: ${s.sourceMover?.active ?? 0} active movers, next sync ${instant(s.source.nextSyncAt)}`,
  },
  {
    reason: 'repository-locked',
    remembered: true,
    // A backup that was killed leaves a lock that no restore minds (measured): a claim that waits is not kept from its data.
    blocks: (s, context) =>
      !s.waits && s.probe?.state === 'listed' && (s.probe.locks ?? []).some(({ at }) => isFresh(ageOf(at, context))),
    fact: (s) =>
      `bucket: ${s.probe?.state === 'listed' ? (s.probe.locks?.length ?? 'unknown number of') : 'unknown number of'} locks`,
  },
  {
    reason: 'snapshot-too-new',
    remembered: true,
    blocks: (s, context) => {
      const newest = s.probe?.state === 'listed' ? newestOf(s.probe.snapshots) : null;
      if (s.waits || newest === null || hasEnded(s, shortId(newest.id))) return false;
      const age = ageOf(newest.at, context);
      return age !== null && age < context.settings.quietPeriod;
    },
    fact: (s, { settings }) =>
      `bucket: newest snapshot at ${instant(s.probe?.state === 'listed' ? (newestOf(s.probe.snapshots)?.at ?? null) : null)}; quiet period ${formatDuration(settings.quietPeriod)}`,
  },
  {
    reason: 'repository-shared',
    // A claim that waits without an image gets the newest that there is.
    blocks: (s, context) => s.imageState === 'ready' && isNewestOfOthers(s, context),
    fact: (s, context) =>
      `bucket: ${othersSnapshots(s, context).length} snapshots were saved while no source was syncing`,
  },
  {
    reason: 'claim-live',
    blocks: (s, context) => !s.waits && s.live && restsWhileLive(s, context),
    fact: (s, { settings }) => `cluster: the claim is ${s.claimObject?.phase ?? 'missing'}; --warm ${settings.warm}`,
  },
  {
    reason: 'claim-unlabelled',
    blocks: (s, { cluster, settings }) =>
      cluster.otherClaims.has(s.key) && !isAdoptedFrom(s) && capacityOf(s, settings) === null,
    fact: (s, { cluster }) =>
      `cluster: the claim ${cluster.otherClaims.has(s.key) ? 'is there without the label backup: hourly or daily' : 'has the label, or is not there'}`,
  },
  {
    // Its size is known, and is none for a restore point that it does not want.
    reason: 'opted-out',
    blocks: (s, { settings }) =>
      (s.claimObject?.optOut ?? 'no') !== 'no' && !isAdoptedFrom(s) && capacityOf(s, settings) === null,
    fact: (s) => `cluster: the claim has ${(s.claimObject?.optOut ?? 'no') === 'no' ? 'not ' : ''}opted out`,
  },
  {
    reason: 'capacity-unknown',
    blocks: (s, { settings }) => !isAdoptedFrom(s) && capacityOf(s, settings) === null,
    fact: (s, { settings }) => capacityFact(s, settings),
  },
  {
    // Applications with objects of their own get none of ours unless their claim is labelled.
    reason: 'credentials-own',
    blocks: (s) => s.destination === null && s.claimObject === null && (s.repository?.secret ?? null) !== null,
    fact: (s) =>
      s.repository?.secret === undefined || s.repository.secret === null
        ? 'cluster: no Secret of your own names the repository'
        : `cluster: Secret ${s.repository.secret} names the repository; a claim with the label backup is ${s.claimObject === null ? 'not there' : 'there'}`,
  },
];

/** The reason of the first blocker that applies, or null. `until` leaves out that blocker and all after it. */
export function firstBlocker(s: Situation, context: Context, until: Reason | null = null): Reason | null {
  for (const blocker of BLOCKERS) {
    if (blocker.reason === until) return null;
    if (applies(blocker, s, context)) return blocker.reason;
  }
  return null;
}

/** Whether it blocks: by what was seen, or, if nothing was looked up, by what the index remembers. */
export function applies(blocker: Blocker, s: Situation, context: Context): boolean {
  return blocker.blocks(s, context) || (isLeftToIndex(blocker, s) && s.indexed?.reason === blocker.reason);
}

/** What this blocker needs was not looked up. */
export function isLeftToIndex({ remembered }: Blocker, { listed }: Situation): boolean {
  return remembered === true && listed.state === 'not-looked';
}

/** A new destination needs them. */
function needsCredentials(s: Situation): boolean {
  return s.destination === null && !isMissingFromListing(s);
}

/** Neither read nor known to follow from the base: a source of ours has noted that they do. */
function isUnread(s: Situation): boolean {
  return (s.base?.content === null || s.credentials === null) && !isRememberedBySource(s);
}

/** Its size is its owner's affair. */
function isAdoptedFrom({ destination }: Situation): boolean {
  return destination !== null && !destination.managed;
}

function restsWhileLive({ destination }: Situation, { now, settings }: Context): boolean {
  if (settings.warm === 'absent') return true;
  return now - (destination?.lastSyncAt ?? 0) < settings.refreshInterval;
}

function existence({ namespaceObject }: Situation): string {
  if (namespaceObject === null) return 'does not exist';
  return namespaceObject.terminating ? 'is being deleted' : 'exists';
}

/** Whether a run makes it; nothing is said where nobody asked for that. */
function creation({ namespace, namespaceObject }: Situation, settings: Context['settings']): string {
  if (namespaceObject !== null || settings.createNamespaces.length === 0) return '';
  if (!isToBeCreated(namespace, settings)) return '; no pattern of --create-namespaces names it';
  return settings.mode === 'sync' ? '; a run makes it (--create-namespaces)' : `; --mode ${settings.mode} makes none`;
}

function capacityFact(s: Situation, settings: Context['settings']): string {
  const found = capacityOf(s, settings);
  const told = s.destination?.memory.capacityFrom ?? undefined;
  return found === null
    ? 'nothing shows the size'
    : `${found.capacity}, from the ${found.from}${told === undefined || told === found.from ? '' : `; the restore point was sized from the ${told}`}`;
}

function instant(at: Instant | null): string {
  return at === null ? 'unknown' : new Date(at).toISOString();
}
