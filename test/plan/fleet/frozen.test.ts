import { describe, expect, it } from 'vitest';
import type { Probe } from '../../../src/model.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  NOW,
  bucketView,
  clusterView,
  destination,
  foreign,
  indexOf,
  listed,
  lostCluster,
  planOf,
  proven,
  snapshots,
  told,
  unknownRoot,
  type World,
} from '../../support/build.ts';
import type { ClusterFailure, ClusterResource } from '../../../src/failures.ts';

const PRUNE = { prune: true };

/** Restore points of ours for a, b, c, …; the bucket still lists `kept`. */
function remembered(names: string, kept: string, world: World = {}): World {
  const probes = Object.fromEntries(
    kept.split('').map((name): [string, Probe] => [`media/${name}`, listed(snapshots())]),
  );
  return {
    bucket: bucketView(probes),
    cluster: clusterView({
      destinations: names.split('').map((claim) => destination({ claim })),
      claims: [],
      sources: [],
    }),
    ...world,
  };
}

function frozenAndKinds(world: World): [unknown, string[]] {
  const result = planOf(world);
  return [result.frozen, [...new Set(result.chains.flat().map(({ kind }) => kind))].sort()];
}

describe('nothing is written when the root cannot be believed', () => {
  it.each(['listing-failed', 'listing-incomplete'] as const)('%s', (reason) => {
    const world: World = { bucket: bucketView({}, { root: unknownRoot(reason) }), settings: PRUNE };
    expect(frozenAndKinds(world)).toEqual([reason, []]);
    expect(told(world)).toEqual({ backup: `unknown: ${reason}`, restorePoint: 'warm', wave: null, actions: [] });
  });
});

describe('nothing is written when the cluster cannot be seen whole', () => {
  const failure = (resource: ClusterResource, kind: ClusterFailure['kind'] = 'forbidden'): ClusterFailure => ({
    resource,
    namespace: null,
    kind,
    message: 'no',
  });
  const ALL: ClusterResource[] = [
    'namespaces',
    'secrets',
    'persistentvolumeclaims',
    'replicationdestinations',
    'replicationsources',
    'volumesnapshots',
    'jobs',
  ];

  it.each(ALL)('the list of %s failed: listing-failed', (resource) => {
    expect(frozenAndKinds({ cluster: lostCluster({ failures: [failure(resource)] }) })).toEqual(['listing-failed', []]);
  });

  it('VolSync is not installed: volsync-missing', () => {
    const world = { cluster: lostCluster({ failures: [failure('replicationdestinations', 'not-installed')] }) };
    expect(told(world)).toEqual({ backup: 'present', restorePoint: 'cold: volsync-missing', wave: null, actions: [] });
  });

  it('VolumeSnapshots are not installed: snapshots-missing', () => {
    const cluster = clusterView({ images: [], failures: [failure('volumesnapshots', 'not-installed')] });
    expect(told({ cluster })).toMatchObject({ restorePoint: 'cold: snapshots-missing', actions: [] });
  });

  it('a listing that shrank, before a list of the cluster that failed: only then the index is left alone', () => {
    const world = remembered('abcde', 'ab');
    const cluster = { ...world.cluster!, failures: [failure('jobs')] };
    expect(frozenAndKinds({ ...world, cluster })).toEqual(['listing-shrank', []]);
    expect(planOf({ ...world, cluster }).index).toBeNull();
  });

  it("but one namespace's failure spoils only that namespace", () => {
    const failures: ClusterFailure[] = [
      { resource: 'secrets', namespace: 'office', kind: 'failed', message: 'timeout' },
    ];
    expect(told({ cluster: lostCluster({ failures }) }).actions).toEqual(['create-credentials', 'create-destination']);
    expect(told({ cluster: clusterView({ failures }) })).toMatchObject({ restorePoint: 'warm' });
  });

  it('and a list that no restore point is judged by, or of which the kind is not installed, hides none', () => {
    expect(told({ cluster: clusterView({ failures: [failure('jobs')] }) })).toMatchObject({ restorePoint: 'warm' });
    expect(told({ cluster: lostCluster({ failures: [failure('namespaces')] }) })).toMatchObject({
      restorePoint: 'cold: listing-failed',
    });
    expect(frozenAndKinds({ cluster: lostCluster({ failures: [failure('jobs', 'not-installed')] }) })).toEqual([
      'listing-failed',
      [],
    ]);
  });
});

describe('listing-shrank: nothing is created or deleted when', () => {
  const shrank: [string, World][] = [
    ['more than half, and three, are gone', remembered('abcde', 'ab')],
    ['all of two are gone', remembered('ab', '')],
    ['the only one is gone', remembered('a', '')],
    [
      'none of two is left, and what is there instead was never marked',
      remembered('ab', '', { bucket: bucketView({ 'home/other': listed(snapshots()) }, { marked: false }) }),
    ],
    [
      'three of five hold no snapshot any more',
      remembered('abcde', '', {
        bucket: bucketView(
          Object.fromEntries(
            'abcde'.split('').map((name) => [`media/${name}`, listed('ab'.includes(name) ? snapshots() : [])]),
          ),
        ),
      }),
    ],
  ];
  it.each(shrank)('%s', (_, world) => {
    expect(frozenAndKinds({ ...world, settings: PRUNE })).toEqual(['listing-shrank', []]);
    expect(planOf(world).findings.map(({ reason }) => reason)).toContain('listing-shrank');
  });

  const ordinary: [string, World][] = [
    ['half of six', remembered('abcdef', 'abc')],
    ['two of three', remembered('abc', 'a')],
    ['the only one, while another repository is there', remembered('a', 'z')],
    [
      'the only one that counts, in an unmarked bucket that still has one which is excluded,',
      {
        bucket: bucketView({ 'home/data': listed(snapshots()) }, { marked: false }),
        cluster: clusterView({
          claims: [],
          index: indexOf({ 'home.data': 'ignore cold:namespace-excluded 0a1b2c3d -' }),
        }),
        settings: { excludeNamespaces: ['home'] },
      },
    ],
  ];
  it.each(ordinary)('but %s may be clean-up: it is counted', (_, world) => {
    expect(frozenAndKinds(world)[0]).toBeNull();
    expect(frozenAndKinds(world)[1]).toContain('note-absence');
  });

  it('F1: destinations with our label that a tenant makes count for nothing once there is an index', () => {
    const forged = 'cdefgh'.split('').map((name) => destination({ claim: name, annotations: {} }));
    const value = 'attach warm bbbbbbbb 2026-11-21T11:00:00.000Z';
    const index = indexOf({ 'media.a': value, 'media.b': value });
    const probes = { 'media/a': listed(snapshots()), 'media/b': listed(snapshots()) };
    const world = { bucket: bucketView(probes), cluster: clusterView({ destinations: forged, claims: [], index }) };
    expect(planOf(world).frozen).toBeNull();
    expect(planOf({ ...world, bucket: bucketView({}) }).frozen).toBe('listing-shrank');
  });

  it('says unknown of those that are gone, and judges the others', () => {
    const result = planOf(remembered('abcde', 'ab'));
    expect(result.entries.map(({ claim, backup }) => [claim, backup.state])).toEqual([
      ['a', 'present'],
      ['b', 'present'],
      ['c', 'unknown'],
      ['d', 'unknown'],
      ['e', 'unknown'],
    ]);
  });

  it('does not let new repositories in: another bucket is another bucket', () => {
    const world = remembered('abc', 'xyz', { settings: PRUNE });
    expect(frozenAndKinds(world)).toEqual(['listing-shrank', []]);
  });

  it('is settled by --accept-shrink', () => {
    expect(frozenAndKinds(remembered('abcde', 'ab', { settings: { acceptShrink: true } }))).toEqual([
      null,
      ['note-absence'],
    ]);
  });

  it("does not count what three listings have settled, what is somebody else's, and what is excluded", () => {
    const settled = destination({
      annotations: { ...proven(), [ANNOTATION.missedListings]: `3 ${new Date(NOW).toISOString()}` },
    });
    expect(frozenAndKinds({ bucket: bucketView({}), cluster: clusterView({ destinations: [settled] }) })[0]).toBeNull();
    expect(
      frozenAndKinds({ bucket: bucketView({}), cluster: clusterView({ destinations: [foreign()] }) })[0],
    ).toBeNull();
    expect(frozenAndKinds({ bucket: bucketView({}), settings: { excludeNamespaces: ['media'] } })[0]).toBeNull();
  });

  it('an empty root while the index is not: of what is excluded, too', () => {
    const index = indexOf({ 'media.plex-config': 'ignore cold:namespace-excluded 0a1b2c3d -' });
    const cluster = lostCluster({ index });
    const settings = { excludeNamespaces: ['media'] };
    expect(frozenAndKinds({ bucket: bucketView({}), cluster, settings })[0]).toBe('listing-shrank');
    expect(
      frozenAndKinds({ bucket: bucketView({ 'home/other': listed(snapshots()) }), cluster, settings })[0],
    ).toBeNull();
  });

  it('counts what the index remembers like what restore points remember', () => {
    const VALUE = 'attach cold:namespace-missing 0a1b2c3d -';
    const by = (names: string, kept: string, value = VALUE): unknown => {
      const index = indexOf(Object.fromEntries(names.split('').map((name) => [`media.${name}`, value])));
      return frozenAndKinds({ ...remembered('', kept), cluster: lostCluster({ namespaces: [], index }) })[0];
    };
    expect([by('abcde', 'ab'), by('ab', ''), by('a', ''), by('abcdef', 'abc'), by('abc', 'a')]).toEqual([
      ...Array(3).fill('listing-shrank'),
      null,
      null,
    ]);
    expect(by('abcde', 'ab', `${VALUE} missed=3@${new Date(NOW).toISOString()}`)).toBeNull();
    expect(by('abcde', 'ab', 'garbage')).toBeNull();
  });

  it('counts a repository once that both remember, and a destination’s own count before the index', () => {
    const index = indexOf(
      Object.fromEntries(['a', 'b', 'c'].map((name) => [`media.${name}`, 'attach warm 0a1b2c3d -'])),
    );
    const settled = { ...proven(), [ANNOTATION.missedListings]: `3 ${new Date(NOW).toISOString()}` };
    const frozen = (annotations: Record<string, string>): unknown => {
      const destinations = ['a', 'b', 'c'].map((claim) => destination({ claim, annotations }));
      const cluster = clusterView({ destinations, claims: [], sources: [], index });
      return frozenAndKinds({ bucket: bucketView({ 'media/z': listed(snapshots()) }), cluster })[0];
    };
    expect([frozen(proven()), frozen(settled)]).toEqual(['listing-shrank', null]);
  });

  it('is not said of one of three, although the bucket was never marked: only all of them are another bucket', () => {
    const unmarked = (kept: string): Partial<World> => ({
      bucket: bucketView(Object.fromEntries(kept.split('').map((name) => [`media/${name}`, listed(snapshots())])), {
        marked: false,
      }),
    });
    expect(planOf(remembered('abc', 'bc', unmarked('bc'))).frozen).toBeNull();
  });

  it('is not said of the only one while the bucket holds repositories at another depth: it is not empty', () => {
    const bucket = bucketView({}, { misplaced: ['backups/media/plex-config'] });
    expect(planOf(remembered('a', '', { bucket })).frozen).toBeNull();
    expect(planOf(remembered('a', '')).frozen).toBe('listing-shrank');
  });

  it('is not said of a namespace whose own listing failed', () => {
    const bucket = bucketView();
    const namespaces = new Map([
      ['media', { state: 'unknown' as const, reason: 'listing-failed' as const, message: '' }],
    ]);
    const world: World = {
      bucket: { ...bucket, root: { state: 'listed', namespaces, strangers: [], misplaced: [], marked: true } },
    };
    expect(frozenAndKinds({ ...world, settings: PRUNE })).toEqual([null, []]);
  });
});
