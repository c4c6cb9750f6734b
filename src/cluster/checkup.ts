/** The cluster's half of `doctor`: may we, is it installed, and is there a class? Only questions, nothing is written. */
import { messageOf } from '../errors.ts';
import { SNAPSHOT_GROUP, VOLSYNC_GROUP } from '../naming.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { at, fieldsOf, listIn, metaOf, text } from './read.ts';
import type { Right } from './rights.ts';

export type Answer<T> = { state: 'known'; value: T } | { state: 'unknown'; message: string };

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
] as const;

/** May we? Asked of the API server itself (SelfSubjectAccessReview). Never rejects. */
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

interface ClassKind {
  path: string;
  defaultAnnotation: string;
}

export const STORAGE_CLASSES: ClassKind = {
  path: '/apis/storage.k8s.io/v1/storageclasses',
  defaultAnnotation: 'storageclass.kubernetes.io/is-default-class',
};
export const SNAPSHOT_CLASSES: ClassKind = {
  path: `/apis/${SNAPSHOT_GROUP}/v1/volumesnapshotclasses`,
  defaultAnnotation: 'snapshot.storage.kubernetes.io/is-default-class',
};

/** The classes' names, and which of them is the default. Never rejects. */
export function classesOf(
  connection: Connection,
  kind: ClassKind,
  signal: AbortSignal,
): Promise<Answer<{ names: string[]; usual: string | null }>> {
  return answer(async () => {
    const metas = listIn(fieldsOf(await get(connection, kind.path, signal)), 'items').flatMap(
      (one) => metaOf(one) ?? [],
    );
    const usual = metas.find(({ annotations }) => annotations[kind.defaultAnnotation] === 'true');
    return { names: metas.map(({ name }) => name).sort(), usual: usual?.name ?? null };
  });
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
