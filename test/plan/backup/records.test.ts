/** Claim records: which are read, what one says, and when one is written again. */
import { describe, expect, it } from 'vitest';
import type { ClaimRecord } from '../../../src/claim-record.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import { NO_MOVER_SPEC } from '../../../src/mover-spec.ts';
import { digestFound, digestOf, isForShape, recordsToWrite, wantsRecord } from '../../../src/plan/backup/records.ts';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import type { Repository } from '../../../src/plan/facts/repositories.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { NO_SOURCE_MEMORY } from '../../../src/source.ts';
import {
  HOUR,
  NEWEST,
  NOW,
  claim,
  destination,
  indexOf,
  listed,
  moverSpec,
  planOf,
  situation,
  snapshots,
  source,
  sourceSpec,
} from '../../support/build.ts';
import { OUT_OF_REACH, knownNewest, repository } from '../../support/facts.ts';

const { claims } = planOf();
const ORIGIN = { uid: 'uid-of-claim', origin: 'restored', held: NEWEST, newest: NEWEST, since: null } as const;

function written(facts: Partial<ProtectedClaim>, frozen: 'listing-failed' | null = null): ClaimRecord[] {
  return recordsToWrite([{ ...claims[0]!, ...facts }], { frozen });
}

function protectedBy(changes: Partial<ProtectedClaim['protection']>): Partial<ProtectedClaim> {
  return { protection: { ...claims[0]!.protection, ...changes } };
}

describe('a record', () => {
  const RECORD: ClaimRecord = {
    namespace: 'media',
    claim: 'plex-config',
    uid: 'uid-of-claim',
    tier: 'hourly',
    request: '5Gi',
    accessModes: ['ReadWriteOnce'],
    storageClass: 'longhorn',
    snapshotClass: null,
    volumeMode: 'Filesystem',
    mover: moverSpec(),
    origin: null,
    ours: false,
    needs: 5 * 2 ** 30,
  };

  it('says what its claim looks like', () => {
    expect(written({})).toEqual([RECORD]);
    const facts = protectedBy({ origin: ORIGIN, keep: { hourly: 1 } });
    expect(written({ ...facts, destination: null })).toEqual([{ ...RECORD, origin: ORIGIN, ours: true, needs: null }]);
    expect(written({ destination: destination({ memory: NO_MEMORY }) })).toEqual([{ ...RECORD, needs: null }]);
  });

  it('says which backup lies elsewhere, where its repository does', () => {
    const far = (repository: Repository): unknown => written({ repository })[0]?.elsewhere;
    expect([far(repository('s3:http://x/b/p')), far(OUT_OF_REACH)]).toEqual([
      { id: NEWEST, at: NOW - HOUR },
      undefined,
    ]);
  });

  it('has a digest of eight digits, whatever it says', () => {
    const digests = Array.from({ length: 100 }, (_, n) => digestOf({ ...RECORD, request: `${n}Gi` }));
    expect(digests.filter((one) => !/^[0-9a-f]{8}$/.test(one))).toEqual([]);
  });

  it('says of the mover what our source says, else another one, else the destination', () => {
    const one = (snapshotClass: string, managed: boolean): ReturnType<typeof source> =>
      source({ managed, spec: sourceSpec({ snapshotClass }) });
    const classOf = (facts: Partial<ProtectedClaim>): unknown => written(facts)[0]?.snapshotClass;
    expect([classOf({ sources: [one('a', false), one('b', true)] }), classOf({ sources: [one('a', false)] })]).toEqual([
      'b',
      'a',
    ]);
    const restores = destination({ spec: { ...destination().spec, snapshotClass: 'c' } });
    expect(classOf({ sources: [], destination: restores })).toBe('c');
    expect(written({ sources: [], destination: null })[0]).toMatchObject({ snapshotClass: null, mover: NO_MOVER_SPEC });
  });

  it.each<[string, Partial<ProtectedClaim>]>([
    ['there is no claim', { claimObject: null }],
    ['the claim is not bound', { live: false }],
    ['its namespace is excluded', { excluded: true }],
    ['there is no backup', { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } }],
    ['it is not decided how the claim began', protectedBy({ began: null })],
    ['the same was written last', protectedBy({ recorded: digestOf(RECORD) })],
  ])('is not written where %s', (_, facts) => {
    expect(written(facts)).toEqual([]);
  });

  it('is not written while runs are frozen, and again when something has changed', () => {
    expect(written({}, 'listing-failed')).toEqual([]);
    expect(
      written({ ...protectedBy({ recorded: digestOf(RECORD) }), claimObject: claim({ request: '6Gi' }) }),
    ).toHaveLength(1);
    expect(digestOf(RECORD)).toMatch(/^[0-9a-f]{8}$/);
  });

  it('that was found has a digest, even if it cannot be read', () => {
    expect(digestFound({ state: 'read', record: RECORD, etag: null })).toBe(digestOf(RECORD));
    expect(digestFound({ state: 'unusable', why: 'garbage', etag: null })).toBe('00000000');
    expect([
      digestFound(null),
      digestFound({ state: 'absent' }),
      digestFound({ state: 'failed', message: '' }),
    ]).toEqual([null, null, null]);
  });
});

describe('a record is read', () => {
  const gone = { claimObject: null, destination: null } as const;
  const indexed = situation({ index: indexOf({ 'media.plex-config': `attach warm ${NEWEST} -` }) }).indexed;
  const judged = [source({ managed: true, memory: { ...NO_SOURCE_MEMORY, origin: ORIGIN } })];
  it.each<[string, boolean, Partial<Situation>]>([
    ['where a claim is missing', true, gone],
    ['not where its destination tells its shape', false, { ...gone, destination: destination() }],
    ['not where nothing can be made without credentials', false, { ...gone, base: null }],
    ['not where there is no snapshot', false, { ...gone, probe: listed([]) }],
    ['not where nobody has looked', false, { ...gone, probe: null }],
    [
      'not where nobody could look',
      false,
      { ...gone, probe: { state: 'unknown', reason: 'listing-failed', message: '' } },
    ],
    ['not twice', false, { ...gone, record: { state: 'absent' } }],
    ['not where there is no repository', false, { ...gone, listed: { state: 'no' } }],
    ['not in an excluded namespace', false, { ...gone, excluded: true }],
    ['where the index knows nothing of a bound claim', true, {}],
    ['not where it does', false, { indexed }],
    ['not where the claim is not bound', false, { live: false }],
    ['not where its source knows how it began', false, { sources: judged }],
  ])('%s', (_, wants, facts) => {
    expect(wantsRecord({ ...situation(), indexed: null, sources: [], probe: listed(snapshots()), ...facts }, NOW)).toBe(
      wants,
    );
  });
});

describe('a record is read for its shape alone', () => {
  const missed = (count: number): Partial<Situation> => {
    const entry = knownNewest(NEWEST, NOW - HOUR);
    const gone = { listed: { state: 'no' }, probe: null, source: null, destination: null } as const;
    return { ...gone, indexed: entry && { ...entry, missed: { count, at: NOW - HOUR } } };
  };
  it.each<[string, boolean, Partial<Situation>]>([
    ['where the claim is gone', true, { claimObject: null }],
    ['not where there is a claim: it tells how that began', false, {}],
    ['not where its backup is gone, and the record alone speaks for it', false, { claimObject: null, ...missed(3) }],
    ['while its backup may still be seen again', true, { claimObject: null, ...missed(1) }],
  ])('%s', (_, expected, facts) => {
    expect(isForShape({ ...situation(), record: null, ...facts }, NOW)).toBe(expected);
  });
});
