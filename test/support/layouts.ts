/**
 * The layouts of 22 clusters that use VolSync with restic, as a table: where their repositories lie, what their objects are
 * called, and which claim they serve. Names of applications are made up.
 */
import type { ObjectInput } from '../../sandbox/kube/objects.ts';

export interface App {
  namespace: string;
  app: string;
  claim: string;
}

export interface Layout {
  id: string;
  apps: readonly App[];
  /** bucket and path of an application's repository, below the endpoint; or a whole address of another backend */
  place: (app: App) => string;
  secret: (app: App) => string;
  /** null: there is no destination */
  destination: ((app: App) => string) | null;
  source: (app: App) => string;
  /** further sources of the same claim, each with a place of its own */
  others?: readonly { suffix: string; place: (app: App) => string }[];
  /** the claim refers to the destination */
  reference: boolean;
  copyMethod: 'Snapshot' | 'Direct';
  cacheClass: boolean;
  mover: number | null;
  schedule: string;
  labels?: Readonly<Record<string, string>>;
}

const APPS: readonly App[] = [
  { namespace: 'media', app: 'plum', claim: 'plum' },
  { namespace: 'media', app: 'pear', claim: 'pear' },
  { namespace: 'home', app: 'fig', claim: 'fig' },
];

/** The same applications with claims that are called otherwise. */
function named(claim: (app: string) => string): readonly App[] {
  return APPS.map((one) => ({ ...one, claim: claim(one.app) }));
}

const component: Omit<Layout, 'id' | 'place'> = {
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

const bootstrap = { destination: ({ app }: App): string => `${app}-bootstrap` };
const inBucket = ({ app }: App): string => `backups/${app}`;
const inFolder = ({ app }: App): string => `backups/volsync/${app}`;
const IAC: Readonly<Record<string, string>> = { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' };

export const LAYOUTS: readonly Layout[] = [
  { ...component, id: 'A', place: inBucket, labels: IAC },
  {
    ...component,
    id: 'B',
    place: inBucket,
    secret: ({ app }) => `${app}-volsync`,
    others: [{ suffix: 'b2', place: ({ app }) => `offsite/${app}` }],
    mover: 568,
  },
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
    id: 'E',
    place: inFolder,
    secret: ({ app }) => `${app}-volsync-garage`,
    others: [{ suffix: 'r2', place: ({ app }) => `offsite/volsync/${app}` }],
    schedule: '0 */3 * * *',
  },
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
    id: 'G',
    apps: named((app) => `${app}-data`),
    place: ({ claim }) => `backups/${claim}`,
    secret: ({ claim }) => `vs-${claim}-r2-restic`,
    destination: ({ claim }) => `${claim}-bootstrap`,
    source: ({ claim }) => `${claim}-r2-restic`,
    others: [{ suffix: 'far', place: ({ claim }) => `offsite/${claim}` }],
    mover: null,
    schedule: '0 */12 * * *',
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
    id: 'I',
    place: ({ namespace, claim }) => `backups/east/pvcs/${namespace}/${claim}`,
    labels: IAC,
    schedule: '0 * * * *',
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
    id: 'K',
    apps: named((app) => `${app}-config`),
    place: inBucket,
    secret: ({ app }) => `${app}-volsync-ceph-secret`,
    source: ({ app }) => `${app}-ceph`,
    others: [
      { suffix: 'r2', place: ({ app }) => `offsite/${app}` },
      { suffix: 'b2', place: ({ app }) => `third/${app}` },
    ],
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
    id: 'N',
    apps: named((app) => `${app}-0`),
    place: inBucket,
    secret: ({ app }) => `volsync-${app}`,
    mover: 568,
    schedule: '0 * * * *',
  },
  { ...component, ...bootstrap, id: 'O', place: ({ app }) => `${app}-backups`, schedule: '0 * * * *' },
  {
    ...component,
    ...bootstrap,
    id: 'P',
    apps: named((app) => `${app}-pvc`),
    place: inBucket,
    secret: ({ app }) => `${app}-volsync-b2`,
    mover: 65534,
    schedule: '0 3 * * *',
  },
  {
    ...component,
    id: 'Q',
    apps: named((app) => `${app}-config-pvc`),
    place: inBucket,
    secret: ({ app }) => `${app}-restic-config`,
    destination: null,
    reference: false,
    schedule: '0 3 * * *',
  },
  {
    ...component,
    ...bootstrap,
    id: 'R',
    apps: named((app) => `${app}-files`),
    place: inFolder,
    secret: ({ app }) => `${app}-restic-secret`,
    mover: 568,
  },
  {
    ...component,
    id: 'S',
    apps: [
      { namespace: 'plum', app: 'plum', claim: 'data-plum-0' },
      { namespace: 'pear', app: 'pear', claim: 'data-pear-0' },
      { namespace: 'fig', app: 'fig', claim: 'data-fig-0' },
    ],
    place: ({ app }) => `backups/x91-${app}`,
    secret: () => 'restic-config',
    destination: null,
    source: ({ app }) => `${app}-backup`,
    reference: false,
    mover: 1001,
    schedule: '0 3 * * *',
  },
  {
    ...component,
    ...bootstrap,
    id: 'T',
    apps: named((app) => `${app}-config`),
    place: ({ app }) => `rest:http://user:secret@rest.example:8000/${app}`,
    secret: ({ app }) => `${app}-volsync-restic`,
    mover: 2000,
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

export function layout(id: string): Layout {
  const found = LAYOUTS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no layout ${id}`);
  return found;
}

const ADOPT = { 'volsync-prewarm/adopt': 'true' };

/** Everything of a layout that Git holds; `adopted` adds the one label. */
export function objectsOf(one: Layout, endpoint: string, { adopted = false } = {}): ObjectInput[] {
  const namespaces = [...new Set(one.apps.map(({ namespace }) => namespace))];
  return [
    ...namespaces.map((name): ObjectInput => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...one.apps.flatMap((app) => [
      secretOf(app.namespace, one.secret(app), addressOf(one.place(app), endpoint)),
      ...destinationOf(one, app, adopted),
      claimOf(one, app),
      ...allSources(one, app, endpoint, adopted),
    ]),
  ];
}

/** The address of a place, as RESTIC_REPOSITORY says it. */
function addressOf(place: string, endpoint: string): string {
  return /^(?:rest|b2):/.test(place) ? place : `s3:${endpoint}/${place}`;
}

/** A line end behind every value, as tools leave it there. */
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

function volumeOf({ cacheClass, mover, copyMethod }: Layout): Record<string, unknown> {
  return {
    copyMethod,
    storageClassName: 'csi-hostpath-sc',
    volumeSnapshotClassName: 'csi-hostpath-snapclass',
    ...(cacheClass && { cacheStorageClassName: 'csi-hostpath-sc', cacheCapacity: '1Gi' }),
    ...(mover !== null && { moverSecurityContext: { runAsUser: mover, runAsGroup: mover, fsGroup: mover } }),
  };
}

function destinationOf(one: Layout, app: App, adopted: boolean): ObjectInput[] {
  if (one.destination === null) return [];
  return [
    {
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationDestination',
      metadata: {
        namespace: app.namespace,
        name: one.destination(app),
        labels: { ...one.labels, ...(adopted && ADOPT) },
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

function claimOf(one: Layout, app: App): ObjectInput {
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

function allSources(one: Layout, app: App, endpoint: string, adopted: boolean): ObjectInput[] {
  const source = (name: string, repository: string): ObjectInput => ({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata: { namespace: app.namespace, name, labels: adopted ? ADOPT : {} },
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
