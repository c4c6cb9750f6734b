/** The recorded storm (test/end-to-end/storm.test.ts) with restic itself: a dead mover's lock, and a snapshot more for each try. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { forgetOptions } from '../../sandbox/volsync/retention.ts';
import { normalRetain } from '../../src/plan/backup/retention.ts';
import { SETS } from '../contract/forget.ts';
import { settings } from '../support/build.ts';
import { begunRepository, openRestic, type Place, type Restic } from './restic.ts';
import { startS3Server, type S3Server } from './s3-server.ts';

const TIMES = (SETS['a storm of retries'] ?? []).map(({ time }) => new Date(`${time}Z`));

let s3: S3Server;
let restic: Restic;

beforeAll(async () => {
  [s3, restic] = await Promise.all([startS3Server(), openRestic()]);
});

afterAll(async () => {
  await restic[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});

async function repository(path: string): Promise<Place> {
  for (const [name, body] of Object.entries(await begunRepository())) await s3.write('storm', `${path}/${name}`, body);
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = s3.environment;
  return { repository: `s3:${s3.endpoint}/storm/${path}`, accessKeyId, secretAccessKey };
}

/** Four good states, the lock, eight tries that cannot forget, and one after the lock is gone. Gives the good states that are left. */
async function goodAfterStorm(path: string, retain: object): Promise<string[]> {
  const place = await repository(path);
  const options = forgetOptions({ spec: { restic: { retain } } });
  const good: string[] = [];
  for (const [index, at] of TIMES.slice(0, 4).entries()) {
    good.push(await restic.save(place, { at, content: `good ${index}`, folder: `${path}/data` }));
    expect(await restic.forget(place, options)).toMatchObject({ code: 0 });
  }
  const locks = async (): Promise<string> => (await restic.call(place, ['list', 'locks', '--no-lock'])).stdout.trim();
  await restic.killedMover(place, async () => (await locks()) !== '');
  for (const at of TIMES.slice(4, -1)) {
    await restic.save(place, { at, folder: `${path}/data` });
    const { code, stderr } = await restic.forget(place, options);
    expect([code, stderr]).toEqual([11, expect.stringContaining('repository is already locked by PID')]);
  }
  expect(await restic.snapshots(place)).toHaveLength(TIMES.length - 1);
  // In a cluster it is half an hour until restic calls the lock of another host stale; here it sees that its process is dead.
  expect(await restic.call(place, ['unlock'])).toMatchObject({ code: 0 });
  await restic.save(place, { at: TIMES.at(-1) ?? new Date(0), folder: `${path}/data` });
  expect(await restic.forget(place, options)).toMatchObject({ code: 0 });
  const left = new Set(await restic.snapshots(place));
  const survived = good.flatMap((id, index) => (left.has(id) ? [{ id, index }] : []));
  const contents = await Promise.all(survived.map(({ id }) => restic.restore(place, id)));
  expect(contents).toEqual(survived.map(({ index }) => `good ${index}`));
  return contents;
}

vi.setConfig({ testTimeout: 600_000 });

test('traps 8–10: with the retention of a source of ours the four good states survive the storm', async () => {
  const GOOD = ['good 0', 'good 1', 'good 2', 'good 3'];
  expect(await goodAfterStorm('hourly', normalRetain('hourly', settings()))).toEqual(GOOD);
  expect(await goodAfterStorm('daily', normalRetain('daily', settings()))).toEqual(GOOD);
});

test('traps 8–10: with a source that keeps the last five they do not', async () => {
  expect(await goodAfterStorm('by-count', { last: '5' })).toEqual([]);
});
