/**
 * Credentials. Their values stay in this file. The rest of the program sees only which keys are missing or differ.
 */
import type { BaseCredentials, ClaimRef, OurCredentials, RepositoryCredentials } from '../model.ts';
import { ANNOTATION, MANAGED_BY, PRODUCT, claimKey, repositorySecretName } from '../naming.ts';
import { addressKey, parseAddress } from '../restic/address.ts';
import { trimAddress } from '../restic/address-text.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { changedAt, handedOver, managersOf, ownedKeys } from './ownership.ts';
import { passwordDigests } from './password-digest.ts';
import { at, metaOf, strings, text, type Fields, type Meta } from './read.ts';
import { CREDENTIAL_KEYS, PASSWORD_KEY, REPOSITORY_BASE_KEY, REPOSITORY_KEY } from '../restic/credential-keys.ts';

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
  /** The same, by what this run has read or written last: right for a write with its version. Rejects with KubeError. */
  remembered: (ref: ClaimRef, signal: AbortSignal) => Promise<RepositoryCredentials>;
  /** A claim's Secret has been written and is this object; null: it is there, and nobody knows what is in it. */
  met: (ref: ClaimRef, object: unknown) => void;
  /** The complete Secret; null when the base has not been read. A password that is kept has been proven. */
  manifest: (ref: ClaimRef, keepPassword: boolean) => Promise<Record<string, unknown> | null>;
  /** The merge patch that says of the password that was read that it is proven; null when none was read. */
  proof: (ref: ClaimRef) => Promise<Record<string, unknown> | null>;
  /** The merge patch that hands over what was created by POST to server-side apply; null when there is nothing to hand over. */
  takeover: (ref: ClaimRef) => Record<string, unknown> | null;
  /** It has been handed over, and this is the version since. */
  taken: (ref: ClaimRef, resourceVersion: string) => void;
}

/** A Secret of ours as it was read or written last. */
interface Kept {
  data: Data;
  uid: string;
  resourceVersion: string;
  managers: readonly Fields[];
  /** the digest that stands on it */
  digest: string | null;
  /** written by a version that notes which password is proven */
  noted: boolean;
}

/** Makes the store that holds the values during a run. */
export function credentialStore(connection: Connection, secretName: string): CredentialStore {
  const bases = new Map<string, { version: string; data: Data }>();
  const kept = new Map<string, Kept>();
  const known = new Set<string>();
  const digests = passwordDigests();

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
    const seen = keptIn(object);
    if (seen === null) return { state: pointsAtOurs(decodeSecret(object), ref) ? 'own' : 'foreign' };
    kept.set(claimKey(ref), seen);
    return compared(ref, seen);
  }

  async function compared(ref: ClaimRef, seen: Kept): Promise<OurCredentials> {
    const { data } = seen;
    const wanted = derive(bases.get(ref.namespace)?.data, ref);
    // A key that the base has no longer goes again, unless somebody else put it there.
    const leftOver = [...ownedKeys(seen.managers, 'data')].filter((key) => key in data && !(key in wanted));
    const differs = Object.keys(wanted).filter((key) => wanted[key] !== data[key]);
    return {
      state: 'ours',
      differs: [...differs, ...leftOver],
      reshaped: leftOver.length > 0 || differs.some((key) => !(key in data)),
      address: addressKey(parseAddress(data[REPOSITORY_KEY] ?? '')),
      ...(seen.noted && {
        password: {
          proven: await isProven(seen, differs.includes(PASSWORD_KEY)),
          changedAt: changedAt(seen.managers, 'data'),
        },
      }),
    };
  }

  /** While the password is the base's, nothing hangs on the digest, so nobody works it out. */
  async function isProven({ digest, data }: Kept, differs: boolean): Promise<boolean> {
    if (digest === null || !differs) return digest !== null;
    return digests.matches(digest, data[PASSWORD_KEY] ?? '');
  }

  async function remembered(ref: ClaimRef, signal: AbortSignal): Promise<RepositoryCredentials> {
    const seen = kept.get(claimKey(ref));
    return seen === undefined ? repository(ref, signal) : compared(ref, seen);
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

  async function manifest(ref: ClaimRef, keepPassword: boolean): Promise<Record<string, unknown> | null> {
    const base = bases.get(ref.namespace);
    if (base === undefined) return null;
    const seen = kept.get(claimKey(ref));
    const password = keepPassword ? seen?.data[PASSWORD_KEY] : undefined;
    const existing = seen && { uid: seen.uid, resourceVersion: seen.resourceVersion };
    const values = { ...derive(base.data, ref), ...(password !== undefined && { [PASSWORD_KEY]: password }) };
    const isSame = seen !== undefined && seen.data[PASSWORD_KEY] === values[PASSWORD_KEY];
    const digest = password === undefined ? (isSame ? seen.digest : null) : await digestOf(ref, password);
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: repositorySecretName(ref.claim),
        namespace: ref.namespace,
        ...existing,
        labels: { [MANAGED_BY]: PRODUCT },
        annotations: {
          [ANNOTATION.baseVersion]: base.version,
          ...(digest !== null && { [ANNOTATION.passwordProven]: digest }),
        },
      },
      type: 'Opaque',
      data: Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    };
  }

  function digestOf({ namespace }: ClaimRef, password: string): Promise<string> {
    const [salt = ''] = (bases.get(namespace)?.version ?? '').split('/');
    return digests.make(password, salt);
  }

  async function proof(ref: ClaimRef): Promise<Record<string, unknown> | null> {
    const seen = kept.get(claimKey(ref));
    const password = seen?.data[PASSWORD_KEY];
    if (seen === undefined || password === undefined || !bases.has(ref.namespace)) return null;
    const { uid, resourceVersion } = seen;
    const annotations = { [ANNOTATION.passwordProven]: await digestOf(ref, password) };
    return { metadata: { uid, resourceVersion, annotations } };
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

  function met(ref: ClaimRef, object: unknown): void {
    known.add(claimKey(ref));
    const seen = keptIn(object);
    if (seen === null) kept.delete(claimKey(ref));
    else kept.set(claimKey(ref), seen);
  }

  return { base, repository, assumed, remembered, met, manifest, proof, takeover, taken };
}

/** A Secret of ours, or null for any other. */
function keptIn(object: unknown): Kept | null {
  const meta = metaOf(object);
  if (meta === null || meta.labels[MANAGED_BY] !== PRODUCT) return null;
  const { uid, resourceVersion } = meta;
  const digest = text(meta.annotations, ANNOTATION.passwordProven);
  const noted = digest !== null || isMarked(meta);
  return { data: decodeSecret(object), uid, resourceVersion, managers: managersOf(object), digest, noted };
}

/** Version 0.1 wrote no annotation. */
function isMarked({ annotations }: Meta): boolean {
  return text(annotations, ANNOTATION.baseVersion) !== null;
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
