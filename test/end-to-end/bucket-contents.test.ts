/** What may lie in a bucket beside ordinary repositories. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claim, hexId } from '../../sandbox/story.ts';
import { lines, ordinary, startLab, words, type Lab } from '../support/lab.ts';

let lab: Lab;
const at = new Date('2025-03-01T10:00:00Z');
const ORDINARY = 'media/plex-config present cold queued: create-credentials create-destination';

beforeEach(async () => {
  lab = await startLab();
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

test('a bucket that is seen for the first time and is empty: bucket-unmarked, exit 0, nothing written', async () => {
  lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'media' } });
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config', labels: { backup: 'hourly' } }));
  await lab.volsync.idle();
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 0, frozen: null, performed: [], passes: 1 });
  expect(words(ran.findings)).toEqual(['bucket-unmarked bucket volsync-backups/']);
  expect(ran.report.complete).toBe(true);
  expect(lines(ran.report)).toEqual(['media/plex-config absent cold bucket-unmarked: -']);
  expect(lab.writes()).toEqual([]);
});

test('keys that are no repository are reported or left out, and nothing is made of them', async () => {
  ordinary(lab);
  const long = 'x'.repeat(300);
  for (const key of [
    'file.txt',
    'UPPER/x',
    `${long}/x`,
    '.volsync-prewarm/bucket',
    'media/file.txt',
    'media/plex-config/extra/deep/down',
  ])
    lab.s3.put(key, 'x', { at });
  const told = await lab.plan();
  expect(told).toMatchObject({ code: 0, frozen: null });
  expect(told.report.complete).toBe(true);
  expect(lines(told.report)).toEqual([ORDINARY]);
  expect(words(told.findings)).toEqual([
    'name-invalid bucket key UPPER/',
    `name-invalid bucket key ${long.slice(0, 100)}`,
    'name-invalid bucket key file.txt',
    'capacity-assumed media/plex-config',
  ]);
});

test('a claim name that no claim could be restored under is an entry, name-invalid, and never created', async () => {
  ordinary(lab);
  const names = ['Upper', 'c'.repeat(64), 'under_score', 'x'.repeat(300)];
  for (const name of names) lab.s3.put(`media/${name}/snapshots/${hexId(name)}`, 'snapshot', { at });
  const ran = await lab.run(['--mode', 'report']);
  expect(ran.code).toBe(0);
  expect(lines(ran.report)).toEqual(
    [...names.map((name) => `media/${name} present cold name-invalid: -`), ORDINARY].sort(),
  );
  expect(lab.writes()).toEqual([]);
});

test('a config without snapshots is no backup', async () => {
  ordinary(lab);
  lab.s3.put('media/empty/config', 'config', { at });
  lab.s3.put(`media/empty/keys/${hexId('key')}`, 'key', { at });
  const told = await lab.plan();
  expect(told.code).toBe(0);
  expect(lines(told.report)).toEqual(['media/empty absent cold repository-empty: -', ORDINARY]);
  expect(told.report.entries[0]?.backup).toEqual({
    state: 'absent',
    snapshots: 0,
    newest: null,
    reason: 'repository-empty',
  });
});

test('directory markers and names that are not 64 hex digits are no snapshots', async () => {
  ordinary(lab);
  for (const marker of ['media/', 'media/marked/', 'media/marked/snapshots/']) lab.s3.put(marker, '', { at });
  for (const name of ['latest', hexId('a').toUpperCase(), hexId('b').slice(1), `${hexId('c')}.tmp`])
    lab.s3.put(`media/marked/snapshots/${name}`, 'snapshot', { at });
  lab.s3.put(`media/marked/snapshots/${hexId('empty')}`, '', { at });
  const told = await lab.plan();
  expect(told.code).toBe(0);
  expect(told.report.complete).toBe(true);
  expect(lines(told.report)).toEqual(['media/marked absent cold repository-empty: -', ORDINARY]);
});

test('below a prefix only what is there counts', async () => {
  ordinary(lab, 'media', 'plex-config');
  lab.s3.put(`team-a/media/tv/snapshots/${hexId('tv')}`, 'snapshot', { at });
  const told = await lab.plan('--prefix', 'team-a');
  expect(lines(told.report)).toEqual(['media/tv present cold repository-mismatch: -']);
  // The claim is not there; and without our folder below the prefix there is no record to be read.
  expect(lab.listings().sort()).toEqual([
    'team-a/ /',
    'team-a/media/ /',
    'team-a/media/tv/locks/',
    'team-a/media/tv/snapshots/',
  ]);
});

test('a fresh lock puts a restore off; one that nobody can hold any more does not', async () => {
  ordinary(lab);
  const lock = `media/plex-config/locks/${hexId('lock')}`;
  lab.s3.put(lock, 'lock', { at: new Date(Date.now() - 5 * 60_000) });
  expect(lines((await lab.plan()).report)).toEqual(['media/plex-config present cold repository-locked: -']);
  lab.s3.put(lock, 'lock', { at: new Date(Date.now() - 31 * 60_000) });
  expect(lines((await lab.plan()).report)).toEqual([ORDINARY]);
});

test('a snapshot of this minute is left alone for the quiet period', async () => {
  ordinary(lab);
  lab.s3.put(`media/plex-config/snapshots/${hexId('new')}`, 'snapshot', { at: new Date(Date.now() - 60_000) });
  expect(lines((await lab.plan()).report)).toEqual(['media/plex-config present cold snapshot-too-new: -']);
  expect(lines((await lab.plan('--quiet-period', '30s')).report)).toEqual([ORDINARY]);
});
