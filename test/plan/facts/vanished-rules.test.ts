/** A snapshot that was known and is gone: each fact taken away in turn. */
import { NO_MEMORY } from '../../../src/memory.ts';
import { describe, expect, it } from 'vitest';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { vanishedOf } from '../../../src/plan/facts/vanished.ts';
import {
  HOUR,
  IMAGE,
  LATER,
  NEWEST,
  NOW,
  OLD,
  claim,
  destination,
  foreign,
  listed,
  situation,
  snapshot,
} from '../../support/build.ts';
import { UNREAD, entry, knownNewest, writer } from '../../support/facts.ts';

type Facts = Partial<Situation>;
const DAY = 24 * HOUR;

describe('a snapshot has vanished', () => {
  const vanished = (facts: Facts): string | undefined =>
    vanishedOf({
      ...situation(),
      probe: listed([snapshot(OLD, NOW - HOUR)]),
      indexed: null,
      timesFrom: -Infinity,
      destination: null,
      ...facts,
    })?.id;
  const holds = (id: string, at: number | null): Facts => ({
    destination: destination({ memory: { ...NO_MEMORY, verified: { image: IMAGE, id, at } } }),
  });
  it.each<[string, string | undefined, Facts]>([
    ['that the index called the newest', NEWEST, { indexed: knownNewest(NEWEST, NOW) }],
    ['that is as old as the newest there', NEWEST, { indexed: knownNewest(NEWEST, NOW - HOUR) }],
    ['not one that is older: restic forgets old ones', undefined, { indexed: knownNewest(NEWEST, NOW - HOUR - 1) }],
    ['not one that nobody knows how old it was', undefined, { indexed: knownNewest(NEWEST, null) }],
    ['that the image holds', LATER, holds(LATER, NOW)],
    ['the younger one of two', LATER, { indexed: knownNewest(NEWEST, NOW), ...holds(LATER, NOW + 1) }],
    [
      'the younger one of two, in whatever order',
      NEWEST,
      { indexed: knownNewest(NEWEST, NOW + 1), ...holds(LATER, NOW) },
    ],
    ['not what is there', undefined, { indexed: knownNewest(OLD, NOW) }],
    [
      'not where the newest one there is accepted',
      undefined,
      { indexed: knownNewest(NEWEST, NOW), claimObject: claim({ accept: OLD }) },
    ],
    [
      'not where nothing is there: that is another question',
      undefined,
      { indexed: knownNewest(NEWEST, NOW), probe: listed([]) },
    ],
    ['not where nobody could look', undefined, { indexed: knownNewest(NEWEST, NOW), probe: UNREAD }],
    ['not what was restored from another address', undefined, { ...holds(LATER, NOW), changedFrom: 'layout' }],
    [
      'not what an entry says of another address',
      undefined,
      {
        indexed: entry(`attach warm ${NEWEST} ${new Date(NOW).toISOString()} repo=s3:http://x/b`),
        changedFrom: 's3:http://x/b',
      },
    ],
    ['what an entry says of this address', NEWEST, { indexed: knownNewest(NEWEST, NOW), changedFrom: 's3:http://x/b' }],
    ['from a copy, whatever its times', NEWEST, { indexed: knownNewest(NEWEST, NOW - DAY), timesFrom: NOW - HOUR }],
    ['from a copy, not where nothing was known', undefined, { timesFrom: NOW - HOUR }],
    [
      'from a copy, not where nobody knows how old it was',
      undefined,
      { indexed: knownNewest(NEWEST, null), timesFrom: NOW - HOUR },
    ],
    [
      'the one of the index, where both are as old',
      NEWEST,
      { indexed: knownNewest(NEWEST, NOW), ...holds(LATER, NOW) },
    ],
    [
      'also what an entry of another address says, where the image is not known to be of another one',
      NEWEST,
      { indexed: entry(`attach warm ${NEWEST} ${new Date(NOW).toISOString()} repo=s3:http://x/b`) },
    ],
    ['from a copy, not what is there', undefined, { indexed: knownNewest(OLD, NOW), timesFrom: NOW - HOUR }],
    [
      'from a copy, not where a source has saved what is there',
      undefined,
      {
        indexed: knownNewest(NEWEST, NOW - DAY),
        timesFrom: NOW - HOUR,
        writers: [writer({ moverLogs: `snapshot ${OLD} saved` })],
      },
    ],
  ])('%s', (_, id, facts) => {
    expect(vanished({ writers: [], ...facts })).toBe(id);
  });

  it('is none where nothing was known', () => {
    const facts = { ...situation(), probe: listed([snapshot(OLD)]), indexed: null, destination: null, writers: [] };
    expect(vanishedOf({ ...facts, timesFrom: NOW })).toBeNull();
  });

  it('is nobody’s where the destination is somebody else’s and has proven nothing', () => {
    expect(vanished({ destination: foreign() })).toBeUndefined();
  });
});
