/** L1 with restic itself: it saves and forgets with the very options that VolSync makes of a source, for a week that ends now. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { MoverFailure, type MoverBackup } from '../../sandbox/volsync/repository.ts';
import { expectForetold, expectNothingLost } from '../support/l1-judgement.ts';
import { l1Week, type AfterWeek, type WeekOptions } from '../support/l1-week.ts';
import { startLab, type Lab } from '../support/lab.ts';
import { begunRepository, openRestic, type Begun, type Place, type Restic } from './restic.ts';

vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()));

const DAY = 24 * 3_600_000;

let restic: Restic;
let begun: Begun;

beforeAll(async () => {
  [restic, begun] = await Promise.all([openRestic(), begunRepository()]);
});

afterAll(() => restic[Symbol.asyncDispose]());

interface Lived extends AfterWeek {
  /** what a snapshot restores, by restic */
  restored: (id: string) => Promise<string>;
  /** what was on the volume when a snapshot was saved */
  written: ReadonlyMap<string, string>;
}

/** `forget` asks the machine's clock which snapshots are of the future: the week must be over when it begins. */
async function live(options: Omit<WeekOptions, 'clock'>, judge: (lived: Lived) => Promise<void>): Promise<void> {
  const clock = { now: Math.floor(Date.now() / DAY) * DAY - 9 * DAY + 20 * 60_000 };
  const written = new Map<string, string>();
  const mover = (backup: MoverBackup): Promise<string> => backUp(lab, written, backup);
  const pace = { moverMillis: 1, stepMillis: 0, retryMillis: 1 };
  const lab: Lab = await startLab({ clock: () => new Date(clock.now), restic: mover, ...pace });
  await using _ = lab;
  const place = placeOf(lab, `s3:${lab.s3.endpoint}/${lab.s3.bucket}/media/plex`);
  const after = await l1Week(lab, { clock, ...options });
  await judge({ ...after, written, restored: (id) => restic.restore(place, id) });
  expect(await restic.call(place, ['check', '--read-data'])).toMatchObject({ code: 0 });
}

function placeOf({ s3 }: Lab, repository: string): Place {
  return { repository, ...s3.credentials };
}

/** A mover's backup. The volume holds what its snapshot held, or what a new application has written. */
async function backUp(lab: Lab, written: Map<string, string>, backup: MoverBackup): Promise<string> {
  const { credentials, namespace, claim, began, forget } = backup;
  const place = placeOf(lab, credentials.RESTIC_REPOSITORY);
  if (lab.s3.get(`${namespace}/${claim}/config`) === undefined)
    for (const [name, body] of Object.entries(begun)) lab.s3.put(`${namespace}/${claim}/${name}`, body);
  const held = lab.volsync.contentOf(namespace, claim);
  const content = written.get(held ?? '') ?? `written at ${began.toISOString()}`;
  const id = await restic.save(place, { at: began, content, folder: `${lab.s3.endpoint.slice(7)}/data` });
  written.set(id, content);
  const { code, stderr } = await restic.forget(place, forget);
  if (code !== 0) throw new MoverFailure(`snapshot ${id.slice(0, 8)} saved\n${stderr}`);
  return `snapshot ${id.slice(0, 8)} saved\nRestic completed in 1s`;
}

vi.setConfig({ testTimeout: 600_000 });

test.each(['ours, which survived', 'ours, which went with it'] as const)(
  'L1: with a source of %s, the newer backup is there a week later and restores what it saved',
  async (whose) => {
    expect.hasAssertions();
    await live({ whose, step: 4 }, async ({ restored, written, ...after }) => {
      expectNothingLost(after);
      const { x2, alive } = after;
      expect(await restored(x2)).toBe(written.get(x2));
      // What was saved since is what the image held: nothing of it is in X2.
      expect(alive.filter((id) => written.get(id) === written.get(x2))).toEqual([x2]);
    });
  },
);

test('L1: with somebody else’s source restic takes the newer backup, at the time that the report says', async () => {
  expect.hasAssertions();
  await live({ whose: 'somebody else’s', schedule: '59 * * * *', seconds: 59, days: 2 }, async (after) => {
    expectForetold(after);
    expect(after.alive).not.toContain(after.x2);
  });
});
