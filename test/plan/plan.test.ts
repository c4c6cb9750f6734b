import { describe, expect, it } from 'vitest';
import { reportOf } from '../../src/report/report.ts';
import { parseSelector } from '../../src/selector.ts';
import {
  EMPTY_LOG,
  KEY,
  LATER,
  MINUTE,
  NOW,
  OLD,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  listed,
  lostCluster,
  planOf,
  restoredLog,
  snapshot,
  snapshots,
  syncing,
  told,
  toldAll,
  type World,
} from '../support/build.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });
const HANDED = { labels: { app: 'plex' } };

describe('the ordinary world', () => {
  it('asks for nothing', () => {
    const result = planOf();
    expect(toldAll(result)).toEqual({ [KEY]: { backup: 'present', restorePoint: 'warm', wave: null, actions: [] } });
    expect({
      chains: result.chains,
      findings: result.findings,
      pending: result.pending,
      complete: result.complete,
      frozen: result.frozen,
    }).toEqual({
      chains: [],
      findings: [],
      pending: { syncing: 0, queued: 0 },
      complete: true,
      frozen: null,
    });
  });

  it('gives the same report to the byte, whatever the order in which things were seen', () => {
    const keys = ['media/b', 'media/a', 'audio/z', KEY];
    const world = (order: string[]): World => ({
      bucket: bucketView(Object.fromEntries(order.map((key) => [key, listed(snapshots())]))),
      cluster: lostCluster(),
    });
    const [one, other] = [world(keys), world(keys.toReversed())].map((each) => JSON.stringify(reportOf(planOf(each))));
    expect(one).toBe(other);
    expect(planOf(world(keys)).entries.map((entry) => `${entry.namespace}/${entry.claim}`)).toEqual([
      'audio/z',
      'media/a',
      'media/b',
      KEY,
    ]);
  });
});

describe('a claim without a backup', () => {
  it('starts fresh: no destination, no reference, nothing to hang on', () => {
    const world: World = {
      bucket: bucketView({}),
      cluster: lostCluster({ claims: [claim({ phase: 'Pending', restoresFromUs: false })] }),
    };
    expect(told(world)).toEqual({
      backup: 'absent: repository-empty',
      restorePoint: 'cold: repository-empty',
      wave: null,
      actions: [],
    });
  });
});

/** What each mode leaves of a world that wants everything: a creation, a renewal, a new size, a replacement. */
const EVERYTHING: World = {
  bucket: bucketView({
    'media/create': listed(snapshots()),
    'media/grow': listed(snapshots()),
    'media/renew': NEWER.probes.get(KEY)!,
    'media/replace': listed(snapshots()),
    'media/adopt': NEWER.probes.get(KEY)!,
  }),
  cluster: clusterView({
    bases: { media: base() },
    credentials: { 'media/create': { state: 'absent' } },
    destinations: [
      destination({ claim: 'grow' }),
      destination({ claim: 'renew', annotations: {}, manual: OLD, lastManualSync: OLD, moverLogs: restoredLog(OLD) }),
      destination({ claim: 'replace', annotations: {}, moverLogs: EMPTY_LOG }),
      foreign({ claim: 'adopt', ...HANDED }),
    ],
    claims: [claim({ claim: 'grow', request: '8Gi' })],
    sources: [],
    images: [image()],
  }),
  settings: { adopt: parseSelector('app=plex'), maxSyncing: 9 },
};

function actionsIn(settings: World['settings']): Record<string, string[]> {
  const all = toldAll(planOf({ ...EVERYTHING, settings: { ...EVERYTHING.settings, ...settings } }));
  return Object.fromEntries(Object.entries(all).map(([key, { actions }]) => [key.slice(6), actions]));
}

describe('--mode', () => {
  const ALL = {
    adopt: ['record-proof', 'retrigger'],
    create: ['create-credentials', 'create-destination'],
    grow: ['update-destination'],
    renew: ['record-proof', 'retrigger'],
    replace: ['mark-suspect', 'recreate-destination'],
  };

  it('sync does everything, and report shows it', () => {
    expect(actionsIn({})).toEqual(ALL);
    expect(actionsIn({ mode: 'report' })).toEqual(ALL);
  });

  it('create-only touches nothing that exists, notes aside', () => {
    expect(actionsIn({ mode: 'create-only' })).toEqual({
      adopt: ['record-proof'],
      create: ALL.create,
      grow: [],
      renew: ['record-proof'],
      replace: ['mark-suspect'],
    });
  });

  it('--only retrigger makes nothing and deletes nothing', () => {
    expect(actionsIn({ only: 'retrigger' })).toEqual({
      adopt: ALL.adopt,
      create: [],
      grow: [],
      renew: ALL.renew,
      replace: ['mark-suspect'],
    });
  });

  it.each([
    [{ only: 'retrigger' as const, maxSyncing: 1 }, 'adopt'],
    [{ mode: 'create-only' as const, maxSyncing: 1 }, 'create'],
  ])('gives no place in a wave to what may not be done: %j', (settings, first) => {
    const all = toldAll(planOf({ ...EVERYTHING, settings: { ...EVERYTHING.settings, ...settings } }));
    expect(all[`media/${first}`]?.wave).toBe(1);
    const notDone = Object.values(all).filter(({ wave }) => wave === null);
    expect(notDone).toHaveLength(first === 'create' ? 4 : 3);
  });
});

describe('what is in flight', () => {
  it('is counted, so that the run looks again: ours only', () => {
    const running = [syncing({ claim: 'a' }), syncing({ claim: 'b', managed: false })];
    const keys = { 'media/a': listed(snapshots()), 'media/b': listed(snapshots()) };
    const result = planOf({
      bucket: bucketView(keys),
      cluster: clusterView({ destinations: running, claims: [], sources: [], images: [] }),
    });
    expect(result.pending).toEqual({ syncing: 1, queued: 0 });
  });
});

describe('L4: an image that is not ready yet', () => {
  const pendingOf = (createdAt: number): ReturnType<typeof planOf>['pending'] =>
    planOf({ cluster: clusterView({ images: [image({ ready: false, createdAt })] }) }).pending;

  it('is in flight while it is young: a run waits for it', () => {
    expect(pendingOf(NOW - 20_000)).toEqual({ syncing: 1, queued: 0 });
  });

  it('does not keep a run when it has been so for long', () => {
    expect(pendingOf(NOW - 11 * MINUTE)).toMatchObject({ syncing: 0 });
  });
});
