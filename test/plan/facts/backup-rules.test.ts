/** Whether there is a backup where no snapshot was seen: what is remembered, what lies elsewhere, and what is not believed. */
import { describe, expect, it } from 'vitest';
import type { Backup } from '../../../src/decisions.ts';
import type { Reason } from '../../../src/reasons.ts';
import { backupOf, isMissingFromListing, leavesUnlessRecorded } from '../../../src/plan/facts/backup.ts';
import { hasOwnCredentials, type Situation } from '../../../src/plan/facts/situation.ts';
import {
  HOUR,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  bucketView,
  claim,
  destination,
  foreign,
  listed,
  lostCluster,
  placed,
  situation,
  snapshot,
  snapshots,
  source,
  unknownRoot,
  waitingClaim,
} from '../../support/build.ts';
import { OUT_OF_REACH, UNREAD, VERIFIED, entry, repository } from '../../support/facts.ts';

type Facts = Partial<Situation>;

const FAR = repository('s3:http://far.example/b/p');
const AT = new Date(NOW - HOUR).toISOString();
const KNOWN: Backup = { state: 'present', snapshots: null, newest: { id: NEWEST, at: NOW - HOUR }, reason: null };
const UNSEEN = { snapshots: null, newest: null };
const absent = (reason: Reason, found: number | null = null): Backup => ({
  state: 'absent',
  snapshots: found,
  newest: null,
  reason,
});
const unknown = (reason: Reason): Backup => ({ state: 'unknown', ...UNSEEN, reason });

/** A claim waits, and the repository is not in a complete listing. */
function judged(facts: Facts, frozen: Reason | null = null, root = bucketView({ 'media/other': null }).root): Backup {
  const { s, context } = placed({ bucket: bucketView({}), cluster: lostCluster({ claims: [waitingClaim()] }) });
  return backupOf({ ...s, ...facts }, { ...context, frozen, bucket: { ...context.bucket, root } });
}

const remembers = (more = ''): Facts => ({ indexed: entry(`attach warm ${NEWEST} ${AT}${more}`) });
const elsewhere = (found: boolean): Facts => ({
  elsewhere: found ? { snapshot: snapshot(LATER), repository: FAR } : { snapshot: null, repository: null },
});
const newer = (more = ''): Facts => ({ indexed: entry(`refuse blocked:newer-elsewhere ${NEWEST} ${AT}${more}`) });
const nobody: Facts = { claimObject: null, source: null, destination: null };
const THRICE = ` missed=3@${AT} record=0badcafe`;

describe('a backup that was not seen', () => {
  it.each<[string, Backup, () => Backup]>([
    ['is none where nothing is known', absent('repository-empty'), () => judged({})],
    ['is unknown by a listing that is not believed', unknown('listing-shrank'), () => judged({}, 'listing-shrank')],
    [
      'is unknown then where one was known, too',
      unknown('listing-shrank'),
      () => judged(remembers(), 'listing-shrank'),
    ],
    ['is none where only the cluster cannot be judged', absent('repository-empty'), () => judged({}, 'listing-failed')],
    ['is known by the index', KNOWN, () => judged(remembers())],
    ['is known by the index, whatever lies elsewhere', KNOWN, () => judged({ ...remembers(), ...elsewhere(true) })],
    ['lies elsewhere', absent('newer-elsewhere'), () => judged(elsewhere(true))],
    [
      'lies elsewhere by a listing that is not believed, too',
      absent('newer-elsewhere'),
      () => judged(elsewhere(true), 'listing-shrank'),
    ],
    ['is unknown where nobody could look elsewhere', unknown('listing-failed'), () => judged(elsewhere(false))],
    [
      'is none by an entry that speaks of another place alone',
      absent('repository-empty'),
      () => judged(newer(' repo=s3:http://x/b')),
    ],
    ['is known by an entry that speaks of both', KNOWN, () => judged(newer())],
    ['is known by an entry of another place', KNOWN, () => judged(remembers(' repo=s3:http://x/b'))],
    [
      'is none by the proof of an adopted destination, which no index remembers',
      absent('repository-empty'),
      () => judged({ destination: foreign({ adopted: true, memory: VERIFIED }) }),
    ],
    ['is known by the proof of ours', KNOWN, () => judged({ destination: destination({ memory: VERIFIED }) })],
    [
      'is none where a Secret names an empty repository',
      absent('repository-empty', 0),
      () => judged({ repository: FAR, listed: { state: 'yes' }, probe: listed([]) }, null, unknownRoot()),
    ],
    [
      'is unknown where it could not be looked into',
      unknown('listing-failed'),
      () => judged({ listed: { state: 'yes' }, probe: UNREAD }),
    ],
    [
      'is gone where its record was found before',
      absent('backup-gone'),
      () => judged({ ...nobody, indexed: entry(`refuse cold:backup-gone ${NEWEST} ${AT}${THRICE}`) }),
    ],
    [
      'is none where its record is that of the last write',
      absent('repository-empty'),
      () => judged({ ...nobody, ...remembers(THRICE) }),
    ],
  ])('%s', (_, backup, found) => {
    expect(found()).toEqual(backup);
  });

  it.each<[boolean, string, Pick<Situation, 'listed' | 'probe'>]>([
    [true, 'its folder is not there', { listed: { state: 'no' }, probe: null }],
    [true, 'its folder is empty', { listed: { state: 'yes' }, probe: listed([]) }],
    [false, 'it has snapshots', { listed: { state: 'yes' }, probe: listed(snapshots()) }],
    [false, 'nobody has looked into it', { listed: { state: 'yes' }, probe: null }],
    [false, 'nobody could look into it', { listed: { state: 'yes' }, probe: UNREAD }],
    [false, 'its place is out of reach, whatever was seen', { listed: UNREAD, probe: listed([]) }],
    [false, 'nobody has looked at all', { listed: { state: 'not-looked' }, probe: listed([]) }],
  ])('is missing from the listing: %s where %s', (isMissing, _, facts) => {
    expect(isMissingFromListing(facts)).toBe(isMissing);
  });
});

it.each<[boolean, string, Parameters<typeof hasOwnCredentials>[0]]>([
  [false, 'ours', { steered: true, destination: destination(), repository: null }],
  [true, 'an adopted one', { steered: true, destination: foreign(), repository: null }],
  [false, 'somebody else’s that was not handed over', { steered: false, destination: foreign(), repository: null }],
  [false, 'none, at the layout path', { steered: false, destination: null, repository: null }],
  [
    false,
    'none, where only the index knows the place',
    { steered: false, destination: null, repository: { ...FAR, secret: null } },
  ],
  [true, 'none, where a Secret names the place', { steered: false, destination: null, repository: OUT_OF_REACH }],
])('the keys are the user’s own: %s with %s', (own, _, facts) => {
  expect(hasOwnCredentials(facts)).toBe(own);
});

it('an entry leaves with the third listing, unless something speaks for it', () => {
  const missed = (count: number, at = NOW - 5 * MINUTE): Facts => ({
    indexed: { ...entry(`attach warm ${NEWEST} ${AT}`)!, missed: { count, at } },
  });
  const alone: Facts = { ...nobody, record: null, listed: { state: 'no' }, probe: null, ...missed(2) };
  const leaves = (facts: Facts): boolean => leavesUnlessRecorded({ ...situation(), ...alone, ...facts }, NOW);
  expect([leaves({}), leaves(missed(3)), leaves(missed(1)), leaves(missed(2, NOW - 5 * MINUTE + 1))]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  const not: Facts[] = [
    { indexed: null },
    { record: { state: 'absent' } },
    { listed: { state: 'yes' }, probe: listed(snapshots()) },
    { claimObject: claim() },
    { source: source() },
    { destination: destination() },
  ];
  expect(not.map(leaves)).toEqual(not.map(() => false));
  expect(leaves({ destination: foreign() })).toBe(true);
});
