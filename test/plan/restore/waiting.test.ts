import { describe, expect, it } from 'vitest';
import type { Action, Finding } from '../../../src/decisions.ts';
import type { Claim } from '../../../src/model.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import { filled } from '../../../src/reasons/filled.ts';
import { REASONS, type Reason } from '../../../src/reasons.ts';
import { runCode } from '../../../src/report/exit-code.ts';
import {
  EMPTY_LOG,
  HOUR,
  IMAGE,
  KEY,
  MINUTE,
  NEWEST,
  NOW,
  PLACE,
  base,
  actionsOf,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  indexOf,
  listed,
  lostCluster,
  mover,
  namespace,
  planOf,
  proven,
  snapshots,
  syncing,
  toldAll,
  unknownRoot,
  waitingClaim,
  type ClusterParts,
  type World,
  PROVEN,
} from '../../support/build.ts';
import type { ClusterFailure } from '../../../src/failures.ts';

const OTHER = bucketView({ 'home/other': listed(snapshots()) });

/** Nothing of the application is there but a claim that waits for its restore point. */
function waiting(parts: ClusterParts = {}): World {
  return { cluster: lostCluster({ claims: [waitingClaim()], ...parts }) };
}

/** The application is all there, and its claim is created anew. */
function again(parts: ClusterParts = {}): World {
  return { cluster: clusterView({ claims: [waitingClaim()], ...parts }) };
}

function warnings(world: World): readonly Action[] {
  return planOf(world).warnings;
}

/** The reasons of which claims are warned. */
function reasons(world: World): Reason[] {
  return warnings(world).flatMap((action) => (action.kind === 'warn-claim' ? action.reason : []));
}

describe('C07: a claim that waits for a backup that does not exist', () => {
  const MINUTES_OLD = { claims: [waitingClaim({ createdAt: NOW - 3 * MINUTE })] };
  it('is told on the claim itself, with the time cut to the hour', () => {
    const world = { ...waiting(MINUTES_OLD), bucket: OTHER, now: NOW + 59 * MINUTE };
    expect(warnings(world)).toEqual([
      {
        kind: 'warn-claim',
        ...PLACE,
        uid: 'uid-of-claim',
        reason: 'repository-empty',
        message:
          'The claim waits for a backup that does not exist. Take the reference to plex-config-restore out of its manifest and create it again, or accept an empty start: kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=uid-of-claim --overwrite',
        at: NOW,
      },
    ]);
  });

  it('is told the same within the hour, and anew in the next', () => {
    const at = (now: number): unknown => warnings({ ...waiting(MINUTES_OLD), bucket: OTHER, now });
    expect(at(NOW + 59 * MINUTE)).toEqual(at(NOW));
    expect(at(NOW + HOUR)).toEqual(
      warnings({ ...waiting(MINUTES_OLD), bucket: OTHER }).map((one) => ({ ...one, at: NOW + HOUR })),
    );
  });

  it('is told in the report, too', () => {
    const { findings } = planOf({ ...waiting(MINUTES_OLD), bucket: OTHER });
    expect(findings.filter(({ about }) => about === KEY).map(({ reason }) => reason)).toEqual(['repository-empty']);
  });

  it('in an empty repository as well', () => {
    expect(reasons({ ...waiting(MINUTES_OLD), bucket: bucketView({ [KEY]: listed([]) }) })).toEqual([
      'repository-empty',
    ]);
  });

  it('is not told in the first two minutes: it is just being created', () => {
    expect(reasons({ ...waiting(), bucket: OTHER })).toEqual([]);
  });

  const accepted = (parts: ClusterParts = {}): World => ({
    ...waiting({ claims: [waitingClaim({ createdAt: NOW - 3 * MINUTE, accept: 'uid-of-claim' })], ...parts }),
    bucket: OTHER,
  });

  it('is served an empty volume when a person accepts that, by the uid of this very claim', () => {
    const [made] = actionsOf(accepted(), 'create-destination');
    expect(made?.desired).toMatchObject({ manual: 'fresh', spec: { capacity: '5Gi' } });
    expect(made?.desired.annotations[ANNOTATION.fresh]).toBe('uid-of-claim');
    expect(reasons(accepted())).toEqual([]);
    const other = accepted({ claims: [waitingClaim({ createdAt: NOW - 3 * MINUTE, accept: 'uid-of-another' })] });
    expect(actionsOf(other, 'create-destination')).toEqual([]);
  });

  const REMEMBERED = { 'media.plex-config': `attach warm ${NEWEST} ${new Date(NOW - HOUR).toISOString()}` };
  const young = { createdAt: NOW - 3 * MINUTE, accept: 'uid-of-claim' };
  it.each<[string, World]>([
    ['its credentials were not read', accepted({ credentials: {} })],
    ['the base credentials were not read', accepted({ bases: { media: { ...base(), content: null } } })],
    ['the base credentials are not there', accepted({ bases: {} })],
    ['a destination of somebody else has the name', accepted({ destinations: [foreign()] })],
    ['a restore point is there', accepted({ destinations: [destination()], images: [image()] })],
    ['the index remembers a backup, which one listing has missed', accepted({ index: indexOf(REMEMBERED) })],
    ['the claim wants a block device', accepted({ claims: [waitingClaim({ ...young, volumeMode: 'Block' })] })],
    ['the bucket could not be listed', { ...accepted(), bucket: bucketView({}, { root: unknownRoot() }) }],
    ['there is a backup', { ...accepted(), bucket: bucketView() }],
  ])('is not served an empty volume, whatever a person accepts, while %s', (_, world) => {
    const made = planOf(world).entries.flatMap(({ actions }) =>
      actions.flatMap((one) => (one.kind === 'create-destination' ? (one.desired.manual ?? []) : [])),
    );
    expect(made).not.toContain('fresh');
  });

  const empty = { annotations: { [ANNOTATION.fresh]: 'uid-of-claim' }, moverLogs: EMPTY_LOG, manual: 'fresh' };
  const made = [destination({ ...empty, lastManualSync: 'fresh' })];

  it('is no suspect, has no word in the index, and stays until the claim is bound', () => {
    const result = planOf(accepted({ destinations: made, images: [image()] }));
    expect(toldAll(result)[KEY]).toEqual({
      backup: 'absent: repository-empty',
      restorePoint: 'warming: serving-fresh',
      wave: null,
      actions: [],
    });
    expect(result.index?.entries.get('media.plex-config')).toBeUndefined();
    expect(result.findings.filter(({ about }) => about === KEY)).toEqual([]);
  });

  it('loses its empty restore point when it is bound or gone', () => {
    const gone = (claims: Claim[]): string[] =>
      toldAll(planOf({ ...accepted({ claims, destinations: made, images: [image()] }) }))[KEY]!.actions;
    expect(gone([claim({ accept: 'uid-of-claim' })])).toEqual(['delete-destination']);
    expect(gone([])).toEqual(['delete-destination']);
    expect(gone([waitingClaim({ uid: 'uid-of-the-next' })])).toEqual(['delete-destination']);
  });

  it('does not lose it while VolSync still works on it, nor twice', () => {
    const served = (overrides: Partial<(typeof made)[number]>): string[] => {
      const destinations = made.map((one) => ({ ...one, ...overrides }));
      return toldAll(planOf(accepted({ claims: [], destinations, images: [image()] })))[KEY]!.actions;
    };
    expect([served({}), served({ lastSyncStartAt: NOW - MINUTE }), served({ deleting: true })]).toEqual([
      ['delete-destination'],
      [],
      [],
    ]);
  });
});

describe('a claim that waits is warned about', () => {
  const direct = { kind: 'PersistentVolumeClaim', apiGroup: '', name: IMAGE };
  const worlds: [Reason, World][] = [
    ['destination-foreign', again({ destinations: [foreign({ latestImage: null })] })],
    ['image-direct', again({ destinations: [destination({ latestImage: direct, annotations: {} })] })],
    ['image-empty', again({ destinations: [destination({ annotations: {}, moverLogs: EMPTY_LOG })] })],
    ['sync-failing', again({ destinations: [syncing()], images: [], movers: [mover({ failed: 3 })] })],
    ['credentials-foreign', waiting({ credentials: { [KEY]: { state: 'foreign' } } })],
    ['credentials-incomplete', waiting({ bases: { media: base({ missing: ['RESTIC_PASSWORD'] }) } })],
    ['repository-mismatch', waiting({ bases: { media: base({ repositoryBase: 's3:http://x/y/' }) } })],
    [
      'password-changed',
      waiting({ credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } } }),
    ],
    ['volume-mode-block', waiting({ claims: [waitingClaim({ volumeMode: 'Block' })] })],
    ['namespace-excluded', { ...waiting(), settings: { excludeNamespaces: ['media'] } }],
  ];

  it.each(worlds)('%s', (reason, world) => {
    const { means, todo } = REASONS[reason];
    expect(warnings(world)).toEqual([
      {
        kind: 'warn-claim',
        ...PLACE,
        uid: 'uid-of-claim',
        reason,
        message: filled(`The claim waits for its backup in vain. ${means} ${todo}`, PLACE, 'volsync-rustfs-base'),
        at: NOW,
      },
    ]);
  });

  it('when its credentials have not come ten minutes after it', () => {
    const after = (age: number): Reason[] =>
      reasons(waiting({ bases: {}, claims: [waitingClaim({ createdAt: NOW - age })] }));
    expect([after(10 * MINUTE), after(10 * MINUTE + 1)]).toEqual([[], ['credentials-missing']]);
    expect(reasons(waiting({ bases: {}, claims: [waitingClaim({ createdAt: null })] }))).toEqual([]);
  });

  it('once, when another finding says it already', () => {
    const { findings } = planOf(again({ destinations: [destination({ annotations: {}, moverLogs: EMPTY_LOG })] }));
    expect(findings.map(({ reason }) => reason)).toEqual(['image-empty']);
  });
});

const stuck = syncing({ lastSyncStartAt: null, condition: null, manual: NEWEST, createdAt: NOW - HOUR });
const failure: ClusterFailure = { resource: 'jobs', namespace: null, kind: 'forbidden', message: 'no' };

describe('a claim that waits while nobody can tell whether its backup is gone', () => {
  const unread = bucketView({ [KEY]: { state: 'unknown', reason: 'listing-failed', message: 'AccessDenied' } });
  const lost = indexOf({ 'media.plex-config': 'attach warm 0a1b2c3d -' });

  it.each<[string, Reason, World]>([
    ['its repository could not be looked into', 'listing-failed', { ...waiting(), bucket: unread }],
    [
      'the bucket could not be listed',
      'listing-incomplete',
      { ...waiting(), bucket: bucketView({}, { root: unknownRoot('listing-incomplete') }) },
    ],
    ['the cluster could not be seen whole', 'listing-failed', waiting({ failures: [failure] })],
    ['its credentials could not be read', 'listing-failed', waiting({ credentials: {} })],
    ['most of the bucket is gone at once', 'listing-shrank', { ...waiting({ index: lost }), bucket: bucketView({}) }],
  ])('is told so, and not to delete it: %s', (_, reason, world) => {
    const message = `The claim waits, and its backup cannot be checked at the moment. ${REASONS[reason].means}`;
    expect(warnings(world)).toEqual([{ kind: 'warn-claim', ...PLACE, uid: 'uid-of-claim', reason, message, at: NOW }]);
  });

  it('F23: the server’s own words are for the log, and not for an event in the namespace of the claim', () => {
    const { findings, warnings: events } = planOf({ ...waiting(), bucket: unread });
    expect(JSON.stringify(events)).not.toContain('AccessDenied');
    expect(findings.find(({ about }) => about === KEY)?.message).toMatch(/\(AccessDenied\)$/);
  });

  it('is told when VolSync does nothing, or the image does not become ready', () => {
    expect(reasons(again({ destinations: [stuck], images: [] }))).toEqual(['sync-stuck']);
    const made = (age: number): Reason[] => reasons(again({ images: [image({ ready: false, createdAt: NOW - age })] }));
    expect([made(10 * MINUTE), made(10 * MINUTE + 1)]).toEqual([[], ['image-not-ready']]);
  });
});

describe('a claim that is smaller than the image that it waits for', () => {
  const small = { images: [image({ restoreSize: '10Gi' })], claims: [waitingClaim({ request: '5Gi' })] };
  const made = (uid: string): ClusterParts => ({
    destinations: [destination({ annotations: { ...proven(), [ANNOTATION.hungOnLarger]: uid } })],
  });

  it('is told to go, for VolSync never gives it another one', () => {
    expect(warnings(again(small))).toMatchObject([{ reason: 'claim-too-small' }]);
  });

  it('also when the image has been made anew since', () => {
    expect(reasons(again(made('uid-of-claim')))).toEqual(['claim-too-small']);
  });

  it('but not the claim that came after it', () => {
    expect(reasons(again(made('uid-of-another-claim')))).toEqual([]);
  });

  it('and the image is made anew for that one', () => {
    const spec = destination().spec;
    const world = again({ ...small, destinations: [destination({ spec: { ...spec, capacity: '10Gi' } })] });
    expect(actionsOf(world, 'recreate-destination')).toMatchObject([
      { desired: { spec: { capacity: '5Gi' }, annotations: { [ANNOTATION.hungOnLarger]: 'uid-of-claim' } } },
    ]);
  });

  it('which is not forgotten when an empty image is made anew as well', () => {
    const annotations = { [ANNOTATION.hungOnLarger]: 'uid-of-claim' };
    const world = again({ destinations: [destination({ annotations, moverLogs: EMPTY_LOG })] });
    expect(actionsOf(world, 'recreate-destination')).toMatchObject([{ desired: { annotations } }]);
  });
});

describe('a claim that waits, without a backup, for an image that is there', () => {
  const gone = (image_: Parameters<typeof image>[0]): Reason[] => {
    const annotations = { ...proven(), [ANNOTATION.missedListings]: `3 ${new Date(NOW - HOUR).toISOString()}` };
    return reasons({
      ...again({ destinations: [destination({ annotations })], images: [image(image_)] }),
      bucket: OTHER,
    });
  };

  it('is not told to let it go: it may be the last copy', () => {
    expect([gone({}), gone({ ready: false, createdAt: NOW - HOUR })]).toEqual([[], ['image-not-ready']]);
  });
});

describe('a claim is not warned about', () => {
  const locked = bucketView({ [KEY]: listed(snapshots(), [{ name: 'f'.repeat(64), at: NOW }]) });

  it.each<[string, World]>([
    ['when its restore point is warm', again()],
    ['when its restore point is being made', again({ destinations: [syncing()] })],
    ['when its restore point is about to be made', waiting()],
    ['when somebody works in the repository: that passes', { ...waiting(), bucket: locked }],
    [
      'when its size is not known yet',
      { ...waiting({ claims: [waitingClaim({ request: null })] }), settings: { defaultCapacity: null } },
    ],
    ['when its image is not ready yet', again({ images: [] })],
    ['when its namespace is being deleted', waiting({ namespaces: [namespace({ terminating: true })] })],
    ['when somebody else’s destination has an image for it', again({ destinations: [foreign()] })],
    [
      'when its image is there and is to be attached, whatever is wrong with the next one',
      {
        ...again({ destinations: [{ ...stuck, latestImage: destination().latestImage }] }),
        settings: { stale: 'attach' },
      },
    ],
    ['when its image is there, and the bucket is not', { ...again(), bucket: bucketView({}, { root: unknownRoot() }) }],
    ['when its image is there, and the cluster could not be seen whole', again({ failures: [failure] })],
    ['when it is bound', { cluster: lostCluster({ claims: [claim()] }), bucket: OTHER }],
    [
      'when it waits for something else',
      { cluster: lostCluster({ claims: [waitingClaim({ restoresFromUs: false })] }), bucket: OTHER },
    ],
    ['in a run that only reports', { ...waiting(), bucket: OTHER, settings: { mode: 'report' } }],
    ['in a run that only creates', { ...waiting(), bucket: OTHER, settings: { mode: 'create-only' } }],
  ])('%s', (_, world) => {
    expect(warnings(world)).toEqual([]);
  });

  it('while two more listings have to say that its backup is gone', () => {
    const missed = (count: number): Reason[] => {
      const annotations = {
        ...proven(),
        [ANNOTATION.missedListings]: `${count} ${new Date(NOW - HOUR).toISOString()}`,
      };
      return reasons({ ...again({ destinations: [destination({ annotations })], images: [] }), bucket: OTHER });
    };
    expect([missed(0), missed(2), missed(3)]).toEqual([[], [], ['backup-gone']]);
  });
});

describe('F19: a claim that has waited for more than 15 minutes', () => {
  const since = (age: number): Partial<Claim> => ({ createdAt: NOW - age });
  const LONG = 16 * MINUTE;
  const toldOf = (world: World): { finding: Finding | undefined; event: string | undefined } => {
    const { findings, warnings: events } = planOf(world);
    return { finding: findings.find(({ about }) => about === KEY), event: events[0]?.message };
  };
  const restoring = (age: number): World =>
    waiting({ destinations: [syncing({ latestImage: null })], images: [], claims: [waitingClaim(since(age))] });

  it('is told what it waits for and what can be done, in the report and by an event, with exit code 3', () => {
    const { finding, event } = toldOf(restoring(LONG));
    expect(finding).toMatchObject({ reason: 'sync-in-progress', risk: true });
    expect(event).toMatch(/^The claim has waited for more than 15 minutes\. .*volsync-dst-plex-config-restore-/);
    expect(finding?.message).toBe(event);
    expect(runCode(planOf(restoring(LONG)), 0, { failOn: 'risk' })).toBe(3);
  });

  it('is not told before', () => {
    expect(toldOf(restoring(14 * MINUTE))).toEqual({ finding: undefined, event: undefined });
  });

  it('on a destination that cannot be deleted is told to look at its finalizers', () => {
    const { finding } = toldOf(
      waiting({
        destinations: [destination({ deleting: true, latestImage: null })],
        claims: [waitingClaim(since(LONG))],
      }),
    );
    expect(finding).toMatchObject({ reason: 'destination-deleting', risk: true });
    expect(finding?.message).toContain('finalizers of the destination plex-config-restore');
  });

  it('although its image is ready may wait for its pod: that is said, and is no risk', () => {
    const world = again({ claims: [waitingClaim(since(LONG))] });
    expect(toldOf(world).finding).toMatchObject({ reason: 'claim-unfilled' });
    expect(runCode(planOf(world), 0, { failOn: 'risk' })).toBe(0);
  });
});

describe('C05: on rebuild day a lock lies in the repository that keeps the restore out', () => {
  const LOCK = { name: `deadbeef${'0'.repeat(56)}`, at: NOW - 2 * HOUR };
  const locked = (lock = LOCK): NonNullable<World['bucket']> => bucketView({ [KEY]: listed(snapshots(), [lock]) });
  const failing = (failed: number, parts: Parameters<typeof syncing>[0] = {}): World => ({
    ...waiting({ destinations: [syncing(parts)], movers: [mover({ active: 0, failed })] }),
    bucket: locked(),
  });
  const told = (world: World): string[] =>
    planOf(world).warnings.flatMap((one) => (one.kind === 'warn-claim' ? [`${one.reason}: ${one.message}`] : []));
  const SAID =
    'repository-locked: The restore fails while a lock of a process that has ended is in the repository: locks/deadbeef, made at 2026-11-21T10:00:00.000Z. The source that could remove it waits for this claim. Run `restic unlock` with the values of the Secret media/plex-config-volsync-secret; the restore then goes on by itself.';

  it('names the lock, its time, and restic unlock: the source waits for the same claim', () => {
    expect(told(failing(1))).toEqual([SAID]);
    const { findings } = planOf(failing(1));
    expect(findings.filter(({ reason }) => reason === 'repository-locked')).toEqual([
      expect.objectContaining({ about: KEY, risk: true }),
    ]);
  });

  it('where the log says so, after the last retry, too', () => {
    const log = 'Fatal: unable to create lock in backend: repository is already locked exclusively by PID 31';
    const ended = { moverResult: 'Failed' as const, moverLogs: log };
    expect(told(failing(0, ended))).toEqual([SAID]);
    expect(told(failing(0, { ...ended, moverLogs: 'Fatal: wrong password or no key found' })).join()).not.toContain(
      'restic unlock',
    );
  });

  it('does not blame a lock while the restore has not failed, nor one whose owner may be alive', () => {
    expect(told(failing(0)).join()).not.toContain('restic unlock');
    const young = { ...failing(1), bucket: locked({ ...LOCK, at: NOW - 10 * MINUTE }) };
    expect(told(young).join()).not.toContain('restic unlock');
  });
});
