/** A run from its first look to its last, with ports that answer from the ordinary world. */
import { expect, test } from 'vitest';
import { run, type RunResult } from '../src/run.ts';
import type { Ports } from '../src/run-ports.ts';
import type { ClusterView } from '../src/model.ts';
import { NOW, bucketView, clusterView, settings, syncing } from './support/build.ts';

function unasked(): never {
  throw new Error('nobody asks for this here');
}

function nothing(): void {}

/** What the cluster shows in each pass: views, or what happens instead; the last one stays. `stop` is the deadline. */
async function runOver(looks: readonly ((stop: () => void) => ClusterView)[]): Promise<RunResult> {
  const stop = new AbortController();
  const { root, probes } = bucketView();
  let looked = 0;
  const ports: Ports = {
    bucket: {
      listRepositories: async () => root,
      probe: async ({ namespace, claim }) => probes.get(`${namespace}/${claim}`) ?? unasked(),
      probePath: unasked,
      underWay: Promise.resolve(),
      clockSkew: () => null,
      mark: unasked,
      readMarker: async () => ({ state: 'unreadable' }),
      listRecords: async () => [],
      records: { readRecord: async () => ({ state: 'absent' }), writeRecord: async () => null },
    },
    elsewhere: { probe: unasked },
    cluster: async () => ({
      observe: async () => {
        looked += 1;
        return looks[Math.min(looked, looks.length) - 1]?.(() => stop.abort()) ?? unasked();
      },
      lookUp: async (view) => view,
      readPlaces: unasked,
      keysOf: unasked,
      write: unasked,
      publish: async () => ({ state: 'done', changed: true }),
      serverNow: () => null,
    }),
    now: () => NOW,
  };
  const progress = { planned: nothing, published: nothing, marked: nothing, recorded: nothing, done: nothing };
  return run(ports, settings(), { signals: { stop: stop.signal, hard: new AbortController().signal }, progress });
}

test('a look that the deadline cut off says nothing: the run ends with what the look before has seen', async () => {
  const restoring = clusterView({ destinations: [syncing()], images: [] });

  const ran = await runOver([
    () => restoring,
    (stop) => {
      stop();
      return clusterView({ failures: [{ resource: 'namespaces', namespace: null, kind: 'unreachable', message: '' }] });
    },
  ]);

  expect(ran).toMatchObject({ passes: 1, cutShort: true, plan: { frozen: null } });
  expect(ran.plan.entries.map(({ restorePoint }) => restorePoint.state)).toEqual(['warming']);
});
