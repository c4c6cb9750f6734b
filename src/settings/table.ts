/** Every setting once: flag, default, help. The command line, the environment, docs/reference and k8s/base all follow it. */
import { CHOICES } from './choices.ts';
import type { SettingDefinition } from './definition.ts';
import { PLACES } from './table-places.ts';

export type { SettingDefinition } from './definition.ts';

export const SETTINGS = [
  ...PLACES,
  {
    flag: 'storage-class',
    group: 'Restore points',
    default: '',
    describe: "StorageClass of restore volumes when no claim shows it; empty: the cluster's default",
  },
  {
    flag: 'snapshot-class',
    group: 'Restore points',
    default: '',
    describe: "VolumeSnapshotClass of restore points; empty: the cluster's default",
  },
  {
    flag: 'access-mode',
    group: 'Restore points',
    default: 'ReadWriteOnce',
    values: CHOICES.accessMode,
    describe: 'Access mode of restore volumes when no claim shows it',
  },
  {
    flag: 'default-capacity',
    group: 'Restore points',
    default: '10Gi',
    describe: 'Size of a restore point when nothing shows the size of its claim; none: wait for the claim',
  },
  { flag: 'cache-capacity', group: 'Restore points', default: '1Gi', describe: "Size of the mover's cache volume" },
  {
    flag: 'cache-storage-class',
    group: 'Restore points',
    default: '',
    describe: "StorageClass of the mover's cache volume when no source sets it; empty: that of the restore volume",
  },
  {
    flag: 'mover-resources',
    group: 'Restore points',
    default: '',
    describe: 'Requests and limits of movers when no source sets them, such as requests.cpu=100m,limits.memory=1Gi',
  },
  {
    flag: 'custom-ca',
    group: 'Restore points',
    default: '',
    describe:
      "Certificate authority of the S3 server for movers when no source sets it: secret/NAME/KEY or configmap/NAME/KEY in the claim's namespace",
  },
  {
    flag: 'mover',
    group: 'Restore points',
    default: '',
    describe: 'User of the restore mover as uid:gid:fsGroup, when neither claim nor source sets it',
  },
  {
    flag: 'hourly-schedule',
    group: 'Backups',
    default: 'M * * * *',
    describe:
      'Schedule of claims labelled backup: hourly; M stands for a minute that is spread by the name of the claim',
  },
  {
    flag: 'daily-schedule',
    group: 'Backups',
    default: 'M 2 * * *',
    describe: 'Schedule of claims labelled backup: daily',
  },
  {
    flag: 'hourly-retain',
    group: 'Backups',
    default: 'hourly=24,daily=7',
    describe: 'What sources of hourly claims keep, beside everything of the last three days',
  },
  {
    flag: 'daily-retain',
    group: 'Backups',
    default: 'daily=14',
    describe: 'What sources of daily claims keep, beside everything of the last three days',
  },
  {
    flag: 'warm',
    group: 'Restore points',
    default: 'all',
    values: CHOICES.warm,
    describe: 'all: a warm restore point for every repository; absent: only where no claim is alive',
  },
  {
    flag: 'max-warm-bytes',
    group: 'Restore points',
    default: '',
    describe: 'Maximum total size of all restore points (a quantity); empty: no limit',
  },
  {
    flag: 'mode',
    group: 'What may be done',
    default: 'sync',
    values: CHOICES.mode,
    describe: 'sync: create, renew and delete; create-only: never change what exists; report: write nothing',
  },
  {
    flag: 'only',
    group: 'What may be done',
    default: '',
    values: CHOICES.only,
    describe: 'Restrict a run to this kind of action; empty: all',
  },
  {
    flag: 'adopt',
    group: 'What may be done',
    default: '',
    describe: 'Label selector of further destinations of yours whose trigger the worker may renew',
  },
  {
    flag: 'sources',
    group: 'What may be done',
    default: 'on',
    values: CHOICES.sources,
    describe: 'Give every protected claim that nobody backs up a ReplicationSource of its own',
  },
  {
    flag: 'prune',
    group: 'What may be done',
    default: 'false',
    boolean: true,
    describe:
      'Delete destinations without an image whose backup is missing from three complete listings in a row, and restore points beyond --max-warm-bytes',
  },
  {
    flag: 'accept-shrink',
    group: 'What may be done',
    default: '',
    describe:
      'Believe a listing in which most of the known repositories are missing: the _generatedAt of the index that it overrules, or none where no index was written',
  },
  {
    flag: 'stale',
    group: 'Restore points',
    default: 'wait',
    values: CHOICES.stale,
    describe: 'wait: fill claims when the newest snapshot is fetched; attach: at once, from an older image',
  },
  {
    flag: 'fail-on',
    group: 'What may be done',
    default: 'risk',
    values: CHOICES.failOn,
    describe: 'risk: exit 3 when data is at risk; error: exit 0 then, and 1 only for failures',
  },
  { flag: 'max-syncing', group: 'Pace', default: '4', describe: 'Maximum number of restores at the same time' },
  {
    flag: 'max-syncing-bytes',
    group: 'Pace',
    default: '',
    describe: 'Maximum total size of the restores at the same time (a quantity); empty: no limit',
  },
  {
    flag: 'quiet-period',
    group: 'Pace',
    default: '2m',
    describe: 'Wait this long after the newest snapshot of a repository before restoring it',
  },
  {
    flag: 'refresh-interval',
    group: 'Pace',
    default: '0s',
    describe: "Minimum time between two restores into a live claim's restore point",
  },
  {
    flag: 'settle',
    group: 'Pace',
    default: '90s',
    describe: 'After lifting a refusal, wait this long for the refused claims to be created again',
  },
  {
    flag: 'deadline',
    group: 'Pace',
    default: '4m30s',
    describe: 'Maximum duration of a run; keep it below the interval of the CronJob',
  },
  {
    flag: 'concurrency',
    group: 'Pace',
    default: '16',
    describe: 'Maximum number of concurrent requests to each server',
  },
  { flag: 'request-timeout', group: 'Pace', default: '60s', describe: 'Timeout for each request' },
  {
    flag: 'manifests',
    group: 'Output',
    default: '',
    describe: 'Only for readiness: judge the claims in the YAML files of this directory, not those in the cluster',
  },
  {
    flag: 'log-level',
    group: 'Output',
    default: 'info',
    values: CHOICES.logLevel,
    describe: 'Minimum level of log lines',
  },
  {
    flag: 'output',
    alias: 'o',
    group: 'Output',
    default: '',
    values: CHOICES.output,
    describe: 'Format of the document on stdout; empty: a table (run: log lines only)',
  },
] as const satisfies readonly SettingDefinition[];

export type SettingFlag = (typeof SETTINGS)[number]['flag'];

export const ENVIRONMENT_PREFIX = 'PREWARM_';

/** `--some-flag` → `PREWARM_SOME_FLAG` */
export function environmentName(flag: string): string {
  return ENVIRONMENT_PREFIX + flag.toUpperCase().replaceAll('-', '_');
}
