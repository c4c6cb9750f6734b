import { afterEach, beforeEach, expect, test } from 'vitest';
import { baseCredentials, claim, destination, namespace, repositoryCredentials, source } from '../../sandbox/story.ts';
import { openCluster, type Cluster } from '../../src/cluster/cluster.ts';
import { startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let cluster: Cluster;
const { signal } = new AbortController();

beforeEach(async () => {
  lab = await startLab({ volsync: false });
  lab.kube.apply(namespace('media'));
  lab.kube.apply(baseCredentials('media', 'http://s3:9000'));
  cluster = await openCluster({
    credentialsSecret: 'volsync-rustfs-base',
    concurrency: 16,
    requestTimeout: 10_000,
    version: 'test',
  });
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

test('everything is seven lists over one connection, and no Secret value is asked for', async () => {
  await cluster.observe(signal);
  const asked = lab.kube.requests.map(({ path, query }) => [path, query] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  expect(asked).toEqual([
    ['/api/v1/namespaces', { limit: '2500' }],
    ['/api/v1/persistentvolumeclaims', { limit: '2500', labelSelector: 'app.kubernetes.io/created-by!=volsync' }],
    ['/api/v1/secrets', { limit: '2500', fieldSelector: 'metadata.name=volsync-rustfs-base' }],
    ['/apis/batch/v1/jobs', { limit: '2500', labelSelector: 'app.kubernetes.io/created-by=volsync' }],
    ['/apis/snapshot.storage.k8s.io/v1/volumesnapshots', { limit: '2500' }],
    ['/apis/volsync.backube/v1alpha1/replicationdestinations', { limit: '2500' }],
    ['/apis/volsync.backube/v1alpha1/replicationsources', { limit: '2500' }],
  ]);
  expect(lab.kube.tlsConnections).toBe(1);
});

test('what is there is seen, each under its key', async () => {
  const ref = { namespace: 'media', claim: 'plex' };
  lab.kube.apply(destination({ ...ref, tag: '0a1b2c3d' }));
  lab.kube.apply(source({ ...ref, name: 'a-foreign-one' }));
  lab.kube.apply(source(ref));
  lab.kube.apply(source({ ...ref, name: 'z-foreign-one' }));
  lab.kube.apply(claim({ namespace: 'media', name: 'plex', labels: { backup: 'hourly' } }));
  lab.kube.apply(claim({ namespace: 'media', name: 'unprotected' }));
  const view = await cluster.observe(signal);
  expect([...view.namespaces.keys()].sort()).toEqual(['default', 'kube-system', 'media', 'volsync-system']);
  expect([...view.destinations.keys()]).toEqual(['media/plex']);
  expect([...view.claims.keys()]).toEqual(['media/plex']);
  expect([...view.sources].map(([key, { name }]) => [key, name])).toEqual([['media/plex', 'plex-backup']]);
  expect([...view.baseCredentials].map(([key, { content }]) => [key, content])).toEqual([['media', null]]);
  expect(view.repositoryCredentials).toEqual(new Map());
  expect(view.failures).toEqual([]);
});

test('more than a page: all pages are read', async () => {
  for (let index = 0; index < 2501; index += 1) lab.kube.apply(namespace(`n-${index}`));
  const view = await cluster.observe(signal);
  expect(view.namespaces.size).toBe(2505);
  expect(lab.kube.requests).toHaveLength(8);
});

test('F12: pages are bounded by bytes, whatever annotations others write, and every object is read once', async () => {
  const note = 'x'.repeat(200_000);
  for (let index = 0; index < 90; index += 1)
    lab.kube.apply(
      claim({ namespace: 'media', name: `c-${index}`, labels: { backup: 'hourly' }, annotations: { note } }),
    );
  const view = await cluster.observe(signal);
  expect(view.failures).toEqual([]);
  expect(view.claims.size).toBe(90);
  const limits = lab.kube.requests.flatMap(({ path, query }) =>
    path.endsWith('persistentvolumeclaims') ? Number(query['limit']) : [],
  );
  // 18 MB: the first page is given up behind 16 MiB; the others hold 4 MiB each.
  expect(limits[0]).toBe(2500);
  expect(limits.slice(1).every((limit) => limit >= 15 && limit <= 21)).toBe(true);
  expect(limits.length).toBeLessThan(9);
});

test('a page that is lost in the middle loses the whole list', async () => {
  for (let index = 0; index < 2501; index += 1) lab.kube.apply(namespace(`n-${index}`));
  lab.kube.fault({ path: '/api/v1/namespaces', times: 1, delay: 0 });
  lab.kube.fault({ path: '/api/v1/namespaces', status: 410, message: 'too old' });
  const view = await cluster.observe(signal);
  expect(view.namespaces).toEqual(new Map());
  expect(view.failures).toEqual([
    { resource: 'namespaces', namespace: null, kind: 'failed', message: 'GET /api/v1/namespaces: too old (HTTP 410)' },
  ]);
});

test.each([
  ['volsync.backube', ['replicationdestinations', 'replicationsources']],
  ['snapshot.storage.k8s.io', ['volumesnapshots']],
])('%s that is not installed is told apart from an empty list', async (group, resources) => {
  lab.kube.resources.hide(group);
  const { failures } = await cluster.observe(signal);
  expect(failures.map(({ resource, kind }) => [resource, kind])).toEqual(
    resources.map((resource) => [resource, 'not-installed']),
  );
});

test.each([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [500, 'failed'],
])('one list that is refused with %d is %s, and the others are there', async (status, kind) => {
  lab.kube.fault({ path: '/jobs', status, message: 'no' });
  const { failures, namespaces } = await cluster.observe(signal);
  const message = `GET /apis/batch/v1/jobs: no (HTTP ${status})`;
  expect(failures).toEqual([{ resource: 'jobs', namespace: null, kind, message }]);
  expect(namespaces.has('media')).toBe(true);
});

test.each(['namespaces', 'replicationdestinations', 'volumesnapshots', 'persistentvolumeclaims'])(
  'an answer with status 200 that is no list of %s is a failure, and not: there are none',
  async (resource) => {
    lab.kube.fault({ path: new RegExp(`/${resource}$`), status: 200, message: 'all is well' });
    const { failures } = await cluster.observe(signal);
    expect(failures).toEqual([
      {
        resource,
        namespace: null,
        kind: 'failed',
        message: expect.stringMatching(/^GET \/api.* the answer is not a list$/),
      },
    ]);
  },
);

test('credentials that cannot be read spoil their own namespace only', async () => {
  lab.kube.apply(namespace('home'));
  lab.kube.apply(baseCredentials('home', 'http://s3:9000'));
  lab.kube.apply(repositoryCredentials({ namespace: 'home', claim: 'hass' }, 'http://s3:9000'));
  lab.kube.fault({ path: '/namespaces/media/secrets/', status: 403, message: 'no' });
  const view = await cluster.observe(signal);
  const looked = await cluster.lookUp(
    view,
    {
      bases: ['home', 'media', 'nowhere'],
      repositories: [
        { namespace: 'home', claim: 'hass' },
        { namespace: 'media', claim: 'plex' },
      ],
    },
    signal,
  );
  expect(looked.failures.map(({ resource, namespace: where, kind }) => [resource, where, kind])).toEqual([
    ['secrets', 'media', 'forbidden'],
    ['secrets', 'media', 'forbidden'],
  ]);
  expect(new Map([...looked.baseCredentials].map(([key, { content }]) => [key, content]))).toEqual(
    new Map([
      ['home', { missing: [], repositoryBase: 's3:http://s3:9000/volsync-backups' }],
      ['media', null],
    ]),
  );
  expect(looked.repositoryCredentials).toEqual(new Map([['home/hass', { state: 'own' }]]));
});

test('no namespace has base credentials: an empty list of metadata is `items: null`, and no failure', async () => {
  lab.kube.remove('Secret', 'media', 'volsync-rustfs-base');
  const view = await cluster.observe(signal);
  expect([view.baseCredentials, view.failures]).toEqual([new Map(), []]);
});

test('a list whose continue token has expired is read once more, from the start', async () => {
  lab.kube.fault({
    path: 'volumesnapshots',
    status: 410,
    message: 'The provided continue parameter is too old',
    times: 1,
  });
  const view = await cluster.observe(signal);
  expect(view.failures).toEqual([]);
});

test('a list that is too old every time is a failure', async () => {
  lab.kube.fault({ path: 'volumesnapshots', status: 410, message: 'too old' });
  const { failures } = await cluster.observe(signal);
  expect(failures).toEqual([
    {
      resource: 'volumesnapshots',
      namespace: null,
      kind: 'failed',
      message: 'GET /apis/snapshot.storage.k8s.io/v1/volumesnapshots: too old (HTTP 410)',
    },
  ]);
});
