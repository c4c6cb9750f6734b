/** Each rule by which claims wait for newer data, with every fact that it needs taken away in turn. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY, type Memory } from '../../../src/memory.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import {
  isBackupDue,
  isFetched,
  newerSnapshot,
  nudge,
  primeNote,
  whenProven,
  beforeIndex,
  whileFetching,
  whileQueued,
} from '../../../src/plan/restore/prime-notes.ts';
import {
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
  listed,
  mover,
  snapshot,
  snapshots,
  source,
  spec,
  waitingClaim,
  type DestinationParts,
  type World,
} from '../../support/build.ts';
import { RUNS } from '../../support/facts.ts';
import { known } from '../../support/known.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
const HALF_AN_HOUR = NOW + 30 * MINUTE;
const VERIFIED = { verified: { image: IMAGE, id: NEWEST, at: NOW - HOUR }, provenImage: IMAGE };
type Case = [string, unknown, Partial<KnownClaim>, World?];

/** Our destination, which holds the newest snapshot but one, with such a memory. */
function ours(memory: Partial<Memory> = {}, parts: DestinationParts = {}): KnownClaim['destination'] {
  return destination({ ...parts, memory: { ...NO_MEMORY, ...VERIFIED, ...memory } });
}

/** The facts when a newer snapshot is there. */
function newer(facts: Partial<KnownClaim> = {}, world: World = {}): ReturnType<typeof known> {
  return known({ bucket: NEWER, ...world }, facts);
}

const FAILS = { ...RUNS, trouble: 'sync-failing' } as const;
const PAUSED = { state: 'paused' } as const;
const holding = (id: string): Partial<KnownClaim> => ({ contents: { state: 'proven', id, fresh: false } });
const failed = (count: number): Partial<KnownClaim> => ({ mover: mover({ failed: count }) });
const tries = (count: number): Memory['tries'] => ({ count, at: NOW, inputs: '', failed: 1 });
const TWICE = ours({}, { manual: `${LATER}-r1`, lastManualSync: `${LATER}-r1`, spec: spec({ restoreAsOf: NOW }) });

describe('the newer snapshot that is fetched', () => {
  it.each<Case>([
    ['is the newest, which the image does not hold', LATER, {}],
    ['is it while the image is not ready yet', LATER, { imageState: 'not-ready' }],
    ['is it while it is being restored', LATER, { sync: RUNS, destination: TWICE }],
    [
      'is none without a backup',
      null,
      { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'backup-gone' } },
    ],
    ['is none without a destination', null, { destination: null }],
    ['is none without an image', null, { imageState: 'none' }],
    ['is none where the image is lost', null, { imageState: 'missing' }],
    ['is none where the image is no snapshot', null, { imageState: 'direct' }],
    ['is none when the image holds it', null, { ...holding(LATER), sync: RUNS }],
    ['is none when the image holds it by its log', null, { contents: { state: 'unlisted', id: LATER }, sync: RUNS }],
    ['is none when it was asked for twice', null, { destination: TWICE }],
    ['is none over an empty image', null, { contents: { state: 'empty', why: 'image-empty', fresh: false } }],
  ])('%s', (_, id, facts) => {
    expect(newerSnapshot(newer(facts).claim)).toBe(id);
  });
});

describe('claims wait for it', () => {
  const until = (at: number): Partial<KnownClaim> => ({ destination: ours({ holdUntil: at }) });
  it.each<Case>([
    ['in the ordinary case', true, {}],
    ['not where older data is wanted at once', false, {}, { settings: { stale: 'attach' } }],
    ['not while restore points of live claims rest', false, { blocker: 'claim-live' }],
    ['not while a person has to act', false, { blocker: 'credentials-foreign' }],
    ['while something passes by itself', true, { blocker: 'snapshot-too-new' }],
    ['not while the sync is stuck', false, { sync: { ...RUNS, trouble: 'sync-stuck' } }],
    ['after two failures', true, { sync: FAILS, ...failed(2) }],
    ['not after three', false, { sync: FAILS, ...failed(3) }],
    ['after three, until half an hour is over', true, { sync: FAILS, ...failed(3), ...until(NOW + 1) }],
    ['not then', false, { sync: FAILS, ...failed(3), ...until(NOW) }],
    ['not after three tries of ours', false, { sync: PAUSED, destination: ours({ tries: tries(3) }) }],
    ['after two tries of ours', true, { sync: PAUSED, destination: ours({ tries: tries(2) }) }],
    [
      'not after three tries of ours, however often the last one failed',
      false,
      { sync: FAILS, ...failed(1), destination: ours({ tries: tries(3) }) },
    ],
    ['not after three failures without a destination', false, { sync: FAILS, ...failed(3), destination: null }],
    ['without a failure where no mover is', true, { sync: FAILS, mover: null, destination: null }],
    ['whatever failed before this sync', true, { sync: RUNS, ...failed(3) }],
    ['whatever failed before the last good one', true, { sync: { state: 'idle' }, ...failed(3) }],
  ])('%s', (_, waits, facts, world) => {
    const { claim, context } = newer(facts, world);
    expect(isFetched(claim, context)).toBe(waits);
  });
});

const NEXT = NOW + 30 * MINUTE;
const HELD = { newest: LATER, holdUntil: HALF_AN_HOUR };
const RELEASED = { newest: null, holdUntil: null };

describe('the write that asks for it', () => {
  const again = { sync: FAILS, ...failed(1) };
  it.each<Case>([
    ['says how long claims wait, and when the next backup is due', { ...HELD, nextBackup: NEXT }, {}],
    [
      'does so although something blocks: it is about to be asked for',
      { ...HELD, nextBackup: NEXT },
      { blocker: 'source-syncing' },
    ],
    [
      'does not prolong the wait with a retry',
      { nextBackup: NEXT },
      { ...again, destination: ours({ newest: LATER }) },
    ],
    ['begins it with a retry that nothing was noted for', { ...HELD, nextBackup: NEXT }, again],
    ['prolongs it where nothing has failed', { ...HELD, nextBackup: NEXT }, { destination: ours({ newest: LATER }) }],
    ['ends the wait for another one', { ...RELEASED, nextBackup: NEXT }, { ...holding(LATER), sync: RUNS }],
    [
      'ends it when nobody waits any more, retry or not',
      { ...RELEASED, nextBackup: NEXT },
      { sync: FAILS, ...failed(3), destination: ours({ newest: LATER }) },
    ],
    ['ends it without a destination', { ...RELEASED, nextBackup: NEXT }, { destination: null }],
    [
      'gives a long restore three times its length',
      { newest: LATER, holdUntil: NOW + 3 * HOUR, nextBackup: NEXT },
      { destination: ours({}, { lastSyncSeconds: 3600 }) },
    ],
    [
      'gives half an hour where no restore has been measured',
      { ...HELD, nextBackup: NEXT },
      { destination: ours({}, { lastSyncSeconds: null }) },
    ],
  ])('%s', (_, notes, facts) => {
    const { claim, context } = newer(facts);
    expect(whileFetching(claim, LATER, context)).toEqual(notes);
  });
});

describe('the write while its wave has not come', () => {
  it.each<Case>([
    ['says that claims wait', { ...HELD, nextBackup: NEXT }, {}],
    ['is none when the image holds it', null, holding(LATER)],
    ['is none when nobody waits', null, {}, { settings: { stale: 'attach' } }],
    [
      'is none where the image is suspect',
      null,
      { destination: ours({ suspect: { image: IMAGE, reason: 'image-missing' } }) },
    ],
    [
      'is none when they wait for long enough already',
      null,
      { destination: ours({ newest: LATER, holdUntil: NOW + 6 * MINUTE }) },
    ],
    [
      'is none when they wait, although exactly what it holds is accepted',
      null,
      { destination: ours({ newest: LATER, holdUntil: HALF_AN_HOUR, accept: NEWEST }) },
    ],
    [
      'prolongs the wait that ends before the next run',
      { ...HELD, nextBackup: NEXT },
      { destination: ours({ newest: LATER, holdUntil: NOW + 6 * MINUTE - 1 }) },
    ],
  ])('%s', (_, notes, facts, world) => {
    const { claim, context } = newer(facts, world);
    expect(whileQueued(claim, LATER, context)).toEqual(notes);
  });
});

describe('the note before the index', () => {
  const suspect = { image: IMAGE, reason: 'image-missing' } as const;
  it.each<Case>([
    ['says how long claims wait', HELD, {}],
    ['is none without a destination', null, { destination: null }],
    ['is none on one that is being deleted', null, { destination: ours({}, { deleting: true }) }],
    ['is none when nothing is newer', null, holding(LATER)],
    ['is none then, whatever was noted before', null, { ...holding(LATER), destination: ours({ newest: OLD }) }],
    ['is none when it was written already', null, { destination: ours({ newest: LATER }) }],
    ['is written beside the one for an older snapshot', HELD, { destination: ours({ newest: OLD }) }],
    ['is none when nobody waits', null, { blocker: 'credentials-foreign' }],
    ['is none where the image is suspect: that holds VolSync back', null, { destination: ours({ suspect }) }],
    [
      'is none where a backup that is due holds it back for long',
      null,
      { destination: ours({ nextBackup: NOW - 9 * MINUTE }) },
    ],
    [
      'is written where that ends before the run after the next one',
      HELD,
      { destination: ours({ nextBackup: NOW - 9 * MINUTE - 1 }) },
    ],
  ])('%s', (_, notes, facts) => {
    const { claim, context } = newer(facts);
    expect(beforeIndex(claim, context)).toEqual(notes);
  });
});

describe('the proof', () => {
  it.each<Case>([
    ['ends the wait when the newest is proven', { ...RELEASED, nextBackup: NEXT }, {}, { bucket: bucketView() }],
    ['says what is waited for next', { ...HELD, nextBackup: NEXT }, {}],
    ['ends it when nothing more can be asked for', { ...RELEASED, nextBackup: NEXT }, { destination: TWICE }],
    ['ends it when nobody waits', { ...RELEASED, nextBackup: NEXT }, { blocker: 'claim-live' }],
    [
      'ends it when no backup is known',
      { ...RELEASED, nextBackup: NEXT },
      { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'backup-gone' } },
    ],
  ])('%s', (_, notes, facts, world) => {
    const { claim, context } = newer(facts, world);
    expect(whenProven(claim, NEWEST, context)).toEqual(notes);
  });
});

describe('the note of its own', () => {
  const NOTED = { newest: LATER, holdUntil: NOW + 5 * MINUTE };
  const LONG = { newest: LATER, holdUntil: NOW + 20 * MINUTE };
  const BLOCKED = { blocker: 'snapshot-too-new' } as const;
  const ORDINARY = { bucket: bucketView() };
  it.each<Case>([
    ['is none where the request is next: it carries the note', null, {}],
    ['says that claims wait for a renewal that is delayed', { ...HELD, nextBackup: NEXT }, BLOCKED],
    ['does so while the image before is not ready yet', { ...HELD, nextBackup: NEXT }, { imageState: 'not-ready' }],
    ['is none while the renewal runs', null, { imageState: 'not-ready', sync: RUNS }],
    [
      'goes on for a renewal that takes long',
      { ...HELD, nextBackup: NEXT },
      { blocker: 'sync-in-progress', sync: RUNS, destination: ours(NOTED) },
    ],
    ['does not where nothing was waited for', null, { blocker: 'sync-in-progress', sync: RUNS }],
    [
      'does not after three failures',
      null,
      { blocker: 'sync-in-progress', sync: FAILS, ...failed(3), destination: ours(NOTED) },
    ],
    ['is none while the wait lasts', null, { ...BLOCKED, destination: ours(LONG) }],
    ['is none where the request is next, although the wait ends', null, { destination: ours(NOTED) }],
    [
      'is none where the wait is for nothing',
      null,
      { blocker: 'credentials-foreign', destination: ours({ holdUntil: NOW + HOUR }) },
    ],
    ['is none without a destination', null, { ...BLOCKED, destination: null }],
    ['is none on one that is being deleted', null, { ...BLOCKED, destination: ours({}, { deleting: true }) }],
    ['ends the wait when nobody waits any more', RELEASED, { blocker: 'credentials-foreign', destination: ours(LONG) }],
    ['is none when nobody waits and nothing was noted', null, { blocker: 'credentials-foreign' }],
    [
      'is none when nobody waits and the wait is over',
      null,
      { blocker: 'credentials-foreign', destination: ours({ ...LONG, holdUntil: NOW }) },
    ],
    ['ends the wait for what will not come', RELEASED, { destination: ours(LONG) }, ORDINARY],
    ['is none for what the image holds', null, { destination: ours({ ...LONG, newest: NEWEST }) }, ORDINARY],
    ['is none while the image is being renewed', null, { destination: ours(LONG), sync: RUNS }, ORDINARY],
    ['is none in the ordinary world', null, {}, ORDINARY],
    ['is none before the next backup is due', null, { destination: ours({ nextBackup: NOW + 1 }) }, ORDINARY],
  ])('%s', (_, note, facts, world) => {
    const { claim, context } = newer(facts, world);
    expect(primeNote(claim, context)).toEqual(note);
  });
});

describe('a backup that was due', () => {
  const due = NOW - MINUTE;
  const saved = (parts: Parameters<typeof source>[0]): Partial<KnownClaim> => ({
    writers: [{ source: source(parts), mover: null }],
    destination: ours({ nextBackup: due }),
  });
  const BEFORE = { lastSyncAt: due - 1, nextSyncAt: due };

  it.each<Case>([
    ['is over when its source has ended a sync since', { nextBackup: null }, saved({ ...BEFORE, lastSyncAt: due })],
    ['is over when its source has moved on', { nextBackup: null }, saved({ ...BEFORE, nextSyncAt: due + 1 })],
    ['is not over before', null, saved(BEFORE)],
    ['is not over where its source says nothing', null, saved({ lastSyncAt: null, nextSyncAt: null })],
    ['is not over while its source syncs', null, saved({ lastSyncAt: due, lastSyncStartAt: due })],
    [
      'is not over while a pod of it runs',
      null,
      { ...saved({ lastSyncAt: due }), writers: [{ source: source({ lastSyncAt: due }), mover: mover() }] },
    ],
    [
      'is not over until all sources have ended',
      null,
      {
        ...saved({}),
        writers: [
          { source: source({ lastSyncAt: due }), mover: null },
          { source: source(BEFORE), mover: null },
        ],
      },
    ],
    [
      'is over without a look when twenty minutes have passed',
      { nextBackup: null },
      { ...saved(BEFORE), probe: null, destination: ours({ nextBackup: NOW - 20 * MINUTE }) },
    ],
    [
      'is not over without a look before',
      null,
      { ...saved({ lastSyncAt: NOW }), probe: null, destination: ours({ nextBackup: NOW - 20 * MINUTE + 1 }) },
    ],
    [
      'is over at the very moment at which a source has ended',
      { nextBackup: null },
      { ...saved({ lastSyncAt: NOW, nextSyncAt: NOW }), destination: ours({ nextBackup: NOW }) },
    ],
    ['is over where no claim is bound', { nextBackup: null }, { ...saved(BEFORE), live: false }],
  ])('%s', (_, note, facts) => {
    const { claim, context } = known({}, { ...facts });
    expect(primeNote(claim, context)).toEqual(note);
  });

  it('moves on to the next one of any source that is still to come', () => {
    const at = (nextSyncAt: number | null): KnownClaim['writers'][number] => ({
      source: source({ nextSyncAt }),
      mover: null,
    });
    const next = (writers: KnownClaim['writers'], facts: Partial<KnownClaim> = {}): unknown => {
      const { claim, context } = newer({ writers, ...facts });
      return whileFetching(claim, LATER, context).nextBackup;
    };
    expect(next([at(NOW + 9), at(NOW + 5), at(NOW), at(null)])).toBe(NOW + 5);
    expect([next([at(NOW)]), next([])]).toEqual([null, null]);
    expect(next([at(NOW + 5)], { live: false })).toBeNull();
    const isSaving = { ...at(NOW + 5), mover: mover() };
    expect(next([isSaving], { destination: ours({ nextBackup: NOW }) })).toBeUndefined();
    expect(next([isSaving], { destination: ours({ nextBackup: NOW + 1 }) })).toBe(NOW + 5);
  });

  it('is looked for from the moment on at which it is due', () => {
    const isDue = (facts: Partial<KnownClaim>): boolean => isBackupDue(known({}, facts).claim, NOW);
    expect(isDue({ destination: ours({ nextBackup: NOW }) })).toBe(true);
    expect(isDue({ destination: ours({ nextBackup: NOW + 1 }) })).toBe(false);
    expect([isDue({}), isDue({ destination: null })]).toEqual([false, false]);
  });
});

describe('L9: a nudge', () => {
  const waits = { waits: true, claimObject: waitingClaim() };
  const since = (age: number): Partial<KnownClaim> => ({
    ...waits,
    claimObject: waitingClaim({ createdAt: NOW - age }),
  });
  it.each<Case>([
    ['is due while a claim waits for an image that is there', true, waits],
    ['is not without a claim', false, { ...waits, claimObject: null }],
    ['is not without a destination', false, { ...waits, destination: null }],
    ['is not for a claim that does not wait', false, { ...waits, waits: false }],
    ['is not on a destination that is being deleted', false, { ...waits, destination: ours({}, { deleting: true }) }],
    ['is not without a usable image', false, { ...waits, imageState: 'not-ready' }],
    ['is not while a sync runs', false, { ...waits, sync: RUNS }],
    ['is not without a proof', false, { ...waits, contents: { state: 'unproven' } }],
    ['is not before the proof is written', false, { ...waits, contents: { state: 'proven', id: NEWEST, fresh: true } }],
    ['is not where the image is too large', false, { ...waits, claimObject: waitingClaim({ request: '1Gi' }) }],
    ['is not while VolSync is held back', false, { ...waits, destination: ours({ nextBackup: NOW }) }],
    ['is not in the first half minute', false, since(30 * SECOND - 1)],
    ['is after half a minute', true, since(30 * SECOND)],
    ['is within a quarter of an hour', true, since(15 * MINUTE - 1)],
    ['is not later, when the claim waits for its pod', false, since(15 * MINUTE)],
    [
      'counts from the image where that is younger',
      true,
      { ...since(HOUR), destination: ours({}, { lastSyncAt: NOW - MINUTE }) },
    ],
    ['counts from the claim where no sync is known', true, { ...waits, destination: ours({}, { lastSyncAt: null }) }],
    [
      'is not where nobody knows how old the claim is',
      false,
      { ...waits, claimObject: waitingClaim({ createdAt: null }) },
    ],
    ['is not twice in a minute', false, { ...waits, destination: ours({ nudgedAt: NOW - MINUTE + 1 }) }],
    ['is again after a minute', true, { ...waits, destination: ours({ nudgedAt: NOW - MINUTE }) }],
  ])('%s', (_, isDue, facts) => {
    const { claim } = known(
      { cluster: clusterView({ destinations: [ours({}, { lastSyncAt: NOW - 2 * HOUR })!] }) },
      facts,
    );
    expect(nudge(claim, NOW)).toEqual(isDue === true ? { nudgedAt: NOW } : null);
  });
});
