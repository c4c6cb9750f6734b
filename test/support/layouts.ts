/**
 * The layouts of 22 clusters that use VolSync with restic: where their repositories lie, what their objects are called, and which
 * claim they serve. Twelve are trees of YAML (test/fixtures/layouts), ten are rows of a table. Names of applications are made up.
 */
import type { ObjectInput } from '../../sandbox/kube/objects.ts';
import { objectsOfTree } from './trees.ts';

interface Place {
  namespace: string;
  app: string;
  claim: string;
}

interface Row {
  id: string;
  apps: readonly Place[];
  /** bucket and path of an application's repository, below the endpoint; or a whole address of another backend */
  place: (app: Place) => string;
  secret: (app: Place) => string;
  /** null: there is no destination */
  destination: ((app: Place) => string) | null;
  source: (app: Place) => string;
  /** further sources of the same claim, each with a place of its own */
  others?: readonly { suffix: string; place: (app: Place) => string }[];
  /** the claim refers to the destination */
  reference: boolean;
  copyMethod: 'Snapshot' | 'Direct';
  cacheClass: boolean;
  mover: number | null;
  schedule: string;
  labels?: Readonly<Record<string, string>>;
}

const APPS: readonly Place[] = [
  { namespace: 'media', app: 'plum', claim: 'plum' },
  { namespace: 'media', app: 'pear', claim: 'pear' },
  { namespace: 'home', app: 'fig', claim: 'fig' },
];

/** The same applications with claims that are called otherwise. */
function named(claim: (app: string) => string): readonly Place[] {
  return APPS.map((one) => ({ ...one, claim: claim(one.app) }));
}

const component: Omit<Row, 'id' | 'place'> = {
  apps: APPS,
  secret: ({ app }) => `${app}-volsync-secret`,
  destination: ({ app }) => `${app}-dst`,
  source: ({ app }) => app,
  reference: true,
  copyMethod: 'Snapshot',
  cacheClass: true,
  mover: 1000,
  schedule: '0 */4 * * *',
};

const bootstrap = { destination: ({ app }: Place): string => `${app}-bootstrap` };
const inBucket = ({ app }: Place): string => `backups/${app}`;
const inFolder = ({ app }: Place): string => `backups/volsync/${app}`;
const IAC: Readonly<Record<string, string>> = { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' };

const TABLE: readonly Row[] = [
  {
    ...component,
    id: 'C',
    place: inFolder,
    secret: ({ app }) => `${app}-volsync-r2-secret`,
    source: ({ app }) => `${app}-r2`,
    mover: 568,
  },
  { ...component, ...bootstrap, id: 'D', place: inBucket },
  {
    ...component,
    id: 'F',
    place: inBucket,
    secret: ({ app }) => `${app}-volsync-backup`,
    mover: 568,
    schedule: '0 * * * *',
  },
  {
    ...component,
    ...bootstrap,
    id: 'H',
    place: inFolder,
    secret: ({ app }) => `${app}-volsync`,
    reference: false,
    mover: null,
  },
  {
    ...component,
    id: 'J',
    apps: named((app) => `${app}-data`),
    place: ({ app }) => `backups/7f3a-${app}`,
    secret: ({ app }) => `${app}-data-volsync-minio`,
    destination: ({ app }) => `${app}-data`,
    source: ({ app }) => `${app}-data`,
    labels: IAC,
  },
  {
    ...component,
    ...bootstrap,
    id: 'L',
    apps: named((app) => `config-${app}`),
    place: inFolder,
    secret: ({ app }) => `${app}-volsync`,
    labels: IAC,
  },
  {
    ...component,
    ...bootstrap,
    id: 'M',
    apps: named((app) => `${app}-pvc`),
    place: inFolder,
    secret: ({ app }) => `${app}-volsync-r2`,
  },
  {
    ...component,
    ...bootstrap,
    id: 'R',
    apps: named((app) => `${app}-files`),
    place: inFolder,
    secret: ({ app }) => `${app}-restic-secret`,
    others: [{ suffix: 'b2', place: ({ app }) => `offsite/volsync/${app}` }],
    mover: 568,
  },
  {
    ...component,
    id: 'U',
    apps: named((app) => `${app}-config`),
    place: ({ app }) => `b2:backups:${app}`,
    secret: ({ app }) => `b2-${app}-config-restic`,
    destination: null,
    reference: false,
    mover: null,
  },
  {
    ...component,
    id: 'V',
    place: ({ app }) => `${app}-backups`,
    secret: ({ app }) => `rustfs-${app}`,
    copyMethod: 'Direct',
    reference: false,
  },
];

export interface Layout {
  id: string;
  /** everything that Git holds, with the sandbox's S3 server in it */
  objects: (endpoint: string) => ObjectInput[];
}

const TREES = ['A', 'B', 'E', 'G', 'I', 'K', 'N', 'O', 'P', 'Q', 'S', 'T'];

export const LAYOUTS: readonly Layout[] = [
  ...TREES.map((id) => ({ id, objects: (endpoint: string) => objectsOfTree(id, endpoint) })),
  ...TABLE.map((row) => ({ id: row.id, objects: (endpoint: string) => objectsOf(row, endpoint) })),
].sort((a, b) => (a.id < b.id ? -1 : 1));

/** Those that volsync-prewarm cannot serve: no S3, or no snapshots of volumes. */
export const HELPLESS = ['T', 'U', 'V'];

export function layout(id: string): Layout {
  const found = LAYOUTS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no layout ${id}`);
  return found;
}

/** Applications of the ordinary kind, as many as a test wants: a folder of one bucket for each, a component with `${APP}`. */
export function ordinaryLayout(apps: readonly Place[], schedule: string): Layout {
  return {
    id: 'many',
    objects: (endpoint) => objectsOf({ ...component, id: 'many', place: inBucket, apps, schedule }, endpoint),
  };
}

function objectsOf(one: Row, endpoint: string): ObjectInput[] {
  const namespaces = [...new Set(one.apps.map(({ namespace }) => namespace))];
  return [
    ...namespaces.map((name): ObjectInput => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...one.apps.flatMap((app) => [
      secretOf(app.namespace, one.secret(app), addressOf(one.place(app), endpoint)),
      ...destinationOf(one, app),
      claimOf(one, app),
      ...allSources(one, app, endpoint),
    ]),
  ];
}

/** The address of a place, as RESTIC_REPOSITORY says it. */
function addressOf(place: string, endpoint: string): string {
  return /^(?:rest|b2):/.test(place) ? place : `s3:${endpoint}/${place}`;
}

function secretOf(namespace: string, name: string, repository: string): ObjectInput {
  const values = {
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    RESTIC_PASSWORD: 'fixture-password',
    RESTIC_REPOSITORY: repository,
  };
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, type: 'Opaque', data };
}

function volumeOf({ cacheClass, mover, copyMethod }: Row): Record<string, unknown> {
  return {
    copyMethod,
    storageClassName: 'csi-hostpath-sc',
    volumeSnapshotClassName: 'csi-hostpath-snapclass',
    ...(cacheClass && { cacheStorageClassName: 'csi-hostpath-sc', cacheCapacity: '1Gi' }),
    ...(mover !== null && { moverSecurityContext: { runAsUser: mover, runAsGroup: mover, fsGroup: mover } }),
  };
}

function destinationOf(one: Row, app: Place): ObjectInput[] {
  if (one.destination === null) return [];
  return [
    {
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationDestination',
      metadata: {
        namespace: app.namespace,
        name: one.destination(app),
        labels: { ...one.labels },
      },
      spec: {
        trigger: { manual: 'restore-once' },
        restic: {
          repository: one.secret(app),
          capacity: '1Gi',
          accessModes: ['ReadWriteOnce'],
          enableFileDeletion: true,
          ...volumeOf(one),
        },
      },
    },
  ];
}

function claimOf(one: Row, app: Place): ObjectInput {
  const { namespace, claim: name } = app;
  const destination = one.destination?.(app);
  const refers = one.reference && destination !== undefined;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'csi-hostpath-sc',
      ...(refers && {
        dataSourceRef: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: destination },
      }),
    },
  };
}

function allSources(one: Row, app: Place, endpoint: string): ObjectInput[] {
  const source = (name: string, repository: string): ObjectInput => ({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata: { namespace: app.namespace, name },
    spec: {
      sourcePVC: app.claim,
      trigger: { schedule: one.schedule },
      restic: { repository, pruneIntervalDays: 7, retain: { hourly: 24, daily: 7 }, ...volumeOf(one) },
    },
  });
  return [
    source(one.source(app), one.secret(app)),
    ...(one.others ?? []).flatMap(({ suffix, place }) => {
      const name = `${app.app}-${suffix}`;
      return [
        secretOf(app.namespace, `${name}-secret`, addressOf(place(app), endpoint)),
        source(name, `${name}-secret`),
      ];
    }),
  ];
}
