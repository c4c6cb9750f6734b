/** One source and its mover, read again and again while somebody waits for its backup. */
import type { Mover } from '../model.ts';
import { CREATED_BY_VOLSYNC } from '../naming.ts';
import type { Source } from '../source.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { parseMover } from './parse.ts';
import { fieldsOf, listIn } from './read.ts';
import { parseSource, sourcesPath } from './source.ts';

/**
 * The source of this name with its mover Job; null when it is gone.
 * @throws KubeError when it cannot be read; without the right to list Jobs the mover is null
 */
export async function oneSource(
  connection: Pick<Connection, 'request'>,
  { namespace, name }: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<{ source: Source; mover: Mover | null } | null> {
  const get = (path: string, query: Record<string, string> = {}): Promise<unknown> =>
    connection.request({ method: 'GET', path, query }, signal);
  try {
    const source = parseSource(await get(`${sourcesPath(namespace)}/${name}`));
    if (source === null) return null;
    const labelSelector = `${CREATED_BY_VOLSYNC.label}=${CREATED_BY_VOLSYNC.value}`;
    const jobs = await get(`/apis/batch/v1/namespaces/${namespace}/jobs`, { labelSelector }).catch(() => ({}));
    const movers = listIn(fieldsOf(jobs), 'items').flatMap((job) => parseMover(job) ?? []);
    const mover = movers.find((one) => one.owner === 'ReplicationSource' && one.ownerName === name) ?? null;
    return { source, mover };
  } catch (error) {
    if (error instanceof KubeError && error.kind === 'absent') return null;
    throw error;
  }
}
