/** What people know from kubectl: -n, -o, a claim as argument, --watch; over the wire. */
import { load } from 'js-yaml';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { placesOf } from '../../job/execute.ts';
import { fieldsOf } from '../../src/cluster/read.ts';
import { claim } from '../../sandbox/story.ts';
import { ordinary, settingsOf, startLab, type Finished, type Lab } from '../support/lab.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  ordinary(lab);
  ordinary(lab, 'films', 'dvd');
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config', labels: { backup: 'hourly' } }));
});

afterEach(() => lab[Symbol.asyncDispose]());

async function asked(...words: string[]): Promise<Finished> {
  const ended = await lab.spawn(words);
  expect(ended.stderr.replaceAll(/^\{.*\n/gm, '')).toBe('');
  return ended;
}

test('-o name prints what other commands take as their argument', async () => {
  expect((await asked('plan', '-o', 'name')).stdout).toBe('films/dvd\nmedia/plex-config\n');
  expect((await asked('status', '-o', 'name', '-n', 'media')).stdout).toBe('media/plex-config\n');
  expect((await asked('readiness', '-o', 'name')).stdout).toBe('media/plex-config\n');
});

test('-o yaml is the document of -o json', async () => {
  const [yaml, json] = [await asked('plan', '-o', 'yaml'), await asked('plan', '-o', 'json')];
  const [one, other] = [fieldsOf(load(yaml.stdout)), fieldsOf(JSON.parse(json.stdout))];
  expect({ ...one, at: '' }).toEqual({ ...other, at: '' });
});

test('one claim as argument: in full, or its name with -n', async () => {
  const full = await asked('plan', 'films/dvd');
  expect(full.stdout).toContain('films');
  expect(full.stdout).not.toContain('plex-config');
  expect((await asked('plan', 'dvd', '-n', 'films')).stdout).toBe(full.stdout);
});

test.each(['plan', 'status', 'readiness'])(
  '%s of a claim that nobody knows: exit 1, and what may have been meant',
  async (command) => {
    const ended = await lab.spawn([command, 'media/plex-confg']);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(new RegExp(`^volsync-prewarm ${command}: media/plex-confg: no`, 'm'));
    expect(ended.stderr).toContain('Did you mean media/plex-config?');
  },
);

test('status --watch tells what has changed, until it is interrupted', async () => {
  const child = lab.start(['status', '--watch', '-n', 'media']);
  await expect
    .poll(() => lab.kube.requests.filter(({ path }) => path.includes('statefulsets')).length, { timeout: 20_000 })
    .toBe(1);
  lab.kube.remove('PersistentVolumeClaim', 'media', 'plex-config');
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config', labels: { backup: 'weekly' } }));
  await expect
    .poll(() => lab.kube.requests.filter(({ path }) => path.includes('statefulsets')).length, { timeout: 20_000 })
    .toBe(3);
  child.kill('SIGINT');
  const { stdout, code } = await child.finished;
  expect(
    stdout.match(/^media\/plex-config protected: no \(label backup: weekly is neither hourly nor daily\)/gm),
  ).toHaveLength(1);
  expect(code).toBe(0);
}, 40_000);

test('before the first write one line names cluster and bucket', async () => {
  const settings = await settingsOf(lab.env, ['run', '--prefix', 'team', '--context', 'home']);
  expect(placesOf(settings, 'https://10.0.0.1:6443')).toBe(
    `writes to cluster https://10.0.0.1:6443 (context home) and bucket volsync-backups/team/ at ${lab.s3.endpoint}`,
  );
});
