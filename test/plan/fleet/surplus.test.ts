import { describe, expect, it } from 'vitest';
import { claimKey } from '../../../src/naming.ts';
import {
  HOUR,
  NOW,
  bucketView,
  claim,
  clusterView,
  destination,
  image,
  listed,
  namespace,
  planOf,
  proven,
  snapshots,
  spec,
  type World,
} from '../../support/build.ts';

const GI = 2 ** 30;

/** Restore points of 5Gi each that are warm; by name and the priority of their claims. */
function world(claims: Record<string, number>, settings: World['settings'] = {}): World {
  const refs = Object.keys(claims).map((name) => ({ namespace: 'media', claim: name }));
  return {
    settings,
    bucket: bucketView(Object.fromEntries(refs.map((ref) => [claimKey(ref), listed(snapshots())]))),
    cluster: clusterView({
      namespaces: [namespace()],
      claims: refs.map((ref) => claim({ ...ref, uid: ref.claim, priority: claims[ref.claim] ?? 0 })),
      destinations: refs.map((ref) =>
        destination({ ...ref, name: `${ref.claim}-restore`, spec: spec({}, ref.claim), annotations: proven() }),
      ),
      images: [image()],
    }),
  };
}

describe('N4: restore points that need more than --max-warm-bytes', () => {
  const three = { a: 1, b: 0, c: 2 };

  it('are said, with by how much, and which would go: the lowest priority first', () => {
    const { findings } = planOf(world(three, { maxWarmBytes: 8 * GI }));
    expect(findings.find(({ about }) => about === '--max-warm-bytes')).toEqual({
      reason: 'over-storage-budget',
      about: '--max-warm-bytes',
      message:
        'the restore points need 15Gi, which is 7Gi more than --max-warm-bytes allows; with --prune these go: media/b, media/a',
    });
  });

  it('are not touched without --prune, and go with it', () => {
    const deletions = (settings: World['settings']): string[] =>
      planOf(world(three, settings))
        .chains.flat()
        .flatMap((action) => (action.kind === 'delete-destination' ? claimKey(action) : []));
    expect(deletions({ maxWarmBytes: 8 * GI })).toEqual([]);
    expect(deletions({ maxWarmBytes: 8 * GI, prune: true })).toEqual(['media/a', 'media/b']);
    expect(deletions({ maxWarmBytes: 15 * GI, prune: true })).toEqual([]);
  });

  it('stay while it is not decided how their claims began: what they are proven to hold tells it', () => {
    const young = world(three, { maxWarmBytes: 8 * GI, prune: true });
    const { cluster } = young;
    if (cluster === undefined) throw new Error('the world has a cluster');
    // The claims are younger than the index, and nobody could look at their volumes.
    const index = { ...cluster.index, since: NOW - 30 * 24 * HOUR };
    const claims = new Map([...cluster.claims].map(([key, one]) => [key, { ...one, createdAt: NOW - HOUR }]));
    const { chains, findings } = planOf({ ...young, cluster: { ...cluster, index, claims, volumes: new Map() } });
    expect(chains.flat().filter(({ kind }) => kind === 'delete-destination')).toEqual([]);
    expect(findings.find(({ about }) => about === '--max-warm-bytes')?.message).toContain('none of them can go now');
  });

  it('are nothing to say where they fit', () => {
    expect(planOf(world(three, { maxWarmBytes: 15 * GI })).findings.map(({ reason }) => reason)).not.toContain(
      'over-storage-budget',
    );
  });
});
