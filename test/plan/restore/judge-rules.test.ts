/** What is done about one claim: each rule with its facts taken away in turn. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import type { Action } from '../../../src/decisions.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { followsBase } from '../../../src/plan/restore/credentials.ts';
import {
  isLeftover,
  isMadeAnew,
  isSecondEmpty,
  isServedAndIdle,
  isTakenDown,
} from '../../../src/plan/restore/deletion.ts';
import { judge } from '../../../src/plan/restore/judge.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import { actionName } from '../../../src/report/report.ts';
import {
  EMPTY_LOG,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  PROVEN,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  listed,
  mover,
  placed,
  planOf,
  snapshot,
  snapshots,
  waitingClaim,
  type World,
} from '../../support/build.ts';
import { RUNS, UNREAD, entry } from '../../support/facts.ts';
import { known } from '../../support/known.ts';

type Facts = Partial<KnownClaim>;
const FAILS = { ...RUNS, trouble: 'sync-failing' } as const;
const RETRIES = { ...FAILS, betweenRetries: true } as const;
const PAUSED = { state: 'paused' } as const;
const EMPTY = { contents: { state: 'empty', why: 'image-empty', fresh: false } } as const;
const ABSENT = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });

describe('a destination is', () => {
  const known3 = (facts: Facts, prune = false): { claim: KnownClaim; context: ReturnType<typeof known>['context'] } => {
    const { claim: one, context } = known({}, facts);
    return { claim: one, context: { ...context, settings: { ...context.settings, prune } } };
  };
  const missed = (count: number): Facts => ({
    destination: destination({ memory: { ...NO_MEMORY, missed: { count, at: NOW } } }),
  });
  const GONE: Facts = { ...ABSENT, ...EMPTY, ...missed(3) };

  it.each<[string, boolean, Facts, boolean?]>([
    ['a leftover over an empty image, after three listings', true, GONE],
    ['none after two', false, { ...GONE, ...missed(2) }],
    ['none of somebody else', false, { ...GONE, destination: foreign() }],
    ['none while its backup is there', false, { ...GONE, backup: known().claim.backup }],
    ['none where the namespace is excluded', false, { ...GONE, excluded: true }],
    ['none with an image that may be the last copy', false, { ...GONE, contents: { state: 'unproven' } }],
    ['none with that image although --prune', false, { ...GONE, contents: { state: 'unproven' } }, true],
    ['one without an image with --prune', true, { ...GONE, contents: { state: 'unproven' }, imageState: 'none' }, true],
    [
      'none without an image and without --prune',
      false,
      { ...GONE, contents: { state: 'unproven' }, imageState: 'none' },
    ],
    ['one while it is paused', true, { ...GONE, sync: PAUSED }],
    ['one between two retries', true, { ...GONE, sync: RETRIES }],
    ['none while a mover works', false, { ...GONE, sync: FAILS }],
    ['none where there is none', false, { ...GONE, sync: { state: 'none' } }],
    [
      'none while it is being deleted',
      false,
      {
        ...GONE,
        destination: destination({ deleting: true, memory: { ...NO_MEMORY, missed: { count: 3, at: NOW } } }),
      },
    ],
    ['none while a claim waits', false, { ...GONE, waits: true }],
  ])('%s', (_, isOne, facts, prune) => {
    const { claim: one, context } = known3(facts, prune);
    expect(isLeftover(one, context)).toBe(isOne);
  });

  it('taken down where no earlier image can be used', () => {
    const isDown = (facts: Facts): boolean => isTakenDown(known({}, facts).claim);
    expect([
      isDown({}),
      isDown({ imageState: 'none' }),
      isDown(EMPTY),
      isDown({ ...EMPTY, destination: null }),
    ]).toEqual([false, true, true, false]);
  });

  it('served when its claim is bound or gone, and nothing of it runs', () => {
    const fresh = { destination: destination({ memory: { ...NO_MEMORY, fresh: 'uid-of-claim' } }) };
    const isServed = (facts: Facts): boolean => isServedAndIdle(known({}, { ...fresh, ...facts }).claim);
    const deleting = { destination: { ...fresh.destination, deleting: true } };
    expect([
      isServed({}),
      isServed({ waits: true }),
      isServed({ sync: RUNS }),
      isServed(deleting),
      isServed({ destination: null }),
    ]).toEqual([true, false, false, false, false]);
  });

  it('made anew once for an empty image, and for a spec that cannot be changed, but not under a claim that is being filled', () => {
    const isAnew = (facts: Facts, drift: 'none' | 'update' | 'recreate' = 'recreate'): boolean =>
      isMadeAnew(known({}, facts).claim, drift);
    const second = { destination: destination({ memory: { ...NO_MEMORY, secondTry: NEWEST } }) };
    expect([isAnew(EMPTY, 'none'), isAnew({ ...EMPTY, ...second })]).toEqual([true, false]);
    expect([isAnew({}), isAnew({}, 'update'), isAnew({}, 'none')]).toEqual([true, false, false]);
    const filled = { waits: true, claimObject: waitingClaim() };
    expect([
      isAnew(filled),
      isAnew({ ...filled, image: null }),
      isAnew({ ...filled, image: image({ restoreSize: '9Gi' }) }),
    ]).toEqual([false, true, true]);
    expect([
      isSecondEmpty(known({}, second).claim),
      isSecondEmpty(known({}, { ...second, ...ABSENT }).claim),
      isSecondEmpty(known({}, { destination: null }).claim),
    ]).toEqual([true, false, false]);
  });
});

describe('the credentials of a pass', () => {
  it('follow the base where nothing differs, or what differs is written in this pass', () => {
    const ours = (differs: string[]): Facts => ({ credentials: { state: 'ours', differs, password: PROVEN } });
    const follow = (facts: Facts): boolean => followsBase(known({}, facts).claim, NOW);
    expect([
      follow(ours([])),
      follow(ours(['AWS_ACCESS_KEY_ID'])),
      follow({ credentials: null }),
      follow({ credentials: { state: 'foreign' } }),
    ]).toEqual([true, true, true, true]);
    expect([
      follow({ ...ours(['AWS_ACCESS_KEY_ID']), sync: RUNS }),
      follow({ ...ours([]), sync: RUNS }),
      follow(ours(['RESTIC_PASSWORD'])),
    ]).toEqual([false, true, false]);
  });
});

describe('of one claim', () => {
  const done = (facts: Partial<Situation>, world: World = {}): string[] => {
    const { s, context } = placed(world);
    return judge({ ...s, ...facts }, context).actions.map(actionName);
  };
  const differing: Partial<Situation> = {
    credentials: { state: 'ours', differs: ['AWS_ACCESS_KEY_ID'], password: PROVEN },
  };
  const failing = { sync: RETRIES, mover: mover({ active: 0, failed: 3 }) };
  const lost = {
    destination: destination({ annotations: {}, moverLogs: EMPTY_LOG }),
    contents: { state: 'empty', why: 'image-empty', fresh: true },
  } as const;

  it('nothing is done while nobody could look, but to mark an empty image', () => {
    const unread: World = {
      bucket: bucketView({ [KEY]: { state: 'unknown', reason: 'listing-failed', message: '' } }),
    };
    expect([done(differing), done(differing, unread), done(lost, unread)]).toEqual([
      ['update-credentials'],
      [],
      ['mark-suspect'],
    ]);
    const frozen = (reason: 'listing-failed' | 'bucket-moved', facts: Partial<Situation> = lost): string[] => {
      const { s, context } = placed();
      return judge({ ...s, ...facts }, { ...context, frozen: reason }).actions.map(actionName);
    };
    expect([frozen('listing-failed'), frozen('bucket-moved')]).toEqual([['mark-suspect'], []]);
    expect([
      frozen('listing-failed', { ...lost, steered: false }),
      frozen('listing-failed', { ...lost, destination: foreign({ adopted: true }) }),
      frozen('listing-failed', { contents: { state: 'empty', why: 'image-empty', fresh: false } }),
      frozen('listing-failed', { contents: { state: 'proven', id: NEWEST, fresh: true } }),
    ]).toEqual([[], [], [], []]);
  });

  it('a failing restore is given up, unless something else is done about it or its snapshots have vanished', () => {
    expect(done(failing)).toEqual(['pause-destination']);
    const slow = { claimObject: claim({ storageClass: 'slow' }) };
    const { s, context } = placed();
    const judged = judge({ ...s, ...failing, ...slow }, context);
    expect([judged.actions.map(actionName), judged.nextStep?.actions.map(actionName)]).toEqual([
      [],
      ['recreate-destination'],
    ]);
    expect(done(failing, { bucket: bucketView({ [KEY]: listed([snapshots()[0]!]) }) })).toEqual([]);
  });

  it('a restore that is given up while its credentials are mended is tried again at once', () => {
    const inputs = (facts: Partial<Situation>): unknown => {
      const { s, context } = placed();
      const paused = judge({ ...s, ...failing, ...facts }, context).actions.find(
        ({ kind }) => kind === 'pause-destination',
      );
      return paused !== undefined &&
        'desired' in paused &&
        'memory' in paused.desired &&
        'tries' in paused.desired.memory
        ? paused.desired.memory.tries?.inputs
        : null;
    };
    const owed: Partial<Situation> = { credentials: { state: 'ours', differs: ['RESTIC_PASSWORD'] } };
    expect(inputs({})).toMatch(/^[0-9a-f]{8}$/);
    expect(inputs(owed)).toBe(inputs({}));
    expect(inputs(differing)).not.toBe(inputs({}));
  });

  it('the failures of its destination are remembered by it alone', () => {
    const tries = { count: 2, at: NOW, inputs: 'x', failed: 1 };
    const { s, context } = placed();
    const paused = { ...s, sync: PAUSED, destination: destination({ paused: true, memory: { ...NO_MEMORY, tries } }) };
    expect(judge(paused, context).tries).toBeNull();
    expect(judge(paused, { ...context, frozen: 'listing-failed' }).tries).toBeNull();
  });

  it('a note for a run that is stopped is written on a destination that is steered', () => {
    const holdOf = (facts: Partial<Situation>): Action | null => {
      const { s, context } = placed({ bucket: NEWER });
      return judge({ ...s, ...facts }, context).hold;
    };
    expect(holdOf({})).toMatchObject({ kind: 'note-newest', desired: { memory: { newest: LATER } } });
    expect([holdOf({ steered: false }), holdOf({ destination: null })]).toEqual([null, null]);
  });

  it('a claim that waits shows what VolSync is held back for', () => {
    const due = destination({ memory: { ...known().claim.destination!.memory, nextBackup: NOW - MINUTE } });
    const shown = (facts: Partial<Situation>): string | null => {
      const { s, context } = placed();
      return judge({ ...s, ...facts }, context).restorePoint.reason;
    };
    const waits = { waits: true, live: false, claimObject: waitingClaim() };
    expect([shown({ destination: due }), shown({ ...waits, destination: due }), shown(waits)]).toEqual([
      null,
      'backup-due',
      null,
    ]);
    const fresh = destination({ memory: { ...due.memory, fresh: 'uid-of-claim' } });
    expect(shown({ ...waits, destination: fresh, contents: { state: 'proven', id: NEWEST, fresh: false } })).toBe(
      'serving-fresh',
    );
  });

  it('its Secret is not written while it is somebody else’s, nor through somebody else’s destination', () => {
    const foreignOnes = { credentials: { state: 'foreign' } } as const;
    expect(done(foreignOnes)).toEqual([]);
    expect(done({ ...differing, steered: false })).toEqual([]);
    expect(done({ ...differing, destination: foreign({ adopted: true }), repository: null })).toEqual([]);
    expect(done({ ...differing, base: base({ missing: ['RESTIC_PASSWORD'] }) })).toEqual([]);
  });
});

describe('a claim', () => {
  it('whose restore has failed is remembered by the index, while it has no destination', () => {
    const tries = { count: 2, at: NOW, inputs: 'x', failed: 1 };
    const judged = (d: Situation['destination']): unknown => {
      const { s, context } = placed();
      return judge({ ...s, destination: d, indexed: { ...entry(`attach warm ${NEWEST} -`)!, tries } }, context).tries;
    };
    expect([judged(null), judged(destination())]).toEqual([tries, null]);
  });

  it('that waits is not woken for while nobody knows its backup', () => {
    const waits = (bucket = bucketView()): readonly string[] =>
      planOf({ bucket, cluster: clusterView({ claims: [waitingClaim()] }) }).entries.flatMap(({ actions }) =>
        actions.map(actionName),
      );
    const namespaces = new Map([['media', UNREAD]]);
    const root = { state: 'listed', namespaces, strangers: [], misplaced: [], marked: true } as const;
    expect([waits(), waits(bucketView({}, { root }))]).toEqual([['nudge'], []]);
  });
});
