/** A claim with a repository on the listed server and one further away, each with a source of its own, adopted. */
import type { BucketView, ClusterView, SnapshotObject } from '../../src/model.ts';
import {
  HOUR,
  KEY,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  bucketView,
  claim,
  clusterView,
  foreign,
  image,
  listed,
  proven,
  snapshot,
  source,
  spec,
  type ClusterParts,
  type DestinationParts,
} from './build.ts';
import { place } from './place.ts';

export const NEAR = 's3:http://rustfs.example:9000/volsync-backups/plex';
export const FAR = 's3:http://rustfs.example:9000/offsite/plex';

/** Two snapshots of the ordinary claim, an hour and a day old. */
export const NEAR_BY: readonly SnapshotObject[] = [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST)];

/** What was seen at both places; null = nobody has looked. */
export function places(
  near: readonly SnapshotObject[] | null,
  far: readonly SnapshotObject[] | null,
  repositories: Parameters<typeof bucketView>[0] = {},
): BucketView {
  const view = bucketView(repositories);
  const told = [
    [`${NEAR} of media/plex-near`, near],
    [`${FAR} of media/plex-far`, far],
  ] as const;
  const seen = told.flatMap(([key, found]) => (found === null ? [] : [[key, listed(found)] as const]));
  return { ...view, probes: new Map([...view.probes, ...seen]) };
}

/** The destination restores from the near one. */
export function restoring(overrides: DestinationParts = {}): ReturnType<typeof foreign> {
  return foreign({
    name: 'plex-dst',
    claim: '',
    adopted: true,
    claimNamed: KEY.slice('media/'.length),
    labels: { 'volsync-prewarm/adopt': 'true' },
    annotations: proven(),
    spec: spec({ repository: 'plex-near' }),
    ...overrides,
  });
}

export function twoRepositories(parts: ClusterParts = {}): ClusterView {
  return clusterView({
    destinations: [],
    otherDestinations: [restoring()],
    claims: [claim({ restoresFromUs: false })],
    sources: [
      source({ name: 'plex', secret: 'plex-near' }),
      source({ name: 'plex-offsite', secret: 'plex-far', lastSyncAt: NOW - HOUR + 10 * MINUTE }),
    ],
    images: [image()],
    places: { 'media/plex-near': place(NEAR), 'media/plex-far': place(FAR) },
    ...parts,
  });
}
