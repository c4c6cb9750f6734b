/** What the index remembers of backups that nothing else in the cluster knows of, and what a claim that waits in vain is told. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { markBucketCommand } from '../../job/commands/mark-bucket.ts';
import { claim, hexId, repository } from '../../sandbox/story.ts';
import { lines, ordinary, lineOf, startLab, words, type Lab } from '../support/lab.ts';

const INDEX = 'volsync-prewarm-index';
const AT = '2025-03-01T11:00:00.000Z';
const MINUTE = 60_000;

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

/** A repository whose namespace the cluster does not have; returns the short id of its snapshot. */
function lost(key: string): string {
  return repository(lab.s3, key, [{ seed: 'only', at: new Date(AT) }])[0]!.slice(0, 8);
}

/** Everything below the bucket goes. */
function wipe(prefix = ''): void {
  for (const key of lab.s3.keys(prefix)) lab.s3.remove(key);
}

test('a wiped bucket with the index as the only memory: listing-shrank, exit 1, and the index only says why nothing is done', async () => {
  lost('gone/data');
  await lab.run();
  const before = lab.index();
  expect(before).toMatchObject({ 'gone.data': expect.stringMatching(/^attach cold:namespace-missing /) });
  wipe();
  lab.forget();
  const ran = await lab.run([], { now: () => Date.now() + 5 * MINUTE });
  expect(ran).toMatchObject({ code: 1, frozen: 'listing-shrank', published: [`${INDEX}: done`], marked: [] });
  expect(lines(ran.report)).toEqual(['gone/data unknown cold listing-shrank: -']);
  expect(lab.index()).toEqual({ ...before, _frozen: 'listing-shrank' });
  expect(lab.writes()).toEqual([]);
  lab.forget();
  const again = await lab.run([], { now: () => Date.now() + 25 * MINUTE });
  expect(again).toMatchObject({ code: 1, frozen: 'listing-shrank', published: [] });
  expect(lab.kube.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('--accept-shrink with the time of the index settles it, and with another time it does not: the index forgets, and says that the bucket is unmarked', async () => {
  lost('gone/data');
  await lab.run();
  wipe();
  const now = Date.now() + 5 * MINUTE;
  const { _generatedAt: written = '' } = lab.index();
  expect(await lab.run(['--accept-shrink', '2026-01-01T00:00:00Z'], { now: () => now })).toMatchObject({
    frozen: 'listing-shrank',
    findings: expect.arrayContaining([
      expect.objectContaining({ message: expect.stringContaining(`--accept-shrink ${written}`) }),
    ]),
  });
  expect(await lab.run(['--accept-shrink', written], { now: () => now })).toMatchObject({ code: 0, frozen: null });
  const at = new Date(now).toISOString();
  expect(lab.index()).toEqual({
    _onStale: 'allow',
    _since: expect.any(String),
    _bucket: `s3:${lab.s3.endpoint}/volsync-backups`,
    _generatedAt: at,
    _bucketUnmarked: at,
  });
});

test('F1: a backup that comes while everything is frozen by a listing that shrank is published, and its claim is not let in empty', async () => {
  for (const name of ['a', 'b', 'c']) lost(`gone/${name}`);
  await lab.run();
  const before = lab.index();
  wipe('gone/');
  ordinary(lab);
  const ran = await lab.run([], { now: () => Date.now() + 5 * MINUTE });
  expect(ran).toMatchObject({ code: 1, frozen: 'listing-shrank', performed: [], published: [`${INDEX}: done`] });
  expect(lab.index()).toEqual({
    ...before,
    _frozen: 'listing-shrank',
    'media.plex-config': expect.stringMatching(/^attach cold:/),
  });
  const told = await lab.status();
  expect(words(told.findings)).toEqual([`listing-shrank volsync-system/${INDEX}`]);
});

test('bucket-moved: a run that lists another server publishes and writes nothing, exit 1, until mark-bucket --move', async () => {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  lost('gone/data');
  await lab.run();
  lab.kube.patch('ReplicationDestination', 'volsync-system', INDEX, {
    spec: { external: { parameters: { _bucket: 's3:http://old.example:9000/volsync-backups' } } },
  });
  const before = lab.index();
  ordinary(lab);
  lab.forget();
  const moved = await lab.run();
  expect(moved).toMatchObject({ code: 1, frozen: 'bucket-moved', performed: [], published: [], marked: [], passes: 1 });
  expect(moved.findings).toEqual([
    {
      reason: 'bucket-moved',
      about: 'bucket volsync-backups/',
      message: `the index was written from s3:http://old.example:9000/volsync-backups, and the settings name s3:${lab.s3.endpoint}/volsync-backups; if the repositories have moved there: volsync-prewarm mark-bucket --move`,
    },
  ]);
  expect(lab.kube.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(lab.listings().filter((listing) => listing.includes('snapshots/'))).toEqual([]);

  expect(await lab.run(['--endpoint-alias', 'old.example:9000', '--mode', 'report'])).toMatchObject({ frozen: null });

  const mark = async (...args: string[]): Promise<[number, string]> => {
    const code = await markBucketCommand(await lineOf(lab.env, ['mark-bucket', ...args]), lab.env);
    return [code, String(printed.mock.lastCall?.[0])];
  };
  expect(await mark()).toEqual([0, 'volsync-backups/.volsync-prewarm/bucket is there already.\n']);
  expect(await lab.run()).toMatchObject({ code: 1, frozen: 'bucket-moved' });
  expect(await mark('--move')).toEqual([
    0,
    `volsync-system/${INDEX} was written from s3:http://old.example:9000/volsync-backups, and names s3:${lab.s3.endpoint}/volsync-backups now: the next run goes on with what it lists there.\n`,
  ]);
  // What was read of the other bucket's marker does not go along.
  const { _marker: read, ...rest } = before;
  expect(read).toBeDefined();
  expect(lab.index()).toEqual({ ...rest, _bucket: `s3:${lab.s3.endpoint}/volsync-backups` });
  expect(await mark('--move')).toEqual([0, `volsync-system/${INDEX} is of this bucket: nothing has moved.\n`]);
  expect(await lab.run()).toMatchObject({ frozen: null, published: expect.arrayContaining([`${INDEX}: done`]) });
  expect(Object.keys(lab.index())).toContain('media.plex-config');
});

test('a repository that goes while others stay is forgotten by three listings, five minutes apart', async () => {
  ordinary(lab);
  const id = lost('gone/data');
  const start = Date.now();
  await lab.run([], { now: () => start });
  wipe('gone/');
  const value = `attach cold:namespace-missing ${id} ${AT}`;
  const after = async (minutes: number): Promise<string | undefined> => {
    await lab.run([], { now: () => start + minutes * MINUTE });
    return lab.index()['gone.data'];
  };
  const missed = (count: number, minutes: number): string =>
    `${value} missed=${count}@${new Date(start + minutes * MINUTE).toISOString()}`;
  expect(await after(5)).toBe(missed(1, 5));
  expect(await after(7)).toBe(missed(1, 5));
  expect(await after(10)).toBe(missed(2, 10));
  lost('gone/data');
  expect(await after(15)).toBe(value);
  wipe('gone/');
  expect([await after(20), await after(25), await after(30)]).toEqual([missed(1, 20), missed(2, 25), undefined]);
});

test('backup-gone: a repository that goes while the record of its claim stays is refused, and the record is read once', async () => {
  ordinary(lab);
  lost('gone/data');
  const place = '.volsync-prewarm/claims/gone/data.json';
  const shape = {
    kind: 'ClaimRecord',
    version: 1,
    namespace: 'gone',
    claim: 'data',
    uid: 'of-the-claim',
    tier: 'daily',
  };
  lab.s3.put(place, JSON.stringify(shape));
  const start = Date.now();
  const after = async (minutes: number, ...args: string[]): Promise<[string | undefined, number]> => {
    lab.forget();
    await lab.run(args, { now: () => start + minutes * MINUTE });
    return [lab.index()['gone.data'], lab.s3.requests.filter(({ url }) => url.includes('/claims/gone/')).length];
  };
  await after(0);
  wipe('gone/');
  expect((await after(5))[1]).toBe(0);
  const take = lab.s3.answer(({ url }) => (url.includes('/claims/gone/') ? { status: 403 } : undefined));
  expect(await after(10)).toEqual([expect.stringMatching(/^attach cold:namespace-missing .* missed=2@/), 0]);
  expect(await after(15)).toEqual([expect.stringMatching(/^attach cold:namespace-missing .* missed=2@/), 1]);
  take();
  const refused = expect.stringMatching(/^refuse cold:backup-gone .* missed=3@\S+ record=[0-9a-f]{8}$/);
  expect(await after(20)).toEqual([refused, 1]);
  expect(await after(25)).toEqual([refused, 0]);
  const again = await lab.run([], { now: () => start + 30 * MINUTE });
  expect([again.code, words(again.findings)]).toEqual([3, ['backup-gone gone/data']]);
  expect(await after(35, '--accept-shrink', lab.index()['_generatedAt'] ?? '')).toEqual([undefined, 0]);
});

test('bucket-copied: a copy in place of the bucket is noticed by a snapshot with another time, renews nothing with older data, exit 3, until mark-bucket', async () => {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const [first = '', second = ''] = ordinary(lab);
  await lab.run();
  expect(lab.index()).toMatchObject({
    _marker: expect.stringMatching(/^20\d\d-.*Z$/),
    'media.plex-config': expect.stringMatching(new RegExp(`^attach warm ${second.slice(0, 8)} `)),
  });
  const markerReads = (): number =>
    lab.s3.requests.filter(({ method, url }) => method === 'GET' && url.includes('/.volsync-prewarm/bucket')).length;
  lab.forget();
  await lab.run();
  expect(markerReads()).toBe(0);

  // Everything is written again, the older snapshot last.
  const start = Date.now();
  const copiedAt = start - 180 * MINUTE;
  const marker = '.volsync-prewarm/bucket';
  for (const key of lab.s3.keys()) {
    const at = new Date(key.includes(first) ? copiedAt + MINUTE : copiedAt);
    lab.s3.put(key, lab.s3.get(key) ?? '', { at });
  }
  lab.forget();
  const clock = (minutes: number) => ({ now: () => start + minutes * MINUTE });
  const copied = await lab.run([], clock(10));
  expect([copied.code, copied.frozen, words(copied.findings), markerReads()]).toEqual([
    3,
    null,
    ['bucket-copied bucket volsync-backups/'],
    1,
  ]);
  expect(copied.performed).toEqual([]);
  expect(lab.index()).not.toHaveProperty('_marker');
  expect(lab.index()['media.plex-config']).toMatch(new RegExp(`^attach warm ${second.slice(0, 8)} `));

  expect(await markBucketCommand(await lineOf(lab.env, ['mark-bucket']), lab.env)).toBe(0);
  expect(String(printed.mock.lastCall?.[0])).toMatch(
    /^volsync-backups\/\.volsync-prewarm\/bucket is written: this bucket is a copy that is in use from now on\. Times of snapshots count from 20/,
  );
  expect(String(lab.s3.get(marker))).toMatch(/^\{"markedBy":"volsync-prewarm","at":"[^"]+","copied":true\}\n$/);
  const settled = await lab.run([], clock(15));
  expect([settled.code, words(settled.findings), settled.performed]).toEqual([0, [], []]);
  expect(lab.index()['_marker']).toMatch(/ copied$/);
  lab.forget();
  await lab.run([], clock(20));
  expect(markerReads()).toBe(0);
  const [third = ''] = repository(lab.s3, 'media/plex-config', [{ seed: 'third', at: new Date(start + 16 * MINUTE) }]);
  const renewed = await lab.run(['--quiet-period', '0s'], clock(25));
  expect(renewed.performed).toContain('retrigger media/plex-config: done');
  expect(lab.index()['media.plex-config']).toContain(third.slice(0, 8));
});

test('a namespace that cannot be listed keeps its entries, and the policies are told', async () => {
  const id = lost('gone/data');
  await lab.run();
  const take = lab.s3.answer(({ url }) => (url.includes('prefix=gone') ? { status: 403 } : undefined));
  const ran = await lab.run();
  expect(ran).toMatchObject({ code: 1, frozen: null, published: ['volsync-prewarm-index: done'] });
  expect(lab.index()).toMatchObject({
    '_unknown.gone': 'listing-failed',
    'gone.data': `attach cold:namespace-missing ${id} ${AT}`,
  });
  take();
  await lab.run();
  expect(lab.index()).not.toHaveProperty('_unknown.gone');
});

test('above 200 repositories those of a lost namespace are looked into only in their turn, and none is forgotten', async () => {
  const names = Array.from({ length: 210 }, (_, index) => `gone/claim-${index}`);
  for (const name of names) lab.s3.put(`${name}/snapshots/${hexId(name)}`, 'snapshot', { at: new Date(AT) });
  const looks = (): string[] =>
    lab.listings().flatMap((prefix) => (prefix.endsWith('/snapshots/') ? prefix.slice(0, -'/snapshots/'.length) : []));
  const start = Date.now();
  await lab.run([], { now: () => start });
  expect(looks().sort()).toEqual(names.toSorted());
  const remembered = Object.keys(lab.index()).filter((key) => key.startsWith('gone.'));
  expect(remembered).toHaveLength(210);
  const turns: string[][] = [];
  for (let turn = 1; turn <= 3; turn += 1) {
    lab.forget();
    const ran = await lab.run([], { now: () => start + turn * 5 * MINUTE });
    expect(ran.report.summary.backups).toEqual({ present: 210, absent: 0, unknown: 0 });
    turns.push(looks());
  }
  // What came since the index was written comes again: it stands for 8 minutes.
  const looked = Map.groupBy(turns.flat(), (name) => name);
  expect(Math.max(...[...looked.values()].map((times) => times.length))).toBeLessThanOrEqual(2);
  expect(Math.min(...turns.map((turn) => turn.length))).toBeGreaterThan(0);
  expect(Math.max(...turns.map((turn) => turn.length))).toBeLessThan(40);
  expect(Object.keys(lab.index()).filter((key) => key.startsWith('gone.'))).toEqual(remembered);
});

test('rebuild day: a namespace that comes back is warmed at once, though it was not its turn', async () => {
  lost('media/plex-config');
  await lab.run();
  ordinary(lab);
  const ran = await lab.run();
  expect(lines(ran.report)).toEqual([
    'media/plex-config present warm -: create-credentials create-destination record-proof prove-password',
  ]);
});

test('status knows from the index what the bucket holds, and says what it cannot know', async () => {
  lost('gone/data');
  ordinary(lab);
  lab.kube.apply(claim({ namespace: 'media', name: 'new', labels: { backup: 'hourly' } }));
  const before = await lab.status();
  expect(before.code).toBe(1);
  expect(lines(before.report)).toEqual(['media/new unknown cold index-unwritten: -']);
  const now = Date.now();
  await lab.run([], { now: () => now });
  lab.forget();
  const KNOWN = ['gone/data present cold namespace-missing: -', 'media/plex-config present warm -: -'];
  const fresh = await lab.status(() => now + 20 * MINUTE - 1);
  expect([fresh.code, lines(fresh.report)]).toEqual([
    0,
    [KNOWN[0], 'media/new absent cold repository-empty: -', KNOWN[1]],
  ]);
  const stale = await lab.status(() => now + 21 * MINUTE);
  expect([stale.code, lines(stale.report)]).toEqual([1, [KNOWN[0], 'media/new unknown cold index-stale: -', KNOWN[1]]]);
  expect(words(stale.findings)).toContain('index-stale volsync-system/volsync-prewarm-index');
  expect(lab.s3.requests).toEqual([]);
});

test('status: in a namespace that could not be listed nobody knows of a claim without an entry', async () => {
  ordinary(lab);
  lab.kube.apply(claim({ namespace: 'media', name: 'new', labels: { backup: 'hourly' } }));
  await lab.run();
  lab.s3.answer(({ url }) => (url.includes('prefix=media') ? { status: 403 } : undefined));
  await lab.run();
  const { report } = await lab.status();
  expect(lines(report)).toEqual(['media/new unknown cold index-stale: -', 'media/plex-config present warm -: -']);
});

/** Our events about a claim; VolSync writes its own. */
function events(name: string): ReturnType<Lab['kube']['list']> {
  return lab.kube
    .list('Event', 'media')
    .filter(({ reason, metadata }) => reason === 'RestoreBlocked' && metadata.name.startsWith(`${name}.`));
}

/** Requests that wrote events. */
function eventWrites(): string[] {
  return lab.kube.requests
    .filter(({ path }) => path.includes('/events/'))
    .map(({ method, status }) => `${method} ${status}`);
}

const GONE = { namespace: 'media', name: 'gone', labels: { backup: 'hourly' }, from: 'gone-restore' };
/** Within one hour, and minutes after the claim was created: an event's time is cut to the hour. */
const ON_THE_HOUR = Math.ceil(Date.now() / (60 * MINUTE)) * 60 * MINUTE;
const HALF_PAST = ON_THE_HOUR + 30 * MINUTE;
const LATER = (): number => Date.now() + 5 * MINUTE;

function second(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

test('a claim that waits for a backup that is gone gets a Warning event, and a repeat is no write', async () => {
  ordinary(lab);
  const { uid } = lab.kube.apply(claim(GONE)).metadata;
  const ran = await lab.run([], { now: () => HALF_PAST });
  expect(ran.performed).toContain('warn-claim media/gone: done');
  const [event] = events('gone');
  expect(event).toMatchObject({
    metadata: { name: expect.stringMatching(/^gone\.[0-9a-f]{8}$/), namespace: 'media' },
    involvedObject: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'media', name: 'gone', uid },
    type: 'Warning',
    reason: 'RestoreBlocked',
    message: expect.stringContaining('repository-empty: The claim waits for a backup that does not exist.'),
    source: { component: 'volsync-prewarm' },
    reportingComponent: 'volsync-prewarm',
    firstTimestamp: second(ON_THE_HOUR),
    lastTimestamp: second(ON_THE_HOUR),
    count: 1,
  });
  await lab.run([], { now: () => HALF_PAST + 5 * MINUTE });
  expect(events('gone')).toEqual([event]);
  await lab.run([], { now: () => HALF_PAST + 30 * MINUTE });
  expect(events('gone')).toEqual([
    {
      ...event,
      metadata: expect.anything(),
      firstTimestamp: second(ON_THE_HOUR + 60 * MINUTE),
      lastTimestamp: second(ON_THE_HOUR + 60 * MINUTE),
    },
  ]);
});

test('however often a run looks again, it is said once', async () => {
  ordinary(lab);
  lab.kube.apply(claim(GONE));
  const ran = await lab.run([], { now: LATER });
  expect(ran.passes).toBeGreaterThan(1);
  expect(eventWrites()).toEqual(['PATCH 201']);
});

test('without the right to write events all the rest is done, and the exit code is that of the rest', async () => {
  ordinary(lab);
  lab.kube.apply(claim(GONE));
  lab.kube.fault({ path: '/events/', status: 403, message: 'forbidden by RBAC' });
  const ran = await lab.run([], { now: LATER });
  expect(ran.code).toBe(3);
  expect(ran.performed.filter((line) => line.startsWith('warn-claim'))).toEqual([
    expect.stringMatching(/^warn-claim media\/gone: failed \(.*forbidden by RBAC \(HTTP 403\)\)$/),
  ]);
  expect(ran.report.summary.restorePoints).toEqual({ cold: 1, warm: 1 });
});
