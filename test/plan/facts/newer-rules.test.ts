/** Which snapshot is the newest: in copies, and among several repositories; each fact taken away in turn. */
import { NO_MEMORY } from '../../../src/memory.ts';
import { describe, expect, it } from 'vitest';
import { hasShifted, newestIn, savedLast } from '../../../src/plan/facts/copied.ts';
import {
  furtherWanted,
  newerElsewhere,
  newestFurther,
  newestHere,
  periodOf,
} from '../../../src/plan/facts/elsewhere.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import {
  HOUR,
  IMAGE,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  claim,
  destination,
  listed,
  situation,
  snapshot,
  snapshots,
  spec,
} from '../../support/build.ts';
import { RUNS, UNREAD, entry, knownNewest, repository, writer } from '../../support/facts.ts';

type Facts = Partial<Situation>;
const DAY = 24 * HOUR;

const FAR = repository('s3:http://far.example/b/p', { sources: ['plex-far'] });
const OUT = repository('sftp:user@host:/p');

describe('the newest in a copied bucket', () => {
  const found = [snapshot(OLD, NOW), snapshot(NEWEST, NOW + 1), snapshot(LATER, NOW + 2)];
  const COPY = { timesFrom: Infinity, writers: [], indexed: null, contents: { state: 'unproven' } } as const;
  const saved = (id: string, lastSyncAt: number | null = NOW): Situation['writers'][number] =>
    writer({ moverLogs: `snapshot ${id} saved`, lastSyncAt });
  const holds = { contents: { state: 'proven', id: OLD, fresh: false } } as const;
  const asked = (tag: string, restoreAsOf: number | null = null): Facts => ({
    destination: destination({ manual: tag, lastManualSync: tag, spec: spec({ restoreAsOf }) }),
  });

  it.each<[string, string | undefined, Facts]>([
    ['is the newest by time, where times count', LATER, { timesFrom: NOW + 1 }],
    ['is the newest by time, where nothing else tells', LATER, { timesFrom: NOW + 2 }],
    ['is what a source has saved last', NEWEST, { writers: [saved(OLD, NOW - 1), saved(NEWEST)] }],
    ['is what a source has saved last, in whatever order', NEWEST, { writers: [saved(NEWEST), saved(OLD, NOW - 1)] }],
    ['is not what a source has saved that nobody knows when', LATER, { writers: [saved(NEWEST, null)] }],
    ['is not what a source has saved into another repository', LATER, { writers: [saved('dddddddd')] }],
    [
      'is not what a source has saved before what the index knew',
      OLD,
      { writers: [saved(NEWEST)], indexed: knownNewest(OLD, NOW + 9) },
    ],
    [
      'is what a source has saved at the time that the index knew',
      NEWEST,
      { writers: [saved(NEWEST)], indexed: knownNewest(LATER, NOW) },
    ],
    [
      'is what a source has saved, where the index knew an object of this bucket',
      NEWEST,
      { writers: [saved(NEWEST)], indexed: knownNewest(OLD, NOW) },
    ],
    [
      'is what a source has saved where times do not count, whatever is the newest by time',
      OLD,
      { writers: [saved(OLD)], timesFrom: NOW + 2 },
    ],
    [
      'is what one source has saved, whatever the other has not',
      NEWEST,
      { writers: [writer({ moverLogs: '', lastSyncAt: NOW + 9 }), saved(NEWEST)] },
    ],
    [
      'is what a source has saved, where the index knew an object by the time of its copy',
      NEWEST,
      { writers: [saved(NEWEST, NOW - DAY)], indexed: knownNewest(LATER, NOW + 2) },
    ],
    [
      'is what a source has saved, where the index knew no time',
      NEWEST,
      { writers: [saved(NEWEST)], indexed: knownNewest(OLD, null) },
    ],
    [
      'is what VolSync has taken when it was asked for nothing that is known',
      OLD,
      { destination: destination({ manual: 'once', asked: null }), ...holds },
    ],
    [
      'is what the index knew, when VolSync was asked for nothing that is known',
      NEWEST,
      { destination: destination({ manual: 'once', asked: null }), ...holds, indexed: knownNewest(NEWEST, NOW) },
    ],
    ['is what VolSync has taken, when it was asked for another', OLD, { ...asked(NEWEST), ...holds }],
    [
      'is what VolSync has taken instead of what the index knew',
      OLD,
      { ...asked(NEWEST), ...holds, indexed: knownNewest(NEWEST, NOW) },
    ],
    [
      'is what the index knew, when VolSync was asked for a third one',
      LATER,
      { ...asked(NEWEST), ...holds, indexed: knownNewest(LATER, NOW) },
    ],
    ['is not what VolSync has taken as it was asked to', LATER, { ...asked(OLD), ...holds }],
    ['is not what VolSync has taken as of a time', LATER, { ...asked(NEWEST, NOW), ...holds }],
    ['is not what VolSync has taken before the present sync', LATER, { ...asked(NEWEST), ...holds, sync: RUNS }],
    [
      'is not what a log names that is not proven',
      LATER,
      { ...asked(NEWEST), contents: { state: 'unlisted', id: OLD } },
    ],
    ['is not what VolSync has taken where no destination is', LATER, { destination: null, ...holds }],
    ['is what the index knew', OLD, { indexed: knownNewest(OLD, NOW) }],
  ])('%s', (_, id, facts) => {
    expect(newestIn({ ...situation(), ...COPY, destination: destination(), ...facts }, found)?.id.slice(0, 8)).toBe(id);
  });

  it('is none of none', () => {
    expect(newestIn({ ...situation(), ...COPY }, [])).toBeNull();
    expect(savedLast({ ...situation(), writers: [] }, found)).toBeNull();
  });

  it('is an object that has shifted when its time is another by more than an hour', () => {
    const shifted = (at: number, facts: Facts = {}): boolean =>
      hasShifted({
        ...situation(),
        probe: listed([snapshot(NEWEST, at)]),
        indexed: knownNewest(NEWEST, NOW),
        timesFrom: -Infinity,
        ...facts,
      });
    expect([shifted(NOW + HOUR + 1), shifted(NOW + HOUR), shifted(NOW - HOUR - 1), shifted(NOW)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    const far = NOW + DAY;
    expect([shifted(far, { timesFrom: far }), shifted(far, { timesFrom: far - 1 })]).toEqual([false, true]);
    const none: Facts[] = [
      { probe: null },
      { probe: UNREAD },
      { indexed: null },
      { indexed: knownNewest(NEWEST, null) },
      { indexed: knownNewest(OLD, NOW) },
    ];
    expect(none.map((facts) => shifted(far, facts))).toEqual([false, false, false, false, false]);
  });
});

describe('between two repositories of a claim', () => {
  const GRACE = 15 * MINUTE;
  const at = (nextSyncAt: number | null, lastSyncAt: number | null): Situation['writers'][number] =>
    writer({ nextSyncAt, lastSyncAt });

  it('the longest period of its sources or of its label counts, with a quarter of an hour more', () => {
    const period = (writers: Situation['writers'], tier: 'hourly' | 'daily' | null = 'hourly'): number =>
      periodOf({ claimObject: tier === null ? null : claim({ tier }), writers }) - GRACE;
    expect([period([]), period([], 'daily'), period([], null)]).toEqual([HOUR, DAY, DAY]);
    expect([
      period([at(NOW, NOW - 2 * HOUR)]),
      period([at(NOW, NOW - 2 * HOUR)], null),
      period([at(NOW, NOW - 30 * DAY)]),
    ]).toEqual([2 * HOUR, 2 * HOUR, 7 * DAY]);
    expect([period([at(null, NOW)], null), period([at(NOW, null)], null), period([at(NOW, NOW - MINUTE)])]).toEqual([
      DAY,
      DAY,
      HOUR,
    ]);
  });

  it('the newest of the one that is restored is seen, remembered, none or not known', () => {
    const here = (facts: Facts): unknown => newestHere({ ...situation(), ...facts });
    const verified = (at_: number | null): Facts => ({
      destination: destination({ memory: { ...NO_MEMORY, verified: { image: IMAGE, id: OLD, at: at_ } } }),
    });
    expect([here({}), here({ probe: listed([]) }), here({ listed: { state: 'no' } }), here({ probe: UNREAD })]).toEqual(
      [{ id: NEWEST, at: NOW - HOUR }, 'none', 'none', null],
    );
    expect(here({ listed: { state: 'not-looked' } })).toBeNull();
    const unlooked = { probe: null, ...verified(NOW - 5), indexed: knownNewest(NEWEST, NOW) };
    expect([
      here(unlooked),
      here({ ...unlooked, ...verified(NOW + 5) }),
      here({ ...unlooked, ...verified(null) }),
    ]).toEqual([
      { id: NEWEST, at: NOW },
      { id: OLD, at: NOW + 5 },
      { id: NEWEST, at: NOW },
    ]);
    expect([
      here({ ...unlooked, repository: FAR }),
      here({ probe: null, indexed: knownNewest(NEWEST, null), destination: null }),
    ]).toEqual([{ id: OLD, at: NOW - 5 }, null]);
  });

  const limit = NOW - HOUR + HOUR + 30 * MINUTE + GRACE;
  const far = (...ats: number[]): Facts => ({
    further: [{ repository: FAR, probe: listed(ats.map((one) => snapshot(LATER, one))) }],
  });
  const said = entry(`refuse cold:newer-elsewhere ${LATER} - repo=s3:http://far.example/b/p`);
  const LAST = { snapshot: null, repository: null };
  it.each<[string, unknown, Facts]>([
    [
      'what is newer by more than a period counts',
      { snapshot: snapshot(LATER, limit + 1), repository: FAR },
      far(limit + 1),
    ],
    ['what is newer by a period does not', null, far(limit)],
    [
      'anything counts where this one is empty',
      { snapshot: snapshot(LATER, 1), repository: FAR },
      { ...far(1), probe: listed([]) },
    ],
    ['nothing is known where this one could not be looked into', null, { ...far(limit + 1), probe: UNREAD }],
    [
      'what the last run has said stands where this one could not be looked into',
      LAST,
      { ...far(limit + 1), probe: UNREAD, indexed: said },
    ],
    ['it stands where the other one could not', LAST, { further: [{ repository: FAR, probe: UNREAD }], indexed: said }],
    [
      'it stands where nobody has looked into the other one',
      LAST,
      { further: [{ repository: FAR, probe: null }], indexed: said },
    ],
    [
      'it stands where one of two could not be looked into',
      LAST,
      { further: [...(far(limit).further ?? []), { repository: FAR, probe: null }], indexed: said },
    ],
    ['it does not where both were seen', null, { ...far(limit), indexed: said }],
    ['it does not where no other one is named any more', null, { further: [], probe: UNREAD, indexed: said }],
    ['it stands where nobody looks at all', LAST, { further: [], listed: { state: 'not-looked' }, indexed: said }],
    [
      'nothing is said where nobody looks at all',
      null,
      { ...far(limit + 1), listed: { state: 'not-looked' }, indexed: null },
    ],
    ['what is accepted of this one is enough', null, { ...far(limit + 1), claimObject: claim({ accept: NEWEST }) }],
    [
      'what is accepted of another one is not',
      { snapshot: snapshot(LATER, limit + 1), repository: FAR },
      { ...far(limit + 1), claimObject: claim({ accept: 'uid-of-claim' }) },
    ],
    [
      'an empty one is accepted by the claim’s uid',
      null,
      { ...far(1), probe: listed([]), claimObject: claim({ accept: 'uid-of-claim' }) },
    ],
    [
      'an empty one is not accepted without a claim',
      { snapshot: snapshot(LATER, 1), repository: FAR },
      {
        ...far(1),
        probe: listed([]),
        claimObject: null,
        destination: destination({ memory: { ...NO_MEMORY, accept: 'x' } }),
      },
    ],
  ])('%s', (_, newer, facts) => {
    expect(
      newerElsewhere(
        { ...situation(), indexed: null, writers: [at(NOW, NOW - HOUR - 30 * MINUTE)], ...facts },
        limit + DAY,
      ),
    ).toEqual(newer);
  });

  it('what is dated in the future counts as now, and copies of one’s own snapshots do not count', () => {
    const s = { ...situation(), indexed: null, writers: [at(NOW, NOW - HOUR - 30 * MINUTE)] };
    expect(newerElsewhere({ ...s, ...far(limit + DAY) }, limit)).toBeNull();
    const copies = { further: [{ repository: FAR, probe: listed(snapshots()) }] };
    expect(newestFurther({ ...s, ...copies })).toBeNull();
    const other = repository('s3:http://third.example/b/p');
    const two = {
      further: [
        { repository: FAR, probe: listed([snapshot(LATER, 1)]) },
        { repository: other, probe: listed([snapshot('dddddddd', 2)]) },
        { repository: other, probe: UNREAD },
      ],
    };
    expect(newestFurther({ ...s, ...two })).toEqual({ snapshot: snapshot('dddddddd', 2), repository: other });
    expect([
      newestFurther({ ...s, further: [] }),
      newestFurther({ ...s, further: [{ repository: FAR, probe: null }] }),
    ]).toEqual([null, null]);
  });

  it.each<[string, boolean, Facts & { undecided?: true; wroteAt?: number | null }]>([
    ['is not looked into while all is well', false, {}],
    ['is looked into while a claim waits', true, { waits: true }],
    ['is looked into while it is open how its claim began', true, { undecided: true }],
    ['is looked into where the index knows nothing', true, { indexed: null }],
    ['is looked into where the last run has seen something newer', true, { indexed: said }],
    ['is looked into where the address has changed', true, { changedFrom: 'layout' }],
    ['is looked into where its source has written much later', true, { wroteAt: limit + 1 }],
    ['is not where its source has written a little later', false, { wroteAt: limit }],
    ['is looked into where this one is empty', true, { probe: listed([]) }],
    ['is looked into where nobody knows what is here', true, { probe: UNREAD }],
    ['is not where its source has never written', false, { wroteAt: null }],
    ['is not looked into twice', false, { waits: true, further: [{ repository: FAR, probe: listed([]) }] }],
    ['is not where it cannot be asked', false, { waits: true, further: [{ repository: OUT, probe: null }] }],
    ['is not where nobody looks at all', false, { waits: true, listed: { state: 'not-looked' } }],
  ])('the other one %s', (_, isWanted, { undecided, wroteAt = null, ...facts }) => {
    const s = {
      ...situation(),
      indexed: knownNewest(NEWEST, NOW - HOUR),
      writers: [at(NOW, NOW - HOUR - 30 * MINUTE)],
      further: [{ repository: FAR, probe: null }],
      ...facts,
    };
    const sources = [
      { name: 'plex-far', lastSyncAt: wroteAt },
      { name: 'plex', lastSyncAt: limit + DAY },
    ];
    expect(furtherWanted(s, sources, undecided === true).length).toBe(isWanted ? 1 : 0);
  });
});
