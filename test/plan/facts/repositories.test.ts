import { otherClaim } from '../../support/adoption.ts';
import { describe, expect, it, test } from 'vitest';
import type { SecretPlace } from '../../../src/secret-place.ts';
import { joinRepositories, type Joined } from '../../../src/plan/facts/repositories-joined.ts';
import { placesWanted } from '../../../src/plan/facts/repositories-wanted.ts';
import { primaryOf } from '../../../src/plan/facts/repositories.ts';
import { parseAddress } from '../../../src/restic/address.ts';
import { maskAddress } from '../../../src/restic/address-text.ts';
import {
  claim,
  clusterView,
  destination,
  foreign,
  indexOf,
  namespace,
  settings,
  source,
  spec,
  type ClusterParts,
} from '../../support/build.ts';
import { place } from '../../support/place.ts';

const DST = { name: 'plex-dst', claim: '', adopted: true, spec: spec({ repository: 'plex-secret' }) };

const REFERENCE = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'plex-dst' };

function joined(parts: ClusterParts, overrides: Parameters<typeof settings>[0] = {}): Joined {
  return joinRepositories(clusterView({ destinations: [], claims: [], ...parts }), settings(overrides));
}

/** Claim → name of its destination. */
function owners(parts: ClusterParts): Record<string, string> {
  const { destinations } = joined({ sources: [], ...parts }).cluster;
  return Object.fromEntries([...destinations].map(([key, { name }]) => [key, name]));
}

describe('the claim that a destination of any name serves', () => {
  const otherDestinations = [foreign(DST)];

  it('is the one that its annotation names', () => {
    const named = [foreign({ ...DST, claimNamed: 'plex-data' })];
    expect(owners({ otherDestinations: named, sources: [source({ secret: 'plex-secret' })] })).toEqual({
      'media/plex-data': 'plex-dst',
    });
  });

  it('is the one that refers to it, labelled or not', () => {
    expect(
      owners({ otherDestinations, otherClaims: [otherClaim({ claim: 'plex-0', restoresFrom: 'plex-dst' })] }),
    ).toEqual({
      'media/plex-0': 'plex-dst',
    });
    expect(owners({ otherDestinations, claims: [claim({ claim: 'plex-1', reference: REFERENCE })] })).toEqual({
      'media/plex-1': 'plex-dst',
    });
  });

  it('is the one whose source writes with the same Secret', () => {
    expect(owners({ otherDestinations, sources: [source({ claim: 'plex-0', secret: 'plex-secret' })] })).toEqual({
      'media/plex-0': 'plex-dst',
    });
  });

  it('is the one whose source writes to the same address with another Secret', () => {
    const places = {
      'media/plex-secret': place('s3:http://rustfs.example:9000/volsync-backups/plex/'),
      'media/plex-write': place('s3:http://RUSTFS.example:9000/volsync-backups/plex'),
    };
    expect(owners({ otherDestinations, places, sources: [source({ claim: 'plex-0', secret: 'plex-write' })] })).toEqual(
      {
        'media/plex-0': 'plex-dst',
      },
    );
  });

  it('is not told by a source in another namespace', () => {
    expect(owners({ otherDestinations, sources: [source({ namespace: 'home', secret: 'plex-secret' })] })).toEqual({});
  });

  it('is nobody when two claims are as likely', () => {
    const sources = [
      source({ name: 'a', claim: 'a', secret: 'plex-secret' }),
      source({ name: 'b', claim: 'b', secret: 'plex-secret' }),
    ];
    expect(owners({ otherDestinations, sources })).toEqual({});
  });
});

describe('two destinations of one claim', () => {
  const otherDestinations = [foreign({ ...DST, claimNamed: 'plex-config' })];

  it('the one that the claim refers to restores it', () => {
    const { cluster, rivals } = joined({
      destinations: [foreign()],
      otherDestinations,
      claims: [claim({ restoresFromUs: false, bringsSource: true, reference: REFERENCE })],
    });
    expect(cluster.destinations.get('media/plex-config')?.name).toBe('plex-dst');
    expect(rivals.get('media/plex-config')?.map(({ name }) => name)).toEqual(['plex-config-restore']);
  });

  it('else ours does, and then an adopted one', () => {
    expect(owners({ otherDestinations, destinations: [destination()] })).toEqual({
      'media/plex-config': 'plex-config-restore',
    });
    expect(owners({ otherDestinations, destinations: [foreign()] })).toEqual({ 'media/plex-config': 'plex-dst' });
  });
});

describe('the repositories of a claim', () => {
  const NAS = 's3:http://rustfs.example:9000/volsync-backups/plex';
  const sources = [source({ name: 'plex', secret: 'plex-secret' }), source({ name: 'plex-b2', secret: 'plex-b2' })];

  /** Kind of place, path, and who speaks of it. */
  function told(places: Record<string, SecretPlace>, overrides: Parameters<typeof settings>[0] = {}): unknown {
    const { repositories } = joined({ sources, otherDestinations: [foreign(DST)], places }, overrides);
    return repositories.get('media/plex-config')?.map(({ where, shown, sources: names, restored, secret }) => ({
      where: where.kind === 'referenced' ? (where.path ?? `${where.address.bucket} elsewhere`) : where.kind,
      shown,
      secret,
      sources: names,
      restored,
    }));
  }

  it('are each told once, the one that is restored first', () => {
    expect(
      told({ 'media/plex-secret': place(NAS), 'media/plex-b2': place('s3:https://s3.example.org/far/plex') }),
    ).toEqual([
      { where: 'plex', shown: NAS, secret: 'plex-secret', sources: ['plex'], restored: true },
      {
        where: 'out-of-reach',
        shown: 's3:https://s3.example.org/far/plex',
        secret: 'plex-b2',
        sources: ['plex-b2'],
        restored: false,
      },
    ]);
  });

  it('are looked at on another host only when --allow-endpoints names it', () => {
    const places = { 'media/plex-secret': place(NAS), 'media/plex-b2': place('s3:https://s3.example.org/far/plex') };
    expect(told(places, { allowEndpoints: ['s3.example.org'] })).toMatchObject([{}, { where: 'far elsewhere' }]);
  });

  it('two sources with one address write to one repository', () => {
    expect(told({ 'media/plex-secret': place(NAS), 'media/plex-b2': place(`${NAS}/`) })).toMatchObject([
      { where: 'plex', sources: ['plex', 'plex-b2'], restored: true },
    ]);
  });

  it("N1: a user's own Secret with the layout path is the layout's repository, with that Secret", () => {
    const own = place('s3:http://rustfs.example:9000/volsync-backups/media/plex-config');
    expect(told({ 'media/plex-secret': own, 'media/plex-b2': { state: 'ours' } })).toMatchObject([
      { where: 'layout', secret: 'plex-secret', restored: true },
      { where: 'layout', secret: null, restored: false },
    ]);
  });

  it.each([
    ['REST server', place('rest:https://nas:8000/plex'), 'rest:https://nas:8000/plex'],
    ['no RESTIC_REPOSITORY', place(''), ''],
    ['no Secret', { state: 'absent', message: 'it does not exist' } as const, 'it does not exist'],
  ])('%s: out of reach', (_, secret, shown) => {
    expect(told({ 'media/plex-secret': secret, 'media/plex-b2': place(NAS) })).toMatchObject([
      { where: 'out-of-reach', shown, restored: true },
      { where: 'plex' },
    ]);
  });

  it('have a primary: what is restored, else what the index remembers, else the layout path, else a source’s', () => {
    const places = {
      'media/plex-secret': place(NAS),
      'media/plex-b2': place('s3:http://rustfs.example:9000/other/plex'),
    };
    const { repositories } = joined({ sources, places });
    const all = repositories.get('media/plex-config') ?? [];
    const [first, second] = all;
    const none = { isListed: false, remembered: null, newestAt: () => null };
    expect(primaryOf(all, none)).toBe(first);
    expect(primaryOf(all, { isListed: true, remembered: null, newestAt: () => null })).toBeNull();
    expect(primaryOf(all, { isListed: true, remembered: second?.key ?? '', newestAt: () => null })).toBe(second);
    expect(
      primaryOf(
        all.map((one) => ({ ...one, restored: one === second })),
        none,
      )?.key,
    ).toBe(second?.key);
  });
});

test.each(['absent', 'failed'] as const)(
  'a Secret that is %s, which a foreign destination names, hides no backup that was listed',
  (state) => {
    const places = { 'media/plex-secret': { state, message: 'Secret media/plex-secret: nothing' } };
    const { repositories } = joined({ destinations: [foreign({ spec: spec({ repository: 'plex-secret' }) })], places });
    const all = repositories.get('media/plex-config') ?? [];
    expect(all.map(({ where, restored }) => [where.kind, restored])).toEqual([
      ['out-of-reach', true],
      ['layout', false],
    ]);
    expect(primaryOf(all, { isListed: true, remembered: null, newestAt: () => null })).toBe(all[1]);
    expect(primaryOf(all.slice(0, 1), { isListed: true, remembered: null, newestAt: () => null })).toBeNull();
    expect(primaryOf(all, { isListed: false, remembered: null, newestAt: () => null })).toBe(all[0]);
  },
);

describe('Secrets are read by name, and only where one is named that is not ours', () => {
  it('none where everything is ours', () => {
    expect(placesWanted(clusterView(), settings())).toEqual([]);
  });

  it('each once, by sources, foreign and adopted destinations, in namespaces that are there and in scope', () => {
    const cluster = clusterView({
      namespaces: [namespace(), namespace({ name: 'kube-system' })],
      otherDestinations: [foreign(DST)],
      sources: [
        source(),
        source({ name: 'a', secret: 'plex-secret' }),
        source({ name: 'b', secret: 'b2' }),
        source({ name: 'gone', namespace: 'gone', secret: 'x' }),
        source({ name: 'system', namespace: 'kube-system', secret: 'x' }),
        source({ name: 'rsync', secret: '' }),
      ],
    });
    expect(placesWanted(cluster, settings())).toEqual([
      { namespace: 'media', secret: 'b2' },
      { namespace: 'media', secret: 'plex-secret' },
    ]);
  });

  it("those of a destination of ours that uses somebody's own Secret", () => {
    const cluster = clusterView({ destinations: [destination({ spec: spec({ repository: 'mine' }) })], sources: [] });
    expect(placesWanted(cluster, settings())).toEqual([{ namespace: 'media', secret: 'mine' }]);
  });
});

test('a newline at the end of a Secret and a password in its URL change nothing and are not shown', () => {
  const text = 's3:http://user:secret@rustfs.example:9000/volsync-backups/plex\n';
  expect({ address: parseAddress(text), shown: maskAddress(text) }).toEqual({
    address: parseAddress('s3:http://rustfs.example:9000/volsync-backups/plex'),
    shown: 's3:http://***@rustfs.example:9000/volsync-backups/plex',
  });
});

describe('repository-shared-by-claims', () => {
  const NAS = 's3:http://rustfs.example:9000/volsync-backups/plex';
  const two = (namespaceOfOther: string): ClusterParts => ({
    namespaces: [namespace(), namespace({ name: 'home' })],
    sources: [
      source({ name: 'a', claim: 'a', secret: 'one' }),
      source({ name: 'b', claim: 'b', secret: 'other', namespace: namespaceOfOther }),
    ],
    places: { 'media/one': place(NAS), [`${namespaceOfOther}/other`]: place(`${NAS}/`) },
  });

  it('two claims of one namespace are both refused', () => {
    expect([...joined(two('media')).shared]).toEqual([
      ['media/a', 'media/b'],
      ['media/b', 'media/a'],
    ]);
  });

  it("a Secret of another namespace that names somebody's address has no effect on them", () => {
    expect([...joined(two('home')).shared]).toEqual([]);
  });

  it('unless both have been opened with their own keys', () => {
    const value = 'attach warm 0a1b2c3d - repo=s3:rustfs.example:9000/volsync-backups/plex';
    const index = indexOf({ 'media.a': value, 'home.b': value });
    expect([...joined({ ...two('home'), index }).shared]).toEqual([
      ['media/a', 'home/b'],
      ['home/b', 'media/a'],
    ]);
  });
});
