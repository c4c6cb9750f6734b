/** What a source of ours would keep, and what is told of it: one fact changed, and everything that follows. */
import { describe, expect, it } from 'vitest';
import type { ClaimRecord } from '../../../src/claim-record.ts';
import type { IndexEntry } from '../../../src/index-model.ts';
import { NO_MOVER_SPEC } from '../../../src/mover-spec.ts';
import type { OriginMemory } from '../../../src/origin.ts';
import { protect } from '../../../src/plan/backup/protect.ts';
import type { Protection } from '../../../src/plan/backup/protected-claim.ts';
import type { JudgedClaim } from '../../../src/plan/restore/judged-claim.ts';
import type { Source } from '../../../src/source.ts';
import { HOUR, MINUTE, NEWEST, NOW, claim, listed, snapshot, source } from '../../support/build.ts';
import { UNREAD, knownNewest } from '../../support/facts.ts';
import { judged, ours } from '../../support/protected.ts';

type Facts = Partial<JudgedClaim>;
const HOURLY = { hourly: 24, daily: 7, within: '3d' };
const DAILY = { daily: 14, within: '3d' };
const ENTRY = knownNewest(NEWEST, NOW - HOUR)!;
const ABSENT = { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } as const;

const UNKNOWN = { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' } as const;

const began = (origin: OriginMemory['origin'], more: Partial<OriginMemory> = {}): OriginMemory => ({
  uid: 'uid-of-claim',
  origin,
  held: null,
  newest: null,
  since: origin === null ? NOW - HOUR : null,
  ...more,
});
/** The index remembers this of it. */
const told = (changes: Partial<IndexEntry>): Facts => ({ indexed: { ...ENTRY, ...changes } });
const FRESH = told({ origin: began('fresh') });
const MISSED = told({ origin: began('missed', { newest: NEWEST }) });
const EMPTY: Facts = { probe: listed([]), backup: ABSENT };
const NONE: Facts = { listed: { state: 'no' }, probe: null, backup: ABSENT };
const ACCEPTED: Facts = { claimObject: claim({ createdAt: NOW - 30 * MINUTE, accept: 'uid-of-claim' }) };
const theirs = source({ name: 'theirs' });

function recorded(tier: ClaimRecord['tier'], isOurs: boolean): Facts {
  const record: ClaimRecord = {
    namespace: 'media',
    claim: 'plex-config',
    uid: 'uid-of-claim',
    tier,
    request: null,
    accessModes: [],
    storageClass: null,
    snapshotClass: null,
    volumeMode: 'Filesystem',
    mover: NO_MOVER_SPEC,
    origin: null,
    ours: isOurs,
    needs: null,
  };
  return { record: { state: 'read', etag: null, record } };
}

function protectedBy(sources: Source[], ...facts: Facts[]): Protection {
  const { one, context } = judged(sources);
  return protect(Object.assign({ ...one }, ...facts), context);
}

describe('what a source of ours keeps', () => {
  const kept = (sources: Source[], ...facts: Facts[]): unknown => {
    const { keeping } = protectedBy(sources, ...facts);
    return keeping && [keeping.why, keeping.established, keeping.atStake];
  };
  const fresh = (memory: Partial<Source['memory']> = {}): Source => ours({}, { origin: began('fresh'), ...memory });
  const inherited = (facts: Facts): unknown => kept([ours({}, { origin: began('inherited') })], facts);
  /** The normal policy would let two of them go. */
  const STAKE = listed([1, 100.1, 100.15, 100.2, 100.3].map((age, n) => snapshot(`${n}`.repeat(8), NOW - age * HOUR)));

  it.each<[string, unknown, () => unknown]>([
    ['everything, where others saved before it is made', ['not-ours', null, 0], () => kept([], FRESH)],
    ['by the tier, where nothing was saved', [null, HOURLY, null], () => kept([], FRESH, EMPTY)],
    ['by the tier, where nobody has looked', [null, HOURLY, null], () => kept([], FRESH, { probe: null })],
    [
      'by the tier, where the index knows that it was so',
      [null, HOURLY, null],
      () => kept([], FRESH, told({ origin: began('fresh'), keep: HOURLY })),
    ],
    [
      'everything, where the record knows that it was longer',
      ['shortened', DAILY, 0],
      () => kept([], FRESH, recorded('daily', true)),
    ],
    [
      'everything, where the record is of a claim that others backed up',
      ['not-ours', null, 0],
      () => kept([], FRESH, recorded('daily', false)),
    ],
    ['by the tier, where it has saved all by itself', [null, HOURLY, null], () => kept([fresh()])],
    [
      'everything, where it remembers that others saved',
      ['not-ours', null, 0],
      () => kept([fresh({ keeps: 'not-ours', retain: HOURLY })]),
    ],
    ['everything, while others save beside it', ['not-ours', null, 0], () => kept([fresh({ retain: HOURLY }), theirs])],
    ['nothing, where others save alone', null, () => kept([theirs])],
    [
      'everything, where they go',
      ['not-ours', null, 0],
      () => kept([source({ name: 'theirs', deleting: true })], FRESH),
    ],
    ['everything, while its beginning is in doubt', ['doubtful', null, 2], () => kept([], MISSED, { probe: STAKE })],
    [
      'everything, while what is younger is in doubt',
      ['doubtful', HOURLY, 0],
      () => kept([ours({}, { origin: began('restored', { unsure: NEWEST }), retain: HOURLY })]),
    ],
    [
      'everything, where a claim before it has left what does not count',
      ['came-back', HOURLY, 0],
      () => kept([ours({}, { origin: began('restored', { since: NOW }), retain: HOURLY })]),
    ],
    [
      'everything, while its beginning is not decided',
      ['undecided', HOURLY, 0],
      () => kept([ours({}, { origin: began(null), retain: HOURLY })], { listed: { state: 'not-looked' } }),
    ],
    ['with a stake that nobody has counted', ['doubtful', null, null], () => kept([], MISSED, { probe: UNREAD })],
    [
      'with a stake that nobody can know',
      ['doubtful', null, null],
      () => kept([], MISSED, { probe: UNREAD, backup: UNKNOWN }),
    ],
    ['with no stake in an empty repository', ['doubtful', null, 0], () => kept([], MISSED, EMPTY)],
    ['with no stake where there is none', ['doubtful', null, 0], () => kept([], MISSED, NONE)],
    [
      'with an unknown one where a single answer shows it empty',
      ['doubtful', null, null],
      () => kept([], MISSED, { probe: listed([]) }),
    ],
    [
      'with an unknown one where a single answer is without it',
      ['doubtful', null, null],
      () => kept([], MISSED, { probe: null, listed: { state: 'no' } }),
    ],
    ['everything that it has inherited', ['inherited', null, 0], () => inherited({})],
    ['by the tier, where it has inherited nothing', [null, HOURLY, null], () => inherited(NONE)],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});

describe('for a source that is made later, the index is told', () => {
  const keep = (sources: Source[], ...facts: Facts[]): unknown => protectedBy(sources, ...facts).keep;
  const normal = ours({}, { retain: HOURLY });
  const index = told({ keep: DAILY });
  it.each<[string, unknown, () => unknown]>([
    ['what ours keeps by', HOURLY, () => keep([normal], index)],
    ['what ours shall keep by from now on', HOURLY, () => keep([ours({}, { origin: began('fresh') })], told({}))],
    ['what it was told before, where there is no source', DAILY, () => keep([], index)],
    ['nothing, where nothing was in force', null, () => keep([], told({}))],
    ['nothing, once others have saved', null, () => keep([normal, theirs], index)],
    ['nothing, where others save alone', null, () => keep([theirs], index)],
    ['what ours keeps by, where that is accepted', HOURLY, () => keep([normal, theirs], index, ACCEPTED)],
    ['what it was told before, where that is accepted', DAILY, () => keep([theirs], index, ACCEPTED)],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});

describe('of how the claim began, the index is told', () => {
  const SINCE = NOW - 240 * HOUR;
  const origin = (createdAt: number | null, memory: OriginMemory | null, since: number | null = SINCE): unknown => {
    const { one, context } = judged([ours({}, { origin: memory })], { claimObject: claim({ createdAt }) });
    const cluster = { ...context.cluster, index: { ...context.cluster.index, since } };
    return protect(one, { ...context, cluster }).origin;
  };
  const [inherited, restored, pending] = [began('inherited'), began('restored'), began(null)];
  it.each<[string, unknown, () => unknown]>([
    ['what decides', restored, () => origin(NOW - 30 * MINUTE, restored)],
    ['what decides, however old it is', restored, () => origin(SINCE - 1, restored)],
    ['nothing, where its age tells it in every run', null, () => origin(SINCE - 1, inherited)],
    ['nothing in the first run', null, () => origin(NOW, inherited, null)],
    ['what its age does not tell', inherited, () => origin(SINCE, inherited)],
    ['what nobody can tell by its age', inherited, () => origin(null, inherited)],
    ['what is known while it is not decided', pending, () => protectedBy([], told({ origin: pending }), EMPTY).origin],
    [
      'the doubt about the claim before, until it is decided',
      began('missed', { uid: 'older', newest: NEWEST }),
      () =>
        protectedBy([], told({ origin: began('missed', { uid: 'older', newest: NEWEST }) }), { probe: null }).origin,
    ],
    [
      'that doubt, while one of two listings has decided nothing',
      began('missed', { uid: 'older', newest: NEWEST }),
      () =>
        protectedBy(
          [ours({}, { origin: pending })],
          told({ origin: began('missed', { uid: 'older', newest: NEWEST }) }),
          { probe: null },
        ).origin,
    ],
    [
      'what it was told before, where the claim is gone',
      restored,
      () => protectedBy([], told({ origin: restored }), { claimObject: null }).origin,
    ],
    ['nothing of one that nobody knows', null, () => protectedBy([], { indexed: null, claimObject: null }).origin],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});
