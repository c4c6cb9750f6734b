/** Claims at the door of a real API server, and the index that they are judged by. */
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from '../../sandbox/kube/objects.ts';
import { APPLY, MERGE, type Api } from '../support/api.ts';
import { bodyOf } from './install.ts';

const INDEX = '/apis/volsync.backube/v1alpha1/namespaces/volsync-system/replicationdestinations/volsync-prewarm-index';

/** Puts these keys into the index in place of all the worker's, beside the installer's. */
export async function writeIndex(api: Api, parameters: Record<string, string>): Promise<void> {
  const body = {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { name: 'volsync-prewarm-index' },
    spec: { external: { parameters } },
  };
  const query = { fieldManager: 'volsync-prewarm', force: 'true' };
  bodyOf(await api.request('PATCH', INDEX, { type: APPLY, query, body }), 'the index');
}

export interface Answered {
  code: number;
  /** the API server's words of a refusal, else empty */
  message: string;
  /** the destination in dataSourceRef */
  source: string | null;
}

export interface ClaimWish {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  dryRun?: boolean;
}

/** Creates a claim, by default labelled `backup: hourly`; a refusal is a result. */
export async function createClaim(api: Api, namespace: string, name: string, wish: ClaimWish = {}): Promise<Answered> {
  const { labels = { backup: 'hourly' }, annotations = {}, dryRun = false } = wish;
  const body = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, labels, annotations },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const answer = await api.request('POST', `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
    body,
    ...(dryRun && { query: { dryRun: 'All' } }),
  });
  return {
    code: answer.code,
    message: answer.code < 300 ? '' : (text(answer.body, 'message') ?? ''),
    source: text(answer.body, 'spec.dataSourceRef.name') ?? null,
  };
}

/**
 * Binds a claim as VolSync's populator does: its volume names the image that it was filled from, or none.
 * @param image name of a VolumeSnapshot of the claim's namespace
 */
export async function bindClaim(api: Api, namespace: string, name: string, image: string | null): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
  const storage = text(bodyOf(await api.request('GET', path), path), 'spec.resources.requests.storage') ?? '1Gi';
  const volume = `volume-of-${namespace}-${name}`;
  const annotations = image === null ? {} : { 'volsync.backube/populated-from': `${namespace}/${image}` };
  const body = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volume, annotations },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      csi: { driver: 'test.example.org', volumeHandle: volume },
      claimRef: { namespace, name },
    },
  };
  bodyOf(await api.request('POST', '/api/v1/persistentvolumes', { body }), volume);
  const merge = async (where: string, change: object): Promise<unknown> =>
    bodyOf(await api.request('PATCH', where, { type: MERGE, body: change }), where);
  await merge(path, { spec: { volumeName: volume } });
  await merge(`${path}/status`, { status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage } } });
}

/** Deletes a claim; its protection, which a controller would lift, goes with it. */
export async function removeClaim(api: Api, namespace: string, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
  bodyOf(await api.request('DELETE', path), path);
  const body = { metadata: { finalizers: null } };
  const answer = await api.request('PATCH', path, { type: MERGE, body });
  if (answer.code !== 404) bodyOf(answer, path);
}

/** Policies and what they read are eventually consistent: asks until it holds. @throws Error when it never does */
export async function eventually(holds: () => Promise<boolean>, seconds = 20): Promise<void> {
  for (const late = Date.now() + seconds * 1000; Date.now() < late; await sleep(25)) if (await holds()) return;
  throw new Error(`not so within ${seconds} s`);
}
