/** What the index promises must be kept: an entry whose claim would wait for nothing, or a look at the wrong place. */
import { describe, expect, it } from 'vitest';
import { indexWrites } from '../../src/index/shards.ts';
import {
  HOUR,
  KEY,
  MINUTE,
  NEWEST,
  NOW,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  listed,
  lostCluster,
  planOf,
  snapshots,
  told,
  waitingClaim,
  type ClusterParts,
  type World,
} from '../support/build.ts';

const AT = new Date(NOW - HOUR).toISOString();
const OTHERS = { 'home/a': listed(snapshots()), 'home/b': listed(snapshots()) };
const ENTRY = `attach cold:capacity-unknown ${NEWEST} ${AT}`;

function entry(world: World, key = 'media.plex-config'): string | undefined {
  return planOf(world).index?.entries.get(key);
}

/** Namespace and base credentials are there, a restore point is not: overlay safe before the claim has said its size. */
function unmade(value: string): NonNullable<World['cluster']> {
  return lostCluster({ credentials: {}, index: indexOf({ 'media.plex-config': value }) });
}

describe('a backup that is gone, in a namespace with credentials', () => {
  const gone = bucketView(OTHERS);

  it('is counted', () => expect(entry({ bucket: gone, cluster: unmade(ENTRY) })).toContain('missed=1@'));

  it('is counted when its repository was emptied', () => {
    const bucket = bucketView({ [KEY]: listed([]), ...OTHERS });
    expect(entry({ bucket, cluster: unmade(ENTRY) })).toContain('missed=1@');
  });

  it('is forgotten with the third listing', () => {
    const twice = `${ENTRY} missed=2@${new Date(NOW - 6 * MINUTE).toISOString()}`;
    expect(entry({ bucket: gone, cluster: unmade(twice) })).toBeUndefined();
  });

  it('is not forgotten while a claim counts on it: the claim is refused', () => {
    const twice = `${ENTRY} missed=2@${new Date(NOW - 6 * MINUTE).toISOString()}`;
    const claims = new Map([[KEY, claim()]]);
    expect(entry({ bucket: gone, cluster: { ...unmade(twice), claims } })).toContain('refuse cold:backup-gone');
    const counted = `refuse cold:backup-gone ${NEWEST} ${AT} missed=3@${AT}`;
    expect(entry({ bucket: gone, cluster: { ...unmade(counted), claims } })).toBe(counted);
    const accepted = new Map([[KEY, claim({ accept: 'uid-of-claim' })]]);
    expect(entry({ bucket: gone, cluster: { ...unmade(counted), claims: accepted } })).toBeUndefined();
  });

  it('is forgotten at once by --accept-shrink', () =>
    expect(entry({ bucket: gone, cluster: unmade(ENTRY), settings: { acceptShrink: true } })).toBeUndefined());

  it('is told on the claim that waits for it when it has been forgotten', () => {
    const cluster = lostCluster({ credentials: {}, claims: [waitingClaim({ createdAt: NOW - 3 * MINUTE })] });
    expect(planOf({ bucket: gone, cluster }).warnings).toMatchObject([
      { reason: 'repository-empty', claim: 'plex-config' },
    ]);
  });
});

describe('a restore point without an image, and a gate that stays closed', () => {
  const imageless = { latestImage: null, annotations: {} };

  const renewed = (content: Parameters<typeof base>[0]): ClusterParts => ({
    bases: { media: { ...base(content), version: 'base-uid/8' } },
  });
  const gates: [string, ClusterParts][] = [
    ['repository-mismatch', renewed({ repositoryBase: 's3:http://elsewhere/x' })],
    ['credentials-incomplete', renewed({ missing: ['RESTIC_PASSWORD'] })],
    ['credentials-foreign', { credentials: { [KEY]: { state: 'foreign' } } }],
  ];

  it.each(gates)('says %s, so that no claim is held for it', (reason, parts) => {
    const cluster = clusterView({ destinations: [destination(imageless)], images: [], ...parts });
    expect(told({ cluster })).toMatchObject({ restorePoint: `cold: ${reason}` });
    expect(entry({ cluster })).toMatch(new RegExp(`^refuse cold:${reason} `));
  });

  it('says namespace-excluded, and is ignored', () => {
    const cluster = clusterView({ destinations: [destination(imageless)], images: [] });
    expect(entry({ cluster, settings: { excludeNamespaces: ['media'] } })).toMatch(/^ignore cold:namespace-excluded /);
  });

  it('says image-missing where the next run makes it again', () => {
    const cluster = clusterView({ images: [] });
    expect(entry({ cluster })).toMatch(/^attach cold:image-missing /);
  });
});

describe('--only retrigger', () => {
  it('makes nothing, so nothing is held', () =>
    expect(entry({ cluster: lostCluster(), settings: { only: 'retrigger' } })).toMatch(/^refuse cold:queued /));

  it('goes on attaching what is usable', () =>
    expect(entry({ settings: { only: 'retrigger' } })).toMatch(/^attach warm /));
});

describe('a folder level that only looks like namespaces', () => {
  const wrong = bucketView({ 'volsync/media': listed([]), 'volsync/home': listed([]) }, { marked: false });
  const cluster = lostCluster();

  it('is no bucket to mark, and an index that says so', () => {
    const { wantsMarker, index, findings } = planOf({ bucket: wrong, cluster });
    expect(wantsMarker).toBe(false);
    expect(index?.about).toMatchObject({ _bucketUnmarked: expect.any(String) });
    expect(findings.map(({ reason, message }) => `${reason}: ${message}`)).toContain(
      'bucket-unmarked: no folder in the bucket is a repository with a snapshot',
    );
  });

  it('is one as soon as a single snapshot is seen', () => {
    const { wantsMarker, index } = planOf({ bucket: bucketView(undefined, { marked: false }), cluster });
    expect(wantsMarker).toBe(true);
    expect(index?.about).not.toHaveProperty('_bucketUnmarked');
  });

  it('is not marked for what is only remembered', () => {
    const remembered = unmade(`${ENTRY} missed=2@${AT}`);
    const emptied = {
      bucket: bucketView({}, { marked: false }),
      cluster: remembered,
      settings: { acceptShrink: true },
    };
    expect(planOf(emptied).wantsMarker).toBe(false);
  });
});

describe('a key that somebody else wrote into the index', () => {
  const index = { about: { _generatedAt: AT }, entries: new Map() };
  const shard = { number: 0, uid: 'u', resourceVersion: '7', selected: true };

  it('is emptied, and left out by the next write', () => {
    const odd = {
      ...shard,
      parameters: { _onStale: 'deny', 'media.odd': 'attach please' },
      foreign: ['_onStale', 'media.odd'],
    };
    const [first] = indexWrites(index, { shards: [odd] });
    expect(first?.parameters).toEqual({ _generatedAt: AT, 'media.odd': '' });

    const after = { ...shard, parameters: { _onStale: 'deny', ...first?.parameters }, foreign: ['_onStale'] };
    expect(indexWrites(index, { shards: [after] })[0]?.parameters).toEqual({ _generatedAt: AT });
  });
});
