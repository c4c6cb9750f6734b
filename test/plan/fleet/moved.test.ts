import { describe, expect, it } from 'vitest';
import {
  HOUR,
  KEY,
  NEWEST,
  NOW,
  bucketView,
  claim,
  clusterView,
  indexOf,
  listed,
  lostCluster,
  planOf,
  settings,
  snapshots,
  told,
  waitingClaim,
  type World,
} from '../../support/build.ts';

const AT = new Date(NOW - HOUR).toISOString();
const HERE = 's3:http://rustfs.example:9000/volsync-backups';
const THERE = 's3:http://old.example:9000/volsync-backups';
const ENTRY = { 'media.plex-config': `attach cold:queued ${NEWEST} ${AT}` };

/** An index that was written from this place. */
function writtenFrom(place: string, world: World = {}): World {
  return { cluster: lostCluster({ index: indexOf({ _generatedAt: AT, _bucket: place, ...ENTRY }) }), ...world };
}

describe('bucket-moved: another place than the one of the index', () => {
  const world = writtenFrom(THERE);

  it('publishes and writes nothing, and says both places and the command that accepts', () => {
    const { frozen, complete, chains, index, records, wantsMarker, findings } = planOf(world);
    expect({ frozen, complete, chains, index, records, wantsMarker }).toEqual({
      frozen: 'bucket-moved',
      complete: false,
      chains: [],
      index: null,
      records: [],
      wantsMarker: false,
    });
    expect(findings).toEqual([
      {
        reason: 'bucket-moved',
        about: 'bucket volsync-backups/',
        message: `the index was written from ${THERE}, and the settings name ${HERE}; if the repositories have moved there: volsync-prewarm mark-bucket --move`,
      },
    ]);
  });

  it('shows nothing of a backup: neither that it is there nor that it is gone', () => {
    expect(told(world)).toMatchObject({ backup: 'unknown: bucket-moved', actions: [] });
    expect(told({ ...world, bucket: bucketView({ 'home/a': listed(snapshots()) }) })).toMatchObject({
      backup: 'unknown: bucket-moved',
    });
  });

  it('alarms no claim: a run by hand with a wrong flag is nobody’s affair', () => {
    const index = indexOf({ _generatedAt: AT, _bucket: THERE, ...ENTRY });
    const cluster = lostCluster({ index, claims: [waitingClaim({ createdAt: NOW - HOUR })] });
    expect(planOf({ cluster }).warnings).toEqual([]);
  });

  it('is not judged by commands that do not list the bucket', () => {
    const bucket = bucketView({}, { root: { state: 'not-looked' } });
    expect(planOf({ ...world, bucket }).frozen).toBeNull();
  });
});

describe('the same place', () => {
  const same: [string, string, World['settings']?][] = [
    ['the same words', HERE],
    ['another spelling of the host', 's3:https://RUSTFS.example.:9000/volsync-backups/'],
    ['an alias', THERE, { endpointAliases: ['old.example:9000'] }],
    ['an alias without its port', THERE, { endpointAliases: ['old.example'] }],
    ['a prefix', `${HERE}/team-a`, { prefix: 'team-a/' }],
    [
      'AWS, whatever the region',
      's3:https://s3.amazonaws.com/volsync-backups',
      { endpoint: null, region: 'eu-west-1' },
    ],
    [
      'AWS by a URL of its own',
      's3:https://s3.amazonaws.com/volsync-backups',
      { endpoint: 'https://s3.eu-central-1.amazonaws.com' },
    ],
  ];
  it.each(same)('by %s', (_, place, overrides = {}) => {
    expect(planOf(writtenFrom(place, { settings: overrides })).frozen).toBeNull();
  });

  it.each<[string, string, World['settings']?]>([
    ['a prefix', `${HERE}/team-a`],
    ['no prefix any more', HERE, { prefix: 'team-a/' }],
    ['another bucket', 's3:http://rustfs.example:9000/volsync-backups-2'],
    ['China', 's3:https://s3.amazonaws.com/volsync-backups', { endpoint: null, region: 'cn-north-1' }],
    ['garbage', 'somewhere'],
  ])('is not the same by %s', (_, place, overrides = {}) => {
    expect(planOf(writtenFrom(place, { settings: overrides })).frozen).toBe('bucket-moved');
  });

  it('is what a run writes of its own settings, whatever they are', () => {
    const all: NonNullable<World['settings']>[] = [
      {},
      { prefix: 'team-a/deep/' },
      { endpoint: 'https://minio.example' },
      { endpoint: 'https://[::1]:9000' },
      { endpoint: null },
      { endpoint: null, region: 'cn-north-1' },
      { endpoint: 'https://s3.eu-central-1.amazonaws.com' },
    ];
    for (const one of all) {
      const place = planOf({ settings: one }).index?.about['_bucket'] ?? '';
      expect([one, planOf(writtenFrom(place, { settings: one })).frozen]).toEqual([one, null]);
    }
  });
});

describe('an index of a version that did not say', () => {
  it('gets the place without a word', () => {
    const cluster = clusterView({ claims: [claim()], index: indexOf({ _generatedAt: AT, ...ENTRY }) });
    const { frozen, index, findings } = planOf({ cluster });
    expect([frozen, index?.about['_bucket'], findings]).toEqual([null, HERE, []]);
  });
});

it('the ordinary settings are of that place', () => {
  expect(settings()).toMatchObject({ endpoint: 'http://rustfs.example:9000', bucket: 'volsync-backups', prefix: '' });
  expect(KEY).toBe('media/plex-config');
});
