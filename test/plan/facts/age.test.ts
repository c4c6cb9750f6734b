/** Objects of the bucket are as old as the bucket's own clock says. */
import { describe, expect, it } from 'vitest';
import { ageOf } from '../../../src/plan/facts/age.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  SECOND,
  bucketView,
  listed,
  lostCluster,
  snapshot,
  told,
} from '../../support/build.ts';

/** A new destination is to be made; the bucket's clock is so far ahead of ours, and these objects are so old by it. */
function reason({ skew, saved, locked }: { skew: number; saved?: number; locked?: number }): string {
  const at = (age: number): number => NOW + skew - age;
  const locks = locked === undefined ? [] : [{ name: 'f'.repeat(64), at: at(locked) }];
  const before = [snapshot(NEWEST, at(HOUR))];
  const found = saved === undefined ? before : [...before, snapshot(LATER, at(saved))];
  return told({ bucket: bucketView({ [KEY]: listed(found, locks) }, { skew }), cluster: lostCluster() }).restorePoint;
}

describe('by the bucket’s clock', () => {
  it.each([-2 * HOUR, -MINUTE, 0, MINUTE, 2 * HOUR])('that is %i ms ahead: what was just saved is too new', (skew) => {
    expect(reason({ skew, saved: 30 * SECOND })).toBe('cold: snapshot-too-new');
    expect(reason({ skew, saved: 3 * MINUTE })).toBe('cold: queued');
  });

  it.each([-2 * HOUR, 0, 2 * HOUR])('that is %i ms ahead: a lock is young for half an hour', (skew) => {
    expect(reason({ skew, locked: 20 * MINUTE })).toBe('cold: repository-locked');
    expect(reason({ skew, locked: 40 * MINUTE })).toBe('cold: queued');
  });

  it('R4: a snapshot or a lock that is dated in the future is not new', () => {
    expect(reason({ skew: 0, saved: -HOUR })).toBe('cold: queued');
    expect(reason({ skew: 0, locked: -HOUR })).toBe('cold: queued');
  });

  it('an answer tells whole seconds: what it seems to be ahead by is now', () => {
    expect(reason({ skew: 0, saved: -SECOND })).toBe('cold: snapshot-too-new');
    const bucket = { skew: 0 };
    expect([ageOf(NOW + MINUTE, { now: NOW, bucket }), ageOf(NOW + 6 * MINUTE, { now: NOW, bucket })]).toEqual([
      0,
      null,
    ]);
  });
});
