/**
 * The place of a repository, from the Secret that a source or destination names. Its values stay in this file, but for the keys
 * that open the repository's bucket: those go to the bucket room and nowhere else.
 */
import type { SecretPlace, SecretRef } from '../secret-place.ts';
import type { S3Keys } from '../restic/credential-keys.ts';
import { MANAGED_BY, PRODUCT } from '../naming.ts';
import { messageOf } from '../errors.ts';
import { parseAddress } from '../restic/address.ts';
import { maskAddress } from '../restic/address-text.ts';
import { CREDENTIAL_KEYS, REPOSITORY_KEY } from '../restic/credential-keys.ts';
import type { Connection } from './connection.ts';
import { decodeSecret } from './credentials.ts';
import { KubeError } from './kube-error.ts';
import { metaOf } from './read.ts';

export interface SecretPlaces {
  /** Reads one Secret, at most once for the life of this object. Never rejects. */
  placeOf: (ref: SecretRef, signal: AbortSignal) => Promise<SecretPlace>;
  /** the keys in a Secret that was read; null when it lacks one */
  keysOf: (ref: SecretRef) => S3Keys | null;
}

/** Makes the reader; what it has read it remembers for the time of a run. */
export function secretPlaces(connection: Connection): SecretPlaces {
  const read = new Map<string, Promise<SecretPlace>>();
  const keys = new Map<string, S3Keys>();

  async function look({ namespace, secret }: SecretRef, signal: AbortSignal): Promise<SecretPlace> {
    try {
      const path = `/api/v1/namespaces/${namespace}/secrets/${secret}`;
      const object = await connection.request({ method: 'GET', path }, signal);
      if (metaOf(object)?.labels[MANAGED_BY] === PRODUCT) return { state: 'ours' };
      const data = decodeSecret(object);
      const found = keysIn(data);
      if (found !== null) keys.set(`${namespace}/${secret}`, found);
      const text = data[REPOSITORY_KEY] ?? '';
      return { state: 'read', address: parseAddress(text), shown: maskAddress(text) };
    } catch (error) {
      if (error instanceof KubeError && error.kind === 'absent')
        return { state: 'absent', message: `Secret ${namespace}/${secret} does not exist` };
      return { state: 'failed', message: `Secret ${namespace}/${secret} cannot be read: ${messageOf(error)}` };
    }
  }

  return {
    placeOf: (ref, signal) => {
      const key = `${ref.namespace}/${ref.secret}`;
      const known = read.get(key) ?? look(ref, signal);
      read.set(key, known);
      return known;
    },
    keysOf: ({ namespace, secret }) => keys.get(`${namespace}/${secret}`) ?? null,
  };
}

/** Values from tools that leave a line end behind are trimmed, as restic's own environment would be by a shell. */
function keysIn(data: Readonly<Record<string, string>>): S3Keys | null {
  const [id, secret] = CREDENTIAL_KEYS.map((key) => (data[key] ?? '').trim());
  if (id === undefined || secret === undefined || id === '' || secret === '') return null;
  const optional = (key: string): string | null => (data[key] ?? '').trim() || null;
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    sessionToken: optional('AWS_SESSION_TOKEN'),
    region: optional('AWS_DEFAULT_REGION') ?? optional('AWS_REGION'),
  };
}
