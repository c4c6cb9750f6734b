import { Cron } from 'croner';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SnapshotObject } from '../../../src/model.ts';
import { nextDue } from '../../../src/plan/backup/cron.ts';
import { fatesOf } from '../../../src/plan/backup/last-good.ts';
import type { Source } from '../../../src/source.ts';
import {
  bucketView,
  claim,
  clusterView,
  HOUR,
  IMAGE,
  indexOf,
  KEY,
  LATER,
  listed,
  MINUTE,
  NEWEST,
  NOW,
  planOf,
  SECOND,
  snapshot,
  snapshots,
  source,
  sourceSpec,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const iso = (at: number): string => new Date(at).toISOString();
const CREATED = NOW - 30 * MINUTE;

/** It came with the claim, and has saved nothing yet. */
const NEW: Partial<Source> = { moverLogs: '', lastSyncAt: null, lastSyncSeconds: null };

/** Filled with NEWEST although LATER was there; backed up by a source of the user's own. */
function stale(
  by: Partial<Source> = {},
  found: readonly SnapshotObject[] = [...snapshots(), at(LATER)],
  parts: ClusterParts = {},
): World {
  const index = indexOf({
    _since: iso(NOW - 240 * HOUR),
    _generatedAt: iso(NOW),
    [KEY.replace('/', '.')]: `attach stale ${LATER} ${iso(NOW - 31 * MINUTE)}`,
  });
  const claims = [claim({ createdAt: CREATED })];
  const sources = [source({ name: 'nightly', ...NEW, ...by })];
  return {
    cluster: clusterView({ claims, sources, index, volumes: { [KEY]: IMAGE }, ...parts }),
    bucket: bucketView({ [KEY]: listed(found) }),
    settings: { sources: 'on' },
  };
}

const at = (id: string, when = NOW - 31 * MINUTE): SnapshotObject => snapshot(id, when);
const keeping = (retain: Source['spec']['retain']): Partial<Source> => ({ spec: { ...sourceSpec(), retain } });

function said(world: World): string {
  return planOf(world).findings.find(({ reason }) => reason.startsWith('restore-'))?.message ?? '';
}

describe('L1: a claim with older data, and somebody else’s source', () => {
  it('is told when the retention takes the newer snapshot, and how to stop it', () => {
    const { findings, warnings } = planOf(stale(keeping({ hourly: 24 })));
    const told = findings.find(({ reason }) => reason === 'restore-stale');
    expect(told?.message).toBe(
      `the claim was filled from ${NEWEST} although ${LATER} was newer; its source nightly is not ours, and its retention removes that snapshot about 11:30 UTC on 2026-11-22; to keep everything until then: kubectl patch -n media replicationsource/nightly --type merge -p '{"spec":{"restic":{"retain":{"last":"unlimited"}}}}'; to get that data: delete the claim and create it again; to go on as it is: kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=uid-of-claim --overwrite`,
    );
    expect(warnings.map(({ message }) => message)).toContain(told?.message);
  });

  it.each([
    ['one of the last', keeping({ last: '1' }), 'removes that snapshot about 12:30 UTC on 2026-11-21'],
    ['VolSync’s own keep-last 1', keeping(null), 'removes that snapshot about 12:30 UTC on 2026-11-21'],
    ['a backup that runs now', { ...keeping(null), lastSyncStartAt: NOW }, 'about 12:00 UTC on 2026-11-21'],
    [
      'one every six hours',
      { ...keeping({ last: '3' }), schedule: '0 */6 * * *', nextSyncAt: null },
      'about 06:00 UTC on 2026-11-22',
    ],
    ['three days', keeping({ hourly: 1, within: '3d' }), 'about 11:30 UTC on 2026-11-24'],
    ['everything', keeping({ last: 'unlimited' }), 'keeps that snapshot for a month at least'],
    ['a year', keeping({ within: '1y' }), 'keeps that snapshot for a month at least'],
  ] satisfies [string, Partial<Source>, string][])('by a policy: %s', (_, by, words) => {
    expect(said(stale(by))).toContain(words);
  });

  it.each([
    ['it is paused', { paused: true }],
    ['a person triggers it', { manual: 'now' }],
    ['its schedule names a day', { schedule: '0 0 * * sun', nextSyncAt: null }],
    ['it is another mover’s', { mover: 'other' }],
    ['restic refuses its policy', keeping({ hourly: -1 })],
    ['it would take more snapshots than a run looks at', { ...keeping({ within: '30d' }), schedule: '* * * * *' }],
  ] satisfies [string, Partial<Source>][])('says no time where nobody can know it: %s', (_, by) => {
    expect(said(stale(by))).toContain('its source nightly is not ours, and its retention can remove that snapshot; ');
  });

  it('says that it is gone when it is, and no longer how to get it', () => {
    const saved = { moverLogs: 'snapshot dddddddd saved', lastSyncAt: NOW - 29 * MINUTE, lastSyncSeconds: 8 };
    const message = said(stale(saved, [...snapshots(), at('dddddddd', NOW - 29 * MINUTE)]));
    expect(message).toContain(
      'its source nightly is not ours, and that snapshot is gone from the bucket; to go on as it is',
    );
    expect(message).not.toContain('delete the claim');
  });

  it('F11: of a claim that began empty, the time at which nothing from before it is left', () => {
    expect(said(stale({}, undefined, { volumes: { [KEY]: null } }))).toContain(
      'removes that snapshot about 11:30 UTC on 2026-11-22, and the last one from before the claim about 00:30 UTC on 2026-11-27',
    );
  });

  it('two sources: the one that removes first decides', () => {
    const sources = [
      source({ name: 'nightly', ...NEW, ...keeping({ within: '1y' }) }),
      source({ name: 'hasty', ...NEW, ...keeping(null) }),
    ];
    expect(said(stale({}, undefined, { sources }))).toContain(
      'its source hasty is not ours, and its retention removes that snapshot about 12:30 UTC on 2026-11-21',
    );
  });
});

describe('the fates of snapshots', () => {
  it('two seconds are enough: the next backup within the hour takes the newest, and the oldest lives for a week', () => {
    const now = NOW + 20 * MINUTE;
    const [older, lost] = [at(NEWEST, now - 26 * HOUR), at(LATER, now - 2 * SECOND)];
    const by = source({ ...keeping({ hourly: 24, daily: 7 }), lastSyncStartAt: now });
    const fates = fatesOf(by, [older, lost], LATER, now);
    expect(fates).toEqual({ newest: { goes: now }, last: { goes: Date.parse('2026-11-27T00:30:00Z') } });
  });

  const UNKNOWN = { newest: null, last: null };
  const STAYS = { newest: 'stays', last: 'stays' };
  const DAY = 24 * HOUR;
  const both = (goes: number): object => ({ newest: { goes }, last: { goes } });
  const fates = (by: Partial<Source>, found: SnapshotObject[] | null = [at(LATER)]): object =>
    fatesOf(source(by), found, LATER, NOW);
  /** One is saved at noon of each day, so many are kept. */
  const days = (last: number): Partial<Source> => ({
    ...keeping({ last: String(last) }),
    schedule: '0 12 * * *',
    nextSyncAt: null,
  });
  it.each<[string, object, () => object]>([
    ['nobody has looked: nobody knows', UNKNOWN, () => fates({}, null)],
    ['it is gone', { newest: 'gone', last: null }, () => fates({}, [at(NEWEST)])],
    ['everything is kept: all stay', STAYS, () => fates(keeping({ last: 'unlimited' }))],
    ['all within a year are kept: all stay', STAYS, () => fates(keeping({ within: '1y' }))],
    ['all are still there after a month', STAYS, () => fates(days(40))],
    ['they go on the last day of a month', both(NOW + 31 * DAY), () => fates(days(31))],
    ['no schedule', UNKNOWN, () => fates({ ...keeping(null), schedule: null })],
    ['a person’s trigger', UNKNOWN, () => fates({ ...keeping(null), manual: 'once' })],
    ['a pause', UNKNOWN, () => fates({ ...keeping(null), paused: true })],
    ['another mover', UNKNOWN, () => fates({ ...keeping(null), mover: 'other' })],
    ['the next backup removes them', both(NOW + MINUTE), () => fates({ ...keeping(null), nextSyncAt: NOW + MINUTE })],
    [
      'VolSync has not said when: by the schedule',
      both(NOW + 30 * MINUTE),
      () => fates({ ...keeping(null), nextSyncAt: null }),
    ],
    [
      'what it has said is over: by the schedule',
      both(NOW + 30 * MINUTE),
      () => fates({ ...keeping(null), nextSyncAt: NOW - 1 }),
    ],
    ['it is over in this moment', both(NOW + 30 * MINUTE), () => fates({ ...keeping(null), nextSyncAt: NOW })],
    ['a backup runs: it removes them', both(NOW), () => fates({ ...keeping(null), lastSyncStartAt: NOW - MINUTE })],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});

describe('a schedule', () => {
  const field = (least: number, most: number): fc.Arbitrary<string> => {
    const number = fc.integer({ min: least, max: most });
    return fc.oneof(
      fc.constant('*'),
      number.map(String),
      fc.integer({ min: 1, max: Math.min(most, 30) }).map((step) => `*/${step}`),
      fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.array(number, { minLength: 1, maxLength: 4 }).map((list) => list.join(',')),
    );
  };

  it('is due when cron says so', () => {
    const cron = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6));
    const held = fc.check(
      fc.property(cron, fc.integer({ min: 0, max: 1000 }), (fields, days) => {
        const [line, after] = [fields.join(' '), NOW + days * 24 * HOUR + days * MINUTE];
        const due = new Cron(line, { timezone: 'UTC' }).nextRun(new Date(after))?.getTime() ?? null;
        const isNear = due !== null && due - after < 365 * 24 * HOUR;
        return !isNear || nextDue(line, after) === due;
      }),
    );
    expect(held).toMatchObject({ failed: false, counterexample: null });
  });

  it.each([
    ['@daily', '2026-11-22T00:00:00.000Z'],
    ['@hourly', '2026-11-21T13:00:00.000Z'],
    ['0 0 * * 7', '2026-11-22T00:00:00.000Z'],
    ['5/20 * * * *', '2026-11-21T12:05:00.000Z'],
    [' @daily ', '2026-11-22T00:00:00.000Z'],
    [' 0  0 * * * ', '2026-11-22T00:00:00.000Z'],
    ['0 0 * * 1-5/2', '2026-11-23T00:00:00.000Z'],
  ])('%s after noon is %s', (line, due) => {
    expect(iso(nextDue(line, NOW) ?? 0)).toBe(due);
  });

  it.each([
    '',
    '* * * *',
    '60 * * * *',
    '*/0 * * * *',
    '0 0 30 2 *',
    '@often',
    'x * * * *',
    '1-x * * * *',
    'x5 * * * *',
    '0 0 0 * *',
    '0 0 0,5 * *',
    '0 0 * * * *',
    `${'0,'.repeat(100)}0 * * * *`,
    '0 0 * * mon',
  ])('%s is not read, or never due', (line) => {
    expect(nextDue(line, NOW)).toBeNull();
  });
});
