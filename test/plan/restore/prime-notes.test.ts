import { describe, expect, it } from 'vitest';
import { fieldsOf, strings } from '../../../src/cluster/read.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  SECOND,
  actionsOf,
  bucketView,
  claim,
  clusterView,
  destination,
  image,
  listed,
  mover,
  planOf,
  proven,
  snapshot,
  snapshots,
  source,
  sourceMover,
  told,
  waitingClaim,
  written,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const at = (time: number): string => new Date(time).toISOString();
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
const FRESH = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - SECOND)]) });

function world(notes: Record<string, string | null>, parts: ClusterParts = {}, rest: World = {}): World {
  const annotations = Object.fromEntries(
    Object.entries({ ...proven(), ...notes }).filter((one): one is [string, string] => one[1] !== null),
  );
  return { cluster: clusterView({ destinations: [destination({ annotations })], ...parts }), ...rest };
}

/** What an action of this kind would leave of the annotations that `prime` reads. */
function left(of: World, kind: 'note-newest' | 'record-proof' | 'retrigger' | 'nudge'): (string | undefined)[] | null {
  const [action] = actionsOf(of, kind);
  const notes: Record<string, string> | undefined = action?.desired.annotations;
  return notes === undefined
    ? null
    : [notes[ANNOTATION.newestSnapshot], notes[ANNOTATION.holdUntil], notes[ANNOTATION.nextBackup]];
}

/** The annotations of a written action. */
function parsed(action: unknown): { annotations: Record<string, string> } {
  const desired = fieldsOf(fieldsOf(action)['desired']);
  return { annotations: strings(desired['annotations']) };
}

const NEXT = at(NOW + 30 * MINUTE);
const NEARLY = { [ANNOTATION.nextBackup]: at(NOW - 18 * MINUTE) };
const HELD = { [ANNOTATION.newestSnapshot]: LATER, [ANNOTATION.holdUntil]: at(NOW + 20 * MINUTE) };

describe('L1: before the index says that there is something newer, where the pass cannot ask for it', () => {
  const holds = (of: World): (string | undefined)[][] =>
    planOf(of).holds.map((action) => {
      const { annotations } = parsed(written(action));
      return [annotations[ANNOTATION.newestSnapshot], annotations[ANNOTATION.holdUntil]];
    });
  const due = (minutesAgo: number): Record<string, string> => ({
    [ANNOTATION.nextBackup]: at(NOW - minutesAgo * MINUTE),
  });

  it('holds VolSync back from the older image until a later run asks', () => {
    expect(holds({ bucket: NEWER })).toEqual([[LATER, NEXT]]);
  });

  it('need not where a backup that was due holds it back until the run after the next one', () => {
    expect([holds(world(due(5), {}, { bucket: NEWER })), holds(world(due(9), {}, { bucket: NEWER }))]).toEqual([
      [],
      [],
    ]);
    expect(holds(world(due(10), {}, { bucket: NEWER }))).toEqual([[LATER, NEXT]]);
  });

  it('does so once for a snapshot: when that has run out, older data beats none', () => {
    const noted = { [ANNOTATION.newestSnapshot]: LATER, [ANNOTATION.holdUntil]: at(NOW - MINUTE) };
    expect(holds(world(noted, {}, { bucket: NEWER }))).toEqual([]);
  });

  it.each<[string, World]>([
    ['nothing is newer', {}],
    ['somebody wants older data at once', { bucket: NEWER, settings: { stale: 'attach' } }],
    ['the image is lost', { bucket: NEWER, ...world({}, { images: [] }) }],
    ['a person has to act first', { bucket: NEWER, ...world({}, { credentials: { [KEY]: { state: 'foreign' } } }) }],
    ['the index is not published', { bucket: NEWER, settings: { mode: 'create-only' } }],
  ])('does not when %s', (_, of) => {
    expect(holds(of)).toEqual([]);
  });
});

describe('while a newer snapshot is fetched', () => {
  it('L1: the write that asks for it keeps claims waiting for half an hour', () => {
    expect(left({ bucket: NEWER }, 'retrigger')).toEqual([LATER, NEXT, NEXT]);
  });

  it('claims wait three times as long as the last sync took', () => {
    const cluster = clusterView({ destinations: [destination({ lastSyncSeconds: 3600 })], sources: [] });
    expect(left({ bucket: NEWER, cluster }, 'retrigger')).toEqual([LATER, at(NOW + 3 * HOUR), undefined]);
  });

  it('nobody waits with --stale attach', () => {
    expect(left({ bucket: NEWER, settings: { stale: 'attach' } }, 'retrigger')).toEqual([undefined, undefined, NEXT]);
  });

  it('a lost image is asked for again without a word: there is nothing older to hand out', () => {
    expect(left({ bucket: NEWER, ...world({}, { images: [] }) }, 'retrigger')?.[0]).toBeUndefined();
  });

  it('a claim that waits waits for a renewal that is delayed', () => {
    const waits: ClusterParts = { claims: [waitingClaim()], movers: [sourceMover()] };
    expect(left(world({}, waits, { bucket: NEWER }), 'note-newest')).toEqual([LATER, NEXT, undefined]);
    expect(told(world(HELD, waits, { bucket: NEWER })).actions).toEqual([]);
  });

  it.each([
    ['its backup is still being saved', {}, { movers: [sourceMover()] }, NEWER],
    ['it is too new to be fetched', {}, {}, FRESH],
    ['the backup of before was due, and is waited for a few minutes more', NEARLY, {}, FRESH],
    ['the image of before is not ready yet', {}, { images: [image({ ready: false })] }, NEWER],
  ])('a claim that is created before the next run waits too, when %s', (_, notes, parts, bucket) => {
    expect(left(world(notes, parts, { bucket }), 'note-newest')?.slice(0, 2)).toEqual([LATER, NEXT]);
  });

  it('a backup that was due a moment ago holds claims by itself: no write is worth it', () => {
    const due = { [ANNOTATION.nextBackup]: at(NOW - MINUTE) };
    expect(told(world(due, {}, { bucket: FRESH })).actions).toEqual([]);
  });

  it('a claim that waits waits for a renewal whose wave has not come', () => {
    const syncing = destination({ claim: 'other', lastManualSync: 'aaaaaaaa', manual: LATER, lastSyncStartAt: NOW });
    const cluster = clusterView({ destinations: [destination(), syncing], claims: [waitingClaim()] });
    const { chains } = planOf({ bucket: NEWER, cluster, settings: { maxSyncing: 1 } });
    const done = chains.flat().map(({ kind }) => kind);
    expect(done).toContain('note-newest');
    expect(done).not.toContain('retrigger');
  });

  it('one that takes long goes on being waited for', () => {
    const soon = { [ANNOTATION.newestSnapshot]: LATER, [ANNOTATION.holdUntil]: at(NOW + 2 * MINUTE) };
    const annotations = { ...proven(), ...soon };
    const running = destination({ annotations, manual: LATER, lastSyncStartAt: NOW - 28 * MINUTE });
    const cluster = clusterView({ destinations: [running], movers: [mover()] });
    expect(left({ bucket: NEWER, cluster }, 'note-newest')?.[1]).toBe(NEXT);
  });
});

describe('when it cannot be fetched', () => {
  const failing = (failed: number, until: number): World => {
    const annotations = { ...proven(), ...HELD, [ANNOTATION.holdUntil]: at(until) };
    const destinations = [destination({ annotations, manual: LATER, lastSyncStartAt: NOW - 30 * MINUTE })];
    return { bucket: NEWER, cluster: clusterView({ destinations, movers: [mover({ active: 1, failed })] }) };
  };

  it('claims are filled with what is there after three tries and half an hour, and it is said with exit 3', () => {
    const given = failing(3, NOW);
    expect(left(given, 'note-newest')).toBeNull();
    expect(planOf(given).findings.map(({ reason }) => reason)).toContain('restore-stale');
  });

  it.each([
    [2, NOW + 20 * MINUTE],
    [3, NOW + 1],
  ])('not after %i tries while claims wait until %i', (failed, until) => {
    expect(left(failing(failed, until), 'note-newest')).toBeNull();
    expect(planOf(failing(failed, until)).findings.map(({ reason }) => reason)).not.toContain('restore-stale');
  });

  it('because it needs a hand, claims are filled at once, and a claim that waits is told', () => {
    const given = world(HELD, { claims: [waitingClaim()], bases: {} }, { bucket: NEWER });
    expect(left(given, 'note-newest')?.slice(0, 2)).toEqual([undefined, undefined]);
    expect(planOf(given).warnings).toMatchObject([
      {
        reason: 'restore-stale',
        message: expect.stringContaining(`holds ${NEWEST}, and the newer ${LATER} cannot be fetched`),
      },
    ]);
  });
});

describe('with the proof', () => {
  const unproven = { [ANNOTATION.verifiedImage]: null, [ANNOTATION.verifiedSnapshot]: null };

  it('nothing is waited for any more, and the next backup is written down', () => {
    expect(left(world({ ...HELD, ...unproven }), 'record-proof')).toEqual([undefined, undefined, NEXT]);
  });

  it('something newer that is known already is waited for', () => {
    expect(left(world(unproven, {}, { bucket: NEWER }), 'record-proof')?.slice(0, 2)).toEqual([LATER, NEXT]);
  });

  it('the source of a claim that is not bound does not back up', () => {
    expect(left(world(unproven, { claims: [waitingClaim()] }), 'record-proof')?.[2]).toBeUndefined();
  });
});

describe('a backup that was due', () => {
  const due = { [ANNOTATION.nextBackup]: at(NOW - MINUTE) };
  const ended = source({ lastSyncAt: NOW - SECOND });

  it('is waited for until it has ended', () => {
    expect(told(world(due, { sources: [source({ lastSyncStartAt: NOW - MINUTE })] })).actions).toEqual([]);
    expect(told(world(due, { sources: [ended], movers: [sourceMover()] })).actions).toEqual([]);
  });

  it('is moved on when it has ended and the bucket shows nothing newer', () => {
    expect(left(world(due, { sources: [ended] }), 'note-newest')).toEqual([undefined, undefined, NEXT]);
  });

  it('is not moved on without a look at the bucket', () => {
    const unread = bucketView({ [KEY]: null });
    expect(told(world(due, { sources: [ended] }, { bucket: unread })).actions).toEqual([]);
  });

  it('is forgotten when no claim is bound: nothing backs it up', () => {
    const given = world(due, { claims: [waitingClaim()], sources: [] });
    expect(left(given, 'note-newest')).toEqual([undefined, undefined, undefined]);
    expect(told(given)).toMatchObject({ restorePoint: 'warm: backup-due' });
  });

  it('that never came is given up after 20 minutes', () => {
    const late = { [ANNOTATION.nextBackup]: at(NOW - 20 * MINUTE) };
    const sources = [source({ lastSyncStartAt: NOW - 20 * MINUTE, nextSyncAt: NOW - 20 * MINUTE })];
    expect(left(world(late, { sources }), 'note-newest')).toEqual([undefined, undefined, undefined]);
  });
});

describe('L9: a claim that waits although nothing holds it', () => {
  const waiting = (overrides = {}): ClusterParts => ({ claims: [waitingClaim(overrides)] });

  it('is nudged by a write on its destination', () => {
    const [action] = actionsOf(world({}, waiting()), 'nudge');
    expect(action?.desired.annotations[ANNOTATION.nudged]).toBe(at(NOW));
  });

  it.each<[string, World]>([
    ['in its first half minute', world({}, waiting({ createdAt: NOW - 29 * SECOND }))],
    ['twice in a minute', world({ [ANNOTATION.nudged]: at(NOW - 59 * SECOND) }, waiting())],
    ['while it is held', world({ ...HELD, [ANNOTATION.newestSnapshot]: LATER }, waiting(), { bucket: FRESH })],
    ['while its image is suspect', world({ [ANNOTATION.suspectImage]: IMAGE }, waiting())],
    ['when it waits for a pod', world({}, waiting({ createdAt: NOW - HOUR }))],
    ['when it is bound', world({}, { claims: [claim()] })],
  ])('but not %s', (_, given) => {
    expect(actionsOf(given, 'nudge')).toEqual([]);
  });

  it('is nudged however old it is when its pod has a node', () => {
    expect(actionsOf(world({}, waiting({ createdAt: NOW - HOUR, nodeSelected: true })), 'nudge')).toHaveLength(1);
  });
});
