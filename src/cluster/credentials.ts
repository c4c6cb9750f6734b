/**
 * Credentials. Their values stay in this file. The rest of the program sees only which keys are missing or differ.
 */
import type { BaseCredentials, ClaimRef, RepositoryCredentials } from '../model.ts';
import { MANAGED_BY, PRODUCT, claimKey, repositorySecretName } from '../naming.ts';
import { addressKey, parseAddress } from '../restic/address.ts';
import { trimAddress } from '../restic/address-text.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { handedOver, managersOf, ownedKeys } from './ownership.ts';
import { at, metaOf, strings, type Fields } from './read.ts';
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
  /**
   * Says without a request that a claim has none yet, unless it was met in this run: then it is looked at. Making it tells when
   * that was wrong. Rejects with KubeError.
   */
  assumed: (ref: ClaimRef, signal: AbortSignal) => Promise<RepositoryCredentials>;
  /** A claim's Secret has been made, or was found to be there. */
  met: (ref: ClaimRef) => void;
  /** The complete Secret; null when the base has not been read. */
  manifest: (ref: ClaimRef, keepPassword: boolean) => Record<string, unknown> | null;
  /** The merge patch that hands over what was created by POST to server-side apply; null when there is nothing to hand over. */
  takeover: (ref: ClaimRef) => Record<string, unknown> | null;
  /** It has been handed over, and this is the version since. */
  taken: (ref: ClaimRef, resourceVersion: string) => void;
}

/** Makes the store that holds the values during a run. */
export function credentialStore(connection: Connection, secretName: string): CredentialStore {
  const bases = new Map<string, { version: string; data: Data }>();
  const kept = new Map<string, { data: Data; uid: string; resourceVersion: string; managers: readonly Fields[] }>();
  const known = new Set<string>();

  async function read(namespace: string, name: string, signal: AbortSignal): Promise<unknown> {
    return connection.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets/${name}` }, signal);
  }

  async function base(meta: BaseMeta, signal: AbortSignal): Promise<BaseCredentials> {
    let known = bases.get(meta.namespace);
    if (known?.version !== meta.version) {
      known = { version: meta.version, data: decodeSecret(await read(meta.namespace, secretName, signal)) };
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
    const data = decodeSecret(object);
    if (meta?.labels[MANAGED_BY] !== PRODUCT) return { state: pointsAtOurs(data, ref) ? 'own' : 'foreign' };
    const managers = managersOf(object);
    kept.set(claimKey(ref), { data, uid: meta.uid, resourceVersion: meta.resourceVersion, managers });
    const wanted = derive(bases.get(ref.namespace)?.data, ref);
    // A key that the base has no longer goes again, unless somebody else put it there.
    const leftOver = [...ownedKeys(managers, 'data')].filter((key) => key in data && !(key in wanted));
    return { state: 'ours', differs: [...Object.keys(wanted).filter((key) => wanted[key] !== data[key]), ...leftOver] };
  }

  async function assumed(ref: ClaimRef, signal: AbortSignal): Promise<RepositoryCredentials> {
    if (known.has(claimKey(ref))) return repository(ref, signal);
    kept.delete(claimKey(ref));
    return { state: 'absent' };
  }

  /** The address that ours would have, however it is written. */
  function pointsAtOurs(present: Data, ref: ClaimRef): boolean {
    const data = bases.get(ref.namespace)?.data;
    if (data === undefined) return false;
    const [have, want] = [present, derive(data, ref)].map((one) => addressKey(parseAddress(one[REPOSITORY_KEY] ?? '')));
    return have !== null && have === want;
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

  function takeover(ref: ClaimRef): Record<string, unknown> | null {
    const seen = kept.get(claimKey(ref));
    const managedFields = seen === undefined ? null : handedOver(seen.managers);
    return managedFields && { metadata: { uid: seen?.uid, resourceVersion: seen?.resourceVersion, managedFields } };
  }

  function taken(ref: ClaimRef, resourceVersion: string): void {
    const seen = kept.get(claimKey(ref));
    if (seen !== undefined)
      kept.set(claimKey(ref), { ...seen, resourceVersion, managers: handedOver(seen.managers) ?? [] });
  }

  const met = (ref: ClaimRef): void => void known.add(claimKey(ref));
  return { base, repository, assumed, met, manifest, takeover, taken };
}

function derive(base: Data | undefined, ref: ClaimRef): Record<string, string> {
  const repository = `${trimAddress(base?.[REPOSITORY_BASE_KEY] ?? '')}/${ref.namespace}/${ref.claim}`;
  // What else the base says (a region, a session token, restic's own settings) is said to the mover too.
  const { [REPOSITORY_BASE_KEY]: _base, ...others } = base ?? {};
  const needed = Object.fromEntries(CREDENTIAL_KEYS.map((key) => [key, base?.[key] ?? '']));
  return { ...others, ...needed, [REPOSITORY_KEY]: repository };
}

/** No address is longer; one that is counts as not given, so that nothing wades through it. */
const LONGEST_ADDRESS = 2048;

function isAddress(key: string): boolean {
  return key === REPOSITORY_KEY || key === REPOSITORY_BASE_KEY;
}

/** The values of a Secret as text. */
export function decodeSecret(secret: unknown): Data {
  const encoded = strings(at(secret, 'data'));
  const values = Object.entries(encoded).map(
    ([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')] as const,
  );
  return Object.fromEntries(values.filter(([key, value]) => !isAddress(key) || value.length <= LONGEST_ADDRESS));
}

function absentAsNull(error: unknown): null {
  if (error instanceof KubeError && error.kind === 'absent') return null;
  throw error;
}
