/** Findings of one claim and of the whole, fact by fact: what makes each of them, and what keeps it from being said. */
import { describe, expect, it } from 'vitest';
import type { ClusterFailure } from '../../../src/failures.ts';
import type { NamespaceListing } from '../../../src/model.ts';
import type { DesiredDestination } from '../../../src/decisions.ts';
import { findingsOf, indexFindings, isComplete } from '../../../src/plan/answers/findings.ts';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import type { Context } from '../../../src/plan/facts/situation.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  bucketView,
  clusterView,
  destination,
  fullId,
  indexOf,
  listed,
  moverSpec,
  namespace,
  planOf,
  settings,
  snapshots,
  spec,
  unknownRoot,
} from '../../support/build.ts';
import { RUNS, UNREAD, entry, ours } from '../../support/facts.ts';

const iso = (at: number): string => new Date(at).toISOString();
const { claims, context: CONTEXT } = planOf();
const [PLEX] = claims;

type Facts = Partial<ProtectedClaim>;
type Story = [string, string[], Facts, Partial<Context>?];

function said(facts: Facts, changed: Partial<Context> = {}): string[] {
  return findingsOf([{ ...PLEX!, ...facts }], { ...CONTEXT, ...changed }).map(({ reason, about, message, risk }) =>
    [about === KEY ? '' : `${about} `, reason, `: ${message}`, risk === true ? ' (risk)' : ''].join(''),
  );
}

function tells(stories: readonly Story[]): void {
  it.each(stories)('%s', (_, expected, facts, changed) => {
    expect(said(facts, changed)).toEqual(expected);
  });
}

const ABSENT = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;

describe('of a claim whose place nobody names', () => {
  const unnamed = {
    listed: { state: 'unknown', reason: 'repository-unnamed', message: 'its record says so' },
  } as const;
  const command = 'its record says so; if its application is gone for good: volsync-prewarm run --accept-shrink';
  const index = indexOf({ _generatedAt: iso(NOW - HOUR) });
  tells([
    [
      'the command that gives it up, by the time of this listing',
      [`repository-unnamed: ${command} ${iso(NOW)}`],
      unnamed,
    ],
    [
      'the command that gives it up, by the time of the index',
      [`repository-unnamed: ${command} ${iso(NOW - HOUR)}`],
      unnamed,
      { cluster: clusterView({ index }) },
    ],
    ['nothing where it could not be listed', [], { listed: { ...UNREAD } }],
  ]);
});

describe('of a restore', () => {
  const fails = { ...RUNS, trouble: 'sync-failing', detail: 'mover: Fatal' } as const;
  const tries = { count: 2, at: NOW - MINUTE, inputs: '0badcafe', failed: 3 };
  const again = `sync-failing: 2 restores in a row have failed: the next one is due at ${iso(NOW + MINUTE)}, or as soon as snapshot, credentials or spec change`;
  const none: Facts = {
    destination: null,
    sync: { state: 'none' },
    contents: { state: 'unproven' },
    imageState: 'none',
  };
  const remembers = entry(`attach cold:sync-failing ${NEWEST} - tries=2@${iso(NOW - MINUTE)}@0badcafe`);
  tells([
    ['nothing while it runs', [], { sync: RUNS }],
    ['what its mover says', ['sync-failing: mover: Fatal'], { sync: fails }],
    ['nothing where it is somebody else’s', [], { sync: fails, steered: false }],
    ['when it is tried again', [again], { sync: { state: 'paused' }, destination: ours({ tries }) }],
    ['when it is tried again without a destination', [again], { ...none, indexed: remembers }],
    ['nothing of tries while it is tried', [], { sync: RUNS, destination: ours({ tries }) }],
    ['nothing of tries when it has come to rest', [], { destination: ours({ tries }) }],
    ['nothing where nothing was tried', [], { sync: { state: 'paused' } }],
    [
      'that something newer cannot be fetched',
      [
        `restore-stale: the restore point holds ${NEWEST}, and the newer ${LATER} cannot be fetched. A Secret \`plex-config-volsync-secret\` exists that volsync-prewarm did not make, so it is left alone.`,
      ],
      newer(),
    ],
    ['nothing of that for a claim that is not in use', [], { ...newer(), live: false }],
    ['nothing of that for somebody else’s', [], { ...newer(), steered: false }],
  ]);

  function newer(): Facts {
    return {
      backup: { state: 'present', snapshots: 3, newest: { id: fullId(LATER), at: NOW - MINUTE }, reason: null },
      blocker: 'credentials-foreign',
    };
  }
});

describe('of a claim that waits in vain', () => {
  const trouble = { reason: 'claim-too-small', message: 'It is too small.' } as const;
  const lost = { restorePoint: { ...PLEX!.restorePoint, state: 'cold', reason: 'credentials-foreign' } } as const;
  const whole =
    'credentials-foreign: If the claim were created again now, it would not come back. A Secret `plex-config-volsync-secret` exists that volsync-prewarm did not make, so it is left alone. (risk)';
  const fails = { ...RUNS, trouble: 'sync-failing', detail: 'mover: Fatal' } as const;
  tells([
    ['why', ['claim-too-small: It is too small. (risk)'], { trouble }],
    [
      'the server’s own words',
      ['claim-too-small: It is too small. (HTTP 503) (risk)'],
      { trouble: { ...trouble, detail: 'HTTP 503' } },
    ],
    ['that nothing may be wrong', ['claim-too-small: It is too small.'], { trouble: { ...trouble, risk: false } }],
    ['and of a live one that would not come back', [whole], lost],
    ['both', ['claim-too-small: It is too small. (risk)', whole], { ...lost, trouble }],
    [
      'nothing that is said already',
      ['sync-failing: mover: Fatal'],
      { sync: fails, trouble: { ...trouble, reason: 'sync-failing' } },
    ],
    [
      'no lock that it waits for',
      ['repository-locked: Locked. (risk)'],
      { ...locked(), trouble: { reason: 'repository-locked', message: 'Locked.' } },
    ],
    [
      'a lock beside everything else',
      [
        'claim-too-small: It is too small. (risk)',
        'repository-locked: a dead mover left a lock behind; backups fail until spec.restic.unlock of the source is changed',
      ],
      { ...locked(), trouble },
    ],
  ]);

  function locked(): Facts {
    return { probe: listed(snapshots(), [{ name: 'f'.repeat(64), at: NOW - HOUR }]) };
  }
});

describe('of a restore point that is made', () => {
  const desired: DesiredDestination = {
    namespace: 'media',
    claim: 'plex-config',
    existing: null,
    name: 'plex-config-restore',
    adopted: false,
    manual: NEWEST,
    paused: false,
    memory: { ...ours()!.memory, capacityFrom: 'default' },
    spec: spec(),
  };
  const credentials = {
    kind: 'create-credentials',
    keepPassword: false,
    namespace: 'media',
    claim: 'plex-config',
  } as const;
  const making = (change: Partial<DesiredDestination>, ...first: (typeof credentials)[]): Facts => ({
    nextStep: {
      actions: [...first, { kind: 'create-destination', desired: { ...desired, ...change } }],
      meanwhile: [],
      adds: true,
      syncs: true,
      bytes: 1,
    },
  });
  const known = { memory: ours()!.memory };
  const user = { spec: spec({ moverSpec: moverSpec({ moverSecurityContext: { runAsUser: 1000 } }) }) };
  const assumed = 'capacity-assumed: the size is 1Gi, from --default-capacity';
  const root = 'mover-unprivileged: the mover cannot restore files that root does not own';
  const oneGi = { settings: settings({ defaultCapacity: '1Gi' }) };
  tells([
    ['what is assumed of its size, and what its mover cannot do', [assumed, root], making({}), oneGi],
    ['the same where its credentials are made first', [assumed, root], making({}, credentials), oneGi],
    ['nothing of its size where something told it', [root], making(known)],
    ['nothing of its mover where it has a user', [], making({ ...known, ...user })],
    [
      'nothing of its mover in a namespace that lets it',
      [],
      { ...making(known), namespaceObject: namespace({ privilegedMovers: true }) },
    ],
    ['nothing of its mover in a namespace that is made with it', [], { ...making(known), namespaceObject: null }],
    [
      'nothing of one that is asked again',
      [],
      { nextStep: { ...making({}).nextStep!, actions: [{ kind: 'retrigger', desired }] } },
    ],
  ]);
});

describe('of its snapshots', () => {
  const [generatedAt, gone] = [iso(NOW - HOUR), 'three complete listings do not show the repository'];
  const byTime = { destination: destination({ spec: spec({ restoreAsOf: NOW }) }) };
  const isGone = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'backup-gone' } } as const;
  const nobody: Facts = { ...isGone, claimObject: null, source: null, sources: [], destination: null, live: false };
  const stale = entry(`attach warm ${NEWEST} - origin=stale@uid-of-claim;newest=${NEWEST}`);
  const future = `snapshot-from-the-future: the restore point is made as of the time of ${NEWEST}`;
  tells([
    ['nothing in the ordinary world', [], {}],
    ['that they are gone', [`backup-gone: ${gone}`], { ...isGone, trouble: null, sources: [], live: false }],
    [
      'that they are gone once, where the claim waits for them',
      ['backup-gone: Gone. (risk)'],
      { ...isGone, trouble: { reason: 'backup-gone', message: 'Gone.' }, sources: [], live: false },
    ],
    [
      'the command that gives them up, where only the record speaks for them',
      [
        `backup-gone: ${gone}, and the record of its claim is still in the bucket; if it was deleted on purpose: volsync-prewarm run --accept-shrink ${generatedAt}`,
      ],
      nobody,
      { cluster: clusterView({ index: indexOf({ _generatedAt: generatedAt }) }) },
    ],
    ['that the newest is dated in the future', [future], byTime],
    ['nothing of it where all of them were asked for', [], { destination: destination() }],
    ['nothing of it without a proof', [], { ...byTime, contents: { state: 'unproven' } }],
    ['nothing of it where the newest is not listed', [], { ...byTime, contents: { state: 'unlisted', id: NEWEST } }],
    ['nothing of it where some do not count', [], { ...byTime, indexed: stale }],
    [
      'nothing of it where the image is to hold something else',
      [],
      { ...byTime, sync: RUNS, contents: { state: 'proven', id: OLD, fresh: false } },
    ],
    [
      'nothing of it without a destination',
      [],
      { destination: null, contents: { state: 'proven', id: NEWEST, fresh: false } },
    ],
    ['nothing of it without a backup', [], { ...byTime, ...ABSENT, sources: [], live: false }],
  ]);
});

describe('of lists that fail', () => {
  const failing = (...messages: string[]): string[] => {
    const failures = messages.map((message, number): ClusterFailure => ({
      resource: 'jobs',
      namespace: `n${number}`,
      kind: 'failed',
      message,
    }));
    return findingsOf([], { ...CONTEXT, cluster: clusterView({ failures }) }).map(({ message }) => message);
  };

  it('what is different behind the request has causes of its own', () => {
    const words = ['refused: GET /a: x', 'refused: GET /b: x', 'refused: GET /c: x'];
    expect(failing(...words)).toEqual(words);
    expect(failing('GET /a: x', 'GET /b/c: x', 'LIST /c: x')).toEqual([
      'x; not listed: jobs in n0, jobs in n1, jobs in n2',
    ]);
  });

  it('what is not installed has a cause of its own', () => {
    const failures = (['replicationsources', 'replicationdestinations', 'jobs'] as const).map((resource) => ({
      resource,
      namespace: null,
      kind: 'not-installed' as const,
      message: '404',
    }));
    expect(findingsOf([], { ...CONTEXT, cluster: clusterView({ failures }) })).toEqual([
      { reason: 'volsync-missing', about: 'replicationsources', message: '404' },
      { reason: 'volsync-missing', about: 'replicationdestinations', message: '404' },
      { reason: 'listing-failed', about: 'jobs', message: '404' },
    ]);
  });
});

describe('of the index', () => {
  const about = 'volsync-system/volsync-prewarm-index';
  const unlooked = bucketView({}, { root: { state: 'not-looked' } });
  const told = (parts: Parameters<typeof clusterView>[0], bucket = unlooked): string[] =>
    indexFindings({ cluster: clusterView(parts), bucket, now: NOW }).map((one) => `${one.reason} ${one.about}`);
  const young = { _generatedAt: iso(NOW) };
  const none = { ...indexOf(), shards: [] };
  const failure = (resource: ClusterFailure['resource'], ns: string | null): ClusterFailure[] => [
    { resource, namespace: ns, kind: 'failed', message: '' },
  ];

  it('that it is missed, unless nobody could look for it', () => {
    expect(told({ index: none })).toEqual([`index-missing ${about}`]);
    expect(told({ index: none, failures: failure('replicationdestinations', null) })).toEqual([]);
    expect(told({ index: none, failures: failure('replicationdestinations', 'media') })).toEqual([
      `index-missing ${about}`,
    ]);
    expect(told({ index: none, failures: failure('jobs', null) })).toEqual([`index-missing ${about}`]);
    const failures = [...failure('jobs', null), ...failure('replicationdestinations', null)];
    expect(told({ index: none, failures })).toEqual([]);
  });

  it('how old it is, where it can be read at all and nobody has looked', () => {
    const old = indexOf({ _generatedAt: iso(NOW - HOUR) });
    const unread = { ...old, shards: old.shards.map((shard) => ({ ...shard, selected: false })) };
    expect([told({ index: old }), told({ index: old }, bucketView())]).toEqual([[`index-stale ${about}`], []]);
    expect(told({ index: unread })).toEqual([`index-missing ${about}`]);
    expect(told({ index: indexOf(young, {}) })).toEqual([`index-unwritten ${about}`]);
    expect(told({ index: indexOf({ ...young, _frozen: 'listing-failed' }) })).toEqual([`listing-failed ${about}`]);
  });

  it('why runs write nothing, as the reason is told', () => {
    const index = indexOf({ ...young, _frozen: 'volsync-missing' });
    expect(
      indexFindings({ cluster: clusterView({ index }), bucket: unlooked, now: NOW }).map(({ message }) => message),
    ).toEqual([
      'runs write nothing but the index at the moment: The cluster has no ReplicationDestinations: VolSync is not installed.',
    ]);
  });
});

describe('of the bucket', () => {
  const bucket = (root: Context['bucket']['root']): string[] => said({}, { bucket: { ...bucketView(), root } });
  const root = { state: 'listed', namespaces: new Map(), strangers: [], misplaced: [], marked: false } as const;

  it('why it could not be listed, and nothing else', () => {
    expect(bucket(unknownRoot())).toEqual([
      'bucket volsync-backups/ listing-failed: AccessDenied: Access Denied (HTTP 403)',
    ]);
    expect(
      said(
        {},
        {
          bucket: bucketView({}, { root: { state: 'not-looked' } }),
          cluster: clusterView({ index: indexOf({ _generatedAt: iso(NOW) }) }),
        },
      ),
    ).toEqual([]);
  });

  it('that it is unmarked, unless some backup is there or may be', () => {
    const unmarked = 'bucket volsync-backups/ bucket-unmarked: the bucket is empty';
    const nothing = { ...ABSENT, sources: [], live: false };
    const at = (facts: Facts): string[] => said(facts, { bucket: bucketView({}, { root }) });
    expect([
      at(nothing),
      at({}),
      at({ ...nothing, backup: { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' } }),
    ]).toEqual([[unmarked], [], []]);
    const two = [{ ...PLEX!, ...nothing }, PLEX!];
    expect(findingsOf(two, { ...CONTEXT, bucket: bucketView({}, { root }) })).toEqual([]);
  });

  it('what is listed and cannot be read, a namespace and a repository', () => {
    const namespaces = new Map<string, NamespaceListing>([
      ['home', { state: 'listed', claims: new Set() }],
      ['office', UNREAD],
    ]);
    const probes = new Map([['media/x', listed([])]]);
    expect(
      said(
        {},
        { bucket: { ...bucketView(), probes, root: { ...root, marked: true, namespaces, misplaced: ['old'] } } },
      ),
    ).toEqual([
      'bucket folder office/ listing-failed: ',
      'bucket repository-unclaimed: repositories at another depth than namespace and claim: old',
    ]);
  });
});

describe('a plan is complete', () => {
  const complete = (changed: Partial<Context>): boolean => isComplete({ ...CONTEXT, ...changed });
  const level = (state: 'listed' | 'unknown'): Partial<Context> => {
    const one = state === 'listed' ? ({ state, claims: new Set<string>() } as const) : UNREAD;
    const root = {
      state: 'listed',
      namespaces: new Map([['media', one]]),
      strangers: [],
      misplaced: [],
      marked: true,
    } as const;
    return { bucket: { ...bucketView(), root } };
  };
  it.each<[string, boolean, Partial<Context>]>([
    ['in the ordinary world', true, {}],
    ['without a look into the bucket', true, { bucket: bucketView({}, { root: { state: 'not-looked' } }) }],
    ['not from a listing that shrank', false, { frozen: 'listing-shrank' }],
    ['while nothing is written for another reason', true, { frozen: 'listing-failed' }],
    ['with every namespace', true, level('listed')],
    ['not without one', false, level('unknown')],
    ['not without a repository', false, { bucket: { ...bucketView(), probes: new Map([[KEY, UNREAD]]) } }],
  ])('%s', (_, is, changed) => {
    expect(complete(changed)).toBe(is);
  });
});
