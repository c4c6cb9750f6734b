/** Size, class and mover of a restore point: which piece of evidence counts, when others are missing. */
import { describe, expect, it } from 'vitest';
import type { ClaimRecord } from '../../../src/claim-record.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import {
  asksForLess,
  capacityOf,
  driftOf,
  hasTooLargeImage,
  isTooLarge,
  moverEvidence,
  wantedSpec,
} from '../../../src/plan/restore/wanted-spec.ts';
import {
  claim,
  destination,
  image,
  moverSpec,
  settings,
  situation,
  source,
  sourceSpec,
  spec,
  waitingClaim,
} from '../../support/build.ts';

type Facts = Partial<Situation>;
const RECORD: ClaimRecord = {
  namespace: 'media',
  claim: 'plex-config',
  uid: 'older',
  tier: 'hourly',
  request: '7Gi',
  accessModes: ['ReadWriteMany'],
  storageClass: 'recorded',
  snapshotClass: 'recorded-snapshots',
  volumeMode: 'Filesystem',
  mover: moverSpec({ cacheCapacity: '3Gi' }),
  origin: null,
  ours: false,
  needs: null,
};
const READ = { record: { state: 'read', record: RECORD, etag: null } } as const;
const NOTHING: Facts = { claimObject: null, source: null, sources: [], writers: [], destination: null, record: null };

function one(facts: Facts): Situation {
  return { ...situation(), ...NOTHING, ...facts };
}

describe('the size', () => {
  it.each<[string, string | null, Facts]>([
    ['is what the claim asks for', '5Gi from the claim', { ...READ, claimObject: claim() }],
    [
      'is what the record says, where there is no claim',
      '7Gi from the record',
      { ...READ, source: source({ capacity: '8Gi' }) },
    ],
    [
      'is what a source of ours says',
      '8Gi from the source',
      { source: source({ capacity: '8Gi' }), destination: destination() },
    ],
    ['is what the destination has', '5Gi from the destination', { destination: destination() }],
    ['is the default', '1Gi from the default', {}],
    ['is never one that cannot be read', '7Gi from the record', { ...READ, claimObject: claim({ request: 'much' }) }],
    [
      'is not told by a claim that asks for nothing',
      '7Gi from the record',
      { ...READ, claimObject: claim({ request: null }) },
    ],
    ['is not told by a record that nobody could read', '1Gi from the default', { record: { state: 'absent' } }],
  ])('%s', (_, told, facts) => {
    const found = capacityOf(one(facts), settings({ defaultCapacity: '1Gi' }));
    expect(found && `${found.capacity} from the ${found.from}`).toBe(told);
  });

  it('is never less than the data is known to need', () => {
    const of = (request: string): string | undefined =>
      capacityOf(one({ claimObject: waitingClaim({ request }), destination: destination() }), settings())?.capacity;
    expect([of('1Gi'), of('5Gi'), of('9Gi'), of('much')]).toEqual([String(5 * 2 ** 30), '5Gi', '9Gi', '5Gi']);
  });

  it('is compared only where both are known', () => {
    const less = (request: string | null, needed: string | number | null | undefined): boolean =>
      asksForLess({ request }, needed);
    expect([less('1Gi', '2Gi'), less('2Gi', '2Gi'), less('1Gi', 2 ** 30 + 1), less('1Gi', 2 ** 30)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([
      less('1Gi', null),
      less('1Gi', undefined),
      less('1Gi', 'much'),
      less(null, '2Gi'),
      less('much', '2Gi'),
    ]).toEqual([false, false, false, false, false]);
    const tooLarge = (facts: Facts): [boolean, boolean] => [isTooLarge(one(facts)), hasTooLargeImage(one(facts))];
    const small = {
      claimObject: waitingClaim({ request: '1Gi' }),
      destination: destination(),
      image: image(),
      waits: true,
    };
    expect([
      tooLarge(small),
      tooLarge({ ...small, waits: false }),
      tooLarge({ ...small, image: null }),
      tooLarge({ ...small, destination: null }),
    ]).toEqual([
      [true, true],
      [true, false],
      [true, false],
      [false, true],
    ]);
    expect(tooLarge({ ...small, claimObject: null })).toEqual([false, false]);
  });
});

describe('the rest of its spec', () => {
  const wanted = (facts: Facts, more: Parameters<typeof settings>[0] = {}): unknown[] => {
    const { accessModes, storageClass, snapshotClass, restoreAsOf, repository } = wantedSpec(
      one(facts),
      settings(more),
      '1Gi',
    );
    return [accessModes.join(), storageClass, snapshotClass, restoreAsOf, repository];
  };
  const has = {
    destination: destination({
      spec: spec({ storageClass: 'has', snapshotClass: 'has-s', accessModes: ['ReadOnlyMany'], restoreAsOf: 7 }),
    }),
  };
  const given = { accessMode: 'ReadWriteOncePod', storageClass: 'set', snapshotClass: 'set-s' } as const;
  const SECRET = 'plex-config-volsync-secret';
  it('is what claim, record, destination and settings say, in this order', () => {
    expect(wanted({ ...READ, ...has, claimObject: claim() }, given)).toEqual([
      'ReadWriteOnce',
      'longhorn',
      'recorded-snapshots',
      7,
      SECRET,
    ]);
    expect(wanted({ ...READ, ...has, claimObject: claim({ accessModes: [], storageClass: null }) }, given)).toEqual([
      'ReadWriteMany',
      'recorded',
      'recorded-snapshots',
      7,
      SECRET,
    ]);
    const bare = {
      state: 'read',
      record: { ...RECORD, accessModes: [], storageClass: null, snapshotClass: null },
      etag: null,
    } as const;
    expect(wanted({ record: bare, ...has }, given)).toEqual(['ReadOnlyMany', 'has', 'has-s', 7, SECRET]);
    expect(
      wanted({ destination: destination({ spec: spec({ accessModes: [], storageClass: null }) }) }, given),
    ).toEqual(['ReadWriteOncePod', 'set', 'set-s', null, SECRET]);
    expect(wanted({ ...READ, source: source({ spec: sourceSpec({ snapshotClass: 'of-source' }) }) }, given)[2]).toBe(
      'of-source',
    );
    expect(wanted({}, given)).toEqual(['ReadWriteOncePod', 'set', 'set-s', null, SECRET]);
  });

  const mover = (facts: Facts, more: Parameters<typeof settings>[0] = {}): ReturnType<typeof moverEvidence> =>
    moverEvidence(one(facts), settings(more));
  it('has the mover that a source tells, else the one that was copied, else the recorded one', () => {
    const cache = (size: string): ReturnType<typeof source> =>
      source({ spec: sourceSpec({ moverSpec: moverSpec({ cacheCapacity: size }) }) });
    const copied = destination({
      spec: spec({ moverSpec: moverSpec({ cacheCapacity: '2Gi' }) }),
      memory: { ...NO_MEMORY, moverFrom: 'source' },
    });
    const told = (facts: Facts): unknown[] => {
      const { spec: found, fromSource } = mover(facts, { cacheCapacity: '1Gi' });
      return [found.cacheCapacity, fromSource];
    };
    expect([
      told({ ...READ, source: cache('4Gi'), destination: copied }),
      told({ ...READ, destination: copied }),
      told(READ),
      told({}),
    ]).toEqual([
      ['4Gi', true],
      ['2Gi', true],
      ['3Gi', true],
      ['1Gi', false],
    ]);
    expect([told({ source: source() }), told({ source: cache('1Gi'), destination: copied })]).toEqual([
      ['1Gi', false],
      ['2Gi', true],
    ]);
    const shrinks = (cacheCapacity: string | null): unknown => {
      const smaller = source({ spec: sourceSpec({ moverSpec: { ...moverSpec(), cacheCapacity } }) });
      return mover({ destination: copied, source: smaller }, { cacheCapacity: '1Gi' }).spec.cacheCapacity;
    };
    expect([shrinks(null), shrinks('1Gi'), shrinks('much'), shrinks('3Gi')]).toEqual(['2Gi', '2Gi', '2Gi', '3Gi']);
  });

  it('has what the settings say of authority and resources, where nothing else does', () => {
    const fields = (customCA: string | null, moverResources: string | null, facts: Facts = {}): unknown =>
      mover(facts, { customCA, moverResources }).spec.fields;
    const told = {
      source: source({ spec: sourceSpec({ moverSpec: { ...moverSpec(), fields: { customCA: 'own' } } }) }),
    };
    expect([fields(null, null), fields('ca', null), fields(null, 'res'), fields('ca', 'res')]).toEqual([
      {},
      { customCA: 'ca' },
      { moverResources: 'res' },
      { customCA: 'ca', moverResources: 'res' },
    ]);
    expect([fields('ca', 'res', told), fields(null, null, told)]).toEqual([
      { customCA: 'own', moverResources: 'res' },
      { customCA: 'own' },
    ]);
  });

  it('runs as the claim says, else as what is remembered, else as its pods did', () => {
    const [a, b] = [
      { runAsUser: 1, runAsGroup: 1, fsGroup: 1 },
      { runAsUser: 2, runAsGroup: 2, fsGroup: 2 },
    ];
    const remembers = { destination: destination({ memory: { ...NO_MEMORY, mover: b } }) };
    const user = (facts: Facts): unknown => mover(facts).user;
    expect([
      user({ ...remembers, claimObject: claim({ moverUser: a }) }),
      user({ ...remembers, podUser: '3:3:3' }),
      user({ podUser: '3:3:3' }),
      user({}),
    ]).toEqual([a, b, { runAsUser: 3, runAsGroup: 3, fsGroup: 3 }, null]);
  });

  it('has drifted where something of ours differs, and not where it is larger than wanted', () => {
    const drift = (parts: Parameters<typeof spec>[0]): string =>
      driftOf(one({ destination: destination({ spec: spec(parts) }) }), spec());
    const differs: Parameters<typeof spec>[0][] = [
      { capacity: '4Gi' },
      { repository: 'x' },
      { copyMethod: 'Direct' },
      { enableFileDeletion: false },
      { cleanupTempPVC: true },
      { moverSpec: { ...moverSpec(), fields: { customCA: 'x' } } },
      { capacity: null },
    ];
    expect(differs.map(drift)).toEqual(differs.map(() => 'update'));
    expect([drift({}), drift({ capacity: '6Gi' }), driftOf(one({}), spec())]).toEqual(['none', 'none', 'none']);
  });
});
