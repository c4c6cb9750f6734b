/** Objects that are read one by one: Secrets, and the volumes of claims; and the pods of single namespaces. */
import { eachBounded } from '../bounded.ts';
import type { ClusterFailure, ClusterResource } from '../failures.ts';
import type { ClaimRef, ClusterView } from '../model.ts';
import { POPULATED_FROM, claimKey } from '../naming.ts';
import type { Connection } from './connection.ts';
import type { CredentialStore } from './credentials.ts';
import { KubeError } from './kube-error.ts';
import { failureOf } from './lists.ts';
import type { PodUsers } from './pods.ts';
import { at, text } from './read.ts';

/** What is asked for, by name. */
export interface Lookups {
  /** namespaces */
  bases: Iterable<string>;
  repositories: readonly ClaimRef[];
  /** those of which it is enough to know what this run has read or written last */
  remembered?: readonly ClaimRef[];
  volumes?: readonly (ClaimRef & { volumeName: string | null })[];
  /** claims whose pods tell as whom their movers should run */
  pods?: readonly ClaimRef[];
  /** repository credentials that nothing speaks of count as absent without a look: making them tells */
  writing?: boolean;
}

interface Looking {
  connection: Connection;
  credentials: CredentialStore;
  podUsers: PodUsers;
  /** requests at once */
  concurrency: number;
}

/** Reads them, and gives the view with what was found; one that cannot be read spoils its own namespace. Never rejects. */
export async function lookUp(
  { connection, credentials, podUsers: pods, concurrency }: Looking,
  view: ClusterView,
  wanted: Lookups,
  signal: AbortSignal,
): Promise<ClusterView> {
  const baseCredentials = new Map(view.baseCredentials);
  const repositoryCredentials = new Map(view.repositoryCredentials);
  const volumes = new Map(view.volumes);
  const podUsers = new Map(view.podUsers);
  const failures: ClusterFailure[] = [...view.failures];
  const guard = (resource: ClusterResource, namespace: string, look: () => Promise<void>): Promise<void> =>
    look().catch((error: unknown) => void failures.push(failureOf(resource, error, namespace)));
  const get = (path: string): Promise<unknown> =>
    connection.request({ method: 'GET', path }, signal).catch((error: unknown) => {
      if (error instanceof KubeError && error.kind === 'absent') return null;
      throw error;
    });

  await eachBounded(wanted.bases, concurrency, (namespace) =>
    guard('secrets', namespace, async () => {
      const version = view.baseCredentials.get(namespace)?.version;
      if (version !== undefined) baseCredentials.set(namespace, await credentials.base({ namespace, version }, signal));
    }),
  );
  await eachBounded(wanted.repositories, concurrency, (ref) =>
    guard('secrets', ref.namespace, async () => {
      const assume = wanted.writing === true && !mayHaveCredentials(view, ref);
      repositoryCredentials.set(claimKey(ref), await credentials[assume ? 'assumed' : 'repository'](ref, signal));
    }),
  );
  await eachBounded(wanted.remembered ?? [], concurrency, (ref) =>
    guard('secrets', ref.namespace, async () => {
      repositoryCredentials.set(claimKey(ref), await credentials.remembered(ref, signal));
    }),
  );
  await eachBounded(wanted.volumes ?? [], concurrency, (ref) =>
    guard('persistentvolumes', ref.namespace, async () => {
      const volume = ref.volumeName === null ? null : await get(`/api/v1/persistentvolumes/${ref.volumeName}`);
      volumes.set(claimKey(ref), populatedFrom(volume, ref));
    }),
  );
  await eachBounded(
    Map.groupBy(wanted.pods ?? [], ({ namespace }) => namespace),
    concurrency,
    ([namespace, refs]) =>
      guard('pods', namespace, async () => {
        for (const [key, user] of await pods.of(namespace, refs, signal)) podUsers.set(key, user);
      }),
  );
  return { ...view, baseCredentials, repositoryCredentials, volumes, podUsers, failures };
}

/** VolSync writes `<namespace>/<VolumeSnapshot>` on the volume that it fills. */
function populatedFrom(volume: unknown, { namespace, claim }: ClaimRef): string | null {
  const bound = at(volume, 'spec', 'claimRef');
  if (bound['namespace'] !== namespace || bound['name'] !== claim) return null;
  const [from, image] = (text(at(volume, 'metadata', 'annotations'), POPULATED_FROM) ?? '').split('/');
  return from === namespace && image !== undefined && image !== '' ? image : null;
}

/** Something in the cluster speaks for it: a destination or a source, which need one, or a verdict that hung on one. */
function mayHaveCredentials({ destinations, sources, index }: ClusterView, ref: ClaimRef): boolean {
  const key = claimKey(ref);
  return destinations.has(key) || sources.has(key) || (index.entries.get(key)?.word ?? 'attach') !== 'attach';
}
