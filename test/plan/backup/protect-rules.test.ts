/** What is done about the source of a claim, and why not: each rule with its facts taken away in turn. */
import { describe, expect, it } from 'vitest';
import type { OriginMemory } from '../../../src/origin.ts';
import { backupTag } from '../../../src/naming.ts';
import { adoptedUpkeep } from '../../../src/plan/backup/adopted.ts';
import { evidenceOf, beganAs } from '../../../src/plan/backup/beginning.ts';
import { protect } from '../../../src/plan/backup/protect.ts';
import type { Context } from '../../../src/plan/facts/situation.ts';
import type { JudgedClaim } from '../../../src/plan/restore/judged-claim.ts';
import { NO_SOURCE_MEMORY, type Source } from '../../../src/source.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  claim,
  destination,
  fullId,
  indexOf,
  listed,
  snapshot,
  snapshots,
  source,
  type ClusterParts,
} from '../../support/build.ts';
import { otherClaim } from '../../support/adoption.ts';
import { UNREAD, knownNewest } from '../../support/facts.ts';
import { ORIGIN, judged, ours } from '../../support/protected.ts';

type Facts = Partial<JudgedClaim>;
const ABSENT = { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } as const;

function done(
  sources: Source[],
  facts: Facts = {},
  more: { parts?: ClusterParts; context?: Partial<Context> } = {},
): string[] {
  const { one, context } = judged(sources, facts, more.parts);
  const { upkeep, first } = protect(one, { ...context, ...more.context });
  return [...upkeep, ...(first ?? [])].map(({ kind }) => kind);
}

function reported(sources: Source[], facts: Facts = {}, more: { parts?: ClusterParts; off?: true } = {}): unknown[] {
  const { one, context } = judged(sources, facts, more.parts);
  const {
    source: { state, reason, name, ours: isOurs },
  } = protect(one, more.off === true ? { ...context, settings: { ...context.settings, sources: 'off' } } : context);
  return [state, reason, name, isOurs];
}

describe('a source that nobody has made', () => {
  const wait = (facts: Facts): unknown => reported([], facts)[1];
  it.each<[string, string, Facts]>([
    ['is made', 'queued', {}],
    ['waits for its claim', 'claim-not-bound', { live: false }],
    ['waits for what blocks a restore, too', 'namespace-missing', { namespaceObject: null }],
    ['waits where nobody has looked', 'origin-undecided', { listed: { state: 'not-looked' } }],
    ['waits for the base credentials to be read', 'listing-failed', { base: { version: 'v', content: null } }],
    ['waits for its Secret to be read', 'listing-failed', { credentials: null }],
    ['is never made for a block device', 'volume-mode-block', { claimObject: claim({ volumeMode: 'Block' }) }],
  ])('%s', (_, reason, facts) => {
    expect(wait(facts)).toBe(reason);
  });

  it('is reported as planned, none, or off', () => {
    expect([
      reported([]),
      reported([], {}, { off: true }),
      reported([], { claimObject: null }),
      reported([], { claimObject: null }, { off: true }),
    ]).toEqual([
      ['planned', 'queued', null, false],
      ['none', 'sources-off', null, false],
      ['none', null, null, false],
      ['none', null, null, false],
    ]);
  });
});

describe('a source that is there', () => {
  const others = { otherClaims: [otherClaim({ claim: 'plex-config' })] };
  it('is reported by its name, ours or not, and when its claim has lost the label', () => {
    expect([reported([source()]), reported([ours()]), reported([ours(), source({ name: 'z' })])]).toEqual([
      ['active', null, 'plex-config-backup', false],
      ['active', null, 'plex-config-backup', true],
      ['active', null, 'plex-config-backup', true],
    ]);
    const gone = { claimObject: null };
    expect(
      [
        reported([ours()], gone, { parts: others }),
        reported([ours()], gone),
        reported([source()], gone, { parts: others }),
        reported([ours()], {}, { parts: others }),
      ].map(([, reason]) => reason),
    ).toEqual(['label-removed', null, null, null]);
    expect(reported([source({ deleting: true })])[0]).toBe('planned');
  });

  const REST = { lastSyncAt: NOW - HOUR };
  /** Another snapshot than the newest. */
  const behind = (at: number | null): Facts => ({ indexed: knownNewest(OLD, at) });
  const removed = (parts: Partial<Source>, facts: Facts = {}, cluster: ClusterParts = {}): boolean =>
    done([ours({ ...REST, ...parts })], { claimObject: null, ...facts }, { parts: cluster }).includes('delete-source');
  it.each<[string, boolean, () => boolean]>([
    ['goes with its claim', true, () => removed({})],
    [
      'goes with the claim before this one',
      true,
      () => done([ours({}, { claimUid: 'older' })]).includes('delete-source'),
    ],
    ['stays with its own claim', false, () => done([ours()]).includes('delete-source')],
    ['does not go twice', false, () => removed({ deleting: true })],
    [
      'stays until the index knows what it has saved',
      false,
      () => removed({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW }),
    ],
    [
      'goes where a younger listing is without it',
      true,
      () => removed({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW - 1 }),
    ],
    [
      'stays where nobody knows when it saved that',
      false,
      () => removed({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: null }),
    ],
    [
      'stays where nobody has looked since',
      false,
      () => removed({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW - 1 }, { probe: null }),
    ],
    ['goes where it has saved nothing', true, () => removed({ moverLogs: '' })],
    ['goes where it has never synced', true, () => removed({ moverLogs: '', lastSyncAt: null }, { probe: null })],
    ['stays where the index knows nothing', false, () => removed({}, { indexed: null })],
    [
      'stays where the index knows another one, and nobody has looked',
      false,
      () => removed({}, { ...behind(NOW), probe: null }),
    ],
    [
      'stays where the index knows another one, and nobody could look',
      false,
      () => removed({}, { ...behind(NOW), probe: UNREAD }),
    ],
    ['stays where the index knows an older one', false, () => removed({}, behind(NOW - 2 * HOUR))],
    ['stays where nobody knows how old the one is that the index knows', false, () => removed({}, behind(null))],
    [
      'stays where it has saved what is not listed, and the index knows another one',
      false,
      () => removed({ moverLogs: 'snapshot dddddddd saved' }, behind(NOW)),
    ],
    ['goes where the index knows one of the same time', true, () => removed({}, behind(NOW - HOUR))],
    [
      'goes where another source has saved since, and the index knows what this one saved',
      true,
      () =>
        removed(
          {},
          { backup: { state: 'present', snapshots: 1, newest: { id: fullId(LATER), at: NOW }, reason: null } },
        ),
    ],
    ['goes where there is no backup and it has saved none', true, () => removed({ moverLogs: '' }, { backup: ABSENT })],
    ['stays where there is no backup and it says that it saved one', false, () => removed({}, { backup: ABSENT })],
    [
      'stays while its claim is only without its label',
      false,
      () => removed({}, {}, { otherClaims: [otherClaim({ claim: 'plex-config', uid: 'uid-of-claim' })] }),
    ],
    [
      'goes where that is another claim',
      true,
      () => removed({}, {}, { otherClaims: [otherClaim({ claim: 'plex-config', uid: 'another' })] }),
    ],
  ])('%s', (_, expected, found) => {
    expect(found()).toBe(expected);
  });

  it('is left alone while runs are frozen, or while nobody could look', () => {
    const gone = { claimObject: null };
    const unknown = { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' } as const;
    expect([
      done([ours(REST)], gone, { context: { frozen: 'listing-failed' } }),
      done([ours(REST)], { ...gone, backup: unknown }),
    ]).toEqual([[], []]);
    const tag = { manual: backupTag(NOW - HOUR) };
    expect(done([ours({ ...REST, ...tag })], {}, { context: { frozen: 'listing-failed' } })).toEqual([]);
    expect(done([ours({ ...REST, ...tag })])).toEqual(['release-source']);
  });

  it('of somebody else that was handed over notes its first backup, while all can be seen', () => {
    const adopted = (parts: Partial<Source> = {}): Source => source({ adopted: true, ...parts });
    const notes = (sources: Source[], facts: Facts = {}, more: Partial<Context> = {}): unknown[] => {
      const { one, context } = judged(sources, facts);
      return adoptedUpkeep(one, { ...context, ...more }).map((action) =>
        'hasBackup' in action ? [action.kind, action.hasBackup, action.unlock] : action.kind,
      );
    };
    expect(notes([adopted()])).toEqual([['note-backup', true, null]]);
    const none: unknown[][] = [
      notes([source()]),
      notes([adopted({ hasBackup: true })]),
      notes([adopted({ moverLogs: '' })]),
      notes([adopted({ moverLogs: `snapshot ${LATER} saved` })]),
      notes([adopted({ deleting: true })]),
      notes([adopted({ mover: 'other' })]),
      notes([adopted()], {}, { frozen: 'listing-failed' }),
      notes([adopted()], { backup: { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' } }),
    ];
    expect(none).toEqual(none.map(() => []));
    const LOCK = { name: `deadbeef${'0'.repeat(56)}`, at: NOW - 2 * HOUR };
    const locked = { probe: listed(snapshots(), [LOCK]) };
    expect([
      notes([adopted({ hasBackup: true })], locked),
      notes([adopted()], locked),
      notes([adopted({ hasBackup: true, nextSyncAt: NOW })], locked),
    ]).toEqual([[['unlock-adopted', true, 'deadbeef']], [['unlock-adopted', true, 'deadbeef']], []]);
  });
});

describe('the evidence of a beginning', () => {
  const told = (facts: Facts, parts: ClusterParts = {}, startedAt = NOW): string[] => {
    const { one, context } = judged([], { sources: [], ...facts }, parts);
    const at = { ...context, bucket: { ...context.bucket, startedAt } };
    return one.claimObject === null
      ? []
      : evidenceOf(one, one.claimObject, at).map(({ what, seen }) => `${what} (${seen})`);
  };
  const FILLED = `the volume was populated from ${IMAGE}, which holds ${NEWEST} (cluster: annotation populated-from of the PersistentVolume)`;
  const counted = (all: number, before: number): string =>
    `${all} snapshots, ${before} of them may be from before the claim (bucket: listing of snapshots/ and the source’s log)`;
  const newest = (id: string, by: string): string => `newest snapshot from before the claim: ${id} (${by})`;
  const LISTING = 'bucket: listing of snapshots/';
  const NOT_LOOKED = ['the repository was not looked at, or the listing was not believed (bucket)'];
  const FAR = { where: { kind: 'layout' }, key: 'x', shown: 'x', secret: null, sources: [], restored: false } as const;
  const RECORD = (uid: string, memory: OriginMemory | null): Facts => ({
    record: {
      state: 'read',
      etag: null,
      record: {
        namespace: 'media',
        claim: 'plex-config',
        uid,
        tier: 'hourly',
        request: null,
        accessModes: [],
        storageClass: null,
        snapshotClass: null,
        volumeMode: 'Filesystem',
        mover: { fields: {}, cacheCapacity: null, cacheStorageClass: null, cacheAccessModes: [] },
        origin: memory,
        ours: false,
        needs: null,
      },
    },
  });
  it.each<[string, string[], Facts, ClusterParts?]>([
    [
      'is the listing, what was newest, and what the volume was filled from',
      [counted(2, 2), newest(NEWEST, LISTING), FILLED],
      {},
    ],
    [
      'is its opting out',
      ['opted out of the restore, with a reason (cluster: labels of the claim)'],
      { claimObject: claim({ optOut: 'with-reason' }) },
    ],
    [
      'is its static volume',
      ['filled by a data source of its own (cluster: spec of the claim)'],
      { claimObject: claim({ isStatic: true }) },
    ],
    [
      'is its own data source',
      ['filled by a data source of its own (cluster: spec of the claim)'],
      {
        claimObject: claim({
          reference: { apiGroup: '', kind: 'PersistentVolumeClaim', name: 'x' },
          restoresFromUs: false,
        }),
      },
    ],
    [
      'is not that of our restore point',
      [counted(2, 2), newest(NEWEST, LISTING), FILLED],
      {
        claimObject: claim({
          createdAt: NOW - 30 * MINUTE,
          reference: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'plex-config-restore' },
        }),
      },
    ],
    ['is none while the repository was not looked into', NOT_LOOKED, { probe: null }],
    [
      'is none while it could not be',
      NOT_LOOKED,
      { probe: { state: 'unknown', reason: 'listing-failed', message: '' } },
    ],
    ['is none while another one was not looked into', NOT_LOOKED, { further: [{ repository: FAR, probe: null }] }],
    [
      'is whole where the other one cannot be asked',
      [counted(2, 2), newest(NEWEST, LISTING), FILLED],
      {
        further: [
          {
            repository: { ...FAR, where: { kind: 'out-of-reach', address: { backend: 'none', problem: 'empty' } } },
            probe: null,
          },
        ],
      },
    ],
    [
      'is whole where the other one was seen',
      [counted(2, 2), newest(NEWEST, LISTING), FILLED],
      { further: [{ repository: FAR, probe: listed([]) }] },
    ],
    ['is none where one listing misses what is known', NOT_LOOKED, { listed: { state: 'no' }, probe: null }],
    [
      'is none where one listing misses what the image holds',
      NOT_LOOKED,
      { listed: { state: 'no' }, probe: null, indexed: null },
    ],
    [
      'is an empty listing where nothing was known',
      [counted(0, 0), 'one listing shows no snapshot from before; another one decides (bucket)'],
      { listed: { state: 'no' }, probe: null, indexed: null, destination: null },
    ],
    [
      'is what the destination knew, where that is younger',
      [counted(1, 1), newest(NEWEST, 'cluster: annotations of the destination'), FILLED],
      { probe: listed([snapshot(OLD, NOW - 24 * HOUR)]), indexed: null },
    ],
    [
      'is what the index knew, where that is younger',
      [counted(1, 1), newest(NEWEST, 'cluster: volsync-prewarm-index'), FILLED],
      { probe: listed([snapshot(OLD, NOW - 24 * HOUR)]) },
    ],
    [
      'is what the record knew, where nothing else is there',
      [
        counted(0, 0),
        newest(NEWEST, 'bucket: claim record'),
        `the volume was populated from ${IMAGE}, which no log has proven (cluster: annotation populated-from of the PersistentVolume)`,
      ],
      {
        ...RECORD('older', { ...ORIGIN, uid: 'older' }),
        probe: listed([]),
        indexed: null,
        destination: null,
        contents: { state: 'unproven' },
      },
    ],
    [
      'is nothing of a record that knows no snapshot',
      [counted(0, 0), 'one listing shows no snapshot from before; another one decides (bucket)'],
      { ...RECORD('older', null), probe: listed([]), indexed: null, destination: null },
    ],
    [
      'is that nobody has looked at the volume',
      [
        counted(2, 2),
        newest(NEWEST, LISTING),
        'the claim’s volume could not be looked at (cluster: annotation populated-from of the PersistentVolume)',
      ],
      {},
      { volumes: {} },
    ],
    [
      'is that it was not filled from anything',
      [
        counted(2, 2),
        newest(NEWEST, LISTING),
        'the volume was not populated from a restore point (cluster: annotation populated-from of the PersistentVolume)',
      ],
      {},
      { volumes: { [KEY]: null } },
    ],
    [
      'is that a proof is still to be read',
      [
        counted(2, 2),
        newest(NEWEST, LISTING),
        'the volume was populated from other, whose proof is still to be read (cluster: annotation populated-from of the PersistentVolume)',
      ],
      { sync: { state: 'syncing', since: NOW, trouble: null, betweenRetries: false, detail: '' } },
      { volumes: { [KEY]: 'other' } },
    ],
    [
      'is that no log has proven it',
      [
        counted(2, 2),
        newest(NEWEST, LISTING),
        'the volume was populated from other, which no log has proven (cluster: annotation populated-from of the PersistentVolume)',
      ],
      {},
      { volumes: { [KEY]: 'other' } },
    ],
    [
      'is its age, where it is older than the first index',
      ['older than the first published index (this is the first run) (cluster: creationTimestamp and index)'],
      {},
      { index: indexOf() },
    ],
    [
      'is not its age where the record is of another claim',
      [counted(2, 2), newest(NEWEST, LISTING), FILLED],
      RECORD('older', null),
      { index: indexOf() },
    ],
    [
      'is its age where the record is its own',
      ['older than the first published index (this is the first run) (cluster: creationTimestamp and index)'],
      RECORD('uid-of-claim', null),
      { index: indexOf() },
    ],
  ])('%s', (_, expected, facts, parts) => {
    expect(told(facts, parts)).toEqual(expected);
  });

  it('leaves out what was saved since the claim was there', () => {
    const came = NOW - 3 * HOUR;
    const found = [
      snapshot(OLD, came + 10 * MINUTE),
      snapshot(NEWEST, came + 10 * MINUTE + 1),
      snapshot(LATER, NOW - HOUR),
      snapshot('dddddddd', NOW),
    ];
    const before = (parts: Partial<Source>, memory: Partial<Source['memory']> = {}, managed = false): string[] => {
      const saves = source({
        moverLogs: `snapshot ${LATER} saved`,
        lastSyncAt: NOW - HOUR,
        lastSyncSeconds: 60,
        ...parts,
        managed,
        memory: { ...NO_SOURCE_MEMORY, ...memory },
      });
      const facts = {
        sources: [saves],
        probe: listed(found),
        claimObject: claim({ createdAt: came, uid: 'uid-of-claim' }),
        indexed: null,
        destination: null,
      };
      return told(facts, { volumes: { [KEY]: null } }).slice(0, 1);
    };
    expect([
      before({}),
      before({ moverLogs: '' }),
      before({ lastSyncAt: null }),
      before({ lastSyncSeconds: null }),
      before({ lastSyncSeconds: 2 * 3600 }),
      before({ lastSyncSeconds: 2 * 3600 - 1 }),
    ]).toEqual([[counted(4, 2)], [counted(4, 4)], [counted(4, 4)], [counted(4, 4)], [counted(4, 4)], [counted(4, 3)]]);
    expect([
      before({ lastSyncAt: null }, { claimUid: 'uid-of-claim' }, true),
      before({ lastSyncAt: null }, { claimUid: 'another' }, true),
      before({ lastSyncAt: null }, { claimUid: 'uid-of-claim' }),
    ]).toEqual([[counted(4, 3)], [counted(4, 4)], [counted(4, 3)]]);
    expect(before({ lastSyncSeconds: 400 })).toEqual([counted(4, 3)]);
  });

  it('counts what is proven of images, however it is known', () => {
    const began = (facts: Facts): string | null => {
      const { one, context } = judged([], { sources: [], ...facts });
      return one.claimObject && beganAs(one, one.claimObject, context).origin;
    };
    const memory = destination().memory;
    const only = (changes: Partial<typeof memory>): Facts => ({
      destination: destination({ memory: { ...memory, verified: null, provenImages: [], ...changes } }),
      contents: { state: 'unproven' },
    });
    expect([
      began({}),
      began(only({})),
      began(only({ provenImages: [{ image: IMAGE, id: NEWEST }] })),
      began(only({ verified: { image: IMAGE, id: NEWEST, at: NOW } })),
    ]).toEqual(['restored', 'missed', 'restored', 'restored']);
    expect([
      began({ ...only({}), contents: { state: 'proven', id: NEWEST, fresh: true } }),
      began({ ...only({}), contents: { state: 'unlisted', id: NEWEST } }),
      began({ ...only({}), contents: { state: 'proven', id: OLD, fresh: true } }),
    ]).toEqual(['restored', 'missed', 'stale']);
  });
});
