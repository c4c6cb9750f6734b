/** What `doctor` asks the cluster: rights, installed APIs, classes. Nothing is written. */
import type { Unknown } from '../model.ts';
import { messageOf } from '../errors.ts';
import { SNAPSHOT_GROUP, VOLSYNC_GROUP } from '../naming.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { at, fieldsOf, listIn, metaOf, text, type Fields } from './read.ts';
import type { Right } from './rights.ts';

export type Answer<T> = { state: 'known'; value: T } | Pick<Unknown, 'state' | 'message'>;

/** The API server's version, such as `v1.36.3`. Never rejects. */
export function serverVersion(connection: Connection, signal: AbortSignal): Promise<Answer<string>> {
  return answer(
    async () => text(fieldsOf(await get(connection, '/version', signal)), 'gitVersion') ?? 'unknown version',
  );
}

/** Does the API server know this resource? Never rejects. */
export function isInstalled(
  connection: Connection,
  api: { group: string; version: string; resource: string },
  signal: AbortSignal,
): Promise<Answer<boolean>> {
  return answer(async () => {
    try {
      const found = fieldsOf(await get(connection, `/apis/${api.group}/${api.version}`, signal));
      return listIn(found, 'resources').some((one) => fieldsOf(one)['name'] === api.resource);
    } catch (error) {
      if (error instanceof KubeError && error.kind === 'absent') return false;
      throw error;
    }
  });
}

export const REQUIRED_APIS = [
  { group: VOLSYNC_GROUP, version: 'v1alpha1', resource: 'replicationdestinations' },
  { group: SNAPSHOT_GROUP, version: 'v1', resource: 'volumesnapshots' },
  // Without this API Kubernetes does not know that VolSync fills claims.
  { group: 'populator.storage.k8s.io', version: 'v1beta1', resource: 'volumepopulators' },
] as const;

/** Asks the API server whether this account has the rights (SelfSubjectAccessReview). Never rejects. */
export function isAllowed(connection: Connection, right: Right, signal: AbortSignal): Promise<Answer<boolean>> {
  const value = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        group: right.group,
        resource: right.resource,
        verb: right.verb,
        ...(right.name !== undefined && { name: right.name }),
      },
    },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  return answer(async () => {
    const review = await connection.request(
      { method: 'POST', path, body: { type: 'application/json', value } },
      signal,
    );
    return at(review, 'status')['allowed'] === true;
  });
}

/** A StorageClass or a VolumeSnapshotClass. */
export interface VolumeClass {
  name: string;
  /** the CSI driver: `provisioner` of a StorageClass, `driver` of a VolumeSnapshotClass */
  driver: string;
  isDefault: boolean;
  createdAt: number | null;
}

interface ClassKind {
  path: string;
  defaultAnnotation: string;
  driver: 'provisioner' | 'driver';
}

const STORAGE_CLASSES: ClassKind = {
  path: '/apis/storage.k8s.io/v1/storageclasses',
  defaultAnnotation: 'storageclass.kubernetes.io/is-default-class',
  driver: 'provisioner',
};
const SNAPSHOT_CLASSES: ClassKind = {
  path: `/apis/${SNAPSHOT_GROUP}/v1/volumesnapshotclasses`,
  defaultAnnotation: 'snapshot.storage.kubernetes.io/is-default-class',
  driver: 'driver',
};

export interface Classes {
  storage: Answer<readonly VolumeClass[]>;
  snapshot: Answer<readonly VolumeClass[]>;
}

/** The cluster's StorageClasses and VolumeSnapshotClasses, each sorted by name. Never rejects. */
export async function classesOf(connection: Connection, signal: AbortSignal): Promise<Classes> {
  const list = (kind: ClassKind): Promise<Answer<readonly VolumeClass[]>> =>
    answer(async () =>
      listIn(fieldsOf(await get(connection, kind.path, signal)), 'items')
        .flatMap((one) => classOf(one, kind))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  const [storage, snapshot] = await Promise.all([list(STORAGE_CLASSES), list(SNAPSHOT_CLASSES)]);
  return { storage, snapshot };
}

function classOf(object: unknown, { defaultAnnotation, driver }: ClassKind): VolumeClass[] {
  const meta = metaOf(object);
  if (meta === null) return [];
  const { name, annotations, createdAt } = meta;
  return [
    {
      name,
      driver: text(fieldsOf(object), driver) ?? '',
      isDefault: annotations[defaultAnnotation] === 'true',
      createdAt,
    },
  ];
}

/** A VolSync operator, as its Deployment shows it. */
export interface Operator {
  /** `<namespace>/<name>` */
  name: string;
  /** such as `0.16.0`; null when neither label nor image shows it */
  version: string | null;
  /** the values of its environment that are written out in the Deployment */
  environment: Readonly<Record<string, string>>;
}

/** VolSync's chart labels its Deployment so (helm/volsync/templates/_helpers.tpl). */
const OPERATOR_LABEL = 'app.kubernetes.io/name=volsync';

/** The VolSync operators in this cluster, usually one. Never rejects. */
export function operatorsOf(connection: Connection, signal: AbortSignal): Promise<Answer<readonly Operator[]>> {
  return answer(async () => {
    const path = '/apis/apps/v1/deployments';
    const query = { labelSelector: OPERATOR_LABEL };
    const list = fieldsOf(await connection.request({ method: 'GET', path, query }, signal));
    return listIn(list, 'items').flatMap(operatorOf);
  });
}

function operatorOf(deployment: unknown): Operator[] {
  const meta = metaOf(deployment);
  if (meta === null) return [];
  const containers = listIn(at(deployment, 'spec', 'template', 'spec'), 'containers').map(fieldsOf);
  const manager = containers.find((one) => one['name'] === 'manager') ?? containers[0] ?? {};
  const environment = Object.fromEntries(listIn(manager, 'env').flatMap(variableOf));
  return [{ name: `${meta.namespace}/${meta.name}`, version: versionOf(meta.labels, manager), environment }];
}

function variableOf(one: unknown): [string, string][] {
  const fields = fieldsOf(one);
  const [name, value] = [text(fields, 'name'), fields['value']];
  return name === null || typeof value !== 'string' ? [] : [[name, value]];
}

const VERSION = /^v?(\d{1,5}\.\d{1,5}(?:\.\d{1,5})?[\w.+-]{0,40})$/;

/** Taken from the tag of the image, since that is what runs, else from the label of the chart. */
function versionOf(labels: Fields, manager: Fields): string | null {
  const [image = ''] = (text(manager, 'image') ?? '').split('@', 1);
  const tag = image.slice(image.lastIndexOf('/') + 1).split(':')[1] ?? '';
  return VERSION.exec(tag)?.[1] ?? VERSION.exec(text(labels, 'app.kubernetes.io/version') ?? '')?.[1] ?? null;
}

function get(connection: Connection, path: string, signal: AbortSignal): Promise<unknown> {
  return connection.request({ method: 'GET', path }, signal);
}

async function answer<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { state: 'known', value: await ask() };
  } catch (error) {
    return { state: 'unknown', message: messageOf(error) };
  }
}
