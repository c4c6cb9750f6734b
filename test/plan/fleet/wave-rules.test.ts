/** Which restores start together: the order, the places that are taken and the storage, each fact taken away in turn. */
import { describe, expect, it } from 'vitest';
import { assignWaves, runningSyncs } from '../../../src/plan/fleet/waves.ts';
import type { JudgedClaim, NextStep } from '../../../src/plan/restore/judged-claim.ts';
import {
  NOW,
  claim,
  destination,
  mover,
  planOf,
  settings,
  source,
  spec,
  type DestinationParts,
} from '../../support/build.ts';
import { RUNS } from '../../support/facts.ts';

const GIB = 2 ** 30;
type Facts = Partial<JudgedClaim>;

/** A claim whose restore point is renewed: 1 GiB. */
function renewed(key: string, facts: Facts = {}, step: Partial<NextStep> = {}): JudgedClaim {
  const [namespace = '', name = ''] = key.split('/');
  const nextStep = { actions: [], meanwhile: [], adds: false, syncs: true, bytes: GIB, ...step };
  return { ...planOf().claims[0]!, key, namespace, claim: name, nextStep, ...facts };
}

/** The waves of these claims, by key, when one restore runs at a time. */
function waves(all: JudgedClaim[], more: Parameters<typeof settings>[0] = {}): unknown {
  return Object.fromEntries(assignWaves(all, settings({ maxSyncing: 1, ...more }), NOW));
}

const isStale = (state: 'stale' | 'warm'): Facts => ({ restorePoint: { ...planOf().claims[0]!.restorePoint, state } });

describe('a restore starts first', () => {
  const other = renewed('media/a');
  it.each<[string, 1 | 2, () => Facts]>([
    ['where a claim waits for it', 1, () => ({ waits: true })],
    [
      'where a claim that is not there may be refused because of it',
      1,
      () => ({ ...isStale('stale'), claimObject: null }),
    ],
    ['not where its claim is there', 2, () => isStale('stale')],
    ['not where nobody is refused because of it', 2, () => ({ ...isStale('warm'), claimObject: null })],
    ['where its priority is higher', 1, () => ({ claimObject: claim({ priority: 1 }) })],
  ])('%s', (_, first, facts) => {
    expect(waves([other, renewed('media/b', facts())])).toEqual({ 'media/a': 3 - first, 'media/b': first });
  });
});

describe('a place is taken', () => {
  const trouble = (why: 'sync-failing' | 'sync-stuck'): JudgedClaim['sync'] => ({ ...RUNS, trouble: why });
  const begun = (parts: DestinationParts = {}): Facts => ({
    destination: destination({ lastSyncStartAt: NOW, ...parts }),
  });
  it.each<[string, 0 | 1, () => Facts]>([
    ['by a restore that runs', 1, () => ({ sync: RUNS })],
    ['not by one that has ended, whose Job is still there', 0, () => ({ mover: mover() })],
    ['not by somebody else’s', 0, () => ({ sync: RUNS, steered: false })],
    ['by one that fails and has a Job', 1, () => ({ sync: trouble('sync-failing'), mover: mover() })],
    ['not by one that fails without a Job', 0, () => ({ sync: trouble('sync-failing'), mover: null })],
    ['not by one that is stuck', 0, () => ({ sync: trouble('sync-stuck'), mover: mover(), ...begun() })],
    [
      'by one that VolSync has not begun',
      1,
      () => ({ sync: trouble('sync-stuck'), ...begun({ lastSyncStartAt: null }) }),
    ],
    [
      'not by one that somebody has paused before it began',
      0,
      () => ({ sync: trouble('sync-stuck'), ...begun({ lastSyncStartAt: null, paused: true }) }),
    ],
  ])('%s', (_, taken, facts) => {
    const busy = renewed('media/z', facts(), { syncs: false });
    expect(runningSyncs([busy])).toBe(taken);
    expect(waves([busy, renewed('media/a')])).toEqual({ 'media/a': 1 + taken });
  });
});

describe('storage is given', () => {
  /** Its restore point is made: 2 GiB. */
  const made = (key: string, facts: Facts = {}): JudgedClaim =>
    renewed(key, { destination: null, source: source(), ...facts }, { adds: true, bytes: 2 * GIB });
  const has = (key: string, gib: number, facts: Facts = {}): JudgedClaim =>
    renewed(key, { destination: destination({ spec: spec({ capacity: `${gib}Gi` }) }), nextStep: null, ...facts });
  const absent = { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } as const;
  const given = (all: JudgedClaim[], gib: number): unknown => waves(all, { maxSyncing: 9, maxWarmBytes: gib * GIB });
  it.each<[string, unknown, () => unknown]>([
    ['while there is some', { 'media/a': 1 }, () => given([made('media/a'), has('media/z', 2)], 4)],
    ['not beyond it', { 'media/a': 'over-storage-budget' }, () => given([made('media/a'), has('media/z', 3)], 4)],
    [
      'up to the share of a namespace, to the last byte',
      { 'media/a': 1 },
      () => given([made('media/a'), has('hog/z', 9)], 4),
    ],
    ['not beyond that', { 'media/a': 'over-storage-budget' }, () => given([made('media/a'), has('hog/z', 9)], 3.9)],
    [
      'of which a namespace without a backup gets none',
      { 'media/a': 1 },
      () => given([made('media/a'), has('hog/z', 9), has('x/z', 1, { backup: absent })], 4),
    ],
    [
      'to a claim that waits in any case',
      { 'media/a': 1 },
      () => given([made('media/a', { waits: true }), has('media/z', 9)], 4),
    ],
  ])('%s', (_, expected, found) => {
    expect(found()).toEqual(expected);
  });
});
