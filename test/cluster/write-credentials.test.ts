import { afterEach, beforeEach, expect, test } from 'vitest';
import { baseCredentials, destination, namespace, repositoryCredentials, source } from '../../sandbox/story.ts';
import { openCluster, type Cluster } from '../../src/cluster/cluster.ts';
import { at } from '../../src/cluster/read.ts';
import type { Action, WriteResult } from '../../src/decisions.ts';
import { startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let cluster: Cluster;
const { signal } = new AbortController();
const ref = { namespace: 'media', claim: 'plex' };
const OURS = { 'app.kubernetes.io/managed-by': 'volsync-prewarm' };
const SECRET = '/api/v1/namespaces/media/secrets/plex-volsync-secret';
const APPLY = { method: 'PATCH', contentType: 'application/apply-patch+yaml', user: 'worker' };

beforeEach(async () => {
  lab = await startLab({ volsync: false });
  lab.kube.apply(namespace('media'));
  lab.kube.apply(baseCredentials('media', 'http://s3:9000'));
  cluster = await openCluster({
    credentialsSecret: 'volsync-rustfs-base',
    concurrency: 4,
    requestTimeout: 10_000,
    version: 'test',
  });
  await lookUp();
  lab.forget();
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

function write(action: Action): Promise<WriteResult> {
  return cluster.write(action, signal);
}

function encoded(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'sandbox',
  AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
  RESTIC_PASSWORD: 'fixture-password',
  RESTIC_REPOSITORY: 's3:http://s3:9000/volsync-backups/media/plex',
};

/** The whole Secret as it is sent. */
function secretBody(metadata: object = {}, data: Record<string, string> = CREDENTIALS): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'plex-volsync-secret',
      namespace: 'media',
      labels: OURS,
      annotations: { 'volsync-prewarm/base-version': expect.stringMatching(/^[-0-9a-f]+\/\d+$/) },
      ...metadata,
    },
    type: 'Opaque',
    data: encoded(data),
  };
}

const POST = { method: 'POST', contentType: 'application/json', user: 'worker' };
const SECRETS = '/api/v1/namespaces/media/secrets';
const MANAGER = { fieldManager: 'volsync-prewarm' };

test('create-credentials is one POST of the whole Secret: it must not exist', async () => {
  expect(await write({ kind: 'create-credentials', keepPassword: false, ...ref })).toEqual({
    state: 'done',
    changed: true,
  });
  expect(lab.kube.requests).toEqual([{ ...POST, path: SECRETS, query: MANAGER, status: 201, body: secretBody() }]);
});

test.each([
  ['somebody', {}],
  ['another run of ours', OURS],
])(
  'F8: create-credentials: a Secret that %s made a moment earlier is a conflict and keeps its values',
  async (_who, labels) => {
    const theirs = repositoryCredentials(ref, 'http://elsewhere', { RESTIC_PASSWORD: 'theirs' });
    lab.kube.apply({ ...theirs, metadata: { ...theirs.metadata, labels } });
    const outcome = await write({ kind: 'create-credentials', keepPassword: false, ...ref });
    expect(outcome.state).toBe('conflict');
    expect(JSON.stringify(outcome)).not.toMatch(/theirs|fixture-password|sandbox-secret/);
    expect(lab.kube.get('Secret', 'media', 'plex-volsync-secret')?.data).toEqual(theirs['data']);
  },
);

/** Looks at the credentials as a run does. */
async function lookUp(writing = false): Promise<unknown> {
  const view = await cluster.observe(signal);
  const looked = await cluster.lookUp(view, { bases: ['media'], repositories: [ref], writing }, signal);
  return looked.repositoryCredentials.get('media/plex');
}

test('update-credentials of what a POST has made: handed over to apply first, so that a key can go', async () => {
  lab.kube.apply(baseCredentials('media', 'http://s3:9000', { AWS_SESSION_TOKEN: 'for-an-hour' }));
  await lookUp();
  await write({ kind: 'create-credentials', keepPassword: false, ...ref });
  expect(lab.kube.get('Secret', 'media', 'plex-volsync-secret')?.data).toMatchObject(
    encoded({ AWS_SESSION_TOKEN: 'for-an-hour' }),
  );
  lab.kube.patch('Secret', 'media', 'plex-volsync-secret', { data: encoded({ THEIRS: 'stays' }) });
  lab.kube.remove('Secret', 'media', 'volsync-rustfs-base');
  lab.kube.apply(baseCredentials('media', 'http://s3:9000', { AWS_ACCESS_KEY_ID: 'renewed' }));
  expect(await lookUp()).toMatchObject({ state: 'ours', differs: ['AWS_ACCESS_KEY_ID', 'AWS_SESSION_TOKEN'] });
  lab.forget();
  const update: Action = { kind: 'update-credentials', keepPassword: false, ...ref };
  expect(await write(update)).toEqual({ state: 'done', changed: true });
  expect(lab.kube.requests.map(({ method, contentType, status }) => [method, contentType, status])).toEqual([
    ['PATCH', 'application/merge-patch+json', 200],
    ['PATCH', 'application/apply-patch+yaml', 200],
  ]);
  expect(lab.kube.get('Secret', 'media', 'plex-volsync-secret')?.data).toEqual(
    encoded({ ...CREDENTIALS, AWS_ACCESS_KEY_ID: 'renewed', THEIRS: 'stays' }),
  );
  // From now on it is one apply.
  lab.kube.remove('Secret', 'media', 'volsync-rustfs-base');
  lab.kube.apply(baseCredentials('media', 'http://s3:9000'));
  expect(await lookUp()).toMatchObject({ state: 'ours', differs: ['AWS_ACCESS_KEY_ID'] });
  lab.forget();
  expect(await write(update)).toEqual({ state: 'done', changed: true });
  const { uid, resourceVersion } = lab.kube.requests[0]?.body ? at(lab.kube.requests[0].body, 'metadata') : {};
  expect(lab.kube.requests).toEqual([
    {
      ...APPLY,
      path: SECRET,
      query: { ...MANAGER, force: 'true' },
      status: 200,
      body: secretBody({ uid, resourceVersion }),
    },
  ]);
  expect([uid, resourceVersion]).toEqual([expect.any(String), expect.any(String)]);
});

test('what will be made is not looked at first, where nothing speaks of it; after a conflict it is', async () => {
  expect(await lookUp(true)).toEqual({ state: 'absent' });
  const isRead = (): boolean => lab.kube.requests.some(({ path }) => path === SECRET);
  expect(isRead()).toBe(false);
  lab.kube.apply(repositoryCredentials(ref, 'http://elsewhere'));
  expect(await lookUp(true)).toEqual({ state: 'absent' });
  expect(await write({ kind: 'create-credentials', keepPassword: false, ...ref })).toMatchObject({ state: 'conflict' });
  expect(await lookUp(true)).toEqual({ state: 'foreign' });
});

test.each(['a destination', 'a source', 'a verdict in the index that hung on it'])(
  'where %s speaks of credentials, they are read first',
  async (what) => {
    lab.kube.apply(repositoryCredentials(ref, 'http://elsewhere'));
    if (what === 'a destination') lab.kube.apply(destination({ ...ref, tag: 'aaaaaaaa' }));
    if (what === 'a source') lab.kube.apply(source(ref));
    if (what.startsWith('a verdict'))
      lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
        spec: {
          external: { parameters: { 'media.plex': 'refuse cold:credentials-foreign 0a1b2c3d 2025-03-01T10:00:00Z' } },
        },
      });
    expect(await lookUp(true)).toEqual({ state: 'foreign' });
  },
);

test('credentials whose base was not read fail without a request', async () => {
  expect(await write({ kind: 'create-credentials', keepPassword: false, namespace: 'home', claim: 'x' })).toEqual({
    state: 'failed',
    message: 'the base credentials were not read',
  });
  expect(lab.kube.requests).toEqual([]);
});
