/** What is done about one claim: each rule with its facts taken away in turn. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import type { Action } from '../../../src/decisions.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { followsBase } from '../../../src/plan/restore/credentials.ts';
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
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });

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
