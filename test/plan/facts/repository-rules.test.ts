/** Repositories of a claim, and backups that run soon; each fact taken away in turn. */
import { describe, expect, it } from 'vitest';
import {
  furtherThan,
  isReachable,
  placeNameOf,
  primaryOf,
  probeKeyOf,
  rememberedRepository,
  repositoriesFor,
  type Repository,
} from '../../../src/plan/facts/repositories.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { backupRunsSoon, hasEnded, isBackupRunning } from '../../../src/plan/facts/source.ts';
import { parseAddress } from '../../../src/restic/address.ts';
import type { Source } from '../../../src/source.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NOW,
  PLACE,
  destination,
  settings,
  situation,
  source,
  sourceMover,
} from '../../support/build.ts';
import { OUT_OF_REACH, repository, writer } from '../../support/facts.ts';
import { place } from '../../support/place.ts';

type Facts = Partial<Situation>;
const IN_BUCKET = 's3:http://rustfs.example:9000/volsync-backups/plex';

const FAR = repository('s3:http://far.example/b/p', { sources: ['plex-far'] });
const LAYOUT: Repository = { ...FAR, where: { kind: 'layout' }, key: 'layout-key', secret: null };
const OUT = repository('sftp:user@host:/p');

describe('repositories', () => {
  const own = settings();
  it('that only the index remembers are found in the listed bucket, and out of reach elsewhere', () => {
    const address = parseAddress(IN_BUCKET);
    const rest = { secret: null, sources: [], restored: false };
    expect(rememberedRepository(IN_BUCKET, own)).toEqual({
      where: { kind: 'referenced', address, path: 'plex' },
      key: IN_BUCKET,
      shown: IN_BUCKET,
      ...rest,
    });
    const other = 's3:http://other.example/b/p';
    expect(rememberedRepository(other, own)).toEqual({
      where: { kind: 'out-of-reach', address: parseAddress(other) },
      key: other,
      shown: other,
      ...rest,
    });
    expect(rememberedRepository('sftp:h:/p', own).where.kind).toBe('out-of-reach');
  });

  it('are what the Secrets of a claim say, each once', () => {
    const sources = [
      source({ name: 'a', secret: 's1' }),
      source({ name: 'b', secret: 's2' }),
      source({ name: 'c', secret: '' }),
      source({ name: 'd', secret: 's1' }),
    ];
    const places = new Map([
      ['s1', place(IN_BUCKET)],
      ['s2', { state: 'failed', message: 'no such Secret' } as const],
    ]);
    const of = (d: Parameters<typeof repositoriesFor>[0]['destination']): unknown =>
      repositoriesFor({ ref: PLACE, sources, destination: d, places }, own).map(
        ({ where, shown, sources: names, restored, secret }) => [where.kind, shown, names, restored, secret],
      );
    const both = [
      ['referenced', IN_BUCKET, ['a', 'd'], false, 's1'],
      ['out-of-reach', 'no such Secret', ['b'], false, 's2'],
    ];
    expect(of(null)).toEqual(both);
    expect(of(destination({ mover: 'other' }))).toEqual(both);
    expect(of(destination())).toEqual([['layout', 'the layout path', [], true, null], ...both]);
    const lost = new Map([...places, ['s1', { state: 'absent', message: 'gone' } as const]]);
    expect(repositoriesFor({ ref: PLACE, sources, destination: null, places: lost }, own)).toEqual([
      { ...OUT_OF_REACH, shown: 'gone', secret: 's1', sources: ['a', 'd'] },
      { ...OUT_OF_REACH, shown: 'no such Secret', secret: 's2', sources: ['b'] },
    ]);
  });

  it('are looked into under their own address, and for each namespace by itself', () => {
    expect([
      probeKeyOf({ key: KEY, namespace: 'media' }, null),
      probeKeyOf({ key: KEY, namespace: 'media' }, LAYOUT),
    ]).toEqual([KEY, KEY]);
    expect(probeKeyOf({ key: KEY, namespace: 'media' }, FAR)).toBe('s3:http://far.example/b/p of media/far');
    expect(probeKeyOf({ key: KEY, namespace: 'media' }, { ...FAR, secret: null })).toBe(
      's3:http://far.example/b/p of media/',
    );
  });

  const other = repository('s3:http://third.example/b/p');
  it.each<[string, Repository | null, Repository[], { isListed?: boolean; remembered?: string }]>([
    ['the one that is restored', OUT, [FAR, { ...OUT, restored: true }], {}],
    ['the one that the index remembers', FAR, [LAYOUT, FAR], { remembered: 's3:http://far.example/b/p' }],
    ['the layout path, where something lies there', LAYOUT, [FAR, LAYOUT], { isListed: true }],
    ['the layout path, where it is named', LAYOUT, [FAR, LAYOUT], {}],
    ['the layout path, where something lies there that nobody names', null, [FAR], { isListed: true }],
    ['the one with the newest snapshot', other, [OUT, FAR, other], {}],
    ['one that cannot be asked, where there is no other', OUT, [OUT], {}],
    ['none where none is named', null, [], {}],
  ])('the first is %s', (...[, first, all, { isListed = false, remembered = null }]) => {
    const times = new Map([
      [FAR, 1],
      [other, 2],
      [OUT, 9],
    ]);
    const found = primaryOf(all, { isListed, remembered, newestAt: (one) => times.get(one) ?? null });
    expect([found?.where, found?.shown]).toEqual([first?.where, first?.shown]);
  });

  it('the others are further ones, and the layout path where something lies there', () => {
    const shown = (...args: Parameters<typeof furtherThan>): string[] =>
      furtherThan(...args).map((one) => one.where.kind);
    expect([shown(null, [FAR, LAYOUT], true), shown(LAYOUT, [FAR, LAYOUT], true)]).toEqual([
      ['referenced'],
      ['referenced'],
    ]);
    expect([shown(FAR, [FAR], true), shown(FAR, [FAR], false), shown(FAR, [FAR, LAYOUT], true)]).toEqual([
      ['layout'],
      [],
      ['layout'],
    ]);
    expect([shown(FAR, [], true), shown(null, [], true)]).toEqual([['layout'], []]);
    expect(furtherThan(FAR, [FAR], true)[0]).toEqual({
      where: { kind: 'layout' },
      key: null,
      shown: 'the layout path',
      secret: null,
      sources: [],
      restored: false,
    });
  });

  it('have a word for their place, when they can be looked into', () => {
    expect([placeNameOf(null), placeNameOf(LAYOUT), placeNameOf(FAR), placeNameOf(OUT)]).toEqual([
      'layout',
      'layout',
      's3:http://far.example/b/p',
      null,
    ]);
    expect([isReachable(FAR), isReachable(LAYOUT), isReachable(OUT)]).toEqual([true, true, false]);
  });
});

describe('a backup', () => {
  const runsSoon = (
    parts: Partial<Source>,
    facts: Facts = {},
    mover: ReturnType<typeof sourceMover> | null = null,
  ): boolean =>
    backupRunsSoon(
      {
        ...situation(),
        destination: destination({ lastSyncSeconds: 120 }),
        writers: [{ source: source({ lastSyncStartAt: null, nextSyncAt: NOW + HOUR, ...parts }), mover }],
        ...facts,
      },
      NOW,
    );
  const TWO = 2 * MINUTE;
  it.each<[string, boolean, Partial<Source>, Facts?]>([
    ['does not run soon between two', false, {}],
    ['runs within the time that a restore takes', true, { nextSyncAt: NOW + TWO - 1 }],
    ['does not run within that time', false, { nextSyncAt: NOW + TWO }],
    ['was due less than a minute ago', true, { nextSyncAt: NOW - MINUTE + 1 }],
    ['was due a minute ago, and is not expected', false, { nextSyncAt: NOW - MINUTE }],
    ['has no time', false, { nextSyncAt: null }],
    [
      'comes more often than a restore takes: that is not put off for ever',
      false,
      { nextSyncAt: NOW + 1, lastSyncAt: NOW + 1 - TWO },
    ],
    ['comes a little less often', true, { nextSyncAt: NOW + 1, lastSyncAt: NOW - TWO }],
    ['is the first one', true, { nextSyncAt: NOW + 1, lastSyncAt: null }],
    ['copies its volume', true, { lastSyncStartAt: NOW - 30 * MINUTE + 1 }],
    ['has copied it for half an hour: it is stuck', false, { lastSyncStartAt: NOW - 30 * MINUTE }],
    ['copies nothing without a bound claim', false, { lastSyncStartAt: NOW }, { live: false }],
    [
      'of an unlabelled claim copies, once it has backed it up',
      true,
      { lastSyncStartAt: NOW },
      { live: false, claimObject: null },
    ],
    [
      'of a claim that is not there copies nothing',
      false,
      { lastSyncStartAt: NOW, lastSyncAt: null },
      { live: false, claimObject: null },
    ],
    [
      'is expected within a minute where no restore was measured',
      true,
      { nextSyncAt: NOW + MINUTE - 1 },
      { destination: null },
    ],
    ['is not expected later then', false, { nextSyncAt: NOW + MINUTE }, { destination: null }],
  ])('%s', (_, isSoon, parts, facts = {}) => {
    expect(runsSoon(parts, facts)).toBe(isSoon);
  });

  it('runs while a pod of it does', () => {
    const fails = sourceMover({ active: 0, failed: 1 });
    expect([
      runsSoon({}, {}, sourceMover()),
      runsSoon({}, {}, fails),
      runsSoon({ lastSyncStartAt: NOW }, {}, fails),
    ]).toEqual([true, false, false]);
    const running = (mover: typeof fails | null): boolean =>
      isBackupRunning({ ...situation(), writers: [writer(), { source: source(), mover }] });
    expect([running(sourceMover()), running(fails), running(null)]).toEqual([true, false, false]);
  });

  it('has ended when its source says so and names the snapshot', () => {
    const ended = (parts: Partial<Source>): boolean => hasEnded({ ...situation(), writers: [writer(parts)] }, LATER);
    const log = { moverLogs: `snapshot ${LATER} saved` };
    expect([ended(log), ended({ ...log, lastSyncStartAt: NOW }), ended({})]).toEqual([true, false, false]);
  });
});
