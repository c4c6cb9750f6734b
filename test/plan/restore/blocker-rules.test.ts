/** Each blocker by itself: which facts it needs, and the words in which it tells what decided. */
import { describe, expect, it } from 'vitest';
import type { Reason } from '../../../src/reasons.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { BLOCKERS, applies, firstBlocker, isLeftToIndex } from '../../../src/plan/restore/blockers.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import { unlooked, type Context } from '../../../src/plan/facts/situation.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  indexOf,
  listed,
  lostCluster,
  mover,
  snapshot,
  snapshots,
  source,
  waitingClaim,
  type World,
} from '../../support/build.ts';
import { known } from '../../support/known.ts';

const LOST: World = { cluster: lostCluster() };
/** Its settings, with which this blocker is asked. */
type Case = [Reason, string, boolean, string, Partial<KnownClaim>, World?, Partial<Settings>?];

function blockerOf(reason: Reason): (typeof BLOCKERS)[number] {
  const found = BLOCKERS.find((one) => one.reason === reason);
  if (found === undefined) throw new Error(`no blocker: ${reason}`);
  return found;
}

const OWN = {
  where: { kind: 'layout' },
  key: 's3:http://rustfs.example:9000/volsync-backups/media/plex-config',
  shown: 's3:http://rustfs.example:9000/volsync-backups/media/plex-config',
  secret: 'my-restic',
  sources: [],
  restored: false,
} as const;
const FAILED = { count: 2, at: NOW, inputs: 'x', failed: 1 };
const LOCK = { name: 'f'.repeat(64), at: NOW };
const OTHER = [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST), snapshot(LATER, NOW - 30 * MINUTE)];
const READY = { imageState: 'ready', probe: listed(OTHER) } as const;
const UNREAD = { state: 'unknown', reason: 'listing-failed', message: 'no' } as const;
const NOT_LOOKED = { listed: { state: 'not-looked' } } as const;

describe('a blocker', () => {
  it.each<Case>([
    [
      'credentials-missing',
      'the Secret is not there',
      true,
      'cluster: Secret media/volsync-rustfs-base does not exist',
      { base: null },
    ],
    [
      'credentials-missing',
      'a Secret of its own',
      false,
      'cluster: Secret media/volsync-rustfs-base does not exist',
      { base: null, repository: OWN },
    ],
    [
      'credentials-incomplete',
      'not read again',
      false,
      'unchanged since they were last read',
      { base: { version: 'v', content: null } },
    ],
    ['credentials-incomplete', 'no Secret', false, 'unchanged since they were last read', { base: null }],
    [
      'credentials-incomplete',
      'a Secret of its own',
      false,
      'missing keys: X',
      { base: base({ missing: ['X'] }), repository: OWN },
    ],
    [
      'repository-mismatch',
      'not read again',
      false,
      'RESTIC_REPOSITORY_BASE unchanged; settings: http://rustfs.example:9000 volsync-backups/',
      { base: { version: 'v', content: null } },
    ],
    [
      'repository-mismatch',
      'no Secret',
      false,
      'RESTIC_REPOSITORY_BASE unchanged; settings: http://rustfs.example:9000 volsync-backups/',
      { base: null },
    ],
    [
      'repository-mismatch',
      'AWS itself',
      true,
      'RESTIC_REPOSITORY_BASE s3:http://rustfs.example:9000/volsync-backups/; settings: AWS volsync-backups/',
      {},
      {},
      { endpoint: null },
    ],
    [
      'repository-mismatch',
      'a Secret of its own',
      false,
      'RESTIC_REPOSITORY_BASE s3:http://x/y; settings: http://rustfs.example:9000 volsync-backups/',
      { base: base({ repositoryBase: 's3:http://x/y' }), repository: OWN },
    ],
    [
      'listing-failed',
      'the base was not read',
      true,
      'cluster: Secrets could not be read',
      { destination: null, base: { version: 'v', content: null } },
    ],
    ['listing-failed', 'no base at all', false, 'cluster: Secrets were read', { destination: null, base: null }],
    [
      'listing-failed',
      'the repository credentials were not read',
      true,
      'cluster: Secrets could not be read',
      { destination: null, credentials: null },
    ],
    [
      'listing-failed',
      'nothing is to be made',
      false,
      'no destination is to be made, so Secrets were not needed',
      { credentials: null },
    ],
    [
      'listing-failed',
      'nothing is to be made: no snapshot',
      false,
      'no destination is to be made, so Secrets were not needed',
      { destination: null, credentials: null, listed: { state: 'no' } },
    ],
    [
      'listing-failed',
      'nobody has looked',
      false,
      'cluster: Secrets could not be read',
      { destination: null, credentials: null, ...NOT_LOOKED },
    ],
    [
      'listing-failed',
      'a Secret of its own',
      false,
      'cluster: Secrets could not be read',
      { destination: null, credentials: null, repository: OWN },
    ],
    [
      'credentials-foreign',
      'they were not read',
      false,
      'cluster: Secret plex-config-volsync-secret: not read',
      { credentials: null },
    ],
    ['password-changed', 'they were not read', false, 'nothing to compare', { credentials: null }],
    [
      'password-changed',
      'two keys differ',
      false,
      'keys that differ from the base: AWS_ACCESS_KEY_ID, RESTIC_PASSWORD',
      { credentials: { state: 'ours', differs: ['AWS_ACCESS_KEY_ID', 'RESTIC_PASSWORD'] } },
    ],
    [
      'repository-shared-by-claims',
      'another claim writes there',
      true,
      'cluster: a source of media/other writes there too',
      { sharedWith: 'media/other' },
    ],
    [
      'newer-elsewhere',
      'another repository',
      true,
      'further repositories of the claim: 1',
      { elsewhere: { snapshot: null, repository: null }, further: [{ repository: OWN, probe: null }] },
    ],
    [
      'newer-elsewhere',
      'nothing newer there',
      false,
      'further repositories of the claim: 1',
      { further: [{ repository: OWN, probe: null }] },
    ],
    ['sync-failing', 'it has failed', false, 'no restore has failed since the last good one', {}],
    ['repository-locked', 'a lock', true, 'bucket: 1 locks', { probe: listed(snapshots(), [LOCK]) }],
    [
      'repository-locked',
      'a lock, and a claim that waits',
      false,
      'bucket: 1 locks',
      { probe: listed(snapshots(), [LOCK]), waits: true },
    ],
    ['repository-locked', 'nobody has looked', false, 'bucket: unknown number of locks', { probe: null }],
    ['repository-locked', 'nobody could look', false, 'bucket: unknown number of locks', { probe: UNREAD }],
    [
      'repository-locked',
      'locks were not listed',
      false,
      'bucket: unknown number of locks',
      { probe: listed(snapshots(), null) },
    ],
    [
      'snapshot-too-new',
      'as old as it must be',
      false,
      'bucket: newest snapshot at 2026-11-21T11:58:00.000Z; quiet period 2m',
      { probe: listed([snapshot(LATER, NOW - 2 * MINUTE)]) },
    ],
    [
      'snapshot-too-new',
      'a millisecond younger',
      true,
      'bucket: newest snapshot at 2026-11-21T11:58:00.001Z; quiet period 2m',
      { probe: listed([snapshot(LATER, NOW - 2 * MINUTE + 1)]) },
    ],
    [
      'snapshot-too-new',
      'no snapshot',
      false,
      'bucket: newest snapshot at unknown; quiet period 2m',
      { probe: listed([]) },
    ],
    [
      'snapshot-too-new',
      'nobody has looked',
      false,
      'bucket: newest snapshot at unknown; quiet period 2m',
      { probe: null },
    ],
    [
      'snapshot-too-new',
      'nobody could look',
      false,
      'bucket: newest snapshot at unknown; quiet period 2m',
      { probe: UNREAD },
    ],
    [
      'repository-shared',
      'somebody else has saved the newest',
      true,
      'bucket: 1 snapshots were saved while no source was syncing',
      READY,
    ],
    [
      'repository-shared',
      'without an image the newest is taken',
      false,
      'bucket: 1 snapshots were saved while no source was syncing',
      { ...READY, imageState: 'none' },
    ],
    [
      'claim-live',
      'it waits',
      false,
      'cluster: the claim is Bound; --warm absent',
      { waits: true },
      {},
      { warm: 'absent' },
    ],
    [
      'claim-live',
      'it is not in use',
      false,
      'cluster: the claim is Bound; --warm absent',
      { live: false },
      {},
      { warm: 'absent' },
    ],
    [
      'claim-live',
      'its image is as old as the interval',
      false,
      'cluster: the claim is Bound; --warm all',
      {},
      {},
      { refreshInterval: 50 * MINUTE },
    ],
    [
      'claim-live',
      'its image is younger',
      true,
      'cluster: the claim is Bound; --warm all',
      {},
      {},
      { refreshInterval: 50 * MINUTE + 1 },
    ],
    [
      'claim-live',
      'no sync has ended',
      false,
      'cluster: the claim is Bound; --warm all',
      { destination: destination({ lastSyncAt: null }) },
      {},
      { refreshInterval: HOUR },
    ],
    [
      'capacity-unknown',
      'it was sized from something else',
      false,
      '5Gi, from the claim; the restore point was sized from the default',
      { destination: destination({ memory: { ...NO_MEMORY, capacityFrom: 'default' } }) },
    ],
    [
      'capacity-unknown',
      'nothing is remembered',
      false,
      '5Gi, from the claim',
      { destination: destination({ memory: NO_MEMORY }) },
    ],
    [
      'capacity-unknown',
      'ours',
      true,
      'nothing shows the size',
      { destination: null },
      LOST,
      { defaultCapacity: null },
    ],
    [
      'capacity-unknown',
      'somebody else’s: its size is its owner’s affair',
      false,
      'nothing shows the size',
      { destination: foreign({ spec: { ...destination().spec, capacity: null } }) },
      LOST,
      { defaultCapacity: null },
    ],
    [
      'credentials-own',
      'objects of its own, and no claim',
      true,
      'cluster: Secret my-restic names the repository; a claim with the label backup is not there',
      { repository: OWN, destination: null, claimObject: null },
    ],
    [
      'credentials-own',
      'a labelled claim',
      false,
      'cluster: Secret my-restic names the repository; a claim with the label backup is there',
      { repository: OWN, destination: null },
    ],
    [
      'credentials-own',
      'a destination',
      false,
      'cluster: Secret my-restic names the repository; a claim with the label backup is not there',
      { repository: OWN, claimObject: null },
    ],
    [
      'credentials-own',
      'the layout path',
      false,
      'cluster: no Secret of your own names the repository',
      { repository: { ...OWN, secret: null }, destination: null, claimObject: null },
    ],
    [
      'credentials-own',
      'nothing named',
      false,
      'cluster: no Secret of your own names the repository',
      { repository: null, destination: null, claimObject: null },
    ],
    [
      'source-syncing',
      'it says no time',
      false,
      'cluster: plex-config-backup: 0 active movers, next sync unknown',
      { source: source({ nextSyncAt: null }), sourceMover: null },
    ],
    [
      'source-syncing',
      'a claim that waits waits for its last backup',
      true,
      'cluster: plex-config-backup: 1 active movers, next sync 2026-11-21T12:30:00.000Z',
      { waits: true, sourceMover: mover(), writers: [{ source: source(), mover: mover() }] },
    ],
  ])('%s: %s', (...[reason, , blocks, fact, facts, world, overrides]: Case) => {
    const { claim: one, context } = known(world, facts);
    const given: Context = { ...context, settings: { ...context.settings, ...overrides } };
    const blocker = blockerOf(reason);
    expect([blocker.blocks(one, given), blocker.fact(one, given)]).toEqual([blocks, fact]);
  });

  it('sync-failing tells when the next try is due', () => {
    const { claim: one, context } = known(
      {},
      { destination: destination({ memory: { ...NO_MEMORY, tries: FAILED } }) },
    );
    expect(blockerOf('sync-failing').fact(one, context)).toBe(
      '2 restores in a row have failed; the next one is due at 2026-11-21T12:02:00.000Z, or when snapshot, credentials or spec change',
    );
  });

  it.each<[string, Partial<Settings>]>([
    ['; no pattern of --create-namespaces names it', { createNamespaces: ['home-*'] }],
    ['; a run makes it (--create-namespaces)', { createNamespaces: ['media'] }],
    ['; --mode report makes none', { createNamespaces: ['media'], mode: 'report' }],
    ['; --mode create-only makes none', { createNamespaces: ['media'], mode: 'create-only' }],
    ['', {}],
  ])('namespace-missing says whether a run makes it: %s', (words, overrides) => {
    const { claim: one, context } = known({}, { namespaceObject: null });
    const given = { ...context, settings: { ...context.settings, ...overrides } };
    expect(blockerOf('namespace-missing').fact(one, given)).toBe(`cluster: namespace media does not exist${words}`);
    const there = known().claim;
    expect(blockerOf('namespace-missing').fact(there, given)).toBe('cluster: namespace media exists');
  });
});

describe('a blocker that needs the bucket, where nobody has looked,', () => {
  const entry = (reason: string): World => ({
    bucket: unlooked(NOW),
    cluster: lostCluster({
      claims: [waitingClaim()],
      index: indexOf({
        _generatedAt: new Date(NOW).toISOString(),
        'media.plex-config': `refuse cold:${reason} ${NEWEST} ${new Date(NOW - HOUR).toISOString()}`,
      }),
    }),
  });

  it('is what the index says', () => {
    const { claim: one, context } = known(entry('credentials-foreign'));
    expect(firstBlocker(one, context)).toBe('credentials-foreign');
    expect(applies(blockerOf('credentials-foreign'), one, context)).toBe(true);
    expect(applies(blockerOf('password-changed'), one, context)).toBe(false);
  });

  it('is not what the index says of something that the cluster shows', () => {
    const { claim: one, context } = known(entry('destination-deleting'));
    expect(firstBlocker(one, context)).toBeNull();
    const states = (['destination-deleting', 'repository-locked'] as const).map((reason) =>
      isLeftToIndex(blockerOf(reason), one),
    );
    expect(states).toEqual([false, true]);
    expect(isLeftToIndex(blockerOf('repository-locked'), known().claim)).toBe(false);
  });

  it('is not asked any more from a given one on', () => {
    const { claim: one, context } = known({
      cluster: clusterView({ claims: [claim({ volumeMode: 'Block' })] }),
      bucket: bucketView({ [KEY]: listed([]) }),
    });
    expect(firstBlocker(one, context)).toBe('volume-mode-block');
    expect(firstBlocker(one, context, 'volume-mode-block')).toBeNull();
  });
});
