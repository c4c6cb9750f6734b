import { describe, expect, it } from 'vitest';
import type { DestinationParts } from '../../support/build.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  HOUR,
  LATER,
  MINUTE,
  NOW,
  actionsOf,
  base,
  bucketView,
  claim,
  clusterView,
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
  told,
  source,
  waitingClaim,
  KEY,
  IMAGE,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 30 * MINUTE)]) });
const USABLE = { latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: IMAGE } };

/** A renewal that fails beside a live claim and its source; the image of the restore before can be used. */
function renewal(overrides: DestinationParts = {}, parts: ClusterParts = {}): World {
  const annotations = { ...proven(), ...overrides.annotations };
  return {
    bucket: NEWER,
    cluster: clusterView({
      destinations: [syncing({ manual: LATER, ...USABLE, ...overrides, annotations })],
      images: [image()],
      movers: [mover({ active: 0, ready: 0, failed: 1 })],
      sources: [source({ lastSyncAt: NOW - 30 * MINUTE, moverLogs: `snapshot ${LATER} saved` })],
      ...parts,
    }),
  };
}

/** What the worker wrote when it gave up. */
function tries(world: World): string {
  const [paused] = actionsOf(world, 'pause-destination');
  return paused?.desired.annotations[ANNOTATION.tries] ?? '';
}

/** The same world later, paused as the plan wanted it. */
function pausedFor(minutes: number, count = 1, more: DestinationParts = {}, parts: ClusterParts = {}): World {
  const [, , inputs] = tries(renewal()).split(' ');
  const at = new Date(NOW - minutes * MINUTE).toISOString();
  const annotations = { [ANNOTATION.tries]: `${count} ${at} ${inputs} 1` };
  return renewal({ paused: true, annotations, ...more }, parts);
}

describe('F5: a renewal that fails', () => {
  it('is paused between two retries: the image stays usable, and no retry locks the repository', () => {
    const [paused] = actionsOf(renewal(), 'pause-destination');
    expect(paused?.desired).toMatchObject({ manual: LATER, paused: true });
    expect(tries(renewal())).toMatch(/^1 \S+ [0-9a-f]{8} 1$/);
    expect(told(renewal()).restorePoint).toBe('stale: sync-failing');
  });

  it('is left alone while its pod runs: a killed mover leaves a lock', () => {
    expect(told(renewal({}, { movers: [mover({ failed: 1 })] })).actions).toEqual([]);
  });

  it('is left to VolSync for three pods where no backup can meet its lock', () => {
    const lonely = (failed: number): World =>
      renewal({}, { sources: [], movers: [mover({ active: 0, ready: 0, failed })] });
    expect(told(lonely(2)).actions).toEqual([]);
    expect(told(lonely(3)).actions).toEqual(['pause-destination']);
  });

  it.each([
    [1, 1],
    [2, 2],
    [5, 16],
    [7, 60],
    [40, 60],
  ])('is asked again after try %i in %i minutes, with a new tag in the write that ends the pause', (count, minutes) => {
    expect(told(pausedFor(minutes - 1 / 60, count)).actions).toEqual([]);
    const [again] = actionsOf(pausedFor(minutes, count), 'retrigger');
    expect(again?.desired).toMatchObject({ manual: `${LATER}-r1`, paused: false });
  });

  it('keeps a claim that waits no longer than five minutes', () => {
    const parts = { claims: [waitingClaim()], sources: [] };
    const waits = (minutes: number): World => {
      const at = new Date(NOW - minutes * MINUTE).toISOString();
      return renewal({ paused: true, annotations: { [ANNOTATION.tries]: `9 ${at} ${inputsOf(parts)} 1` } }, parts);
    };
    expect(told(waits(4.9)).actions).toEqual([]);
    expect(told(waits(5)).actions).toEqual(['retrigger']);
  });

  it.each<[string, (world: World) => World]>([
    [
      'the newest snapshot',
      (world) => ({
        ...world,
        bucket: bucketView({ [KEY]: listed([...snapshots(), snapshot('dddddddd', NOW - HOUR / 3)]) }),
      }),
    ],
    ['the base credentials', () => pausedFor(0, 9, {}, { bases: { media: { ...base(), version: 'base-uid/8' } } })],
    ['the size of the claim', () => pausedFor(0, 9, {}, { claims: [claim({ request: '9Gi' })] })],
  ])('is asked again at once when %s changes', (_, change) => {
    expect(told(change(pausedFor(0, 9))).actions).toContain('retrigger');
  });

  it('is not given up again for the failure that was counted', () => {
    const asked = (failed: number): World =>
      pausedFor(5, 3, { paused: false }, { movers: [mover({ active: 0, ready: 0, failed })] });
    expect(told(asked(1)).actions).toEqual([]);
    expect(tries(asked(2))).toMatch(/^4 /);
  });

  it('does not sync while it is paused, and takes no place', () => {
    expect(planOf(pausedFor(0, 9)).pending).toEqual({ syncing: 0, queued: 0 });
    expect(planOf(pausedFor(0, 9)).findings).toContainEqual({
      reason: 'sync-failing',
      about: KEY,
      message: expect.stringContaining(
        '9 restores in a row have failed: the next one is due at 2026-11-21T13:00:00.000Z',
      ),
    });
  });

  it('forgets its failures with the next proof', () => {
    const done = renewal(
      {
        lastManualSync: LATER,
        lastSyncStartAt: null,
        moverResult: 'Successful',
        moverLogs: `restoring snapshot ${LATER} of`,
        annotations: {
          [ANNOTATION.tries]: `3 ${new Date(NOW).toISOString()} 00000000 1`,
          [ANNOTATION.verifiedImage]: 'older',
        },
      },
      { movers: [] },
    );
    const [proof] = actionsOf(done, 'record-proof');
    expect(proof?.desired.annotations[ANNOTATION.tries]).toBeUndefined();
  });
});

describe('F5: a first restore that fails', () => {
  const failing = (parts: ClusterParts = {}): World => ({
    cluster: lostCluster({
      destinations: [syncing()],
      movers: [mover({ active: 0, ready: 0, failed: 3 })],
      credentials: { [KEY]: { state: 'ours', differs: [] } },
      ...parts,
    }),
  });

  it('is taken down, and the index remembers the try', () => {
    const result = planOf(failing());
    expect(told(failing()).actions).toEqual(['delete-destination']);
    expect(result.index?.entries.get('media.plex-config')).toMatch(
      /^refuse blocked:sync-failing \S+ \S+ tries=1@\S+@[0-9a-f]{8}$/,
    );
  });

  it('is made again when its time has come, and goes on counting', () => {
    const remembered = planOf(failing()).index?.entries.get('media.plex-config') ?? '';
    const later = (minutes: number): World => ({
      cluster: lostCluster({
        credentials: { [KEY]: { state: 'ours', differs: [] } },
        index: indexOf({
          _generatedAt: new Date(NOW - minutes * MINUTE).toISOString(),
          'media.plex-config': remembered.replace(
            /tries=1@[^@]+/,
            `tries=4@${new Date(NOW - minutes * MINUTE).toISOString()}`,
          ),
        }),
      }),
    });
    expect(told(later(7.9))).toMatchObject({ restorePoint: 'cold: sync-failing', actions: [] });
    expect(planOf(later(7.9)).index?.entries.get('media.plex-config')).toContain(' tries=4@');
    const [made] = actionsOf(later(8), 'create-destination');
    expect(made?.desired.annotations[ANNOTATION.tries]).toMatch(/^4 /);
  });

  it('of somebody else is left alone', () => {
    expect(told(failing({ destinations: [syncing({ managed: false, labels: {} })] })).actions).toEqual([]);
  });
});

/** What the plan would note of this world, as the third word of the annotation. */
function inputsOf(parts: ClusterParts): string {
  return tries(renewal({}, { ...parts, movers: [mover({ active: 0, failed: 3 })] })).split(' ')[2] ?? '';
}
