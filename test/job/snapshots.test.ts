/** `snapshots` over the wire: what could be restored, what the restore point holds, and what it says when it could not look. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { snapshotsCommand } from '../../job/commands/snapshots.ts';
import { claim, repository, source } from '../../sandbox/story.ts';
import { ordinary, settingsOf, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let ids: string[];

beforeEach(async () => {
  lab = await startLab();
  ids = ordinary(lab);
});

afterEach(() => lab[Symbol.asyncDispose]());

async function snapshots(key: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockReturnValue(true),
  );
  const code = await snapshotsCommand(
    { settings: await settingsOf(lab.env, ['snapshots', key, ...args]), claim: key },
    lab.env,
  );
  const said = [out, err].map((spy) => spy?.mock.calls.map(([text]) => String(text)).join('') ?? '');
  vi.restoreAllMocks();
  return { code, out: said[0] ?? '', err: said[1] ?? '' };
}

const short = (index: number): string => (ids.at(index) ?? '').slice(0, 8);

test('newest first, with what the restore point holds and what a restore would take', async () => {
  await lab.run();
  const added = repository(lab.s3, 'media/plex-config', [{ seed: 'third', at: new Date('2025-03-01T12:00:00Z') }]);
  const third = (added[0] ?? '').slice(0, 8);

  const { code, out } = await snapshots('media/plex-config');

  expect(code).toBe(0);
  const [head, ...rows] = out.split('\n');
  expect(head).toMatch(/^SNAPSHOT +SAVED +AGE +HELD +RESTORED NEXT$/);
  expect(rows.slice(0, 3).map((row) => row.split(/ +/))).toEqual([
    [third, '2025-03-01T12:00:00.000Z', expect.stringMatching(/d$/), '-', 'yes'],
    [short(1), '2025-03-01T11:00:00.000Z', expect.stringMatching(/d$/), 'yes', '-'],
    [short(0), '2025-03-01T10:00:00.000Z', expect.stringMatching(/d$/), '-', '-'],
  ]);
  expect(out).toContain(`The restore point holds ${short(1)} (stale`);
  expect(out).toContain(`A restore would take ${third}.`);
  expect(lab.s3.requests.length).toBeGreaterThan(0);
});

test('only the folder of this claim is listed, and nothing is written', async () => {
  ordinary(lab, 'films', 'dvd');
  lab.forget();

  await snapshots('media/plex-config');

  expect(lab.listings()).toEqual(['media/plex-config/snapshots/', 'media/plex-config/locks/']);
  expect(lab.writes()).toEqual([]);
});

test('for programs: the ids in full, one a line, or the document', async () => {
  expect((await snapshots('media/plex-config', '-o', 'name')).out).toBe(`${ids.toReversed().join('\n')}\n`);
  expect(JSON.parse((await snapshots('media/plex-config', '-o', 'json')).out)).toMatchObject({
    kind: 'Snapshots',
    version: 1,
    claim: 'plex-config',
    restorePoint: { state: 'cold', holds: null },
    takes: short(1),
    repositories: [
      {
        place: 'volsync-backups/media/plex-config',
        primary: true,
        problem: null,
        snapshots: [{ id: ids[1] }, { id: ids[0] }],
      },
    ],
  });
});

test('a second repository, which a source of the claim names, is listed beside the first', async () => {
  const [elsewhere = ''] = repository(lab.s3, 'old/place', [{ seed: 'other', at: new Date('2025-02-01T10:00:00Z') }]);
  const values = {
    RESTIC_REPOSITORY: `s3:${lab.s3.endpoint}/volsync-backups/old/place`,
    RESTIC_PASSWORD: 'x',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
  };
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  lab.kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'media', name: 'old' }, data });
  lab.kube.apply(source({ namespace: 'media', claim: 'plex-config', name: 'nightly', restic: { repository: 'old' } }));

  const { code, out } = await snapshots('media/plex-config');

  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^${elsewhere.slice(0, 8)} .* s3:${lab.s3.endpoint}/volsync-backups/old/place$`, 'm'));
  expect(out).toMatch(new RegExp(`^${short(1)} .* volsync-backups/media/plex-config$`, 'm'));
});

test('a claim without a snapshot is an answer; one that nobody knows is a mistake', async () => {
  lab.kube.apply(claim({ namespace: 'media', name: 'new', labels: { backup: 'hourly' } }));

  expect(await snapshots('media/new')).toEqual({
    code: 0,
    out: 'No snapshot in volsync-backups/media/new.\n',
    err: '',
  });
  const unknown = await snapshots('media/nwe');
  expect(unknown).toMatchObject({ code: 1, out: '' });
  expect(unknown.err).toMatch(
    /^volsync-prewarm snapshots: media\/nwe: nothing in the cluster has this name, and there is no/,
  );
  expect(unknown.err).toContain('Did you mean media/new?');
});

test('a bucket that cannot be listed is not an empty one', async () => {
  lab.s3.answer(() => ({ status: 403, body: '' }));

  const { code, out } = await snapshots('media/plex-config');

  expect(code).toBe(1);
  expect(out).toMatch(/^Not looked at: volsync-backups\/media\/plex-config \(listing-failed: /);
  expect(out).not.toContain('No snapshot');
});

test('a cluster that cannot be looked at: the snapshots are shown, and what is missing is said', async () => {
  lab.kube.fault({ method: 'GET', path: 'replicationdestinations', status: 403, message: 'not for you' });

  const { code, out, err } = await snapshots('media/plex-config');

  expect(code).toBe(1);
  expect(out).toContain(short(1));
  expect(err).toContain('replicationdestinations could not be listed');
});
