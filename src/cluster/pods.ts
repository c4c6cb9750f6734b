/** As whom the pods run that use a claim: evidence for the user of its movers, where nobody has named one. */
import type { ClaimRef } from '../model.ts';
import { NO_POD_USER, formatMoverUser } from '../mover-user.ts';
import { claimKey } from '../naming.ts';
import type { Connection } from './connection.ts';
import { listOf, podsList } from './lists.ts';
import { at, fieldsOf, listIn, metaOf, number, text, type Fields } from './read.ts';

export interface PodUsers {
  /**
   * The users of these claims of one namespace, by claim key: `uid:gid:fsGroup`, or `none` where pods use the claim and do not tell,
   * or do not agree. A claim that no pod uses is left out. One list in a run for each claim.
   * @throws KubeError when the list fails
   */
  of: (namespace: string, claims: readonly ClaimRef[], signal: AbortSignal) => Promise<ReadonlyMap<string, string>>;
}

/** What pods tell, remembered for the length of a run: a claim that waits for its place is not looked at in every pass. */
export function podUsersOver(connection: Connection): PodUsers {
  const known = new Map<string, string | null>();
  return {
    of: async (namespace, claims, signal) => {
      if (claims.some((ref) => !known.has(claimKey(ref)))) {
        const users = await usersIn(connection, namespace, signal);
        for (const ref of claims) known.set(claimKey(ref), agreed(users.get(ref.claim)));
      }
      return new Map(
        claims.flatMap((ref) => {
          const user = known.get(claimKey(ref)) ?? null;
          return user === null ? [] : [[claimKey(ref), user]];
        }),
      );
    },
  };
}

/** By claim name: what each container runs as that mounts the claim. */
async function usersIn(
  connection: Connection,
  namespace: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const mounts = await listOf(connection, { definition: podsList(namespace), parse: mountsOf }, signal);
  const users = new Map<string, string[]>();
  for (const { claim, user } of mounts.flat()) users.set(claim, [...(users.get(claim) ?? []), user]);
  return users;
}

interface Mount {
  claim: string;
  user: string;
}

/** What a pod mounts; null for one that is going, whose successor may run as somebody else. */
function mountsOf(pod: unknown): Mount[] | null {
  const meta = metaOf(pod);
  if (meta === null || meta.deleting) return null;
  const spec = at(pod, 'spec');
  const volumes = new Map(
    listIn(spec, 'volumes').map((volume) => [
      text(fieldsOf(volume), 'name'),
      text(at(volume, 'persistentVolumeClaim'), 'claimName'),
    ]),
  );
  return listIn(spec, 'containers').flatMap((container) =>
    listIn(fieldsOf(container), 'volumeMounts').flatMap((mount) => {
      const claim = volumes.get(text(fieldsOf(mount), 'name')) ?? null;
      return claim === null ? [] : [{ claim, user: userOf(at(spec, 'securityContext'), container) }];
    }),
  );
}

/**
 * A mover has to write into a volume that belongs to root, so it needs a group for it; where only one of the groups is named, it
 * is both. Root is nobody's evidence: a mover without privileges that runs as root can do less than any other.
 */
function userOf(ofPod: Fields, container: unknown): string {
  const own = at(container, 'securityContext');
  const runAsUser = usable(number(own, 'runAsUser') ?? number(ofPod, 'runAsUser'));
  const group = usable(number(own, 'runAsGroup') ?? number(ofPod, 'runAsGroup'));
  const ofVolume = usable(number(ofPod, 'fsGroup'));
  const [runAsGroup, fsGroup] = [group ?? ofVolume, ofVolume ?? group];
  if (runAsUser === null || runAsGroup === null || fsGroup === null) return NO_POD_USER;
  return formatMoverUser({ runAsUser, runAsGroup, fsGroup });
}

/** The largest id that the API server takes. */
const MOST = 2 ** 31 - 1;

function usable(id: number | null): number | null {
  return id !== null && Number.isInteger(id) && id > 0 && id <= MOST ? id : null;
}

function agreed(users: readonly string[] = []): string | null {
  const different = new Set(users);
  const [only] = different;
  if (only === undefined) return null;
  return different.size === 1 ? only : NO_POD_USER;
}
