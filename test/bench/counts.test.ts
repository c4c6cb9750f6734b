/** Requests, writes and connections are exact: they are asserted here, while times are only compared in `npm run bench`. */

import { expect, test } from 'vitest';
import { startInside } from './inside.ts';

const PROGRAM = 'job/main.ts';
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

test('a run that finds nothing to do writes nothing', async () => {
  await using inside = await startInside({ namespaces: 20, claims: 20 }, 'warm');
  const { exitCode } = await inside.run(PROGRAM, ['run']);
  expect(exitCode).toBe(0);
  expect(inside.s3.stats()).toMatchObject({ total: 21, kinds: { write: 0 } });
  expect(inside.kube.stats()).toMatchObject({ total: 7, writes: 0, requests: LISTS });
});

test('creating 200 destinations costs one write for each, one for its credentials, and one connection', async () => {
  await using inside = await startInside({ namespaces: 10, claims: 20 }, 'bare');
  // These syncs never end: when everything has been asked for, the run is told to stop.
  const { exitCode } = await inside.run(PROGRAM, ['run', '--quiet-period', '0s', '--max-syncing', '200'], 400);
  expect(exitCode).toBe(0);
  const { requests, tlsConnections, writes } = inside.kube.stats();
  expect(requests).toMatchObject({ 'apply replicationdestinations': 200, 'apply secrets': 200 });
  expect(writes).toBe(400);
  expect(tlsConnections).toBe(1);
  expect(inside.s3.stats().kinds).toMatchObject({ namespace: 10, write: 0 });
});

test('from nothing to warm and proven are three writes for each claim: credentials, destination, proof', async () => {
  await using inside = await startInside({ namespaces: 5, claims: 10 }, 'bare', 'instant');
  const { exitCode } = await inside.run(PROGRAM, ['run', '--quiet-period', '0s', '--max-syncing', '50']);
  expect(exitCode).toBe(0);
  const { requests, writes, tlsConnections } = inside.kube.stats();
  expect(requests).toMatchObject({ 'apply secrets': 50, 'apply replicationdestinations': 100 });
  expect(writes).toBe(150);
  expect(tlsConnections).toBe(1);
});

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
