import { describe, expect, it } from 'vitest';
import type { RestorePoint } from '../../../src/decisions.ts';
import { ANNOTATION, MANAGED_BY } from '../../../src/naming.ts';
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
  SECOND,
  bucketView,
  clusterView,
  destination,
  foreign,
  image,
  indexOf,
  listed,
  lostCluster,
  mover,
  planOf,
  proven,
  snapshot,
  snapshots,
  syncing,
  type World,
} from '../../support/build.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
const WARM: RestorePoint = {
  state: 'warm',
  reason: null,
  image: IMAGE,
  holds: NEWEST,
  lagSeconds: 0,
  admissible: true,
  wave: null,
};
const BARE: RestorePoint = { ...WARM, image: null, holds: null, lagSeconds: null, admissible: false };

function restorePoint(world: World = {}): RestorePoint | undefined {
  return planOf(world).entries[0]?.restorePoint;
}

function of(overrides: Parameters<typeof destination>[0], bucket = bucketView()): RestorePoint | undefined {
  return restorePoint({ bucket, cluster: clusterView({ destinations: [destination(overrides)] }) });
}

describe('a restore point', () => {
  it('is warm: its image exists, is ready, and is proven to hold the newest snapshot', () => {
    expect(restorePoint()).toEqual(WARM);
  });

  it('is warm by its log alone, before the proof is written down', () => {
    expect(of({ annotations: {} })).toEqual(WARM);
  });

  it('is stale when a newer snapshot exists, and says by how much', () => {
    expect(restorePoint({ bucket: NEWER })).toEqual({
      ...WARM,
      state: 'stale',
      reason: 'queued',
      lagSeconds: 3000,
      wave: 1,
    });
  });

  it('is stale, not warm, while a sync runs: the image may be replaced at any moment', () => {
    expect(of({ lastSyncStartAt: NOW - SECOND })).toEqual({ ...WARM, state: 'stale', reason: 'sync-in-progress' });
  });

  it('is stale and says sync-failing while a failing sync leaves a usable image', () => {
    const cluster = clusterView({
      destinations: [destination({ lastSyncStartAt: NOW - HOUR })],
      movers: [mover({ failed: 1 })],
    });
    expect(restorePoint({ cluster })).toEqual({ ...WARM, state: 'stale', reason: 'sync-failing' });
  });

  it('is stale: image-unproven, when nothing tells what its image holds', () => {
    expect(of({ annotations: {}, moverLogs: '' })).toEqual({
      ...WARM,
      state: 'stale',
      reason: 'image-unproven',
      holds: null,
      lagSeconds: null,
    });
  });

  it('is stale: snapshot-unlisted, when its log names a snapshot that the listing does not have', () => {
    const log = 'restoring snapshot dddddddd of [/data] at x by root@volsync to .';
    expect(of({ annotations: {}, moverLogs: log })).toEqual({
      ...WARM,
      state: 'stale',
      reason: 'snapshot-unlisted',
      holds: 'dddddddd',
      lagSeconds: null,
    });
  });

  it('is warming during its first sync', () => {
    const cluster = clusterView({ destinations: [syncing()], images: [] });
    expect(restorePoint({ cluster })).toEqual({ ...BARE, state: 'warming', reason: 'sync-in-progress' });
  });

  it('is warming again when its image has been lost and the new one is being made', () => {
    const cluster = clusterView({ destinations: [destination({ lastSyncStartAt: NOW - SECOND })], images: [] });
    expect(restorePoint({ cluster })).toMatchObject({ state: 'warming', reason: 'sync-in-progress' });
  });

  it('is cold while listings without its repository are counted', () => {
    const index = indexOf({ 'media.plex-config': `attach warm ${NEWEST} -` });
    const bucket = bucketView({ 'home/a': listed(snapshots()), 'home/b': listed(snapshots()) });
    const entry = planOf({ bucket, cluster: lostCluster({ index }) }).entries.find(
      ({ claim }) => claim === 'plex-config',
    );
    expect([entry?.backup.state, entry?.restorePoint.reason]).toEqual(['present', 'repository-empty']);
  });

  it('is cold and queued before anything was done', () => {
    expect(restorePoint({ cluster: lostCluster() })).toEqual({ ...BARE, state: 'cold', reason: 'queued', wave: 1 });
  });

  it("is cold with the backup's own reason when there is none", () => {
    expect(restorePoint({ bucket: bucketView({ [KEY]: listed([]) }), cluster: lostCluster() })).toEqual({
      ...BARE,
      state: 'cold',
      reason: 'repository-empty',
    });
  });

  it('is cold: image-missing, when its VolumeSnapshot is gone', () => {
    expect(restorePoint({ cluster: clusterView({ images: [] }) })).toEqual({
      ...WARM,
      state: 'cold',
      reason: 'image-missing',
      wave: 1,
    });
  });

  it('is cold: image-missing, when a finished sync left no image at all', () => {
    expect(of({ latestImage: null })).toEqual({ ...BARE, state: 'cold', reason: 'image-missing', wave: 1 });
  });

  it('is cold: image-not-ready', () => {
    const cluster = clusterView({ images: [image({ ready: false, createdAt: NOW - MINUTE })] });
    expect(restorePoint({ cluster })).toEqual({ ...WARM, state: 'cold', reason: 'image-not-ready' });
  });

  it('is suspect: image-empty, by its log, and is not offered before that is written down either', () => {
    expect(of({ annotations: {}, moverLogs: EMPTY_LOG })).toEqual({
      ...BARE,
      state: 'suspect',
      reason: 'image-empty',
      image: IMAGE,
      wave: 1,
    });
  });

  it('is suspect: image-empty, once it is written down, whatever the log says later, and is never offered', () => {
    expect(of({ annotations: { [ANNOTATION.suspectImage]: IMAGE }, moverLogs: '' })).toEqual({
      ...BARE,
      state: 'suspect',
      reason: 'image-empty',
      image: IMAGE,
      wave: 1,
    });
  });

  it('is blocked: image-empty, when the second image of the same snapshot is empty too', () => {
    expect(of({ annotations: { [ANNOTATION.secondTry]: NEWEST }, moverLogs: EMPTY_LOG })).toMatchObject({
      state: 'blocked',
      reason: 'image-empty',
      wave: null,
    });
  });

  it('is blocked: sync-failing, when its first sync fails', () => {
    const cluster = clusterView({ destinations: [syncing()], images: [], movers: [mover({ failed: 1 })] });
    expect(restorePoint({ cluster })).toEqual({ ...BARE, state: 'blocked', reason: 'sync-failing' });
  });

  it('is blocked: sync-stuck, when VolSync does not begin', () => {
    const asked = syncing({ lastSyncStartAt: null, hasStatus: false, createdAt: NOW - 11 * MINUTE });
    const cluster = clusterView({ destinations: [asked], images: [] });
    expect(restorePoint({ cluster })).toEqual({ ...BARE, state: 'blocked', reason: 'sync-stuck' });
  });

  it('is blocked: image-direct, when a claim would hang on its PersistentVolumeClaim', () => {
    const direct = { kind: 'PersistentVolumeClaim', apiGroup: '', name: 'volsync-x-dest' };
    expect(of({ latestImage: direct, annotations: {} })).toMatchObject({
      state: 'blocked',
      reason: 'image-direct',
      image: 'volsync-x-dest',
      admissible: false,
    });
  });

  it('is blocked: destination-foreign, whatever it holds', () => {
    expect(restorePoint({ cluster: clusterView({ destinations: [foreign()] }) })).toEqual({
      ...WARM,
      state: 'blocked',
      reason: 'destination-foreign',
      admissible: false,
    });
  });
});

describe('the lag', () => {
  it('is between two snapshots, never against the clock', () => {
    const later = planOf({ bucket: NEWER, now: NOW + 24 * HOUR }).entries[0]?.restorePoint.lagSeconds;
    expect(later).toBe(3000);
  });

  it('comes from the written note when the held snapshot has been forgotten since', () => {
    const bucket = bucketView({ [KEY]: listed([snapshot(LATER, NOW - 10 * MINUTE)]) });
    expect(restorePoint({ bucket })?.lagSeconds).toBe(3000);
  });

  it('is unknown when nothing tells the time of the held snapshot', () => {
    const { [ANNOTATION.verifiedSnapshotAt]: _, ...annotations } = proven();
    const bucket = bucketView({ [KEY]: listed([snapshot(LATER, NOW - 10 * MINUTE)]) });
    expect(of({ annotations }, bucket)?.lagSeconds).toBeNull();
  });

  it('is never negative: a mirror may have given the held one a later time', () => {
    const bucket = bucketView({ [KEY]: listed([snapshot(OLD, NOW - HOUR), snapshot(LATER, NOW - 3 * HOUR)]) });
    expect(of({ annotations: proven(LATER) }, bucket)?.lagSeconds).toBe(7200);
    expect(of({ annotations: proven('eeeeeeee') }, bucket)?.lagSeconds).toBe(0);
  });
});

describe('a claim created now would be attached (admissible)', () => {
  const admissible = (overrides: Parameters<typeof destination>[0]): boolean | undefined => of(overrides)?.admissible;

  it('by the very conditions of the restore policy', () => {
    expect([
      admissible({}),
      admissible({ labels: {} }),
      admissible({ labels: { [MANAGED_BY]: 'somebody' } }),
      admissible({ deleting: true }),
      admissible({ latestImage: null }),
      admissible({ latestImage: { kind: 'PersistentVolumeClaim', apiGroup: '', name: 'x' } }),
      admissible({ annotations: { [ANNOTATION.suspectImage]: IMAGE } }),
      admissible({ annotations: { [ANNOTATION.suspectImage]: 'an-older-image' } }),
    ]).toEqual([true, false, false, false, false, false, false, true]);
  });
});
