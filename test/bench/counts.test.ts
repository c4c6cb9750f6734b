/** Requests, writes and connections are exact: they are asserted here, while times are only compared in `npm run bench`. */

import { expect, test } from 'vitest';
import { claimName, namespaceName, worldOf, type World } from '../../bench/world.ts';
import { indexKey } from '../../src/naming.ts';
import { indexWrites } from '../../src/index/shards.ts';
import { PROGRAM, startLab } from '../support/lab.ts';
import { adopted } from '../support/git-world.ts';
import { ordinaryLayout } from '../support/layouts.ts';
import { startInside } from './inside.ts';

const LISTS = {
  'list namespaces': 1,
  'list secrets': 1,
  'list replicationdestinations': 1,
  'list replicationsources': 1,
  'list volumesnapshots': 1,
  'list persistentvolumeclaims': 1,
  'list jobs': 1,
};

test('planning a steady state costs one listing for each namespace and one page for each resource', async () => {
  await using inside = await startInside({ namespaces: 20, claims: 20 }, 'warm');
  await settled(inside);
  const { exitCode, stdout, stderr } = await inside.run(PROGRAM, ['plan', '--output', 'json']);
  expect(stderr).not.toContain('"level":50');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    complete: true,
    summary: { backups: { present: 400 }, restorePoints: { warm: 400 }, actions: {} },
  });
  expect(inside.s3.stats()).toMatchObject({ total: 21, kinds: { root: 1, namespace: 20, snapshots: 0, locks: 0 } });
  expect(inside.kube.stats()).toMatchObject({ total: 7, writes: 0, requests: LISTS });
  expect(inside.kube.stats().tlsConnections).toBe(1);
});

test('a run that finds nothing to do writes the index when it says something new, and nothing else', async () => {
  await using inside = await startInside({ namespaces: 20, claims: 20 }, 'warm');
  await settled(inside);
  const { exitCode } = await inside.run(PROGRAM, ['run']);
  expect(exitCode).toBe(0);
  expect(inside.s3.stats()).toMatchObject({ total: 21, kinds: { write: 0 } });
  expect(inside.kube.stats()).toMatchObject({ total: 7, writes: 0, requests: LISTS });
});

test('with sources of ours a run that finds nothing to do reads no Secret, and writes nothing', async () => {
  await using inside = await startInside({ namespaces: 5, claims: 4 }, 'sourceless');
  const everything = ['run', '--max-syncing', '100'];
  await inside.run(PROGRAM, everything);
  expect(inside.kube.stats().requests).toMatchObject({ 'create replicationsources': 20, 'get secrets': 25 });
  // What was made is settled by now; the sources have not synced, and are asked for nothing.
  for (const turn of ['settles', 'steady']) {
    inside.kube.reset({});
    inside.s3.reset({});
    await inside.run(PROGRAM, everything);
    if (turn === 'settles') continue;
    expect(inside.kube.stats()).toMatchObject({ total: 7, writes: 0, requests: LISTS });
    expect(inside.s3.stats()).toMatchObject({ kinds: { root: 1, namespace: 5, write: 0 } });
  }
});

/**
 * The first run that ever sees a cluster looks into each repository once, to judge how its claim began, and writes a record of
 * each claim. From then on the index remembers both.
 */
async function settled(inside: Awaited<ReturnType<typeof startInside>>): Promise<void> {
  const { exitCode } = await inside.run(PROGRAM, ['run']);
  expect(exitCode).toBe(0);
  inside.kube.reset({});
  inside.s3.reset({});
}

test('the first run of all reads and writes the record of each claim once', async () => {
  await using inside = await startInside({ namespaces: 5, claims: 4 }, 'warm');
  const { exitCode } = await inside.run(PROGRAM, ['run']);
  expect(exitCode).toBe(0);
  // One more is the marker, which the bucket has already.
  expect(inside.s3.stats().kinds).toMatchObject({ root: 1, namespace: 5, read: 21, write: 20 });
});

/** What a steady run asks of the API server: every page of seven lists, and one write for each index object. */
function steadyRequests(world: World, limit: number): { objects: number; requests: number } {
  const claims = world.namespaces * world.claims;
  const refs = Array.from({ length: claims }, (_, index) => ({
    namespace: namespaceName(Math.floor(index / world.claims)),
    claim: claimName(index % world.claims),
  }));
  const entries = new Map(refs.map((ref) => [indexKey(ref), '']));
  const objects = indexWrites({ about: {}, entries }, { shards: [] }).length;
  // namespaces with three of the system's own, base credentials, destinations with the index, sources, images, claims, Jobs
  const lists = [world.namespaces + 3, world.namespaces, claims + objects, claims, claims, claims, 0];
  const pages = lists.map((count) => Math.max(1, Math.ceil(count / limit)));
  return { objects, requests: pages.reduce((sum, count) => sum + count, 0) + objects };
}

test(
  '10,000 repositories in 500 namespaces cost 1 + 500 requests to S3 and 20 to the API server, 23 with the index',
  {
    timeout: 120_000,
  },
  async () => {
    const size = { namespaces: 3, claims: 900 };
    await using inside = await startInside(size, 'warm');
    await settled(inside);
    const { exitCode } = await inside.run(PROGRAM, ['run']);
    expect(exitCode).toBe(0);
    const { limits, total, writes } = inside.kube.stats();
    expect([limits['replicationdestinations'], writes]).toEqual([2500, 0]);
    // The sum holds for 2,700 claims, more than a page, where it can be tried: so it does for more.
    const here = steadyRequests(worldOf(size.namespaces, size.claims), 2500);
    expect([here.objects, here.requests - here.objects]).toEqual([1, total]);
    expect(inside.s3.stats().total).toBe(1 + size.namespaces);
    expect(steadyRequests(worldOf(500, 20), 2500)).toEqual({ objects: 3, requests: 23 });
  },
);

test('creating 200 destinations costs one write for each, one for its credentials, and one connection', async () => {
  await using inside = await startInside({ namespaces: 10, claims: 20 }, 'bare');
  // These syncs never end: when everything has been asked for, after the index, the run is told to stop.
  const { exitCode } = await inside.run(PROGRAM, ['run', '--quiet-period', '0s', '--max-syncing', '200'], 401);
  expect(exitCode).toBe(0);
  const { requests, tlsConnections, writes } = inside.kube.stats();
  expect(requests).toMatchObject({ 'apply replicationdestinations': 200, 'create secrets': 200 });
  // The base credentials of each namespace; nothing that is made is looked at first.
  expect(requests).toMatchObject({ 'get secrets': 10 });
  expect(writes - (requests['apply index'] ?? NaN)).toBe(400);
  expect(tlsConnections).toBe(1);
  // Each repository is looked into: its snapshots, its locks. A bucket without our folder has no record to be read.
  expect(inside.s3.stats().kinds).toEqual({
    root: 1,
    namespace: 10,
    snapshots: 200,
    locks: 200,
    read: 0,
    write: 1,
    other: 0,
  });
});

test('from nothing to warm and proven are four writes for each claim, and two to the index: to be made, made', async () => {
  await using inside = await startInside({ namespaces: 5, claims: 10 }, 'bare', 'instant');
  const { exitCode } = await inside.run(PROGRAM, ['run', '--quiet-period', '0s', '--max-syncing', '50']);
  expect(exitCode).toBe(0);
  const { requests, writes, tlsConnections } = inside.kube.stats();
  expect(requests).toMatchObject({ 'create secrets': 50, 'apply replicationdestinations': 100, 'apply index': 2 });
  // That the password is proven is written once in the life of a Secret, and nothing that this run has made is read.
  expect(requests).toMatchObject({ 'patch secrets': 50, 'get secrets': 5 });
  expect(writes).toBe(202);
  expect(tlsConnections).toBe(1);
});

const HOUR_OF_RUNS = 12;

test(
  'Secrets of people’s own are read once, then in their turn once an hour, and where something has changed',
  { timeout: 120_000 },
  async () => {
    await using lab = await startLab();
    lab.s3.put('.volsync-prewarm/bucket', '{}', { bucket: 'backups' });
    const apps = Array.from({ length: 12 }, (_, i) => ({ namespace: 'media', app: `app-${i}`, claim: `app-${i}` }));
    // Nothing is due in the hour that is played: a claim whose backup is due is looked into, with its Secret, until it has come.
    const schedule = `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;
    const objects = adopted(ordinaryLayout(apps, schedule).objects(lab.s3.endpoint));
    for (const object of objects) lab.kube.apply(object);
    await lab.volsync.idle();
    const backUp = async (wanted: readonly string[]): Promise<void> => {
      for (const claim of wanted) lab.volsync.write('media', claim);
      for (const object of objects) {
        const { kind, metadata } = object;
        if (kind !== 'ReplicationSource' || !wanted.includes(metadata.name ?? '')) continue;
        lab.kube.remove(kind, 'media', metadata.name ?? '');
        lab.kube.apply(object);
      }
      await lab.volsync.idle();
    };
    await backUp(apps.map(({ claim }) => claim));
    const start = Date.now();
    let ahead = 0;
    const secretsOf = async (): Promise<string[]> => {
      lab.forget();
      await lab.run(['--bucket', 'backups', '--quiet-period', '0s', '--max-syncing', '50'], {
        now: () => start + ahead,
      });
      const reads = lab.kube.requests.filter(({ method, path }) => method === 'GET' && path.includes('/secrets/'));
      return reads.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)).sort();
    };
    const all = apps.map(({ app }) => `${app}-volsync-secret`).sort();
    expect(await secretsOf()).toEqual(all);
    // The images are proven now: nothing is looked into any more.
    await secretsOf();
    expect(await secretsOf()).toEqual([]);
    const hour: string[] = [];
    for (let run = 0; run < HOUR_OF_RUNS; run += 1) {
      ahead += 5 * 60_000;
      hour.push(...(await secretsOf()));
    }
    // An index that says nothing new is not refreshed in every run, and the turns since then come again.
    expect([...new Set(hour)].sort()).toEqual(all);
    expect(hour.length).toBeLessThanOrEqual(2 * all.length);

    // A claim that is backed up is looked into, with the Secret as it is now.
    await backUp(['app-7']);
    expect(await secretsOf()).toEqual(['app-7-volsync-secret']);
  },
);

test('an unanswered bucket ends by the deadline, with a failure and without a write', async () => {
  await using inside = await startInside({ namespaces: 2, claims: 2 }, 'bare');
  inside.s3.reset({ hang: true });
  const { exitCode } = await inside.run(PROGRAM, ['run', '--deadline', '2s']);
  expect(exitCode).toBe(1);
  expect(inside.kube.stats().writes).toBe(0);
});

test('an unanswered API server ends by the deadline, with a failure and without a write', async () => {
  await using inside = await startInside({ namespaces: 2, claims: 2 }, 'bare');
  inside.kube.reset({ hang: true });
  const { exitCode } = await inside.run(PROGRAM, ['run', '--deadline', '2s']);
  expect(exitCode).toBe(1);
  expect(inside.kube.stats().writes).toBe(0);
  expect(inside.s3.stats().kinds.write).toBe(0);
});
