/** Which snapshot is asked for next, and what an image holds at best: every fact that decides, taken away in turn. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import { asOfNewest, bestOf, nextAsk } from '../../../src/plan/restore/restorable.ts';
import { NO_SOURCE_MEMORY } from '../../../src/source.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  bucketView,
  destination,
  foreign,
  fullId,
  listed,
  snapshot,
  snapshots,
  source,
  spec,
  type DestinationParts,
} from '../../support/build.ts';
import { RUNS } from '../../support/facts.ts';
import { known } from '../../support/known.ts';

const AT = NOW - 10 * MINUTE + 1;
/** The whole second in which it was there. */
const SECOND_OF = NOW - 10 * MINUTE + 1000;
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, AT)]) });
type Case = [string, unknown, Partial<KnownClaim>];

function claimWith(facts: Partial<KnownClaim>): KnownClaim {
  return known({ bucket: NEWER }, facts).claim;
}

const asked = (tag: string, restoreAsOf: number | null = null, more: DestinationParts = {}): Partial<KnownClaim> => ({
  destination: destination({ manual: tag, lastManualSync: tag, spec: spec({ restoreAsOf }), ...more }),
});
const NO_BACKUP = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;
/** The claim began without this snapshot, so what it has saved since does not count. */
const origin = { uid: 'uid-of-claim', origin: 'missed', held: null, newest: NEWEST, since: null } as const;
const DOUBTED = { sources: [source({ managed: true, memory: { ...NO_SOURCE_MEMORY, origin } })] };
const COUNTED = {
  backup: { state: 'present', snapshots: 3, newest: { id: fullId(NEWEST), at: NOW - HOUR }, reason: null },
} as const;
const verifiedAt = (at: number | null): Partial<KnownClaim> => ({
  changedFrom: 's3:http://old.example/b/p',
  destination: destination({
    memory: { ...NO_MEMORY, verified: { image: IMAGE, id: NEWEST, at }, provenImage: IMAGE },
  }),
});

describe('an image holds at best', () => {
  it.each<Case>([
    ['the newest snapshot', LATER, {}],
    ['what VolSync took when it was asked as of the newest one’s time', NEWEST, asked(`${LATER}-r1`, SECOND_OF)],
    ['the newest, while that is asked for', LATER, { ...asked(`${LATER}-r1`, SECOND_OF), sync: RUNS }],
    [
      'the newest, while nothing is proven',
      LATER,
      { ...asked(`${LATER}-r1`, SECOND_OF), contents: { state: 'unlisted', id: NEWEST } },
    ],
    ['the newest, where it was asked for without a time', LATER, asked(LATER)],
    ['the newest, where another one was asked for as of a time', LATER, asked(NEWEST, SECOND_OF)],
    ['the newest, where nothing was asked for', LATER, asked('restore-once', SECOND_OF)],
    ['the newest, where nobody asks', LATER, { destination: null }],
    ['what it holds, where no backup is known', NEWEST, NO_BACKUP],
    ['nothing, where none is known of either', null, { ...NO_BACKUP, contents: { state: 'unproven' } }],
  ])('%s', (_, id, facts) => {
    expect(bestOf(claimWith(facts))).toBe(id);
  });
});

describe('a restore point that is made now is made', () => {
  it.each<Case>([
    ['of everything', null, {}],
    ['as of the newest that counts, where younger ones do not', NOW - HOUR, { ...DOUBTED, ...COUNTED }],
    ['of everything, where no backup is known', null, { ...DOUBTED, ...NO_BACKUP }],
    [
      'of everything, where nobody knows when it was saved',
      null,
      { ...DOUBTED, backup: { ...COUNTED.backup, newest: { id: fullId(NEWEST), at: null } } },
    ],
  ])('%s', (_, at, facts) => {
    expect(asOfNewest(claimWith(facts))).toBe(at);
  });
});

describe('the next question to VolSync', () => {
  const FIRST = { id: LATER, restoreAsOf: null, isRepeat: false };
  const AGAIN = { id: LATER, restoreAsOf: SECOND_OF, isRepeat: true };
  it.each<Case>([
    ['is for the newest', FIRST, {}],
    ['is none without a backup', null, NO_BACKUP],
    ['is none without a destination', null, { destination: null }],
    ['is none when the image holds it', null, { contents: { state: 'proven', id: LATER, fresh: false } }],
    ['is none for what is older than the image of the address before', null, verifiedAt(AT)],
    ['is for what is younger than that', FIRST, verifiedAt(AT - 1)],
    ['is for the newest where nobody knows how old that was', FIRST, verifiedAt(null)],
    [
      'is none where nobody knows which is older',
      FIRST,
      { ...verifiedAt(AT), backup: { ...COUNTED.backup, newest: { id: fullId(LATER), at: null } } },
    ],
    ['is for the newest where the address is the same', FIRST, { ...verifiedAt(AT), changedFrom: null }],
    [
      'is by time after one by time gave what was asked for',
      { ...FIRST, restoreAsOf: SECOND_OF },
      asked(NEWEST, NOW - HOUR),
    ],
    ['is without a time after one without a time', FIRST, asked(NEWEST)],
    ['is without a time after one by time that gave something else', FIRST, asked('aaaaaaaa', NOW - HOUR)],
    [
      'is without a time where nothing is proven',
      FIRST,
      { ...asked('restore-once', NOW - HOUR), contents: { state: 'unproven' } },
    ],
    [
      'is without a time after one by time for a start in doubt',
      { ...FIRST, id: NEWEST, restoreAsOf: NOW - HOUR },
      {
        ...DOUBTED,
        ...COUNTED,
        ...asked('aaaaaaaa', NOW - HOUR),
        contents: { state: 'proven', id: 'aaaaaaaa', fresh: false },
      },
    ],
    [
      'is without a time there, while all that is there counts',
      { ...FIRST, id: NEWEST },
      {
        ...DOUBTED,
        ...COUNTED,
        ...asked('aaaaaaaa', NOW - HOUR),
        probe: listed(snapshots()),
        contents: { state: 'proven', id: 'aaaaaaaa', fresh: false },
      },
    ],
    ['is the same as of its time, when another one was taken', AGAIN, asked(LATER)],
    ['is none when that was asked already', null, asked(`${LATER}-r1`, SECOND_OF)],
    [
      'is none while the other one is not proven',
      null,
      { ...asked(LATER), contents: { state: 'unlisted', id: NEWEST } },
    ],
    [
      'is none to somebody else’s destination',
      null,
      { destination: foreign({ adopted: true, manual: LATER, lastManualSync: LATER }) },
    ],
    ['is none where its time is that of a copy', null, { ...asked(LATER), timesFrom: AT }],
    ['is by its time where the copy is older', AGAIN, { ...asked(LATER), timesFrom: AT - 1 }],
    [
      'is none where nobody knows its time',
      null,
      { ...asked(LATER), backup: { ...COUNTED.backup, newest: { id: fullId(LATER), at: null } } },
    ],
  ])('%s', (_, ask, facts) => {
    expect(nextAsk(claimWith(facts))).toEqual(ask);
  });
});
