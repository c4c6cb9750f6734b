/** What is said of a claim's backups, word for word, and when it is not said. */
import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/plan/facts/situation.ts';
import { backupFindings } from '../../../src/plan/backup/findings.ts';
import type { Keeping } from '../../../src/plan/backup/keeping.ts';
import { worstOf } from '../../../src/plan/backup/last-good.ts';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import type { Source } from '../../../src/source.ts';
import {
  BASE_VERSION,
  HOUR,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  claim,
  clusterView,
  destination,
  fullId,
  listed,
  planOf,
  snapshot,
  source,
  sourceMover,
  sourceSpec,
} from '../../support/build.ts';
import { otherClaim } from '../../support/adoption.ts';

const DAY = 24 * HOUR;
const ACCEPT = 'kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=uid-of-claim --overwrite';
const { claims, context: CONTEXT } = planOf();

function said(facts: Partial<ProtectedClaim>, context: Partial<Context> = {}): string[] {
  const one: ProtectedClaim = { ...claims[0]!, ...facts };
  return backupFindings(one, { ...CONTEXT, ...context }).map(({ reason, message }) => `${reason}: ${message}`);
}

function protectedBy(changes: Partial<ProtectedClaim['protection']>): Partial<ProtectedClaim> {
  return { protection: { ...claims[0]!.protection, ...changes } };
}

const by = (...sources: Partial<Source>[]): Partial<ProtectedClaim> => ({ sources: sources.map((one) => source(one)) });
const OURS = { ...claims[0]!.protection.source, ours: true };
const keeping = (why: Keeping['why'], atStake: number | null = 3): Keeping => ({
  retain: { last: 'unlimited' },
  established: null,
  why,
  atStake,
});
const make = [{ kind: 'create-namespace', namespace: 'media', claim: 'plex-config', labels: {} }] as const;

describe('of the retention it is said', () => {
  const told = (
    why: Keeping['why'],
    changes: Partial<ProtectedClaim['protection']> = {},
    atStake: number | null = 3,
  ): string[] =>
    said(protectedBy({ keeping: keeping(why, atStake), source: OURS, ...changes })).filter((one) =>
      one.startsWith('retention-held'),
    );
  const held = (why: string, stake = '3 snapshots would go'): string[] => [
    `retention-held: everything is kept (${why}); with the normal retention: ${stake}; to accept it: ${ACCEPT}`,
  ];
  it.each<[string, string[], () => string[]]>([
    ['nothing, where it is the normal one', [], () => told(null)],
    ['nothing, while the beginning is not decided', [], () => told('undecided')],
    ['nothing, while it is in doubt: that is said by itself', [], () => told('doubtful')],
    [
      'that others have saved what is there',
      held('not only sources of ours have saved the snapshots that are there'),
      () => told('not-ours'),
    ],
    ['that it would be shorter', held('the new retention is shorter than the one before'), () => told('shortened')],
    [
      'that a claim before it has left what does not count',
      held('a claim before this one had started without its backup, and what it has saved is there'),
      () => told('came-back'),
    ],
    ['that somebody else saves there', held('somebody else saves into the repository'), () => told('shared')],
    [
      'that nobody has counted',
      held('somebody else saves into the repository', 'not counted in this run'),
      () => told('shared', {}, null),
    ],
    ['nothing of what was inherited, in quiet times', [], () => told('inherited')],
    [
      'what was inherited, when the source is made',
      held('the snapshots were saved before the worker looked after them'),
      () => told('inherited', { first: make }),
    ],
    [
      'what was inherited, when the source is changed',
      held('the snapshots were saved before the worker looked after them'),
      () => told('inherited', { upkeep: make }),
    ],
    ['nothing of somebody else’s source', [], () => told('shared', { source: claims[0]!.protection.source })],
    [
      'what a source of ours will do that is made now',
      held('somebody else saves into the repository'),
      () => told('shared', { source: claims[0]!.protection.source, first: make }),
    ],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});

describe('of another writer it is said', () => {
  const shared = (facts: Partial<ProtectedClaim>): string[] =>
    said(facts).filter((one) => one.startsWith('repository-shared'));
  const seen = { probe: listed([snapshot(OLD, NOW - DAY), snapshot(NEWEST), snapshot(LATER, NOW - 30 * MINUTE)]) };
  const remembered = (ours: boolean): Partial<ProtectedClaim> =>
    protectedBy({ keeping: keeping('shared'), source: { ...OURS, ours } });
  it('what was seen, or that it was seen earlier, and what the source does', () => {
    expect(shared(seen)).toEqual([
      `repository-shared: ${LATER} of 2026-11-21T11:30:00.000Z was saved while no source of the claim was syncing; its source is not ours, and goes on; to go on as it is: ${ACCEPT}`,
    ]);
    const earlier =
      'repository-shared: an earlier run has seen snapshots that were saved while no source of the claim was syncing';
    expect([shared(remembered(true)), shared(remembered(false))]).toEqual([
      [`${earlier}; its source keeps everything; to go on as it is: ${ACCEPT}`],
      [`${earlier}; its source is not ours, and goes on; to go on as it is: ${ACCEPT}`],
    ]);
    expect([shared({}), shared({ ...seen, ...protectedBy({ accepted: true }) })]).toEqual([[], []]);
  });

  it('how to restore it all the same, where there is no claim that could be accepted', () => {
    const gone = (accept: string | null): Partial<ProtectedClaim> => {
      const memory = { ...destination().memory, accept };
      return { ...seen, claimObject: null, destination: destination({ memory }) };
    };
    const what = `repository-shared: ${LATER} of 2026-11-21T11:30:00.000Z was saved while no source of the claim was syncing; its source is not ours, and goes on`;
    const command = `kubectl annotate -n media replicationdestination/plex-config-restore volsync-prewarm/accept=${LATER} --overwrite`;
    expect([shared(gone(null)), shared(gone(LATER)), shared({ ...gone(null), destination: null })]).toEqual([
      [`${what}; to restore it all the same: ${command}`],
      [],
      [what],
    ]);
  });
});

describe('of the sources it is said', () => {
  const retain = (given: Source['spec']['retain']): Partial<Source> => ({ spec: sourceSpec({ retain: given }) });
  it.each<[string, string[], Partial<ProtectedClaim>]>([
    ['nothing, where all is well', [], {}],
    ['that one is paused', ['source-paused: plex-config-backup is paused: nothing is backed up'], by({ paused: true })],
    [
      'that one has no schedule',
      ['source-manual: plex-config-backup has a manual trigger, which wins over any schedule'],
      by({ schedule: null }),
    ],
    [
      'that one has a trigger beside it',
      ['source-manual: plex-config-backup has a manual trigger, which wins over any schedule'],
      by({ manual: 'once' }),
    ],
    [
      'that one counts snapshots',
      ['source-keeps-by-count: plex-config-backup counts snapshots (last): retries of one backup push good ones out'],
      by(retain({ last: '5' })),
    ],
    [
      'that one keeps the last',
      [
        'source-keeps-by-count: plex-config-backup counts snapshots (no retain: the last one): retries of one backup push good ones out',
      ],
      by(retain(null)),
    ],
    ['nothing of what ours keeps', [], by({ ...retain(null), managed: true })],
    [
      'of another mover, only that what it saves is not restored',
      ['source-not-restic: plex-config-backup does not use restic: what it saves is never restored'],
      by({ ...retain(null), mover: 'other' }),
    ],
    [
      'how the mover of one of them failed',
      ['backup-failing: the backup mover failed: Fatal: no'],
      by({}, { moverResult: 'Failed', moverLogs: 'x\ny\nz\nFatal: no\n' }),
    ],
    [
      'that a mover failed without a word',
      ['backup-failing: the backup mover has failed pods'],
      by({ moverResult: 'Failed', moverLogs: '' }),
    ],
    [
      'that a pod has failed',
      ['backup-failing: the backup mover has failed pods'],
      { sourceMover: sourceMover({ failed: 1 }) },
    ],
    ['nothing of a claim that is not bound', [], { ...by({ paused: true }), live: false }],
    ['nothing without a claim', [], { ...by({ paused: true }), claimObject: null }],
    ['nothing without a source, but for that', [], { sources: [], sourceMover: sourceMover({ failed: 1 }) }],
  ])('%s', (_, expected, facts) => {
    expect(said(facts)).toEqual(expected);
  });
});

describe('of the age of the last backup it is said', () => {
  const LATE = 2 * HOUR + 15 * MINUTE;
  const backup = (at: number | null): Partial<ProtectedClaim> => ({
    backup: { state: 'present', snapshots: 1, newest: { id: fullId(NEWEST), at }, reason: null },
  });
  const absent = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;
  const synced = (...ats: (number | null)[]): Partial<ProtectedClaim> =>
    by(...ats.map((lastSyncAt) => ({ lastSyncAt })));
  it.each<[string, string[], Partial<ProtectedClaim>]>([
    ['nothing within two periods and a quarter of an hour', [], { ...synced(NOW - LATE), ...backup(1) }],
    [
      'how old it is after that',
      ['backup-overdue: backup: hourly, and the last one is 2 hours old'],
      { ...synced(NOW - LATE - 1), ...backup(1) },
    ],
    ['nothing where one of the sources has just backed it up', [], { ...synced(1, NOW, 2), ...backup(null) }],
    ['nothing where a snapshot is young', [], { ...synced(1), ...backup(NOW) }],
    [
      'its age in days',
      ['backup-overdue: backup: hourly, and the last one is 2 days old'],
      { ...synced(NOW - 50 * HOUR), ...backup(null) },
    ],
    [
      'its age in hours',
      ['backup-overdue: backup: hourly, and the last one is 47 hours old'],
      { ...synced(NOW - 47.9 * HOUR), ...backup(null) },
    ],
    [
      'that there has been none',
      ['never-backed-up: 2 days old, and no backup of it exists'],
      { ...synced(null), ...backup(null) },
    ],
    [
      'that there is none',
      ['never-backed-up: 2 days old, and no backup of it exists'],
      { ...synced(NOW - 9 * HOUR), ...absent },
    ],
    [
      'nothing of a claim of unknown age',
      [],
      { ...synced(null), ...backup(null), claimObject: claim({ createdAt: null }) },
    ],
    [
      'nothing of a young claim',
      [],
      { ...synced(null), ...backup(null), claimObject: claim({ createdAt: NOW - LATE }) },
    ],
    [
      'nothing of a daily one that is a day old',
      [],
      { ...synced(NOW - DAY), ...backup(null), claimObject: claim({ tier: 'daily' }) },
    ],
  ])('%s', (_, expected, facts) => {
    expect(said(facts)).toEqual(expected);
  });

  it('by the bucket’s own clock', () => {
    const facts = { ...synced(null), ...backup(NOW - LATE) };
    const ahead = { bucket: { ...CONTEXT.bucket, skew: 1 } };
    expect([said(facts), said(facts, ahead).length]).toEqual([[], 1]);
  });
});

describe('of labels and annotations it is said', () => {
  const gone = { claimObject: null };
  const others = { cluster: clusterView({ otherClaims: [otherClaim({ claim: 'plex-config' })] }) };
  const none = { source: { ...OURS, ours: false, name: null } };
  const aged = (age: number): Partial<ProtectedClaim> => ({
    backup: { state: 'present', snapshots: 1, newest: { id: fullId(NEWEST), at: NOW - age }, reason: null },
  });

  it('that the label is gone and our source goes on', () => {
    const facts = { ...gone, ...protectedBy({ source: OURS }) };
    expect(said(facts, others)).toEqual(['label-removed: its source plex-config-backup goes on; --prune removes it']);
    expect([said(facts), said({ ...gone }, others), said({ ...protectedBy({ source: OURS }) }, others)]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it('that nobody uses a repository for a fortnight', () => {
    const old = { ...gone, ...protectedBy(none), ...aged(14 * DAY + 1) };
    expect(said(old)).toEqual(['repository-abandoned: no claim uses it, and its newest snapshot is 14 days old']);
    expect([
      said({ ...old, ...aged(14 * DAY) }),
      said({ ...old, ...protectedBy({}) }),
      said({ ...old, claimObject: claim() }),
    ]).toEqual([[], [], []]);
  });

  it('that what is accepted fits nothing', () => {
    const accepts = (accept: string | null, facts: Partial<ProtectedClaim> = {}): string[] =>
      said({ claimObject: claim({ accept }), ...facts });
    expect(accepts('x')).toEqual([
      `acceptance-unmatched: volsync-prewarm/accept is neither the claim's UID nor its newest snapshot's short id; to accept its start: ${ACCEPT}`,
    ]);
    expect([accepts(null), accepts('uid-of-claim'), accepts(BASE_VERSION), accepts(NEWEST)]).toEqual([[], [], [], []]);
    const absent = {
      backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' },
      ...by(),
    } as const;
    expect([accepts(NEWEST, absent).length, accepts(BASE_VERSION, { base: null }).length]).toEqual([1, 1]);
  });

  it('that a claim is not backed up, after one period', () => {
    const why = { source: { ...OURS, ours: false, reason: 'origin-undecided' } } as const;
    expect(said({ source: null, sources: [], ...protectedBy(why) })).toEqual([
      'claim-unprotected: the claim has been Bound for longer than one period, and no ReplicationSource backs it up (origin-undecided); volsync-prewarm explain media/plex-config shows what stands in the way',
    ]);
    expect(said({ source: null, sources: [] })).toEqual([
      'claim-unprotected: the claim has been Bound for longer than one period, and no ReplicationSource backs it up',
    ]);
  });
});

describe('of several sources', () => {
  it('the one that removes first decides', () => {
    const fates = (['stays', 'gone', null] as const).map((newest) => ({ name: String(newest), newest, last: null }));
    const goes = (at: number): { name: string; newest: { goes: number }; last: null } => ({
      name: `at ${at}`,
      newest: { goes: at },
      last: null,
    });
    const [stays, gone, unknown] = [fates[0]!, fates[1]!, fates[2]!];
    const worst = (
      ...all: { name: string; newest: 'stays' | 'gone' | null | { goes: number }; last: null }[]
    ): string | undefined => worstOf(all)?.name;
    expect([
      worst(stays, gone),
      worst(unknown, goes(5), gone),
      worst(stays, unknown),
      worst(unknown, goes(9), goes(5)),
      worst(stays, goes(9)),
      worst({ ...goes(5), name: 'first' }, goes(5)),
      worst(),
    ]).toEqual(['gone', 'gone', 'null', 'at 5', 'at 9', 'first', undefined]);
  });
});
