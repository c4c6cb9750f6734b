/** The usual objects of a test, as users, GitOps and the product would create them, and small repositories. */
import { createHash } from 'node:crypto';
import type { Fields, ObjectInput } from './kube/objects.ts';
import type { S3 } from './s3/s3.ts';
import { snapshotBody } from './volsync/repository.ts';

type Texts = Record<string, string>;

const STORAGE_CLASS = 'csi-hostpath-sc';
const SNAPSHOT_CLASS = 'csi-hostpath-snapclass';
const HOUR = 3_600_000;
export const PASSWORD = 'fixture-password';

/** A Namespace. */
export function namespace(name: string, labels: Texts = {}): ObjectInput {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function secret(ref: { namespace: string; name: string }, values: Texts, labels: Texts = {}): ObjectInput {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'Secret', metadata: { ...ref, labels }, type: 'Opaque', data };
}

function keysOf(overrides: Texts): Texts {
  return {
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    RESTIC_PASSWORD: PASSWORD,
    ...overrides,
  };
}

/** The Secret `volsync-rustfs-base` of a namespace, for the sandbox's bucket. */
export function baseCredentials(namespace: string, endpoint: string, overrides: Texts = {}): ObjectInput {
  const base = { RESTIC_REPOSITORY_BASE: `s3:${endpoint}/volsync-backups` };
  return secret({ namespace, name: 'volsync-rustfs-base' }, keysOf({ ...base, ...overrides }));
}

/** The Secret `<claim>-volsync-secret` for the repository `<namespace>/<claim>`. */
export function repositoryCredentials(
  ref: { namespace: string; claim: string },
  endpoint: string,
  overrides: Texts = {},
): ObjectInput {
  const repository = { RESTIC_REPOSITORY: `s3:${endpoint}/volsync-backups/${ref.namespace}/${ref.claim}` };
  return secret(
    { namespace: ref.namespace, name: `${ref.claim}-volsync-secret` },
    keysOf({ ...repository, ...overrides }),
  );
}

export interface ClaimOptions {
  namespace: string;
  name: string;
  labels?: Texts;
  annotations?: Texts;
  size?: string;
  storageClass?: string;
  volumeMode?: string;
  /** the ReplicationDestination in `dataSourceRef` */
  from?: string;
}

/** A PersistentVolumeClaim. */
export function claim(options: ClaimOptions): ObjectInput {
  const {
    namespace,
    name,
    labels = {},
    annotations = {},
    size = '1Gi',
    storageClass = STORAGE_CLASS,
    volumeMode,
    from,
  } = options;
  const ref = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: from };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name, labels, annotations },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size } },
      storageClassName: storageClass,
      ...(volumeMode === undefined ? {} : { volumeMode }),
      ...(from === undefined ? {} : { dataSourceRef: ref }),
    },
  };
}

export interface PodOptions {
  namespace: string;
  name: string;
  /** the claim that it mounts */
  claim: string;
  /** of the pod */
  securityContext?: Fields;
  /** of its one container */
  ofContainer?: Fields;
}

/** A Pod with one container that mounts one claim. */
export function pod({ namespace, name, claim, securityContext = {}, ofContainer = {} }: PodOptions): ObjectInput {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: {
      securityContext,
      containers: [
        {
          name: 'app',
          image: 'app',
          securityContext: ofContainer,
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
    },
  };
}

export interface DestinationOptions {
  namespace: string;
  claim: string;
  tag?: string;
  capacity?: string;
  restic?: Fields;
  labels?: Texts;
}

/** A ReplicationDestination `<claim>-restore`; without a tag it has no trigger at all. */
export function destination(options: DestinationOptions): ObjectInput {
  const { namespace, claim, tag, capacity = '1Gi', restic = {}, labels = {} } = options;
  return {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { namespace, name: `${claim}-restore`, labels },
    spec: {
      ...(tag === undefined ? {} : { trigger: { manual: tag } }),
      restic: {
        repository: `${claim}-volsync-secret`,
        copyMethod: 'Snapshot',
        capacity,
        accessModes: ['ReadWriteOnce'],
        storageClassName: STORAGE_CLASS,
        volumeSnapshotClassName: SNAPSHOT_CLASS,
        ...restic,
      },
    },
  };
}

export interface SourceOptions {
  namespace: string;
  claim: string;
  name?: string;
  manual?: string;
  schedule?: string;
  restic?: Fields;
  labels?: Texts;
}

/** A ReplicationSource `<claim>-backup`; without manual and schedule it runs hourly. */
export function source(options: SourceOptions): ObjectInput {
  const {
    namespace,
    claim,
    name = `${claim}-backup`,
    manual,
    schedule = '0 * * * *',
    restic = {},
    labels = {},
  } = options;
  return {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata: { namespace, name, labels },
    spec: {
      sourcePVC: claim,
      trigger: manual === undefined ? { schedule } : { manual },
      restic: {
        repository: `${claim}-volsync-secret`,
        copyMethod: 'Snapshot',
        pruneIntervalDays: 7,
        retain: { hourly: 24, daily: 7 },
        ...restic,
      },
    },
  };
}

/** A name of 64 hex digits from any text: the same text gives the same name. */
export function hexId(seed: string): string {
  return createHash('sha256').update(seed).digest('hex');
}

export interface SnapshotOptions {
  seed: string;
  /** LastModified: when the backup ended */
  at?: Date;
  /** restic's time: when it began; default: `at` */
  began?: Date;
  /** what was backed up; default: `/data`, which alone VolSync restores */
  paths?: readonly string[];
}

/**
 * Writes a small repository (config, a key, index, data, the snapshots) at a path; returns the snapshots' ids.
 * Snapshots without a time of their own are an hour apart, the last one an hour old.
 */
export function repository(s3: S3, path: string, snapshots: (string | SnapshotOptions)[]): string[] {
  s3.put(`${path}/config`, 'config');
  s3.put(`${path}/keys/${hexId(`${path} key`)}`, 'key');
  return snapshots.map((snapshot, index) => {
    const given: SnapshotOptions = typeof snapshot === 'string' ? { seed: snapshot } : snapshot;
    const when = { at: given.at ?? new Date(Date.now() - (snapshots.length - index) * HOUR) };
    const id = hexId(`${path} ${given.seed}`);
    const data = hexId(`${id} data`);
    s3.put(`${path}/data/${data.slice(0, 2)}/${data}`, 'data', when);
    s3.put(`${path}/index/${hexId(`${id} index`)}`, 'index', when);
    s3.put(
      `${path}/snapshots/${id}`,
      snapshotBody(given.began ?? when.at, given.paths && { paths: given.paths }),
      when,
    );
    return id;
  });
}
