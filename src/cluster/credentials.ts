/**
 * Credentials. Their values stay in this file. The rest of the program sees only which keys are missing or differ.
 */
import type { BaseCredentials, ClaimRef, RepositoryCredentials } from '../model.ts';
import { MANAGED_BY, PRODUCT, claimKey, repositorySecretName } from '../naming.ts';
import { trimAddress } from '../restic/address-text.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { at, metaOf, strings } from './read.ts';
import { CREDENTIAL_KEYS, REPOSITORY_BASE_KEY, REPOSITORY_KEY } from '../restic/credential-keys.ts';

type Data = Readonly<Record<string, string>>;

export interface BaseMeta {
  namespace: string;
  version: string;
}

/** A base Secret from a metadata list; null for other names, in case a server ignores the selector. */
export function parseBaseMeta(name: string): (object: unknown) => BaseMeta | null {
  return (object) => {
    const meta = metaOf(object);
    return meta !== null && meta.name === name && !meta.deleting
      ? { namespace: meta.namespace, version: `${meta.uid}/${meta.resourceVersion}` }
      : null;
  };
}

export interface CredentialStore {
  /** Reads the base credentials of a namespace, or returns the last result if their version is the same. Rejects with KubeError. */
  base: (meta: BaseMeta, signal: AbortSignal) => Promise<BaseCredentials>;
  /** Reads a claim's repository credentials and compares them with those that follow from the base. Rejects with KubeError. */
  repository: (ref: ClaimRef, signal: AbortSignal) => Promise<RepositoryCredentials>;
  /** The complete Secret for server-side apply; null when the base has not been read. */
  manifest: (ref: ClaimRef, keepPassword: boolean) => Record<string, unknown> | null;
}

/** Makes the store that holds the values during a run. */
export function credentialStore(connection: Connection, secretName: string): CredentialStore {
  const bases = new Map<string, { version: string; data: Data }>();
  const kept = new Map<string, { data: Data; uid: string; resourceVersion: string }>();

  async function read(namespace: string, name: string, signal: AbortSignal): Promise<unknown> {
    return connection.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets/${name}` }, signal);
  }

  async function base(meta: BaseMeta, signal: AbortSignal): Promise<BaseCredentials> {
    let known = bases.get(meta.namespace);
    if (known?.version !== meta.version) {
      known = { version: meta.version, data: decode(await read(meta.namespace, secretName, signal)) };
      bases.set(meta.namespace, known);
    }
    const { data } = known;
    const missing = [...CREDENTIAL_KEYS, REPOSITORY_BASE_KEY].filter((key) => (data[key] ?? '') === '');
    return {
      version: meta.version,
      content: { missing, repositoryBase: trimAddress(data[REPOSITORY_BASE_KEY] ?? '') },
    };
  }

  async function repository(ref: ClaimRef, signal: AbortSignal): Promise<RepositoryCredentials> {
    const object = await read(ref.namespace, repositorySecretName(ref.claim), signal).catch(absentAsNull);
    kept.delete(claimKey(ref));
    if (object === null) return { state: 'absent' };
    const meta = metaOf(object);
    if (meta?.labels[MANAGED_BY] !== PRODUCT) return { state: 'foreign' };
    const present = decode(object);
    kept.set(claimKey(ref), { data: present, uid: meta.uid, resourceVersion: meta.resourceVersion });
    const wanted = derive(bases.get(ref.namespace)?.data, ref);
    return { state: 'ours', differs: Object.keys(wanted).filter((key) => wanted[key] !== present[key]) };
  }

  function manifest(ref: ClaimRef, keepPassword: boolean): Record<string, unknown> | null {
    const data = bases.get(ref.namespace)?.data;
    if (data === undefined) return null;
    const seen = kept.get(claimKey(ref));
    const password = keepPassword ? seen?.data['RESTIC_PASSWORD'] : undefined;
    const existing = seen && { uid: seen.uid, resourceVersion: seen.resourceVersion };
    const values = { ...derive(data, ref), ...(password !== undefined && { RESTIC_PASSWORD: password }) };
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: repositorySecretName(ref.claim),
        namespace: ref.namespace,
        ...existing,
        labels: { [MANAGED_BY]: PRODUCT },
      },
      type: 'Opaque',
      data: Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    };
  }

  return { base, repository, manifest };
}

function derive(base: Data | undefined, ref: ClaimRef): Record<string, string> {
  const repository = `${trimAddress(base?.[REPOSITORY_BASE_KEY] ?? '')}/${ref.namespace}/${ref.claim}`;
  return {
    ...Object.fromEntries(CREDENTIAL_KEYS.map((key) => [key, base?.[key] ?? ''])),
    [REPOSITORY_KEY]: repository,
  };
}

function decode(secret: unknown): Data {
  const encoded = strings(at(secret, 'data'));
  return Object.fromEntries(
    Object.entries(encoded).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

function absentAsNull(error: unknown): null {
  if (error instanceof KubeError && error.kind === 'absent') return null;
  throw error;
}
