/** What is looked up for which claim; each rule with its facts taken away in turn. */
import { describe, expect, it } from 'vitest';
import type { OriginMemory } from '../../../src/origin.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { credentialsWanted } from '../../../src/plan/fleet/credentials-wanted.ts';
import {
  byUrgency,
  isUndecided,
  lookupsWanted,
  wantsLocks,
  wantsProbe,
  putOff,
  turnsOf,
} from '../../../src/plan/fleet/lookups.ts';
import { isNewcomer } from '../../../src/plan/fleet/newcomers.ts';
import { NO_SOURCE_MEMORY, type Source } from '../../../src/source.ts';
import {
  BASE_VERSION,
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  indexOf,
  listed,
  mover,
  namespace,
  placed,
  situation,
  snapshot,
  snapshots,
  source,
  sourceMover,
  spec,
} from '../../support/build.ts';
import { RUNS, VERIFIED, entry, ours, recorded, writer } from '../../support/facts.ts';

type Facts = Partial<Situation>;

const ownSource = (claimUid: string): Source => source({ managed: true, memory: { ...NO_SOURCE_MEMORY, claimUid } });

const MISSED: OriginMemory = { uid: 'uid-of-claim', origin: 'missed', held: null, newest: NEWEST, since: null };

/** What the index knows of a claim that has missed its newest backup: what it has saved since does not count. */
const doubted = (id: string): Situation['indexed'] => ({
  ...entry(`attach warm ${id} -`)!,
  origin: MISSED,
});

describe('a repository is looked into', () => {
  const settled = { probe: null, destination: ours(), writers: [writer()], indexed: null };
  it.each<[string, boolean, Facts & { turn?: true; undecided?: true }]>([
    ['not in a steady state', false, {}],
    ['not where it is not in the listing', false, { listed: { state: 'no' }, destination: null }],
    ['not twice', false, { probe: listed(snapshots()) }],
    [
      'again where a log names what the first look did not show',
      true,
      { probe: listed(snapshots()), contents: { state: 'unlisted', id: LATER } },
    ],
    ['where a listing has missed it', true, { destination: ours({ missed: { count: 1, at: NOW } }) }],
    ['where its address has changed', true, { changedFrom: 'layout' }],
    [
      'not in a namespace that is not there, but in its turn',
      false,
      { namespaceObject: null, destination: null, indexed: entry(`attach warm ${NEWEST} -`) },
    ],
    [
      'there in its turn',
      true,
      { namespaceObject: null, destination: null, indexed: entry(`attach warm ${NEWEST} -`), turn: true },
    ],
    ['where the index knows nothing of that', true, { namespaceObject: null, destination: null }],
    ['where no destination is', true, { destination: null }],
    ['where it is not steered', true, { steered: false }],
    ['while it is open how its claim began', true, { undecided: true }],
    ['where a source of another claim is left', true, { sources: [ownSource('another')] }],
    ['not for a source of this claim', false, { sources: [ownSource('uid-of-claim')] }],
    [
      'not for somebody else’s source',
      false,
      { sources: [source({ memory: { ...NO_SOURCE_MEMORY, claimUid: 'another' } })] },
    ],
    ['while a restore runs', true, { sync: RUNS }],
    ['while it is paused', true, { sync: { state: 'paused' } }],
    ['while a claim waits', true, { waits: true }],
    ['when a backup was due', true, { destination: ours({ nextBackup: NOW }) }],
    ['not before it is due', false, { destination: ours({ nextBackup: NOW + 1 }) }],
    ['where its image is not ready', true, { imageState: 'not-ready' }],
    ['where it is not proven', true, { contents: { state: 'unproven' } }],
    ['where it is too large for the claim', true, { claimObject: claim({ request: '1Gi' }) }],
    ['in its turn, where nobody writes', true, { writers: [], turn: true }],
    ['not before', false, { writers: [] }],
    [
      'where nobody’s claim has left a source of ours',
      true,
      { claimObject: null, sources: [ownSource('uid-of-claim')] },
    ],
    ['where what its sources saved does not count', true, { indexed: doubted(NEWEST) }],
    ['not where its record alone remembers that', false, { indexed: null, record: recorded({ origin: MISSED }) }],
    ['not where the index knows what has been saved since', false, { indexed: doubted(LATER) }],
    [
      'not where its source has synced at the time of its restore',
      false,
      { writers: [writer({ lastSyncAt: NOW - 50 * MINUTE })] },
    ],
    [
      'where its image has just been proven, and a log names a snapshot',
      true,
      { destination: ours({ verified: null }), contents: { state: 'proven', id: NEWEST, fresh: true } },
    ],
    ['where its source has synced since', true, { writers: [writer({ lastSyncAt: NOW })] }],
    ['where one of them has', true, { writers: [writer(), writer({ lastSyncAt: NOW })] }],
    ['not where its source has never synced', false, { writers: [writer({ lastSyncAt: null, moverLogs: '' })] }],
    ['where a backup fails', true, { writers: [writer({}, sourceMover({ failed: 1 }))] }],
    ['not while one runs', false, { writers: [writer({}, sourceMover())] }],
    [
      'where a log names another snapshot than the image holds',
      true,
      { writers: [writer({ moverLogs: `snapshot ${LATER} saved` })] },
    ],
  ])('%s', (_, wants, { turn, undecided, ...facts }) => {
    expect(wantsProbe({ ...situation(), ...settled, ...facts }, turn === true, NOW, undecided === true)).toBe(wants);
  });

  it('where a claim waits first, then where something is known', () => {
    const [waits, known, unknown] = [
      { ...situation(), waits: true },
      situation(),
      { ...situation(), claimObject: null, source: null, destination: null, indexed: null },
    ];
    expect([unknown, known, waits].toSorted(byUrgency)).toEqual([waits, known, unknown]);
    expect([
      isNewcomer(unknown),
      isNewcomer({ ...unknown, claimObject: claim() }),
      isNewcomer({ ...unknown, source: source() }),
      isNewcomer({ ...unknown, destination: destination() }),
      isNewcomer({ ...unknown, indexed: entry(`attach warm ${NEWEST} -`) }),
    ]).toEqual([true, false, false, false, false]);
  });

  it.each<[string, boolean, Facts]>([
    ['not where the newest is held', false, {}],
    ['not where the newest was asked for', false, { destination: ours({ verified: null }) }],
    ['where it was not', true, { destination: ours({ verified: null }, { manual: LATER }) }],
    ['where nobody knows what was asked for', true, { destination: ours({ verified: null }, { manual: 'once' }) }],
    ['not where it is held, whatever was asked for', false, { destination: ours({}, { manual: LATER }) }],
    ['not where there is no source', false, { source: null }],
    ['where a backup has failed', true, { source: source({ moverResult: 'Failed' }) }],
    ['where a pod of it has', true, { sourceMover: sourceMover({ failed: 1 }) }],
    ['where no destination is', true, { destination: null }],
    ['where the image is not ready', true, { imageState: 'missing' }],
    ['where it is too large', true, { claimObject: claim({ request: '1Gi' }) }],
  ])('with its locks: %s', (_, wants, facts) => {
    const s = { ...situation(), destination: ours(), sourceMover: null, ...facts };
    expect(wantsLocks(s, snapshots())).toBe(wants);
    expect(wantsLocks(s, [])).toBe(false);
  });

  it('in its turn, where nobody knows of very many', () => {
    const stranger = (number: number, facts: Facts = {}): Situation => ({
      ...situation(),
      key: `media/${number}`,
      claimObject: null,
      source: null,
      destination: null,
      indexed: null,
      ...facts,
    });
    const many = (count: number, facts: Facts = {}): Situation[] =>
      Array.from({ length: count }, (_, number) => stranger(number, facts));
    const left = (all: Situation[], writtenAt: number | null = NOW): number => putOff(all, NOW, writtenAt).size;
    expect([left(many(200)), left(many(201), null)]).toEqual([0, 0]);
    const some = left(many(300));
    expect([some > 200, some < 300]).toEqual([true, true]);
    expect([
      left(many(300, { listed: { state: 'no' } })),
      left(many(300, { indexed: entry(`attach warm ${NEWEST} -`) })),
    ]).toEqual([0, 0]);
    const two = [...many(150), ...many(150).map((one) => ({ ...one, namespace: 'home', key: `home/${one.key}` }))];
    expect(left(two)).toBe(0);
    expect(turnsOf(many(300, { writers: [] }), NOW, NOW).size).toBe(300 - some);
    expect([
      ...turnsOf(
        [stranger(1, { writers: [] }), stranger(2), stranger(3, { writers: [], listed: { state: 'no' } })],
        NOW,
        NOW,
      ),
    ]).toEqual(['media/1']);
  });

  it('and the volume of a claim, where it decides how the claim began', () => {
    const of = (facts: Facts, volumes: Record<string, string | null> = {}): unknown[] => {
      const index = indexOf({
        _generatedAt: new Date(NOW).toISOString(),
        _since: new Date(NOW - 240 * HOUR).toISOString(),
      });
      const { s, context } = placed({
        cluster: clusterView({ index, claims: [claim({ createdAt: NOW - HOUR / 2, volumeName: 'pv-1' })], volumes }),
      });
      const found = { ...s, ...facts };
      return [isUndecided(found, context), lookupsWanted([found], context).volumes];
    };
    expect(of({})).toEqual([true, [{ namespace: 'media', claim: 'plex-config', volumeName: 'pv-1' }]]);
    expect([of({}, { [KEY]: IMAGE }), of({ live: false }), of({ excluded: true }), of({ claimObject: null })]).toEqual([
      [false, []],
      [false, []],
      [false, []],
      [false, []],
    ]);
  });
});

describe('credentials are read', () => {
  const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
  const judge = (facts: Facts, world: Parameters<typeof placed>[0] = {}): unknown => {
    const { s, context } = placed(world);
    return credentialsWanted(
      { ...s, destination: s.destination && { ...s.destination, memory: VERIFIED }, ...facts },
      context,
    );
  };
  const fresh = {
    claimObject: claim({ accept: 'uid-of-claim' }),
    waits: true,
    listed: { state: 'no' },
    probe: null,
    destination: null,
  } as const;
  it.each<[string, string | null, Facts]>([
    ['not in a steady state', null, {}],
    ['not where there is no base', null, { base: null, destination: null }],
    [
      'not where a Secret of its own opens it',
      null,
      {
        destination: null,
        repository: { where: { kind: 'layout' }, key: 'x', shown: 'x', secret: 'own', sources: [], restored: false },
      },
    ],
    ['where a destination is to be made', 'read', { destination: null }],
    ['not for an empty repository', null, { destination: null, probe: listed([]), writers: [] }],
    ['not where nobody has looked', null, { destination: null, probe: null }],
    [
      'from memory, where a source remembers them',
      'remembered',
      {
        destination: null,
        sources: [source({ managed: true, memory: { ...NO_SOURCE_MEMORY, baseVersion: BASE_VERSION } })],
      },
    ],
    ['for an empty start that is accepted', 'read', fresh],
    ['where the base has changed', 'read', { destination: ours({ baseVersion: 'older' }) }],
    ['not of a destination that is not steered', null, { destination: ours({ baseVersion: 'older' }), steered: false }],
    [
      'where VolSync reports an error',
      'read',
      { destination: ours({}, { condition: { reason: 'Error', message: '', at: NOW } }) },
    ],
    ['not where VolSync says nothing of it', null, { destination: ours({}, { condition: null }) }],
    ['not where no backup has named anything', null, { writers: [writer({ moverLogs: '' })] }],
    ['over an empty image', 'read', { contents: { state: 'empty', why: 'image-empty', fresh: false } }],
    ['over an image of what the listing does not have', 'read', { contents: { state: 'unlisted', id: LATER } }],
    ['not where nobody has looked for that', null, { contents: { state: 'unlisted', id: LATER }, probe: null }],
    ['where a backup went somewhere else', 'read', { writers: [writer({ moverLogs: `snapshot ${LATER} saved` })] }],
    ['not where it went here', null, { writers: [writer({ moverLogs: `snapshot ${NEWEST} saved` })] }],
    [
      'from memory, when an image has just been proven',
      'remembered',
      { contents: { state: 'proven', id: NEWEST, fresh: true } },
    ],
    [
      'not where no listing shows it',
      null,
      { listed: { state: 'no' }, contents: { state: 'empty', why: 'image-empty', fresh: true } },
    ],
  ])('%s', (_, how, facts) => {
    expect(judge(facts)).toBe(how);
  });

  it('from memory, when a sync is about to be asked for', () => {
    expect(judge({}, { bucket: NEWER })).toBe('remembered');
    const not: Facts[] = [
      { probe: null },
      { sync: RUNS },
      { destination: ours({}, { manual: LATER, lastManualSync: LATER, spec: spec({ restoreAsOf: NOW }) }) },
      { destination: foreign({ memory: VERIFIED }), steered: false, unsteered: 'destination-foreign' },
    ];
    expect(not.map((facts) => judge(facts, { bucket: NEWER }))).toEqual(not.map(() => null));
    const again = { destination: ours({}, { manual: LATER, lastManualSync: LATER }) };
    expect(judge(again, { bucket: NEWER })).toBe('remembered');
    expect(judge({ imageState: 'missing', image: null })).toBe('remembered');
    expect(judge({ namespaceObject: namespace({ terminating: true }) }, { bucket: NEWER })).toBeNull();
  });

  it('for a source that is to be made, or that waits for its Secret', () => {
    const on = { settings: { sources: 'on' } } as const;
    const mine = (parts: Partial<Source>): Facts => ({
      sources: [source({ managed: true, memory: { ...NO_SOURCE_MEMORY, baseVersion: BASE_VERSION }, ...parts })],
      sourceMover: null,
    });
    const none = { sources: [], source: null, writers: [] };
    const stuck = { lastSyncStartAt: NOW - 2 * MINUTE - 1 };
    expect([
      judge(none, on),
      judge(none),
      judge({ ...none, live: false }, on),
      judge({ ...none, excluded: true }, on),
      judge({ ...none, claimObject: claim({ volumeMode: 'Block' }) }, on),
      judge({ ...none, claimObject: null }, on),
      judge({}, on),
    ]).toEqual(['read', null, null, null, null, null, null]);
    expect([
      judge(mine(stuck), on),
      judge(mine({ lastSyncStartAt: NOW - 2 * MINUTE }), on),
      judge({ ...mine(stuck), sourceMover: mover() }, on),
      judge(mine({}), on),
    ]).toEqual(['read', null, null, null]);
    const older = mine({ memory: { ...NO_SOURCE_MEMORY, baseVersion: 'older' } });
    expect([judge({ ...older, destination: null, probe: listed([]) }, on), judge(older, on)]).toEqual(['read', null]);
  });

  it('and no Secret of somebody else’s destination', () => {
    const { s, context } = placed();
    const adopted = {
      ...s,
      destination: foreign({ adopted: true, memory: { ...VERIFIED, baseVersion: 'older' } }),
      repository: null,
    };
    const found = (one: Situation): unknown => {
      const { bases, repositories, remembered } = lookupsWanted([one], context);
      return [[...bases], repositories, remembered];
    };
    const ref = { namespace: 'media', claim: 'plex-config' };
    expect(found({ ...s, destination: null })).toEqual([['media'], [ref], []]);
    expect(found({ ...s, contents: { state: 'proven', id: NEWEST, fresh: true } })).toEqual([['media'], [], [ref]]);
    const foreignOne = { ...adopted, steered: false };
    expect(found(foreignOne)).toEqual([[], [], []]);
    const elsewhere = { ...foreignOne, writers: [writer({ moverLogs: `snapshot ${LATER} saved` })] };
    expect(found({ ...elsewhere, unsteered: null })).toEqual([['media'], [], []]);
  });
});
