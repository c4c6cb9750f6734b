import { describe, expect, it } from 'vitest';
import type { PublishedIndex } from '../../../src/decisions.ts';
import type { BucketView, Probe } from '../../../src/model.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  EMPTY_LOG,
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  indexOf,
  listed,
  lostCluster,
  mover,
  planOf,
  proven,
  snapshot,
  snapshots,
  source,
  spec,
  syncing,
  told,
  toldAll,
  unknownRoot,
  waitingClaim,
  type ClusterParts,
  type World,
  PROVEN,
} from '../../support/build.ts';
import type { ClusterFailure, ClusterResource } from '../../../src/failures.ts';

const IN_INDEX = 'media.plex-config';
const WARM = `attach warm ${NEWEST} ${iso(NOW - HOUR)}`;
const COLD = `attach cold:namespace-missing ${NEWEST} ${iso(NOW - HOUR)}`;
const OTHER: Record<string, Probe> = { 'home/other': listed(snapshots()) };

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** The index that a plan wants, as plain objects; null when it wants to say nothing. */
function published(world: World = {}): { about: PublishedIndex['about']; entries: Record<string, string> } | null {
  const { index } = planOf(world);
  if (index === null) return null;
  // Since when claims are watched, and which place was listed, have tests of their own.
  const { _since: since, _bucket: place, ...about } = index.about;
  expect([since, place]).toEqual([expect.any(String), expect.any(String)]);
  return { about, entries: Object.fromEntries(index.entries) };
}

/** What the index says of the ordinary claim. */
function valueOf(world: World): string | undefined {
  return published(world)?.entries[IN_INDEX];
}

/** The ordinary claim's namespace and all in it are gone; the index remembers this of its backup. */
function remembering(value: string, parts: ClusterParts = {}): ReturnType<typeof clusterView> {
  return lostCluster({ namespaces: [], bases: {}, index: indexOf({ [IN_INDEX]: value }), ...parts });
}

describe('what is published', () => {
  it('is one word for each backup, and when it was looked at', () => {
    expect(published()).toEqual({ about: { _generatedAt: iso(NOW) }, entries: { [IN_INDEX]: WARM } });
  });

  it('carries the start of the listing, not the time of the plan', () => {
    const bucket = bucketView(undefined, { startedAt: NOW - 3000 });
    expect(published({ bucket })?.about).toEqual({ _generatedAt: iso(NOW - 3000) });
  });

  it('is the same in every mode: it is the run that does not write it', () => {
    expect(published({ settings: { mode: 'report' } })).toEqual(published());
  });

  it('keeps every dot of a claim’s name', () => {
    const bucket = bucketView({ 'media/a.b.c': listed(snapshots()) });
    expect(Object.keys(published({ bucket, cluster: lostCluster() })?.entries ?? {})).toEqual(['media.a.b.c']);
  });

  it('has no entry for what has no backup', () => {
    expect(published({ bucket: bucketView({ ...OTHER, [KEY]: listed([]) }), cluster: lostCluster() })).toEqual({
      about: { _generatedAt: iso(NOW) },
      entries: { 'home.other': COLD },
    });
  });
});

describe('a present backup’s value', () => {
  const held = proven(OLD);
  const direct = { kind: 'PersistentVolumeClaim', apiGroup: '', name: IMAGE };
  const newer = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
  const locked = bucketView({ [KEY]: listed(snapshots(), [{ name: 'f'.repeat(64), at: NOW }]) });
  const failing = { destinations: [syncing()], movers: [mover({ failed: 3, active: 1 })] };
  const missing = base({ missing: ['RESTIC_PASSWORD'] });
  const elsewhere = base({ repositoryBase: 's3:http://elsewhere:9000/volsync-backups/' });

  const values: [string, World][] = [
    [`attach warm ${NEWEST}`, {}],
    [`attach stale:queued ${LATER}`, { bucket: newer, cluster: clusterView({ sources: [] }) }],
    [
      `attach stale:source-syncing ${LATER}`,
      { bucket: newer, cluster: clusterView({ sources: [source({ nextSyncAt: NOW })] }) },
    ],
    [`attach warming:sync-in-progress ${NEWEST}`, { cluster: clusterView({ destinations: [syncing()] }) }],
    [`attach cold:queued ${NEWEST}`, { cluster: lostCluster() }],
    [`attach cold:namespace-missing ${NEWEST}`, { cluster: lostCluster({ namespaces: [] }) }],
    [`attach cold:credentials-missing ${NEWEST}`, { cluster: lostCluster({ bases: {} }) }],
    [`attach cold:repository-locked ${NEWEST}`, { bucket: locked, cluster: lostCluster() }],
    [`attach cold:capacity-unknown ${NEWEST}`, { cluster: lostCluster(), settings: { defaultCapacity: null } }],
    [`attach cold:image-missing ${NEWEST}`, { cluster: clusterView({ images: [] }) }],
    [`refuse suspect:image-empty ${NEWEST}`, emptyImage({})],
    [`refuse blocked:image-empty ${NEWEST}`, emptyImage({ [ANNOTATION.secondTry]: NEWEST })],
    [`refuse blocked:destination-foreign ${NEWEST}`, { cluster: clusterView({ destinations: [foreign()] }) }],
    [
      `refuse blocked:image-direct ${NEWEST}`,
      { cluster: clusterView({ destinations: [destination({ latestImage: direct, annotations: {} })] }) },
    ],
    [`refuse blocked:sync-failing ${NEWEST}`, { cluster: clusterView({ ...failing, images: [] }) }],
    [`refuse cold:credentials-incomplete ${NEWEST}`, { cluster: lostCluster({ bases: { media: missing } }) }],
    [`refuse cold:repository-mismatch ${NEWEST}`, { cluster: lostCluster({ bases: { media: elsewhere } }) }],
    [
      `refuse cold:credentials-foreign ${NEWEST}`,
      { cluster: lostCluster({ credentials: { [KEY]: { state: 'foreign' } } }) },
    ],
    [
      `refuse cold:password-changed ${NEWEST}`,
      {
        cluster: lostCluster({
          credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } },
        }),
      },
    ],
    [
      `ignore cold:namespace-excluded ${NEWEST}`,
      { cluster: lostCluster(), settings: { excludeNamespaces: ['media'] } },
    ],
    [`refuse cold:volume-mode-block ${NEWEST}`, { cluster: lostCluster({ claims: [claim({ volumeMode: 'Block' })] }) }],
  ];

  function emptyImage(annotations: Record<string, string>): World {
    return { cluster: clusterView({ destinations: [destination({ annotations, moverLogs: EMPTY_LOG })] }) };
  }

  it.each(values)('%s', (start, world) => {
    const at = start.endsWith(LATER) ? NOW - 10 * MINUTE : NOW - HOUR;
    expect(valueOf(world)).toBe(`${start} ${iso(at)}`);
  });

  it('names a claim that no VolSync could restore, and lets it be', () => {
    const name = 'x'.repeat(64);
    const bucket = bucketView({ [`media/${name}`]: listed(snapshots()) });
    expect(published({ bucket, cluster: lostCluster() })?.entries).toEqual({
      [`media.${name}`]: `ignore cold:name-invalid ${NEWEST} ${iso(NOW - HOUR)}`,
    });
  });

  it('has no time where nobody knows it', () => {
    const { [ANNOTATION.verifiedSnapshotAt]: _, ...annotations } = held;
    const cluster = clusterView({ destinations: [destination({ annotations, manual: OLD, lastManualSync: OLD })] });
    expect(valueOf({ bucket: bucketView({ [KEY]: null }), cluster })).toMatch(new RegExp(`^attach .* ${OLD} -$`));
  });

  it('is the same in both modes of --warm: absent means cold until it is needed', () => {
    const world = { cluster: lostCluster({ claims: [claim({ restoresFromUs: false })] }) };
    expect(valueOf({ ...world, settings: { warm: 'absent' } })).toBe(
      `attach cold:claim-live ${NEWEST} ${iso(NOW - HOUR)}`,
    );
  });

  it('over the storage budget it is attached all the same: a claim that waits goes first', () => {
    const settings = { maxWarmBytes: 1 };
    expect(valueOf({ cluster: lostCluster(), settings })).toBe(
      `attach cold:over-storage-budget ${NEWEST} ${iso(NOW - HOUR)}`,
    );
  });
});

describe('what could not be looked at', () => {
  /** The namespace `media` could not be listed; `home` could. */
  function halfBlind(): BucketView {
    const view = bucketView({ 'home/hass': listed(snapshots()) });
    if (view.root.state !== 'listed') throw new Error('listed');
    const media = { state: 'unknown', reason: 'listing-incomplete', message: 'cut' } as const;
    return { ...view, root: { ...view.root, namespaces: new Map([...view.root.namespaces, ['media', media]]) } };
  }

  it('a namespace: its entries stay word for word, and it is marked', () => {
    const cluster = lostCluster({ index: indexOf({ [IN_INDEX]: COLD, 'media.other': 'ignore cold:x 0a1b2c3d -' }) });
    const about = { _generatedAt: iso(NOW), '_unknown.media': 'listing-incomplete' };
    expect(published({ bucket: halfBlind(), cluster })).toEqual({
      about,
      entries: {
        'home.hass': `attach cold:namespace-missing ${NEWEST} ${iso(NOW - HOUR)}`,
        [IN_INDEX]: COLD,
        'media.other': 'ignore cold:x 0a1b2c3d -',
      },
    });
  });

  it('a namespace without earlier entries: it is marked, and a warm destination of ours makes none', () => {
    expect(published({ bucket: halfBlind() })).toMatchObject({
      about: { '_unknown.media': 'listing-incomplete' },
      entries: { 'home.hass': expect.any(String) },
    });
    expect(valueOf({ bucket: halfBlind() })).toBeUndefined();
  });

  const refused = bucketView({ [KEY]: { state: 'unknown', reason: 'listing-failed', message: '403' }, ...OTHER });

  it('a repository without an earlier entry: nobody knows, so its namespace is marked', () => {
    expect(published({ bucket: refused, cluster: lostCluster() })).toEqual({
      about: { _generatedAt: iso(NOW), '_unknown.media': 'listing-failed' },
      entries: { 'home.other': COLD },
    });
  });

  it('a repository with an earlier entry: that speaks for it', () => {
    const cluster = lostCluster({ index: indexOf({ [IN_INDEX]: COLD }) });
    expect(published({ bucket: refused, cluster })).toMatchObject({
      about: { _generatedAt: iso(NOW) },
      entries: { [IN_INDEX]: COLD },
    });
    expect(published({ bucket: refused, cluster })?.about).not.toHaveProperty('_unknown.media');
  });

  it('credentials: the earlier word stays; without one it is refused', () => {
    const unread = { credentials: {} };
    expect(valueOf({ cluster: lostCluster({ ...unread, index: indexOf({ [IN_INDEX]: COLD }) }) })).toBe(COLD);
    expect(valueOf({ cluster: lostCluster(unread) })).toBe(`refuse cold:listing-failed ${NEWEST} ${iso(NOW - HOUR)}`);
  });

  it('the cluster: no word changes, but the bucket was looked at, so the time is new', () => {
    const failure: ClusterFailure = { resource: 'jobs', namespace: null, kind: 'forbidden', message: 'no' };
    const index = indexOf({ _generatedAt: iso(NOW - HOUR), [IN_INDEX]: COLD });
    expect(published({ cluster: clusterView({ index, failures: [failure] }) })).toEqual({
      about: { _generatedAt: iso(NOW), _frozen: 'listing-failed' },
      entries: { [IN_INDEX]: COLD },
    });
  });

  it('Jobs: what the cluster shows of an empty image, or of somebody else’s destination, is known all the same', () => {
    const failures: ClusterFailure[] = [{ resource: 'jobs', namespace: null, kind: 'forbidden', message: '403' }];
    const index = indexOf({ [IN_INDEX]: WARM });
    const said = (destinations: ClusterParts['destinations'] = []): unknown =>
      published({ cluster: clusterView({ failures, index, destinations }) })?.entries[IN_INDEX];
    const tail = WARM.replace('attach warm ', '');
    expect(said([destination({ annotations: {}, moverLogs: EMPTY_LOG })])).toBe(`refuse suspect:image-empty ${tail}`);
    expect(said([foreign()])).toBe(`refuse blocked:destination-foreign ${tail}`);
    expect(said([syncing()])).toBe(WARM);
  });

  it('Jobs: a namespace that is included again is not let through on the word of the exclusion', () => {
    const failures: ClusterFailure[] = [{ resource: 'jobs', namespace: null, kind: 'forbidden', message: '403' }];
    const index = indexOf({ [IN_INDEX]: `ignore cold:namespace-excluded ${NEWEST} -` });
    const said = (settings: NonNullable<World['settings']>, before = index): unknown =>
      published({ cluster: lostCluster({ failures, index: before }), settings })?.entries[IN_INDEX];
    const excluded = { excludeNamespaces: ['media'] };
    expect([
      said({}),
      said(excluded),
      said(excluded, indexOf({ [IN_INDEX]: `attach cold:queued ${NEWEST} -` })),
    ]).toEqual([
      `refuse cold:listing-failed ${NEWEST} -`,
      `ignore cold:namespace-excluded ${NEWEST} -`,
      `ignore cold:namespace-excluded ${NEWEST} -`,
    ]);
  });

  it('Jobs: a claim that is no block device any more is not let through on the word of the one that was', () => {
    const failures: ClusterFailure[] = [{ resource: 'jobs', namespace: null, kind: 'forbidden', message: '403' }];
    const index = indexOf({ [IN_INDEX]: `ignore cold:volume-mode-block ${NEWEST} -` });
    const said = (volumeMode: string): unknown =>
      published({ cluster: lostCluster({ failures, index, claims: [claim({ volumeMode })] }) })?.entries[IN_INDEX];
    expect([said('Filesystem'), said('Block')]).toEqual([
      `refuse cold:listing-failed ${NEWEST} -`,
      `ignore cold:volume-mode-block ${NEWEST} -`,
    ]);
  });

  it('VolumeSnapshots are not installed: what is new is refused, for no restore point can be judged', () => {
    const failure: ClusterFailure = {
      resource: 'volumesnapshots',
      namespace: null,
      kind: 'not-installed',
      message: '',
    };
    expect(valueOf({ cluster: clusterView({ images: [], failures: [failure] }) })).toBe(
      `refuse cold:snapshots-missing ${NEWEST} ${iso(NOW - HOUR)}`,
    );
  });
});

describe('nothing is published', () => {
  const remembered = indexOf({ 'media.a': COLD, 'media.b': COLD, 'media.c': COLD });

  it.each<[string, World]>([
    ['when the root listing failed', { bucket: bucketView({}, { root: unknownRoot() }) }],
    ['when the root listing is incomplete', { bucket: bucketView({}, { root: unknownRoot('listing-incomplete') }) }],
    ['when the bucket was not listed', { bucket: bucketView({}, { root: { state: 'not-looked' } }) }],
    ['when most of it is gone at once', { bucket: bucketView(OTHER), cluster: lostCluster({ index: remembered }) }],
    ['when all of it is gone at once', { bucket: bucketView({}), cluster: lostCluster({ index: remembered }) }],
    ['without the installer’s object', { cluster: clusterView({ index: { ...indexOf(), shards: [] } }) }],
  ])('%s', (_, world) => {
    expect(published(world)).toBeNull();
  });

  it('when the first object is gone and a further one is left', () => {
    const index = indexOf({}, { _generatedAt: iso(NOW) });
    expect(published({ cluster: clusterView({ index: { ...index, shards: index.shards.slice(1) } }) })).toBeNull();
  });

  it('when the index could not be read', () => {
    const unread = (kind: ClusterFailure['kind'], resource: ClusterResource = 'replicationdestinations'): unknown =>
      published({ cluster: clusterView({ failures: [{ resource, namespace: null, kind, message: '' }] }) });
    expect([unread('forbidden'), unread('not-installed'), unread('failed')]).toEqual([null, null, null]);
    expect(unread('forbidden', 'jobs')).not.toBeNull();
  });
});

describe('of two listings the younger wins', () => {
  const before = (generatedAt: string, more: Record<string, string>[] = []): World => ({
    cluster: clusterView({ index: indexOf({ _generatedAt: generatedAt }, ...more) }),
  });

  it('one that began later has been published: nothing is said', () => {
    expect(published(before(iso(NOW + 1)))).toBeNull();
    expect(published(before(iso(NOW + 5 * MINUTE - 1)))).toBeNull();
  });

  it('also when this run looked long ago', () => {
    const bucket = { ...bucketView(), startedAt: NOW - HOUR };
    expect(published({ ...before(iso(NOW - HOUR / 2)), bucket })).toBeNull();
  });

  it('one younger object is enough', () => {
    expect(published(before(iso(NOW - HOUR), [{ _generatedAt: iso(NOW + 1) }]))).toBeNull();
  });

  it.each([
    ['older', iso(NOW - 1)],
    ['of the same moment', iso(NOW)],
    ['so young that no run can have begun then', iso(NOW + 5 * MINUTE)],
    ['from a clock that is years ahead', '2099-01-01T00:00:00Z'],
    ['no time at all', 'now'],
    ['empty', ''],
  ])('the one before is %s: it is replaced', (_, generatedAt) => {
    expect(published(before(generatedAt))?.about).toEqual({ _generatedAt: iso(NOW) });
  });
});

describe('an empty bucket', () => {
  const nothing = { cluster: lostCluster() };

  it('without a marker is said to be unmarked', () => {
    expect(published({ bucket: bucketView({}, { marked: false }), ...nothing })).toEqual({
      about: { _generatedAt: iso(NOW), _bucketUnmarked: iso(NOW) },
      entries: {},
    });
  });

  it('with a marker has no backups, and that is all', () => {
    expect(published({ bucket: bucketView({}), ...nothing })).toEqual({
      about: { _generatedAt: iso(NOW) },
      entries: {},
    });
  });

  it('a bucket with repositories and no marker wants one; it is not unmarked for that', () => {
    const unmarked = { bucket: bucketView(undefined, { marked: false }) };
    expect(planOf(unmarked).wantsMarker).toBe(true);
    expect(published(unmarked)?.about).toEqual({ _generatedAt: iso(NOW) });
  });

  it('no marker is wanted for a bucket that has one, is empty, or may be another', () => {
    const index = indexOf({ 'media.a': COLD, 'media.b': COLD, 'media.c': COLD });
    const wants = (world: World): boolean => planOf(world).wantsMarker;
    expect([
      wants({}),
      wants({ bucket: bucketView({}, { marked: false }), ...nothing }),
      wants({ bucket: bucketView(OTHER, { marked: false }), cluster: lostCluster({ index }) }),
      wants({ bucket: bucketView({}, { root: unknownRoot() }) }),
    ]).toEqual([false, false, false, false]);
  });
});

describe('a backup that is not in the listing any more', () => {
  const gone = (value: string, world: World = {}): World => ({
    bucket: bucketView(OTHER),
    cluster: remembering(value),
    ...world,
  });

  it('is counted: once, twice, and with the third complete listing it is gone', () => {
    const history: (string | undefined)[] = [];
    let value: string | undefined = COLD;
    for (let run = 0; value !== undefined && run < 5; run += 1) {
      const startedAt = NOW + run * 5 * MINUTE;
      value = valueOf(gone(value, { bucket: bucketView(OTHER, { startedAt }), now: startedAt }));
      history.push(value);
    }
    expect(history).toEqual([`${COLD} missed=1@${iso(NOW)}`, `${COLD} missed=2@${iso(NOW + 5 * MINUTE)}`, undefined]);
  });

  it('is present until then, and absent from then on', () => {
    const missed = (count: number): string => `${COLD} missed=${count}@${iso(NOW - HOUR)}`;
    const backup = (value: string): string | undefined => toldAll(planOf(gone(value)))[KEY]?.backup;
    expect([backup(COLD), backup(missed(2)), backup(missed(3))]).toEqual([
      'present',
      'present',
      'absent: repository-empty',
    ]);
  });

  it('listings that are less than a period apart count as one', () => {
    const value = `${COLD} missed=1@${iso(NOW - 5 * MINUTE + 1)}`;
    expect(valueOf(gone(value))).toBe(value);
    const due = `${COLD} missed=1@${iso(NOW - 5 * MINUTE)}`;
    expect(valueOf(gone(due))).toBe(`${COLD} missed=2@${iso(NOW)}`);
  });

  it('seen again, the count begins anew', () => {
    const bucket = bucketView({ ...OTHER, [KEY]: listed(snapshots()) });
    expect(valueOf(gone(`${COLD} missed=2@${iso(NOW - HOUR)}`, { bucket }))).toBe(COLD);
  });

  it('an emptied repository counts like one that is gone', () => {
    const bucket = bucketView({ ...OTHER, [KEY]: listed([]) });
    expect(valueOf(gone(COLD, { bucket }))).toBe(`${COLD} missed=1@${iso(NOW)}`);
  });

  it('--accept-shrink is a person’s word: it is gone at once', () => {
    expect(valueOf(gone(COLD, { settings: { acceptShrink: true } }))).toBeUndefined();
  });

  it('a listing that cannot be believed does not count', () => {
    const failure: ClusterFailure = { resource: 'jobs', namespace: null, kind: 'forbidden', message: 'no' };
    expect(valueOf(gone(COLD, { cluster: remembering(COLD, { failures: [failure] }) }))).toBe(COLD);
  });

  it('a destination of ours counts on itself, not in the index', () => {
    const cluster = clusterView({ index: indexOf({ [IN_INDEX]: WARM }) });
    expect(valueOf({ bucket: bucketView(OTHER), cluster })).toBe(WARM);
    const counted = destination({ annotations: { ...proven(), [ANNOTATION.missedListings]: `3 ${iso(NOW - HOUR)}` } });
    const third = clusterView({ index: indexOf({ [IN_INDEX]: WARM }), destinations: [counted] });
    expect(valueOf({ bucket: bucketView(OTHER), cluster: third })).toContain('attach warm');
  });

  it('somebody else’s destination remembers nothing: the index counts', () => {
    const cluster = clusterView({ index: indexOf({ [IN_INDEX]: WARM }), destinations: [foreign({ spec: spec() })] });
    expect(valueOf({ bucket: bucketView(OTHER), cluster })).toBe(
      `refuse blocked:destination-foreign ${NEWEST} ${iso(NOW - HOUR)} missed=1@${iso(NOW)}`,
    );
  });
});

describe('a namespace that the cluster does not have', () => {
  it('lives on in the index without a look into its repository', () => {
    const world = { bucket: bucketView({ [KEY]: null }), cluster: remembering(COLD) };
    expect(valueOf(world)).toBe(COLD);
    expect(told(world)).toEqual({
      backup: 'present',
      restorePoint: 'cold: namespace-missing',
      wave: null,
      actions: [],
    });
  });

  it('a look in its turn brings the newest snapshot', () => {
    const bucket = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - MINUTE)]) });
    expect(valueOf({ bucket, cluster: remembering(COLD) })).toBe(
      `attach cold:namespace-missing ${LATER} ${iso(NOW - MINUTE)}`,
    );
  });

  it('garbage is not remembered: without a look nobody knows', () => {
    const world = { bucket: bucketView({ [KEY]: null }), cluster: remembering('attach it!') };
    expect(published(world)).toEqual({
      about: { _generatedAt: iso(NOW), '_unknown.media': 'listing-failed' },
      entries: {},
    });
  });

  it('a claim that waits is told by the memory alone', () => {
    const cluster = lostCluster({ claims: [waitingClaim()], index: indexOf({ [IN_INDEX]: COLD }) });
    expect(valueOf({ bucket: bucketView({ [KEY]: null }), cluster })).toMatch(/^attach cold:/);
  });
});
