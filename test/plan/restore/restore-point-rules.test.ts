/** The state of a restore point: each rule with the facts that it needs, one after the other. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import { restorePointOf } from '../../../src/plan/restore/restore-point.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  bucketView,
  destination,
  foreign,
  fullId,
  listed,
  snapshot,
  snapshots,
} from '../../support/build.ts';
import { OUT_OF_REACH, RUNS } from '../../support/facts.ts';
import { known } from '../../support/known.ts';

type Facts = Partial<KnownClaim>;
const FAILS = { ...RUNS, trouble: 'sync-failing' } as const;
const STUCK = { ...RUNS, trouble: 'sync-stuck' } as const;
const PAUSED = { state: 'paused' } as const;
const EMPTY = { contents: { state: 'empty', why: 'image-empty', fresh: false } } as const;
const ABSENT = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;
const ELSEWHERE = { elsewhere: { snapshot: snapshot(LATER, NOW - MINUTE), repository: OUT_OF_REACH } };
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });

describe('the state of a restore point', () => {
  const secondTry = { destination: destination({ memory: { ...NO_MEMORY, secondTry: NEWEST } }) };
  const theirs = { destination: foreign({ adopted: true }), unsteered: null, steered: true } as const;
  it.each<[string, string, Facts]>([
    ['of a shared repository', 'blocked: repository-shared-by-claims', { sharedWith: 'media/other' }],
    ['where another repository is newer', 'blocked: newer-elsewhere', ELSEWHERE],
    [
      'where only another repository has a backup',
      'warm: null',
      { ...ELSEWHERE, backup: { state: 'absent', snapshots: 0, newest: null, reason: 'newer-elsewhere' } },
    ],
    ['of an empty image', 'suspect: image-empty', EMPTY],
    ['of the second empty image', 'blocked: image-empty', { ...EMPTY, ...secondTry }],
    ['of an empty image where there is no backup', 'suspect: image-empty', { ...EMPTY, ...ABSENT }],
    [
      'of somebody else’s empty image where there is no backup',
      'warm: repository-empty',
      { ...EMPTY, ...ABSENT, ...theirs },
    ],
    ['of the same while it is renewed', 'suspect: image-empty', { ...EMPTY, ...ABSENT, ...theirs, sync: RUNS }],
    [
      'of the same without an image',
      'suspect: image-empty',
      { ...EMPTY, ...ABSENT, ...theirs, imageState: 'not-ready' },
    ],
    [
      'of the same where another repository has a backup',
      'suspect: image-empty',
      { ...EMPTY, ...ABSENT, ...theirs, ...ELSEWHERE },
    ],
    ['of the same where there is a backup', 'suspect: image-empty', { ...EMPTY, ...theirs }],
    [
      'of somebody else’s image where there is no backup',
      'stale: image-unproven',
      { contents: { state: 'unproven' }, ...ABSENT, ...theirs },
    ],
    ['while it is paused, with an image', 'stale: sync-failing', { sync: PAUSED }],
    ['while it is paused, without one', 'blocked: sync-failing', { sync: PAUSED, imageState: 'not-ready' }],
    ['while it is renewed', 'stale: sync-in-progress', { sync: RUNS }],
    ['while it is made', 'warming: sync-in-progress', { sync: RUNS, imageState: 'none' }],
    ['while its renewal fails', 'stale: sync-failing', { sync: FAILS }],
    ['while its making is stuck', 'blocked: sync-stuck', { sync: STUCK, imageState: 'none' }],
    ['without an image', 'cold: image-missing', { imageState: 'none' }],
    ['whose image is lost', 'cold: image-missing', { imageState: 'missing', blocker: 'source-syncing' }],
    [
      'whose image is lost while a person has to act',
      'cold: credentials-foreign',
      { imageState: 'missing', blocker: 'credentials-foreign' },
    ],
    ['whose image is not ready', 'cold: image-not-ready', { imageState: 'not-ready', blocker: 'source-syncing' }],
    [
      'whose image is not ready while a person has to act',
      'cold: credentials-foreign',
      { imageState: 'not-ready', blocker: 'credentials-foreign' },
    ],
    ['whose image is no snapshot', 'blocked: image-direct', { imageState: 'direct' }],
    ['of another address', 'stale: repository-changed', { changedFrom: 's3:http://y/b' }],
    [
      'of a snapshot that the listing does not have',
      'stale: snapshot-unlisted',
      { contents: { state: 'unlisted', id: LATER } },
    ],
    [
      'of a snapshot that nobody has looked for',
      'stale: image-unproven',
      { contents: { state: 'unlisted', id: LATER }, probe: null },
    ],
    [
      'of a snapshot that could not be looked for',
      'stale: image-unproven',
      {
        contents: { state: 'unlisted', id: LATER },
        probe: { state: 'unknown', reason: 'listing-failed', message: '' },
      },
    ],
    ['of what nobody has proven', 'stale: image-unproven', { contents: { state: 'unproven' } }],
    ['of what the bucket has lost', 'stale: snapshots-vanished', { blocker: 'snapshots-vanished' }],
    ['of the newest', 'warm: null', { blocker: 'source-syncing' }],
    [
      'of an older one',
      'stale: source-syncing',
      { blocker: 'source-syncing', contents: { state: 'proven', id: OLD, fresh: false } },
    ],
  ])('%s', (_, state, facts) => {
    const point = restorePointOf(known({}, facts).claim);
    expect(`${point.state}: ${point.reason}`).toBe(state);
  });

  it('tells by how much its image is behind, where both times are known', () => {
    const lag = (facts: Facts): number | null => restorePointOf(known({ bucket: NEWER }, facts).claim).lagSeconds;
    const newest = (id: string, at: number | null): Facts => ({
      backup: { state: 'present', snapshots: 3, newest: { id: fullId(id), at }, reason: null },
    });
    const verified = {
      destination: destination({
        memory: { ...NO_MEMORY, verified: { image: IMAGE, id: NEWEST, at: NOW - 2 * HOUR } },
      }),
    };
    expect([
      lag({}),
      lag({ ...verified, probe: null }),
      lag({ probe: null, destination: null }),
      lag(newest(LATER, null)),
    ]).toEqual([3000, 6600, null, null]);
    expect([
      lag(newest(NEWEST, null)),
      lag(newest(NEWEST, NOW)),
      lag({ contents: { state: 'unproven' } }),
      lag(ABSENT),
    ]).toEqual([0, 0, null, null]);
    expect(lag(newest(LATER, NOW - 3 * HOUR))).toBe(0);
  });
});
