/** The settings of the CronJob, for commands on a workstation. */
import { HOME_NAMESPACE, PRODUCT } from '../naming.ts';
import type { Answer } from './checkup.ts';
import { messageOf } from '../errors.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { fieldsOf, strings } from './read.ts';

/** How the ConfigMap is called where people read it. */
export const CONFIG_MAP = `ConfigMap ${HOME_NAMESPACE}/${PRODUCT}`;

/** The ConfigMap's data; null when there is none. Never rejects. */
export async function configMapData(
  connection: Pick<Connection, 'request'>,
  signal: AbortSignal,
): Promise<Answer<Record<string, string> | null>> {
  try {
    const path = `/api/v1/namespaces/${HOME_NAMESPACE}/configmaps/${PRODUCT}`;
    const found = fieldsOf(await connection.request({ method: 'GET', path }, signal));
    return { state: 'known', value: strings(found['data']) };
  } catch (error) {
    if (error instanceof KubeError && error.kind === 'absent') return { state: 'known', value: null };
    return { state: 'unknown', message: messageOf(error) };
  }
}
