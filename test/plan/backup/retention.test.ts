import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { forgottenBy } from '../../../src/plan/backup/forgotten.ts';
import {
  keepEverything,
  keepsByCount,
  keepsEverything,
  normalRetain,
  shortens,
} from '../../../src/plan/backup/retention.ts';
import { minuteOf, scheduleOf } from '../../../src/plan/backup/schedule.ts';
import { formatRetain, parseRetain, readRetain, sameRetain, withinMillis } from '../../../src/retain.ts';
import { HOUR, MINUTE, NOW, PLACE, SECOND, settings, snapshot } from '../../support/build.ts';

const HOURLY = { hourly: 24, daily: 7, within: '3d' };
const DAILY = { daily: 14, within: '3d' };

describe('a schedule', () => {
  it('has a minute of the claim’s own, the same every time', () => {
    const minute = minuteOf(PLACE);
    expect(scheduleOf(PLACE, 'hourly', settings())).toBe(`${minute} * * * *`);
    expect(scheduleOf(PLACE, 'daily', settings())).toBe(`${minute} 2 * * *`);
    const fixed = settings({ hourlySchedule: '7 * * * *', dailySchedule: 'M 4 * * *' });
    expect(scheduleOf(PLACE, 'hourly', fixed)).toBe('7 * * * *');
  });

  it('spreads claims over the minutes 2 to 49 and leaves none out', () => {
    const minutes = new Set(
      Array.from({ length: 2000 }, (_, n) => minuteOf({ namespace: `team-${n % 20}`, claim: `c${n}` })),
    );
    expect([Math.min(...minutes), Math.max(...minutes), minutes.size]).toEqual([2, 49, 48]);
  });
});

describe('retention', () => {
  it('is 24 hourly and 7 daily, or 14 daily, and everything of three days', () => {
    expect(normalRetain('hourly', settings())).toEqual(HOURLY);
    expect(normalRetain('daily', settings())).toEqual(DAILY);
  });

  it('keeps everything of three days whatever a setting says, and longer when it says so', () => {
    const given = settings({ hourlyRetain: { hourly: 1, within: '2h' }, dailyRetain: { daily: 1, within: '1y' } });
    expect(normalRetain('hourly', given)).toEqual({ hourly: 1, within: '3d' });
    expect(normalRetain('daily', given)).toEqual({ daily: 1, within: '1y' });
    expect(normalRetain('daily', settings({ dailyRetain: { daily: 1, within: '72h' } }))).toEqual({
      daily: 1,
      within: '3d',
    });
  });

  it('keeps everything by one more field, which is no empty policy', () => {
    expect(keepEverything(HOURLY)).toEqual({ ...HOURLY, last: 'unlimited' });
    expect([keepsEverything(keepEverything(DAILY)), keepsEverything(DAILY), keepsEverything(null)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    ['fewer hours', HOURLY, { ...HOURLY, hourly: 12 }, true],
    ['more of everything', HOURLY, { hourly: 48, daily: 30, within: '4d' }, false],
    ['another tier', HOURLY, DAILY, true],
    ['the other way round', DAILY, HOURLY, true],
    ['a shorter time', HOURLY, { ...HOURLY, within: '2d' }, true],
    ['after everything was kept', keepEverything(HOURLY), HOURLY, true],
    ['to keeping everything', HOURLY, keepEverything(HOURLY), false],
    ['from VolSync’s keep-last 1', null, HOURLY, false],
    ['fewer of the last', { last: '9' }, { last: '8' }, true],
    ['more of the last', { last: '8' }, { last: '9' }, false],
    ['keeping everything, whatever else it says', HOURLY, { hourly: 1, last: 'unlimited' }, false],
  ])('is shortened or not by %s', (_, before, after, wanted) => {
    expect(shortens(before, after)).toBe(wanted);
  });

  it.each([
    [null, true],
    [{}, true],
    [{ last: '5' }, true],
    [{ hourly: -1 }, true],
    [{ hourly: 24 }, false],
    [{ last: '5', within: '3d' }, false],
    [{ last: 'unlimited' }, false],
  ])('%j keeps by count: %s', (retain, wanted) => {
    expect(keepsByCount(retain)).toBe(wanted);
  });

  it('is one word for people and annotations, and is read back', () => {
    expect(formatRetain(HOURLY)).toBe('hourly=24,daily=7,within=3d');
    expect(readRetain('hourly=24, daily=7,within=3d')).toEqual(HOURLY);
    expect(['hourly', 'hourly=0', 'hourly=-1', 'within=3', 'last=many', 'x=1', ''].map(readRetain)).toEqual(
      Array(7).fill(null),
    );
    expect(parseRetain({ hourly: 24, daily: 7, within: '3d', other: 1 })).toEqual(HOURLY);
    expect([sameRetain({ daily: 7, hourly: 24 }, { hourly: 24, daily: 7 }), sameRetain(null, DAILY)]).toEqual([
      true,
      false,
    ]);
    expect([parseRetain(undefined), parseRetain({}), parseRetain('x')]).toEqual([null, null, null]);
    expect([withinMillis('1d12h'), withinMillis('2y'), withinMillis('h')]).toEqual([
      36 * HOUR,
      2 * 365 * 24 * HOUR,
      null,
    ]);
  });
});

describe('what a policy forgets', () => {
  const at = (...ages: number[]): ReturnType<typeof snapshot>[] =>
    ages.map((age, index) => snapshot(String(index).padStart(8, '0'), NOW - age));
  const left = (retain: Parameters<typeof forgottenBy>[0], ...ages: number[]): number =>
    ages.length - forgottenBy(retain, at(...ages), NOW).length;

  it('is measured: of five backups within one hour, as many are kept as restic keeps', () => {
    const five = [50, 40, 30, 20, 10].map((minutes) => minutes * MINUTE - 10 * SECOND);
    expect([
      left(HOURLY, ...five),
      left(keepEverything(HOURLY), ...five),
      left({ within: '100y' }, ...five),
      left(null, ...five),
      left({ hourly: 24, daily: 7 }, ...five),
      left({ last: '3' }, ...five),
    ]).toEqual([5, 5, 5, 1, 2, 3]);
  });

  it('L1: the newest backup survives an older one that is saved ten seconds later, for three days', () => {
    const [lost, after] = [snapshot('aaaaaaaa', NOW), snapshot('bbbbbbbb', NOW + 10 * SECOND)];
    const older = at(2 * HOUR, 3 * HOUR);
    expect(forgottenBy(HOURLY, [...older, lost, after], NOW + MINUTE)).toEqual([]);
    const later = Array.from({ length: 96 }, (_, n) => snapshot(`c${n}`.padEnd(8, '0'), NOW + (n + 1) * HOUR));
    expect(forgottenBy(HOURLY, [...older, lost, after, ...later], NOW + 96 * HOUR)).toContainEqual(lost);
    expect(forgottenBy(keepEverything(HOURLY), [...older, lost, after, ...later], NOW + 96 * HOUR)).toEqual([]);
  });

  const EIGHT = Array.from({ length: 8 }, (_, n) => n * HOUR);

  it.each([
    { hourly: -1 },
    { last: 'all' },
    { last: '1e0' },
    { last: '0x1' },
    { last: '-1' },
    { last: 'unlimited' },
    { within: '3' },
    { within: '3', last: '1' },
    { hourly: 0 },
    { within: '0h' },
  ])('is nothing where restic refuses it, or where it keeps everything: %j', (retain) => {
    expect(forgottenBy(retain, at(...EIGHT), NOW)).toEqual([]);
  });

  it('is told apart by name within a second, whatever the order of the listing', () => {
    const [one, other] = [snapshot('aaaaaaaa', NOW), snapshot('bbbbbbbb', NOW)];
    expect([forgottenBy(null, [one, other], NOW), forgottenBy(null, [other, one], NOW)]).toEqual([[one], [one]]);
  });

  it('is counted back from what is saved in this very moment', () => {
    const [older, newest] = at(2 * HOUR, 0);
    expect(forgottenBy({ within: '1h' }, [older!, newest!], NOW)).toEqual([older]);
  });

  it('keeps one of each month, whatever the year', () => {
    const [last, ...before] = ['2024-01-01', '2012-02-01', '2012-01-01'].map((day, n) =>
      snapshot(`${n}`.repeat(8), Date.parse(day)),
    );
    expect(forgottenBy({ monthly: 2 }, [last!, ...before], NOW)).toEqual([before[1]]);
  });

  it('never leaves fewer than one, and keeps what a larger policy keeps', () => {
    const ages = fc.array(fc.integer({ min: 0, max: 40 * 24 * 60 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(ages, fc.constantFrom(HOURLY, DAILY, { last: '1' }, null), (minutes, retain) => {
        const all = at(...minutes.map((one) => one * MINUTE));
        const gone = forgottenBy(retain, all, NOW);
        expect(gone.length).toBeLessThan(all.length);
        expect(forgottenBy(keepEverything(retain ?? HOURLY), all, NOW)).toEqual([]);
      }),
    );
  });
});
