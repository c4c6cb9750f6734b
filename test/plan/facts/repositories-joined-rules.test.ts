/** Which destination restores a claim, which ones rival it, and of which claims a Secret was read. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import { joinRepositories } from '../../../src/plan/facts/repositories-joined.ts';
import { destinationNamed, ownerOf } from '../../../src/plan/facts/repositories-owner.ts';
import { sharedRepositories } from '../../../src/plan/facts/repositories-shared.ts';
import { placesWanted } from '../../../src/plan/facts/repositories-wanted.ts';
import type { SecretPlace } from '../../../src/secret-place.ts';
import {
  NEWEST,
  clusterView,
  claim,
  destination,
  foreign,
  indexOf,
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

describe('a destination of any name serves', () => {
  const there = { 'plex-secret': place(NEAR), 'plex-write': place(`${NEAR}/`), other: place(`${NEAR}-2`) };
  const serves = (
    { claims = [], sources = [] }: { claims?: [string, string | null][]; sources?: [string, string][] },
    parts: DestinationParts = {},
    places: Record<string, SecretPlace> = there,
  ): string | null =>
    ownerOf(adopted({ claimNamed: null, spec: spec({ repository: 'plex-secret' }), ...parts }), {
      claims: claims.map(([one, restoresFrom]) => ({ claim: one, restoresFrom })),
      sources: sources.map(([one, secret]) => source({ claim: one, secret })),
      places: new Map(Object.entries(places)),
    });

  it.each<[string, string | null, () => string | null]>([
    ['the claim that it names itself', 'named', () => serves({ claims: [['a', 'plex-dst']] }, { claimNamed: 'named' })],
    [
      'the claim that refers to it',
      'a',
      () =>
        serves({
          claims: [
            ['a', 'plex-dst'],
            ['b', 'another'],
            ['c', null],
          ],
        }),
    ],
    [
      'nobody, where two refer to it',
      null,
      () =>
        serves({
          claims: [
            ['a', 'plex-dst'],
            ['b', 'plex-dst'],
          ],
        }),
    ],
    [
      'the one of its name, where none refers to it',
      'plex',
      () => serves({ claims: [['b', 'another']], sources: [['c', 'plex-secret']] }, { name: 'plex-restore' }),
    ],
    [
      'the one whose source writes with its Secret',
      'a',
      () =>
        serves({
          sources: [
            ['a', 'plex-secret'],
            ['b', 'other'],
          ],
        }),
    ],
    [
      'nobody, where two write with it',
      null,
      () =>
        serves({
          sources: [
            ['a', 'plex-secret'],
            ['b', 'plex-secret'],
          ],
        }),
    ],
    [
      'the one whose source writes to its address',
      'a',
      () =>
        serves({
          sources: [
            ['a', 'plex-write'],
            ['b', 'other'],
          ],
        }),
    ],
    ['nobody, where its Secret was not read', null, () => serves({ sources: [['a', 'plex-write']] }, {}, {})],
    [
      'nobody, where its Secret is not there: neither is that of a source',
      null,
      () => serves({ sources: [['a', 'gone']] }, {}, { 'plex-secret': { state: 'absent', message: '' } }),
    ],
    ['nobody, where nothing tells', null, () => serves({})],
  ])('%s', (_, owner, found) => {
    expect(found()).toBe(owner);
  });

  it.each<[string | null, string, ReturnType<typeof claim>['reference']]>([
    ['plex-dst', 'a destination', refersTo('plex-dst')],
    [null, 'a destination of another group', { ...refersTo('plex-dst')!, apiGroup: 'example.org' }],
    [null, 'a snapshot', { ...refersTo('plex-dst')!, kind: 'VolumeSnapshot' }],
    [null, 'nothing', null],
  ])('a claim names %s: it refers to %s', (name, _, reference) => {
    expect(destinationNamed(reference)).toBe(name);
  });
});

describe('claims share a repository', () => {
  const shared = (claims: Record<string, string | null>, remembered: Record<string, string>): unknown => {
    const all = new Map(
      Object.entries(claims).map(([key, address]) => [
        key,
        [repository('s3:http://x/b', { key: address, sources: ['s'] })],
      ]),
    );
    const parameters = Object.entries(remembered).map(([key, address]) => [
      key,
      `attach warm ${NEWEST} - repo=${address}`,
    ]);
    return [...sharedRepositories(all, indexOf(Object.fromEntries(parameters)))];
  };
  const far = { 'media/a': 's3:x/b', 'home/b': 's3:x/b' };
  it.each<[string, unknown, () => unknown]>([
    [
      'in one namespace',
      [
        ['media/a', 'media/b'],
        ['media/b', 'media/a'],
      ],
      () => shared({ 'media/a': 's3:x/b', 'media/b': 's3:x/b', 'media/c': 's3:x/c' }, {}),
    ],
    ['not where nobody knows their addresses', [], () => shared({ 'media/a': null, 'media/b': null }, {})],
    ['not across namespaces where neither was opened', [], () => shared(far, {})],
    ['not where one was', [], () => shared(far, { 'media.a': 's3:x/b' })],
    ['not where the other was', [], () => shared(far, { 'home.b': 's3:x/b' })],
    [
      'where both were',
      [
        ['media/a', 'home/b'],
        ['home/b', 'media/a'],
      ],
      () => shared(far, { 'media.a': 's3:x/b', 'home.b': 's3:x/b' }),
    ],
  ])('%s', (_, pairs, found) => {
    expect(found()).toEqual(pairs);
  });

  it('not with one that only restores from it', () => {
    const [writes, restores] = [
      repository('s3:http://x/b', { sources: ['s'] }),
      repository('s3:http://x/b', { restored: true }),
    ];
    expect(
      sharedRepositories(
        new Map([
          ['media/a', [writes]],
          ['media/b', [restores]],
        ]),
        indexOf(),
      ).size,
    ).toBe(0);
  });
});

describe('a Secret is read', () => {
  const named = spec({ repository: 'mine' });
  const wanted = (parts: ClusterParts): string[] =>
    placesWanted(clusterView({ sources: [], destinations: [], ...parts }), settings()).map(({ secret }) => secret);
  it.each<[string, string[], () => ClusterParts]>([
    ['which one of another name names', ['mine'], () => ({ otherDestinations: [adopted({ spec: named })] })],
    [
      'which a destination of ours names, when it is another’s',
      ['mine'],
      () => ({ destinations: [destination({ spec: named })] }),
    ],
    ['not which we wrote for it', [], () => ({ destinations: [destination()] })],
    [
      'of the name that we would give it, which is not known to be ours',
      ['plex-config-volsync-secret'],
      () => ({ destinations: [destination({ memory: NO_MEMORY })] }),
    ],
    [
      'which somebody else’s destination names, whatever its name',
      ['plex-config-volsync-secret'],
      () => ({ destinations: [destination({ managed: false })] }),
    ],
    [
      'not for another mover',
      [],
      () => ({
        destinations: [foreign({ mover: 'other', spec: named })],
        otherDestinations: [adopted({ mover: 'other', spec: named })],
      }),
    ],
    [
      'by a source beside a destination with another mover',
      ['plex-config-volsync-secret'],
      () => ({ destinations: [foreign({ mover: 'other', spec: named })], sources: [source()] }),
    ],
    [
      'in order, each once',
      ['a', 'b', 'c'],
      () => ({ sources: ['a', 'c', 'b', 'a'].map((secret) => source({ name: `of-${secret}`, secret })) }),
    ],
    [
      'in order, whatever came first',
      ['a', 'b', 'c'],
      () => ({ sources: ['a', 'b', 'c'].map((secret) => source({ name: `of-${secret}`, secret })) }),
    ],
  ])('%s', (_, secrets, parts) => {
    expect(wanted(parts())).toEqual(secrets);
  });
});
