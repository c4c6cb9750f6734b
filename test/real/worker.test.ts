import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram, type Finished } from '../../sandbox/program.ts';
import { S3 } from '../../sandbox/s3/s3.ts';
import { baseCredentials, claim, hexId, namespace, pod, repository, source } from '../../sandbox/story.ts';
import { at, fieldsAt, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { APPLY, MERGE, openApi, type Api } from '../support/api.ts';
import type { Audited } from './audit.ts';
import { bindClaim, removeClaim } from './claims.ts';
import { startControlPlane, WORKER, type ControlPlane } from './control-plane.ts';
import { bodyOf, textAt } from './install.ts';
import { grantedRights, wasUsed, wordsOf } from './rights.ts';
import { playVolSync } from './volsync.ts';

let plane: ControlPlane;
let worker: Api;
let s3: S3;
let env: Record<string, string>;
let newest: Map<string, string>;

const PLURALS: Readonly<Record<string, string>> = {
  Namespace: 'namespaces',
  Secret: 'secrets',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  ServiceAccount: 'serviceaccounts',
};

async function create(object: ObjectInput): Promise<void> {
  const { namespace: where } = object.metadata;
  const place = where === undefined ? '' : `/namespaces/${where}`;
  const path = `/api/v1${place}/${PLURALS[object.kind]}`;
  bodyOf(await plane.admin.request('POST', path, { body: object }), path);
}

const run = (...args: string[]): Promise<Finished> =>
  runProgram(['run', '--deadline', '30s', '--quiet-period', '0s', ...args], env);

const INDEX = '/apis/volsync.backube/v1alpha1/namespaces/volsync-system/replicationdestinations/volsync-prewarm-index';

/** What the worker has been answered, in all tests up to the one that asks whether a right is left over. */
const answered: Audited[] = [];

const READS = new Set(['get', 'list']);
const isIndex = ({ resource, name }: Audited): boolean =>
  resource === 'replicationdestinations' && name.startsWith('volsync-prewarm-index');

async function writes(): Promise<string[]> {
  const audited = await plane.audit(WORKER);
  return audited
    .filter((one) => !READS.has(one.verb) && !isIndex(one))
    .map(({ verb, namespace: where, resource, name, code }) => `${verb} ${resource} ${where}/${name} ${code}`);
}

beforeAll(async () => {
  plane = await startControlPlane();
  await plane.installCrds();
  await plane.applyKustomization('k8s/base');
  worker = openApi(await plane.workerKubeconfig());
  s3 = new S3(() => new Date());
  await s3.listen();
  const [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY] = [s3.credentials.accessKeyId, s3.credentials.secretAccessKey];
  const bucket = {
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
  };
  env = { ...bucket, ...(await plane.workerEnvironment()) };
  newest = new Map();
  for (const name of ['plex-config', 'sonarr', 'emptied'])
    newest.set(`media/${name}-restore`, repository(s3, `media/${name}`, ['first', 'second']).at(-1) ?? '');
  s3.put('media/lost/config', 'config');
  const media = namespace('media');
  await create({
    ...media,
    metadata: { ...media.metadata, annotations: { 'volsync.backube/privileged-movers': 'true' } },
  });
  await create(baseCredentials('media', s3.endpoint));
  await create(claim({ namespace: 'media', name: 'sonarr', labels: { backup: 'hourly' }, size: '2Gi' }));
  await create(claim({ namespace: 'media', name: 'lost', labels: { backup: 'daily' }, from: 'lost-restore' }));
});

afterAll(async () => {
  await worker.close();
  await s3.close();
  await plane.stop();
});

test('with the rights of k8s/base everything that a run does is allowed', async () => {
  // The first mover of `emptied` restores nothing: its destination is deleted and made anew.
  const restores = (where: string, name: string, attempt: number): string | null =>
    name === 'emptied-restore' && attempt === 1 ? null : (newest.get(`${where}/${name}`) ?? null);
  await using volsync = playVolSync(plane.admin, restores);
  await plane.forgetAudit();
  const finished = await run();
  // Without the index it asks whether a policy misses it.
  await plane.admin.request('DELETE', INDEX);
  await run();
  await plane.applyKustomization('k8s/base');
  const requests = await plane.audit(WORKER);
  expect(volsync.syncs.toSorted()).toEqual(
    [...newest, ['media/emptied-restore', newest.get('media/emptied-restore') ?? ''] as const]
      .map(([destination, id]) => `${destination} ${id.slice(0, 8)}`)
      .sort(),
  );
  expect(requests.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  answered.push(...requests);
});

test('a second run writes nothing but the index, and says again what waits in vain', async () => {
  await plane.forgetAudit();
  expect(await run()).toMatchObject({ code: 0, stderr: '' });
  const written = await writes();
  expect(written.filter((one) => !one.startsWith('patch events media/lost.'))).toEqual([]);
});

test('the index holds what was found, and the installer keeps its own key', async () => {
  const path = `${VOLSYNC}/namespaces/volsync-system/replicationdestinations/volsync-prewarm-index`;
  const parameters = fieldsAt(bodyOf(await plane.admin.request('GET', path), path), 'spec.external.parameters');
  expect(parameters).toMatchObject({ _onStale: 'allow', 'media.sonarr': expect.stringMatching(/^attach warm /) });
  // Applied again as at an upgrade of the installation.
  await plane.applyKustomization('k8s/base');
  const after = fieldsAt(bodyOf(await plane.admin.request('GET', path), path), 'spec.external.parameters');
  expect(after).toEqual(parameters);
});

test('with the policies of k8s/overlays/safe around it, nothing that it does is refused', async () => {
  await plane.applyKustomization('k8s/overlays/safe');
  const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'foreign' }, type: 'Opaque' };
  const query = { fieldManager: 'volsync-prewarm', dryRun: 'All' };
  // A policy takes about a second to be in force.
  await expect
    .poll(() => worker.request('PATCH', `${IN_MEDIA}/secrets/foreign`, { type: APPLY, body: foreign, query }), {
      timeout: 20_000,
    })
    .toMatchObject({ code: 403 });
  newest.set('media/later-restore', repository(s3, 'media/later', ['first']).at(-1) ?? '');
  await using volsync = playVolSync(plane.admin, (where, name) => newest.get(`${where}/${name}`) ?? null);
  await plane.forgetAudit();
  expect(await run()).toMatchObject({ code: 0, stderr: '' });
  expect(volsync.syncs).toHaveLength(1);
  expect((await plane.audit(WORKER)).filter(({ code }) => code === 401 || code === 403)).toEqual([]);
});

/** The mover of a source has failed, and VolSync waits before it tries again. */
async function fail(name: string): Promise<void> {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `volsync-src-${name}`,
      labels: { 'app.kubernetes.io/created-by': 'volsync' },
      ownerReferences: [
        { apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationSource', name, uid: `uid-${name}` },
      ],
    },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'restic', image: 'restic' }] } } },
  };
  const jobs = '/apis/batch/v1/namespaces/media/jobs';
  bodyOf(await plane.admin.request('POST', jobs, { body: job }), jobs);
  const where = `${jobs}/${job.metadata.name}/status`;
  bodyOf(await plane.admin.request('PATCH', where, { type: MERGE, body: { status: { failed: 2 } } }), where);
}

/** A second namespace, which does not let movers be root: a claim with a backup, and where its source will be. */
async function home(): Promise<{ newestOfHome: string; notes: string }> {
  await create(namespace('home'));
  // No controller makes it here, and no pod is admitted without it.
  await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'home', name: 'default' } });
  await create(baseCredentials('home', s3.endpoint));
  await create(claim({ namespace: 'home', name: 'notes', labels: { backup: 'hourly' } }));
  await bindClaim(plane.admin, 'home', 'notes', null);
  const notes = '/apis/volsync.backube/v1alpha1/namespaces/home/replicationsources/notes-backup';
  return { newestOfHome: repository(s3, 'home/notes', ['first']).at(-1) ?? '', notes };
}

const SOURCES = '/apis/volsync.backube/v1alpha1/namespaces/media/replicationsources';

/** The worker's writes to sources and Secrets since the audit was forgotten, without those that were refused. */
async function written(): Promise<string[]> {
  const all = await plane.audit(WORKER);
  answered.push(...all);
  expect(all.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
  const ours = all.filter(({ verb, resource }) => !READS.has(verb) && /^(replicationsources|secrets)$/.test(resource));
  await plane.forgetAudit();
  return ours.map(({ verb, resource, name, code }) => `${verb} ${resource}/${name} ${code}`).sort();
}

test('under the same policies the worker makes, keeps, changes and deletes sources, and writes claim records', async () => {
  await using _ = playVolSync(plane.admin, (where, name) => newest.get(`${where}/${name}`) ?? null);
  const path = `${VOLSYNC}/namespaces/media/replicationdestinations/plex-config-restore`;
  const image = textAt(bodyOf(await plane.admin.request('GET', path), path), 'status.latestImage.name');
  await create(claim({ namespace: 'media', name: 'plex-config', labels: { backup: 'hourly' }, size: '10Gi' }));
  await bindClaim(plane.admin, 'media', 'plex-config', image);
  await create(claim({ namespace: 'media', name: 'emptied', labels: { backup: 'daily' }, size: '10Gi' }));
  await bindClaim(plane.admin, 'media', 'emptied', null);
  await plane.forgetAudit();

  // The one has come back with its data, the other has missed it: both are backed up, and both keep everything for now.
  expect(await run()).toMatchObject({ code: 3, stderr: '' });
  expect(await written()).toEqual([
    'create replicationsources/emptied-backup 201',
    'create replicationsources/plex-config-backup 201',
  ]);
  expect(s3.keys('.volsync-prewarm/claims/')).toEqual([
    '.volsync-prewarm/claims/media/emptied.json',
    '.volsync-prewarm/claims/media/plex-config.json',
  ]);
  const made = bodyOf(await plane.admin.request('GET', `${SOURCES}/plex-config-backup`), SOURCES);
  expect(at(made, 'spec.restic.retain')).toEqual({ hourly: 24, daily: 7, within: '3d', last: 'unlimited' });
  expect(textAt(made, 'metadata.annotations.volsync-prewarm/origin')).toMatch(/^restored@/);

  expect(await run()).toMatchObject({ code: 3 });
  expect(await written()).toEqual([]);

  // Another tier, and other keys in the base.
  await plane.kubectl(['label', '-n', 'media', '--overwrite', 'pvc/plex-config', 'backup=daily']);
  const base = baseCredentials('media', s3.endpoint, { AWS_SESSION_TOKEN: 'for-an-hour' });
  await plane.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(base));
  expect(await run()).toMatchObject({ code: 3 });
  const changes = await written();
  expect(changes).toContain('patch replicationsources/plex-config-backup 200');
  expect(changes).toContain('patch secrets/plex-config-volsync-secret 200');

  // A mover has died and left its lock, longer ago than VolSync's `restic unlock` needs.
  const lock = hexId('the lock of a dead mover');
  s3.put(`media/plex-config/locks/${lock}`, '{}', { at: new Date(Date.now() - 3_600_000) });
  await fail('plex-config-backup');
  await run();
  expect(await written()).toEqual(['patch replicationsources/plex-config-backup 200']);
  const unlocking = bodyOf(await plane.admin.request('GET', `${SOURCES}/plex-config-backup`), SOURCES);
  expect(textAt(unlocking, 'spec.restic.unlock')).toBe(lock.slice(0, 8));
  // Once for each lock.
  await run();
  expect(await written()).toEqual([]);

  // The source goes with its claim.
  await removeClaim(plane.admin, 'media', 'plex-config');
  await run();
  expect(await written()).toEqual(['delete replicationsources/plex-config-backup 200']);
});

test('an adopted source gets its unlock and the note of its backup, and nothing else, under the same policies', async () => {
  const lock = hexId('another lock');
  s3.put(`media/sonarr/locks/${lock}`, '{}', { at: new Date(Date.now() - 3_600_000) });
  const labels = { 'volsync-prewarm/adopt': 'true' };
  const theirs = source({
    namespace: 'media',
    claim: 'sonarr',
    name: 'nightly',
    labels,
    restic: { retain: { daily: 3 } },
  });
  bodyOf(await plane.admin.request('POST', SOURCES, { body: theirs }), SOURCES);
  await fail('nightly');
  const saved = `snapshot ${newest.get('media/sonarr-restore')?.slice(0, 8)} saved`;
  const status = { latestMoverStatus: { result: 'Failed', logs: `${saved}\nFatal: unable to create lock in backend` } };
  bodyOf(await plane.admin.request('PATCH', `${SOURCES}/nightly/status`, { type: MERGE, body: { status } }), 'status');
  await plane.forgetAudit();
  for (let runs = 0; runs < 3; runs += 1) await run();

  const changes = await written();
  expect(new Set(changes)).toEqual(new Set(['patch replicationsources/nightly 200']));
  const after = bodyOf(await plane.admin.request('GET', `${SOURCES}/nightly`), SOURCES);
  expect(at(after, 'spec')).toEqual({
    ...fieldsAt(theirs, 'spec'),
    restic: { ...fieldsAt(theirs, 'spec.restic'), unlock: lock.slice(0, 8) },
  });
  expect(at(after, 'metadata.annotations')).toEqual({ 'volsync-prewarm/has-backup': 'true' });
});

test('where nobody names a user, the worker sees as whom the pods of a claim run, and asks for no others', async () => {
  const { newestOfHome, notes } = await home();
  await using _ = playVolSync(plane.admin, (where, name) =>
    where === 'home' ? newestOfHome : (newest.get(`${where}/${name}`) ?? null),
  );
  const users = { runAsUser: 568, runAsGroup: 568, fsGroup: 568 };
  const app = pod({ namespace: 'home', name: 'notes-0', claim: 'notes', securityContext: users });
  bodyOf(await plane.admin.request('POST', '/api/v1/namespaces/home/pods', { body: app }), 'pods');
  await plane.forgetAudit();
  await run();
  const audited = await plane.audit(WORKER);
  answered.push(...audited);

  const pods = audited.filter(({ resource }) => resource === 'pods');
  expect(pods.map(({ verb, namespace: where, code }) => `${verb} ${where} ${code}`)).toEqual(['list home 200']);
  const made = bodyOf(await plane.admin.request('GET', notes), notes);
  expect(at(made, 'spec.restic.moverSecurityContext')).toEqual(users);
});

test('no right of k8s/base is left over', async () => {
  const rights = await grantedRights(plane.admin);
  expect(rights.filter((right) => !wasUsed(right, answered)).map(wordsOf)).toEqual([]);
});

const VOLSYNC = '/apis/volsync.backube/v1alpha1';
const IN_MEDIA = '/api/v1/namespaces/media';

test.each([
  ['list secrets', 'GET', '/api/v1/secrets'],
  ['list secrets by another name', 'GET', '/api/v1/secrets?fieldSelector=metadata.name%3Dplex-config-volsync-secret'],
  ['list secrets of a namespace', 'GET', `${IN_MEDIA}/secrets`],
  ['delete a secret', 'DELETE', `${IN_MEDIA}/secrets/volsync-rustfs-base`],
  ['replace a secret', 'PUT', `${IN_MEDIA}/secrets/volsync-rustfs-base`],
  ['get a pod', 'GET', `${IN_MEDIA}/pods/plex-0`],
  ['watch a log', 'GET', `${IN_MEDIA}/pods/plex-0/log`],
  ['create a pod', 'POST', `${IN_MEDIA}/pods`],
  ['list config maps', 'GET', '/api/v1/configmaps'],
  ['list nodes', 'GET', '/api/v1/nodes'],
  ['create a namespace', 'POST', '/api/v1/namespaces'],
  ['delete a namespace', 'DELETE', '/api/v1/namespaces/media'],
  ['create a claim', 'POST', `${IN_MEDIA}/persistentvolumeclaims`],
  ['change a claim', 'PATCH', `${IN_MEDIA}/persistentvolumeclaims/sonarr`],
  ['delete a claim', 'DELETE', `${IN_MEDIA}/persistentvolumeclaims/sonarr`],
  ['list events', 'GET', `${IN_MEDIA}/events`],
  ['make a token for itself', 'POST', '/api/v1/namespaces/volsync-system/serviceaccounts/volsync-prewarm/token'],
  ['create a job', 'POST', '/apis/batch/v1/namespaces/media/jobs'],
  ['delete all destinations at once', 'DELETE', `${VOLSYNC}/namespaces/media/replicationdestinations`],
  ['get a destination', 'GET', `${VOLSYNC}/namespaces/media/replicationdestinations/sonarr-restore`],
  ['replace a destination', 'PUT', `${VOLSYNC}/namespaces/media/replicationdestinations/sonarr-restore`],
  ['write a status', 'PATCH', `${VOLSYNC}/namespaces/media/replicationdestinations/sonarr-restore/status`],
  ['replace a source', 'PUT', `${VOLSYNC}/namespaces/media/replicationsources/sonarr-backup`],
  ['delete an image', 'DELETE', '/apis/snapshot.storage.k8s.io/v1/namespaces/media/volumesnapshots/x'],
  ['give itself a role', 'POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'],
])('may not %s', async (_words, method, path) => {
  const body = method === 'GET' || method === 'DELETE' ? {} : { body: {}, ...(method === 'PATCH' && { type: MERGE }) };
  expect(await worker.request(method, path, body)).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
});
