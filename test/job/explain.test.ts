import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { explainCommand } from '../../job/commands/explain.ts';
import { claim } from '../../sandbox/story.ts';
import { ordinary, settingsOf, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let newest: string;

beforeEach(async () => {
  lab = await startLab();
  newest = ordinary(lab).at(-1)?.slice(0, 8) ?? '';
});

afterEach(() => lab[Symbol.asyncDispose]());

async function explain(claim: string, ...args: string[]): Promise<{ code: number; page: string }> {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const settings = await settingsOf(lab.env, ['explain', claim, ...args]);
  const code = await explainCommand({ settings, claim }, lab.env);
  return { code, page: String(printed.mock.lastCall?.[0]) };
}

test('a claim that is about to be warmed: what was seen, every gate, and what the next run will do', async () => {
  const { code, page } = await explain('media/plex-config');

  expect(code).toBe(0);
  expect(page).toContain('media/plex-config: cold (queued)');
  expect(page).toContain('bucket: listing of volsync-backups/media/plex-config/snapshots/');
  expect(page.match(/^ +✓/gm)?.length).toBeGreaterThan(10);
  expect(page).not.toMatch(/^ +[✗·]/m);
  expect(page).toContain(`The next run will: create-credentials, then create-destination (trigger ${newest})`);
});

test('a closed gate decides, and those behind it are not reached', async () => {
  lab.kube.remove('Namespace', '', 'media');

  const { code, page } = await explain('media/plex-config');

  expect(code).toBe(0);
  expect(page).toMatch(/✗ {2}namespace-missing +cluster: namespace media does not exist\n +· {2}credentials-missing/);
  expect(page).toContain('The next run will: look again, and go on when namespace-missing has passed');
});

test('what a person can accept: the findings of the claim, with the exact command', async () => {
  const annotations = { 'volsync-prewarm/accept': 'nonsense' };
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config', labels: { backup: 'hourly' }, annotations }));
  const uid = lab.kube.get('PersistentVolumeClaim', 'media', 'plex-config')?.metadata.uid ?? '';

  const { page } = await explain('media/plex-config');

  expect(page).toMatch(/Findings:\n(?: .*\n)* +acceptance-unmatched /);
  expect(page).toContain(`volsync-prewarm/accept=${uid}`);
});

test('the same for programs', async () => {
  const { page } = await explain('media/plex-config', '--output', 'json');

  expect(JSON.parse(page)).toMatchObject({
    kind: 'Explanation',
    version: 1,
    entry: { namespace: 'media', claim: 'plex-config', restorePoint: { state: 'cold', reason: 'queued' } },
    gates: expect.arrayContaining([{ reason: 'queued', state: 'open', fact: expect.anything() }].slice(1)),
  });
});

test('N11: a claim of which nothing is known: exit 1, and what may have been meant', async () => {
  const { code, page } = await explain('media/plex-confg');

  expect(code).toBe(1);
  expect(page).toContain('A complete listing and the cluster show no repository in volsync-backups/');
  expect(page).toContain('Did you mean media/plex-config?');
  expect((await explain('films/plex-config')).page).toContain('Did you mean media/plex-config?');
  expect((await explain('media/unheard-of')).page).not.toContain('Did you mean');
});

test('without a bucket it tells what the cluster remembers, and says so', async () => {
  await lab.run();
  lab.s3.answer(() => ({ status: 403, body: '' }));

  const { code, page } = await explain('media/plex-config');

  expect(code).toBe(0);
  expect(page).toContain('media/plex-config: warm');
  expect(page).toContain(`backup present: newest ${newest}`);
  expect(page).toContain('The bucket could not be listed');
});

test('without a bucket and without a memory it does not know, and says so', async () => {
  lab.kube.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: 'media', name: 'fresh', labels: { backup: 'daily' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  lab.s3.answer(() => ({ status: 403, body: '' }));

  const { code, page } = await explain('media/fresh');

  expect(code).toBe(1);
  expect(page).toContain('media/fresh: cold (index-unwritten)');
});
