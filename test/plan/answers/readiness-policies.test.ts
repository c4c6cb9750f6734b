/** The shipped policies in `readiness`, one by one: what each decides, and which fact it goes by. */
import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../src/model.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import {
  SAFE,
  admission,
  isAdopted,
  type Admission,
  type Door,
  type Policies,
} from '../../../src/plan/answers/readiness-policies.ts';
import {
  EMPTY_LOG,
  HOUR,
  IMAGE,
  MINUTE,
  NEWEST,
  NOW,
  claim,
  destination,
  foreign,
  indexOf,
  source,
  spec,
  type DestinationParts,
} from '../../support/build.ts';
import { ours } from '../../support/facts.ts';

const ATTACHED: Admission = { attached: true };
const LET_BE: Admission = { attached: false };
const GIVEN = { _generatedAt: new Date(NOW).toISOString() };
const ATTACH = { ...GIVEN, 'media.plex-config': `attach cold:queued ${NEWEST} -` };
const REFUSE = { ...GIVEN, 'media.plex-config': `refuse cold:queued ${NEWEST} -` };
const DENY = { _onStale: 'deny' };
const at = (time: number): Record<string, string> => ({ _generatedAt: new Date(time).toISOString() });

function refused(
  reason: 'waits' | Exclude<Extract<Admission, { refused: unknown }>['refused']['reason'], null>,
): Admission {
  const passes = PASSING.includes(reason);
  return { refused: { reason: reason === 'waits' ? null : reason, passes } };
}

/** What is over without a person. */
const PASSING = ['waits', 'index-unwritten', 'index-stale', 'bucket-unmarked', 'image-empty', 'restore-point-fresh'];

/** A claim without a reference, nothing of its name, and an index that knows of no backup. */
function door({ claim: asked = {}, ...parts }: Partial<Omit<Door, 'claim'>> & { claim?: Partial<Claim> } = {}): Door {
  const made = claim({ restoresFromUs: false, ...asked });
  return { claim: made, destination: null, sources: [], index: indexOf(GIVEN), now: NOW, ...parts };
}

type Story = [string, Admission, Parameters<typeof door>[0], Partial<Policies>?];

function tells(stories: readonly Story[]): void {
  it.each(stories)('%s', (_, expected, parts, policies = {}) => {
    expect(admission(door(parts), { ...SAFE, ...policies })).toEqual(expected);
  });
}

const BLOCK = { volumeMode: 'Block' };
const STATIC = { isStatic: true };
const OWN_VOLUME = { volumeName: 'pv-1' };
const REFERENCE = { reference: { kind: 'VolumeSnapshot', apiGroup: '', name: 'x' }, bringsSource: true };

it('all shipped policies are in force in the safe overlay', () => {
  expect(new Set(Object.values(SAFE))).toEqual(new Set([true]));
});

describe('opt-out', () => {
  tells([
    ['a reason lets it in', LET_BE, { claim: { optOut: 'with-reason' }, index: indexOf(REFUSE) }],
    ['without one it is refused for good', refused('opted-out'), { claim: { optOut: 'without-reason' } }],
    ['nobody asks for one', LET_BE, { claim: { optOut: 'without-reason' } }, { 'opt-out': false }],
  ]);
});

describe('restore', () => {
  const destinationOf = (parts: DestinationParts = {}): { destination: Door['destination'] } => ({
    destination: destination(parts),
  });
  const alone = { hold: false };
  tells([
    ['attaches a usable image', ATTACHED, destinationOf(), alone],
    ['is not in force', LET_BE, destinationOf(), { restore: false }],
    ['has nothing to attach', LET_BE, {}, alone],
    ['has no image to attach', LET_BE, destinationOf({ latestImage: null }), alone],
    ['leaves a claim alone that brings its data', LET_BE, { ...destinationOf(), claim: REFERENCE }, alone],
    ['leaves a claim alone that has a volume', LET_BE, { ...destinationOf(), claim: OWN_VOLUME }, alone],
    ['leaves a static volume alone', LET_BE, { ...destinationOf(), claim: STATIC }, alone],
  ]);
});

describe('hold', () => {
  const index = indexOf(ATTACH);
  const [, second] = indexOf(GIVEN, ATTACH).shards;
  tells([
    ['attaches what the index knows', ATTACHED, { index }],
    ['attaches what any object of the index knows', ATTACHED, { index: indexOf(GIVEN, ATTACH) }],
    ['is not in force', refused('waits'), { index }, { hold: false }],
    ['leaves a block device to gate', refused('volume-mode-block'), { index, claim: BLOCK }],
    ['leaves a static volume to gate', refused('volume-static'), { index, claim: STATIC }],
    ['leaves a claim alone that has a volume', LET_BE, { index, claim: OWN_VOLUME }],
    ['leaves a claim alone that brings its data', LET_BE, { index, claim: REFERENCE }],
    [
      'does not read an object without its label, and gate reads the first one',
      refused('waits'),
      { index: { shards: index.shards.map((one) => ({ ...one, selected: false })) } },
    ],
    [
      'nobody reads a further object without its label',
      LET_BE,
      { index: { shards: [...indexOf(GIVEN).shards, { ...second!, selected: false }] } },
    ],
  ]);
});

describe('gate', () => {
  const first = (...shards: Record<string, string>[]): Pick<Door, 'index'> => ({ index: indexOf(...shards) });
  tells([
    ['lets in what nobody knows of', LET_BE, {}],
    ['refuses what the index refuses', { refused: { reason: null, passes: false } }, first(REFUSE)],
    [
      'lets in what the index ignores',
      LET_BE,
      first({ ...GIVEN, 'media.plex-config': `ignore cold:queued ${NEWEST} -` }),
    ],
    ['takes an entry by its first word', LET_BE, first({ ...GIVEN, 'media.plex-config': 'never attach it' })],
    ['is not in force', LET_BE, first(REFUSE), { gate: false }],
    ['lets a claim be that has a volume', LET_BE, { ...first(REFUSE), claim: OWN_VOLUME }],
    ['lets a claim be that brings its data', LET_BE, { ...first(REFUSE), claim: REFERENCE }],
    ['refuses a block device for good', refused('volume-mode-block'), { ...first(REFUSE), claim: BLOCK }],
    ['refuses a static volume for good', refused('volume-static'), { ...first(REFUSE), claim: STATIC }],
    ['refuses all without the first object', refused('index-missing'), { index: { shards: [] } }],
    ['does not miss it where it is not in force', LET_BE, { index: { shards: [] } }, { gate: false }],
    [
      'a further object does not stand for the first one',
      refused('index-missing'),
      { index: { shards: indexOf(GIVEN, GIVEN).shards.slice(1) } },
    ],
    [
      'refuses even what it would attach without the first object',
      refused('index-missing'),
      { destination: destination(), index: { shards: [] } },
    ],
    ['waits for the first run', refused('index-unwritten'), first({})],
    ['waits until each object was written', refused('index-unwritten'), first(GIVEN, {})],
    ['lets in over an old index that allows it', LET_BE, first(at(NOW - HOUR))],
    ['refuses over an old index that denies it', refused('index-stale'), first({ ...DENY, ...at(NOW - HOUR) })],
    ['a further object allows it unless it says otherwise', LET_BE, first({ ...DENY, ...GIVEN }, at(NOW - HOUR))],
    ['a further object can deny it, too', refused('index-stale'), first(GIVEN, { ...DENY, ...at(NOW - HOUR) })],
    ['lets in over a young index', LET_BE, first({ ...DENY, ...at(NOW - 20 * MINUTE + 1) })],
    ['refuses from twenty minutes on', refused('index-stale'), first({ ...DENY, ...at(NOW - 20 * MINUTE) })],
    ['a clock may be ahead a little', LET_BE, first({ ...DENY, ...at(NOW + 5 * MINUTE - 1) })],
    ['a clock is wrong from five minutes on', refused('index-stale'), first({ ...DENY, ...at(NOW + 5 * MINUTE) })],
    [
      'refuses while nobody could look into its namespace',
      refused('index-stale'),
      first({ ...DENY, ...GIVEN, '_unknown.media': 'listing-failed' }),
    ],
    [
      'lets in while nobody could look into another',
      LET_BE,
      first({ ...DENY, ...GIVEN, '_unknown.home': 'listing-failed' }),
    ],
    [
      'refuses while the bucket is empty and unmarked',
      refused('bucket-unmarked'),
      first({ ...DENY, ...GIVEN, _bucketUnmarked: new Date(NOW).toISOString() }),
    ],
  ]);

  it.each<[string, Admission]>([
    ['2026-11-21T11:59:59Z', LET_BE],
    ['2026-11-21T11:59:59.5Z', LET_BE],
    ['2026-11-21T11:59:59.123456Z', LET_BE],
    ['2026-11-21T12:00:00+00:00', refused('index-stale')],
    ['+002026-11-21T11:59:59Z', refused('index-stale')],
    ['2026-11-21T11:59:59Z (UTC)', refused('index-stale')],
    ['2026-11-21T11:59Z', refused('index-stale')],
    ['', refused('index-stale')],
  ])('takes a time as the policy reads it: %s', (_generatedAt, expected) => {
    expect(admission(door(first({ ...DENY, _generatedAt })), SAFE)).toEqual(expected);
  });
});

describe('gate-source', () => {
  const saved = source();
  const silent = source({ moverLogs: '' });
  const sources = [silent, saved];
  tells([
    ['refuses where a source has saved something', refused('index-stale'), { sources }],
    ['refuses where a source is said to have', refused('index-stale'), { sources: [{ ...silent, hasBackup: true }] }],
    ['lets in where it has not', LET_BE, { sources: [silent] }],
    ['is not in force', LET_BE, { sources }, { 'gate-source': false }],
    ['lets a claim be that has a volume', LET_BE, { sources, claim: OWN_VOLUME }],
    ['lets a claim be that brings its data', LET_BE, { sources, claim: REFERENCE }],
    ['refuses a block device for good', refused('volume-mode-block'), { sources, claim: BLOCK }],
    ['refuses a static volume for good', refused('volume-static'), { sources, claim: STATIC }],
  ]);
});

describe('shape', () => {
  const suspect = { image: IMAGE, reason: 'image-empty' };
  const refers = (
    d: Door['destination'],
    asked: Partial<Claim> = {},
  ): Partial<Omit<Door, 'claim'>> & { claim: Partial<Claim> } => ({
    destination: d,
    claim: { ...REFERENCE, restoresFromUs: true, ...asked },
  });
  const adopt = { 'volsync-prewarm/adopt': 'true' };
  const adopted = (parts: Partial<DestinationParts> = {}): Door['destination'] => foreign({ labels: adopt, ...parts });
  const empty = { annotations: {}, moverLogs: EMPTY_LOG };
  tells([
    ['lets in what fits', LET_BE, refers(ours())],
    ['lets in before there is a destination', LET_BE, refers(null)],
    ['lets in what somebody else’s destination fills', LET_BE, refers(foreign({ memory: { ...NO_MEMORY, suspect } }))],
    ['refuses a marked image', refused('image-empty'), refers(ours({ suspect }))],
    [
      'refuses a marked image of an adopted one',
      refused('image-empty'),
      refers(adopted({ memory: { ...NO_MEMORY, suspect } })),
    ],
    [
      'refuses what was attached over a marked image',
      refused('image-empty'),
      { destination: ours({ suspect }), index: indexOf(ATTACH) },
    ],
    ['is not in force', LET_BE, refers(ours({ suspect })), { shape: false }],
    ['is not asked of another reference', LET_BE, { destination: ours({ suspect }), claim: REFERENCE }],
    ['lets in what was marked before', LET_BE, refers(ours({ suspect: { ...suspect, image: 'older' } }))],
    ['lets in while there is no image', LET_BE, refers(ours({ suspect }, { latestImage: null }))],
    ['refuses one that is empty on purpose', refused('restore-point-fresh'), refers(ours({ fresh: 'uid-of-another' }))],
    ['knows no such purpose of others', LET_BE, refers(adopted({ memory: { ...NO_MEMORY, fresh: 'uid' } }))],
    ['refuses one that has restored nothing', refused('image-empty'), refers(destination(empty))],
    ['leaves an adopted one that has restored nothing', LET_BE, refers(adopted(empty))],
    ['refuses a static volume for good', refused('volume-static'), refers(ours(), STATIC)],
    ['refuses a claim that is too small', refused('claim-too-small'), refers(ours(), { request: '4Gi' })],
    ['refuses a block device for good', refused('volume-mode-block'), refers(ours(), BLOCK)],
    ['refuses another class', refused('class-differs'), refers(ours(), { storageClass: 'other' })],
    ['does not know the classes of others', LET_BE, refers(adopted(), { storageClass: 'other' })],
    [
      'takes a class that the destination lists',
      LET_BE,
      refers(ours({ classes: ['x', 'other'] }), { storageClass: 'other' }),
    ],
    [
      'refuses a class that is not on that list',
      refused('class-differs'),
      refers(ours({ classes: ['x'] }), { storageClass: 'other' }),
    ],
    ['takes the default class', LET_BE, refers(ours(), { storageClass: null })],
    [
      'takes any class where the destination names none',
      LET_BE,
      refers(ours({}, { spec: spec({ storageClass: null }) }), { storageClass: 'other' }),
    ],
  ]);

  it('a destination is handed over by the label alone', () => {
    expect([isAdopted(destination({ labels: adopt })), isAdopted(destination({ labels: { app: 'true' } }))]).toEqual([
      true,
      false,
    ]);
    expect(isAdopted(destination({ labels: { 'volsync-prewarm/adopt': 'false' } }))).toBe(false);
  });
});
