/** F19: what a claim is told that has waited for more than a quarter of an hour, word for word. */
import { describe, expect, it } from 'vitest';
import type { RestorePoint } from '../../../src/decisions.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import type { KnownClaim, Trouble } from '../../../src/plan/restore/judged-claim.ts';
import { overdue } from '../../../src/plan/restore/overdue.ts';
import { REASONS, type Reason } from '../../../src/reasons.ts';
import {
  IMAGE,
  MINUTE,
  NOW,
  clusterView,
  destination,
  planOf,
  proven,
  waitingClaim,
  type ClusterParts,
} from '../../support/build.ts';

const LONG = { createdAt: NOW - 15 * MINUTE - 1 };

/** A claim that has waited for long, and what is known of it. */
function waiting(parts: ClusterParts = {}, more: Partial<KnownClaim> = {}): KnownClaim {
  const cluster = clusterView({ claims: [waitingClaim(LONG)], ...parts });
  return { ...planOf({ cluster }).claims[0]!, ...more };
}

function toldOf(claim: KnownClaim, verdict: Partial<RestorePoint> = {}): Trouble | null {
  const { restorePoint } = planOf({ cluster: clusterView() }).claims[0]!;
  return overdue(claim, { ...restorePoint, ...verdict }, NOW);
}

describe('F19: what has been waited for', () => {
  const NOTHING_HELD = { destination: null, imageState: 'none' } as const;
  const cures: [Reason, string][] = [
    [
      'sync-in-progress',
      'If the restore is large: nothing. Otherwise look at the pod volsync-dst-<pvc>-restore-… and at the events of the namespace.',
    ],
    [
      'destination-deleting',
      'Look at the finalizers of the destination <pvc>-restore and whether the VolSync operator runs: it is made anew once it is gone.',
    ],
    [
      'repository-locked',
      'If no mover runs, somebody has left the lock: run `restic unlock` with the Secret <pvc>-volsync-secret.',
    ],
    ['namespace-missing', 'The namespace is being deleted: create the claim again when the namespace is new.'],
    [
      'queued',
      'Other restores take all places: raise --max-syncing, or give the claim a higher volsync-prewarm/priority.',
    ],
    ['snapshot-too-new', '`volsync-prewarm explain <namespace>/<pvc>` shows what was seen.'],
    ['capacity-unknown', REASONS['capacity-unknown'].todo],
  ];

  it.each(cures)('is told with its cure: %s', (reason, cure) => {
    expect(
      toldOf(waiting({}, { ...NOTHING_HELD, blocker: reason }), { state: 'cold', reason: 'image-missing' }),
    ).toEqual({
      reason,
      message: `The claim has waited for more than 15 minutes. ${REASONS[reason].means} ${cure}`,
      risk: true,
    });
  });

  it('is what the restore point lacks, where nothing blocks it', () => {
    const claim = waiting({}, { ...NOTHING_HELD, blocker: null });
    expect(toldOf(claim, { state: 'cold', reason: 'queued' })).toMatchObject({ reason: 'queued', risk: true });
    expect(toldOf(claim, { state: 'cold', reason: null })).toBeNull();
  });

  it('is what VolSync is held back for, before all else, and that is no risk', () => {
    const annotations = { ...proven(), [ANNOTATION.nextBackup]: new Date(NOW - MINUTE).toISOString() };
    const claim = waiting({ destinations: [destination({ annotations })] }, { blocker: 'claim-live' });
    const { means } = REASONS['backup-due'];
    expect(toldOf(claim, { state: 'warm' })).toEqual({
      reason: 'backup-due',
      message: expect.stringContaining(`The claim has waited for more than 15 minutes. ${means} `),
      risk: false,
    });
  });

  it('is not what VolSync is held back for from other claims: an empty start that is accepted for this one', () => {
    const annotations = { [ANNOTATION.fresh]: 'uid-of-claim', [ANNOTATION.suspectImage]: IMAGE };
    const claim = waiting({ destinations: [destination({ annotations })] }, { blocker: null });
    expect(toldOf(claim, { state: 'cold', reason: null })).toBeNull();
    const other = { ...claim, claimObject: waitingClaim({ ...LONG, uid: 'uid-of-another' }) };
    expect(toldOf(other, { state: 'cold', reason: null })).toMatchObject({ reason: 'image-empty' });
  });

  it.each([
    ['warm', 'claim-unfilled'],
    ['stale', 'claim-unfilled'],
    ['blocked', 'claim-live'],
  ] as const)('is the filling itself where the image is there: %s', (state, reason) => {
    expect(toldOf(waiting({}, { blocker: 'claim-live' }), { state })).toMatchObject({
      reason,
      risk: reason !== 'claim-unfilled',
    });
  });

  it('is not told in the first 15 minutes, nor of a claim whose age nobody knows', () => {
    const old = (createdAt: number | null): unknown =>
      toldOf(waiting({ claims: [waitingClaim({ createdAt })] }, { blocker: 'queued' }), { state: 'blocked' });
    expect([old(NOW - 15 * MINUTE), old(null), old(NOW - 15 * MINUTE - 1)]).toEqual([
      null,
      null,
      expect.objectContaining({ reason: 'queued' }),
    ]);
    expect(toldOf(waiting({}, { claimObject: null, blocker: 'queued' }), { state: 'blocked' })).toBeNull();
  });
});
