import { describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../../src/naming.ts';
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
  base,
  bucketView,
  clusterView,
  destination,
  foreign,
  image,
  listed,
  planOf,
  proven,
  restoredLog,
  snapshots,
  spec,
  told,
  unknownRoot,
  waitingClaim,
  type World,
  PROVEN,
} from '../../support/build.ts';

const FOLLOWED = { [ANNOTATION.baseVersion]: BASE_VERSION };
const OTHER = { 'media/other': listed(snapshots()) };

it('is one write: what is noted of a destination wakes VolSync, too', () => {
  const annotations = { ...proven(), [ANNOTATION.baseVersion]: 'older' };
  const cluster = clusterView({ destinations: [destination({ annotations })], claims: [waitingClaim()] });
  const [noted] = actionsOf({ cluster }, 'note-credentials');
  expect(noted?.desired.annotations).toEqual({ ...proven(), ...FOLLOWED });
  expect(told({ cluster }).actions).toEqual(['note-credentials']);
  expect(told({ cluster: clusterView({ claims: [waitingClaim()] }) }).actions).toEqual(['nudge']);
});

function of(overrides: Parameters<typeof destination>[0], world: World = {}): World {
  return { ...world, cluster: clusterView({ destinations: [destination(overrides)] }) };
}

/** The ordinary source's next sync. */
const NEXT = new Date(NOW + 30 * MINUTE).toISOString();

describe('a proof is written down', () => {
  it('whole: image, snapshot, its time, the size, and the proven images; everything else stays as it is', () => {
    const world = of({ annotations: { ...FOLLOWED, [ANNOTATION.capacityFrom]: 'claim' } });
    expect(actionsOf(world, 'record-proof')).toEqual([
      {
        kind: 'record-proof',
        desired: {
          namespace: 'media',
          claim: 'plex-config',
          existing: { uid: 'uid-of-plex-config-restore', resourceVersion: '100' },
          name: 'plex-config-restore',
          adopted: false,
          manual: NEWEST,
          paused: false,
          annotations: { ...proven(), [ANNOTATION.nextBackup]: NEXT },
          spec: spec(),
        },
      },
    ]);
  });

  it('keeps the last three proven images', () => {
    const before = { ...FOLLOWED, [ANNOTATION.provenImages]: `${IMAGE}=${OLD},i3=cccccccc,i2=dddddddd,i1=eeeeeeee` };
    const [noted] = actionsOf(of({ annotations: before }), 'record-proof');
    expect(noted?.desired.annotations[ANNOTATION.provenImages]).toBe(`${IMAGE}=${NEWEST},i3=cccccccc,i2=dddddddd`);
  });

  it('by the size that the image really has, else by that of the destination', () => {
    const sized = (restoreSize: string | null): string | undefined => {
      const cluster = clusterView({
        destinations: [destination({ annotations: FOLLOWED })],
        images: [image({ restoreSize })],
      });
      return actionsOf({ cluster }, 'record-proof')[0]?.desired.annotations[ANNOTATION.restoreSize];
    };
    expect([sized('8Gi'), sized(null)]).toEqual([String(8 * 2 ** 30), String(5 * 2 ** 30)]);
  });

  it('clears an earlier suspicion and the second try', () => {
    const annotations = {
      ...FOLLOWED,
      [ANNOTATION.suspectImage]: 'before',
      [ANNOTATION.suspectReason]: 'image-empty',
      [ANNOTATION.secondTry]: NEWEST,
    };
    const [noted] = actionsOf(of({ annotations }), 'record-proof');
    const { [ANNOTATION.capacityFrom]: _, ...expected } = proven();
    expect(noted?.desired.annotations).toEqual({ ...expected, [ANNOTATION.nextBackup]: NEXT });
  });

  it('before another sync is asked for, in the same pass, and is not lost by it', () => {
    const world = of({ annotations: FOLLOWED, manual: OLD, lastManualSync: OLD, moverLogs: restoredLog(OLD) });
    const entry = planOf(world).entries[0];
    expect(entry?.actions.map(({ kind }) => kind)).toEqual(['record-proof', 'retrigger']);
    for (const action of entry?.actions ?? [])
      expect('desired' in action && action.desired.memory.verified?.id).toBe(OLD);
  });

  it("not twice, not of somebody else's, not while a sync runs, not from an unread listing", () => {
    const nothing: World[] = [
      {},
      { cluster: clusterView({ destinations: [foreign()] }) },
      of({ annotations: FOLLOWED, lastSyncStartAt: NOW }),
      of({ annotations: FOLLOWED }, { bucket: bucketView({ [KEY]: null }) }),
      of({ annotations: FOLLOWED, moverLogs: restoredLog(LATER) }),
      of({ annotations: FOLLOWED }, { bucket: bucketView({}, { root: unknownRoot() }) }),
    ];
    for (const world of nothing) expect(actionsOf(world, 'record-proof')).toEqual([]);
  });
});

describe('a suspicion is written down', () => {
  it('with its reason, and replaced in the same pass', () => {
    const world = of({ annotations: FOLLOWED, moverLogs: EMPTY_LOG });
    expect(actionsOf(world, 'mark-suspect')[0]?.desired.annotations).toEqual({
      ...FOLLOWED,
      [ANNOTATION.suspectImage]: IMAGE,
      [ANNOTATION.suspectReason]: 'image-empty',
    });
    expect(told(world).actions).toEqual(['mark-suspect', 'recreate-destination']);
  });

  it('of an image whose snapshot and whose backup are gone, so that nobody is given it', () => {
    const counted = { ...proven(), [ANNOTATION.missedListings]: `3 ${new Date(NOW - HOUR).toISOString()}` };
    const gone = (overrides: Parameters<typeof destination>[0], found = [image()]): unknown => {
      const cluster = clusterView({
        destinations: [destination({ annotations: counted, ...overrides })],
        images: found,
      });
      return actionsOf({ bucket: bucketView(OTHER), cluster }, 'mark-suspect').map(
        ({ desired }) => desired.annotations[ANNOTATION.suspectReason],
      );
    };
    expect(gone({}, [])).toEqual(['image-missing']);
    expect([
      gone({}),
      gone({ annotations: proven() }, []),
      gone({ lastSyncAt: NOW - 5 * MINUTE }, []),
      gone({ annotations: { ...counted, [ANNOTATION.suspectImage]: IMAGE } }, []),
      gone({ lastManualSync: null }, []),
    ]).toEqual([[], [], [], [], []]);
    const marked = { ...counted, [ANNOTATION.suspectImage]: IMAGE, [ANNOTATION.suspectReason]: 'image-missing' };
    const world = {
      bucket: bucketView(OTHER),
      cluster: clusterView({ destinations: [destination({ annotations: marked })], images: [] }),
    };
    expect(told(world)).toMatchObject({ restorePoint: 'cold: image-missing', actions: [] });
  });

  it('and taken back when the snapshot or the backup is there again', () => {
    const marked = {
      ...proven(),
      [ANNOTATION.missedListings]: `3 ${new Date(NOW - HOUR).toISOString()}`,
      [ANNOTATION.suspectImage]: IMAGE,
      [ANNOTATION.suspectReason]: 'image-missing',
    };
    const again = (images: ReturnType<typeof image>[], bucket = bucketView(OTHER)): unknown => {
      const cluster = clusterView({ destinations: [destination({ annotations: marked })], images });
      return planOf({ bucket, cluster }).entries.flatMap(({ claim, actions }) =>
        claim !== 'plex-config'
          ? []
          : actions.map((action) => [action.kind, 'desired' in action ? action.desired.memory.suspect?.image : null]),
      );
    };
    expect(again([image()])).toEqual([['record-proof', undefined]]);
    expect(again([image({ ready: false })])).toEqual([['record-proof', undefined]]);
    expect(again([], bucketView())).toEqual([
      ['record-proof', undefined],
      ['retrigger', undefined],
    ]);
  });

  const blindness: [string, World['bucket']][] = [
    ['the root is not believed', bucketView({}, { root: unknownRoot() })],
    [
      'its own listing is not believed',
      bucketView({ [KEY]: { state: 'unknown', reason: 'listing-failed', message: '' } }),
    ],
    ['the listing shrank', bucketView({})],
  ];
  it.each(blindness)('and nothing else is done, even when %s: an empty image is never offered', (_, bucket) => {
    const world = of({ annotations: FOLLOWED, moverLogs: EMPTY_LOG }, { bucket: bucket! });
    expect(told(world)).toMatchObject({ restorePoint: 'suspect: image-empty', wave: null, actions: ['mark-suspect'] });
  });
});

describe('an absence is counted', () => {
  const at = (age: number): string => new Date(NOW - age).toISOString();
  const counted = (note: string | null, world: World = {}): string | null | undefined => {
    const annotations = { ...proven(), ...(note !== null && { [ANNOTATION.missedListings]: note }) };
    const noted = actionsOf(of({ annotations }, { bucket: bucketView(OTHER), ...world }), 'note-absence')[0];
    return noted === undefined ? null : noted.desired.annotations[ANNOTATION.missedListings];
  };

  it('by complete listings that are at least a schedule period apart', () => {
    expect([
      counted(null),
      counted(`1 ${at(5 * MINUTE)}`),
      counted(`1 ${at(5 * MINUTE - 1)}`),
      counted(`2 ${at(5 * MINUTE)}`),
      counted(`3 ${at(5 * MINUTE)}`),
    ]).toEqual([`1 ${at(0)}`, `2 ${at(0)}`, null, `3 ${at(0)}`, null]);
  });

  it('by the start of the listing, not by the time of the pass', () => {
    const startedAt = NOW - 4 * MINUTE;
    const world = { bucket: bucketView(OTHER, { startedAt }) };
    expect(counted(null, world)).toBe(`1 ${at(4 * MINUTE)}`);
    expect(counted(`1 ${at(4 * MINUTE)}`, world)).toBeNull();
  });

  it('on from now, when a clock that was ahead has counted', () => {
    expect([counted(`1 ${at(-5 * MINUTE)}`), counted(`1 ${at(-5 * MINUTE - 1)}`)]).toEqual([null, `1 ${at(0)}`]);
    const settings = { acceptShrink: true };
    expect(counted(`1 ${at(-HOUR)}`, { settings })).toBe(`3 ${at(0)}`);
  });

  it('anew when the repository is seen again', () => {
    expect(counted(`2 ${at(6 * MINUTE)}`, { bucket: bucketView() })).toBeUndefined();
  });

  it('when the repository is there and holds no snapshot', () => {
    expect(counted(null, { bucket: bucketView({ ...OTHER, [KEY]: listed([]) }) })).toBe(`1 ${at(0)}`);
  });

  it("at once by a person's word: --accept-shrink", () => {
    expect(counted(null, { settings: { acceptShrink: true } })).toBe(`3 ${at(0)}`);
  });

  it('never by a listing that is not believed', () => {
    expect(counted(null, { bucket: bucketView(OTHER, { root: unknownRoot('listing-incomplete') }) })).toBeNull();
  });

  it('as none when the note cannot be read', () => {
    expect([counted('x y'), counted('-3 x'), counted('2.5')]).toEqual(Array.from({ length: 3 }, () => `1 ${at(0)}`));
  });
});

describe('the version of the base credentials is noted', () => {
  const changed = (differs: string[]): World => ({
    cluster: clusterView({
      bases: { media: { ...base(), version: 'base-uid/8' } },
      credentials: { [KEY]: { state: 'ours', differs, password: PROVEN } },
    }),
  });

  it('when the repository credentials follow it', () => {
    const [noted] = actionsOf(changed([]), 'note-credentials');
    expect(noted?.desired.annotations).toEqual({ ...proven(), [ANNOTATION.baseVersion]: 'base-uid/8' });
  });

  it('not before they do: a run can be stopped between two writes', () => {
    expect(told(changed(['AWS_ACCESS_KEY_ID'])).actions).toEqual(['update-credentials']);
  });

  it('not while the password differs: password-changed must stay in sight', () => {
    expect(told(changed(['RESTIC_PASSWORD'])).actions).toEqual([]);
  });
});
