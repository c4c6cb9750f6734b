/** Another cluster saves into the repository of a claim: seen by its snapshots alone, and never where anything else explains them. */
import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/model.ts';
import type { SnapshotObject } from '../../../src/model.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  listed,
  planOf,
  proven,
  snapshot,
  source,
  sourceMover,
  told,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

/** Our own: backed up an hour ago, and the next one in half an hour. */
const ours = (overrides: Partial<Source> = {}): Source =>
  source({ managed: true, memory: { ...source().memory, claimUid: 'uid-of-claim' }, ...overrides });
const theirs = snapshot(LATER, NOW - 20 * MINUTE);
const own = [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST)];

function world(found: readonly SnapshotObject[], parts: ClusterParts = {}): World {
  return {
    bucket: bucketView({ [KEY]: listed(found) }),
    cluster: clusterView({ sources: [ours()], ...parts }),
    settings: { sources: 'on' },
  };
}

const said = (given: World): string[] =>
  planOf(given).findings.flatMap(({ reason, message }) => (reason === 'repository-shared' ? [message] : []));

describe('repository-shared', () => {
  it('is told by a snapshot that was saved while our source rested: it is not fetched, and everything is kept', () => {
    const given = world([...own, theirs]);
    expect(said(given)).toEqual([
      'cccccccc of 2026-11-21T11:40:00.000Z was saved while no source of the claim was syncing; its source keeps everything; to go on as it is: kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=uid-of-claim --overwrite',
    ]);
    expect(told(given)).toMatchObject({ restorePoint: 'stale: repository-shared', actions: ['update-source'] });
    const [action] = planOf(given).entries[0]?.actions ?? [];
    expect(action).toMatchObject({ source: { memory: { keeps: 'shared' }, spec: { retain: { last: 'unlimited' } } } });
  });

  it('is remembered by our source when it has backed up again, until the claim is accepted', () => {
    const kept = ours({ memory: { ...ours().memory, keeps: 'shared' } });
    expect(said(world(own, { sources: [kept] }))).toHaveLength(1);
    const accepted = { sources: [kept], claims: [claim({ accept: 'uid-of-claim' })] };
    expect(said(world([...own, theirs], accepted))).toEqual([]);
    expect(told(world([...own, theirs], accepted)).actions).toContain('retrigger');
  });

  it('leaves a source that is not ours as it is', () => {
    const given = world([...own, theirs], { sources: [source()] });
    expect(said(given)[0]).toContain('its source is not ours, and goes on');
    expect(told(given).actions).toEqual([]);
  });

  it.each<[string, readonly SnapshotObject[], Partial<Source>, ClusterParts]>([
    ['a sync runs', [...own, theirs], { lastSyncStartAt: NOW - 30 * MINUTE }, { movers: [sourceMover()] }],
    ['it is as young as a sync that has just begun', [...own, snapshot(LATER, NOW - 9 * MINUTE)], {}, {}],
    ['it was saved as the last sync ended', [...own, snapshot(LATER, NOW - HOUR + 9 * MINUTE)], {}, {}],
    ['the source has never synced', [...own, theirs], { lastSyncAt: null, lastSyncSeconds: null, moverLogs: '' }, {}],
    ['its log is gone', [...own, theirs], { moverLogs: '' }, {}],
    ['the log names a snapshot that is gone', [...own, theirs], { moverLogs: 'snapshot 99999999 saved' }, {}],
    [
      'the bucket is a copy: all times are those of the copying',
      [...own, theirs].map(({ id }, i) => ({ id, at: NOW - 30 * MINUTE + i })),
      {},
      {},
    ],
    ['the clocks of bucket and cluster differ', [...own, theirs], { lastSyncAt: NOW - HOUR - 8 * MINUTE }, {}],
  ])('is not said while %s', (_, found, overrides, parts) => {
    expect(said(world(found, { sources: [ours(overrides)], ...parts }))).toEqual([]);
  });

  describe('after the next backup of our own', () => {
    // The index knows the last backup but one, at 11:00; ours began again at 12:00, ten minutes ago.
    const now = NOW + 10 * MINUTE;
    const again = ours({
      schedule: '0 * * * *',
      lastSyncAt: NOW + 10_000,
      lastSyncSeconds: 10,
      nextSyncAt: NOW + HOUR,
      moverLogs: 'snapshot dddddddd saved',
    });
    const index = (listedAt = now - 5 * MINUTE, at = NOW - HOUR): ReturnType<typeof indexOf> =>
      indexOf({
        _generatedAt: new Date(listedAt).toISOString(),
        'media.plex-config': `attach warm ${NEWEST} ${new Date(at).toISOString()}`,
      });
    const mine = snapshot('dddddddd', NOW + 5000);
    const half = snapshot(LATER, NOW - 30 * MINUTE);
    const given = (found: readonly SnapshotObject[], parts: ClusterParts = {}): World => ({
      ...world(found, { sources: [again], index: index(), ...parts }),
      now,
    });

    it('is seen between the two, and our own newer one is fetched', () => {
      expect(said(given([...own, half, mine]))).toHaveLength(1);
      expect(told(given([...own, half, mine])).actions).toEqual(['retrigger', 'update-source']);
    });

    it.each<[string, readonly SnapshotObject[], ClusterParts]>([
      ['nothing is between them', [...own, mine], {}],
      [
        'the index has not seen the last but one',
        [...own, half, mine],
        { index: index(now - 5 * MINUTE, NOW - 3 * HOUR) },
      ],
      ['no run has looked since', [...own, half, mine], { index: index(NOW - 40 * MINUTE) }],
      [
        'the restore point was not renewed from the last but one',
        [...own, half, mine],
        { destinations: [destination({ annotations: proven(OLD) })] },
      ],
      [
        'the schedule is no plain one',
        [...own, half, mine],
        { sources: [ours({ ...again, schedule: '0 9-17 * * 1-5' })] },
      ],
      [
        'the source is new, and backed up at once when it was made',
        [...own, half, mine],
        { sources: [ours({ ...again, createdAt: NOW - 31 * MINUTE })] },
      ],
      ['another source backs the claim up too', [...own, half, mine], { sources: [again, source({ name: 'other' })] }],
    ])('is not said while %s', (_, found, parts) => {
      expect(said(given(found, parts))).toEqual([]);
    });
  });
});
