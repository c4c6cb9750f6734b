/** One claim's entry in the index: which facts make it what it is, word for word. */
import { describe, expect, it } from 'vitest';
import type { RestorePoint } from '../../../src/decisions.ts';
import type { RecordLook } from '../../../src/claim-record.ts';
import { NO_MOVER_SPEC } from '../../../src/mover-spec.ts';
import { publishedIndex, wantsMarker } from '../../../src/plan/answers/index-entries.ts';
import { digestOf } from '../../../src/plan/backup/records.ts';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import type { Context } from '../../../src/plan/facts/situation.ts';
import type { Reason } from '../../../src/reasons.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  PLACE,
  bucketView,
  claim,
  clusterView,
  fullId,
  indexOf,
  listed,
  planOf,
  settings,
  snapshot,
  source,
} from '../../support/build.ts';
import { OUT_OF_REACH, UNREAD, entry, repository } from '../../support/facts.ts';
import { place } from '../../support/place.ts';

const iso = (at: number): string => new Date(at).toISOString();
const { claims, context: CONTEXT } = planOf();
const [PLEX] = claims;
const TAIL = `${NEWEST} ${iso(NOW - HOUR)}`;
const WARM = `attach warm ${TAIL}`;

type Facts = Partial<ProtectedClaim>;
type Story = [string, string | undefined, Facts, Partial<Context>?];

function valueOf(facts: Facts, changed: Partial<Context> = {}): string | undefined {
  return publishedIndex([{ ...PLEX!, ...facts }], { ...CONTEXT, ...changed })?.entries.get('media.plex-config');
}

function tells(stories: readonly Story[]): void {
  it.each(stories)('%s', (_, expected, facts, changed) => {
    expect(valueOf(facts, changed)).toBe(expected);
  });
}

function point(state: RestorePoint['state'], reason: Reason | null): { restorePoint: RestorePoint } {
  return { restorePoint: { ...PLEX!.restorePoint, state, reason } };
}

function absent(reason: Reason): Facts {
  return { backup: { state: 'absent', snapshots: null, newest: null, reason } };
}

function unknown(reason: Reason): Facts {
  return { backup: { state: 'unknown', snapshots: null, newest: null, reason } };
}

/** The listing does not show it, and nothing in the cluster is of its name. */
const MISSING: Facts = { listed: { state: 'no' }, probe: null, claimObject: null, source: null, destination: null };
const FAR = repository('s3:http://far.example/b/p');
const NEAR = repository('s3:http://rustfs.example:9000/volsync-backups/own/x');
const FOUND: Facts = { further: [{ repository: NEAR, probe: listed([snapshot(LATER, NOW)]) }] };
const RECORD = {
  ...PLACE,
  uid: 'uid-of-claim',
  tier: 'hourly',
  request: '5Gi',
  accessModes: [],
  storageClass: null,
  snapshotClass: null,
  volumeMode: 'Filesystem',
  mover: NO_MOVER_SPEC,
  origin: null,
  ours: false,
  needs: null,
} as const;
const READ: RecordLook = { state: 'read', etag: null, record: RECORD };
const NAMED: RecordLook = { ...READ, record: { ...RECORD, elsewhere: { id: 'abcdef01', at: NOW } } };
const FAILED: RecordLook = { state: 'failed', message: 'HTTP 503' };
const DIGEST = digestOf(RECORD);

describe('of a backup that is there it tells', () => {
  const protection = PLEX!.protection;
  const remembers = {
    origin: { uid: 'u', origin: 'fresh', held: null, newest: null, since: null },
    keep: { hourly: 24 },
    recorded: '0badcafe',
  } as const;
  tells([
    ['the restore point and the newest snapshot', WARM, {}],
    ['why the restore point is not warm', `attach stale:queued ${TAIL}`, point('stale', 'queued')],
    [
      'that nobody knows the time',
      `attach warm ${LATER} -`,
      { backup: { state: 'present', snapshots: 1, newest: { id: fullId(LATER), at: null }, reason: null } },
    ],
    ['the repository that a Secret names', `${WARM} repo=s3:http://far.example/b/p`, { repository: FAR }],
    ['nothing of one at the layout path', WARM, { repository: { ...FAR, where: { kind: 'layout' } } }],
    ['nothing of one that is out of reach', WARM, { repository: { ...OUT_OF_REACH, key: 'b2:x' } }],
    [
      'what the backup side remembers',
      `${WARM} origin=fresh@u keep=hourly=24 record=0badcafe`,
      { protection: { ...protection, ...remembers } },
    ],
    [
      'how often its restore has failed',
      `${WARM} tries=2@${iso(NOW)}@0badcafe`,
      { tries: { count: 2, at: NOW, inputs: '0badcafe', failed: 0 } },
    ],
    ['nothing of a record that was found while it is there', WARM, { record: READ }],
  ]);
});

describe('with --only retrigger nothing new is promised', () => {
  const only = (value: 'retrigger' | null): Partial<Context> => ({ settings: settings({ only: value }) });
  tells([
    ['what is to be made is refused', `refuse cold:queued ${TAIL}`, point('cold', 'queued'), only('retrigger')],
    ['what is warm is attached', WARM, {}, only('retrigger')],
    ['what is stale is attached', `attach stale:queued ${TAIL}`, point('stale', 'queued'), only('retrigger')],
    [
      'what is left alone is left alone',
      `ignore cold:name-invalid ${TAIL}`,
      point('cold', 'name-invalid'),
      only('retrigger'),
    ],
    ['without it, it is', `attach cold:queued ${TAIL}`, point('cold', 'queued'), only(null)],
  ]);
});

describe('of a backup that a listing does not show it tells', () => {
  const twice = entry(`attach cold:queued ${TAIL} missed=2@${iso(NOW - HOUR)}`);
  const missed: Facts = { ...MISSING, ...point('cold', 'queued') };
  tells([
    ['that it was missed once', `attach cold:queued ${TAIL} missed=1@${iso(NOW)}`, { ...missed, indexed: entry(WARM) }],
    [
      'the count before, while less than a period has passed',
      `attach cold:queued ${TAIL} missed=1@${iso(NOW - MINUTE)}`,
      { ...missed, indexed: entry(`${WARM} missed=1@${iso(NOW - MINUTE)}`) },
    ],
    ['nothing, with the third listing and no record', undefined, { ...missed, indexed: twice }],
    [
      'that it is gone, with the third listing and a record',
      `refuse cold:backup-gone ${TAIL} missed=3@${iso(NOW)} record=${DIGEST}`,
      { ...missed, indexed: twice, record: READ },
    ],
    [
      'that it is gone, with the third listing and a claim',
      `refuse cold:backup-gone ${TAIL} missed=3@${iso(NOW)}`,
      { ...missed, indexed: twice, claimObject: claim() },
    ],
    [
      'the record that it knew before',
      `refuse cold:backup-gone ${TAIL} missed=3@${iso(NOW)} record=0badcafe`,
      { ...missed, indexed: twice, claimObject: claim(), protection: { ...PLEX!.protection, recorded: '0badcafe' } },
    ],
    [
      'nothing of a count that the destination keeps',
      `attach cold:queued ${TAIL}`,
      { ...missed, destination: PLEX!.destination, indexed: twice },
    ],
    [
      'what it told before, when nobody could look for its record',
      twice!.value,
      { ...missed, indexed: twice, record: FAILED },
    ],
    [
      'that it is gone although nobody could look for its record, for a claim speaks for it',
      `refuse cold:backup-gone ${TAIL} missed=3@${iso(NOW)}`,
      { ...missed, indexed: twice, record: FAILED, claimObject: claim() },
    ],
    [
      'that it is there again, whether its record could be read or not',
      `attach cold:queued ${TAIL}`,
      { ...missed, indexed: twice, record: FAILED, listed: { state: 'yes' }, probe: listed([snapshot(NEWEST)]) },
    ],
  ]);
});

describe('of a backup that is gone it tells', () => {
  const gone = absent('backup-gone');
  const remembered = `attach cold:queued ${TAIL} missed=3@${iso(NOW)}`;
  const indexed = entry(remembered);
  const refused = `refuse cold:backup-gone ${TAIL} missed=3@${iso(NOW)}`;
  tells([
    ['nothing where nobody has ever seen one', undefined, { ...absent('repository-empty'), indexed }],
    ['nothing where the index knew nothing', undefined, { ...gone, indexed: null }],
    ['that nothing is attached', refused, { ...gone, ...point('cold', 'queued'), indexed }],
    ['that a warm image is', `attach warm ${TAIL} missed=3@${iso(NOW)}`, { ...gone, indexed }],
    [
      'that a stale one is',
      `attach stale ${TAIL} missed=3@${iso(NOW)}`,
      { ...gone, ...point('stale', 'queued'), indexed },
    ],
    [
      'which record was found',
      `${refused} record=${DIGEST}`,
      { ...gone, ...point('cold', null), indexed, record: READ },
    ],
    [
      'which record it knew before',
      `${refused} record=0badcafe`,
      { ...gone, ...point('cold', null), indexed: entry(`${remembered} record=0badcafe`), record: READ },
    ],
  ]);
});

describe('of a backup that is seen elsewhere it tells', () => {
  const there = `${LATER} ${iso(NOW)} repo=s3:http://rustfs.example:9000/volsync-backups/own/x`;
  const unnamed = unknown('repository-unnamed');
  tells([
    ['where', `refuse cold:newer-elsewhere ${there}`, { ...absent('newer-elsewhere'), ...FOUND }],
    [
      'where, while nobody can look here',
      `refuse cold:listing-failed ${there}`,
      { ...unknown('listing-failed'), ...FOUND },
    ],
    ['nothing where nobody has seen any', undefined, unknown('listing-failed')],
    [
      'that its place cannot be told',
      `refuse cold:listing-failed ${LATER} ${iso(NOW)}`,
      {
        ...unknown('listing-failed'),
        further: [{ repository: { ...NEAR, where: { kind: 'layout' } }, probe: listed([snapshot(LATER, NOW)]) }],
      },
    ],
    ['what its record says', `refuse cold:repository-unnamed abcdef01 ${iso(NOW)}`, { ...unnamed, record: NAMED }],
    [
      'what its record says before what is seen',
      `refuse cold:repository-unnamed abcdef01 ${iso(NOW)}`,
      { ...unnamed, ...FOUND, record: NAMED },
    ],
    [
      'what is seen where its record says nothing',
      `refuse cold:repository-unnamed ${there}`,
      { ...unnamed, ...FOUND, record: READ },
    ],
    ['nothing of its record for any other reason', undefined, { ...unknown('listing-failed'), record: NAMED }],
    [
      'the entry before, where there is one',
      `attach warm ${TAIL}`,
      { ...unknown('listing-failed'), ...FOUND, indexed: entry(WARM) },
    ],
  ]);
});

describe('an entry stays as it was', () => {
  const before = `attach cold:queued ${TAIL} keep=hourly=24`;
  const indexed = entry(before);
  const blind = { frozen: 'listing-failed' } as const;
  const block = claim({ volumeMode: 'Block' });
  const excluded = entry(`ignore cold:namespace-excluded ${TAIL}`);
  const ignored = entry(`ignore cold:volume-mode-block ${TAIL}`);
  tells([
    ['while nothing is written', before, { indexed }, blind],
    ['while the backup is unknown', before, { indexed, ...unknown('listing-failed') }],
    ['while the restore point cannot be judged', before, { indexed, ...point('cold', 'listing-failed') }],
    ['not otherwise', WARM, { indexed }],
    ['not where there is none: what is new is told', WARM, { indexed: null }, blind],
    [
      'but for an excluded namespace',
      `ignore cold:namespace-excluded ${TAIL} keep=hourly=24`,
      { indexed, ...point('cold', 'namespace-excluded') },
      blind,
    ],
    [
      'but for an empty image',
      `refuse blocked:image-empty ${TAIL} keep=hourly=24`,
      { indexed, ...point('blocked', 'image-empty') },
      blind,
    ],
    [
      'but for an image of somebody else’s',
      `refuse suspect:image-foreign ${TAIL} keep=hourly=24`,
      { indexed, ...point('suspect', 'image-foreign') },
      blind,
    ],
    [
      'but for a destination of somebody else’s',
      `refuse blocked:destination-foreign ${TAIL} keep=hourly=24`,
      { indexed, ...point('blocked', 'destination-foreign') },
      blind,
    ],
    ['where its image can be used all the same', before, { indexed, ...point('warm', 'destination-foreign') }, blind],
    ['for every other reason', before, { indexed, ...point('blocked', 'credentials-foreign') }, blind],
    [
      'where it refused before',
      `refuse cold:queued ${TAIL}`,
      { indexed: entry(`refuse cold:queued ${TAIL}`), ...point('blocked', 'image-empty') },
      blind,
    ],
    [
      'not for a namespace that is excluded no more',
      `refuse cold:listing-failed ${TAIL}`,
      { indexed: excluded, ...point('cold', 'queued') },
      blind,
    ],
    [
      'for one that still is',
      excluded!.value,
      { indexed: excluded, ...point('cold', 'queued'), excluded: true },
      blind,
    ],
    [
      'not for what is a block device no more',
      `refuse cold:listing-failed ${TAIL}`,
      { indexed: ignored, ...point('cold', 'queued') },
      blind,
    ],
    [
      'nor for a claim that is gone',
      `refuse cold:listing-failed ${TAIL}`,
      { indexed: ignored, ...point('cold', 'queued'), claimObject: null },
      blind,
    ],
    ['for what still is', ignored!.value, { indexed: ignored, ...point('cold', 'queued'), claimObject: block }, blind],
    [
      'what is ignored by nature',
      `ignore cold:name-invalid ${TAIL}`,
      { indexed: entry(`ignore cold:name-invalid ${TAIL}`), ...point('cold', 'queued') },
      blind,
    ],
    [
      'what was refused for that',
      `refuse cold:namespace-excluded ${TAIL}`,
      { indexed: entry(`refuse cold:namespace-excluded ${TAIL}`), ...point('cold', 'queued') },
      blind,
    ],
  ]);
});

describe('what was read in Secrets is remembered', () => {
  const sources = [source({ secret: 'far' })];
  const published = (parts: Parameters<typeof clusterView>[0]): Record<string, string> =>
    Object.fromEntries(publishedIndex([], { ...CONTEXT, cluster: clusterView(parts) })?.entries ?? []);

  it('the address that a source names, as far as it can be told', () => {
    const read = { 'media/far': place('s3:http://far.example/b/p') };
    expect(published({ sources, places: read })).toEqual({ '_place.media.far': 's3:http://far.example/b/p' });
    expect(published({ places: read })).toEqual({});
    expect(published({ sources, places: { 'media/other': place('s3:http://far.example/b/p') } })).toEqual({});
    expect(published({ sources, places: { 'media/far': { state: 'absent', message: '' } } })).toEqual({});
    expect(published({ sources })).toEqual({});
  });
});

describe('a marker is wanted', () => {
  const unmarked = { bucket: bucketView({ [KEY]: null }, { marked: false }) };
  const wants = (facts: Facts, changed: Partial<Context> = {}): boolean =>
    wantsMarker([{ ...PLEX!, ...facts }], { ...CONTEXT, ...unmarked, ...changed });
  const without = { ...unmarked.bucket, root: { state: 'not-looked' } } as const;
  it.each<[string, boolean, Facts, Partial<Context>?]>([
    ['where a backup is seen', true, {}],
    ['not where there is one', false, {}, { bucket: bucketView() }],
    ['not while nothing is written', false, {}, { frozen: 'listing-failed' }],
    ['not without a listing', false, {}, { bucket: without }],
    ['not for what is only remembered', false, { listed: { state: 'no' }, probe: null }],
    ['not for an empty repository', false, absent('repository-empty')],
    ['not for what nobody could read', false, { ...unknown('listing-failed'), probe: UNREAD }],
  ])('%s', (_, is, facts, changed) => {
    expect(wants(facts, changed)).toBe(is);
  });

  it('where one of many is seen', () => {
    const other = { ...PLEX!, ...absent('repository-empty') };
    expect(wantsMarker([other, PLEX!], { ...CONTEXT, ...unmarked })).toBe(true);
  });
});

it('nothing is published while another run’s younger listing stands', () => {
  const at = (time: number): Partial<Context> => ({
    cluster: clusterView({ index: indexOf({ _generatedAt: iso(time) }) }),
  });
  expect([valueOf({}, at(NOW + 1)), valueOf({}, at(NOW)), valueOf({}, at(NOW + 5 * MINUTE))]).toEqual([
    undefined,
    WARM,
    WARM,
  ]);
});
