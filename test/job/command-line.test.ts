import { expect, test } from 'vitest';
import { parseCommandLine, type CommandLine } from '../../job/command-line.ts';
import { COMMANDS } from '../../job/commands.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { SETTINGS, environmentName, type SettingFlag } from '../../src/settings/table.ts';

function parse(argv: string[], env: Record<string, string> = {}): Promise<CommandLine> {
  return parseCommandLine(argv, env, '1.2.3');
}

async function problemsOf(argv: string[], env: Record<string, string> = {}): Promise<readonly string[]> {
  const line = await parse(argv, env);
  return line.kind === 'problems' ? line.problems : [`no problem: ${JSON.stringify(line)}`];
}

async function settingsOf(argv: string[], env: Record<string, string> = {}): Promise<Settings> {
  const line = await parse(argv, env);
  if (line.kind !== 'command') throw new Error(JSON.stringify(line));
  return line.settings;
}

const DEFAULTS: Settings = {
  bucket: 'volsync-backups',
  prefix: '',
  endpoint: null,
  endpointAliases: [],
  region: null,
  allowEndpoints: [],
  pathStyle: false,
  caFile: null,
  kubeconfig: null,
  context: null,
  credentialsSecret: 'volsync-rustfs-base',
  includeNamespaces: [],
  excludeNamespaces: [
    'kube-system',
    'kube-public',
    'kube-node-lease',
    'volsync-system',
    'kyverno',
    'argocd',
    'flux-system',
    'longhorn-system',
    'rook-ceph',
  ],
  createNamespaces: [],
  namespaceLabels: {},
  storageClass: null,
  snapshotClass: null,
  accessMode: 'ReadWriteOnce',
  defaultCapacity: '10Gi',
  cacheCapacity: '1Gi',
  cacheStorageClass: null,
  sources: 'on',
  hourlySchedule: 'M * * * *',
  dailySchedule: 'M 2 * * *',
  hourlyRetain: { hourly: 24, daily: 7 },
  dailyRetain: { daily: 14 },
  moverResources: null,
  customCA: null,
  mover: null,
  warm: 'all',
  maxWarmBytes: null,
  mode: 'sync',
  only: null,
  adopt: null,
  prune: false,
  acceptedIndex: null,
  acceptShrink: false,
  stale: 'wait',
  failOn: 'risk',
  maxSyncing: 4,
  maxSyncingBytes: null,
  quietPeriod: 120_000,
  refreshInterval: 0,
  deadline: 270_000,
  settle: 90_000,
  concurrency: 16,
  requestTimeout: 60_000,
  manifests: null,
  logLevel: 'info',
  output: null,
};

const NOTHING_ASKED = {
  claim: null,
  namespace: null,
  watch: false,
  wait: false,
  timeout: 1_800_000,
  move: false,
  dir: 'k8s/examples/mine',
  image: null,
  overlay: 'observe',
  force: false,
};

test('`run` alone is a run with the defaults', async () => {
  expect(await parse(['run'])).toEqual({
    kind: 'command',
    command: 'run',
    settings: DEFAULTS,
    raw: {},
    asked: NOTHING_ASKED,
    warnings: [],
  });
});

test('no word at all is the help: nobody writes into a cluster by a slip of the finger', async () => {
  expect(await parse([])).toEqual(await parse(['--help']));
  expect(await problemsOf(['--mode', 'report'])).toEqual([
    'no command is named; the commands are run, plan, status, snapshots, backup, explain, readiness, init, mark-bucket, doctor',
  ]);
});

/** A value for each setting that is not its default, and what it changes. */
const GIVEN: Record<SettingFlag, [string, Partial<Settings>]> = {
  bucket: ['backups', { bucket: 'backups' }],
  prefix: ['/team-a/', { prefix: 'team-a/' }],
  endpoint: ['http://rustfs:9000/', { endpoint: 'http://rustfs:9000', pathStyle: true }],
  'allow-endpoints': ['c', { allowEndpoints: ['c'] }],
  'endpoint-alias': ['a:1, b', { endpointAliases: ['a:1', 'b'] }],
  'path-style': ['true', { pathStyle: true }],
  'ca-file': ['/ca.pem', { caFile: '/ca.pem' }],
  kubeconfig: ['/kube', { kubeconfig: '/kube' }],
  context: ['home', { context: 'home' }],
  'credentials-secret': ['base', { credentialsSecret: 'base' }],
  'include-namespaces': ['a,b*', { includeNamespaces: ['a', 'b*'] }],
  'exclude-namespaces': ['x', { excludeNamespaces: ['x'] }],
  'create-namespaces': ['x*,y', { createNamespaces: ['x*', 'y'] }],
  'namespace-labels': ['a=b,c.d/e=', { namespaceLabels: { a: 'b', 'c.d/e': '' } }],
  'storage-class': ['fast', { storageClass: 'fast' }],
  'snapshot-class': ['snaps', { snapshotClass: 'snaps' }],
  'access-mode': ['ReadWriteMany', { accessMode: 'ReadWriteMany' }],
  'default-capacity': ['none', { defaultCapacity: null }],
  'cache-capacity': ['512Mi', { cacheCapacity: '512Mi' }],
  'cache-storage-class': ['local', { cacheStorageClass: 'local' }],
  'mover-resources': ['requests.cpu=100m', { moverResources: '{"requests":{"cpu":"100m"}}' }],
  'custom-ca': ['secret/ca/ca.crt', { customCA: '{"key":"ca.crt","secretName":"ca"}' }],
  mover: ['1:2:3', { mover: { runAsUser: 1, runAsGroup: 2, fsGroup: 3 } }],
  warm: ['absent', { warm: 'absent' }],
  'max-warm-bytes': ['1Ti', { maxWarmBytes: 2 ** 40 }],
  mode: ['create-only', { mode: 'create-only' }],
  only: ['retrigger', { only: 'retrigger' }],
  adopt: ['app=plex', { adopt: [{ key: 'app', operator: 'in', values: ['plex'] }] }],
  'hourly-schedule': ['M */2 * * *', { hourlySchedule: 'M */2 * * *' }],
  'daily-schedule': ['5 3 * * *', { dailySchedule: '5 3 * * *' }],
  'hourly-retain': ['hourly=12', { hourlyRetain: { hourly: 12 } }],
  'daily-retain': ['daily=30,within=7d', { dailyRetain: { daily: 30, within: '7d' } }],
  sources: ['off', { sources: 'off' }],
  prune: ['true', { prune: true }],
  'accept-shrink': ['2026-11-27T08:00:00.000Z', { acceptedIndex: Date.UTC(2026, 10, 27, 8) }],
  stale: ['attach', { stale: 'attach' }],
  'fail-on': ['error', { failOn: 'error' }],
  'max-syncing': ['7', { maxSyncing: 7 }],
  'max-syncing-bytes': ['10G', { maxSyncingBytes: 10e9 }],
  'quiet-period': ['90s', { quietPeriod: 90_000 }],
  'refresh-interval': ['1h', { refreshInterval: 3_600_000 }],
  deadline: ['1m30s', { deadline: 90_000 }],
  settle: ['0s', { settle: 0 }],
  concurrency: ['32', { concurrency: 32 }],
  'request-timeout': ['500ms', { requestTimeout: 500 }],
  manifests: ['./rendered', { manifests: './rendered' }],
  'log-level': ['trace', { logLevel: 'trace' }],
  output: ['json', { output: 'json' }],
};

test.each(SETTINGS.map(({ flag }) => flag))('--%s by flag and by environment', async (flag) => {
  const [value, changed] = GIVEN[flag];
  const wanted = { ...DEFAULTS, ...changed };
  const isSwitch = ['prune', 'path-style'].includes(flag);
  expect(await settingsOf(isSwitch ? ['plan', `--${flag}`] : ['plan', `--${flag}`, value])).toEqual(wanted);
  expect(await settingsOf(['plan'], { [environmentName(flag)]: value })).toEqual(wanted);
});

test.each(['run', 'plan', 'status', 'explain a/b', 'doctor', 'readiness', 'mark-bucket'])(
  '`%s` accepts every setting, since one ConfigMap serves all',
  async (words) => {
    const flags = SETTINGS.map(({ flag }) => `--${flag}=${GIVEN[flag][0]}`);
    expect(await settingsOf([...words.split(' '), ...flags])).toEqual(
      Object.assign({ ...DEFAULTS }, ...Object.values(GIVEN).map(([, changed]) => changed)),
    );
  },
);

test('a flag wins over the environment, which wins over the default', async () => {
  const env = { PREWARM_BUCKET: 'inherited', PREWARM_PREFIX: 'inherited' };
  expect(await settingsOf(['plan', '--bucket', 'given'], env)).toEqual({
    ...DEFAULTS,
    bucket: 'given',
    prefix: 'inherited/',
  });
});

test('the last of two equal flags counts', async () => {
  expect(await settingsOf(['plan', '--bucket', 'one', '--bucket', 'two'])).toMatchObject({ bucket: 'two' });
});

test('a switch can be taken back', async () => {
  expect(await settingsOf(['plan', '--prune=false'], { PREWARM_PRUNE: 'true' })).toMatchObject({ prune: false });
});

test.each([
  [{ AWS_ENDPOINT_URL: 'http://general' }, 'http://general'],
  [{ AWS_ENDPOINT_URL: 'http://general', AWS_ENDPOINT_URL_S3: 'http://s3' }, 'http://s3'],
  [{ AWS_ENDPOINT_URL_S3: 'http://s3', PREWARM_ENDPOINT: 'http://own' }, 'http://own'],
  [{ AWS_ENDPOINT_URL_S3: 'http://s3', PREWARM_ENDPOINT: '' }, 'http://s3'],
])('the endpoint of %j', async (env, endpoint) => {
  expect(await settingsOf(['plan'], env)).toEqual({ ...DEFAULTS, endpoint, pathStyle: true });
});

test('all problems are told in one message, each with the name under which the value was given', async () => {
  const argv = ['doctor', 'now', '--bucket', '', '--deadline', 'soon', '--nope', '--concurrency=0', '--mode', 'all'];
  const env = { PREWARM_MAX_WARM_BYTES: '10 GB', PREWARM_PRUNE: 'yes', PREWARM_DEFAULT_CAPACITY: 'lots' };
  const problems = await problemsOf(argv, env);
  expect(problems.toSorted()).toEqual([
    '--bucket: "" is not the name of a bucket (PREWARM_BUCKET or --bucket)',
    '--concurrency: "0" is not a whole number from 1 to 256 (PREWARM_CONCURRENCY or --concurrency)',
    '--deadline: "soon" is not a duration such as 4m30s (PREWARM_DEADLINE or --deadline)',
    '--mode: "all" is not one of sync, create-only, report (PREWARM_MODE or --mode)',
    '--nope: unknown flag (volsync-prewarm --help lists all flags)',
    'PREWARM_DEFAULT_CAPACITY: "lots" is not a quantity such as 10Gi, or none (PREWARM_DEFAULT_CAPACITY or --default-capacity)',
    'PREWARM_MAX_WARM_BYTES: "10 GB" is not a quantity such as 500Gi (PREWARM_MAX_WARM_BYTES or --max-warm-bytes)',
    'PREWARM_PRUNE: "yes" is not true or false (PREWARM_PRUNE or --prune)',
    'now: doctor takes no argument',
  ]);
});

test.each([
  [
    ['frob'],
    'frob: unknown command; the commands are run, plan, status, snapshots, backup, explain, readiness, init, mark-bucket, doctor',
  ],
  [
    ['statsu'],
    'statsu: unknown command; did you mean status? The commands are run, plan, status, snapshots, backup, explain, readiness, init, mark-bucket, doctor',
  ],
  [['run', 'a/b'], 'a/b: run takes no argument'],
  [['doctor', '--', '--prune'], '--prune: doctor takes no argument'],
  [['plan', '--buket', 'x'], '--buket: unknown flag; did you mean --bucket? (volsync-prewarm --help lists all flags)'],
  [
    ['plan', 'plex'],
    'plan: name one claim, as in `volsync-prewarm plan media/plex-config`, or plex-config with -n media',
  ],
  [['plan', '-n', 'Media'], '-n: Media is not a valid namespace name'],
  [['plan', '-n', 'media', '-A'], '-n and -A: give one of them'],
  [['backup', 'a/b', '--timeout', 'soon'], '--timeout: "soon" is not a duration such as 30m'],
  [['explain', 'a/b', '--wait'], '--wait: explain does not take it (backup does)'],
  [['plan', '-n'], '-n: the value is missing'],
  [['plan', '--watch'], '--watch: plan does not take it (status does)'],
  [['plan', '-x'], '-x: unknown flag (volsync-prewarm --help lists all flags)'],
  [
    ['plan', '--maxSyncing', '2'],
    '--maxSyncing: unknown flag; did you mean --max-syncing? (volsync-prewarm --help lists all flags)',
  ],
  [
    ['plan', '--no-bucket'],
    '--no-bucket: unknown flag; did you mean --bucket? (volsync-prewarm --help lists all flags)',
  ],
  [['plan', '--bucket'], '--bucket: the value is missing'],
  [['plan', '--endpoint'], '--endpoint: the value is missing'],
  [['plan', '--prune=maybe'], '--prune: "maybe" is not true or false'],
  [['explain', 'Media/plex'], 'explain: Media is not a valid namespace name'],
  [
    ['explain'],
    'explain: name one claim, as in `volsync-prewarm explain media/plex-config`, or plex-config with -n media',
  ],
  [
    ['explain', 'plex'],
    'explain: name one claim, as in `volsync-prewarm explain media/plex-config`, or plex-config with -n media',
  ],
  [
    ['explain', 'a/b', 'c/d'],
    'explain: name one claim, as in `volsync-prewarm explain media/plex-config`, or plex-config with -n media',
  ],
])('%j is a problem', async (argv, problem) => {
  expect(await problemsOf(argv)).toEqual([problem]);
});

test('the help that is asked for by a word lists the commands too', async () => {
  expect(await parse(['help'])).toEqual(await parse(['--help']));
});

test('a setting of one command is said to be idle with another', async () => {
  expect(await parse(['plan', '--manifests', 'x'])).toMatchObject({
    warnings: ['--manifests: only readiness reads it'],
  });
  expect(await parse(['readiness', '--manifests', 'x'])).toMatchObject({ warnings: [] });
});

test('explain names its claim', async () => {
  expect(await parse(['explain', 'media/plex-config'])).toMatchObject({
    kind: 'command',
    command: 'explain',
    asked: { claim: 'media/plex-config' },
  });
  expect(await parse(['explain', 'plex-config', '-n', 'media'])).toMatchObject({
    asked: { claim: 'media/plex-config', namespace: 'media' },
  });
});

test('-o is short for --output, and -w for --watch', async () => {
  expect(await parse(['status', '-o', 'wide', '-w', '-A'])).toMatchObject({
    settings: { output: 'wide' },
    asked: { watch: true, namespace: null },
  });
});

test('--move belongs to mark-bucket alone', async () => {
  expect(await parse(['mark-bucket', '--move'])).toMatchObject({ command: 'mark-bucket', asked: { move: true } });
  expect(await parse(['run', '--move'])).toMatchObject({
    problems: ['--move: run does not take it (mark-bucket does)'],
  });
});

test('a format that a command does not have is said, unless it comes from the environment, which is for all', async () => {
  expect(await parse(['doctor', '-o', 'name'])).toMatchObject({
    warnings: ['--output name: doctor has table, json, yaml'],
  });
  expect(await parse(['doctor'], { PREWARM_OUTPUT: 'name' })).toMatchObject({ warnings: [] });
});

test('a script for the shell, and the words that it asks for', async () => {
  expect(await parse(['completion'])).toMatchObject({ kind: 'text', text: expect.stringContaining('complete -o') });
  const words = await parse(['--get-yargs-completions', 'volsync-prewarm', 'sta']);
  expect(words).toMatchObject({ kind: 'text', text: expect.stringMatching(/^status$/m) });
});

test('an unknown PREWARM_ variable is a warning; others are not ours', async () => {
  const env = {
    PREWARM_BUKET: 'x',
    PREWARM_PORT: 'tcp://10.0.0.1:80',
    HOME: '/',
    PREWARMED: 'x',
  };
  expect(await parse(['plan'], env)).toEqual({
    kind: 'command',
    raw: {},
    command: 'plan',
    settings: DEFAULTS,
    asked: NOTHING_ASKED,
    warnings: ['PREWARM_BUKET: unknown setting, ignored', 'PREWARM_PORT: unknown setting, ignored'],
  });
});

test.each([[['--help']], [['-h']], [['plan', '--help']], [['help']]])('%j lists every flag', async (argv) => {
  const line = await parse(argv);
  const text = line.kind === 'text' ? line.text : '';
  const missing = SETTINGS.filter(({ flag }) => !new RegExp(`^ +(-[a-z], )?--${flag} `, 'm').test(text));
  expect(missing).toEqual([]);
});

test('the help names every command, the exit codes and no line wider than a terminal', async () => {
  const line = await parse(['--help']);
  const text = line.kind === 'text' ? line.text : '';
  for (const command of Object.keys(COMMANDS)) expect(text).toContain(`volsync-prewarm ${command}`);
  expect(text).toContain('Exit codes: 0 done; 1');
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120);
});

test.each([[['--version']], [['plan', '--version']]])('%j prints the version and nothing else', async (argv) => {
  expect(await parse(argv)).toEqual({ kind: 'text', text: '1.2.3\n' });
});
