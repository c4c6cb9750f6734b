/** One warm claim and one whose turn it would be; the API server fails in one way, and nothing may change. */
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { kubeconfigText } from '../../sandbox/kube/kubeconfig.ts';
import { lines, ordinary, startLab, words, type Lab } from '../support/lab.ts';

let lab: Lab;
const undo: (() => void)[] = [];
const WARM = 'media/plex-config present warm -: -';
const NEXT = 'home/hass present cold queued: create-credentials create-destination';

beforeAll(async () => {
  lab = await startLab();
  ordinary(lab, 'media', 'plex-config');
  await lab.run();
  await lab.volsync.idle();
  ordinary(lab, 'home', 'hass');
  lab.forget();
});

afterEach(() => {
  for (const end of undo.splice(0)) end();
  lab.forget();
});

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** A kubeconfig for this process, until the test ends. */
async function useKubeconfig(text: string): Promise<void> {
  const file = `${lab.env['KUBECONFIG']}-other`;
  await writeFile(file, text);
  vi.stubEnv('KUBECONFIG', file);
  undo.push(() => vi.stubEnv('KUBECONFIG', lab.env['KUBECONFIG']));
}

test.each([
  ['namespaces', '/api/v1/namespaces'],
  ['secrets', '/api/v1/secrets'],
  ['persistentvolumeclaims', '/persistentvolumeclaims'],
  ['replicationdestinations', '/replicationdestinations'],
  ['replicationsources', '/replicationsources'],
  ['volumesnapshots', '/volumesnapshots'],
  ['jobs', '/jobs'],
])('403 on the list of %s: listing-failed, exit 1, and nothing is written', async (resource, path) => {
  undo.push(lab.kube.fault({ method: 'GET', path, status: 403, message: 'forbidden by RBAC' }));
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 1, frozen: 'listing-failed', performed: [], passes: 1 });
  expect(ran.findings.map(({ reason, about, message }) => [reason, about, message])).toContainEqual([
    'listing-failed',
    resource,
    expect.stringMatching(/^GET .*: forbidden by RBAC \(HTTP 403\)$/),
  ]);
  expect(ran.report.complete).toBe(false);
  expect(lab.writes()).toEqual([]);
});

test.each([
  ['namespaces', '/api/v1/namespaces', 'listing-failed'],
  ['destinations', '/replicationdestinations', 'listing-failed'],
  ['volumesnapshots', '/volumesnapshots', 'listing-failed'],
])('without the list of %s no restore point is called warm', async (_, path, reason) => {
  undo.push(lab.kube.fault({ method: 'GET', path, status: 403 }));
  const { report } = await lab.plan();
  expect(report.entries.map(({ restorePoint }) => [restorePoint.state, restorePoint.reason])).toEqual([
    ['cold', reason],
    ['cold', reason],
  ]);
});

test.each([
  ['volsync.backube', 'volsync-missing', ['replicationdestinations', 'replicationsources']],
  ['snapshot.storage.k8s.io', 'snapshots-missing', ['volumesnapshots']],
])('the CRDs of %s are not there: %s, exit 1, and nothing is written', async (group, reason, resources) => {
  undo.push(lab.kube.resources.hide(group));
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 1, frozen: reason, performed: [] });
  expect(words(ran.findings)).toEqual(expect.arrayContaining(resources.map((resource) => `${reason} ${resource}`)));
  expect(lab.writes()).toEqual([]);
});

test('429 on everything, for good: listing-failed, exit 1, and nothing is written', async () => {
  undo.push(lab.kube.fault({ status: 429, retryAfter: 0, message: 'too many' }));
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 1, frozen: 'listing-failed', performed: [] });
  expect(ran.findings.filter(({ message }) => message.includes('too many'))).toHaveLength(1);
  expect(lab.kube.requests).toHaveLength(28);
  expect(lab.writes()).toEqual([]);
});

test('429 once on each list is made good by asking again', async () => {
  undo.push(lab.kube.fault({ status: 429, retryAfter: 0, times: 7 }));
  const told = await lab.plan();
  expect(told).toMatchObject({ code: 0, frozen: null });
  expect(lines(told.report)).toEqual([NEXT, WARM]);
});

test('a token that the server does not know: listing-failed, exit 1, and the token is in no message', async () => {
  await useKubeconfig(kubeconfigText(lab.kube, { name: 'worker', token: 'expired-token' }));
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 1, frozen: 'listing-failed', performed: [] });
  expect(ran.findings.filter(({ message }) => message.includes('Unauthorized (HTTP 401)'))).toHaveLength(1);
  expect(JSON.stringify(ran)).not.toContain('expired-token');
  expect(lab.writes()).toEqual([]);
});

test('a server that nobody listens at: listing-failed, exit 1', async () => {
  await useKubeconfig(kubeconfigText({ url: 'https://127.0.0.1:1', ca: lab.kube.ca }, { name: 'worker', token: 't' }));
  const told = await lab.plan();
  expect(told).toMatchObject({ code: 1, frozen: 'listing-failed' });
  expect(told.report.entries.map(({ restorePoint }) => restorePoint.reason)).toEqual([
    'listing-failed',
    'listing-failed',
  ]);
});

test('a server that takes requests and never answers: exit 1 when the time is up, and nothing is written', async () => {
  undo.push(lab.kube.fault({ hang: true }));
  const ran = await lab.run(['--deadline', '300ms']);
  expect(ran).toMatchObject({ code: 1, frozen: 'listing-failed', performed: [], passes: 1, cutShort: true });
  expect(lab.writes()).toEqual([]);
});

test('a server that accepts and never greets: exit 1 when the time is up', async () => {
  const mute: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  undo.push(() => mute.close());
  const address = mute.address();
  const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  await useKubeconfig(kubeconfigText({ url, ca: lab.kube.ca }, { name: 'worker', token: 't' }));
  const ran = await lab.run(['--deadline', '300ms']);
  expect(ran).toMatchObject({ code: 1, frozen: 'listing-failed', performed: [], cutShort: true });
});

test('credentials of one namespace that may not be read spoil that namespace only', async () => {
  undo.push(lab.kube.fault({ method: 'GET', path: '/namespaces/home/secrets/', status: 403, message: 'no' }));
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 1, frozen: null, performed: [] });
  expect(words(ran.findings)).toContain('listing-failed secrets in home');
  expect(lines(ran.report)[1]).toBe(WARM);
  expect(ran.report.complete).toBe(false);
  expect(lab.writes()).toEqual([]);
});

test('a write that is refused: exit 1, the chain ends there, and no destination is left without its Secret', async () => {
  undo.push(lab.kube.fault({ method: 'POST', path: '/secrets', status: 403, message: 'no' }));
  const ran = await lab.run();
  expect(ran.code).toBe(1);
  expect(ran.performed).toEqual([
    'create-credentials home/hass: failed (POST /api/v1/namespaces/home/secrets: no (HTTP 403))',
  ]);
  expect(lab.writes()).toEqual(['POST /api/v1/namespaces/home/secrets']);
  expect(lab.kube.list('ReplicationDestination', 'home')).toEqual([]);
});

test('a conflict and a 429 on the way: looked at again, and done', async () => {
  undo.push(lab.kube.fault({ method: 'POST', path: '/secrets', status: 429, retryAfter: 0, times: 1 }));
  undo.push(
    lab.kube.fault({ method: 'PATCH', path: '/hass-restore', status: 409, message: 'somebody wrote', times: 1 }),
  );
  const ran = await lab.run();
  expect(ran.code).toBe(0);
  expect(ran.performed).toEqual([
    'create-credentials home/hass: done',
    expect.stringMatching(/^create-destination home\/hass: conflict \(PATCH .*: somebody wrote \(HTTP 409\)\)$/),
    'create-destination home/hass: done',
    'record-proof home/hass: done',
    'prove-password home/hass: done',
  ]);
  expect(lines(ran.report)[0]).toMatch(/^home\/hass present warm -: /);
});

test('an API server that restarts while a restore is under way: the run looks again, and ends with the proof', async () => {
  await using other = await startLab({ moverMillis: 200 });
  ordinary(other, 'home', 'hass');
  let fault: (() => void) | null = null;
  const { code, performed, report } = await other.run([], {
    until: (_, pass) => {
      if (pass === 2) fault = other.kube.fault({ method: 'GET', status: 403, message: 'not yet' });
      if (pass === 3) fault?.();
      return false;
    },
  });
  expect([code, performed, lines(report)]).toEqual([
    0,
    [
      'create-credentials home/hass: done',
      'create-destination home/hass: done',
      'record-proof home/hass: done',
      'prove-password home/hass: done',
    ],
    ['home/hass present warm -: create-credentials create-destination record-proof prove-password'],
  ]);
});
