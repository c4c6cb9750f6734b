/** A source of ours as the facts want it, and what counts as a difference. */
import { describe, expect, it } from 'vitest';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { backupTag } from '../../../src/naming.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import { type Source, type SourceMemory } from '../../../src/source.ts';
import type { Keeping } from '../../../src/plan/backup/keeping.ts';
import { carriedBy, differs, wantedSource, type WantedSource } from '../../../src/plan/backup/wanted-source.ts';
import {
  BASE_VERSION,
  NEWEST,
  NOW,
  claim,
  destination,
  indexOf,
  moverSpec,
  settings,
  situation,
  source,
  spec,
} from '../../support/build.ts';

type Facts = Partial<Situation>;
const KEEPING: Keeping = { retain: { hourly: 24 }, established: { hourly: 24 }, why: null, atStake: null };
const ORIGIN = { uid: 'uid-of-claim', origin: 'restored', held: NEWEST, newest: NEWEST, since: null } as const;

function wanted(facts: Facts = {}, more: Partial<WantedSource> = {}): ReturnType<typeof wantedSource> {
  return wantedSource({ ...situation(), ...facts }, settings(), {
    claim: claim(),
    keeping: KEEPING,
    origin: ORIGIN,
    ours: null,
    ...more,
  });
}

const SET = { ...moverSpec(), fields: { customCA: 'x' } };

/** What is there when it is as wanted. */
function there(parts: Partial<Source> = {}, memory: Partial<SourceMemory> = {}): Source {
  const { schedule, spec: wants, memory: remembers, capacity } = wanted();
  return source({ managed: true, schedule, spec: wants, capacity, ...parts, memory: { ...remembers, ...memory } });
}

describe('a source of ours differs', () => {
  const changed = (parts: Partial<Source['spec']>): Source => there({ spec: { ...wanted().spec, ...parts } });
  it.each<[string, boolean, Source]>([
    ['not where it is as wanted', false, there()],
    ['by its schedule', true, there({ schedule: '0 0 * * *' })],
    ['by a trigger of somebody’s', true, there({ manual: 'once' })],
    ['not by the trigger of the command backup', false, there({ manual: backupTag(NOW) })],
    ['by its Secret', true, changed({ repository: 'x' })],
    ['by its method', true, changed({ copyMethod: 'Clone' })],
    ['by its retention', true, changed({ retain: { hourly: 1 } })],
    ['by its prune', true, changed({ pruneIntervalDays: 1 })],
    ['not by a field of its mover that somebody else has set', false, changed({ moverSpec: SET })],
    [
      'by a field of ours that is not wanted any more',
      true,
      there({ spec: { ...wanted().spec, moverSpec: SET } }, { setFields: ['customCA'] }),
    ],
    ['not by a snapshot class that nobody set', false, changed({ snapshotClass: 'theirs' })],
    ['by the size of its claim', true, there({ capacity: '1Gi' })],
    ['by its claim', true, there({}, { claimUid: 'another' })],
    ['by the version of the base', true, there({}, { baseVersion: 'older' })],
    ['by why it keeps', true, there({}, { keeps: 'shared' })],
    ['by what its pods ran as', true, there({}, { podUser: '1:1:1' })],
    ['by its normal retention', true, there({}, { retain: null })],
    ['by how its claim began', true, there({}, { origin: { ...ORIGIN, origin: 'fresh' } })],
    ['where nobody knows that', true, there({}, { origin: null })],
  ])('%s', (_, isOther, has) => {
    expect(differs(has, wanted())).toBe(isOther);
  });

  it('by the snapshot class that is set', () => {
    const wants = wantedSource(situation(), settings({ snapshotClass: 'set' }), {
      claim: claim(),
      keeping: KEEPING,
      origin: null,
      ours: null,
    });
    const has = (snapshotClass: string | null): boolean =>
      differs(source({ ...wants, manual: null, managed: true, spec: { ...wants.spec, snapshotClass } }), wants);
    expect([has('set'), has('other'), has(null)]).toEqual([false, true, true]);
  });
});

describe('a source of ours', () => {
  const remembers = there({ hasBackup: true }, { podUser: '1:2:3', baseVersion: 'before', setFields: ['customCA'] });
  it('keeps what it remembers, and notes what is new', () => {
    expect(wanted({ credentials: null }, { ours: remembers }).memory).toEqual({
      ...remembers.memory,
      baseVersion: 'before',
      podUser: '1:2:3',
      setFields: ['customCA'],
    });
    expect(wanted({}, { ours: remembers }).existing).toEqual({
      uid: remembers.uid,
      resourceVersion: remembers.resourceVersion,
    });
    expect(wanted({ podUser: '4:5:6' }).memory.podUser).toBe('4:5:6');
    expect([
      wanted().spec.unlock,
      wanted({}, { ours: there({ spec: { ...wanted().spec, unlock: 'lock' } }) }).spec.unlock,
    ]).toEqual([null, 'lock']);
  });

  it('has saved a backup where it says so, or the index knows one', () => {
    const indexed = situation({ index: indexOf({ 'media.plex-config': `attach warm ${NEWEST} -` }) }).indexed;
    expect([
      wanted({ indexed: null }).hasBackup,
      wanted({ indexed }).hasBackup,
      wanted({ indexed: null }, { ours: remembers }).hasBackup,
      wanted({ indexed: null }, { ours: there() }).hasBackup,
    ]).toEqual([false, true, true, false]);
  });

  it('follows the base credentials where its Secret does', () => {
    const version = (facts: Facts): string | null => wanted(facts).memory.baseVersion;
    const follow: Facts[] = [{}, { credentials: { state: 'absent' } }, { credentials: { state: 'own' } }];
    const not: Facts[] = [
      { base: null },
      { base: { version: 'v', content: null } },
      { credentials: null },
      { credentials: { state: 'foreign' } },
      { credentials: { state: 'ours', differs: ['AWS_ACCESS_KEY_ID'] } },
    ];
    expect([follow.map(version), not.map(version)]).toEqual([
      [BASE_VERSION, BASE_VERSION, BASE_VERSION],
      [null, null, null, null, null],
    ]);
  });

  it('carries over what a destination or a record tells of its mover, and later what it took over then', () => {
    const told = {
      fields: { customCA: 'ca', moverAffinity: '{}' },
      cacheCapacity: '2Gi',
      cacheStorageClass: 'fast',
      cacheAccessModes: ['ReadWriteOnce'],
    };
    const copied = (moverFrom: 'source' | null): Facts => ({
      destination: destination({ spec: spec({ moverSpec: told }), memory: { ...NO_MEMORY, moverFrom } }),
    });
    expect(wanted(copied('source')).memory.carried).toEqual([
      'cacheAccessModes',
      'cacheCapacity',
      'cacheStorageClass',
      'customCA',
      'moverAffinity',
    ]);
    expect([wanted(copied(null)).memory.carried, wanted({ destination: null }).memory.carried]).toEqual([[], []]);
    const carried = (fields: string[]): unknown =>
      carriedBy(
        { ...situation(), ...copied('source') },
        there({ spec: { ...wanted().spec, moverSpec: told } }, { carried: fields }),
      );
    expect(carried([])).toEqual({ fields: {}, cacheCapacity: null, cacheStorageClass: null, cacheAccessModes: [] });
    expect(carried(['customCA', 'cacheCapacity'])).toEqual({
      fields: { customCA: 'ca' },
      cacheCapacity: '2Gi',
      cacheStorageClass: null,
      cacheAccessModes: [],
    });
    expect(carried(['cacheStorageClass', 'cacheAccessModes'])).toEqual({
      fields: {},
      cacheCapacity: null,
      cacheStorageClass: 'fast',
      cacheAccessModes: ['ReadWriteOnce'],
    });
    expect(carriedBy({ ...situation(), destination: null, record: { state: 'absent' } }, null)).toBeNull();
  });

  it('runs as the claim says, else as what is told, else as its pods, else as the setting', () => {
    const user = (id: number): { runAsUser: number; runAsGroup: number; fsGroup: number } => ({
      runAsUser: id,
      runAsGroup: id,
      fsGroup: id,
    });
    const context = (facts: Facts, more: Partial<WantedSource> = {}): string | undefined =>
      wantedSource({ ...situation(), destination: null, ...facts }, settings({ mover: user(4) }), {
        claim: claim(),
        keeping: KEEPING,
        origin: null,
        ours: null,
        ...more,
      }).spec.moverSpec.fields.moverSecurityContext;
    const text = (id: number): string => JSON.stringify({ fsGroup: id, runAsGroup: id, runAsUser: id });
    const told: Facts = {
      destination: destination({
        spec: spec({ moverSpec: { ...moverSpec(), fields: { moverSecurityContext: text(2) } } }),
        memory: { ...NO_MEMORY, moverFrom: 'source' },
      }),
    };
    expect([
      context({ ...told, podUser: '3:3:3' }, { claim: claim({ moverUser: user(1) }) }),
      context({ ...told, podUser: '3:3:3' }),
      context({ podUser: '3:3:3' }),
      context({ podUser: 'none' }),
      context({}),
    ]).toEqual([text(1), text(2), text(3), text(4), text(4)]);
    expect(context({ podUser: '3:3:3' }, { ours: there({}, { podUser: '5:5:5' }) })).toBe(text(5));
  });
});
