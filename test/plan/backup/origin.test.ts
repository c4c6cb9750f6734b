import { describe, expect, it } from 'vitest';
import { formatOrigin, isDoubtful, parseOrigin, type OriginMemory } from '../../../src/origin.ts';
import {
  originOf,
  type EvidenceLine,
  type OriginEvidence,
  type OriginVerdict,
} from '../../../src/plan/backup/origin.ts';
import { HOUR, IMAGE, LATER, MINUTE, NEWEST, NOW, OLD, SECOND, snapshot } from '../../support/build.ts';
import { CREATED, evidence, memory } from '../../support/evidence.ts';

const pending = (since: number): OriginMemory => memory({ since });
const listing = (...snapshots: ReturnType<typeof snapshot>[]): OriginEvidence['listing'] => ({
  startedAt: NOW,
  snapshots,
});
const of = (e: OriginEvidence): Pick<OriginVerdict, 'origin' | 'memory'> => {
  const { origin, memory: remembered } = originOf(e);
  return { origin, memory: remembered };
};

describe('restored', () => {
  it('is a claim that was filled from an image proven to hold the newest snapshot from before it', () => {
    const told: EvidenceLine[] = [];
    expect(originOf(evidence(), told)).toEqual({
      origin: 'restored',
      memory: memory({ origin: 'restored', held: NEWEST, newest: NEWEST }),
      wantsVolume: false,
    });
    expect(told).toEqual([
      {
        what: '2 snapshots, 2 of them may be from before the claim',
        seen: 'bucket: listing of snapshots/ and the source’s log',
      },
      { what: `newest snapshot from before the claim: ${NEWEST}`, seen: 'bucket: listing of snapshots/' },
      {
        what: `the volume was populated from ${IMAGE}, which holds ${NEWEST}`,
        seen: 'cluster: annotation populated-from of the PersistentVolume',
      },
    ]);
  });

  it('is one that was filled from a newer snapshot than any that is proven to be from before it', () => {
    const savedSince = new Set([NEWEST]);
    expect(of(evidence({ savedSince })).origin).toBe('restored');
  });

  it('stays so when its source has saved a newer one since, by its own log', () => {
    const snapshots = [snapshot(NEWEST, NOW - HOUR), snapshot(LATER, NOW - MINUTE)];
    expect(of(evidence({ listing: listing(...snapshots), savedSince: new Set([LATER]) })).origin).toBe('restored');
  });
});

describe('stale', () => {
  it('L1: is a claim filled from an older image than the newest snapshot from before it', () => {
    expect(of(evidence({ populatedFrom: 'older-image' }))).toEqual({
      origin: 'stale',
      memory: memory({ origin: 'stale', held: OLD, newest: NEWEST }),
    });
  });

  it('L1: is a claim filled from the newest of the listing while the index knew a newer one', () => {
    const known = { id: LATER, at: NOW - 20 * MINUTE, by: 'index' };
    expect(of(evidence({ known }))).toEqual({
      origin: 'stale',
      memory: memory({ origin: 'stale', held: NEWEST, newest: LATER }),
    });
  });

  it('is what a snapshot makes of it that nobody proves to have been saved since', () => {
    const snapshots = [snapshot(NEWEST, NOW - HOUR), snapshot(LATER, NOW - MINUTE)];
    expect(of(evidence({ listing: listing(...snapshots) })).origin).toBe('stale');
  });
});

describe('missed', () => {
  it.each([
    ['F11: was populated from nothing although a snapshot is older', { populatedFrom: null }],
    ['F11: was populated from an image that no log has proven', { populatedFrom: 'an-empty-image' }],
    ['L5: was populated from an image whose log says that nothing was restored', { proven: new Map<string, string>() }],
    [
      'F11: is Bound while an empty listing contradicts the index',
      { listing: listing(), populatedFrom: 'an-empty-image', known: { id: NEWEST, at: NOW - HOUR, by: 'index' } },
    ],
  ])('is a claim that %s', (_, overrides: Partial<OriginEvidence>) => {
    expect(of(evidence(overrides))).toEqual({
      origin: 'missed',
      memory: memory({ origin: 'missed', newest: NEWEST }),
    });
  });

  it('F11: is found when its own source has already backed the empty volume up', () => {
    const snapshots = [snapshot(NEWEST, NOW - HOUR), snapshot(LATER, NOW - MINUTE)];
    const e = evidence({ populatedFrom: null, listing: listing(...snapshots), savedSince: new Set([LATER]) });
    expect(of(e)).toEqual({ origin: 'missed', memory: memory({ origin: 'missed', newest: NEWEST }) });
  });
});

describe('fresh', () => {
  const empty = { listing: listing(), populatedFrom: null };

  it('takes two listings without a snapshot, a period apart', () => {
    expect([
      of(evidence(empty)),
      of(evidence({ ...empty, remembered: pending(NOW - 4 * MINUTE) })),
      of(evidence({ ...empty, remembered: pending(NOW - 5 * MINUTE) })),
    ]).toEqual([
      { origin: null, memory: pending(NOW) },
      { origin: null, memory: pending(NOW - 4 * MINUTE) },
      { origin: 'fresh', memory: memory({ origin: 'fresh' }) },
    ]);
  });

  it('does not mind what was saved between the two', () => {
    const saved = { listing: listing(snapshot(LATER, NOW - MINUTE)), remembered: pending(NOW - 6 * MINUTE) };
    expect(of(evidence({ ...empty, ...saved }))).toEqual({ origin: 'fresh', memory: memory({ origin: 'fresh' }) });
  });

  it('is not what a copied bucket says, nor what the second listing contradicts', () => {
    const late = { listing: listing(snapshot(OLD, NOW - HOUR)), remembered: pending(NOW - 6 * MINUTE) };
    expect([
      of(evidence({ ...empty, timesFrom: Infinity, remembered: pending(NOW - HOUR) })).origin,
      of(evidence({ ...empty, ...late })).origin,
    ]).toEqual([null, 'missed']);
  });

  it('is not what an index says that knew a snapshot', () => {
    const known = { id: OLD, at: null, by: 'record' };
    expect(of(evidence({ ...empty, known })).origin).toBe('missed');
  });

  it('starts anew with another claim of the name', () => {
    const other = { ...pending(NOW - HOUR), uid: 'uid-of-another-claim' };
    expect(of(evidence({ ...empty, remembered: other }))).toEqual({ origin: null, memory: pending(NOW) });
  });
});

describe('inherited', () => {
  it.each([
    ['opted out with a reason', {}, { optedOut: true }],
    ['has a data source of its own', {}, { ownDataSource: true }],
    ['is older than the first published index', { watchedSince: CREATED + SECOND }, {}],
    ['is there when nothing was ever published', { watchedSince: null }, {}],
  ])('is a claim that %s, whatever the bucket says', (_, overrides, claim) => {
    const missed = { populatedFrom: null, ...overrides };
    expect(of(evidence(missed, claim))).toEqual({ origin: 'inherited', memory: memory({ origin: 'inherited' }) });
  });

  it('is not a claim of the second in which the index was published: the API server cuts times to seconds', () => {
    expect(of(evidence({ watchedSince: CREATED + SECOND - 1, populatedFrom: null })).origin).toBe('missed');
  });

  it('is not a claim whose age nobody tells', () => {
    expect(of(evidence({ watchedSince: NOW, populatedFrom: null }, { createdAt: null })).origin).toBe('missed');
  });
});

describe('nothing is decided', () => {
  it.each([
    ['while the claim is not Bound', {}, { bound: false }],
    ['when the repository was not looked at', { listing: null }, {}],
    ['when the volume could not be looked at', { populatedFrom: undefined }, {}],
    ['while the proof of its image is still to be read', { populatedFrom: 'new-image', proofPending: true }, {}],
  ])('%s', (_, overrides, claim) => {
    expect(of(evidence(overrides, claim))).toEqual({ origin: null, memory: null });
  });

  it('a second time: what was decided for this UID stays', () => {
    const remembered = memory({ origin: 'stale', held: OLD, newest: NEWEST });
    expect(of(evidence({ remembered, listing: null }))).toEqual({ origin: 'stale', memory: remembered });
    expect(of(evidence({ remembered: { ...remembered, uid: 'another' } })).origin).toBe('restored');
  });
});

describe('the memory of an origin', () => {
  it.each([
    memory({ origin: 'restored', held: NEWEST, newest: NEWEST }),
    memory({ origin: 'missed', newest: NEWEST }),
    memory({ origin: 'stale', held: OLD, newest: NEWEST, unsure: LATER }),
    memory({ origin: 'restored', held: NEWEST, newest: NEWEST, since: NOW, unsure: LATER }),
    memory({ origin: 'inherited' }),
    pending(NOW),
  ])('is one line that is read back: %j', (one) => {
    expect(parseOrigin(formatOrigin(one))).toEqual(one);
  });

  it('is doubtful when it is stale or missed, and while nothing is decided it is not', () => {
    expect((['fresh', 'restored', 'inherited', 'stale', 'missed', null] as const).filter(isDoubtful)).toEqual([
      'stale',
      'missed',
    ]);
  });

  it.each([null, '', 'restored', 'perfect@uid', 'pending@uid', `stale@${'x'.repeat(65)}`, 'stale@a b=c'.repeat(9)])(
    'is none when it is garbage: %j',
    (text) => {
      expect(parseOrigin(text)).toBeNull();
    },
  );
});
