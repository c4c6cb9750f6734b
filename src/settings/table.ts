/** Every setting once: flag, default, help. The command line, the environment, docs/reference and k8s/base all follow it. */

export interface SettingDefinition {
  flag: string;
  group: 'Bucket' | 'Namespaces' | 'Restore points' | 'What may be done' | 'Pace' | 'Output';
  default: string;
  /** true: a switch, `--flag` means `true` */
  boolean?: true;
  values?: readonly string[];
  describe: string;
  /** accepted already so that one ConfigMap keeps working, without effect until its part is built */
  reserved?: true;
}

const EXCLUDED_NAMESPACES =
  'kube-system,kube-public,kube-node-lease,volsync-system,kyverno,argocd,flux-system,longhorn-system,rook-ceph';

/** The words that a setting may have, where they are few. */
export const CHOICES = {
  pathStyle: ['auto', 'true', 'false'],
  accessMode: ['ReadWriteOnce', 'ReadWriteMany', 'ReadWriteOncePod', 'ReadOnlyMany'],
  warm: ['all', 'absent'],
  mode: ['sync', 'create-only', 'report'],
  only: ['retrigger'],
  sources: ['on', 'off'],
  failOn: ['risk', 'error'],
  logLevel: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
  output: ['table', 'json'],
} as const;

export const SETTINGS = [
  {
    flag: 'bucket',
    group: 'Bucket',
    default: 'volsync-backups',
    describe: 'The bucket that holds the restic repositories',
  },
  { flag: 'prefix', group: 'Bucket', default: '', describe: 'Folder in the bucket above <namespace>/<pvc>/' },
  {
    flag: 'endpoint',
    group: 'Bucket',
    default: '',
    describe: "URL of the S3 server; default: the AWS SDK's own AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, else AWS",
  },
  {
    flag: 'endpoint-alias',
    group: 'Bucket',
    default: '',
    describe: 'Other names of the same server, host[:port] or URL, comma-separated: credentials may use them',
  },
  {
    flag: 'path-style',
    group: 'Bucket',
    default: 'auto',
    values: CHOICES.pathStyle,
    describe: 'Address the bucket by path; auto: yes with an endpoint of your own',
  },
  {
    flag: 'ca-file',
    group: 'Bucket',
    default: '',
    describe: 'PEM file with the certificate authority of the S3 server',
  },
  {
    flag: 'credentials-secret',
    group: 'Namespaces',
    default: 'volsync-rustfs-base',
    describe: 'Name of the base credentials in each namespace',
  },
  {
    flag: 'include-namespaces',
    group: 'Namespaces',
    default: '',
    describe: 'Only these namespaces (comma-separated, * allowed); empty: all',
  },
  {
    flag: 'exclude-namespaces',
    group: 'Namespaces',
    default: EXCLUDED_NAMESPACES,
    describe: 'Never these namespaces (comma-separated, * allowed)',
  },
  {
    flag: 'create-namespaces',
    group: 'Namespaces',
    default: '',
    reserved: true,
    describe: 'Create missing namespaces of these patterns',
  },
  {
    flag: 'namespace-labels',
    group: 'Namespaces',
    default: '',
    reserved: true,
    describe: 'Labels for created namespaces, key=value,…',
  },
  {
    flag: 'storage-class',
    group: 'Restore points',
    default: '',
    describe: "StorageClass of restore volumes when the claim does not tell; empty: the cluster's default",
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
    describe: 'Access mode of restore volumes when the claim does not tell',
  },
  {
    flag: 'default-capacity',
    group: 'Restore points',
    default: '10Gi',
    describe: 'Size of a restore point when nothing tells the size of the claim, or none: wait for the claim',
  },
  { flag: 'cache-capacity', group: 'Restore points', default: '1Gi', describe: "Size of the mover's cache volume" },
  {
    flag: 'cache-storage-class',
    group: 'Restore points',
    default: '',
    describe: "StorageClass of the mover's cache volume when no source tells; empty: that of the restore volume",
  },
  {
    flag: 'mover-resources',
    group: 'Restore points',
    default: '',
    describe: 'Requests and limits of movers when no source tells, such as requests.cpu=100m,limits.memory=1Gi',
  },
  {
    flag: 'custom-ca',
    group: 'Restore points',
    default: '',
    describe:
      "Certificate authority of the S3 server for movers when no source tells: secret/NAME/KEY or configmap/NAME/KEY in the claim's namespace",
  },
  {
    flag: 'mover',
    group: 'Restore points',
    default: '',
    describe: 'uid:gid:fsGroup of the restore mover when neither claim nor source tells',
  },
  {
    flag: 'warm',
    group: 'Restore points',
    default: 'all',
    values: CHOICES.warm,
    describe: 'Keep every repository warm, or only those without a live claim',
  },
  {
    flag: 'max-warm-bytes',
    group: 'Restore points',
    default: '',
    describe: 'Sum of the sizes of all restore points at the most (a quantity); empty: no limit',
  },
  {
    flag: 'mode',
    group: 'What may be done',
    default: 'sync',
    values: CHOICES.mode,
    describe: 'sync: everything; create-only: never touch what exists; report: write nothing',
  },
  {
    flag: 'only',
    group: 'What may be done',
    default: '',
    values: CHOICES.only,
    describe: 'Only this kind of action',
  },
  {
    flag: 'adopt',
    group: 'What may be done',
    default: '',
    describe: "Label selector of other people's destinations whose trigger may be renewed",
  },
  {
    flag: 'sources',
    group: 'What may be done',
    default: 'on',
    values: CHOICES.sources,
    reserved: true,
    describe: 'Manage ReplicationSources of protected claims',
  },
  {
    flag: 'accept-retention',
    group: 'What may be done',
    default: 'false',
    boolean: true,
    reserved: true,
    describe: 'Let a managed source shorten the history that it finds',
  },
  {
    flag: 'prune',
    group: 'What may be done',
    default: 'false',
    boolean: true,
    describe: 'Delete restore points of ours whose backup is gone by three complete listings',
  },
  {
    flag: 'accept-shrink',
    group: 'What may be done',
    default: 'false',
    boolean: true,
    describe: 'Believe a listing that lost most of its repositories',
  },
  {
    flag: 'fail-on',
    group: 'What may be done',
    default: 'risk',
    values: CHOICES.failOn,
    describe: 'risk: exit 3 when data is at risk; error: only failures count',
  },
  { flag: 'max-syncing', group: 'Pace', default: '4', describe: 'Destinations syncing at once, at the most' },
  {
    flag: 'max-syncing-bytes',
    group: 'Pace',
    default: '',
    describe: 'Sum of the sizes of destinations syncing at once (a quantity); empty: no limit',
  },
  {
    flag: 'quiet-period',
    group: 'Pace',
    default: '2m',
    describe: 'Leave a repository alone for so long after its newest snapshot',
  },
  {
    flag: 'refresh-interval',
    group: 'Pace',
    default: '0s',
    describe: "At least this long between two syncs of a live claim's restore point",
  },
  {
    flag: 'deadline',
    group: 'Pace',
    default: '4m30s',
    describe: 'End the run after so long; keep it below the schedule',
  },
  { flag: 'concurrency', group: 'Pace', default: '16', describe: 'Requests at once to each server' },
  { flag: 'request-timeout', group: 'Pace', default: '60s', describe: 'Give up on one request after so long' },
  {
    flag: 'manifests',
    group: 'Output',
    default: '',
    describe: 'readiness: judge the claims in the YAML files below this directory, not those in the cluster',
  },
  {
    flag: 'log-level',
    group: 'Output',
    default: 'info',
    values: CHOICES.logLevel,
    describe: 'Least level of log lines',
  },
  {
    flag: 'output',
    group: 'Output',
    default: '',
    values: CHOICES.output,
    describe: 'Document on stdout; default: table (run: log lines only)',
  },
] as const satisfies readonly SettingDefinition[];

export type SettingFlag = (typeof SETTINGS)[number]['flag'];

export const ENVIRONMENT_PREFIX = 'PREWARM_';

/** `--some-flag` → `PREWARM_SOME_FLAG` */
export function environmentName(flag: string): string {
  return ENVIRONMENT_PREFIX + flag.toUpperCase().replaceAll('-', '_');
}
