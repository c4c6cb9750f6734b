import { describe, expect, it } from 'vitest';
import { moverKey, type ImageRef, type Mover } from '../../../src/model.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  MINUTE,
  NOW,
  OLD,
  SECOND,
  destination,
  image,
  mover,
  situation,
  syncing,
  type ClusterParts,
} from '../../support/build.ts';
import { VERIFIED } from '../../support/facts.ts';

function sync(parts: ClusterParts): unknown {
  return situation(parts).sync;
}

const RUNNING = { state: 'syncing', since: NOW - 10 * SECOND, trouble: null, betweenRetries: false, detail: '' };

describe('a destination', () => {
  it('that is not there does not sync', () => {
    expect(sync({ destinations: [] })).toEqual({ state: 'none' });
  });

  it('is idle when the tag is done and no sync has begun', () => {
    expect(sync({})).toEqual({ state: 'idle' });
  });

  it('syncs from the moment in which it was asked, when it was asked', () => {
    const annotations = { [ANNOTATION.askedAt]: new Date(NOW - 10 * SECOND).toISOString() };
    expect(sync({ destinations: [destination({ lastManualSync: OLD, annotations })] })).toEqual(RUNNING);
  });

  it('syncs from its creation, when nobody wrote down when it was asked', () => {
    expect(
      sync({ destinations: [destination({ lastManualSync: OLD, annotations: {}, createdAt: NOW - 10 * SECOND })] }),
    ).toEqual(RUNNING);
  });

  it('syncs while lastSyncStartTime is set, although the tag is that of the last sync and its result says Successful', () => {
    expect(sync({ destinations: [destination({ lastSyncStartAt: NOW - 10 * SECOND })], movers: [mover()] })).toEqual(
      RUNNING,
    );
  });

  it('is idle when nobody asks for anything any more', () => {
    expect(sync({ destinations: [destination({ manual: null, lastManualSync: OLD })] })).toEqual({ state: 'idle' });
  });

  it('is paused when we have paused it after failures, once no pod of it runs', () => {
    const paused = syncing({
      paused: true,
      memory: { ...VERIFIED, tries: { count: 1, at: NOW, inputs: 'x', failed: 1 } },
    });
    const of = (parts: ClusterParts): unknown => sync({ destinations: [paused], ...parts });
    expect([of({}), of({ movers: [mover({ active: 0 })] }), of({ movers: [mover()] })]).toEqual([
      { state: 'paused' },
      { state: 'paused' },
      RUNNING,
    ]);
  });

  it('syncs without a condition, and is not failing because the sync before it failed', () => {
    const asked = destination({ lastManualSync: OLD, moverResult: 'Failed', createdAt: NOW, memory: NO_MEMORY });
    expect(sync({ destinations: [asked] })).toEqual({ ...RUNNING, since: NOW });
    expect(sync({ destinations: [syncing({ condition: null })], movers: [mover({ active: 0, failed: 1 })] })).toEqual({
      ...RUNNING,
      trouble: 'sync-failing',
      betweenRetries: true,
      detail: 'the mover has failed 1 times',
    });
  });

  it('syncs without a Job in sight', () => {
    expect(sync({ destinations: [syncing()] })).toEqual(RUNNING);
  });
});

describe('a sync in trouble', () => {
  const failing = { ...RUNNING, trouble: 'sync-failing' };

  it('sync-failing: its Job has a failed pod; between two retries it may be changed', () => {
    expect(sync({ destinations: [syncing()], movers: [mover({ active: 0, failed: 2 })] })).toEqual({
      ...failing,
      betweenRetries: true,
      detail: 'the mover has failed 2 times',
    });
    expect(sync({ destinations: [syncing()], movers: [mover({ active: 1, failed: 2 })] })).toEqual({
      ...failing,
      detail: 'the mover has failed 2 times',
    });
  });

  it('sync-failing: the eighth pod has failed and VolSync wrote it down', () => {
    const failed = syncing({ moverResult: 'Failed', moverLogs: 'x\ny\nFatal: wrong password or no key found\n' });
    expect(sync({ destinations: [failed] })).toEqual({ ...failing, detail: 'Fatal: wrong password or no key found' });
  });

  it('sync-failing: the log of the sync before says nothing of this one', () => {
    const before = syncing({ moverResult: 'Successful', moverLogs: 'Restic completed in 2s' });
    expect(sync({ destinations: [before], movers: [mover({ failed: 2 })] })).toEqual({
      ...failing,
      detail: 'the mover has failed 2 times',
    });
  });

  it('sync-failing: the mover failed without a word', () => {
    const silent = (parts: ClusterParts = {}): unknown =>
      sync({ destinations: [syncing({ moverResult: 'Failed', moverLogs: '\n' })], ...parts });
    expect(silent()).toEqual({ ...failing, detail: 'VolSync says that the mover failed' });
    expect(silent({ movers: [mover({ failed: 2 })] })).toEqual({ ...failing, detail: 'the mover has failed 2 times' });
  });

  it('sync-failing: VolSync cannot enlarge its volume and makes no Job, so that nothing is cut off', () => {
    const message = 'persistentvolumeclaims "x" is forbidden: only dynamically provisioned pvc can be resized';
    const condition = { reason: 'Error', message, at: NOW - 2 * MINUTE };
    const of = (parts: ClusterParts, more: Partial<typeof condition> = {}): unknown =>
      sync({ destinations: [syncing({ condition: { ...condition, ...more } })], ...parts });
    expect(of({})).toEqual({ ...failing, betweenRetries: true, detail: message });
    expect(of({}, { message: 'Secret "x" not found' })).toMatchObject({ betweenRetries: false });
    expect(of({}, { at: NOW })).toEqual(RUNNING);
    expect(of({ movers: [mover()] })).toMatchObject({ trouble: 'sync-failing', betweenRetries: false });
  });

  it('sync-failing: an Error that stands for more than a minute', () => {
    const error = (at: number, message: string): unknown =>
      sync({ destinations: [syncing({ condition: { reason: 'Error', message, at } })] });
    expect(error(NOW - 61 * SECOND, 'Secret "x" not found')).toEqual({ ...failing, detail: 'Secret "x" not found' });
    expect(error(NOW - 60 * SECOND, 'Secret "x" not found')).toEqual(RUNNING);
  });

  it('but not an Error that is a passing write conflict of VolSync itself', () => {
    const message =
      'Operation cannot be fulfilled on jobs.batch "volsync-dst-data-restore": the object has been modified; please apply your changes to the latest version and try again';
    expect(
      sync({ destinations: [syncing({ condition: { reason: 'Error', message, at: NOW - 5 * MINUTE } })] }),
    ).toEqual(RUNNING);
  });

  it('sync-stuck: asked for more than ten minutes ago, and never begun', () => {
    const asked = (age: number): unknown =>
      sync({
        destinations: [
          destination({
            lastManualSync: null,
            annotations: { [ANNOTATION.askedAt]: new Date(NOW - age).toISOString() },
          }),
        ],
      });
    expect(asked(10 * MINUTE)).toMatchObject({ trouble: null });
    expect(asked(10 * MINUTE + SECOND)).toMatchObject({
      trouble: 'sync-stuck',
      detail: 'VolSync has not begun: does its operator run?',
    });
  });

  it('sync-stuck: begun, and no Job within half an hour', () => {
    const begun = (age: number): unknown => sync({ destinations: [syncing({ lastSyncStartAt: NOW - age })] });
    expect(begun(30 * MINUTE)).toMatchObject({ trouble: null });
    expect(begun(30 * MINUTE + SECOND)).toMatchObject({
      trouble: 'sync-stuck',
      detail: 'no mover Job exists: is a volume of the destination not provisioned?',
    });
    expect(sync({ destinations: [syncing({ lastSyncStartAt: NOW - 300 * MINUTE })], movers: [mover()] })).toMatchObject(
      {
        trouble: null,
      },
    );
  });

  describe('C14, C26: a mover Job that does nothing is stuck, and says what to look at', () => {
    const job = (parts: Partial<Mover>): unknown =>
      sync({
        destinations: [syncing({ lastSyncStartAt: NOW - 60 * MINUTE })],
        movers: [mover({ startedAt: NOW - 11 * MINUTE, ready: 0, ...parts })],
        images: [],
      });

    it.each([
      ['no pod: Pod Security or a quota', { active: 0 }, 'the mover Job has no pod'],
      ['a pod that is never ready', { active: 1 }, 'the pod of the mover is not ready'],
      [
        'a mover that succeeded, and no VolumeSnapshot',
        { active: 0, succeededAt: NOW - 31 * MINUTE },
        'no VolumeSnapshot',
      ],
    ])('%s', (_, parts, detail) => {
      expect(job(parts)).toMatchObject({ trouble: 'sync-stuck', detail: expect.stringContaining(detail) });
    });

    it.each([
      ['a pod that works for an hour', { active: 1, ready: 1, startedAt: NOW - 60 * MINUTE }],
      ['a pod that is not ready for ten minutes', { active: 1, startedAt: NOW - 10 * MINUTE }],
      ['a VolumeSnapshot that takes half an hour to appear', { active: 0, succeededAt: NOW - 30 * MINUTE }],
    ])('%s is waited for', (_, parts) => {
      expect(job(parts)).toMatchObject({ trouble: null });
    });
  });

  it('F35: a VolumeSnapshot of this sync that is not ready for hours is waited for', () => {
    const made = {
      destinations: [syncing()],
      movers: [mover({ active: 0, ready: 0, succeededAt: NOW - 300 * MINUTE })],
    };
    const late = image({ name: 'volsync-plex-config-restore-dest-20261121115500', ready: false });
    expect(sync({ ...made, images: [late] })).toMatchObject({ trouble: null });
    expect(sync({ ...made, images: [] })).toMatchObject({ trouble: 'sync-stuck' });
  });

  it('sync-stuck: a VolumeSnapshot is of this sync by its namespace and name, unless it is the image before or goes away', () => {
    const latestImage = { ...destination().latestImage!, name: 'volsync-plex-config-restore-dest-20261121110000' };
    const made = {
      destinations: [syncing({ latestImage })],
      movers: [mover({ active: 0, ready: 0, succeededAt: NOW - 300 * MINUTE })],
    };
    const name = 'volsync-plex-config-restore-dest-20261121115500';
    const troubleWith = (...images: ReturnType<typeof image>[]): unknown => sync({ ...made, images });
    expect(troubleWith(image({ name: latestImage.name }), image({ name }))).toMatchObject({ trouble: null });
    const others = [
      image({ name: latestImage.name }),
      image({ name, deleting: true }),
      image({ name, namespace: 'office' }),
      image({ name: 'volsync-plex-config-restore-2-dest-20261121115500' }),
      image({ name: 'backup-of-last-week' }),
    ];
    for (const other of others) expect(troubleWith(other)).toMatchObject({ trouble: 'sync-stuck' });
  });

  it('F2: a pause that somebody else has set is told', () => {
    const paused = syncing({ paused: true, lastSyncStartAt: NOW - 60 * MINUTE });
    expect(
      sync({ destinations: [paused], movers: [mover({ active: 0, ready: 0, startedAt: NOW - 60 * MINUTE })] }),
    ).toMatchObject({
      trouble: 'sync-stuck',
      detail: 'spec.paused is set on the destination: VolSync starts no mover',
    });
  });

  it('is not that of a namesake in another namespace', () => {
    const other = mover({ namespace: 'office', failed: 3 });
    expect(moverKey(other.owner, other.namespace, other.ownerName)).toBe(
      'ReplicationDestination/office/plex-config-restore',
    );
    expect(sync({ destinations: [syncing()], movers: [other] })).toEqual(RUNNING);
  });
});

describe('an image is', () => {
  const of = (latestImage: ImageRef | null, images = [image()]): string =>
    situation({ destinations: [destination({ latestImage })], images }).imageState;
  const reference = destination().latestImage!;

  it('none, direct, missing, not-ready or ready', () => {
    expect([
      of(null),
      of({ ...reference, kind: 'PersistentVolumeClaim', apiGroup: '' }),
      of({ ...reference, apiGroup: '' }),
      of({ ...reference, kind: 'VolumeGroupSnapshot' }),
      of(reference, []),
      of(reference, [image({ namespace: 'office' })]),
      of(reference, [image({ deleting: true })]),
      of(reference, [image({ ready: false })]),
      of(reference),
    ]).toEqual(['none', 'direct', 'direct', 'direct', 'missing', 'missing', 'missing', 'not-ready', 'ready']);
  });
});
