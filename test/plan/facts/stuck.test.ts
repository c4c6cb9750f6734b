/** When nothing happens in a sync, by the moment from which it is counted. */
import { expect, it } from 'vitest';
import { stuckBecause } from '../../../src/plan/facts/stuck.ts';
import { HOUR, NOW, mover, syncing } from '../../support/build.ts';

it('a sync is stuck for no reason while nobody knows since when it lasts', () => {
  const stuck = (
    since: number | null,
    job: ReturnType<typeof mover> | null = null,
    begun: number | null = null,
  ): unknown =>
    stuckBecause(
      syncing({ lastSyncStartAt: begun }),
      { destination: null, mover: job, hasNewSnapshot: false },
      { since, now: NOW },
    );
  const waits = mover({ ready: 0, startedAt: null });
  expect([stuck(null), stuck(null, null, NOW), stuck(null, waits)]).toEqual([null, null, null]);
  expect([stuck(NOW - HOUR), stuck(NOW - HOUR, null, NOW), stuck(NOW - HOUR, waits)]).toEqual([
    'VolSync has not begun: does its operator run?',
    'no mover Job exists: is a volume of the destination not provisioned?',
    'the pod of the mover is not ready: can it not be scheduled, pull its image or mount its volumes?',
  ]);
});
