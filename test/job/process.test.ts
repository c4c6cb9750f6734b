/** The program as a process: what it prints where, how it ends, and that it never tells a secret. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import manifest from '../../package.json' with { type: 'json' };
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PROGRAM, lines, ordinary, reportIn, startLab, type Finished, type Lab } from '../support/lab.ts';
import { fieldsOf, type Fields } from '../../src/cluster/read.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

/** Every line of a log as an object; throws when one is none. */
function logOf(text: string): Fields[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => fieldsOf(JSON.parse(line)));
}

/** No value of a credential, in clear or in base64, and no token. */
function expectNoSecret({ stdout, stderr }: Finished): void {
  const { tokens } = lab.kube;
  for (const secret of ['sandbox-secret', 'fixture-password', tokens.worker, tokens.admin]) {
    for (const text of [secret, Buffer.from(secret).toString('base64')]) expect(stdout + stderr).not.toContain(text);
  }
}

test('run: JSON lines on stdout, one for each action, and a last one with the counts', async () => {
  ordinary(lab);
  const ended = await lab.spawn(['run']);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  // How often it looks while the restore runs depends on the machine.
  const log = logOf(ended.stdout).filter(({ msg }) => msg !== 'restores under way');
  expect(log.map(({ msg, action, namespace, claim }) => [msg, action, namespace, claim])).toEqual([
    ['bucket marked', undefined, undefined, undefined],
    ['action done', 'create-credentials', 'media', 'plex-config'],
    ['action done', 'create-destination', 'media', 'plex-config'],
    ['action done', 'record-proof', 'media', 'plex-config'],
    ['action done', 'prove-password', 'media', 'plex-config'],
    ...log.slice(5, -1).map(() => ['finding', undefined, undefined, undefined]),
    ['run finished', undefined, undefined, undefined],
  ]);
  expect(log.at(-1)).toMatchObject({
    level: 'info',
    backups: { present: 1, absent: 0, unknown: 0 },
    restorePoints: { warm: 1 },
    actions: { 'create-credentials': 1, 'create-destination': 1, 'prove-password': 1, 'record-proof': 1 },
    failed: 0,
    complete: true,
    pending: { syncing: 0, queued: 0 },
    cutShort: false,
    exitCode: 0,
  });
});

test('run --output json: the document alone on stdout, the log on stderr, no secret at the finest level', async () => {
  ordinary(lab);
  const ended = await lab.spawn(['run', '--output', 'json', '--log-level', 'trace']);
  expect(ended.code).toBe(0);
  expect(lines(reportIn(ended))).toEqual([
    'media/plex-config present warm -: create-credentials create-destination record-proof prove-password',
  ]);
  expect(logOf(ended.stderr).at(-1)).toMatchObject({ msg: 'run finished', exitCode: 0 });
  expectNoSecret(ended);
  expect(lab.kube.tlsConnections).toBe(1);
});

test('a run in which everything goes wrong tells no secret either', async () => {
  ordinary(lab);
  for (const method of ['PATCH', 'POST']) lab.kube.fault({ method, status: 422, message: 'Secret "x" is invalid' });
  const ended = await lab.spawn(['run', '--output', 'json', '--log-level', 'trace']);
  expect(ended.code).toBe(1);
  expect(logOf(ended.stderr).filter(({ level }) => level === 'error')).toEqual([
    expect.objectContaining({ msg: 'index not published', index: 'volsync-prewarm-index', entries: { attach: 1 } }),
    expect.objectContaining({ msg: 'action failed', action: 'create-credentials', namespace: 'media' }),
  ]);
  expectNoSecret(ended);
});

test('plan: a table on stdout with the verdict, what to look at, and the counts', async () => {
  ordinary(lab);
  const ended = await lab.spawn(['plan']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  const [head, row, ...rest] = ended.stdout.trimEnd().split('\n');
  expect(head).toMatch(/^NAMESPACE +CLAIM +BACKUP +SNAPSHOTS +NEWEST +RESTORE POINT +REASON/);
  expect(row).toMatch(
    /^media +plex-config +present +2 +[0-9a-f]{8} +cold +queued .* create-credentials create-destination$/,
  );
  expect(rest.at(-1)).toBe(
    'Backups: 1 present, 0 absent, 0 unknown. Restore points: 1 cold. Actions: 1 create-credentials, 1 create-destination.',
  );
  expect(lab.writes()).toEqual([]);
});

test('status needs no bucket', async () => {
  ordinary(lab);
  await lab.run();
  lab.forget();
  const ended = await lab.spawn(['status', '--output', 'json'], { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' });
  expect(ended.code).toBe(0);
  expect(lines(reportIn(ended))).toEqual(['media/plex-config present warm -: -']);
  expect(lab.s3.requests).toEqual([]);
  expect(lab.writes()).toEqual([]);
});

test('N2: status against an API server that does not answer says once that nothing is known', async () => {
  lab.kube.fault({ drop: true });
  const ended = await lab.spawn(['status']);
  expect(ended).toMatchObject({ code: 1, stderr: '' });
  expect(ended.stdout).toMatch(
    /^Nothing is known: some lists failed\.\n\nNeeds attention:\n {2}listing-failed: cluster: the API server cannot be reached \(.+\); not listed: namespaces, .*\n {4}→ .*\n$/,
  );
});

/** As on a workstation, which no Service variable of a pod reaches. */
async function fromWorkstation(...args: string[]): Promise<Finished> {
  const { KUBERNETES_SERVICE_HOST: _, ...env } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...env, ...lab.env } });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const [code] = await once(child, 'close');
  return { code: Number(code), signal: null, ...output };
}

test('N8: on a workstation the settings of the cluster count, and one line says so', async () => {
  ordinary(lab);
  const data = { PREWARM_DEFAULT_CAPACITY: 'none', PREWARM_ENDPOINT: 'http://elsewhere:1' };
  const metadata = { name: 'volsync-prewarm', namespace: 'volsync-system' };
  lab.kube.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  const ended = await fromWorkstation('plan');
  expect(ended.stderr).toBe(
    'volsync-prewarm plan: settings: those of the cluster (ConfigMap volsync-system/volsync-prewarm), and as given: PREWARM_SETTLE, AWS_ENDPOINT_URL_S3\n',
  );
  expect(ended.stdout).toContain('capacity-unknown');
});

test('N8: without a ConfigMap, or where it is wrong, that is said', async () => {
  ordinary(lab);
  expect((await fromWorkstation('plan')).stderr).toContain(
    "settings: defaults, and as given: PREWARM_SETTLE, AWS_ENDPOINT_URL_S3; the cluster's ConfigMap volsync-system/volsync-prewarm does not exist",
  );
  const metadata = { name: 'volsync-prewarm', namespace: 'volsync-system' };
  lab.kube.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { PREWARM_WARM: 'some' } });
  expect(await fromWorkstation('plan')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('PREWARM_WARM in ConfigMap volsync-system/volsync-prewarm: "some" is not one of'),
  });
});

test('explain: what was seen, the gates, and what the next run will do', async () => {
  ordinary(lab);
  const ended = await lab.spawn(['explain', 'media/plex-config']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).toMatch(/^media\/plex-config: cold \(queued\)\n/);
  expect(ended.stdout).toContain('bucket: listing of volsync-backups/media/plex-config/snapshots/');
  expect(ended.stdout).toMatch(
    /The next run will: create-credentials, then create-destination \(trigger [0-9a-f]{8}\)/,
  );
  expectNoSecret(ended);
});

test('wrong settings: all problems on stderr, exit 2, and nothing is asked of anybody', async () => {
  const ended = await lab.spawn(['run', '--nope', '--deadline', 'soon'], { PREWARM_BUCKET: '' });
  expect(ended).toEqual({
    code: 2,
    signal: null,
    stdout: '',
    stderr: [
      'volsync-prewarm: the settings are wrong:',
      '  --nope: unknown flag (volsync-prewarm --help lists all flags)',
      '  PREWARM_BUCKET: "" is not the name of a bucket (PREWARM_BUCKET or --bucket)',
      '  --deadline: "soon" is not a duration such as 4m30s (PREWARM_DEADLINE or --deadline)',
      '',
    ].join('\n'),
  });
  expect([lab.s3.requests, lab.kube.requests]).toEqual([[], []]);
});

test('a CA file that cannot be read: exit 2, before anything is asked', async () => {
  const ended = await lab.spawn(['plan', '--ca-file', '/does/not/exist']);
  expect(ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: 'volsync-prewarm plan:\n  --ca-file: "/does/not/exist" cannot be read (ENOENT)\n',
  });
  expect([lab.s3.requests, lab.kube.requests]).toEqual([[], []]);
});

test('an unknown PREWARM_ variable is a warning in the log, and the run goes on', async () => {
  const ended = await lab.spawn(['run'], { PREWARM_BUKET: 'x' });
  expect(ended.code).toBe(0);
  expect(logOf(ended.stdout)[0]).toMatchObject({
    level: 'warn',
    setting: 'PREWARM_BUKET: unknown setting, ignored',
  });
});

test('--version prints the version of the package', async () => {
  expect(await lab.spawn(['--version'])).toEqual({
    code: 0,
    signal: null,
    stdout: `${manifest.version}\n`,
    stderr: '',
  });
});

test('N7: on a Node that is too old the program says so, and exits 2', async () => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' }); require(${JSON.stringify(PROGRAM)})`;
  const child = spawn(process.execPath, ['-e', pretend], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = await once(child, 'close');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'volsync-prewarm: Node 24 or newer is needed, and this is 20.1.0\n',
  });
});

test('N7: a reader that goes away, as `| head` does, is no error', async () => {
  ordinary(lab);
  const child = spawn('sh', ['-c', `"${process.execPath}" "${PROGRAM}" plan --output json | true`], {
    env: { ...process.env, ...lab.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  expect(stderr).not.toContain('EPIPE');
  expect(stderr).not.toContain('Error');
});

test('N11: Ctrl-C is told as such, and not as a listing that failed', async () => {
  ordinary(lab);
  lab.s3.answer(() => ({ hang: true }));
  const child = lab.start(['plan']);
  await vi.waitFor(() => expect(lab.s3.requests.length).toBeGreaterThan(0), { timeout: 10_000 });
  child.kill('SIGINT');
  expect(await child.finished).toEqual({
    code: 1,
    signal: null,
    stdout: '',
    stderr: 'volsync-prewarm plan: interrupted before everything was observed\n',
  });
});

test('no cluster configured: exit 1 with one sentence', async () => {
  const ended = await lab.spawn(['plan'], { KUBECONFIG: '/does/not/exist' });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^volsync-prewarm plan:\n {2}the kubeconfig cannot be read: .*\n$/);
});

test('a server that never answers: plan ends by the deadline with what it knows, exit 1', async () => {
  ordinary(lab);
  lab.s3.answer(() => ({ hang: true }));
  lab.kube.fault({ hang: true });
  const ended = await lab.spawn(['plan', '--output', 'json', '--deadline', '600ms']);
  expect(ended).toMatchObject({ code: 1, signal: null });
  expect(reportIn(ended)).toMatchObject({ complete: false, entries: [] });
});

test('time up while volumes still sync is no failure', async () => {
  ordinary(lab);
  lab.volsync.pause();
  const ended = await lab.spawn(['run', '--deadline', '8s']);
  expect(ended.code).toBe(0);
  expect(logOf(ended.stdout).at(-1)).toMatchObject({
    msg: 'run finished',
    cutShort: true,
    pending: { syncing: 1, queued: 0 },
    exitCode: 0,
  });
});

test('SIGTERM while volumes sync: no more work is begun, the log is complete, the code is that so far', async () => {
  for (const name of ['a', 'b', 'c']) ordinary(lab, name, 'data');
  lab.volsync.pause();
  const child = lab.start(['run', '--max-syncing', '1']);
  await vi.waitFor(() => expect(lab.writes()).toHaveLength(2), { timeout: 10_000 });
  await vi.waitFor(() => expect(lab.kube.requests.filter(({ path }) => path.endsWith('/jobs'))).toHaveLength(2), {
    timeout: 10_000,
  });
  child.kill('SIGTERM');
  const ended = await child.finished;
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(logOf(ended.stdout).at(-1)).toMatchObject({ msg: 'run finished', cutShort: true, exitCode: 0 });
  expect(lab.writes()).toHaveLength(2);
  expect(lab.destinations().map(({ metadata }) => metadata.namespace)).toEqual(['a']);
});

test('SIGTERM during a write: the write in hand is finished, and the next one is not begun', async () => {
  ordinary(lab);
  lab.kube.fault({ method: 'POST', path: '/secrets', delay: 400 });
  const child = lab.start(['run']);
  await vi.waitFor(() => expect(lab.writes()).toHaveLength(1), { timeout: 10_000 });
  child.kill('SIGTERM');
  const ended = await child.finished;
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(logOf(ended.stdout).filter(({ msg }) => msg === 'action done')).toEqual([
    expect.objectContaining({ action: 'create-credentials' }),
  ]);
  expect(lab.writes()).toEqual(['POST /api/v1/namespaces/media/secrets']);
  expect(lab.kube.list('Secret', 'media')).toHaveLength(2);
  expect(lab.destinations()).toEqual([]);
});

test('R15: a name in the bucket that a terminal would obey is spelled out, in the log and in the document', async () => {
  ordinary(lab);
  lab.s3.put('bad\u009b31m/x/snapshots/y', 'z');
  for (const args of [['run'], ['plan', '--output', 'json']]) {
    const { stdout, stderr } = await lab.spawn(args);
    expect(stdout + stderr).toContain('bad\\u009b31m');
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    expect(stdout + stderr).not.toMatch(/[\u0080-\u009f]/);
  }
});
