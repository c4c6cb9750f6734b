/** What a test cluster needs before anything else: namespaces and CRDs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CRDS } from '../../sandbox/kube/crds.ts';
import { at, text, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { APPLY, type Answer, type Api } from '../support/api.ts';

const CRD_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** The answer's body. @throws Error that says what the API server said instead of 2xx */
export function bodyOf(answer: Answer, what: string): unknown {
  if (answer.code >= 300) throw new Error(`${what}: ${answer.code} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** The text at a dotted path. @throws Error when there is none */
export function textAt(value: unknown, path: string): string {
  const found = text(value, path);
  if (found === undefined) throw new Error(`no text at ${path}: ${JSON.stringify(value)}`);
  return found;
}

async function applyAt(api: Api, path: string, body: unknown): Promise<void> {
  const query = { fieldManager: 'test', force: 'true' };
  bodyOf(await api.request('PATCH', path, { type: APPLY, query, body }), path);
}

/** Makes a namespace, or leaves the one that is there. */
export async function applyNamespace(api: Api, name: string): Promise<void> {
  await applyAt(api, `/api/v1/namespaces/${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Installs the CRDs of sandbox/crds; resolves when their resources are served. */
export async function installCrds(api: Api): Promise<void> {
  await Promise.all(CRDS.map((crd) => installCrd(api, crd)));
}

async function installCrd(api: Api, crd: ObjectInput): Promise<void> {
  const name = textAt(crd, 'metadata.name');
  await applyAt(api, `${CRD_PATH}/${name}`, crd);
  const versions = at(crd, 'spec.versions');
  const version = textAt(Array.isArray(versions) ? versions[0] : undefined, 'name');
  const path = `/apis/${textAt(crd, 'spec.group')}/${version}/${textAt(crd, 'spec.names.plural')}`;
  // 404 until it is established, 429 while its storage is made.
  for (const late = Date.now() + 30_000; Date.now() < late; await sleep(50)) {
    if ((await api.request('GET', path)).code === 200) return;
  }
  throw new Error(`${name} is not served`);
}
