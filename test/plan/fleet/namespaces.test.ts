import { describe, expect, it } from 'vitest';
import { MOST_NEW_NAMESPACES } from '../../../src/plan/fleet/namespaces.ts';
import { explain } from '../../../src/plan/answers/explanation.ts';
import {
  KEY,
  MINUTE,
  NOW,
  bucketView,
  listed,
  lostCluster,
  namespace,
  planOf,
  settings,
  snapshots,
  unknownRoot,
  type World,
} from '../../support/build.ts';

const WANTED = { createNamespaces: ['media', 'app-*'], namespaceLabels: { team: 'home' } };

/** A rebuilt cluster: the bucket holds a backup, and its namespace is not there yet. */
function world(more: Partial<World> = {}, set: Parameters<typeof settings>[0] = {}): World {
  return { cluster: lostCluster({ namespaces: [] }), ...more, settings: settings({ ...WANTED, ...set }) };
}

/** `<namespace> for <claim>` of every namespace that would be made. */
function made(of: World): string[] {
  return planOf(of).chains.flatMap((chain) =>
    chain.flatMap((action) =>
      action.kind === 'create-namespace'
        ? [`${action.namespace} for ${action.claim} ${JSON.stringify(action.labels)}`]
        : [],
    ),
  );
}

describe('a missing namespace is made', () => {
  it('when its name matches and a backup was seen, with the labels', () => {
    expect(made(world())).toEqual(['media for plex-config {"team":"home"}']);
  });

  it('once, for the first claim in it', () => {
    const two = bucketView({ 'app-a/one': listed(snapshots()), 'app-a/two': listed(snapshots()) });
    expect(made(world({ bucket: two }))).toEqual(['app-a for one {"team":"home"}']);
  });

  it('and explain says so', () => {
    const plan = planOf(world());
    const [claim] = plan.claims;
    expect(claim && explain(claim, plan.context).blockers).toContainEqual({
      reason: 'namespace-missing',
      state: 'closed',
      fact: 'cluster: namespace media does not exist; a run makes it (--create-namespaces)',
    });
  });
});

describe('none is made', () => {
  it.each<[string, World]>([
    ['without the setting', world({}, { createNamespaces: [] })],
    ['of another name', world({}, { createNamespaces: ['med', 'media-*'] })],
    ['that is excluded', world({}, { excludeNamespaces: ['med*'] })],
    ['that is not included', world({}, { includeNamespaces: ['other'] })],
    ['that exists', world({ cluster: lostCluster() })],
    ['that is being deleted', world({ cluster: lostCluster({ namespaces: [namespace({ terminating: true })] }) })],
    ['for a repository without a snapshot', world({ bucket: bucketView({ [KEY]: listed([]) }) })],
    ['for a bucket that could not be listed', world({ bucket: bucketView({}, { root: unknownRoot() }) })],
    [
      'when the namespaces could not be listed',
      world({
        cluster: lostCluster({
          namespaces: [],
          failures: [{ resource: 'namespaces', namespace: null, kind: 'forbidden', message: 'no' }],
        }),
      }),
    ],
    [
      'for a claim that cannot be restored',
      world({ bucket: bucketView({ [`media/${'x'.repeat(64)}`]: listed(snapshots()) }) }),
    ],
    ['in mode create-only', world({}, { mode: 'create-only' })],
    ['with --only retrigger', world({}, { only: 'retrigger' })],
  ])('%s', (_, of) => {
    expect(made(of)).toEqual([]);
  });
});

it('mode report shows what a run would make', () => {
  expect(made(world({}, { mode: 'report' }))).toHaveLength(1);
});

it('a run makes only so many: what it has made a moment ago counts, what is older or somebody else’s does not', () => {
  const names = Array.from({ length: MOST_NEW_NAMESPACES + 5 }, (_, index) => `app-${index}`);
  const bucket = bucketView(Object.fromEntries(names.map((name) => [`${name}/data`, listed(snapshots())])));
  const others = [
    namespace({ name: 'new-1', managed: true, createdAt: NOW - MINUTE }),
    namespace({ name: 'new-2', managed: true, createdAt: NOW - MINUTE }),
    namespace({ name: 'old', managed: true, createdAt: NOW - 10 * MINUTE }),
    namespace({ name: 'theirs', createdAt: NOW - MINUTE }),
  ];

  expect(made(world({ bucket }))).toHaveLength(MOST_NEW_NAMESPACES);
  expect(made(world({ bucket, cluster: lostCluster({ namespaces: others }) }))).toHaveLength(MOST_NEW_NAMESPACES - 2);
});
