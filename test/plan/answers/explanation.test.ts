import { describe, expect, it } from 'vitest';
import { explain, type Explanation } from '../../../src/plan/answers/explanation.ts';
import {
  KEY,
  LATER,
  MINUTE,
  NOW,
  bucketView,
  claim,
  clusterView,
  indexOf,
  listed,
  lostCluster,
  mover,
  planOf,
  snapshot,
  snapshots,
  syncing,
  unknownRoot,
  type World,
} from '../../support/build.ts';

function explanation(world: World = {}): Explanation {
  const { claims, context } = planOf(world);
  return explain(claims[0]!, context);
}

describe('an explanation', () => {
  it('tells every fact and where it was seen', () => {
    const { facts } = explanation();
    expect(facts[0]).toEqual({
      what: 'backup present: 2 snapshots, newest bbbbbbbb at 2026-11-21T11:00:00.000Z',
      seen: 'bucket: listing of volsync-backups/media/plex-config/snapshots/',
    });
    expect(facts.map(({ what }) => what.split(' ', 2).join(' '))).toEqual([
      'backup present:',
      'claim Bound,',
      'source plex-config-backup,',
      'destination plex-config-restore,',
      'image volsync-plex-config-restore-dest-1:',
      'mover log:',
      'proven: volsync-plex-config-restore-dest-1',
      'how the',
    ]);
  });

  it('tells of a mover, and of what is not there', () => {
    const failing = explanation({
      cluster: clusterView({ destinations: [syncing()], movers: [mover({ failed: 2 })] }),
    });
    expect(failing.facts.map(({ what }) => what)).toContain('mover: 1 active, 2 failed');
    expect(explanation({ cluster: lostCluster() }).facts.map(({ what }) => what)).toEqual([
      'backup present: 2 snapshots, newest bbbbbbbb at 2026-11-21T11:00:00.000Z',
      'no protected claim of this name',
      'no source backs it up',
      'no destination',
    ]);
  });

  it('without a look into the bucket tells what the last run wrote into the index, and what nobody looked at', () => {
    const bucket = bucketView({}, { root: { state: 'not-looked' } });
    const index = indexOf({ 'media.plex-config': 'refuse cold:repository-mismatch bbbbbbbb -' });
    const { blockers } = explanation({ bucket, cluster: lostCluster({ index, credentials: {} }) });
    const told = blockers.map(({ reason, state, fact }) => `${state} ${reason}: ${fact}`);
    expect(told.slice(3, 7)).toEqual([
      'open credentials-missing: cluster: Secret media/volsync-rustfs-base exists',
      'not-reached credentials-incomplete: not checked',
      'closed repository-mismatch: index: written by the last run',
      'not-reached listing-failed: ',
    ]);
  });

  it('tells how the claim began, each piece of evidence with where it was seen', () => {
    const young = claim({ createdAt: NOW - MINUTE });
    const since = indexOf({ _since: '2026-11-01T00:00:00Z' });
    const { facts } = explanation({
      cluster: clusterView({ claims: [young], index: since, volumes: { [KEY]: null } }),
    });
    expect(facts.filter(({ what }) => what.startsWith('how the claim began'))).toEqual([
      {
        what: 'how the claim began (missed): 2 snapshots, 2 of them may be from before the claim',
        seen: 'bucket: listing of snapshots/ and the source’s log',
      },
      {
        what: 'how the claim began (missed): newest snapshot from before the claim: bbbbbbbb',
        seen: 'bucket: listing of snapshots/',
      },
      {
        what: 'how the claim began (missed): the volume was not populated from a restore point',
        seen: 'cluster: annotation populated-from of the PersistentVolume',
      },
    ]);
  });

  it('says why Secrets were not read: a warm restore point needs none', () => {
    const { blockers } = explanation({ cluster: clusterView({ credentials: {} }) });
    expect(blockers.find(({ reason }) => reason === 'listing-failed')).toEqual({
      reason: 'listing-failed',
      state: 'open',
      fact: 'no destination is to be made, so Secrets were not needed',
    });
  });

  it('shows the blockers that decided: open, closed, not reached', () => {
    const { blockers } = explanation({ cluster: lostCluster({ bases: {} }) });
    expect(blockers.filter(({ state }) => state === 'open').map(({ reason }) => reason)).toEqual([
      'name-invalid',
      'namespace-excluded',
      'namespace-missing',
    ]);
    expect(blockers.find(({ state }) => state === 'closed')).toEqual({
      reason: 'credentials-missing',
      state: 'closed',
      fact: 'cluster: Secret media/volsync-rustfs-base does not exist',
    });
    expect(new Set(blockers.slice(4).map(({ state, fact }) => `${state}${fact}`))).toEqual(new Set(['not-reached']));
  });

  it('names the closed gate that the entry names, for whatever reason', () => {
    const worlds: World[] = [
      { bucket: bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - MINUTE)]) }) },
      { cluster: lostCluster(), settings: { excludeNamespaces: ['media'] } },
      { cluster: lostCluster(), settings: { defaultCapacity: null } },
    ];
    for (const world of worlds) {
      const closed = explanation(world).blockers.find(({ state }) => state === 'closed');
      expect(closed?.reason).toBe(planOf(world).entries[0]?.restorePoint.reason);
      expect(closed?.fact).not.toBe('');
    }
  });

  it('has no blockers without a backup', () => {
    expect(explanation({ bucket: bucketView({ [KEY]: listed([]) }), cluster: lostCluster() }).blockers).toEqual([]);
    expect(explanation({ bucket: bucketView({}, { root: unknownRoot() }) }).facts[0]?.what).toBe(
      'backup unknown: listing-failed',
    );
  });
});
