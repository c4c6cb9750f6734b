/**
 * As whom movers run, over the wire: nobody names a user, and the namespace does not let movers be root. A pod of the claim tells
 * it: it is used for the source and the destination, is in the claim's record, and comes back with it after a loss of the cluster.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fieldsAt, text, type Fields, type KubeObject } from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, namespace, pod } from '../../sandbox/story.ts';
import { storyClock, type StoryClock } from '../support/clock.ts';
import { startLab, type Lab } from '../support/lab.ts';

vi.setConfig({ testTimeout: 600_000 });

const MINUTE = 60_000;
const WAIT = { timeout: 300_000, interval: 5 };
const APP = { runAsUser: 568, runAsGroup: 568, fsGroup: 570 };

let lab: Lab;
let clock: StoryClock;

beforeEach(async () => {
  clock = storyClock('2026-11-16T08:20:00Z');
  lab = await startLab({ clock: () => new Date(clock.now()) });
  install();
  // The first run of all publishes the index: from then on claims are watched.
  await run();
});

afterEach(() => lab[Symbol.asyncDispose]());

function install(labels = {}): void {
  lab.kube.apply(namespace('media', labels));
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint));
}

async function run(...args: string[]): ReturnType<Lab['run']> {
  clock.later(7 * MINUTE);
  const ran = await lab.run(['--quiet-period', '0s', ...args], { now: clock.now });
  await lab.volsync.idle(300_000);
  return ran;
}

/** An application arrives: its claim, and its pod unless it has none. */
async function arrive(name: string, securityContext: Fields | null, annotations = {}): Promise<void> {
  lab.kube.apply(claim({ namespace: 'media', name, labels: { backup: 'hourly' }, annotations }));
  if (securityContext !== null)
    lab.kube.apply(pod({ namespace: 'media', name: `${name}-0`, claim: name, securityContext }));
  await vi.waitFor(() => lab.volsync.write('media', name), WAIT);
}

function source(name: string): KubeObject | undefined {
  return lab.kube.get('ReplicationSource', 'media', `${name}-backup`);
}

function userOf(object: KubeObject | undefined): Fields {
  return fieldsAt(object, 'spec.restic.moverSecurityContext');
}

/** The mover of the backup fails from now on, until the function is called. */
function failing(): () => void {
  return lab.volsync.failMovers(
    { kind: 'ReplicationSource', namespace: 'media', name: 'plex-backup' },
    { permanently: true },
  );
}

/** What was asked about pods since `forget`. */
function asked(): string[] {
  return lab.kube.requests.flatMap(({ path }) => (path.endsWith('/pods') ? path : []));
}

test('what a pod of the claim runs as is the user of both directions, and survives the loss of the cluster', async () => {
  await arrive('plex', APP);
  lab.forget();
  await run();
  expect(userOf(source('plex'))).toEqual(APP);
  expect(text(source('plex'), 'metadata.annotations.volsync-prewarm/pod-user')).toBe('568:568:570');

  await vi.waitFor(async () => {
    await run();
    expect(userOf(lab.kube.get('ReplicationDestination', 'media', 'plex-restore'))).toEqual(APP);
    expect(lab.s3.get('.volsync-prewarm/claims/media/plex.json')?.toString()).toContain('568');
  }, WAIT);
  // One list, for its whole life.
  expect(asked()).toEqual(['/api/v1/namespaces/media/pods']);

  lab.kube.remove('Namespace', '', 'media');
  for (const { metadata } of lab.kube.list('ReplicationDestination'))
    lab.kube.remove('ReplicationDestination', metadata.namespace ?? '', metadata.name);
  install();
  lab.forget();
  await run();
  expect(userOf(lab.kube.get('ReplicationDestination', 'media', 'plex-restore'))).toEqual(APP);
  // The application comes back, and says nothing of its user any more.
  lab.kube.apply(claim({ namespace: 'media', name: 'plex', labels: { backup: 'hourly' }, from: 'plex-restore' }));
  await vi.waitFor(() => lab.volsync.write('media', 'plex'), WAIT);
  await vi.waitFor(async () => {
    await run();
    expect(userOf(source('plex'))).toEqual(APP);
  }, WAIT);
  expect(asked()).toEqual([]);
});

test('many claims are one list for each namespace, and a steady state asks for none', async () => {
  lab.kube.apply(namespace('home'));
  lab.kube.apply(baseCredentials('home', lab.s3.endpoint));
  lab.kube.apply(claim({ namespace: 'home', name: 'hass', labels: { backup: 'daily' } }));
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await arrive(name, APP);
  await vi.waitFor(() => lab.volsync.write('home', 'hass'), WAIT);
  lab.forget();
  await run();
  expect(asked().sort()).toEqual(['/api/v1/namespaces/home/pods', '/api/v1/namespaces/media/pods']);
  expect(['a', 'f'].map((name) => userOf(source(name)))).toEqual([APP, APP]);

  lab.forget();
  for (let runs = 0; runs < 4; runs += 1) await run();
  expect(asked()).toEqual([]);
});

test.each([
  ['runs as root', { runAsUser: 0, fsGroup: 570 }],
  ['does not say as whom it runs', {}],
])('a pod that %s is no evidence, and is not looked at again', async (_, securityContext) => {
  await arrive('plex', securityContext);
  lab.forget();
  for (let runs = 0; runs < 3; runs += 1) await run();
  expect(userOf(source('plex'))).toEqual({});
  expect(asked()).toHaveLength(1);
});

test('several pods that run as different users are no evidence', async () => {
  lab.kube.apply(
    pod({ namespace: 'media', name: 'other', claim: 'plex', securityContext: { ...APP, runAsUser: 1000 } }),
  );
  await arrive('plex', APP);
  await run();
  expect(userOf(source('plex'))).toEqual({});
});

test.each([
  ['an annotation names the user', {}, { 'volsync-prewarm/mover': '1:2:3' }],
  ['the namespace lets movers be root', { 'volsync.backube/privileged-movers': 'true' }, {}],
])('no pod is looked at where %s', async (_, onNamespace, onClaim) => {
  lab.kube.patch('Namespace', '', 'media', { metadata: { annotations: onNamespace } });
  await arrive('plex', APP, onClaim);
  lab.forget();
  await run();
  expect(source('plex')).toBeDefined();
  expect(asked()).toEqual([]);
});

test('no pod is looked at with --sources off', async () => {
  await arrive('plex', APP);
  lab.forget();
  await run('--sources', 'off');
  expect(asked()).toEqual([]);
});

test('where no pod used the claim at first, the next failure of its mover is a reason to look again', async () => {
  await arrive('plex', null);
  lab.forget();
  await run();
  await run();
  // Once in each run until the source is made, which a busy machine puts off by one.
  expect([userOf(source('plex')), new Set(asked())]).toEqual([{}, new Set(['/api/v1/namespaces/media/pods'])]);

  lab.kube.apply(pod({ namespace: 'media', name: 'plex-0', claim: 'plex', securityContext: APP }));
  const healed = failing();
  lab.kube.patch('ReplicationSource', 'media', 'plex-backup', { spec: { trigger: { manual: 'now' } } });
  await vi.waitFor(async () => {
    lab.forget();
    await run();
    expect(userOf(source('plex'))).toEqual(APP);
  }, WAIT);
  healed();
  expect(asked()).toHaveLength(1);
});

test('without the right to list pods the claim is backed up all the same, and is told once a mover fails', async () => {
  lab.kube.fault({ path: '/namespaces/media/pods', status: 403, message: 'pods is forbidden' });
  await arrive('plex', APP);
  expect((await run()).code).toBe(0);
  expect(source('plex')).toBeDefined();

  failing();
  lab.kube.patch('ReplicationSource', 'media', 'plex-backup', { spec: { trigger: { manual: 'now' } } });
  await vi.waitFor(async () => {
    const { code, findings } = await run();
    expect(code).toBe(1);
    expect(findings).toContainEqual(expect.objectContaining({ reason: 'listing-failed', about: 'pods in media' }));
  }, WAIT);
});
