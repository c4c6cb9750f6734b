/** The settings that say where things are: bucket, cluster, namespaces. */
import { CHOICES } from './choices.ts';
import type { SettingDefinition } from './definition.ts';

const EXCLUDED_NAMESPACES =
  'kube-system,kube-public,kube-node-lease,volsync-system,kyverno,argocd,flux-system,longhorn-system,rook-ceph';

export const PLACES = [
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
    describe: 'URL of the S3 server; empty: AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL, else AWS itself',
  },
  {
    flag: 'endpoint-alias',
    group: 'Bucket',
    default: '',
    describe: 'Other names of the same server, host[:port] or URL, comma-separated: credentials may use them',
  },
  { flag: 'allow-endpoints', group: 'Bucket', default: '', describe: 'Further S3 servers in Secrets: host[:port],…' },
  {
    flag: 'path-style',
    group: 'Bucket',
    default: 'auto',
    values: CHOICES.pathStyle,
    describe:
      'Put the bucket into the path of the URL, not into the host name; auto: only with an endpoint of your own',
  },
  {
    flag: 'ca-file',
    group: 'Bucket',
    default: '',
    describe: 'PEM file with the certificate authority of the S3 server, for the worker itself',
  },
  {
    flag: 'kubeconfig',
    group: 'Cluster',
    default: '',
    describe: 'The kubeconfig file; empty: KUBECONFIG, ~/.kube/config, or the pod it runs in',
  },
  { flag: 'context', group: 'Cluster', default: '', describe: 'The context of the kubeconfig; empty: the current one' },
  {
    flag: 'credentials-secret',
    group: 'Namespaces',
    default: 'volsync-rustfs-base',
    describe: 'Name of the Secret with the base credentials in each namespace',
  },
  {
    flag: 'include-namespaces',
    group: 'Namespaces',
    default: '',
    describe: 'Work only in these namespaces (comma-separated, * allowed); empty: in all',
  },
  {
    flag: 'exclude-namespaces',
    group: 'Namespaces',
    default: EXCLUDED_NAMESPACES,
    describe: 'Never work in these namespaces (comma-separated, * allowed)',
  },
  {
    flag: 'create-namespaces',
    group: 'Namespaces',
    default: '',
    describe:
      'Create missing namespaces of repositories in the bucket whose names match (comma-separated, * allowed); needs the component create-namespaces',
  },
  {
    flag: 'namespace-labels',
    group: 'Namespaces',
    default: '',
    describe: 'Labels of the namespaces that are created, as key=value,…: what a ClusterExternalSecret selects',
  },
] as const satisfies readonly SettingDefinition[];
