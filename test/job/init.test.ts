/** `init` over the wire: an overlay with what the cluster shows, a list of what each claim needs, and no write to the cluster. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bundle } from '../../job/build.ts';
import { initCommand } from '../../job/commands/init.ts';
import { asInput, at } from '../../sandbox/kube/objects.ts';
import { claim, destination, source } from '../../sandbox/story.ts';
import { HAS_KUBECTL, KUBECTL } from '../support/kubectl.ts';
import { ordinary, settingsOf, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let folder: string;

beforeEach(async () => {
  lab = await startLab();
  folder = await mkdtemp(join(tmpdir(), 'prewarm-init-'));
  ordinary(lab);
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config', labels: { backup: 'daily' } }));
  // Written by hand, as people have it: a source, and a destination of a name of its own.
  lab.kube.apply(claim({ namespace: 'media', name: 'tautulli' }));
  lab.kube.apply(secret('tautulli', `s3:${lab.s3.endpoint}/volsync-backups/media/tautulli`));
  lab.kube.apply(source({ namespace: 'media', claim: 'tautulli', restic: { repository: 'tautulli' } }));
  lab.kube.apply(named('tautulli-dst', { repository: 'tautulli' }));
  lab.kube.apply(named('in-place', { repository: 'tautulli', destinationPVC: 'tautulli' }));
  lab.kube.apply(claim({ namespace: 'media', name: 'cache' }));
  lab.forget();
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function secret(name: string, repository: string): Parameters<Lab['kube']['apply']>[0] {
  const values = {
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: 'hush',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  };
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'media', name }, data };
}

function named(name: string, restic: Record<string, string>): Parameters<Lab['kube']['apply']>[0] {
  const made = destination({ namespace: 'media', claim: name, tag: 'restore-once', restic });
  return { ...made, metadata: { ...made.metadata, name } };
}

async function init(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockReturnValue(true),
  );
  const settings = await settingsOf(lab.env, ['init']);
  const asked = {
    dir: folder,
    image: 'registry.home:5000/prewarm:1.2',
    overlay: 'observe',
    force: words.includes('--force'),
  };
  const code = await initCommand(settings, asked, lab.env);
  const said = [out, err].map((spy) => spy?.mock.calls.map(([text]) => String(text)).join('') ?? '');
  vi.restoreAllMocks();
  return { code, out: said[0] ?? '', err: said[1] ?? '' };
}

test('it tells what each claim needs, with the command, and what cannot be helped', async () => {
  const { code, out, err } = await init();

  expect([code, err]).toEqual([0, '']);
  const under = (head: string): string[] => {
    const [, rest = ''] = out.split(`\n${head}`);
    return (
      rest
        .split('\n\n', 1)[0]
        ?.split('\n')
        .slice(1)
        .map((line) => line.trim()) ?? []
    );
  };
  expect(out).toContain('1 claims have the label already.');
  expect(under('These claims have VolSync objects')).toEqual([
    'media/tautulli: kubectl -n media label --overwrite pvc tautulli backup=hourly',
  ]);
  expect(under('These destinations are kept fresh')).toEqual([
    'media/tautulli-dst: kubectl -n media label replicationdestination tautulli-dst volsync-prewarm/adopt=true',
  ]);
  expect(under('With the same label on these sources')).toEqual([
    'media/tautulli-backup: kubectl -n media label replicationsource tautulli-backup volsync-prewarm/adopt=true',
  ]);
  expect(under('These cannot be helped')).toEqual([expect.stringMatching(/^media\/in-place: destination-in-place: /)]);
  expect(under('Nobody backs these claims up')).toEqual([
    'media/cache: kubectl -n media label --overwrite pvc cache backup=hourly',
  ]);
  expect(out).not.toContain('hush');
  expect(lab.writes()).toEqual([]);
});

test('the overlay has what the Secrets and the classes say, and renders; the cluster accepts it', async () => {
  await init();

  const [patch] = loadAll(await readFile(join(folder, 'configmap.yaml'), 'utf8'));
  expect(at(patch, 'data')).toMatchObject({
    PREWARM_ENDPOINT: lab.s3.endpoint,
    PREWARM_BUCKET: 'volsync-backups',
    PREWARM_DEFAULT_CAPACITY: 'none',
  });
  if (!HAS_KUBECTL) {
    console.log('not rendered: there is no kubectl on this machine');
    return;
  }
  const rendered = loadAll(execFileSync(KUBECTL, ['kustomize', folder], { encoding: 'utf8' })).map(asInput);
  for (const object of rendered) lab.kube.apply(object);
  const data = at(lab.kube.get('ConfigMap', 'volsync-system', 'volsync-prewarm'), 'data');
  expect(data).toMatchObject({ PREWARM_ENDPOINT: lab.s3.endpoint, PREWARM_MAX_SYNCING: '4' });
  expect(JSON.stringify(lab.kube.get('CronJob', 'volsync-system', 'volsync-prewarm'))).toContain(
    'registry.home:5000/prewarm:1.2',
  );
  expect(lab.kube.get('ValidatingAdmissionPolicy', '', 'volsync-prewarm-jail')).toBeDefined();
});

test('the folder above the claims, and further servers, are read from the Secrets', async () => {
  lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'films' } });
  for (const name of ['one', 'two', 'three', 'four', 'five']) {
    lab.kube.apply(claim({ namespace: 'films', name }));
    lab.kube.apply({
      ...secret(name, `s3:http://nas.home:9000/backups/k8s/films/${name}`),
      metadata: { namespace: 'films', name },
    });
    lab.kube.apply(source({ namespace: 'films', claim: name, restic: { repository: name } }));
  }

  await init();

  const [patch] = loadAll(await readFile(join(folder, 'configmap.yaml'), 'utf8'));
  expect(at(patch, 'data')).toMatchObject({
    PREWARM_ENDPOINT: 'http://nas.home:9000',
    PREWARM_BUCKET: 'backups',
    PREWARM_PREFIX: 'k8s/',
    PREWARM_ALLOW_ENDPOINTS: new URL(lab.s3.endpoint).host,
  });
});

test('files that are there stay, unless --force is given', async () => {
  await writeFile(join(folder, 'configmap.yaml'), 'mine');

  const refused = await init();

  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('nothing was written');
  expect(await readFile(join(folder, 'configmap.yaml'), 'utf8')).toBe('mine');
  expect((await init('--force')).code).toBe(0);
  expect(await readFile(join(folder, 'configmap.yaml'), 'utf8')).not.toBe('mine');
});

test('a bucket that cannot be listed is said; a list of the cluster that failed is exit 1', async () => {
  lab.s3.answer(() => ({ status: 403, body: '' }));
  const seen = await init();
  expect([seen.code, seen.out]).toEqual([
    0,
    expect.stringContaining('the bucket volsync-backups could not be listed from here'),
  ]);

  lab.kube.fault({ method: 'GET', path: 'replicationsources', status: 403, message: 'not for you' });
  const { code, out } = await init('--force');
  expect([code, out]).toEqual([1, expect.stringContaining('replicationsources could not be listed')]);
});

test('the bundle finds the manifests of the checkout that it stands in', { timeout: 60_000 }, async () => {
  const root = fileURLToPath(new URL('../../dist/', import.meta.url));
  await mkdir(root, { recursive: true });
  await using dist = await mkdtempDisposable(join(root, 'init-'));
  const file = join(dist.path, 'volsync-prewarm.cjs');
  await bundle(file);
  await using sandboxed = await startLab({ program: file });
  ordinary(sandboxed);

  const { code, stdout, stderr } = await sandboxed.spawn(['init', '--dir', join(folder, 'mine'), '--image', 'x/y:1']);

  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`Written: ${join(folder, 'mine/kustomization.yaml')}`);
  expect(await readFile(join(folder, 'mine/kustomization.yaml'), 'utf8')).toMatch(
    /^ {2}- (\.\.\/)+.*k8s\/overlays\/observe$/m,
  );
});
