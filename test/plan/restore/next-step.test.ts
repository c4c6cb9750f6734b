import { describe, expect, it } from 'vitest';
import type { Claim, Image } from '../../../src/model.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import { parseSelector } from '../../../src/selector.ts';
import { askedAt } from '../../support/movers.ts';
import {
  BASE_VERSION,
  EMPTY_LOG,
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  actionsOf,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  listed,
  lostCluster,
  mover,
  moverSpec,
  planOf,
  proven,
  snapshot,
  snapshots,
  source,
  spec,
  syncing,
  told,
  waitingClaim,
  written,
  type DestinationParts,
  type World,
} from '../../support/build.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
const OTHER = { 'media/other': listed(snapshots()) };
const SUSPECT = { [ANNOTATION.baseVersion]: BASE_VERSION, [ANNOTATION.suspectImage]: IMAGE };

function with_(overrides: DestinationParts, world: World = {}, images: Image[] = [image()]): World {
  return { ...world, cluster: clusterView({ destinations: [destination(overrides)], images }) };
}

/** The tag that is asked for, or null. */
function tag(world: World): string | null {
  const found = planOf(world).entries[0]!.actions.flatMap((one) => {
    return one.kind === 'retrigger' || one.kind === 'retrigger-adopted' || one.kind.endsWith('-destination')
      ? 'desired' in one
        ? [one.desired.manual]
        : []
      : [];
  });
  return found.length === 0 ? null : found.join(' ');
}

describe('a lost application', () => {
  it('gets credentials, then a destination that is asked for the newest snapshot', () => {
    const entry = planOf({ cluster: lostCluster() }).entries[0];
    expect(entry?.actions.map(written)).toEqual([
      { kind: 'create-credentials', namespace: 'media', claim: 'plex-config', keepPassword: false },
      {
        kind: 'create-destination',
        desired: {
          namespace: 'media',
          claim: 'plex-config',
          existing: null,
          name: 'plex-config-restore',
          adopted: false,
          manual: NEWEST,
          paused: false,
          annotations: {
            ...askedAt(NOW),
            [ANNOTATION.baseVersion]: BASE_VERSION,
            [ANNOTATION.capacityFrom]: 'default',
          },
          spec: spec({ capacity: '10Gi', storageClass: null }),
        },
      },
    ]);
  });

  it('keeps credentials of ours that are still there', () => {
    const kept = (differs: string[]): string[] =>
      told({ cluster: lostCluster({ credentials: { [KEY]: { state: 'ours', differs } } }) }).actions;
    expect(kept([])).toEqual(['create-destination']);
    expect(kept(['RESTIC_REPOSITORY'])).toEqual(['update-credentials', 'create-destination']);
  });

  it('gets nothing without a snapshot in the bucket', () => {
    expect(told({ bucket: bucketView({ [KEY]: listed([]) }), cluster: lostCluster() }).actions).toEqual([]);
    expect(told({ bucket: bucketView({ [KEY]: null }), cluster: lostCluster() }).actions).toEqual([]);
  });
});

describe('the tag', () => {
  it("is the newest snapshot's short id when it is neither held nor asked for", () => {
    expect(tag({ bucket: NEWER })).toBe(LATER);
  });

  it('is asked for once more, as of its own time, when VolSync took another snapshot, and never a third time', () => {
    const other = { annotations: proven(OLD), manual: LATER, lastManualSync: LATER };
    const [again] = actionsOf(with_(other, { bucket: NEWER }), 'retrigger');
    expect(again?.desired).toMatchObject({
      manual: `${LATER}-r1`,
      spec: { restoreAsOf: NOW - 10 * MINUTE },
    });
    const asOf = spec({ restoreAsOf: NOW - 10 * MINUTE });
    const third = with_(
      { ...other, manual: `${LATER}-r1`, lastManualSync: `${LATER}-r1`, spec: asOf },
      { bucket: NEWER },
    );
    expect(told(third)).toEqual({ backup: 'present', restorePoint: 'warm', wave: null, actions: [] });
    expect(planOf(third).findings.map(({ reason }) => reason)).toEqual(['snapshot-not-restorable']);
  });

  it('keeps to times while a snapshot is dated in the future, which VolSync would take again', () => {
    const asOf = { spec: spec({ restoreAsOf: NOW - HOUR }) };
    expect(planOf(with_(asOf)).findings.map(({ reason }) => reason)).toEqual(['snapshot-from-the-future']);
    const [next] = actionsOf(with_(asOf, { bucket: NEWER }), 'retrigger');
    expect(next?.desired).toMatchObject({ manual: LATER, spec: { restoreAsOf: NOW - 10 * MINUTE } });
  });

  it('is not asked for when the image holds it already, whatever tag asked', () => {
    expect(tag(with_({ manual: OLD, lastManualSync: OLD }))).toBeNull();
  });

  it('of a retry carries a suffix that counts', () => {
    const gone = (manual: string): string | null => tag(with_({ manual, lastManualSync: manual }, {}, []));
    expect([gone(NEWEST), gone(`${NEWEST}-r1`), gone(`${NEWEST}-r9`), gone(OLD), gone('by-hand')]).toEqual([
      `${NEWEST}-r1`,
      `${NEWEST}-r2`,
      `${NEWEST}-r10`,
      NEWEST,
      NEWEST,
    ]);
  });

  it('asks again for an image that is deleted, or was never made', () => {
    expect(tag(with_({}, {}, [image({ deleting: true })]))).toBe(`${NEWEST}-r1`);
    expect(tag(with_({ latestImage: null }))).toBe(`${NEWEST}-r1`);
  });

  it('does not chase an image that is missing right after its sync: the lists are not one moment', () => {
    const missing = (age: number): string | null => tag(with_({ lastSyncAt: NOW - age }, {}, []));
    expect([missing(5 * MINUTE), missing(5 * MINUTE + 1)]).toEqual([null, `${NEWEST}-r1`]);
  });

  it('asks again for a missing image after a minute when a claim waits for it', () => {
    const missing = (age: number): string | null => {
      const destinations = [destination({ lastSyncAt: NOW - age })];
      return tag({ cluster: clusterView({ destinations, images: [], claims: [waitingClaim()] }) });
    };
    expect([missing(MINUTE), missing(MINUTE + 1)]).toEqual([null, `${NEWEST}-r1`]);
  });

  it('F35: never asks again for an image that takes its time', () => {
    const slow = image({ ready: false, createdAt: NOW - 24 * HOUR });
    expect(tag(with_({}, {}, [slow]))).toBeNull();
    expect(told(with_({}, {}, [slow])).restorePoint).toBe('cold: image-not-ready');
  });

  it('asks again for an image whose VolumeSnapshot has failed for ten minutes, and less often each time', () => {
    const failed = (age: number | null, manual = NEWEST): string | null =>
      tag(
        with_({ manual, lastManualSync: manual }, {}, [
          image({ ready: false, error: 'no space', createdAt: age === null ? null : NOW - age }),
        ]),
      );
    expect([failed(10 * MINUTE), failed(10 * MINUTE + 1), failed(null)]).toEqual([null, `${NEWEST}-r1`, null]);
    expect([failed(40 * MINUTE, `${NEWEST}-r2`), failed(41 * MINUTE, `${NEWEST}-r2`)]).toEqual([null, `${NEWEST}-r3`]);
    expect([failed(60 * MINUTE, `${NEWEST}-r9`), failed(61 * MINUTE, `${NEWEST}-r9`)]).toEqual([null, `${NEWEST}-r10`]);
  });

  it('puts right a destination of ours whose image is a PersistentVolumeClaim', () => {
    const direct = {
      latestImage: { kind: 'PersistentVolumeClaim', apiGroup: '', name: 'x' },
      spec: spec({ copyMethod: 'Direct' }),
    };
    const [asked] = actionsOf(with_(direct), 'retrigger');
    expect([asked?.desired.manual, asked?.desired.spec.copyMethod]).toEqual([`${NEWEST}-r1`, 'Snapshot']);
  });

  it('is given to a destination that was handed over without one: it would sync in an endless loop', () => {
    expect(tag(with_({ manual: null, lastManualSync: null }))).toBe(NEWEST);
  });

  it('leaves an unproven image alone until something newer is there', () => {
    expect(tag(with_({ annotations: {}, moverLogs: '' }))).toBeNull();
    expect(tag(with_({ annotations: {}, moverLogs: '' }, { bucket: NEWER }))).toBe(LATER);
  });

  it('says when it was asked, and keeps what was noted before', () => {
    const [asked] = actionsOf({ bucket: NEWER }, 'retrigger');
    expect(asked?.desired).toEqual({
      namespace: 'media',
      claim: 'plex-config',
      existing: { uid: 'uid-of-plex-config-restore', resourceVersion: '100' },
      name: 'plex-config-restore',
      adopted: false,
      manual: LATER,
      paused: false,
      annotations: {
        ...proven(),
        ...askedAt(NOW),
        [ANNOTATION.newestSnapshot]: LATER,
        [ANNOTATION.holdUntil]: new Date(NOW + 30 * MINUTE).toISOString(),
        [ANNOTATION.nextBackup]: new Date(NOW + 30 * MINUTE).toISOString(),
      },
      spec: spec(),
    });
  });
});

describe('nothing is asked of a repository that shows no snapshot, although its restore point remembers one:', () => {
  const vanished: [string, World][] = [
    ['an image is missing', with_({}, { bucket: bucketView(OTHER) }, [])],
    [
      'an image is missing and the repository is an empty shell',
      with_({}, { bucket: bucketView({ ...OTHER, [KEY]: listed([]) }) }, []),
    ],
    ['a sync left no image', with_({ latestImage: null }, { bucket: bucketView(OTHER) })],
    ['an image is suspect', with_({ annotations: SUSPECT }, { bucket: bucketView({ ...OTHER, [KEY]: listed([]) }) })],
    ['it was not looked into', with_({ spec: spec({ capacity: '8Gi' }) }, { bucket: bucketView({ [KEY]: null }) })],
    [
      'the tag it was asked for is all that is left',
      with_({ annotations: {}, moverLogs: '', latestImage: null }, { bucket: bucketView(OTHER) }),
    ],
  ];
  it.each(vanished)('%s', (_, world) => {
    const entry = planOf(world).entries.find((one) => one.claim === 'plex-config');
    expect(entry?.backup.state).toBe('present');
    expect(entry?.actions.filter(({ kind }) => kind !== 'note-absence')).toEqual([]);
  });
});

describe('a suspect image', () => {
  it('is replaced once: deleted and created in one step, and the second try is remembered', () => {
    const world = with_({ annotations: SUSPECT });
    expect(told(world)).toEqual({
      backup: 'present',
      restorePoint: 'suspect: image-empty',
      wave: 1,
      actions: ['recreate-destination'],
    });
    const [anew] = actionsOf(world, 'recreate-destination');
    expect(anew).toMatchObject({
      remove: { uid: 'uid-of-plex-config-restore', resourceVersion: '100' },
      desired: { existing: null, manual: NEWEST },
    });
    expect(anew?.desired.annotations).toEqual({
      ...askedAt(NOW),
      [ANNOTATION.baseVersion]: BASE_VERSION,
      [ANNOTATION.capacityFrom]: 'claim',
      [ANNOTATION.secondTry]: NEWEST,
    });
  });

  it('of a second try stays: blocked: image-empty', () => {
    expect(told(with_({ annotations: { ...SUSPECT, [ANNOTATION.secondTry]: NEWEST } }))).toEqual({
      backup: 'present',
      restorePoint: 'blocked: image-empty',
      wave: null,
      actions: [],
    });
  });

  it('gets another try with a newer snapshot', () => {
    const again = with_({ annotations: { ...SUSPECT, [ANNOTATION.secondTry]: NEWEST } }, { bucket: NEWER });
    expect(actionsOf(again, 'recreate-destination')[0]?.desired.annotations[ANNOTATION.secondTry]).toBe(LATER);
  });

  it('does not lose the memory of its second try when it is made anew for another reason', () => {
    const failing = syncing({ annotations: { [ANNOTATION.secondTry]: NEWEST }, spec: spec({ capacity: '8Gi' }) });
    const cluster = clusterView({ destinations: [failing], images: [], movers: [mover({ active: 0, failed: 1 })] });
    expect(actionsOf({ cluster }, 'recreate-destination')[0]?.desired.annotations[ANNOTATION.secondTry]).toBe(NEWEST);
  });

  it('is not replaced while a gate is closed, nor while it syncs', () => {
    const waiting: World[] = [
      { cluster: clusterView({ destinations: [destination({ annotations: SUSPECT })], namespaces: [] }) },
      with_({ annotations: SUSPECT, lastSyncStartAt: NOW }),
      with_({ annotations: SUSPECT, deleting: true }),
    ];
    for (const world of waiting) expect(told(world).actions).toEqual([]);
  });
});

describe('a failing mover between two retries', () => {
  const failing = (overrides: DestinationParts, parts: Parameters<typeof clusterView>[0] = {}): World => ({
    cluster: clusterView({
      destinations: [syncing(overrides)],
      images: [],
      movers: [mover({ active: 0, failed: 2 })],
      ...parts,
    }),
  });

  it('is given another user when the claim says one', () => {
    const user = { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 };
    const [changed] = actionsOf(failing({}, { claims: [claim({ moverUser: user })] }), 'update-destination');
    expect(changed?.desired).toMatchObject({
      manual: NEWEST,
      spec: { moverSpec: moverSpec({ cacheCapacity: '1Gi', moverSecurityContext: user }) },
      annotations: { [ANNOTATION.mover]: '1000:1000:1000' },
    });
  });

  it('is given a larger volume', () => {
    const [changed] = actionsOf(failing({ spec: spec({ capacity: '1Gi' }) }), 'update-destination');
    expect(changed?.desired.spec.capacity).toBe('5Gi');
  });

  it('is left alone while a pod runs', () => {
    const running = failing({ spec: spec({ capacity: '1Gi' }) }, { movers: [mover({ active: 1, failed: 2 })] });
    expect(told(running).actions).toEqual([]);
  });

  it('of an adopted destination is left alone', () => {
    const adopted = failing({ managed: false, labels: { app: 'plex' }, spec: spec({ capacity: '1Gi' }) });
    expect(told({ ...adopted, settings: { adopt: parseSelector('app=plex') } }).actions).toEqual([]);
  });
});

describe('an adopted destination', () => {
  const ADOPT = { settings: { adopt: parseSelector('app=plex') } };
  const of = (overrides: DestinationParts, world: World = { bucket: NEWER }): World => ({
    ...world,
    ...ADOPT,
    cluster: clusterView({ destinations: [foreign(overrides)] }),
  });

  it('gets a new tag, and is written what was proven and what was asked for', () => {
    const [proof, asked] = planOf(of({})).entries[0]?.actions ?? [];
    expect(proof).toMatchObject({ kind: 'record-proof', desired: { adopted: true, manual: 'restore-once' } });
    expect(asked).toMatchObject({
      kind: 'retrigger-adopted',
      desired: {
        namespace: 'media',
        claim: 'plex-config',
        name: 'plex-config-restore',
        adopted: true,
        existing: { uid: 'uid-of-plex-config-restore', resourceVersion: '100' },
        manual: LATER,
        memory: { verified: { image: IMAGE, id: NEWEST }, askedAt: NOW, askedFor: LATER },
      },
    });
    expect(told(of({}))).toEqual({
      backup: 'present',
      restorePoint: 'stale: queued',
      wave: 1,
      actions: ['record-proof', 'retrigger'],
    });
  });

  it('is adopted by its label alone', () => {
    const cluster = clusterView({ destinations: [foreign({ adopted: true })] });
    expect(told({ bucket: NEWER, cluster }).actions).toEqual(['record-proof', 'retrigger']);
  });

  it('is warm by its log, and that is written down', () => {
    expect(told(of({}, {}))).toEqual({
      backup: 'present',
      restorePoint: 'warm',
      wave: null,
      actions: ['record-proof'],
    });
  });

  it('is marked, asked for once more, and never replaced when its image is empty', () => {
    expect(told(of({ moverLogs: EMPTY_LOG })).actions).toEqual(['mark-suspect', 'retrigger']);
    expect(told(of({ moverLogs: EMPTY_LOG, manual: LATER, lastManualSync: LATER }))).toEqual({
      backup: 'present',
      restorePoint: 'suspect: image-empty',
      wave: null,
      actions: ['mark-suspect'],
    });
  });

  it('is right and usable when it is empty as its repository is', () => {
    const bucket = bucketView({ [KEY]: listed([]) });
    expect(told(of({ moverLogs: EMPTY_LOG }, { bucket }))).toEqual({
      backup: 'absent: repository-empty',
      restorePoint: 'warm: repository-empty',
      wave: null,
      actions: [],
    });
  });

  it('tag-reset: is not chased when somebody puts its old tag back', () => {
    const annotations = { ...proven(), [ANNOTATION.askedFor]: LATER };
    const world = of({ annotations });
    expect(told(world).actions).toEqual([]);
    expect(planOf(world).findings.map(({ reason }) => reason)).toEqual(['tag-reset']);
  });

  it.each([
    ['F6: it restores in place', { destinationPVC: 'plex-config' }, 'destination-in-place'],
    ['F6: its image is the volume itself', { spec: spec({ copyMethod: 'Direct' }) }, 'image-direct'],
    ['a schedule drives it', { schedule: '@hourly' }, 'destination-scheduled'],
    ['it has no tag', { manual: null, lastManualSync: null }, 'destination-untriggered'],
  ])('is left alone when %s', (_, overrides, reason) => {
    expect(told(of(overrides))).toMatchObject({ restorePoint: `blocked: ${reason}`, actions: [] });
  });

  it('F6: not even one of ours is triggered when it restores in place', () => {
    const cluster = clusterView({ destinations: [destination({ destinationPVC: 'plex-config' })] });
    expect(told({ bucket: NEWER, cluster })).toMatchObject({
      restorePoint: 'blocked: destination-in-place',
      actions: [],
    });
  });

  it.each([
    ['its label is another', { labels: { app: 'other' } }],
    ['its mover is another', { mover: 'other' as const }],
  ])('is not adopted when %s', (_, overrides) => {
    expect(told(of(overrides))).toMatchObject({ restorePoint: 'blocked: destination-foreign', actions: [] });
  });
});

describe('a claim that asks for less than its restore point', () => {
  const small = (parts: Parameters<typeof clusterView>[0] = {}, overrides: DestinationParts = {}): World => ({
    cluster: clusterView({ destinations: [destination(overrides)], claims: [claim({ request: '2Gi' })], ...parts }),
  });

  it('gets a new one of its size, when nothing syncs', () => {
    expect(told(small()).actions).toEqual(['recreate-destination']);
    expect(actionsOf(small(), 'recreate-destination')[0]?.desired.spec.capacity).toBe('2Gi');
    expect(told(small({}, { lastSyncStartAt: NOW })).actions).toEqual([]);
  });

  it('keeps the proof until it is gone: what was seen is written down first', () => {
    expect(told(small({}, { annotations: { [ANNOTATION.baseVersion]: BASE_VERSION } })).actions).toEqual([
      'record-proof',
      'recreate-destination',
    ]);
  });

  it('is cured when it hangs on a size that was only assumed', () => {
    const assumed = { annotations: { ...proven(), [ANNOTATION.capacityFrom]: 'default' } };
    expect(told(small({ claims: [waitingClaim({ request: '2Gi' })] }, assumed)).actions).toEqual([
      'recreate-destination',
    ]);
  });

  it('R12: is not cured by a restore point into which the data does not fit, and is told so', () => {
    const world = small({ claims: [waitingClaim({ request: '2Gi' })] });
    expect(told(world).actions).toEqual([]);
    expect(planOf(world).findings.map(({ reason }) => reason)).toContain('claim-too-small');
  });

  it('R12: gets no smaller restore point when it will not use it', () => {
    const aside: Partial<Claim>[] = [
      { optOut: 'with-reason' },
      { isStatic: true },
      { bringsSource: true, restoresFromUs: false },
    ];
    for (const one of aside) expect(told(small({ claims: [claim({ request: '2Gi', ...one })] })).actions).toEqual([]);
  });

  it('is not robbed while it is being filled: the image fits', () => {
    const filled = small({ claims: [waitingClaim({ request: '2Gi' })], images: [image({ restoreSize: '1Gi' })] });
    expect(told(filled).actions).toEqual(['nudge']);
  });
});

describe('a claim that asks for more than its restore point', () => {
  it('has it grown in place, without a sync of its own and without a wave', () => {
    const world: World = { cluster: clusterView({ claims: [claim({ request: '8Gi' })] }) };
    expect(told(world)).toEqual({
      backup: 'present',
      restorePoint: 'warm',
      wave: null,
      actions: ['update-destination'],
    });
    expect(actionsOf(world, 'update-destination')[0]?.desired).toMatchObject({
      manual: NEWEST,
      spec: { capacity: '8Gi' },
    });
  });

  it('has it grown by the same write that asks for the newer snapshot', () => {
    const world: World = { bucket: NEWER, cluster: clusterView({ claims: [claim({ request: '8Gi' })] }) };
    expect(told(world).actions).toEqual(['retrigger']);
    expect(actionsOf(world, 'retrigger')[0]?.desired.spec.capacity).toBe('8Gi');
  });
});

describe('a source that remembers less than the restore point has', () => {
  it('does not shrink it: only a claim can hang on what is too large', () => {
    expect(told({ cluster: clusterView({ claims: [], sources: [source({ capacity: '2Gi' })] }) }).actions).toEqual([]);
  });
});
