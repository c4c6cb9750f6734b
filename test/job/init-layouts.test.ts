/** `init` on the layouts of 22 clusters: the right label for each destination, the place of their backups, and who cannot be helped. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { initCommand } from '../../job/commands/init.ts';
import { appsOf } from '../support/git-world.ts';
import { HELPLESS, LAYOUTS, layout } from '../support/layouts.ts';
import { settingsOf, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let folder: string;

beforeEach(async () => {
  lab = await startLab();
  folder = await mkdtemp(join(tmpdir(), 'prewarm-init-'));
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What is told, by the first words of each section. */
async function init(id: string): Promise<(head: string) => string[]> {
  for (const object of layout(id).objects(lab.s3.endpoint)) lab.kube.apply(object);
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const asked = { dir: folder, image: 'x/y:1', overlay: 'observe', force: false };
  expect(await initCommand(await settingsOf(lab.env, ['init']), asked, lab.env)).toBe(0);
  const said = out.mock.calls.map(([text]) => String(text)).join('');
  out.mockRestore();
  return (head) =>
    said
      .split(`\n${head}`)[1]
      ?.split('\n\n', 1)[0]
      ?.split('\n')
      .slice(1)
      .map((line) => line.trim()) ?? [];
}

test.each(LAYOUTS.filter(({ id }) => !HELPLESS.includes(id)).map(({ id }) => id))(
  '%s: every destination of it is named with its command, and nothing is helpless',
  async (id) => {
    const apps = appsOf(layout(id).objects(lab.s3.endpoint));
    const under = await init(id);

    const destinations = apps.flatMap(({ namespace, destination }) =>
      destination === null ? [] : `${namespace}/${destination}`,
    );
    const told = under('These destinations are kept fresh').map((line) => line.split(': ', 1)[0]);
    expect(new Set(told)).toEqual(new Set(destinations));
    expect(under('These cannot be helped')).toEqual([]);
    const buckets = new Set(apps.map(({ place }) => place?.bucket));
    const [, bucket] = /PREWARM_BUCKET: "(.*)"/.exec(await readFile(join(folder, 'configmap.yaml'), 'utf8')) ?? [];
    expect([...buckets]).toContain(bucket);
  },
);

test.each(HELPLESS)('%s: it is said why it cannot be helped', async (id) => {
  const under = await init(id);

  expect(under('These cannot be helped')).not.toEqual([]);
  expect(under('These destinations are kept fresh')).toEqual([]);
});

test('T: no label is advised where nobody can see whether there is a backup', async () => {
  const under = await init('T');

  expect(under('These claims have VolSync objects')).toEqual([]);
  expect(under('With the same label on these sources')).toEqual([]);
  expect(under('These cannot be helped')).toContainEqual(
    expect.stringMatching(/^media\/plum: its repository rest:http:\/\/.* is not in S3: whether there is a backup/),
  );
  expect(under('These cannot be helped').join()).not.toContain('geheim');
});
