/** Each thing by which a claim is known, alone. */
import { expect, it } from 'vitest';
import { allClaims } from '../../../src/plan/facts/all-claims.ts';
import type { BucketView } from '../../../src/model.ts';
import {
  KEY,
  NEWEST,
  NOW,
  PLACE,
  bucketView,
  claim,
  destination,
  indexOf,
  lostCluster,
  source,
  unknownRoot,
  type ClusterParts,
} from '../../support/build.ts';
import { UNREAD, recorded } from '../../support/facts.ts';

const PLEX = [{ ...PLACE, key: KEY }];

function known(
  parts: ClusterParts,
  look: Partial<BucketView> = {},
  repositories?: ReadonlyMap<string, unknown>,
): unknown {
  return allClaims(bucketView({}, { root: unknownRoot(), ...look }), lostCluster(parts), repositories);
}

const records = (record: ReturnType<typeof recorded>): Partial<BucketView> => ({ records: new Map([[KEY, record]]) });
const elsewhere = recorded({ elsewhere: { id: NEWEST, at: NOW } });

it.each<[string, unknown, () => unknown]>([
  ['a destination', PLEX, () => known({ destinations: [destination()] })],
  ['a claim with the label', PLEX, () => known({ claims: [claim()] })],
  [
    'both, once',
    PLEX,
    () => known({ destinations: [destination()], claims: [claim()], index: indexOf({ 'media.plex-config': 'x' }) }),
  ],
  ['a source of ours, whose claim is gone', PLEX, () => known({ sources: [source({ managed: true })] })],
  ['no source of somebody else', [], () => known({ sources: [source()] })],
  ['an entry of the index', PLEX, () => known({ index: indexOf({ 'media.plex-config': `attach warm ${NEWEST} -` }) })],
  ['a Secret that was read for it', PLEX, () => known({}, {}, new Map([[KEY, []]]))],
  ['a record that says that a backup lies elsewhere', PLEX, () => known({}, records(elsewhere))],
  ['no record that says nothing of that', [], () => known({}, records(recorded()))],
  ['no record that is not there', [], () => known({}, records({ state: 'absent' }))],
  ['a repository', PLEX, () => known({}, { root: bucketView().root })],
  [
    'no repository in a namespace that could not be listed',
    [],
    () =>
      known(
        {},
        {
          root: {
            state: 'listed',
            namespaces: new Map([['media', UNREAD]]),
            strangers: [],
            misplaced: [],
            marked: true,
          },
        },
      ),
  ],
  ['nothing where nobody could look', [], () => known({})],
])('a claim is known by: %s', (_, claims, found) => {
  expect(found()).toEqual(claims);
});
