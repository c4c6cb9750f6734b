/** Snapshots of somebody else: each fact taken away in turn. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import type { SnapshotObject } from '../../../src/model.ts';
import { isNewestOfOthers, othersSnapshots } from '../../../src/plan/facts/second-writer.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import type { Source } from '../../../src/source.ts';
import {
  HOUR,
  IMAGE,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  claim,
  clusterView,
  destination,
  indexOf,
  listed,
  placed,
  situation,
  snapshot,
  source,
} from '../../support/build.ts';

type Facts = Partial<Situation>;
const iso = (at: number): string => new Date(at).toISOString();
const known = (id: string, at: number): Situation['indexed'] =>
  situation({ index: indexOf({ 'media.plex-config': `attach warm ${id} ${iso(at)}` }) }).indexed;

describe('snapshots of somebody else', () => {
  /** Its source has backed up an hour ago, within ten minutes, and the hour before. */
  const LAST = NOW - HOUR;
  const own = (parts: Partial<Source> = {}): Source =>
    source({ createdAt: 1, lastSyncAt: LAST, lastSyncSeconds: 600, moverLogs: `snapshot ${NEWEST} saved`, ...parts });
  const others = (found: SnapshotObject[], facts: Facts = {}, generatedAt: number | null = NOW): string[] => {
    const { s, context } = placed();
    const index = indexOf(generatedAt === null ? {} : { _generatedAt: iso(generatedAt) });
    const one = { ...s, sources: [own()], indexed: null, probe: listed(found), ...facts };
    return othersSnapshots(one, { ...context, cluster: clusterView({ index }) }).map(({ id }) => id.slice(0, 8));
  };
  const saved = snapshot(NEWEST, LAST);
  const strange = (at: number): SnapshotObject => snapshot(LATER, at);
  const TEN = 10 * MINUTE;

  it.each<[string, string[], () => string[]]>([
    ['are those that came when its source rested', [LATER], () => others([saved, strange(LAST + TEN + 1)])],
    ['are none that may belong to its last backup', [], () => others([saved, strange(LAST + TEN)])],
    ['are none that have just come: its source may be saving', [], () => others([saved, strange(NOW - TEN)])],
    ['are those that came a little earlier', [LATER], () => others([saved, strange(NOW - TEN - 1)])],
    [
      'are none where other claims write there',
      [],
      () => others([saved, strange(LAST + HOUR / 2)], { sharedWith: 'media/other' }),
    ],
    ['are none where nobody has looked', [], () => others([], { probe: null })],
    ['are none without a source', [], () => others([saved, strange(LAST + HOUR / 2)], { sources: [] })],
    [
      'are none where one of the sources has not ended a sync',
      [],
      () => others([saved, strange(LAST + HOUR / 2)], { sources: [own(), own({ lastSyncAt: null })] }),
    ],
    [
      'are none where nobody knows what one of them has saved',
      [],
      () =>
        others([saved, strange(LAST + HOUR / 2)], {
          sources: [own(), own({ lastSyncAt: LAST - HOUR, moverLogs: '' })],
        }),
    ],
    [
      'are none while a source syncs',
      [],
      () => others([saved, strange(LAST + HOUR / 2)], { sources: [own({ lastSyncStartAt: NOW })] }),
    ],
    [
      'are none where nobody knows how long its sync took',
      [],
      () => others([saved, strange(LAST + HOUR / 2)], { sources: [own({ lastSyncSeconds: null })] }),
    ],
    [
      'are none where another mover saves',
      [],
      () => others([saved, strange(LAST + HOUR / 2)], { sources: [own({ mover: 'other' })] }),
    ],
    [
      'are none where its log names nothing',
      [],
      () => others([saved, strange(LAST + HOUR / 2)], { sources: [own({ moverLogs: '' })] }),
    ],
    ['are none where what it names is not there', [], () => others([strange(LAST + HOUR / 2)])],
    [
      'are none where the bucket’s time of it is earlier than its sync',
      [],
      () => others([snapshot(NEWEST, LAST - TEN - 5 * MINUTE), strange(LAST + HOUR / 2)]),
    ],
    [
      'are seen where it is within the clocks',
      [LATER],
      () => others([snapshot(NEWEST, LAST - TEN - 5 * MINUTE + 1), strange(LAST + HOUR / 2)]),
    ],
    [
      'are none where it is later than its sync',
      [],
      () => others([snapshot(NEWEST, LAST + 5 * MINUTE), strange(LAST + HOUR / 2)]),
    ],
    [
      'are told by the last of its sources',
      [LATER],
      () =>
        others([saved, snapshot(OLD, 1), strange(LAST + HOUR / 2)], {
          sources: [own({ lastSyncAt: 1, moverLogs: `snapshot ${OLD} saved` }), own()],
        }),
    ],
    [
      'are told by the last one in whatever order',
      [LATER],
      () =>
        others([saved, snapshot(OLD, 1), strange(LAST + HOUR / 2)], {
          sources: [own(), own({ lastSyncAt: 1, moverLogs: `snapshot ${OLD} saved` })],
        }),
    ],
  ])('%s', (_, ids, found) => {
    expect(found()).toEqual(ids);
  });

  /** The one before the last was saved two hours ago, and the restore point was renewed from it. */
  const BEFORE = NOW - 2 * HOUR;
  const renewed = (id = OLD): Facts => ({
    destination: destination({ memory: { ...NO_MEMORY, verified: { image: IMAGE, id, at: BEFORE } } }),
    indexed: known(OLD, BEFORE),
  });
  const between = (
    at: number,
    facts: Facts = {},
    parts: Partial<Source> = {},
    generatedAt: number | null = NOW,
  ): boolean =>
    others(
      [snapshot(OLD, BEFORE), saved, strange(at)],
      { ...renewed(), sources: [own(parts)], ...facts },
      generatedAt,
    ).includes(LATER);
  const START = LAST - 10 * MINUTE;
  const MARGIN = 30 * MINUTE;
  it.each<[string, boolean, () => boolean]>([
    ['came between its last two', true, () => between(BEFORE + MARGIN + 1)],
    ['are near the one before', false, () => between(BEFORE + MARGIN)],
    [
      'are a little nearer where its syncs are short',
      true,
      () => between(BEFORE + TEN + 1, {}, { lastSyncSeconds: 60 }),
    ],
    ['are too near there', false, () => between(BEFORE + TEN, {}, { lastSyncSeconds: 60 })],
    ['are near the last one', false, () => between(START - TEN)],
    ['are not so near', true, () => between(START - TEN - 1)],
    ['came after a run had last looked', false, () => between(BEFORE + 40 * MINUTE - 1, {}, {}, BEFORE + 40 * MINUTE)],
    ['came where no run has looked', false, () => between(BEFORE + 40 * MINUTE - 1, {}, {}, null)],
    ['came where the restore point holds another one', false, () => between(BEFORE + MARGIN + 1, renewed(LATER))],
    ['came where the index knows nothing', false, () => between(BEFORE + MARGIN + 1, { indexed: null })],
    ['came where there is no restore point', false, () => between(BEFORE + MARGIN + 1, { destination: null })],
    [
      'came where it has proven nothing',
      false,
      () => between(BEFORE + MARGIN + 1, { destination: destination({ memory: NO_MEMORY }) }),
    ],
    [
      'came where neither knows anything',
      false,
      () => between(BEFORE + MARGIN + 1, { destination: null, indexed: null }),
    ],
    [
      'came where its source is new',
      false,
      () => between(BEFORE + MARGIN + 1, {}, { createdAt: START - HOUR - 5 * MINUTE + 1 }),
    ],
    [
      'came where its source is old enough',
      true,
      () => between(BEFORE + MARGIN + 1, {}, { createdAt: START - HOUR - 5 * MINUTE }),
    ],
    ['came where nobody knows how old it is', false, () => between(BEFORE + MARGIN + 1, {}, { createdAt: null })],
    [
      'came where two sources save',
      false,
      () => between(BEFORE + MARGIN + 1, { sources: [own(), own({ name: 'second' })] }),
    ],
    ['came where a person asks for backups', false, () => between(BEFORE + MARGIN + 1, {}, { manual: 'once' })],
    ['came where there is no schedule', false, () => between(BEFORE + MARGIN + 1, {}, { schedule: null })],
    ['came where the schedule is not plain', false, () => between(BEFORE + MARGIN + 1, {}, { schedule: '0 3 1 * *' })],
    ['came where it is every two hours', true, () => between(BEFORE + MARGIN + 1, {}, { schedule: '0 */2 * * *' })],
    [
      'came where it is every five hours, which no day is made of',
      false,
      () => between(BEFORE + MARGIN + 1, {}, { schedule: '0 */5 * * *' }),
    ],
    ['came where it is every zero hours', false, () => between(BEFORE + MARGIN + 1, {}, { schedule: '0 */0 * * *' })],
    ['came where it is daily', true, () => between(BEFORE + MARGIN + 1, {}, { schedule: '0 3 * * *' })],
    [
      'came where the one before is older than a period',
      false,
      () => between(START - TEN - 1, { indexed: known(OLD, START - HOUR - 5 * MINUTE - 1) }),
    ],
    [
      'came where it is a period old',
      true,
      () => between(START - TEN - 1, { indexed: known(OLD, START - HOUR - 5 * MINUTE) }),
    ],
  ])('between: %s', (_, are, found) => {
    expect(found()).toBe(are);
  });

  it('are the newest, unless that or the claim is accepted', () => {
    const newest = (found: SnapshotObject[], facts: Facts = {}): boolean => {
      const { s, context } = placed();
      return isNewestOfOthers({ ...s, sources: [own()], probe: listed(found), ...facts }, context);
    };
    const seen = [saved, strange(LAST + HOUR / 2)];
    const accepts = (accept: string | null): Facts => ({ claimObject: claim({ accept }) });
    expect([newest(seen), newest([saved]), newest([]), newest(seen, { probe: null })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([
      newest(seen, accepts(LATER)),
      newest(seen, accepts('uid-of-claim')),
      newest(seen, accepts(OLD)),
      newest(seen, { claimObject: null }),
    ]).toEqual([false, false, true, true]);
  });
});
