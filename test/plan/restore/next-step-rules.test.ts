/** What is asked of a destination next, and what is noted with it: each fact that decides taken away in turn. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY, type Memory } from '../../../src/memory.ts';
import type { Action } from '../../../src/decisions.ts';
import { annotated } from '../../../src/plan/restore/desired.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import { nextStepOf } from '../../../src/plan/restore/next-step.ts';
import { notesOf } from '../../../src/plan/restore/notes.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import {
  BASE_VERSION,
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  bucketView,
  claim,
  destination,
  foreign,
  image,
  listed,
  mover,
  snapshot,
  snapshots,
  spec,
  waitingClaim,
  type DestinationParts,
} from '../../support/build.ts';
import { OUT_OF_REACH } from '../../support/facts.ts';
import { known } from '../../support/known.ts';

type Facts = Partial<KnownClaim>;
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
const VERIFIED: Memory = {
  ...NO_MEMORY,
  verified: { image: IMAGE, id: NEWEST, at: NOW - HOUR },
  provenImage: IMAGE,
  baseVersion: BASE_VERSION,
};
const PAUSED = { state: 'paused' } as const;
const RETRIES = { state: 'syncing', since: NOW, trouble: 'sync-failing', betweenRetries: true, detail: '' } as const;
const RUNS = { ...RETRIES, trouble: null, betweenRetries: false } as const;
const EMPTY = { contents: { state: 'empty', why: 'image-empty', fresh: false } } as const;

function ours(memory: Partial<Memory> = {}, parts: DestinationParts = {}): KnownClaim['destination'] {
  return destination({ ...parts, memory: { ...VERIFIED, ...memory } });
}

/** Each action with its tag. */
function told(actions: readonly Action[]): string[] {
  return actions.map((action) =>
    'desired' in action && 'manual' in action.desired ? `${action.kind} ${action.desired.manual}` : action.kind,
  );
}

function stepOf(facts: Facts, overrides: Partial<Settings> = {}): ReturnType<typeof nextStepOf> {
  const { claim: one, context } = known({ bucket: NEWER }, facts);
  return nextStepOf(one, { ...context, settings: { ...context.settings, ...overrides } }, {});
}

describe('the next step', () => {
  const lost = { image: null, imageState: 'missing' } as const;
  const kept = foreign({
    adopted: true,
    manual: LATER,
    lastManualSync: LATER,
    memory: { ...VERIFIED, askedFor: LATER },
  });
  const broken = (age: number, tag = NEWEST): Facts => ({
    destination: ours({}, { manual: tag, lastManualSync: tag }),
    imageState: 'not-ready',
    image: image({ ready: false, error: 'no space', createdAt: NOW - age }),
  });
  const lastSync = (age: number | null): Facts => ({
    ...lost,
    destination: ours({}, { manual: LATER, lastManualSync: LATER, lastSyncAt: age === null ? null : NOW - age }),
  });

  it.each<[string, string[] | null, Facts]>([
    ['asks for the newest', [`retrigger ${LATER}`], {}],
    [
      'is none without a backup',
      null,
      { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'backup-gone' } },
    ],
    ['is none while something blocks', null, { blocker: 'source-syncing' }],
    ['is none on a destination that serves an empty start', null, { destination: ours({ fresh: 'uid-of-claim' }) }],
    ['makes one where there is none', [`create-destination ${LATER}`], { destination: null }],
    ['makes none by memory alone', null, { destination: null, probe: null }],
    [
      'makes none where the listing was not believed',
      null,
      { destination: null, listed: { state: 'unknown', reason: 'listing-failed', message: '' } },
    ],
    [
      'asks once more when it is paused',
      [`retrigger ${LATER}-r1`],
      { sync: PAUSED, destination: ours({}, { manual: LATER, lastManualSync: null }) },
    ],
    [
      'asks for the newest when it is paused on an older one',
      [`retrigger ${LATER}`],
      { sync: PAUSED, destination: ours({}, { manual: NEWEST }) },
    ],
    ['asks once more when the image is lost', [`retrigger ${LATER}-r1`], lastSync(5 * MINUTE + 1)],
    ['waits where the two lists may be of two moments', null, lastSync(5 * MINUTE)],
    ['waits only a minute where a claim waits', [`retrigger ${LATER}-r1`], { ...lastSync(MINUTE + 1), waits: true }],
    ['waits that minute', null, { ...lastSync(MINUTE), waits: true }],
    ['asks at once where no sync is known', [`retrigger ${LATER}-r1`], lastSync(null)],
    ['asks once more where the image is no snapshot', [`retrigger ${LATER}`], { imageState: 'direct' }],
    [
      'asks somebody else’s not once more where the image is no snapshot',
      null,
      { imageState: 'direct', destination: foreign({ adopted: true }) },
    ],
    [
      'waits for an image that is not ready',
      null,
      { imageState: 'not-ready', image: image({ ready: false, createdAt: NOW - 9 * HOUR }) },
    ],
    ['waits for one that nobody sees', null, { imageState: 'not-ready', image: null }],
    ['waits ten minutes for one with an error', null, broken(10 * MINUTE)],
    ['waits as long where nobody knows what was asked for', null, broken(10 * MINUTE, 'once')],
    ['asks again then', [`retrigger ${LATER}`], broken(10 * MINUTE + 1)],
    ['waits twice as long after a try', null, broken(20 * MINUTE, `${LATER}-r1`)],
    ['asks again after that', [`retrigger ${LATER}-r2`], broken(20 * MINUTE + 1, `${LATER}-r1`)],
    ['waits an hour at the longest', null, broken(HOUR, `${LATER}-r9`)],
    ['asks again after an hour', [`retrigger ${LATER}-r10`], broken(HOUR + 1, `${LATER}-r9`)],
    [
      'gives one of ours a trigger that has none',
      [`retrigger ${LATER}`],
      { destination: ours({}, { manual: null, lastManualSync: null }) },
    ],
    [
      'asks somebody else’s that was handed over',
      [`retrigger-adopted ${LATER}`],
      { destination: foreign({ adopted: true, memory: VERIFIED }) },
    ],
    [
      'does not chase a tag that was reset',
      null,
      { destination: foreign({ adopted: true, memory: { ...VERIFIED, askedFor: LATER } }) },
    ],
    [
      'asks for another one than the tag that was reset',
      [`retrigger-adopted ${LATER}`],
      { destination: foreign({ adopted: true, memory: { ...VERIFIED, askedFor: NEWEST } }) },
    ],
    ['asks again of one with our tag', [`retrigger-adopted ${LATER}-r1`], { ...lost, destination: kept }],
    [
      'asks nothing of somebody else’s between two retries',
      null,
      {
        destination: foreign({ adopted: true, memory: VERIFIED }),
        sync: RETRIES,
        mover: mover({ active: 0, failed: 1 }),
        blocker: 'sync-in-progress',
      },
    ],
    ['asks nothing of ours between two retries', null, { sync: RETRIES, blocker: 'sync-in-progress' }],
    [
      'changes it then, where it has to be larger',
      [`update-destination ${NEWEST}`],
      { sync: RETRIES, blocker: 'sync-in-progress', claimObject: claim({ request: '9Gi' }) },
    ],
    [
      'changes nothing while a mover works',
      null,
      { sync: RUNS, blocker: 'sync-in-progress', claimObject: claim({ request: '9Gi' }) },
    ],
    ['makes an empty one anew, once', [`recreate-destination ${LATER}`], EMPTY],
    ['leaves the second empty one', null, { ...EMPTY, destination: ours({ secondTry: LATER }) }],
    [
      'makes one anew whose volume is too large',
      [`recreate-destination ${LATER}`],
      { claimObject: claim({ request: '1Gi' }) },
    ],
  ])('%s', (_, actions, facts) => {
    const step = stepOf(facts);
    expect(step && told(step.actions)).toEqual(actions);
  });

  it('says whether it syncs, whether it adds a restore point, and how many bytes it fills', () => {
    const said = (facts: Facts): unknown => {
      const step = stepOf(facts);
      return step && [step.syncs, step.adds, step.bytes / 2 ** 30, told(step.meanwhile)];
    };
    const larger = { claimObject: claim({ request: '9Gi' }) };
    expect(said({})).toEqual([true, false, 5, [`note-newest ${NEWEST}`]]);
    expect(said({ destination: ours({ newest: LATER, holdUntil: NOW + HOUR }) })).toEqual([true, false, 5, []]);
    expect(said({ ...larger, contents: { state: 'proven', id: LATER, fresh: false } })).toEqual([false, false, 9, []]);
    expect(said({ ...larger, destination: null })).toEqual([true, true, 9, []]);
    expect(said({ ...larger, ...EMPTY })).toEqual([true, false, 9, []]);
    expect(said({ destination: foreign({ adopted: true, memory: VERIFIED }) })).toEqual([true, false, 5, []]);
  });

  it('asks again as of the time that it was asked for, and changes what needs no sync without a look', () => {
    const asOf = (facts: Facts): (number | null)[] =>
      stepOf(facts)?.actions.flatMap((one) => (one.kind === 'retrigger' ? one.desired.spec.restoreAsOf : [])) ?? [];
    const asked = (tag: string): Facts => ({
      sync: PAUSED,
      destination: ours({}, { manual: tag, lastManualSync: null, spec: spec({ restoreAsOf: 7 }) }),
    });
    expect([asOf(asked(LATER)), asOf(asked(NEWEST)), asOf({ sync: PAUSED })]).toEqual([[7], [null], [null]]);
    const once = { sync: PAUSED, destination: ours({}, { manual: LATER, lastManualSync: null }) };
    expect(asOf(once)).toEqual([null]);
    const larger = {
      claimObject: claim({ request: '9Gi' }),
      contents: { state: 'proven', id: LATER, fresh: false },
    } as const;
    expect(told(stepOf({ ...larger, probe: null })?.actions ?? [])).toEqual([`update-destination ${NEWEST}`]);
  });

  it('notes, while its wave has not come, what claims wait for', () => {
    const [note] = stepOf({})?.meanwhile ?? [];
    expect(note).toMatchObject({
      kind: 'note-newest',
      desired: { memory: { newest: LATER, holdUntil: NOW + 30 * MINUTE } },
    });
  });

  const memoryOf = (facts: Facts): Partial<Memory> =>
    stepOf(facts)?.actions.flatMap((one) =>
      one.kind === 'create-destination' || one.kind === 'recreate-destination' ? one.desired.memory : [],
    )[0] ?? {};

  it('carries over to a new destination what is still true', () => {
    const small = { claimObject: claim({ request: '1Gi' }) };
    const size = (restoreSize: number | null): unknown =>
      memoryOf({ ...small, destination: ours({ restoreSize }) })['restoreSize'];
    expect([size(2 ** 30), size(2 ** 30 + 1), size(null)]).toEqual([2 ** 30, null, null]);
    expect([memoryOf(EMPTY)['secondTry'], memoryOf(small)['secondTry']]).toEqual([LATER, null]);
    expect(memoryOf({ ...small, destination: ours({ secondTry: LATER }) })['secondTry']).toBe(LATER);
    const hung = (facts: Facts): unknown => memoryOf({ ...EMPTY, ...facts })['hungOnLarger'];
    const waits = { waits: true, claimObject: waitingClaim({ request: '1Gi' }) };
    expect([
      hung(waits),
      hung({}),
      hung({ destination: ours({ hungOnLarger: 'uid-of-claim' }) }),
      hung({ destination: ours({ hungOnLarger: 'another' }) }),
      hung({ claimObject: null }),
    ]).toEqual(['uid-of-claim', null, 'uid-of-claim', null, null]);
  });

  it('notes which address is asked, where its Secret names one', () => {
    const asked = (facts: Facts): unknown => memoryOf({ destination: null, ...facts })['askedAddress'];
    const own = {
      where: { kind: 'layout' },
      key: 'x',
      shown: 'x',
      secret: 'my-own',
      sources: [],
      restored: false,
    } as const;
    expect([asked({}), asked({ credentials: null }), asked({ repository: own }), asked({ base: null })]).toEqual([
      's3:rustfs.example:9000/volsync-backups/media/plex-config',
      null,
      null,
      null,
    ]);
    const version = (facts: Facts): unknown => memoryOf({ destination: null, ...facts })['baseVersion'];
    expect([version({}), version({ base: { version: 'v', content: null } }), version({ base: null })]).toEqual([
      BASE_VERSION,
      null,
      null,
    ]);
    expect(memoryOf({ destination: null, indexed: null })['tries']).toBeNull();
  });

  it('starts an empty one for a claim whose owner accepts that, and for no other', () => {
    const accepted: Facts = {
      waits: true,
      listed: { state: 'no' },
      probe: null,
      destination: null,
      blocker: null,
      claimObject: waitingClaim({ accept: 'uid-of-claim' }),
      backup: { state: 'absent', snapshots: null, newest: null, reason: 'repository-empty' },
    };
    const step = stepOf(accepted);
    expect(step && [told(step.actions), step.meanwhile, step.adds, step.syncs, step.bytes]).toEqual([
      ['create-destination fresh'],
      [],
      true,
      true,
      5 * 2 ** 30,
    ]);
    const none: Facts[] = [
      { base: null },
      { base: { version: 'v', content: null } },
      { credentials: null },
      { destination: ours() },
      { blocker: 'credentials-foreign' },
      { claimObject: waitingClaim({ accept: 'uid-of-claim', request: null }), record: null },
    ];
    expect(none.map((facts) => stepOf({ ...accepted, ...facts }, { defaultCapacity: null }))).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('the notes of a pass', () => {
  const written = (facts: Facts): string | null => {
    const { claim: one, context } = known({}, facts);
    return notesOf(one, context).action?.kind ?? null;
  };
  const missed = (count: number, memory: Partial<Memory> = {}): Facts => ({
    backup: { state: 'absent', snapshots: 0, newest: null, reason: 'backup-gone' },
    listed: { state: 'no' },
    probe: null,
    imageState: 'missing',
    destination: ours({ missed: { count, at: NOW }, ...memory }),
  });

  it.each<[string, string | null, Facts]>([
    ['are none in the ordinary world', null, {}],
    ['are none without a destination', null, { destination: null }],
    [
      'are none on one that is not steered',
      null,
      { ...EMPTY, contents: { ...EMPTY.contents, fresh: true }, steered: false },
    ],
    ['name an empty image', 'mark-suspect', { contents: { ...EMPTY.contents, fresh: true } }],
    ['do not name it twice', null, EMPTY],
    ['name the place of the image where it was not noted', 'record-proof', { changedFrom: 'layout' }],
    ['do not name it twice either', null, { changedFrom: 'layout', destination: ours({ verifiedAddress: 'layout' }) }],
    ['say that neither backup nor image is there', 'mark-suspect', missed(3)],
    ['do not after two listings', null, missed(2)],
    ['do not where that is noted', null, missed(3, { suspect: { image: IMAGE, reason: 'image-missing' } })],
    ['do not where the image is there', null, { ...missed(3), imageState: 'ready' }],
    ['do not where a backup is there', null, { ...missed(3), backup: known().claim.backup }],
    ['do not while a sync runs', null, { ...missed(3), sync: RUNS }],
    ['do not in an excluded namespace', null, { ...missed(3), excluded: true }],
    [
      'take it back when the image is there again',
      'record-proof',
      { destination: ours({ suspect: { image: IMAGE, reason: 'image-missing' } }) },
    ],
    [
      'count from the first listing that shows the repository again',
      'note-absence',
      { destination: ours({ missed: { count: 1, at: NOW - HOUR } }) },
    ],
    [
      'do not while nobody could look',
      null,
      {
        destination: ours({ missed: { count: 1, at: NOW - HOUR } }),
        listed: { state: 'unknown', reason: 'listing-failed', message: '' },
      },
    ],
    ['remember the version of the base', 'note-credentials', { destination: ours({ baseVersion: 'older' }) }],
    [
      'remember it beside a Secret of one’s own',
      'note-credentials',
      { destination: ours({ baseVersion: 'older' }), credentials: { state: 'own' } },
    ],
    [
      'do not where the Secret differs',
      null,
      { destination: ours({ baseVersion: 'older' }), credentials: { state: 'ours', differs: ['AWS_ACCESS_KEY_ID'] } },
    ],
    [
      'do not where it is somebody else’s',
      null,
      { destination: ours({ baseVersion: 'older' }), credentials: { state: 'foreign' } },
    ],
    [
      'do not where the base was not read',
      null,
      { destination: ours({ baseVersion: 'older' }), base: { version: 'v', content: null } },
    ],
    ['do not where there is no base', null, { destination: ours({ baseVersion: 'older' }), base: null }],
  ])('%s', (_, kind, facts) => {
    expect(written(facts)).toBe(kind);
  });

  it('say why an image is kept from claims, and take that back when nothing speaks against it any more', () => {
    const there = { elsewhere: { snapshot: snapshot(LATER), repository: OUT_OF_REACH } };
    const suspectOf = (facts: Facts): unknown => {
      const { claim: one, context } = known({}, facts);
      const { notes } = notesOf(one, context);
      return 'suspect' in notes ? notes.suspect : 'nothing';
    };
    const fresh = { contents: { ...EMPTY.contents, fresh: true } };
    expect([suspectOf(fresh), suspectOf({ ...fresh, ...there })]).toEqual([
      { image: IMAGE, reason: 'image-empty' },
      { image: IMAGE, reason: 'newer-elsewhere' },
    ]);
    const suspect = { image: IMAGE, reason: 'newer-elsewhere' } as const;
    const absent = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;
    const theirs = { destination: foreign({ adopted: true, memory: { ...VERIFIED, suspect } }), ...absent };
    expect([
      suspectOf(theirs),
      suspectOf({ ...theirs, ...there }),
      suspectOf({ destination: ours({ suspect }) }),
    ]).toEqual([null, 'nothing', 'nothing']);
  });

  it('on somebody else’s destination are about its image alone', () => {
    const theirs = {
      destination: foreign({ adopted: true, memory: { ...NO_MEMORY, baseVersion: 'older' } }),
      steered: true,
      unsteered: null,
    } as const;
    expect(written({ ...theirs, credentials: { state: 'own' } })).toBeNull();
    expect(written({ ...theirs, contents: { ...EMPTY.contents, fresh: true } })).toBe('mark-suspect');
  });

  it('of a proof say where the snapshot is, how old, and how large', () => {
    const proof = (facts: Facts): unknown => {
      const { claim: one, context } = known({}, { contents: { state: 'proven', id: NEWEST, fresh: true }, ...facts });
      const { verified, verifiedAddress, restoreSize, provenImages } = notesOf(one, context).notes;
      return [verified, verifiedAddress, restoreSize, provenImages?.map((one_) => `${one_.image}=${one_.id}`)];
    };
    const five = 5 * 2 ** 30;
    const far = {
      where: {
        kind: 'referenced',
        address: { backend: 's3', scheme: 'http', host: 'x', bucket: 'b', path: 'p' },
        path: null,
      },
      key: 's3:x/b/p',
      shown: 's3:x/b/p',
      secret: 'far',
      sources: [],
      restored: true,
    } as const;
    expect(proof({})).toEqual([{ image: IMAGE, id: NEWEST, at: NOW - HOUR }, null, five, [`${IMAGE}=${NEWEST}`]]);
    expect(proof({ repository: far })).toEqual([
      { image: IMAGE, id: NEWEST, at: NOW - HOUR },
      's3:x/b/p',
      five,
      [`${IMAGE}=${NEWEST}`],
    ]);
    expect(proof({ probe: null })).toEqual([
      { image: IMAGE, id: NEWEST, at: null },
      null,
      five,
      [`${IMAGE}=${NEWEST}`],
    ]);
    expect(proof({ probe: listed([snapshot(OLD)]) })).toEqual([
      { image: IMAGE, id: NEWEST, at: null },
      null,
      five,
      [`${IMAGE}=${NEWEST}`],
    ]);
    expect(proof({ image: image({ restoreSize: '7Gi' }) })).toEqual([
      { image: IMAGE, id: NEWEST, at: NOW - HOUR },
      null,
      7 * 2 ** 30,
      [`${IMAGE}=${NEWEST}`],
    ]);
    expect(proof({ image: null })).toEqual([
      { image: IMAGE, id: NEWEST, at: NOW - HOUR },
      null,
      five,
      [`${IMAGE}=${NEWEST}`],
    ]);
    const before = ['a', 'b', IMAGE, 'c'].map((name) => ({ image: name, id: OLD }));
    expect(proof({ destination: ours({ provenImages: before }) })).toEqual([
      { image: IMAGE, id: NEWEST, at: NOW - HOUR },
      null,
      five,
      [`${IMAGE}=${NEWEST}`, `a=${OLD}`, `b=${OLD}`],
    ]);
  });

  it('keep the destination as it is: its tag, and a pause of ours, but no pause of its owner’s', () => {
    const tries = { count: 1, at: NOW, inputs: 'x', failed: 1 };
    const paused = (parts: DestinationParts): [string, boolean] => {
      const { manual, paused: isPaused } = annotated(destination(parts), {});
      return [manual, isPaused];
    };
    expect([
      paused({}),
      paused({ paused: true }),
      paused({ paused: true, memory: { ...NO_MEMORY, tries } }),
      paused({ memory: { ...NO_MEMORY, tries } }),
      paused({ manual: null }),
    ]).toEqual([
      [NEWEST, false],
      [NEWEST, false],
      [NEWEST, true],
      [NEWEST, false],
      ['', false],
    ]);
  });
});
