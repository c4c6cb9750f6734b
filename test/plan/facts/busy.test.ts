/** When an object that movers use is left alone. */
import { describe, expect, it } from 'vitest';
import {
  areCredentialsInUse,
  isMoverFailing,
  isRememberedBySource,
  isSourceBusy,
} from '../../../src/plan/facts/busy.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import type { Mover } from '../../../src/model.ts';
import { NO_SOURCE_MEMORY, type Source } from '../../../src/source.ts';
import { BASE_VERSION, HOUR, MINUTE, NOW, mover, situation, source, sourceMover } from '../../support/build.ts';
import { RUNS, writer } from '../../support/facts.ts';

const RESTING = { lastSyncStartAt: null, nextSyncAt: NOW + HOUR };
const TWO = 2 * MINUTE;

describe('a source is busy', () => {
  it.each<[string, boolean, Partial<Source>, Mover | null]>([
    ['not between two backups', false, RESTING, null],
    ['while a pod of it runs', true, RESTING, sourceMover({ active: 1, failed: 2 })],
    ['while its pod is about to come', true, RESTING, sourceMover({ active: 0, failed: 0 })],
    ['not between two retries', false, RESTING, sourceMover({ active: 0, failed: 1 })],
    ['when a sync has just begun', true, { ...RESTING, lastSyncStartAt: NOW - TWO + 1 }, null],
    [
      'not when that was two minutes ago: it waits for something',
      false,
      { ...RESTING, lastSyncStartAt: NOW - TWO },
      null,
    ],
    ['when its next backup is due in less than two minutes', true, { ...RESTING, nextSyncAt: NOW + TWO - 1 }, null],
    ['not when it is due in two minutes', false, { ...RESTING, nextSyncAt: NOW + TWO }, null],
    ['when it was due less than two minutes ago', true, { ...RESTING, nextSyncAt: NOW - TWO + 1 }, null],
    ['not when it was due two minutes ago', false, { ...RESTING, nextSyncAt: NOW - TWO }, null],
    ['not when nobody knows when it is due', false, { ...RESTING, nextSyncAt: null }, null],
  ])('%s', (...[, isBusy, parts, job]) => {
    expect(isSourceBusy(source(parts), job, { live: true, now: NOW })).toBe(isBusy);
  });

  it('not while its claim is not bound, unless a pod of it runs', () => {
    const due = source({ lastSyncStartAt: NOW, nextSyncAt: NOW });
    expect(isSourceBusy(due, null, { live: false, now: NOW })).toBe(false);
    expect(isSourceBusy(due, sourceMover(), { live: false, now: NOW })).toBe(true);
  });
});

describe('the credentials of a claim', () => {
  const idle = writer(RESTING, null);
  const own = { secret: 'my-own' };

  it.each<[string, boolean, Partial<Situation>]>([
    ['are not while nothing runs', false, { writers: [idle] }],
    ['are while a restore runs', true, { sync: RUNS, writers: [] }],
    ['are not between two retries of it', false, { sync: { ...RUNS, betweenRetries: true }, writers: [] }],
    ['are while one of the sources is busy', true, { writers: [idle, writer(RESTING, sourceMover())] }],
    [
      'are not while that has a Secret of its own',
      false,
      { writers: [idle, writer({ ...RESTING, ...own }, sourceMover())] },
    ],
  ])('in use: %s', (_, inUse, facts) => {
    expect(areCredentialsInUse({ ...situation(), ...facts }, NOW)).toBe(inUse);
  });

  it.each<[string, boolean, Partial<Situation>]>([
    ['nothing has failed', false, { mover: null, writers: [idle] }],
    ['a restore has', true, { mover: mover({ failed: 1 }), writers: [] }],
    ['a restore runs', false, { mover: mover({ failed: 0 }), writers: [] }],
    ['one of the backups has', true, { writers: [idle, writer(RESTING, sourceMover({ failed: 1 }))] }],
    ['a backup with a Secret of its own has', false, { writers: [writer(own, sourceMover({ failed: 1 }))] }],
  ])('failed: %s', (_, hasFailed, facts) => {
    expect(isMoverFailing({ ...situation(), ...facts })).toBe(hasFailed);
  });

  it('are known to follow the base where a source of ours has noted its version', () => {
    const noted = (baseVersion: string | null, managed = true): Source =>
      source({ managed, memory: { ...NO_SOURCE_MEMORY, baseVersion } });
    const isNoted = (sources: Source[], facts: Partial<Situation> = {}): boolean =>
      isRememberedBySource({ ...situation(), sources, ...facts });
    expect([isNoted([noted(BASE_VERSION)]), isNoted([noted(null), noted(BASE_VERSION)])]).toEqual([true, true]);
    expect([
      isNoted([noted('older')]),
      isNoted([noted(BASE_VERSION, false)]),
      isNoted([]),
      isNoted([noted(BASE_VERSION)], { base: null }),
    ]).toEqual([false, false, false, false]);
  });
});
