/** As whom the pods of a claim run: what counts as evidence for its movers, and what it costs to ask. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ObjectInput } from '../../sandbox/kube/objects.ts';
import { namespace, pod, type PodOptions } from '../../sandbox/story.ts';
import { openCluster, type Cluster } from '../../src/cluster/cluster.ts';
import type { ClusterView } from '../../src/model.ts';
import { startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let cluster: Cluster;
let seen: ClusterView;
const { signal } = new AbortController();

const PLEX = { namespace: 'media', claim: 'plex' };
const APP = { runAsUser: 568, runAsGroup: 569, fsGroup: 570 };

beforeEach(async () => {
  lab = await startLab({ volsync: false });
  lab.kube.apply(namespace('media'));
  cluster = await openCluster({
    credentialsSecret: 'volsync-rustfs-base',
    concurrency: 16,
    requestTimeout: 10_000,
    version: 'test',
  });
  seen = await cluster.observe(signal);
  lab.forget();
});

afterEach(() => lab[Symbol.asyncDispose]());

function app(options: Partial<PodOptions> = {}): ObjectInput {
  return pod({ namespace: 'media', name: 'plex-0', claim: 'plex', securityContext: APP, ...options });
}

async function look(...claims: string[]): Promise<ClusterView> {
  const pods = (claims.length === 0 ? ['plex'] : claims).map((claim) => ({ namespace: 'media', claim }));
  return cluster.lookUp(seen, { bases: [], repositories: [], pods }, signal);
}

async function userOf(...pods: ObjectInput[]): Promise<string | undefined> {
  for (const one of pods) lab.kube.apply(one);
  return (await look()).podUsers.get('media/plex');
}

test('a pod that uses the claim says as whom its mover should run', async () => {
  expect(await userOf(app())).toBe('568:569:570');
});

test('what its container says counts before what the pod says', async () => {
  expect(await userOf(app({ ofContainer: { runAsUser: 1000, runAsGroup: 1001 } }))).toBe('1000:1001:570');
});

test.each([
  ['only the group of the volume', { runAsUser: 568, fsGroup: 570 }, '568:570:570'],
  ['only the group of the process', { runAsUser: 568, runAsGroup: 569 }, '568:569:569'],
  ['root’s group beside another', { runAsUser: 568, runAsGroup: 0, fsGroup: 570 }, '568:570:570'],
  ['root', { runAsUser: 0, runAsGroup: 0, fsGroup: 0 }, 'none'],
  ['root with a group', { runAsUser: 0, runAsGroup: 568, fsGroup: 568 }, 'none'],
  ['a user without any group', { runAsUser: 568 }, 'none'],
  ['a user with root’s groups', { runAsUser: 568, runAsGroup: 0, fsGroup: 0 }, 'none'],
  ['no user', { fsGroup: 570 }, 'none'],
  ['nothing', {}, 'none'],
  ['no number', { runAsUser: '568', fsGroup: true }, 'none'],
  ['no whole number', { runAsUser: 568.5, fsGroup: 570 }, 'none'],
  ['a number below zero', { runAsUser: -1, fsGroup: 570 }, 'none'],
  ['a number that is no id', { runAsUser: 2 ** 40, fsGroup: 570 }, 'none'],
])('a pod that names %s', async (_, securityContext, user) => {
  expect(await userOf(app({ securityContext }))).toBe(user);
});

test('a container that runs as root is no evidence, whatever its pod says', async () => {
  expect(await userOf(app({ ofContainer: { runAsUser: 0 } }))).toBe('none');
});

test('several pods of one user agree', async () => {
  expect(await userOf(app(), app({ name: 'plex-1' }))).toBe('568:569:570');
});

test.each([
  ['another user', { ...APP, runAsUser: 1000 }],
  ['another group', { ...APP, fsGroup: 1000 }],
  ['nobody in particular', {}],
])('a second pod that runs as %s makes it nobody', async (_, securityContext) => {
  expect(await userOf(app(), app({ name: 'plex-1', securityContext }))).toBe('none');
});

test.each([
  ['uses another claim', app({ name: 'other', claim: 'other', securityContext: {} })],
  ['has ended', { ...app({ name: 'job', securityContext: {} }), status: { phase: 'Succeeded' } }],
  ['is VolSync’s own', volsyncs(app({ name: 'volsync-src-plex', securityContext: {} }))],
  ['has the volume and does not mount it', unmounted(app({ name: 'idle', securityContext: {} }))],
])('a second pod that %s does not count', async (_, second) => {
  expect(await userOf(app(), second)).toBe('568:569:570');
});

function volsyncs(one: ObjectInput): ObjectInput {
  return { ...one, metadata: { ...one.metadata, labels: { 'app.kubernetes.io/created-by': 'volsync' } } };
}

function unmounted(one: ObjectInput): ObjectInput {
  return {
    ...one,
    spec: { containers: [{ name: 'app' }], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'plex' } }] },
  };
}

test('a pod that is on its way out does not count, since its successor may run as somebody else', async () => {
  lab.kube.apply({
    ...app({ securityContext: {} }),
    metadata: { namespace: 'media', name: 'old', finalizers: ['a/b'] },
  });
  lab.kube.remove('Pod', 'media', 'old');
  expect(await userOf(app())).toBe('568:569:570');
});

test('of a claim that no pod uses nothing is known, which is not the same as nobody', async () => {
  expect((await look()).podUsers).toEqual(new Map());
});

test('many claims of a namespace are one list, and a second look of the same run is none', async () => {
  lab.kube.apply(app());
  lab.kube.apply(app({ name: 'notes-0', claim: 'notes' }));
  const users = [...(await look('plex', 'notes', 'idle')).podUsers];
  await look('notes', 'idle');

  expect(users).toEqual([
    ['media/plex', '568:569:570'],
    ['media/notes', '568:569:570'],
  ]);
  expect(lab.kube.requests.map(({ path, query }) => [path, query])).toEqual([
    [
      '/api/v1/namespaces/media/pods',
      {
        limit: '2500',
        fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
        labelSelector: 'app.kubernetes.io/created-by!=volsync',
      },
    ],
  ]);
});

test('a claim that comes later in the run is looked for', async () => {
  await look('plex');
  lab.kube.apply(app({ name: 'notes-0', claim: 'notes' }));
  expect((await look('plex', 'notes')).podUsers.get('media/notes')).toBe('568:569:570');
});

test('a list that is refused spoils this namespace alone, and is no answer', async () => {
  lab.kube.apply(app());
  lab.kube.fault({ path: '/namespaces/media/pods', status: 403, message: 'no', times: 1 });
  const { podUsers, failures } = await look();

  expect([...podUsers]).toEqual([]);
  expect(failures).toEqual([
    {
      resource: 'pods',
      namespace: 'media',
      kind: 'forbidden',
      message: 'GET /api/v1/namespaces/media/pods: no (HTTP 403)',
    },
  ]);
  expect((await cluster.lookUp(seen, { bases: [], repositories: [], pods: [PLEX] }, signal)).podUsers.size).toBe(1);
});
