/** How long a run stays: for what it has asked for, and for whom it has just let in. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { install } from '../../sandbox/install.ts';
import { text } from '../../sandbox/kube/objects.ts';
import { claim } from '../../sandbox/story.ts';
import { lines, ordinary, startLab, words, type Lab } from '../support/lab.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  install(lab.kube, 'safe');
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

const ARGS = ['--default-capacity', 'none', '--settle', '90s'];
const CLAIM = { namespace: 'media', name: 'plex-config', labels: { backup: 'hourly' }, from: 'plex-config-restore' };

/** Every look of the program is this much later than the one before; a restore in real time needs many looks on a busy machine. */
function clock(millis = 1000): () => number {
  let looks = 0;
  const start = Date.now();
  return () => start + millis * (looks += 1);
}

test('L3: a first run waits for the claims that it has let in, and serves them', async () => {
  ordinary(lab);
  const now = clock(100);

  const ran = await lab.run(ARGS, {
    now,
    until: (_, pass) => {
      if (pass === 5) lab.kube.apply(claim(CLAIM));
      return false;
    },
  });

  expect(ran.code).toBe(0);
  expect(lines(ran.report)).toEqual([expect.stringMatching(/^media\/plex-config present warm /)]);
  await vi.waitFor(() =>
    expect(text(lab.kube.get('PersistentVolumeClaim', 'media', 'plex-config'), 'status.phase')).toBe('Bound'),
  );
});

test('L3: whoever does not come within --settle is not waited for any longer', async () => {
  ordinary(lab);

  const ran = await lab.run(['--default-capacity', 'none', '--settle', '10s'], { now: clock() });

  expect(ran.passes).toBeGreaterThan(1);
  expect(ran.passes).toBeLessThan(12);
  expect(lines(ran.report)).toEqual(['media/plex-config present cold capacity-unknown: -']);
});

test('L3: in a steady state nobody was let in, and nobody is waited for', async () => {
  ordinary(lab);
  await lab.run(['--default-capacity', 'none']);

  expect(await lab.run(ARGS)).toMatchObject({ passes: 1, cutShort: false });
});

test('C06: what only the first pass can say is still said at the end of the run', async () => {
  ordinary(lab);
  lab.kube.patch('Namespace', '', 'media', {
    metadata: { annotations: { 'volsync.backube/privileged-movers': null } },
  });

  const ran = await lab.run();

  expect(ran.passes).toBeGreaterThan(1);
  expect(words(ran.findings)).toEqual(
    expect.arrayContaining(['capacity-assumed media/plex-config', 'mover-unprivileged media/plex-config']),
  );
});
