/** Several repositories of one claim: what is newer somewhere else, and what is only a little later. */
import { describe, expect, it, test } from 'vitest';
import type { PlanResult } from '../../../src/plan/plan.ts';
import { furtherWanted } from '../../../src/plan/facts/elsewhere.ts';
import { formatMemory } from '../../../src/cluster/memory.ts';
import {
  HOUR,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  bucketView,
  claim,
  foreign,
  indexOf,
  listed,
  placed,
  planOf,
  proven,
  snapshot,
  snapshots,
  source,
  spec,
  told,
  waitingClaim,
  type World,
} from '../../support/build.ts';
import { FAR, NEAR, NEAR_BY, places, restoring, twoRepositories } from '../../support/two-repositories.ts';
import { place } from '../../support/place.ts';

const KNOWN = `attach warm ${NEWEST} ${new Date(NOW - HOUR).toISOString()} repo=s3:rustfs.example:9000/volsync-backups/plex`;
const index = indexOf({ 'media.plex-config': KNOWN });

function entryIn(plan: PlanResult): string | undefined {
  return plan.index?.entries.get('media.plex-config');
}

/** Reasons of findings about repositories. */
function found(world: World, reason = 'newer-elsewhere'): string[] {
  return planOf(world).findings.flatMap((one) => (one.reason === reason ? [one.message] : []));
}

describe('newer-elsewhere', () => {
  // The source is hourly, and the last snapshot an hour old: two hours and a quarter later something is wrong here.
  const muchLater = snapshot(LATER, NOW + MINUTE);
  const now = NOW + 6 * HOUR;
  const bucket = places(NEAR_BY, [snapshot('dddddddd', NOW - 20 * HOUR), { ...muchLater, at: now - HOUR }]);
  const world = { bucket, cluster: twoRepositories({ index }), now };

  it('refuses the claim, and names id and place, who writes there, and the command that goes on', () => {
    expect(told(world).restorePoint).toBe('blocked: newer-elsewhere');
    expect(entryIn(planOf(world))).toMatch(/^refuse blocked:newer-elsewhere bbbbbbbb /);
    expect(found(world)).toEqual([
      `cccccccc of 2026-11-21T17:00:00.000Z is in ${FAR}, where plex-offsite writes; the repository that the claim is restored from holds bbbbbbbb of 2026-11-21T11:00:00.000Z; to go on without it: kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=bbbbbbbb --overwrite`,
    ]);
  });

  it('is over when a person accepts what the restored one holds', () => {
    const accepted = twoRepositories({ index, claims: [claim({ restoresFromUs: false, accept: NEWEST })] });
    expect(told({ ...world, cluster: accepted }).restorePoint).toBe('warm');
    expect(found({ ...world, cluster: accepted })).toEqual([]);
  });

  it('is not what another source has saved within a period of this one', () => {
    const soon = places(NEAR_BY, [snapshot(LATER, NOW - MINUTE)]);
    expect(told({ bucket: soon, cluster: twoRepositories({ index }) }).restorePoint).toBe('warm');
    expect(found({ bucket: soon, cluster: twoRepositories({ index }) })).toEqual([]);
  });

  it('is not a copy of the same snapshots, whenever it was made', () => {
    const copies = places(
      NEAR_BY,
      NEAR_BY.map(({ id }) => ({ id, at: now })),
    );
    expect(found({ ...world, bucket: copies })).toEqual([]);
  });

  it('is not a snapshot from the future of a server whose clock is wrong', () => {
    const wrong = places(NEAR_BY, [snapshot(LATER, NOW + 48 * HOUR)]);
    expect(found({ bucket: wrong, cluster: twoRepositories({ index }) })).toEqual([]);
  });

  it('stays what it was while nobody can look at the other one', () => {
    const refused = indexOf({ 'media.plex-config': KNOWN.replace('attach warm', 'refuse blocked:newer-elsewhere') });
    const unseen = { bucket: places(NEAR_BY, null), cluster: twoRepositories({ index: refused }) };
    expect(told(unseen).restorePoint).toBe('blocked: newer-elsewhere');
    expect(entryIn(planOf(unseen))).toMatch(/^refuse blocked:newer-elsewhere bbbbbbbb /);
    expect(found(unseen)).toEqual(['as the last run has seen; it could not be looked at again']);
  });

  it('is over when the source that writes there is gone', () => {
    const refused = indexOf({ 'media.plex-config': KNOWN.replace('attach warm', 'refuse blocked:newer-elsewhere') });
    const cluster = twoRepositories({ index: refused, sources: [source({ name: 'plex', secret: 'plex-near' })] });
    expect(told({ bucket: places(NEAR_BY, null), cluster }).restorePoint).toBe('warm');
  });

  it('tells a claim that waits what it waits for', () => {
    const cluster = twoRepositories({
      index,
      claims: [
        waitingClaim({ reference: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'plex-dst' } }),
      ],
      otherDestinations: [restoring({ annotations: {}, latestImage: null, lastManualSync: null, moverLogs: '' })],
      images: [],
    });
    const [warning] = planOf({ ...world, cluster }).warnings;
    expect(warning?.message).toMatch(
      /^The claim waits, because the newer snapshot cccccccc is in another repository of the claim \(written by plex-offsite\)\./,
    );
  });
});

describe('a repository that is empty beside another one that is not', () => {
  const bucket = places([], [snapshot(LATER, NOW - 2 * HOUR)]);
  const empty = restoring({ annotations: {}, moverLogs: 'No eligible snapshots found', manual: 'restore-once' });

  it('is no first installation: the claim is refused, its empty image marked, and the next run remembers', () => {
    const first = { bucket, cluster: twoRepositories({ otherDestinations: [empty] }) };
    const plan = planOf(first);
    expect(told(first)).toMatchObject({
      backup: 'absent: newer-elsewhere',
      restorePoint: 'suspect: image-empty',
      actions: ['mark-suspect'],
    });
    const entry = entryIn(plan) ?? '';
    expect(entry).toBe(
      `refuse cold:newer-elsewhere cccccccc 2026-11-21T10:00:00.000Z repo=s3:rustfs.example:9000/offsite/plex`,
    );
    const again = twoRepositories({ otherDestinations: [empty], index: indexOf({ 'media.plex-config': entry }) });
    expect(entryIn(planOf({ bucket, cluster: again }))).toBe(entry);
    expect(entryIn(planOf({ bucket: places([], null), cluster: again }))).toBe(entry);
  });

  it('is one again when the other is named no more: the mark goes', () => {
    const marked = restoring({
      moverLogs: empty.moverLogs,
      manual: empty.manual,
      annotations: {
        'volsync-prewarm/suspect-image': empty.latestImage?.name ?? '',
        'volsync-prewarm/suspect-reason': 'newer-elsewhere',
      },
    });
    const cluster = twoRepositories({
      otherDestinations: [marked],
      sources: [source({ name: 'plex', secret: 'plex-near' })],
    });
    const plan = planOf({ bucket: places([], null), cluster });
    expect(told({ bucket: places([], null), cluster })).toMatchObject({
      restorePoint: 'warm: repository-empty',
      actions: ['record-proof'],
    });
    const [action] = plan.entries[0]?.actions ?? [];
    expect(action !== undefined && 'desired' in action ? formatMemory(action.desired.memory) : null).toEqual({});
  });
});

describe('could not look is not: it is not there', () => {
  const OUT = 's3:https://far.example/b/plex';
  const theirs = foreign({ spec: spec({ repository: 'theirs' }) });
  const layout = bucketView({ 'media/plex-config': listed(snapshots()) });

  it.each([
    ['a server that may not be asked', 'repository-elsewhere', {}, layout],
    [
      'a server that does not answer',
      'listing-failed',
      { allowEndpoints: ['far.example'] },
      {
        ...layout,
        probes: new Map([
          ...layout.probes,
          [`${OUT} of media/theirs`, { state: 'unknown', reason: 'listing-failed', message: 'TimeoutError' }] as const,
        ]),
      },
    ],
  ] as const)('a foreign destination of %s hides no backup that is listed', (_, reason, settings, bucket) => {
    const cluster = twoRepositories({
      otherDestinations: [],
      destinations: [theirs],
      sources: [],
      places: { 'media/theirs': place(OUT) },
    });
    const world = { bucket, cluster, settings };
    expect(told(world).backup).toBe(`unknown: ${reason}`);
    expect(entryIn(planOf(world))).toBe(`refuse cold:${reason} bbbbbbbb 2026-11-21T11:00:00.000Z`);
    expect(planOf(world).index?.about).not.toHaveProperty('_unknown.media');
    // What an earlier run knew stays word for word.
    const before = 'attach warm bbbbbbbb 2026-11-21T11:00:00.000Z';
    const known = { ...cluster, index: indexOf({ 'media.plex-config': before }) };
    expect(entryIn(planOf({ ...world, cluster: known }))?.slice(before.indexOf('bbbb'))).toContain(
      '2026-11-21T11:00:00.000Z',
    );
  });
});

describe('further repositories are looked into', () => {
  const wanted = (parts: Parameters<typeof twoRepositories>[0], bucket = places(NEAR_BY, null)): string[] => {
    const { s } = placed({ bucket, cluster: twoRepositories({ index, ...parts }) });
    return furtherWanted(s, s.sources, false).map(({ shown }) => shown);
  };

  test('not in a steady state: nothing there can be newer by more than a period', () => {
    expect(wanted({})).toEqual([]);
  });

  test('when their source has written much later than the newest snapshot here', () => {
    const sources = [
      source({ name: 'plex', secret: 'plex-near', lastSyncAt: NOW - 30 * HOUR, nextSyncAt: NOW - 29 * HOUR }),
      source({ name: 'plex-offsite', secret: 'plex-far', lastSyncAt: NOW - HOUR }),
    ];
    expect(wanted({ sources }, places([snapshot(NEWEST, NOW - 30 * HOUR)], null))).toEqual([FAR]);
  });

  test('when nothing is remembered of the claim, and when it waits', () => {
    expect(wanted({ index: indexOf() })).toEqual([FAR]);
    const reference = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'plex-dst' };
    expect(wanted({ claims: [waitingClaim({ reference })] })).toEqual([FAR]);
  });

  test('once in a run', () => {
    expect(wanted({ index: indexOf() }, places(NEAR_BY, []))).toEqual([]);
  });
});

describe('the primary one', () => {
  it('is the one with the newest snapshot where no destination tells, and then stays it', () => {
    const alone = { otherDestinations: [], claims: [claim({ restoresFromUs: false })] };
    const near = places([snapshot(OLD, NOW - 24 * HOUR)], [snapshot(NEWEST, NOW - 23 * HOUR)]);
    const first = planOf({ bucket: near, cluster: twoRepositories(alone) });
    expect(entryIn(first)).toContain('repo=s3:rustfs.example:9000/offsite/plex');
    const sticky = { ...alone, index: indexOf({ 'media.plex-config': entryIn(first) ?? '' }) };
    const turned = places([snapshot(LATER, NOW - 22 * HOUR)], [snapshot(NEWEST, NOW - 23 * HOUR)]);
    expect(entryIn(planOf({ bucket: turned, cluster: twoRepositories(sticky) }))).toContain(
      'repo=s3:rustfs.example:9000/offsite/plex',
    );
  });
});

describe('repository-changed', () => {
  const moved = (parts: Parameters<typeof twoRepositories>[0] = {}): ReturnType<typeof twoRepositories> =>
    twoRepositories({
      otherDestinations: [
        restoring({
          spec: spec({ repository: 'plex-far' }),
          annotations: {
            ...proven(),
            'volsync-prewarm/verified-address': 's3:rustfs.example:9000/volsync-backups/plex',
          },
        }),
      ],
      sources: [source({ name: 'plex-offsite', secret: 'plex-far' })],
      index,
      ...parts,
    });

  it('is stale, still attached, never suspect, and renewed when the new place has something newer', () => {
    const bucket = places(null, [snapshot(LATER, NOW - 5 * MINUTE)]);
    expect(told({ bucket, cluster: moved() })).toMatchObject({
      restorePoint: 'stale: repository-changed',
      actions: ['retrigger'],
    });
    expect(entryIn(planOf({ bucket, cluster: moved() }))).toMatch(
      /^attach stale:repository-changed cccccccc .* repo=s3:rustfs.example:9000\/offsite\/plex/,
    );
  });

  it('is never renewed backwards, and nothing has vanished', () => {
    const bucket = places(null, [snapshot('dddddddd', NOW - 20 * HOUR)]);
    expect(told({ bucket, cluster: moved() })).toMatchObject({
      restorePoint: 'stale: repository-changed',
      actions: [],
    });
    const next = indexOf({ 'media.plex-config': entryIn(planOf({ bucket, cluster: moved() })) ?? '' });
    const again = { bucket, cluster: moved({ index: next }) };
    expect(told(again)).toMatchObject({ restorePoint: 'stale: repository-changed', actions: [] });
    expect(found(again, 'snapshots-vanished')).toEqual([]);
  });

  it('is told by the index where the image does not say, and noted on it', () => {
    const otherDestinations = [restoring({ spec: spec({ repository: 'plex-far' }) })];
    const bucket = places(null, [snapshot('dddddddd', NOW - 20 * HOUR)]);
    const plan = planOf({ bucket, cluster: moved({ otherDestinations }) });
    const [action] = plan.entries[0]?.actions ?? [];
    expect(action?.kind).toBe('record-proof');
    expect(action !== undefined && 'desired' in action ? action.desired.memory.verifiedAddress : null).toBe(
      's3:rustfs.example:9000/volsync-backups/plex',
    );
  });

  it('is nothing when the snapshots have moved along', () => {
    expect(told({ bucket: places(null, NEAR_BY), cluster: moved() }).restorePoint).toBe('warm');
  });
});

test('entries tell all repositories of a claim: where, which one decides, the newest, and who writes there', () => {
  const bucket = places(NEAR_BY, [snapshot(LATER, NOW - MINUTE)]);
  const [entry] = planOf({ bucket, cluster: twoRepositories({ index }) }).entries;
  expect(entry?.repositories).toEqual([
    { address: NEAR, primary: true, seen: 'listed', newest: { id: NEAR_BY[1]?.id, at: NOW - HOUR }, sources: ['plex'] },
    {
      address: FAR,
      primary: false,
      seen: 'listed',
      newest: snapshot(LATER, NOW - MINUTE),
      sources: ['plex-offsite'],
    },
  ]);
  const [plain] = planOf().entries;
  expect(plain?.repositories).toMatchObject([
    {
      address: 's3:http://rustfs.example:9000/volsync-backups/media/plex-config',
      primary: true,
      sources: ['plex-config-backup'],
    },
  ]);
});
