import { describe, expect, test } from 'vitest';
import { SettingsError, parseSettings, type RawSettings, type Settings } from '../../src/settings/settings.ts';
import { SETTINGS, environmentName, type SettingFlag } from '../../src/settings/table.ts';

/** What a setting is told to be where it cannot be read, and values that cannot. */
const REFUSED: readonly [SettingFlag, string, readonly string[]][] = [
  ['bucket', 'the name of a bucket', ['a bucket', 'a', '-ab', '/ab', 'ab/', '', 'a'.repeat(256)]],
  ['endpoint', 'a URL such as http://rustfs.example:9000', ['rustfs:9000', 'ftp://rustfs', 'rustfs']],
  ['path-style', 'one of auto, true, false', ['maybe']],
  ['credentials-secret', 'the name of a Secret', ['Base', '', '-base', 'base-', 'ba se', 'a'.repeat(254)]],
  ['create-namespaces', 'names of namespaces,… (* allowed)', ['Media', 'a/b', '-a', 'a-', 'ok,a/b', 'a'.repeat(64)]],
  [
    'namespace-labels',
    'labels such as team=media,…',
    ['team', 'te am=x', 'team=x=y', 'a=b,team', `${'a'.repeat(64)}=x`],
  ],
  ['storage-class', 'the name of a StorageClass', ['Fast']],
  ['snapshot-class', 'the name of a VolumeSnapshotClass', ['Snaps']],
  ['access-mode', 'one of ReadWriteOnce, ReadWriteMany, ReadWriteOncePod, ReadOnlyMany', ['RWO']],
  ['default-capacity', 'a quantity such as 10Gi, or none', ['0', '-1Gi']],
  ['cache-capacity', 'a quantity such as 1Gi', ['none']],
  ['cache-storage-class', 'the name of a StorageClass', ['a/b']],
  ['mover-resources', 'quantities such as requests.cpu=100m,limits.memory=1Gi', ['cpu=1']],
  ['custom-ca', 'secret/NAME/KEY or configmap/NAME/KEY', ['ca.crt']],
  ['mover', 'uid:gid:fsGroup, three numbers', ['1000', '1:2:-3']],
  [
    'hourly-schedule',
    "five fields of cron, with M for the claim's own minute, such as M * * * *",
    ['hourly', 'M * * *'],
  ],
  ['daily-schedule', "five fields of cron, with M for the claim's own minute, such as M * * * *", ['5 3 * *']],
  ['hourly-retain', 'what restic shall keep, such as hourly=24,daily=7', ['hourly=0']],
  ['daily-retain', 'what restic shall keep, such as hourly=24,daily=7', ['', 'daily=0']],
  ['warm', 'one of all, absent', ['cold']],
  ['max-warm-bytes', 'a quantity such as 500Gi', ['5GiB', '0']],
  ['mode', 'one of sync, create-only, report', ['all']],
  ['only', 'retrigger', ['create']],
  ['adopt', 'a label selector such as app=plex', ['app in plex']],
  ['sources', 'one of on, off', ['true']],
  ['prune', 'true or false', ['yes']],
  ['accept-shrink', 'a time such as 2026-11-27T08:00:00.000Z, or none', ['2']],
  ['stale', 'one of wait, attach', ['never']],
  ['fail-on', 'one of risk, error', ['never']],
  ['max-syncing', 'a whole number from 1 to 100000', ['0', '100001', '1.5', '1e3', 'x7', '7x', '']],
  ['max-syncing-bytes', 'a quantity such as 100Gi', ['0']],
  ['quiet-period', 'a duration such as 90s or 5m', ['2', '-2m']],
  ['refresh-interval', 'a duration such as 90s or 5m', ['5 minutes']],
  ['settle', 'a duration such as 90s, or 0s', ['2']],
  ['deadline', 'a duration such as 4m30s', ['0s']],
  ['concurrency', 'a whole number from 1 to 256', ['257', '0']],
  ['request-timeout', 'a duration such as 60s', ['0']],
  ['log-level', 'one of trace, debug, info, warn, error, fatal, silent', ['verbose']],
  ['output', 'one of table, wide, json, yaml, name', ['html']],
];

/** Any text is a folder, a list or a name. */
const ANY: readonly SettingFlag[] = [
  'prefix',
  'endpoint-alias',
  'allow-endpoints',
  'ca-file',
  'kubeconfig',
  'context',
  'include-namespaces',
  'exclude-namespaces',
  'manifests',
];

function read(raw: RawSettings): Settings | SettingsError {
  try {
    return parseSettings(raw);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
}

test('every setting takes any text, or says what it wants', () => {
  expect([...REFUSED.map(([flag]) => flag), ...ANY].toSorted()).toEqual(SETTINGS.map(({ flag }) => flag).toSorted());
});

describe('cannot be read, and that is all that is said', () => {
  test.each(REFUSED.flatMap(([flag, wanted, values]) => values.map((value) => [flag, value, wanted] as const)))(
    '--%s=%s is not %s',
    (flag, value, wanted) => {
      const name = environmentName(flag);
      const problem = `${name}: "${value}" is not ${wanted} (${name} or --${flag})`;
      const error = read({ [flag]: { value, from: name } });
      expect(error).toMatchObject({ name: 'SettingsError', message: problem, problems: [problem] });
    },
  );

  test('several: one line for each, by the name under which it was given', () => {
    const error = read({
      bucket: { value: '', from: '--bucket' },
      prune: { value: 'yes', from: 'PREWARM_PRUNE' },
      prefix: { value: '//', from: '--prefix' },
    });
    expect(error).toMatchObject({
      message: [
        '--bucket: "" is not the name of a bucket (PREWARM_BUCKET or --bucket)',
        'PREWARM_PRUNE: "yes" is not true or false (PREWARM_PRUNE or --prune)',
      ].join('\n'),
    });
  });
});

describe('is read', () => {
  test.each<[SettingFlag, string, Partial<Settings>]>([
    ['bucket', 'ab', { bucket: 'ab' }],
    ['bucket', `A9._-${'a'.repeat(250)}`, { bucket: `A9._-${'a'.repeat(250)}` }],
    ['prefix', '//', { prefix: '' }],
    ['prefix', ' //team//a// ', { prefix: 'team//a/' }],
    ['endpoint', 'https://nas//', { endpoint: 'https://nas', pathStyle: true }],
    ['path-style', 'false', { pathStyle: false }],
    ['credentials-secret', 'a', { credentialsSecret: 'a' }],
    ['credentials-secret', 'a'.repeat(253), { credentialsSecret: 'a'.repeat(253) }],
    ['include-namespaces', ' a ,, b* ', { includeNamespaces: ['a', 'b*'] }],
    ['create-namespaces', `*,a,${'a'.repeat(63)}`, { createNamespaces: ['*', 'a', 'a'.repeat(63)] }],
    ['kubeconfig', ' /kube ', { kubeconfig: '/kube' }],
    ['max-syncing', '1', { maxSyncing: 1 }],
    ['max-syncing', '100000', { maxSyncing: 100_000 }],
    ['adopt', '', { adopt: null }],
  ])('--%s=%s', (flag, value, changed) => {
    expect(read({ [flag]: { value, from: 'a test' } })).toEqual({ ...parseSettings({}), ...changed });
  });

  test('the path style follows the endpoint where nobody says it', () => {
    const endpoint = { value: 'http://nas', from: 'a test' };
    const pathStyle = { value: 'false', from: 'a test' };
    expect([read({}), read({ endpoint }), read({ endpoint, 'path-style': pathStyle })]).toMatchObject([
      { pathStyle: false },
      { pathStyle: true },
      { pathStyle: false },
    ]);
  });
});
