/** The table of what `forget` leaves, by restic itself. `npm run test:real -- forget -u` writes it anew. */
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetOptions } from '../../sandbox/volsync/retention.ts';
import { at, text } from '../../sandbox/kube/objects.ts';
import { type POLICIES, recorded, SETS, TABLE, table } from '../contract/forget.ts';
import { begunRepository, openRestic, type Place, type Restic } from './restic.ts';
import { startS3Server, type S3Server } from './s3-server.ts';

const BUCKET = 'forget';

let s3: S3Server;
let restic: Restic;
/** of each set: its ids, oldest first */
const ids = new Map<string, string[]>();

const pathOf = (set: string): string => set.replaceAll(/[^a-z0-9]+/gi, '-');

function placeOf(set: string): Place {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = s3.environment;
  return {
    repository: `s3:${s3.endpoint}/${BUCKET}/${pathOf(set)}`,
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
  };
}

const optionsOf = (policy: (typeof POLICIES)[number]): string =>
  forgetOptions({ spec: { restic: policy === undefined ? {} : { retain: policy } } });

beforeAll(async () => {
  [s3, restic] = await Promise.all([startS3Server(), openRestic()]);
  const begun = await begunRepository();
  const limit = pLimit(6);
  for (const [set, backups] of Object.entries(SETS)) {
    for (const [name, body] of Object.entries(begun)) await s3.write(BUCKET, `${pathOf(set)}/${name}`, body);
    const saved = backups.map(({ time, host = 'volsync', path = 'data' }) =>
      limit(() => restic.save(placeOf(set), { at: new Date(`${time}Z`), host, folder: `${pathOf(set)}/${path}` })),
    );
    ids.set(set, await Promise.all(saved));
  }
});

afterAll(async () => {
  await restic[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});

/** The places of what is left in a set. */
function placesOf(set: string, isLeft: (id: string) => boolean): number[] {
  return (ids.get(set) ?? []).flatMap((id, index) => (isLeft(id) ? [index + 1] : []));
}

test('restic 0.18 keeps what is recorded, under every policy', async () => {
  const survivors = async (set: string, policy: (typeof POLICIES)[number]): Promise<number[] | null> => {
    // Without a lock it does not wait for others to show theirs.
    const { code, stdout } = await restic.forget(placeOf(set), optionsOf(policy), ['--dry-run', '--no-lock', '--json']);
    if (code !== 0) return null;
    const groups: unknown = JSON.parse(stdout.trim().split('\n')[0] ?? '');
    const removed = (Array.isArray(groups) ? groups : []).flatMap((group) => at(group, 'remove') ?? []);
    const gone = new Set(removed.map((one: unknown) => text(one, 'id')));
    return placesOf(set, (id) => !gone.has(id));
  };
  const limit = pLimit(6);
  await expect(await table((set, policy) => limit(() => survivors(set, policy)))).toMatchFileSnapshot(TABLE.pathname);
});

test('what a trial run says is what is gone afterwards', async () => {
  const left = async (set: string): Promise<string> => {
    const { code } = await restic.forget(placeOf(set), optionsOf({ hourly: 24, daily: 7 }));
    expect(code).toBe(0);
    const found = new Set(await restic.snapshots(placeOf(set)));
    return `${set} | hourly=24,daily=7 | ${placesOf(set, (id) => found.has(id)).join(' ')}`;
  };
  const lines = await Promise.all(Object.keys(SETS).map(left));
  const said = recorded()
    .split('\n')
    .filter((line) => line.includes(' | hourly=24,daily=7 | '));
  const spread = (line: string): string =>
    line.replaceAll(/(\d+)-(\d+)$|(\d+)-(\d+)(?= )/g, (part) => {
      const [from = 0, to = 0] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index).join(' ');
    });
  expect(lines).toEqual(said.map(spread));
});
