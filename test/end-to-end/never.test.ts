/** What must never happen, in stories of several runs: shipped policies, the program over the wire, time in one's hand. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readinessCommand } from '../../job/commands/readiness.ts';
import { clusterFor, portsFor } from '../../job/open.ts';
import { at, text } from '../../sandbox/kube/objects.ts';
import { claim, destination, hexId } from '../../sandbox/story.ts';
import { strings } from '../../src/cluster/read.ts';
import type { PlanResult } from '../../src/plan/plan.ts';
import { indexWrites } from '../../src/index/shards.ts';
import { planOnce } from '../../src/run.ts';
import { ordinary, settingsOf, startLab, words, type Lab } from '../support/lab.ts';

const MINUTE = 60_000;
const OVERLAYS = ['safe', 'strict'];
let now: number;
let lab: Lab;

beforeEach(async () => {
  now = Date.now() - 40 * MINUTE;
  lab = await startLab({ clock: () => new Date(now) });
});
afterEach(() => lab[Symbol.asyncDispose]());

type Options = NonNullable<Parameters<Lab['run']>[1]>;

/** The next run of the CronJob. */
function run(args: string[] = [], options: Options = {}): ReturnType<Lab['run']> {
  now += 5 * MINUTE;
  return lab.run(['--default-capacity', '1Gi', '--request-timeout', '30s', ...args], { now: () => now, ...options });
}

/** Git makes the claim: how it fares. `backup`: its volume has a snapshot's data; `empty`: it has nothing. */
async function create(namespace: string, size = '1Gi'): Promise<string> {
  try {
    lab.kube.apply(claim({ namespace, name: 'data', size, labels: { backup: 'hourly' } }));
  } catch {
    return 'refused';
  }
  return fares(namespace);
}

async function fares(namespace: string): Promise<string> {
  await lab.volsync.idle().catch(() => undefined);
  const made = lab.kube.get('PersistentVolumeClaim', namespace, 'data');
  const how = lab.volsync.contentOf(namespace, 'data') === null ? 'empty' : 'backup';
  return text(made, 'status.phase') === 'Bound' ? how : 'waits';
}

function world(...names: string[]): void {
  for (const name of names) ordinary(lab, name, 'data');
}

/** The disk of the S3 server, or a folder on it, is away for a while. */
function unmount(folder = ''): () => void {
  const kept = lab.s3.objects(folder).map(({ key, at: when }) => ({ key, when, body: lab.s3.get(key)! }));
  for (const { key } of kept) lab.s3.remove(key);
  return () => {
    for (const { key, when, body } of kept) lab.s3.put(key, body, { at: when });
  };
}

function image(namespace: string): string {
  return text(lab.kube.get('ReplicationDestination', namespace, 'data-restore'), 'status.latestImage.name')!;
}

const noJobs = (): void => void lab.kube.fault({ path: '/apis/batch/v1/jobs', status: 403, message: 'no' });

// never an empty start: hold attaches an image that is marked as empty
const BLIND: Record<string, () => void> = {
  'Jobs cannot be listed': noJobs,
  'the S3 server answers 503': () =>
    void lab.s3.answer(({ method }) => (method === 'GET' ? { status: 503, body: '' } : undefined)),
  'the disk is still away (listing-shrank)': () => undefined,
  'the index cannot be written': () => {
    lab.kube.fault({ method: 'PATCH', path: '/volsync-prewarm-index', status: 403, message: 'no' });
    lab.kube.fault({ method: 'DELETE', path: '/replicationdestinations/', status: 403, message: 'no' });
  },
};
test.each([['strict', 'Jobs cannot be listed'], ...Object.keys(BLIND).map((how) => ['safe', how] as const)] as const)(
  '%s: an empty image is never used, though %s',
  async (overlay, how) => {
    lab.sandbox.install(overlay);
    world('media', 'a', 'b', 'c');
    lab.volsync.pause();
    await run([], { until: (_, pass) => pass > 1 }); // ends (drained node, deadline) before VolSync has begun
    const mount = unmount();
    lab.volsync.resume();
    await lab.volsync.idle(); // movers: restic init, "No eligible snapshots found", success
    if (!how.includes('disk')) mount();
    BLIND[how]?.();
    const ran = await run();
    expect(ran.performed).toContain('mark-suspect media/data: done');
    expect(await create('media')).not.toBe('empty');
  },
);

// never a claim that hangs on nothing: backup and VolumeSnapshot are gone, the destination still names it
test.each([...OVERLAYS.map((overlay) => [overlay, false] as const), ['safe', true] as const])(
  '%s: a backup that is gone together with its image leaves nothing to hang on (--prune, and a claim that waits: %s)',
  async (overlay, prune) => {
    const args = prune ? ['--prune'] : [];
    lab.sandbox.install(overlay);
    world('media', 'a', 'b');
    await run(args);
    const named = image('media');
    for (const key of lab.s3.keys('media/')) lab.s3.remove(key);
    lab.kube.remove('VolumeSnapshot', 'media', named);
    if (prune) await create('media');
    for (let count = 0; count < 6; count += 1) await run(args);
    // The restore point still counts on it, so absence alone decides nothing: a claim is refused, and does not hang.
    expect(lab.index()['media.data']).toMatch(/^refuse cold:backup-gone /);
    lab.kube.remove('PersistentVolumeClaim', 'media', 'data');
    expect(await create('media')).toBe('refused');
    // The cure that the reason names. --prune leaves it too: the volume behind it may be the last copy.
    lab.kube.remove('ReplicationDestination', 'media', 'data-restore');
    for (let count = 0; count < 5; count += 1) await run(args);
    expect(await create('media')).toBe('empty');
  },
);

test('a backup that comes back is used again, although its image was given up', async () => {
  lab.sandbox.install('safe');
  world('media', 'a', 'b');
  await run();
  const mount = unmount('media/');
  lab.kube.remove('VolumeSnapshot', 'media', image('media'));
  for (let count = 0; count < 5; count += 1) await run();
  expect(lab.kube.get('ReplicationDestination', 'media', 'data-restore')?.metadata.annotations).toMatchObject({
    'volsync-prewarm/suspect-reason': 'image-missing',
  });
  mount();
  expect(await run()).toMatchObject({ code: 0 });
  expect(await create('media')).toBe('backup');
});

test('readiness says of such a claim that it would start empty', async () => {
  lab.sandbox.install('safe');
  world('media', 'a', 'b');
  await run();
  await create('media');
  const named = image('media');
  for (const key of lab.s3.keys('media/')) lab.s3.remove(key);
  lab.kube.remove('VolumeSnapshot', 'media', named);
  // A source of ours would back the live claim up again.
  for (let count = 0; count < 6; count += 1) await run(['--sources', 'off']);
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const code = await readinessCommand(await settingsOf(lab.env, ['readiness', '--output', 'json']));
  printed.mockRestore();
  expect(code).toBe(1);
});

// never an empty start: where a foreign destination restores from was unknown, and the backup at the layout path was forgotten
test.each(OVERLAYS)('%s: a foreign destination whose Secret is missing hides no backup', async (overlay) => {
  lab.sandbox.install(overlay);
  world('media');
  lab.kube.apply(destination({ namespace: 'media', claim: 'data', tag: 'by-hand', restic: { repository: 'nowhere' } }));
  expect(await run()).toMatchObject({ code: 0 });
  expect(lab.index()['media.data']).toMatch(/^refuse blocked:destination-foreign /);
  expect(await create('media')).toBe('refused');
});

// never an empty start: a server that ignores the delimiter
test.each([
  ['safe', 'everywhere', ''],
  ['strict', 'below the first level', 'media/'],
])('%s: a server that ignores the delimiter %s is not believed', async (overlay, _, from) => {
  lab.sandbox.install(overlay);
  world('media');
  lab.s3.put('.volsync-prewarm/bucket', '{}'); // the old cluster has marked it
  lab.s3.answer(({ method, url }) => {
    const query = new URL(url, 'http://s3').searchParams;
    const prefix = query.get('prefix') ?? '';
    if (method !== 'GET' || !query.has('delimiter') || !prefix.startsWith(from)) return undefined;
    const found = lab.s3.objects(prefix);
    const contents = found.map(
      ({ key, size, at: when }) =>
        `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>${when.toISOString()}</LastModified></Contents>`,
    );
    const head = `<KeyCount>${found.length}</KeyCount><IsTruncated>false</IsTruncated>`;
    return { body: `<?xml version="1.0"?><ListBucketResult>${head}${contents.join('')}</ListBucketResult>` };
  });
  await run();
  expect(await create('media')).not.toBe('empty');
});

// never an empty start: `ignore` is kept after the namespace has been included again
const UNSEEN: Record<string, () => void> = {
  'Jobs cannot be listed': noJobs,
  'its base credentials cannot be read': () =>
    void lab.kube.fault({ method: 'GET', path: '/secrets/volsync-rustfs-base', status: 403, message: 'no' }),
};
test.each(OVERLAYS.flatMap((overlay) => Object.keys(UNSEEN).map((how) => [overlay, how] as const)))(
  '%s: a namespace that is no longer excluded is not let through, though %s',
  async (overlay, how) => {
    lab.sandbox.install(overlay);
    world('media');
    await run(['--exclude-namespaces', 'media']);
    UNSEEN[how]?.();
    await run();
    expect(await create('media')).not.toBe('empty');
  },
);

// never an empty start: a second failure hides that the bucket has shrunk, and the index is refreshed from it
test.each([false, true])('strict: an empty bucket makes the index stale; Jobs cannot be listed: %s', async (fails) => {
  lab.sandbox.install('strict');
  world('a', 'b', 'c');
  await run();
  now += MINUTE; // the first backup of a new application; then the disk goes, before the next run
  lab.s3.put(`media/data/snapshots/${hexId('first')}`, 'x', { at: new Date(now) });
  const mount = unmount();
  if (fails) noJobs();
  for (let count = 0; count < 6; count += 1) await run();
  lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } });
  const outcome = await create('media');
  mount();
  expect(outcome).toBe('refused');
});

// never a claim that hangs on nothing: an absence that was counted by a clock that was ahead
test.each(['index', 'destination'])('an absence is counted on after a clock was ahead once (%s)', async (memory) => {
  lab.sandbox.install('safe');
  world('a', 'b', 'c');
  if (memory === 'destination') world('media');
  else {
    lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } });
    lab.s3.put(`media/data/snapshots/${hexId('gone')}`, 'x', { at: new Date('2025-03-01T10:00:00Z') });
  }
  await run();
  for (const key of lab.s3.keys('media/')) lab.s3.remove(key);
  await run([], { now: () => now + 365 * 24 * 60 * MINUTE });
  for (let count = 0; count < 5; count += 1) await run();
  // A usable image is the last copy: it is attached although the backup is gone.
  expect(lab.index()['media.data'] ?? 'gone').toMatch(memory === 'index' ? /^gone$/ : /^attach warm /);
  const [told] = (await run()).report.entries.filter(({ namespace }) => namespace === 'media');
  expect(told?.backup.state ?? 'absent').toBe('absent');
});

// never a claim that hangs on nothing: kubectl get -o yaml, another name, kubectl apply
test.each(OVERLAYS)('%s: a copy of the index beside it says nothing', async (overlay) => {
  lab.sandbox.install(overlay);
  world('media', 'a', 'b', 'c');
  await run(['--default-capacity', 'none']);
  const { metadata, ...rest } = lab.kube.get('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index')!;
  const copy = { name: 'volsync-prewarm-index-before-upgrade', namespace: 'volsync-system', labels: metadata.labels! };
  lab.kube.apply({ ...rest, metadata: copy });
  for (const key of lab.s3.keys('media/')) lab.s3.remove(key);
  for (let count = 0; count < 5; count += 1) await run(['--default-capacity', 'none']);
  expect(lab.index()['media.data']).toBeUndefined();
  expect(await create('media')).toBe('empty'); // nothing is there: it starts fresh
});

// never an empty start: two runs at once while the index grows by an object
test('strict: a run that began earlier takes nothing from an index object that a later one has just made', async () => {
  lab.sandbox.install('strict');
  lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } });
  const settings = await settingsOf(lab.env, ['run']);
  const look = (): Promise<PlanResult> => {
    now += 1000;
    const ports = { ...portsFor(settings, lab.env), now: () => now };
    return planOnce(ports, settings, AbortSignal.timeout(9000));
  };
  // Looker.publish with two entries in an object instead of 4,000
  const publish = async ({ index, context }: PlanResult): Promise<string[]> => {
    const told: string[] = [];
    for (const write of indexWrites(index, context.cluster.index, 2)) {
      const { state } = await (await clusterFor(settings)()).publish(write, AbortSignal.timeout(9000));
      told.push(`${write.shard}: ${state}`);
      if (state !== 'done') break;
    }
    return told;
  };
  const back = (name: string): void =>
    lab.s3.put(`media/${name}/snapshots/${hexId(name)}`, 'x', { at: new Date('2025-03-01T10:00:00Z') });
  for (const name of ['a', 'b']) back(name);
  await publish(await look());
  back('c');
  const older = await look();
  back('x1'); // a first backup, a second later
  const younger = await look();
  expect(await publish(younger)).toEqual(['1: done', '0: done']);
  await publish(older);
  const listed = ['volsync-prewarm-index', 'volsync-prewarm-index-1'].flatMap((name) =>
    Object.keys(
      strings(at(lab.kube.get('ReplicationDestination', 'volsync-system', name), 'spec.external.parameters')),
    ),
  );
  expect(listed).toEqual(expect.arrayContaining([...younger.index!.entries.keys()]));
});

// never a claim that hangs without a word: VolSync goes on with the first image that it is offered
test.each(['its size was assumed', 'it is made smaller while the first sync runs'])(
  'a held claim binds, or is refused, or somebody is told: %s',
  async (how) => {
    lab.sandbox.install('safe');
    world('media');
    const assumed = how.includes('assumed');
    const args = ['--default-capacity', assumed ? '10Gi' : 'none'];
    await run(args);
    let outcome = '';
    if (assumed) outcome = await create('media', '1Gi');
    else {
      await create('media', '10Gi');
      lab.volsync.pause();
      await run(args, { until: (_, pass) => pass > 1 });
      lab.kube.remove('PersistentVolumeClaim', 'media', 'data');
      outcome = await create('media', '1Gi');
      lab.volsync.resume();
    }
    const told: string[] = [];
    for (let count = 0; count < 6; count += 1) told.push(...words((await run(args)).findings));
    const ends = outcome === 'refused' ? outcome : await fares('media');
    expect([ends, told.some((one) => one.includes('media/data'))]).not.toEqual(['waits', false]);
  },
);
