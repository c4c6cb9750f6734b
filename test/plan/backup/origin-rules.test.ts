/** How a claim began: the whole verdict and all that is told of it, with one part of the evidence changed. */
import { describe, expect, it } from 'vitest';
import type { OriginMemory } from '../../../src/origin.ts';
import { originOf, type EvidenceLine, type OriginEvidence } from '../../../src/plan/backup/origin.ts';
import { HOUR, IMAGE, LATER, MINUTE, NEWEST, NOW, OLD, SECOND, snapshot } from '../../support/build.ts';
import { CREATED, evidence, memory } from '../../support/evidence.ts';

type Parts = Parameters<typeof evidence>;
const iso = (at: number): string => new Date(at).toISOString();

/** Its origin, what is remembered, whether a look at its volume is wanted, and the evidence in its order. */
function verdict(...parts: Parts): unknown {
  const told: EvidenceLine[] = [];
  const { origin, memory: remembered, wantsVolume } = originOf(evidence(...parts), told);
  return [origin, remembered, wantsVolume, ...told.map(({ what, seen }) => `${what} (${seen})`)];
}

const pending = (since: number): OriginMemory => memory({ since });
const listing = (...snapshots: ReturnType<typeof snapshot>[]): Pick<OriginEvidence, 'listing'> => ({
  listing: { startedAt: NOW, snapshots },
});
const decided = (origin: OriginMemory['origin'], more: Partial<OriginMemory> = {}): OriginMemory =>
  memory({ origin, ...more });

const LISTING = 'bucket: listing of snapshots/';
const VOLUME = 'cluster: annotation populated-from of the PersistentVolume';
const counted = (all: number, before: number): string =>
  `${all} snapshots, ${before} of them may be from before the claim (bucket: listing of snapshots/ and the source’s log)`;
const newest = (id: string, by = LISTING): string => `newest snapshot from before the claim: ${id} (${by})`;
const filled = (id: string, image = IMAGE): string =>
  `the volume was populated from ${image}, which holds ${id} (${VOLUME})`;
const EMPTY = 'the volume was not populated from a restore point (' + VOLUME + ')';
const ONE_LISTING = 'one listing shows no snapshot from before; another one decides (bucket)';
const COPY = 'the bucket is a copy: its times prove nothing (bucket: the marker)';

const missed = (id: string, by?: string, count = counted(2, 2)): unknown[] => [
  'missed',
  decided('missed', { newest: id }),
  false,
  count,
  newest(id, by),
  EMPTY,
];

describe('it is told', () => {
  const SINCE = NOW - 6 * MINUTE;
  it.each<[string, unknown[], Parts]>([
    [
      'that it was decided before',
      [
        'stale',
        decided('stale', { held: OLD, newest: NEWEST }),
        false,
        'decided before: stale (source, index entry or record)',
      ],
      [{ remembered: decided('stale', { held: OLD, newest: NEWEST }) }],
    ],
    [
      'that the claim is not bound',
      [null, null, false, 'the claim is not Bound (cluster: persistentvolumeclaims)'],
      [{ remembered: pending(SINCE) }, { bound: false }],
    ],
    [
      'that nobody has looked, and what was remembered stays',
      [null, pending(SINCE), false, 'the repository was not looked at, or the listing was not believed (bucket)'],
      [{ listing: null, remembered: pending(SINCE) }],
    ],
    [
      'since when anybody has watched',
      [
        'inherited',
        decided('inherited'),
        false,
        `older than the first published index (watched since ${iso(NOW)}) (cluster: creationTimestamp and index)`,
      ],
      [{ watchedSince: NOW }],
    ],
    [
      'that an earlier listing showed none',
      ['fresh', decided('fresh'), false, counted(0, 0), `an earlier listing showed none: ${iso(SINCE)} (source)`],
      [{ ...listing(), remembered: pending(SINCE) }],
    ],
    [
      'that another listing decides, whatever the index knew: it has been seen empty',
      [null, pending(NOW - 4 * MINUTE), false, counted(0, 0), ONE_LISTING],
      [{ ...listing(), remembered: pending(NOW - 4 * MINUTE), known: { id: LATER, at: NOW, by: 'index' } }],
    ],
    [
      'that nobody could look at the volume',
      [null, null, true, counted(2, 2), newest(NEWEST), `the claim’s volume could not be looked at (${VOLUME})`],
      [{ populatedFrom: undefined }],
    ],
    [
      'that a proof is still to be read',
      [
        null,
        null,
        false,
        counted(2, 2),
        newest(NEWEST),
        `the volume was populated from new, whose proof is still to be read (${VOLUME})`,
      ],
      [{ populatedFrom: 'new', proofPending: true }],
    ],
    [
      'what it holds, although another proof is still to be read',
      [
        'restored',
        decided('restored', { held: NEWEST, newest: NEWEST }),
        false,
        counted(2, 2),
        newest(NEWEST),
        filled(NEWEST),
      ],
      [{ proofPending: true }],
    ],
  ])('%s', (_, expected, parts) => {
    expect(verdict(...parts)).toEqual(expected);
  });
});

describe('a copied bucket', () => {
  it.each<[string, unknown[], Parts]>([
    [
      'decides nothing where it is empty',
      [null, null, false, counted(0, 0), COPY],
      [{ ...listing(), timesFrom: Infinity }],
    ],
    [
      'decides nothing while the first of two listings counts',
      [null, pending(NOW - HOUR), false, counted(2, 2), COPY],
      [{ timesFrom: Infinity, remembered: pending(NOW - HOUR) }],
    ],
    [
      'shows what was there before all the same',
      [
        'restored',
        decided('restored', { held: NEWEST, newest: NEWEST }),
        false,
        counted(2, 2),
        newest(NEWEST),
        filled(NEWEST),
      ],
      [{ timesFrom: Infinity }],
    ],
    [
      'tells no order: what was known counts',
      [
        'stale',
        decided('stale', { held: NEWEST, newest: OLD }),
        false,
        counted(2, 2),
        newest(OLD, 'index'),
        filled(NEWEST),
      ],
      [{ timesFrom: NOW - HOUR, known: { id: OLD, at: NOW - 24 * HOUR, by: 'index' } }],
    ],
    ['tells its newest where nothing was known', missed(NEWEST), [{ timesFrom: NOW - HOUR, populatedFrom: null }]],
  ])('%s', (_, expected, parts) => {
    expect(verdict(...parts)).toEqual(expected);
  });
});

describe('what may be from before the claim', () => {
  const SINCE = NOW - 4 * MINUTE;
  /** The repository was seen empty then; this was saved. */
  const count = (at: number, more: Partial<OriginEvidence> = {}): unknown =>
    verdict({ ...listing(snapshot(LATER, at)), remembered: pending(SINCE), populatedFrom: null, ...more });
  const late = [...missed(LATER, undefined, counted(1, 1))];
  const since = [null, pending(SINCE), false, counted(1, 0), ONE_LISTING];
  it.each<[string, unknown[], () => unknown]>([
    ['is what was saved until it was seen empty', late, () => count(SINCE)],
    ['is not what was saved since', since, () => count(SINCE + 1)],
    ['is told by the bucket’s clock', late, () => count(SINCE + 5000, { skew: 5000 })],
    ['is told by the bucket’s clock, to the millisecond', since, () => count(SINCE + 5001, { skew: 5000 })],
    ['is what was copied, whatever its time', late, () => count(SINCE + 1, { timesFrom: SINCE + 1 })],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});

describe('the newest from before it', () => {
  const known = (id: string, at: number | null): Pick<OriginEvidence, 'known'> => ({ known: { id, at, by: 'index' } });
  const of = (more: Partial<OriginEvidence>): unknown => verdict({ populatedFrom: null, ...more });
  const elsewhere = (at: number): Pick<OriginEvidence, 'elsewhere'> => ({
    elsewhere: { snapshots: [snapshot('dddddddd', at)], period: HOUR },
  });
  const FAR = 'another repository of the claim';
  it.each<[string, unknown[], () => unknown]>([
    ['is the one that the index knew, and that is gone', missed(LATER, 'index'), () => of(known(LATER, NOW))],
    ['is the listed one, where they are of one time', missed(NEWEST), () => of(known(LATER, NOW - HOUR))],
    [
      'is the listed one, where the index knew another listed one by another time',
      missed(NEWEST),
      () => of(known(OLD, NOW)),
    ],
    ['is the listed one, where nobody knows when the other was', missed(NEWEST), () => of(known(LATER, null))],
    [
      'is not what the source has saved since, and what is gone already',
      missed(NEWEST),
      () => of({ ...known(LATER, NOW), savedSince: new Set([LATER]) }),
    ],
    [
      'is in another repository, where that is newer by more than a period',
      missed('dddddddd', FAR),
      () => of(elsewhere(NOW + 1)),
    ],
    ['is not there within a period', missed(NEWEST), () => of(elsewhere(NOW))],
    [
      'is there, where here is none',
      missed('dddddddd', FAR, counted(0, 0)),
      () => of({ ...elsewhere(NOW - 24 * HOUR), ...listing() }),
    ],
    [
      'is here, where nobody knows when it was',
      missed(LATER, 'index', counted(0, 0)),
      () => of({ ...elsewhere(NOW), ...listing(), ...known(LATER, null) }),
    ],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });

  it('is not the one that it holds, where two are of one time', () => {
    const twins = listing(snapshot(NEWEST, NOW - HOUR), snapshot(LATER, NOW - HOUR));
    expect(verdict(twins)).toEqual([
      'stale',
      decided('stale', { held: NEWEST, newest: LATER }),
      false,
      counted(2, 2),
      newest(LATER),
      filled(NEWEST),
    ]);
  });
});

describe('the time until which nothing counts', () => {
  const since = (...parts: Parts): unknown => originOf(evidence(...parts)).memory?.since;
  it('is that of the claim, by the bucket’s clock, where one before it has left what does not count', () => {
    expect([
      since({ hasUncounted: true, skew: 7 }),
      since({ hasUncounted: true }, { createdAt: null }),
      since({}),
      since({ hasUncounted: true, populatedFrom: null }),
    ]).toEqual([CREATED + SECOND + 7, null, null, null]);
  });
});

describe('what was saved since in a sync that may have begun before', () => {
  const WAITED = snapshot(LATER, NOW - 5 * MINUTE);
  const GOOD = [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST, NOW - HOUR)];
  const uncertain = (...more: ReturnType<typeof snapshot>[]): Partial<OriginEvidence> => ({
    ...listing(...GOOD, WAITED),
    uncertain: more,
  });
  const MAY = `${LATER} was saved since the claim was made, in a sync that may have begun before (${LISTING})`;
  const SURE = `newest snapshot that is certainly from before the claim: ${NEWEST} (${LISTING})`;
  const from = { populatedFrom: 'older-image' };
  it.each<[string, unknown[], Parts]>([
    [
      'does not hide what it was filled without, and is remembered',
      [
        'stale',
        decided('stale', { held: OLD, newest: NEWEST, unsure: LATER }),
        false,
        counted(3, 3),
        MAY,
        SURE,
        filled(OLD, 'older-image'),
      ],
      [{ ...uncertain(WAITED), ...from }],
    ],
    [
      'counts where it was filled with the newest before',
      ['stale', decided('stale', { held: NEWEST, newest: LATER }), false, counted(3, 3), newest(LATER), filled(NEWEST)],
      [uncertain(WAITED)],
    ],
    [
      'counts where nothing else is there',
      missed(LATER, undefined, counted(1, 1)),
      [{ ...uncertain(WAITED), ...listing(WAITED), populatedFrom: null }],
    ],
    [
      'is nothing where what is uncertain is not the newest',
      [
        'stale',
        decided('stale', { held: OLD, newest: LATER }),
        false,
        counted(3, 3),
        newest(LATER),
        filled(OLD, 'older-image'),
      ],
      [{ ...uncertain(GOOD[0]!), ...from }],
    ],
  ])('%s', (_, expected, parts) => {
    expect(verdict(...parts)).toEqual(expected);
  });

  const again = (remembered: OriginMemory, ...more: ReturnType<typeof snapshot>[]): unknown =>
    originOf(evidence({ ...uncertain(...more), remembered })).memory;
  const stale = decided('stale', { held: OLD, newest: NEWEST });
  const back = decided('restored', { held: NEWEST, newest: NEWEST, since: NOW - HOUR });
  it.each<[string, OriginMemory, () => unknown]>([
    ['is added to what was decided before', { ...stale, unsure: LATER }, () => again(stale, WAITED)],
    ['is taken from it when it is gone', stale, () => again({ ...stale, unsure: LATER })],
    ['is nothing where it is older than the newest', stale, () => again(stale, GOOD[0]!, GOOD[1]!)],
    [
      'moves the time until which nothing counts',
      { ...back, since: WAITED.at, unsure: LATER },
      () => again(back, WAITED),
    ],
    ['does not move it back', { ...back, since: NOW, unsure: LATER }, () => again({ ...back, since: NOW }, WAITED)],
    ['is nothing to a claim that began as it should', decided('fresh'), () => again(decided('fresh'), WAITED)],
    [
      'stays while the newest is not listed',
      { ...stale, newest: 'eeeeeeee', unsure: 'dddddddd' },
      () => again({ ...stale, newest: 'eeeeeeee', unsure: 'dddddddd' }, WAITED),
    ],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});
