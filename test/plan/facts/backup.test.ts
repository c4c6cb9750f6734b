import { describe, expect, it } from 'vitest';
import { indexView } from '../../../src/index/view.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  bucketView,
  clusterView,
  destination,
  foreign,
  fullId,
  indexOf,
  listed,
  lostCluster,
  planOf,
  proven,
  snapshot,
  snapshots,
  unknownRoot,
  source,
  waitingClaim,
  type ClusterParts,
  type World,
} from '../../support/build.ts';
import { newestOf } from '../../../src/plan/facts/newest.ts';

const NOTHING_PROBED = { [KEY]: null };
const OTHER = { 'media/other': listed(snapshots()) };

function backup(world: World = {}): unknown {
  return planOf(world).entries.find((entry) => entry.claim === 'plex-config')?.backup;
}

function missed(count: number): ReturnType<typeof clusterView> {
  const at = new Date(NOW - HOUR).toISOString();
  return clusterView({
    destinations: [destination({ annotations: { ...proven(), [ANNOTATION.missedListings]: `${count} ${at}` } })],
  });
}

describe('a backup', () => {
  it('is present by its newest snapshot, whatever the order of the listing', () => {
    expect(backup({ bucket: bucketView({ [KEY]: listed(snapshots().toReversed()) }) })).toEqual({
      state: 'present',
      snapshots: 2,
      newest: { id: fullId(NEWEST), at: NOW - HOUR },
      reason: null,
    });
  });

  it('is present by what its restore point has proven when nothing made a look worthwhile', () => {
    expect(backup({ bucket: bucketView(NOTHING_PROBED) })).toEqual({
      state: 'present',
      snapshots: null,
      newest: { id: NEWEST, at: NOW - HOUR },
      reason: null,
    });
  });

  it('is absent when the repository holds no snapshot: repository-empty', () => {
    expect(backup({ bucket: bucketView({ [KEY]: listed([]), ...OTHER }), cluster: lostCluster() })).toEqual({
      state: 'absent',
      snapshots: 0,
      newest: null,
      reason: 'repository-empty',
    });
  });

  it('is absent when a complete listing does not name it: repository-empty', () => {
    expect(backup({ bucket: bucketView(OTHER), cluster: clusterView({ destinations: [foreign()] }) })).toEqual({
      state: 'absent',
      snapshots: null,
      newest: null,
      reason: 'repository-empty',
    });
  });

  it('is absent in a bucket that is empty and was never marked: bucket-unmarked', () => {
    expect(backup({ bucket: bucketView({}, { marked: false }), cluster: clusterView({ destinations: [] }) })).toEqual({
      state: 'absent',
      snapshots: null,
      newest: null,
      reason: 'bucket-unmarked',
    });
  });

  it.each(['listing-failed', 'listing-incomplete'] as const)('is unknown when the root says %s', (reason) => {
    expect(backup({ bucket: bucketView({}, { root: unknownRoot(reason) }) })).toEqual({
      state: 'unknown',
      snapshots: null,
      newest: null,
      reason,
    });
  });

  it.each(['listing-failed', 'listing-incomplete'] as const)('is unknown when its own listing says %s', (reason) => {
    const bucket = bucketView({ [KEY]: { state: 'unknown', reason, message: 'reset' } });
    expect(backup({ bucket })).toEqual({ state: 'unknown', snapshots: null, newest: null, reason });
  });

  it.each(['listing-failed', 'listing-incomplete'] as const)('is unknown when its namespace says %s', (reason) => {
    const bucket = bucketView();
    const namespaces = new Map([['media', { state: 'unknown' as const, reason, message: '' }]]);
    const root = { state: 'listed' as const, namespaces, strangers: [], misplaced: [], marked: true };
    expect(backup({ bucket: { ...bucket, root } })).toEqual({
      state: 'unknown',
      snapshots: null,
      newest: null,
      reason,
    });
  });

  it('is unknown when it was neither looked into nor ever proven: listing-failed', () => {
    expect(backup({ bucket: bucketView(NOTHING_PROBED), cluster: lostCluster() })).toEqual({
      state: 'unknown',
      snapshots: null,
      newest: null,
      reason: 'listing-failed',
    });
  });

  it.each([0, 1, 2])('stays present after %i complete listings without it', (count) => {
    expect(backup({ bucket: bucketView(OTHER), cluster: missed(count) })).toMatchObject({ state: 'present' });
  });

  it('is absent after three complete listings without it', () => {
    const gone = { state: 'absent', newest: null, reason: 'backup-gone' };
    expect(backup({ bucket: bucketView(OTHER), cluster: missed(3) })).toEqual({ ...gone, snapshots: null });
    const emptied = bucketView({ [KEY]: listed([]), ...OTHER });
    expect(backup({ bucket: emptied, cluster: missed(3) })).toEqual({ ...gone, snapshots: 0 });
  });

  it('is backup-gone while a source alone counts on it, and nothing when nothing does', () => {
    const at = new Date(NOW - HOUR).toISOString();
    const index = indexOf({ 'media.plex-config': `refuse cold:backup-gone ${NEWEST} ${at} missed=3@${at}` });
    const left = (parts: ClusterParts): unknown =>
      backup({ bucket: bucketView({ [KEY]: listed([]), ...OTHER }), cluster: lostCluster({ index, ...parts }) });
    expect(left({ sources: [source()] })).toMatchObject({ state: 'absent', reason: 'backup-gone' });
    expect(left({})).toMatchObject({ state: 'absent', reason: 'repository-empty' });
  });

  it('is not called unmarked while the bucket holds others: the marker may be late', () => {
    const bucket = bucketView(OTHER, { marked: false });
    expect(backup({ bucket, cluster: clusterView({ destinations: [foreign()] }) })).toMatchObject({
      state: 'absent',
      reason: 'repository-empty',
    });
  });

  it('without a look into the bucket is what its restore point remembers, else unknown: index-unwritten', () => {
    const bucket = bucketView({}, { root: { state: 'not-looked' } });
    expect(backup({ bucket })).toMatchObject({ state: 'present', newest: { id: NEWEST } });
    expect(backup({ bucket, cluster: clusterView({ destinations: [] }) })).toMatchObject({
      state: 'unknown',
      reason: 'index-unwritten',
    });
  });
});

describe('a backup of which only the index knows', () => {
  const AT = new Date(NOW - 2 * HOUR).toISOString();
  const NOT_LOOKED = bucketView({}, { root: { state: 'not-looked' } });
  const remembering = (parameters: Record<string, string>): ReturnType<typeof clusterView> =>
    lostCluster({ claims: [waitingClaim()], index: indexOf(parameters) });
  const written = (at: number, more: Record<string, string> = {}): unknown =>
    backup({
      bucket: NOT_LOOKED,
      cluster: remembering({ _generatedAt: new Date(at).toISOString(), 'media.other': 'x', ...more }),
    });
  const ENTRY = { 'media.plex-config': `attach warm ${OLD} ${AT}` };
  const PRESENT = { state: 'present', snapshots: null, newest: { id: OLD, at: NOW - 2 * HOUR }, reason: null };
  const absent = (reason: string): unknown => ({ state: 'absent', snapshots: null, newest: null, reason });
  const unknown = (reason: string): unknown => ({ state: 'unknown', snapshots: null, newest: null, reason });

  it('is present, however old the index is', () => {
    expect([written(NOW, ENTRY), written(NOW - 30 * 24 * HOUR, ENTRY)]).toEqual([PRESENT, PRESENT]);
  });

  it('is present when its repository was listed and not looked into', () => {
    expect(backup({ bucket: bucketView(NOTHING_PROBED), cluster: remembering(ENTRY) })).toEqual(PRESENT);
  });

  it('is the younger one of what index and restore point remember', () => {
    const of = (short: string, at: number): unknown => {
      const index = indexOf({ 'media.plex-config': `attach warm ${short} ${new Date(at).toISOString()}` });
      return backup({ bucket: bucketView(NOTHING_PROBED), cluster: clusterView({ index }) });
    };
    expect([of(LATER, NOW), of(OLD, NOW - 2 * HOUR), of(OLD, NOW - HOUR)]).toMatchObject([
      { newest: { id: LATER, at: NOW } },
      { newest: { id: NEWEST } },
      { newest: { id: NEWEST } },
    ]);
  });

  it('is absent without an entry, when the index is of the last twenty minutes', () => {
    expect(written(NOW - 20 * MINUTE + 1)).toEqual(absent('repository-empty'));
    expect(written(NOW - 20 * MINUTE)).toEqual(unknown('index-stale'));
  });

  it('is unknown when the index comes from the future: nobody can have written it', () => {
    expect(written(NOW + 5 * MINUTE - 1)).toEqual(absent('repository-empty'));
    expect(written(NOW + 5 * MINUTE)).toEqual(unknown('index-stale'));
  });

  it('is unknown when its namespace could not be looked at, and absent of an unmarked bucket', () => {
    expect(written(NOW, { '_unknown.media': 'listing-failed' })).toEqual(unknown('index-stale'));
    expect(written(NOW, { '_unknown.home': 'listing-failed' })).toEqual(absent('repository-empty'));
    expect(written(NOW, { _bucketUnmarked: AT })).toEqual(absent('bucket-unmarked'));
  });

  it('is unknown when no run has written the index yet', () => {
    expect(backup({ bucket: NOT_LOOKED, cluster: remembering({}) })).toEqual(unknown('index-unwritten'));
    const cluster = lostCluster({ claims: [waitingClaim()], index: indexView([]) });
    expect(backup({ bucket: NOT_LOOKED, cluster })).toEqual(unknown('index-missing'));
  });
});

describe('the newest snapshot', () => {
  it('is the youngest; of equal times the same one in any order', () => {
    const twins = [snapshot(NEWEST), snapshot(LATER), snapshot(OLD)];
    expect(newestOf(twins)?.id).toBe(fullId(LATER));
    expect(newestOf(twins.toReversed())?.id).toBe(fullId(LATER));
    expect(newestOf([])).toBeNull();
  });
});
