/** A worker on a node whose clock is wrong. */
import { expect, test } from 'vitest';
import { repository } from '../../sandbox/story.ts';
import { ordinary, startLab, words } from '../support/lab.ts';

const MINUTE = 60_000;

test('F20: the bucket’s clock is an hour ahead of everybody’s: what it has just saved is too new, and its age is told by its own', async () => {
  const ahead = (): Date => new Date(Date.now() + 60 * MINUTE);
  await using lab = await startLab({ bucketClock: ahead });
  ordinary(lab);
  const [id] = repository(lab.s3, 'media/plex-config', [{ seed: 'third', at: new Date(ahead().getTime() - 30_000) }]);

  const young = await lab.run();

  expect(young.report.entries).toMatchObject([
    { backup: { newest: { id } }, restorePoint: { state: 'cold', reason: 'snapshot-too-new' } },
  ]);
  expect(words(young.findings)).not.toContain('clock-differs clock');
  const [old] = repository(lab.s3, 'media/other', [{ seed: 'old', at: new Date(ahead().getTime() - 10 * MINUTE) }]);
  const { report } = await lab.run();
  expect(report.entries[0]).toMatchObject({
    claim: 'other',
    backup: { newest: { id: old } },
    restorePoint: { state: 'warm' },
  });
});

test('F20: six minutes ahead of the API server: the index has the API server’s time, and the run says so and fails', async () => {
  const behind = (): Date => new Date(Date.now() - 6 * MINUTE);
  await using lab = await startLab({ clock: behind });
  ordinary(lab);

  const ran = await lab.run();

  expect(ran.code).toBe(1);
  expect(words(ran.findings)).toContain('clock-differs clock');
  expect(Math.abs(Date.parse(lab.index()['_generatedAt'] ?? '') - behind().getTime())).toBeLessThan(MINUTE);
});
