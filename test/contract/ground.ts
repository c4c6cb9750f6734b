/** What every sentence of the contract stands on: two clients, a namespace of one's own, and the objects that are written. */
import { APPLY, type Answer, type Api } from '../support/api.ts';
import { at, text, type Fields } from '../../sandbox/kube/objects.ts';

/** An API server under test, with the CRDs of sandbox/crds and, where it knows rights, those of k8s/base. */
export interface Server extends AsyncDisposable {
  /** kubeconfig text of somebody who may do everything */
  admin: string;
  /** kubeconfig text of the program */
  worker: string;
  /** makes every continue token so far too old */
  forgetPages: () => Promise<void>;
}

export interface Ground {
  admin: Api;
  worker: Api;
  /** comes with a token that nobody gave out */
  stranger: Api;
  forgetPages: () => Promise<void>;
  /** a new namespace */
  place: () => Promise<string>;
}

/** The ground of the test that runs. */
export type Given = () => Ground;

const VOLSYNC = '/apis/volsync.backube/v1alpha1';
export const META = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
/** A uid that nothing has. */
export const NOBODY = 'ce2cd19a-e8f5-4d44-a7e8-6f3b1c1f0001';
export const MANAGER = 'volsync-prewarm';

/** Where destinations of a namespace are, or one of them. */
export function destinations(namespace: string, name?: string): string {
  const all = `${VOLSYNC}/namespaces/${namespace}/replicationdestinations`;
  return name === undefined ? all : `${all}/${name}`;
}

/** Where Secrets of a namespace are, or one of them. */
export function secrets(namespace: string, name?: string): string {
  const all = `/api/v1/namespaces/${namespace}/secrets`;
  return name === undefined ? all : `${all}/${name}`;
}

/** A destination as the program applies it. */
export function destination(name: string, spec: Fields = { trigger: { manual: 'a' } }, metadata: Fields = {}): Fields {
  return {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { name, ...metadata },
    spec,
  };
}

/** A Secret as the program applies it. */
export function secret(name: string, data: Record<string, string> = { RESTIC_PASSWORD: 'eA==' }): Fields {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'Opaque', data };
}

/** Server-side apply as the program's field manager, without force. */
export function apply(api: Api, path: string, body: Fields, query: Record<string, string> = {}): Promise<Answer> {
  return api.request('PATCH', path, { type: APPLY, query: { fieldManager: MANAGER, force: 'false', ...query }, body });
}

/** An answer that must be a success: its body. @throws Error with what it is instead */
export async function made(answer: Promise<Answer>): Promise<unknown> {
  const { code, body } = await answer;
  if (code >= 300) throw new Error(`${code} ${JSON.stringify(body)}`);
  return body;
}

/** The uid and resourceVersion of an object, as preconditions. */
export function identity(object: unknown): { uid: string; resourceVersion: string } {
  const [uid, resourceVersion] = [text(object, 'metadata.uid'), text(object, 'metadata.resourceVersion')];
  if (uid === undefined || resourceVersion === undefined) throw new Error(`no object: ${JSON.stringify(object)}`);
  return { uid, resourceVersion };
}

/** The items of a list; `null` is an empty one, as a real server says it of metadata. @throws Error when it is no list */
export function itemsOf(list: unknown): unknown[] {
  const items = at(list, 'items');
  if (items === null) return [];
  if (!Array.isArray(items)) throw new Error(`no list: ${JSON.stringify(list)}`);
  return items;
}

/** The names in a list, in its order. */
export function namesIn(list: unknown): string[] {
  return itemsOf(list).map((item) => text(item, 'metadata.name') ?? '');
}

/** Who owns fields of an object: `<manager> <operation>`, sorted. */
export function managers(object: unknown): string[] {
  const entries = at(object, 'metadata.managedFields');
  if (!Array.isArray(entries)) return [];
  return entries.map((entry) => `${text(entry, 'manager')} ${text(entry, 'operation')}`).sort();
}
