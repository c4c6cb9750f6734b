import { describe, expect, it } from 'vitest';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  actionsOf,
  bucketView,
  claim,
  clusterView,
  indexOf,
  listed,
  lostCluster,
  planOf,
  snapshot,
  told,
} from '../../support/build.ts';

describe('a repository that has gone backwards', () => {
  const rolledBack = bucketView({ [KEY]: listed([snapshot(OLD, NOW - 24 * HOUR)]) });

  it('is frozen: the newest known snapshot stays the newest, and its image stays attached', () => {
    const world = { bucket: rolledBack };
    expect(told(world)).toEqual({
      backup: 'present',
      restorePoint: 'stale: snapshots-vanished',
      wave: null,
      actions: [],
    });
    const { findings, index, entries } = planOf(world);
    expect(findings.map(({ reason }) => reason)).toEqual(['snapshots-vanished']);
    expect(index?.entries.get('media.plex-config')).toContain(`attach stale:snapshots-vanished ${NEWEST}`);
    expect(entries[0]?.backup.newest?.id).toBe(NEWEST);
  });

  it('makes no restore point of what is left, and lets no claim start without its data', () => {
    const index = indexOf({ 'media.plex-config': `attach warm ${NEWEST} ${new Date(NOW - HOUR).toISOString()}` });
    const world = { bucket: rolledBack, cluster: lostCluster({ index }) };
    expect(told(world)).toMatchObject({ restorePoint: 'cold: snapshots-vanished', actions: [] });
    expect(planOf(world).index?.entries.get('media.plex-config')).toContain('refuse cold:snapshots-vanished');
  });

  it('goes on when a newer snapshot has come, or when a person accepts the one that is left', () => {
    const newer = bucketView({ [KEY]: listed([snapshot(OLD, NOW - 24 * HOUR), snapshot(LATER, NOW - 10 * MINUTE)]) });
    expect(actionsOf({ bucket: newer }, 'retrigger')[0]?.desired.manual).toBe(LATER);
    const accepting = clusterView({ claims: [claim({ accept: OLD })] });
    expect(actionsOf({ bucket: rolledBack, cluster: accepting }, 'retrigger')[0]?.desired.manual).toBe(OLD);
    const other = clusterView({ claims: [claim({ accept: 'dddddddd' })] });
    expect(told({ bucket: rolledBack, cluster: other }).actions).toEqual([]);
  });
});
