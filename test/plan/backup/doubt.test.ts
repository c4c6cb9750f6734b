/** What is said of a claim whose start is in doubt, word for word, and when nothing is said. */
import { describe, expect, it } from 'vitest';
import type { SnapshotObject } from '../../../src/model.ts';
import type { OriginMemory } from '../../../src/origin.ts';
import { doubtOf } from '../../../src/plan/backup/doubt.ts';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import type { Source } from '../../../src/source.ts';
import { HOUR, LATER, NEWEST, NOW, OLD, listed, planOf, snapshot, sourceSpec } from '../../support/build.ts';
import { UNREAD, writer } from '../../support/facts.ts';

const ORDINARY = planOf().claims[0]!;
type Changes = Partial<ProtectedClaim['protection']>;

const AGAIN = 'to get that data: delete the claim and create it again';
const ACCEPT =
  'to go on as it is: kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=uid-of-claim --overwrite';
const KEEP = (name: string): string =>
  `to keep everything until then: kubectl patch -n media replicationsource/${name} --type merge -p '{"spec":{"restic":{"retain":{"last":"unlimited"}}}}'`;
const UNKNOWN = 'its retention can remove that snapshot';

const origin = (overrides: Partial<OriginMemory> = {}): OriginMemory => ({
  uid: 'uid-of-claim',
  origin: 'missed',
  held: null,
  newest: NEWEST,
  since: null,
  ...overrides,
});

/** It missed its newest backup; these changes aside. */
function said(changes: Changes, facts: Partial<ProtectedClaim> = {}): unknown {
  const protection = { ...ORDINARY.protection, began: 'missed', origin: origin(), ...changes } as const;
  return doubtOf({ ...ORDINARY, ...facts, protection }, NOW);
}

const OURS = { source: { ...ORDINARY.protection.source, ours: true } };
const missed = (what: string, newest = NEWEST): string =>
  `the claim started without its backup (newest snapshot from before it: ${newest}); ${what}; ${ACCEPT}`;
const KEPT = `its source keeps everything; ${AGAIN}`;

describe('a claim whose start is in doubt', () => {
  it.each([null, 'fresh', 'restored', 'inherited'] as const)('is none that began as %s', (began) => {
    expect(said({ ...OURS, began })).toBeNull();
  });

  it('is none whose owner has accepted its start', () => {
    expect(said({ ...OURS, accepted: true })).toBeNull();
  });

  it('restore-missed: is told what it missed, that our source keeps it, and both ways out', () => {
    expect([said(OURS), said({ ...OURS, origin: origin({ newest: null }) }), said({ ...OURS, origin: null })]).toEqual([
      { reason: 'restore-missed', message: missed(KEPT) },
      { reason: 'restore-missed', message: missed(KEPT, 'unknown') },
      { reason: 'restore-missed', message: missed(KEPT, 'unknown') },
    ]);
  });

  it('restore-stale: is told what it holds, and what was newer', () => {
    const stale = (memory: OriginMemory | null): unknown => said({ ...OURS, began: 'stale', origin: memory });
    const filled = (held: string, newest: string): object => ({
      reason: 'restore-stale',
      message: `the claim was filled from ${held} although ${newest} was newer; ${KEPT}; ${ACCEPT}`,
    });
    expect([stale(origin({ held: OLD })), stale(origin({ newest: null })), stale(null)]).toEqual([
      filled(OLD, NEWEST),
      filled('an older snapshot', 'unknown'),
      filled('an older snapshot', 'unknown'),
    ]);
  });
});

describe('a claim that came back as it should is told of what it may miss', () => {
  const at = NOW - 30.5 * 60_000;
  const back = (memory: Partial<OriginMemory>, facts: Partial<ProtectedClaim> = {}): unknown =>
    said({ ...OURS, began: 'restored', origin: origin({ origin: 'restored', unsure: LATER, ...memory }) }, facts);
  const young = (held: string, asOf: string): object => ({
    reason: 'restore-stale',
    message: `the claim came back with ${held}, and nobody can tell whether ${LATER} holds data that it misses: that was saved after a claim had started without its newest backup; its source keeps everything; to look into it: a ReplicationDestination of your own with restoreAsOf${asOf}; ${ACCEPT}`,
  });
  const seen = { probe: listed([snapshot(NEWEST), snapshot(LATER, at + 1)]) };
  it.each<[string, object, () => unknown]>([
    [
      'with the second up to which it is restored',
      young(NEWEST, ': "2026-11-21T11:29:31.000Z"'),
      () => back({ held: NEWEST }, seen),
    ],
    ['without one where it is not listed', young(NEWEST, ''), () => back({ held: NEWEST })],
    ['without one where nobody has looked', young(NEWEST, ''), () => back({ held: NEWEST }, { probe: null })],
    ['without one where nobody could look', young(NEWEST, ''), () => back({ held: NEWEST }, { probe: UNREAD })],
    ['as far as that is known', young('its newest snapshot', ''), () => back({ held: null })],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});

it('restore-missed: is told that nothing backs it up, where nothing does: so nothing forgets what is there', () => {
  const none = { source: { ...ORDINARY.protection.source, name: null } };
  expect(said(none)).toEqual({ reason: 'restore-missed', message: missed(`no source backs it up; ${AGAIN}`) });
});

describe('under somebody else’s source it is told', () => {
  const [BEFORE, LAST] = [NOW - 3 * HOUR, NOW - 2 * HOUR];
  const FOUND = [snapshot(OLD, BEFORE), snapshot(NEWEST, LAST), snapshot(LATER, NOW - HOUR)];
  const by = (
    sources: Partial<Source>[],
    changes: Changes = {},
    found: readonly SnapshotObject[] | null = FOUND,
  ): unknown =>
    said(
      { source: { ...ORDINARY.protection.source, name: sources[0]?.name ?? 'nightly' }, ...changes },
      {
        probe: found === null ? null : listed([...found]),
        writers: sources.map((one) => writer({ name: 'nightly', ...one })),
      },
    );
  const keeps = (retain: Source['spec']['retain'], more: Partial<Source> = {}): Partial<Source> => ({
    spec: sourceSpec({ retain }),
    ...more,
  });
  const told = (what: string, name = 'nightly'): object => ({
    reason: 'restore-missed',
    message: missed(`its source ${name} is not ours, and ${what}`),
  });
  const goes = (when: string, then = '', name = 'nightly'): object =>
    told(`its retention removes that snapshot about ${when} UTC on 2026-11-21${then}; ${KEEP(name)}; ${AGAIN}`, name);
  const cannot = (name = 'nightly'): object => told(`${UNKNOWN}; ${AGAIN}`, name);
  const stays = told(`its retention keeps that snapshot for a month at least; ${AGAIN}`);

  it.each<[string, object, () => unknown]>([
    ['when the snapshot goes', goes('12:30'), () => by([keeps({ last: '2' })])],
    [
      'when the last one from before the claim goes, if that is later',
      goes('12:30', ', and the last one from before the claim about 00:30 UTC on 2026-11-22'),
      () => by([keeps({ daily: 2 })], {}, [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST, LAST)]),
    ],
    [
      'only when the newest goes, where it started with older data',
      {
        reason: 'restore-stale',
        message: `the claim was filled from an older snapshot although ${NEWEST} was newer; its source nightly is not ours, and its retention removes that snapshot about 12:30 UTC on 2026-11-21; ${KEEP('nightly')}; ${AGAIN}; ${ACCEPT}`,
      },
      () => by([keeps({ daily: 2 })], { began: 'stale' }, [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST, LAST)]),
    ],
    [
      'when the next backup removes it, although nobody knows when the one after that is',
      goes('12:30'),
      () =>
        by([keeps({ daily: 2 }, { schedule: '@often' })], {}, [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST, LAST)]),
    ],
    [
      'that nobody knows, where the next backup does not',
      cannot(),
      () => by([keeps({ daily: 1, hourly: 9 }, { schedule: '@often' })]),
    ],
    [
      'that nobody knows, where the newest is not known',
      {
        reason: 'restore-missed',
        message: missed(`its source nightly is not ours, and ${UNKNOWN}; ${AGAIN}`, 'unknown'),
      },
      () => by([keeps(null)], { origin: null }),
    ],
    ['that it stays', stays, () => by([keeps({ within: '1y' })])],
    [
      'that it is gone, and no longer how to get it',
      told('that snapshot is gone from the bucket'),
      () => by([keeps(null)], {}, [snapshot(OLD, BEFORE)]),
    ],
    ['that nobody knows, where nobody has looked', cannot(), () => by([keeps(null)], {}, null)],
    ['that nobody knows, where it is paused', cannot(), () => by([keeps(null, { paused: true })])],
    [
      'of the first of two that removes it',
      goes('12:30', '', 'hasty'),
      () =>
        by([
          { name: 'slow', ...keeps({ within: '1y' }) },
          { name: 'hasty', ...keeps({ last: '2' }) },
        ]),
    ],
    [
      'nothing of one that goes itself',
      stays,
      () => by([keeps({ within: '1y' }), keeps(null, { name: 'going', deleting: true })]),
    ],
    ['nothing of ours', stays, () => by([keeps({ within: '1y' }), keeps(null, { name: 'ours', managed: true })])],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});
