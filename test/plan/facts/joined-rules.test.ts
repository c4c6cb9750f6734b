/** Which destination restores a claim, which ones rival it, and of which claims a Secret was read. */
import { describe, expect, it } from 'vitest';
import { joinRepositories } from '../../../src/plan/facts/repositories-joined.ts';
import {
  clusterView,
  claim,
  destination,
  foreign,
  settings,
  source,
  spec,
  type ClusterParts,
  type DestinationParts,
} from '../../support/build.ts';
import { otherClaim } from '../../support/adoption.ts';
import { repository } from '../../support/facts.ts';
import { place } from '../../support/place.ts';
import { NEAR } from '../../support/two-repositories.ts';

const KEY = 'media/plex-config';
const refersTo = (name: string): ReturnType<typeof claim>['reference'] => ({
  apiGroup: 'volsync.backube',
  kind: 'ReplicationDestination',
  name,
});

/** A destination of another name, which was handed over and says which claim it serves. */
const adopted = (parts: DestinationParts = {}): ReturnType<typeof foreign> =>
  foreign({ name: 'plex-dst', claim: '', adopted: true, claimNamed: 'plex-config', ...parts });

/** The name of the claim's destination, and those of its rivals. */
function ranked(parts: ClusterParts): unknown {
  const { cluster, rivals } = joinRepositories(
    clusterView({ destinations: [], claims: [], sources: [], otherDestinations: [adopted()], ...parts }),
    settings(),
  );
  return [
    cluster.destinations.get(KEY)?.name,
    (rivals.get(KEY) ?? []).map(({ name, claim: of }) => `${name} of ${of}`),
  ];
}

describe('of the destinations of one claim', () => {
  const [RESTORE, DST] = ['plex-config-restore', 'plex-dst'];
  it.each<[string, unknown, () => ClusterParts]>([
    ['an adopted one restores it where there is no other', [DST, []], () => ({})],
    [
      'ours restores it beside an adopted one',
      [RESTORE, [`${DST} of plex-config`]],
      () => ({ destinations: [destination()] }),
    ],
    [
      'the one that the claim names restores it beside ours',
      [DST, [`${RESTORE} of plex-config`]],
      () => ({ destinations: [destination()], claims: [claim({ reference: refersTo(DST) })] }),
    ],
    [
      'the one that an unlabelled claim names does, too',
      [DST, [`${RESTORE} of plex-config`]],
      () => ({ destinations: [destination()], otherClaims: [otherClaim({ restoresFrom: DST })] }),
    ],
    [
      'somebody else’s restores it where the claim names it',
      [RESTORE, [`${DST} of plex-config`]],
      () => ({ destinations: [foreign()], claims: [claim({ reference: refersTo(RESTORE) })] }),
    ],
    [
      'ours restores it, adopted or not, where two were handed over',
      [RESTORE, [`${DST} of plex-config`]],
      () => ({ destinations: [destination({ adopted: true })] }),
    ],
    [
      'of two adopted ones the first restores it',
      [DST, ['plex-dst-2 of plex-config']],
      () => ({ otherDestinations: [adopted(), adopted({ name: 'plex-dst-2' })] }),
    ],
    [
      'none restores it while it waits for ours, which is made',
      [undefined, [`${DST} of plex-config`]],
      () => ({ claims: [claim({ reference: refersTo(RESTORE) })] }),
    ],
    [
      'none does while an unlabelled one waits for ours',
      [undefined, [`${DST} of plex-config`]],
      () => ({ otherClaims: [otherClaim({ restoresFrom: RESTORE })] }),
    ],
    [
      'an adopted one does where the claim names a third',
      [DST, []],
      () => ({ claims: [claim({ reference: refersTo('third') })] }),
    ],
    [
      'one that was not handed over does not',
      [undefined, []],
      () => ({ otherDestinations: [adopted({ adopted: false })] }),
    ],
    [
      'one that serves nobody does not',
      [undefined, []],
      () => ({ otherDestinations: [adopted({ claimNamed: null })] }),
    ],
  ])('%s', (_, expected, parts) => {
    expect(ranked(parts())).toEqual(expected);
  });
});

describe('the repositories are told', () => {
  it('of claims for which a Secret was read in their own namespace, and of no others', () => {
    const cluster = clusterView({
      claims: [],
      sources: [
        source({ claim: 'a', name: 'a', secret: 'read' }),
        source({ claim: 'b', name: 'b', secret: 'not-read' }),
        source({ claim: 'c', name: 'c', secret: 'read', namespace: 'home' }),
      ],
      destinations: [
        destination({ claim: 'd', spec: spec({ repository: 'read' }) }),
        destination({ claim: 'e', spec: spec({ repository: 'not-read' }) }),
      ],
      places: { 'media/read': place(NEAR) },
    });
    const near = repository(NEAR, { secret: 'read', key: 's3:rustfs.example:9000/volsync-backups/plex' });
    const where = near.where.kind === 'referenced' ? { ...near.where, path: 'plex' } : near.where;
    expect(joinRepositories(cluster, settings())).toEqual({
      cluster,
      repositories: new Map([
        ['media/a', [{ ...near, where, sources: ['a'] }]],
        ['media/d', [{ ...near, where, restored: true }]],
      ]),
      rivals: new Map(),
      shared: new Map(),
    });
  });
});
