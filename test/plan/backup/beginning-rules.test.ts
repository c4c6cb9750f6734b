/** What is evidence of a claim's beginning, and what is none: one fact of bucket or cluster changed, and what is told of it. */
import { describe, expect, it } from 'vitest';
import type { SnapshotObject } from '../../../src/model.ts';
import type { OriginMemory } from '../../../src/origin.ts';
import { beganAs, evidenceOf } from '../../../src/plan/backup/beginning.ts';
import type { JudgedClaim } from '../../../src/plan/restore/judged-claim.ts';
import type { Source } from '../../../src/source.ts';
import {
  HOUR,
  IMAGE,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  SECOND,
  claim,
  listed,
  snapshot,
  source,
} from '../../support/build.ts';
import { UNREAD, knownNewest, ours } from '../../support/facts.ts';
import { ORIGIN, judged } from '../../support/protected.ts';

type Facts = Partial<JudgedClaim>;

/** Of the restored claim that nobody backs up, with these facts: what is told, without where it was seen. */
function told(facts: Facts = {}): string[] {
  const { one, context } = judged([], { sources: [], ...facts });
  return one.claimObject === null ? [] : evidenceOf(one, one.claimObject, context).map(({ what }) => what);
}

const counted = (all: number, before: number): string =>
  `${all} snapshots, ${before} of them may be from before the claim`;
const newest = (id: string): string => `newest snapshot from before the claim: ${id}`;
const FILLED = `the volume was populated from ${IMAGE}, which holds ${NEWEST}`;
const UNPROVEN = `the volume was populated from ${IMAGE}, which no log has proven`;
const NOT_LOOKED = ['the repository was not looked at, or the listing was not believed'];
const FRESH = [counted(0, 0), 'one listing shows no snapshot from before; another one decides'];
/** Nobody has known of a backup. */
const NEW: Facts = { indexed: null, destination: null };
const GONE: Facts = { listed: { state: 'no' }, probe: null };

describe('a listing without the repository that is known', () => {
  const missed = (count: number): Facts => {
    const entry = knownNewest(NEWEST, NOW - HOUR);
    return { ...GONE, destination: null, indexed: entry && { ...entry, missed: { count, at: NOW - HOUR } } };
  };

  it('decides once three have agreed: then all that is left of it is what the index knows', () => {
    expect([told(missed(0)), told(missed(2)), told(missed(3)), told({ ...GONE, ...NEW })]).toEqual([
      NOT_LOOKED,
      NOT_LOOKED,
      [counted(0, 0), newest(NEWEST), UNPROVEN],
      FRESH,
    ]);
  });

  it('decides nothing where nobody could list the bucket, whatever a look into the repository shows', () => {
    expect(told({ listed: { state: 'unknown', reason: 'listing-failed', message: '' } })).toEqual(NOT_LOOKED);
  });
});

describe('F11: a source that says that it has saved a snapshot', () => {
  const saved: Partial<Source> = { moverLogs: `snapshot ${LATER} saved` };
  const by = (parts: Partial<Source>, facts: Facts): string[] => told({ ...NEW, ...facts, sources: [source(parts)] });
  const EMPTY: Facts = { probe: listed([]) };

  it('contradicts a bucket that shows none', () => {
    expect([by(saved, GONE), by(saved, EMPTY)]).toEqual([NOT_LOOKED, NOT_LOOKED]);
  });

  it.each<[string, Partial<Source>]>([
    ['its log says nothing', { moverLogs: '' }],
    ['it saves elsewhere, by another mover', { ...saved, mover: 'other' }],
  ])('does not where %s', (_, parts) => {
    expect([by(parts, GONE), by(parts, EMPTY)]).toEqual([FRESH, FRESH]);
  });

  it('does not where the repository could not be looked into: nothing is believed then anyway', () => {
    expect(by({ moverLogs: '' }, { probe: UNREAD })).toEqual(NOT_LOOKED);
  });
});

describe('what was known as the newest', () => {
  const OLDER = listed([snapshot(OLD, NOW - 24 * HOUR)]);
  const verified = (id: string, at: number): Facts => ({ destination: ours({ verified: { image: IMAGE, id, at } }) });
  const known = (facts: Facts): string[] =>
    told({ probe: OLDER, contents: { state: 'unproven' }, ...facts }).slice(1, 2);

  it.each<[string, string, Facts]>([
    ['the index, where that is younger', NEWEST, { ...verified(LATER, NOW - 2 * HOUR) }],
    ['the destination, where that is younger', LATER, { ...verified(LATER, NOW - 30 * MINUTE) }],
    ['the index, where they are of one time', NEWEST, { ...verified(LATER, NOW - HOUR) }],
    ['the index, where its time is all that is known', NEWEST, { destination: null }],
    ['the listing, where the index names no time', OLD, { destination: null, indexed: knownNewest(NEWEST, null) }],
  ])('is that of %s', (_, id, facts) => {
    expect(known(facts)).toEqual([newest(id)]);
  });

  it('is not what the claim before has saved of a start without its backup', () => {
    const doubt: OriginMemory = { ...ORIGIN, uid: 'older', origin: 'missed', held: null, newest: OLD };
    const entry = knownNewest(LATER, NOW - HOUR);
    const facts = (origin: OriginMemory | null): Facts => ({
      probe: listed([snapshot(OLD, NOW - 24 * HOUR), snapshot(LATER, NOW - HOUR)]),
      indexed: entry && { ...entry, origin },
      destination: null,
    });
    expect([told(facts(doubt)), told(facts(null))]).toEqual([
      [counted(1, 1), newest(OLD), UNPROVEN],
      [counted(2, 2), newest(LATER), UNPROVEN],
    ]);
  });

  it('is nothing that decides while the bucket is a copy', () => {
    expect(told({ ...NEW, ...GONE, timesFrom: Infinity })).toEqual([
      counted(0, 0),
      'the bucket is a copy: its times prove nothing',
    ]);
  });
});

describe('what was saved since the claim was there', () => {
  const CAME = NOW - 3 * HOUR;
  const FOUND: SnapshotObject[] = [
    snapshot(OLD, NOW - 24 * HOUR),
    snapshot('dddddddd', NOW - HOUR),
    snapshot('eeeeeeee', NOW - HOUR + 1),
    snapshot(LATER, NOW - 2 * HOUR),
  ];
  const before = (createdAt: number | null, parts: Partial<Source> = {}): string | undefined => {
    const saves = source({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW - HOUR, ...parts });
    return told({ ...NEW, sources: [saves], probe: listed(FOUND), claimObject: claim({ createdAt }) })[0];
  };

  it('is what the source’s log names, and what appeared until its last sync ended', () => {
    expect(before(CAME)).toBe(counted(4, 2));
  });

  it('is nothing where nobody knows when the claim, or the sync, was there', () => {
    expect([before(null), before(CAME, { lastSyncAt: null }), before(CAME, { lastSyncSeconds: null })]).toEqual([
      counted(4, 4),
      counted(4, 4),
      counted(4, 4),
    ]);
  });
});

describe('what the claim was filled from', () => {
  const unproven = { verified: null, provenImages: [] };
  it.each<[string, string, Facts]>([
    ['is told by the destination’s image of today', FILLED, { destination: ours(unproven) }],
    ['is not told by an image that is gone', UNPROVEN, { destination: ours(unproven, { latestImage: null }) }],
    [
      'is told by an image that was proven once',
      FILLED,
      {
        destination: ours({ ...unproven, provenImages: [{ image: IMAGE, id: NEWEST }] }),
        contents: { state: 'unproven' },
      },
    ],
    [
      'is told by the last proof',
      FILLED,
      {
        destination: ours({ ...unproven, verified: { image: IMAGE, id: NEWEST, at: NOW } }),
        contents: { state: 'unproven' },
      },
    ],
    ['is not told without a destination', UNPROVEN, { destination: null }],
  ])('%s', (_, expected, facts) => {
    expect(told(facts)).toEqual([counted(2, 2), newest(NEWEST), expected]);
  });
});

describe('what was saved in a sync that may have begun before the claim', () => {
  const CAME = NOW - 30 * MINUTE;
  const YOUNG = NOW - 15 * MINUTE;
  const LOG = `snapshot ${LATER} saved\nRestic completed in 4s`;
  const stale: OriginMemory = { ...ORIGIN, origin: 'stale', held: OLD, newest: NEWEST };
  const pending: OriginMemory = { ...ORIGIN, origin: null, held: null, newest: null, since: NOW };
  interface Story {
    parts?: Partial<Source>;
    /** what the index remembers of its beginning */
    remembered?: OriginMemory | null;
    createdAt?: number | null;
    savedAt?: number;
    skew?: number;
  }
  /** It started with nothing; the sync that saved its volume took two hours. */
  const began = ({ parts, remembered = null, createdAt = CAME, savedAt = YOUNG, skew = 0 }: Story = {}): unknown => {
    const entry = knownNewest(NEWEST, NOW - HOUR);
    const two = { moverLogs: LOG, lastSyncAt: YOUNG, lastSyncSeconds: 2 * 3600 };
    const { one, context } = judged([source({ ...two, ...parts })], {
      probe: listed([snapshot(NEWEST, NOW - HOUR), snapshot(LATER, savedAt)]),
      claimObject: claim({ createdAt }),
      indexed: entry && { ...entry, origin: remembered },
    });
    const bucket = { ...context.bucket, skew };
    const volumes = new Map([[one.key, null]]);
    const { memory } = beganAs(one, claim({ createdAt }), { bucket, cluster: { ...context.cluster, volumes } });
    return [memory?.newest, memory?.unsure];
  };
  const UNSURE = [NEWEST, LATER];
  const SURE = [LATER, undefined];

  it.each<[string, unknown[], Story]>([
    ['is unsure', UNSURE, {}],
    ['is unsure while one of two listings counts', UNSURE, { remembered: pending, parts: { moverLogs: '' } }],
    ['is added to what was decided, where a log names it', UNSURE, { remembered: stale }],
    ['is not, where no log does', [NEWEST, undefined], { remembered: stale, parts: { moverLogs: '' } }],
    ['is not, where nobody knows when the claim came', [NEWEST, undefined], { remembered: stale, createdAt: null }],
    ['is from before it, where its mover was at work then', SURE, { parts: { moverLogs: LOG.replace('4s', '1200s') } }],
    ['is unsure where nobody knows when the sync ended', UNSURE, { parts: { lastSyncAt: null } }],
    [
      'is unsure where its log does not say how long it took',
      UNSURE,
      { parts: { moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW - 2 * HOUR } },
    ],
    ['is from before it within its second', SURE, { savedAt: CAME + SECOND }],
    ['is unsure after that second', UNSURE, { savedAt: CAME + SECOND + 1 }],
    ['is from before it by the bucket’s clock', SURE, { savedAt: CAME + SECOND + 5000, skew: 5000 }],
    ['is unsure by the bucket’s clock', UNSURE, { savedAt: CAME + SECOND + 5001, skew: 5000 }],
  ])('%s', (_, expected, story) => {
    expect(began(story)).toEqual(expected);
  });
});

describe('a claim that came back after one that had started without its backup', () => {
  it('counts nothing that was saved until it was there', () => {
    const doubt: OriginMemory = { ...ORIGIN, uid: 'older', origin: 'missed', held: null, newest: NEWEST };
    const entry = knownNewest(NEWEST, NOW - HOUR);
    const { one, context } = judged([], {
      sources: [],
      probe: listed([snapshot(NEWEST, NOW - 3 * HOUR), snapshot(LATER, NOW - 2 * HOUR)]),
      indexed: entry && { ...entry, origin: doubt },
    });
    const { origin, memory } = beganAs(one, one.claimObject!, context);
    expect([origin, memory]).toEqual(['restored', { ...ORIGIN, since: NOW - 30 * MINUTE + SECOND }]);
  });
});
