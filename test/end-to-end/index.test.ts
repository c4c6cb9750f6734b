/** The index on the wire: published before anything is made or deleted, by whom, when not, and the marker in the bucket. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seed } from '../../sandbox/seed.ts';
import { install } from '../../sandbox/install.ts';
import { hexId, repository } from '../../sandbox/story.ts';
import { GATE_BINDING } from '../../src/naming.ts';
import { ordinary, startLab, words, type Lab } from '../support/lab.ts';

const RDS = '/apis/volsync.backube/v1alpha1/namespaces';
const INDEX = `${RDS}/volsync-system/replicationdestinations/volsync-prewarm-index`;
const AT = '2025-03-01T11:00:00.000Z';
const MARKER = '.volsync-prewarm/bucket';

/** The ordinary repository has snapshots of 2025 and no claim. */
const ABANDONED = [expect.objectContaining({ reason: 'repository-abandoned' })];

let lab: Lab;
let newest: string;

beforeEach(async () => {
  lab = await startLab();
  newest = ordinary(lab).at(-1)!.slice(0, 8);
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

/** The index without its times, its place and what was read of the marker. */
function entries(): Record<string, string> {
  const { _generatedAt, _since, _bucket, _marker, ...rest } = lab.index();
  return rest;
}

/** The first index object as the API has it. */
function indexObject(): NonNullable<ReturnType<Lab['kube']['get']>> {
  return lab.kube.get('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index')!;
}

/** Index objects come last in a run only when what they say has changed: what else was written, in order. */
function written(): string[] {
  return lab.kube.requests.filter(({ method }) => method !== 'GET').map(({ path }) => path);
}

test('a first run publishes what it found before it applies anything, and at the end what it made of it', async () => {
  const { uid, resourceVersion } = indexObject().metadata;
  const ran = await lab.run();
  const [first] = lab.kube.requests.filter(({ method }) => method === 'PATCH');
  expect(first).toEqual({
    method: 'PATCH',
    path: INDEX,
    query: { fieldManager: 'volsync-prewarm', force: 'true' },
    contentType: 'application/apply-patch+yaml',
    status: 200,
    user: 'worker',
    body: {
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationDestination',
      metadata: { name: 'volsync-prewarm-index', namespace: 'volsync-system', uid, resourceVersion },
      spec: {
        external: {
          parameters: {
            _generatedAt: expect.stringMatching(/^20\d\d-.*Z$/),
            _since: expect.stringMatching(/^20\d\d-.*Z$/),
            _bucket: `s3:${lab.s3.endpoint}/volsync-backups`,
            _marker: expect.stringMatching(/^20\d\d-.*Z$/),
            'media.plex-config': `attach cold:queued ${newest} ${AT}`,
          },
        },
      },
    },
  });
  expect(written().slice(1, 3)).toEqual([
    '/api/v1/namespaces/media/secrets',
    `${RDS}/media/replicationdestinations/plex-config-restore`,
  ]);
  expect(ran.code).toBe(0);
  expect(entries()).toEqual({ _onStale: 'allow', 'media.plex-config': `attach warm ${newest} ${AT}` });
});

test('the installer’s part of the object stays the installer’s', async () => {
  const before = indexObject();
  await lab.run();
  const after = indexObject();
  expect([after.metadata.labels, after.spec?.['external']]).toEqual([
    before.metadata.labels,
    { provider: 'volsync-prewarm/index', parameters: lab.index() },
  ]);
  lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
    spec: { external: { parameters: { _onStale: 'deny' } } },
  });
  await lab.run();
  expect(lab.index()).toMatchObject({ _onStale: 'deny', 'media.plex-config': `attach warm ${newest} ${AT}` });
});

test('a run that finds nothing new writes nothing, and behind 8 minutes the time and nothing else, once', async () => {
  await lab.run();
  const before = lab.index();
  lab.forget();
  const soon = Date.now() + 5 * 60_000;
  expect(await lab.run([], { now: () => soon })).toMatchObject({ code: 0, passes: 1, published: [] });
  expect([lab.index(), written()]).toEqual([before, []]);
  const now = Date.now() + 10 * 60_000;
  expect(await lab.run([], { now: () => now })).toMatchObject({
    code: 0,
    passes: 1,
    published: ['volsync-prewarm-index: done'],
  });
  expect(lab.index()).toEqual({ ...before, _generatedAt: new Date(now).toISOString() });
  expect(written()).toEqual([INDEX]);
});

test('L1: a run that is stopped once it has published what is newer holds VolSync back from the older image', async () => {
  await lab.run();
  const third = repository(lab.s3, 'media/plex-config', [{ seed: 'third', at: new Date('2025-03-01T12:00:00Z') }])
    .at(-1)!
    .slice(0, 8);
  const stopped = await lab.run([], { until: () => true });
  expect(stopped.published).toEqual(['volsync-prewarm-index: done']);
  expect(stopped.performed).toEqual(['note-newest media/plex-config: done']);
  const destination = lab.kube.get('ReplicationDestination', 'media', 'plex-config-restore');
  expect(destination?.metadata.annotations).toMatchObject({
    'volsync-prewarm/newest-snapshot': third,
    'volsync-prewarm/hold-until': expect.stringMatching(/^20\d\d-.*Z$/),
  });
  const next = await lab.run();
  expect(next.performed).toContain('retrigger media/plex-config: done');
});

test('L1: a run that is killed right after the index leaves no claim to be filled from the older image', async () => {
  await lab.run();
  repository(lab.s3, 'media/plex-config', [{ seed: 'third', at: new Date('2025-03-01T12:00:00Z') }]);
  lab.kube.requests.length = 0;
  await lab.run();
  const [first, second] = written();
  expect([first, second]).toEqual([`${RDS}/media/replicationdestinations/plex-config-restore`, INDEX]);
});

test('two runs at once do no harm: both end well, and the index is that of either', async () => {
  for (const name of ['a', 'b', 'c']) ordinary(lab, name, 'data');
  const [one, two] = await Promise.all([lab.run(), lab.run()]);
  expect([one.code, two.code]).toEqual([0, 0]);
  const warm = expect.stringMatching(/^attach warm [0-9a-f]{8} 2025-03-01T11:00:00\.000Z$/);
  await lab.run();
  expect(entries()).toEqual({
    _onStale: 'allow',
    'a.data': warm,
    'b.data': warm,
    'c.data': warm,
    'media.plex-config': warm,
  });
});

test('a listing that began earlier does not replace one that began later', async () => {
  const now = Date.now();
  await lab.run([], { now: () => now });
  const before = lab.index();
  expect(await lab.run([], { now: () => now - 1 })).toMatchObject({ code: 0, published: [] });
  expect(lab.index()).toEqual(before);
});

test('somebody wrote between the look and the write: a conflict, and the next look publishes', async () => {
  await lab.run();
  const third = hexId('third');
  lab.s3.put(`media/plex-config/snapshots/${third}`, 'snapshot', { at: new Date('2025-03-01T12:00:00Z') });
  const ran = await lab.run([], {
    until: (_, pass) => {
      if (pass === 1)
        lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
          metadata: { annotations: { by: 'hand' } },
        });
      return false;
    },
  });
  expect(ran.published.slice(0, 2)).toEqual(['volsync-prewarm-index: conflict', 'volsync-prewarm-index: done']);
  expect(ran.code).toBe(0);
  expect(entries()).toEqual({
    _onStale: 'allow',
    'media.plex-config': `attach warm ${third.slice(0, 8)} 2025-03-01T12:00:00.000Z`,
  });
});

test('a conflict is worth another look, even when nothing else is', async () => {
  await lab.run();
  lab.kube.fault({ method: 'PATCH', path: INDEX, status: 409, message: 'changed', times: 1 });
  const later = Date.now() + 10 * 60_000;
  expect(await lab.run([], { now: () => later })).toMatchObject({
    code: 0,
    passes: 2,
    performed: [],
    published: ['volsync-prewarm-index: conflict', 'volsync-prewarm-index: done'],
  });
});

test('the right to write it is lacking: exit 1, and everything else is done', async () => {
  lab.kube.fault({ method: 'PATCH', path: INDEX, status: 403, message: 'forbidden by RBAC' });
  const ran = await lab.run();
  expect(ran.code).toBe(1);
  expect(new Set(ran.published)).toEqual(new Set(['volsync-prewarm-index: failed']));
  expect(ran.performed).toEqual([
    'create-credentials media/plex-config: done',
    'create-destination media/plex-config: done',
    'record-proof media/plex-config: done',
    'prove-password media/plex-config: done',
  ]);
  expect(entries()).toEqual({ _onStale: 'allow' });
});

test('what failed in one look and was made good by the next is no failure', async () => {
  lab.kube.fault({ method: 'PATCH', path: INDEX, status: 403, times: 1 });
  const ran = await lab.run();
  expect(ran.published.slice(0, 2)).toEqual(['volsync-prewarm-index: failed', 'volsync-prewarm-index: done']);
  expect(ran.code).toBe(0);
});

test.each(['report', 'create-only'])(
  '--mode %s tells the policies nothing, and leaves the bucket alone',
  async (mode) => {
    const ran = await lab.run(['--mode', mode]);
    expect(ran).toMatchObject({ code: 0, published: [], marked: [] });
    expect(lab.index()).toEqual({ _onStale: 'allow' });
    expect(lab.s3.keys('.volsync-prewarm/')).toEqual([]);
  },
);

test('without the installer’s object nothing is published, and it is never made: index-missing', async () => {
  lab.kube.remove('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index');
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, published: [] });
  expect(words(ran.findings)).toEqual([
    'index-missing volsync-system/volsync-prewarm-index',
    'capacity-assumed media/plex-config',
  ]);
  expect(lab.kube.list('ReplicationDestination', 'volsync-system')).toEqual([]);
  seed(lab.kube);
  expect(await lab.run()).toMatchObject({ findings: ABANDONED, published: ['volsync-prewarm-index: done'] });
});

test('where a gate misses the index, a run without it is a failed one', async () => {
  install(lab.kube, 'safe');
  lab.kube.remove('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index');
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 1, published: [] });
  expect(ran.performed).toContain('record-proof media/plex-config: done');

  seed(lab.kube);
  lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
    metadata: { labels: { 'volsync-prewarm/index': null } },
  });
  expect(await lab.run()).toMatchObject({ code: 1, published: ['volsync-prewarm-index: failed'] });

  install(lab.kube, 'safe');
  expect(await lab.run()).toMatchObject({ code: 0, findings: ABANDONED });
});

test.each([
  [404, 0],
  [403, 0],
  [500, 1],
])('whether a gate misses the index is answered by %i: exit %i', async (status, code) => {
  lab.kube.remove('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index');
  lab.kube.fault({ path: `/validatingadmissionpolicybindings/${GATE_BINDING}`, status });
  expect(await lab.run()).toMatchObject({ code });
});

test('without its label it is written all the same, and a finding says that nobody reads it', async () => {
  lab.kube.patch('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index', {
    metadata: { labels: { 'volsync-prewarm/index': null } },
  });
  const ran = await lab.run();
  expect(words(ran.findings)).toEqual([
    'index-missing volsync-system/volsync-prewarm-index',
    'capacity-assumed media/plex-config',
  ]);
  expect(entries()).toMatchObject({ 'media.plex-config': `attach warm ${newest} ${AT}` });
});

test('a bucket is marked when it is first seen with repositories, and never again', async () => {
  for (const key of lab.s3.keys()) lab.s3.remove(key);
  expect(await lab.run()).toMatchObject({ code: 0, marked: [] });
  expect(lab.index()).toMatchObject({ _bucketUnmarked: expect.any(String) });
  ordinary(lab);
  const now = Date.now();
  expect(await lab.run([], { now: () => now })).toMatchObject({ code: 0, marked: ['done'] });
  const marker: unknown = JSON.parse(lab.s3.get(MARKER)!.toString());
  expect(marker).toEqual({ markedBy: 'volsync-prewarm', at: new Date(now).toISOString() });
  expect(lab.index()).not.toHaveProperty('_bucketUnmarked');
  expect(await lab.run()).toMatchObject({ code: 0, marked: [] });
  expect(lab.s3.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
});

test('a key that may not write: the bucket stays unmarked, with a warning, and all else is as ever', async () => {
  const refusal = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>No.</Message></Error>';
  const undo = lab.s3.answer(({ method }) => (method === 'PUT' ? { status: 403, body: refusal } : undefined));
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, marked: ['AccessDenied: No.'] });
  expect(ran.report.summary.restorePoints).toEqual({ warm: 1 });
  undo();
  expect(await lab.run()).toMatchObject({ code: 0, marked: ['done'] });
});

test('--prefix: the marker lies below it, where the listing sees it', async () => {
  lab.s3.put(`site-a/media/plex-config/snapshots/${hexId('first')}`, 'snapshot', { at: new Date(AT) });
  expect(await lab.run(['--prefix', 'site-a/'])).toMatchObject({ marked: ['done'] });
  expect(lab.s3.keys().filter((key) => key.endsWith(MARKER))).toEqual([`site-a/${MARKER}`]);
  expect(await lab.run(['--prefix', 'site-a/'])).toMatchObject({ marked: [] });
});

test('an index that somebody else writes again and again is told after three tries, and the rest is done', async () => {
  lab.kube.fault({ method: 'PATCH', path: INDEX, status: 409, message: 'the object has been modified' });

  const ran = await lab.run();

  expect(ran.code).toBe(1);
  expect(ran.performed).toContain(`record-proof media/plex-config: done`);
  expect(ran.cutShort).toBe(false);
});
