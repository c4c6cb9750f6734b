import { describe, expect, it } from 'vitest';
import { answerCode, runCode } from '../../src/report/exit-code.ts';
import {
  EMPTY_LOG,
  KEY,
  bucketView,
  clusterView,
  destination,
  foreign,
  listed,
  lostCluster,
  mover,
  planOf,
  settings,
  snapshots,
  syncing,
  unknownRoot,
  type World,
} from '../support/build.ts';

const FAILING: World = { cluster: clusterView({ destinations: [syncing()], movers: [mover({ failed: 1 })] }) };
const EMPTY: World = {
  cluster: clusterView({ destinations: [destination({ annotations: {}, moverLogs: EMPTY_LOG })] }),
};
const UNPROTECTED: World = { cluster: clusterView({ sources: [] }) };
const UNREADABLE: World = { bucket: bucketView({}, { root: unknownRoot() }) };
const SHRANK: World = { bucket: bucketView({}) };

function run(
  world: World,
  { failed = 0, failOn = 'risk' }: { failed?: number; failOn?: 'risk' | 'error' } = {},
): number {
  return runCode(planOf(world), failed, settings({ failOn }));
}

describe('the exit code of a run', () => {
  it.each<[string, World]>([
    ['all is warm', {}],
    ['a namespace is missing', { cluster: lostCluster({ namespaces: [] }) }],
    ['a namespace is excluded', { settings: { excludeNamespaces: ['media'] } }],
    ['credentials are missing', { cluster: lostCluster({ bases: {} }) }],
    ['a destination is foreign', { cluster: clusterView({ destinations: [foreign()] }) }],
    ['a name is invalid', { bucket: bucketView(undefined, { strangers: ['A b/'] }) }],
    [
      'a repository is empty',
      { bucket: bucketView({ [KEY]: listed([]), 'media/x': listed(snapshots()) }), cluster: lostCluster() },
    ],
  ])('is 0: %s', (_, world) => {
    expect(run(world)).toBe(0);
  });

  it.each<[string, World]>([
    ['sync-failing', FAILING],
    ['sync-stuck', { cluster: clusterView({ destinations: [syncing({ lastSyncStartAt: 0 })] }) }],
    ['listing-failed', UNREADABLE],
    ['listing-shrank', SHRANK],
    [
      'volsync-missing',
      {
        cluster: clusterView({
          failures: [{ resource: 'replicationsources', namespace: null, kind: 'not-installed', message: '' }],
        }),
      },
    ],
  ])('is 1: %s', (_, world) => {
    expect(run(world)).toBe(1);
  });

  it('is 1 when an action failed', () => {
    expect(run({}, { failed: 1 })).toBe(1);
  });

  it('is 3 when the password changed: a rebuild today could not open the repository', () => {
    const cluster = clusterView({ credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'] } } });
    expect(run({ cluster })).toBe(3);
  });

  it('is 3 when data is at risk: image-empty, claim-unprotected; 0 with --fail-on error', () => {
    expect([
      run(EMPTY),
      run(UNPROTECTED),
      run(EMPTY, { failOn: 'error' }),
      run(UNPROTECTED, { failOn: 'error' }),
    ]).toEqual([3, 3, 0, 0]);
  });

  it('is 1 before it is 3', () => {
    expect(run(EMPTY, { failed: 1 })).toBe(1);
    expect(
      run({ cluster: clusterView({ destinations: [syncing()], movers: [mover({ failed: 1 })], sources: [] }) }),
    ).toBe(1);
  });
});

describe('the exit code of a command that only tells', () => {
  it('is 0 when it could answer, however bad the answer is, and 1 when something is unknown', () => {
    expect([{}, FAILING, EMPTY, UNPROTECTED, UNREADABLE, SHRANK].map((world) => answerCode(planOf(world)))).toEqual([
      0, 0, 0, 0, 1, 1,
    ]);
  });
});
