/** Everything that is known of one claim, whole: with all of its objects, with none, and with Secrets that name other places. */
import { expect, it } from 'vitest';
import { ANNOTATION } from '../../../src/naming.ts';
import { situationOf, unlooked, type Situation } from '../../../src/plan/facts/situation.ts';
import {
  KEY,
  LATER,
  NEWEST,
  NOW,
  OLD,
  PLACE,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  image,
  indexOf,
  listed,
  lostCluster,
  mover,
  namespace,
  placed,
  restoredLog,
  settings,
  snapshot,
  snapshots,
  source,
  sourceMover,
  type ClusterParts,
} from '../../support/build.ts';
import { otherClaim } from '../../support/adoption.ts';
import { entry, recorded, repository } from '../../support/facts.ts';
import { place } from '../../support/place.ts';
import { FAR, NEAR, NEAR_BY, places, restoring, twoRepositories } from '../../support/two-repositories.ts';

it('the ordinary claim has all of its objects, and nothing beside them', () => {
  const parts = {
    movers: [mover({ active: 0, succeededAt: NOW }), sourceMover()],
    index: indexOf({ 'media.plex-config': `attach warm ${NEWEST} -` }),
    podUsers: { [KEY]: '1000:1000:1000' },
  };
  const { situations } = placed({
    bucket: bucketView(undefined, { records: new Map([[KEY, recorded()]]) }),
    cluster: clusterView(parts),
  });
  expect(situations).toEqual([
    {
      ...PLACE,
      key: KEY,
      listed: { state: 'yes' },
      probe: listed(snapshots()),
      namespaceObject: namespace(),
      base: base(),
      credentials: { state: 'ours', differs: [] },
      destination: destination(),
      steered: true,
      unsteered: null,
      repository: null,
      repositories: [],
      further: [],
      elsewhere: null,
      changedFrom: null,
      rivals: [],
      sharedWith: null,
      writers: [{ source: source(), mover: sourceMover() }],
      image: image(),
      mover: mover({ active: 0, succeededAt: NOW }),
      claimObject: claim(),
      source: source(),
      sources: [source()],
      sourceMover: sourceMover(),
      timesFrom: -Infinity,
      indexed: entry(`attach warm ${NEWEST} -`),
      record: recorded(),
      podUser: '1000:1000:1000',
      excluded: false,
      sync: { state: 'idle' },
      imageState: 'ready',
      contents: { state: 'proven', id: NEWEST, fresh: false },
      waits: false,
      live: true,
    },
  ]);
});

it('a claim of which nothing but the name is known has nothing, and is not taken for one without a backup', () => {
  const cluster = lostCluster({ namespaces: [], bases: {}, credentials: {} });
  const bucket = unlooked(NOW);
  expect(bucket).toEqual({
    startedAt: NOW,
    skew: 0,
    marker: null,
    root: { state: 'not-looked' },
    probes: new Map(),
    records: new Map(),
    written: new Map(),
  });
  const nothing: Situation = {
    ...PLACE,
    key: KEY,
    listed: { state: 'not-looked' },
    probe: null,
    namespaceObject: null,
    base: null,
    credentials: null,
    destination: null,
    steered: false,
    unsteered: null,
    repository: null,
    repositories: [],
    further: [],
    elsewhere: null,
    changedFrom: null,
    rivals: [],
    sharedWith: null,
    writers: [],
    image: null,
    mover: null,
    claimObject: null,
    source: null,
    sources: [],
    sourceMover: null,
    timesFrom: -Infinity,
    indexed: null,
    record: null,
    podUser: null,
    excluded: false,
    sync: { state: 'none' },
    imageState: 'none',
    contents: { state: 'unproven' },
    waits: false,
    live: false,
  };
  expect(situationOf(PLACE, { bucket, cluster, settings: settings(), now: NOW })).toEqual(nothing);
});

it('two repositories are each seen with the keys of their own Secret; the one that is restored comes first', () => {
  const [later, near, far] = [snapshot(LATER, NOW - 5), source({ name: 'plex', secret: 'plex-near' }), source()];
  const sources = [near, { ...far, name: 'plex-offsite', secret: 'plex-far' }];
  const bucket = places(NEAR_BY, [later], { [KEY]: listed([snapshot(OLD)]) });
  const facts = placed({ bucket, cluster: twoRepositories({ sources }) }).s;
  const referenced = (text: string, parts: Partial<Situation['repositories'][number]>): Situation['repository'] => {
    const { where, ...rest } = repository(text, parts);
    return {
      ...rest,
      where: where.kind === 'referenced' && parts.secret === 'plex-near' ? { ...where, path: 'plex' } : where,
    };
  };
  const [first, second] = [
    referenced(NEAR, {
      key: 's3:rustfs.example:9000/volsync-backups/plex',
      secret: 'plex-near',
      sources: ['plex'],
      restored: true,
    }),
    referenced(FAR, { key: 's3:rustfs.example:9000/offsite/plex', secret: 'plex-far', sources: ['plex-offsite'] }),
  ];
  const { repository: primary, repositories, further, listed: is, probe, writers, source: one, sources: all } = facts;
  expect({ primary, repositories, further, is, probe, writers, one, all }).toEqual({
    primary: first,
    repositories: [first, second],
    further: [
      { repository: second, probe: listed([later]) },
      {
        repository: { ...repository(''), where: { kind: 'layout' }, key: null, shown: 'the layout path', secret: null },
        probe: listed([snapshot(OLD)]),
      },
    ],
    is: { state: 'yes' },
    probe: listed([...NEAR_BY]),
    writers: [{ source: sources[0], mover: null }],
    one: sources[0],
    all: sources,
  });
});

/** Where its backup lies and whether it was seen there, when sources alone name places; what each of them holds. */
function seen(
  parts: ClusterParts,
  [near, far]: [Parameters<typeof places>[0], Parameters<typeof places>[1]],
  at: Parameters<typeof places>[2] = {},
): unknown {
  const cluster = twoRepositories({ otherDestinations: [], ...parts });
  const { repository: primary, listed: is, probe } = placed({ bucket: places(near, far, at), cluster }).s;
  return [primary?.shown ?? null, is, probe?.state === 'listed' ? probe.snapshots.length : probe];
}

const YES = { state: 'yes' };
it.each<[string, unknown, () => unknown]>([
  ['at the place with the newest snapshot', [FAR, YES, 1], () => seen({}, [NEAR_BY, [snapshot(LATER, NOW)]])],
  ['at that place, whichever it is', [NEAR, YES, 2], () => seen({}, [NEAR_BY, [snapshot(LATER, NOW - 2 * 3_600_000)]])],
  ['at the one that was seen to hold some', [FAR, YES, 1], () => seen({}, [null, [snapshot(LATER, NOW)]])],
  [
    'at the layout path, where something lies there',
    [null, YES, 2],
    () => seen({}, [NEAR_BY, null], { [KEY]: listed(snapshots()) }),
  ],
  [
    'at the place that the index remembers',
    [FAR, YES, 0],
    () =>
      seen(
        { index: indexOf({ 'media.plex-config': `attach warm ${NEWEST} - repo=s3:rustfs.example:9000/offsite/plex` }) },
        [NEAR_BY, []],
      ),
  ],
  [
    'at the place that the index remembers, where nothing names it any more: our own keys may look into the bucket',
    ['s3:rustfs.example:9000/volsync-backups/plex', YES, null],
    () =>
      seen(
        {
          places: {},
          index: indexOf({
            'media.plex-config': `attach warm ${NEWEST} - repo=s3:rustfs.example:9000/volsync-backups/plex`,
          }),
        },
        [NEAR_BY, null],
      ),
  ],
  ['at the first place that was seen, where the other one is empty', [NEAR, YES, 2], () => seen({}, [NEAR_BY, []])],
  [
    'at the layout path, where its own Secret names that',
    ['s3:http://rustfs.example:9000/volsync-backups/media/plex-config', YES, 2],
    () =>
      seen(
        { places: { 'media/plex-near': place('s3:http://rustfs.example:9000/volsync-backups/media/plex-config') } },
        [null, null],
        {
          [KEY]: listed(snapshots()),
        },
      ),
  ],
  [
    'nowhere, where it is out of reach: nobody knows whether there is a backup',
    [
      'rest:https://nas/plex',
      { state: 'unknown', reason: 'repository-elsewhere', message: 'rest:https://nas/plex is out of reach' },
      null,
    ],
    () =>
      seen(
        { places: { 'media/plex-near': place('rest:https://nas/plex') }, sources: [source({ secret: 'plex-near' })] },
        [null, null],
      ),
  ],
])('a backup is looked for %s', (_, expected, found) => {
  expect(found()).toEqual(expected);
});

it('what a Secret names is not looked for where nobody has looked at all', () => {
  const cluster = twoRepositories();
  expect(placed({ bucket: unlooked(NOW), cluster }).s.listed).toEqual({ state: 'not-looked' });
});

it.each<[string, [waits: boolean, lives: boolean], ClusterParts]>([
  ['waits for ours', [true, false], { claims: [claim({ phase: 'Pending' })] }],
  ['waits for nothing of ours', [false, false], { claims: [claim({ phase: 'Pending', restoresFromUs: false })] }],
  ['is lost', [false, false], { claims: [claim({ phase: 'Lost' })] }],
  ['is not there', [false, false], { claims: [] }],
  [
    'waits for the destination that it names',
    [true, false],
    {
      claims: [
        claim({
          phase: 'Pending',
          restoresFromUs: false,
          reference: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'plex-dst' },
        }),
      ],
      otherDestinations: [restoring()],
    },
  ],
  [
    'waits for a destination that is not there',
    [false, false],
    {
      claims: [
        claim({
          phase: 'Pending',
          restoresFromUs: false,
          reference: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'plex-dst' },
        }),
      ],
    },
  ],
  [
    'without a label waits for the destination that it names',
    [true, false],
    {
      claims: [],
      otherClaims: [otherClaim({ phase: 'Pending', restoresFrom: 'plex-dst' })],
      otherDestinations: [restoring()],
    },
  ],
  [
    'without a label waits for another one',
    [false, false],
    {
      claims: [],
      otherClaims: [otherClaim({ phase: 'Pending', restoresFrom: 'third' })],
      otherDestinations: [restoring()],
    },
  ],
  [
    'without a label lives',
    [false, true],
    { claims: [], otherClaims: [otherClaim()], otherDestinations: [restoring()] },
  ],
  [
    'with a label is judged by it, whatever a claim without one was',
    [false, true],
    { otherClaims: [otherClaim({ phase: 'Pending', restoresFrom: 'plex-config-restore' })] },
  ],
])('a claim %s', (_, [waits, live], parts) => {
  const cluster = clusterView({ destinations: [], ...parts });
  const { s } = placed({ cluster });
  expect({ waits: s.waits, live: s.live }).toEqual({ waits, live });
});

it('F9: an image of which the log names a snapshot that is not there, asked of another place, is another one’s', () => {
  const annotations = { [ANNOTATION.askedAddress]: 's3:rustfs.example:9000/volsync-backups/home/paperless' };
  const { s } = placed({
    cluster: clusterView({ destinations: [destination({ annotations, moverLogs: restoredLog(LATER) })] }),
  });
  expect(s.contents).toEqual({ state: 'empty', why: 'image-foreign', fresh: true });
});
