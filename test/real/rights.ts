/** The rights that k8s/base gives, one by one, against what the audit log says was used. */
import { at } from '../../sandbox/kube/objects.ts';
import type { Api } from '../support/api.ts';
import type { Audited } from './audit.ts';
import { bodyOf } from './install.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** One verb on one resource, of one name or of all. */
export interface Right {
  group: string;
  resource: string;
  verb: string;
  name: string | null;
}

/** Every right in the roles of the installation, cluster-wide or in a namespace. */
export async function grantedRights(admin: Api): Promise<Right[]> {
  const query = { labelSelector: 'app.kubernetes.io/name=volsync-prewarm' };
  const lists = await Promise.all(
    ['clusterroles', 'roles'].map(async (plural) =>
      bodyOf(await admin.request('GET', `${RBAC}/${plural}`, { query }), plural),
    ),
  );
  const rules = lists.flatMap((list) => arrayAt(list, 'items')).flatMap((role) => arrayAt(role, 'rules'));
  return rules.flatMap((rule) => {
    const names = textsAt(rule, 'resourceNames');
    return textsAt(rule, 'apiGroups').flatMap((group) =>
      textsAt(rule, 'resources').flatMap((resource) =>
        textsAt(rule, 'verbs').flatMap((verb) =>
          (names.length === 0 ? [null] : names).map((name) => ({ group, resource, verb, name })),
        ),
      ),
    );
  });
}

/** Was it needed for one of these requests? The apply that makes an object needs `create` besides `patch`. */
export function wasUsed(right: Right, requests: readonly Audited[]): boolean {
  return requests.some(
    ({ group, resource, verb, name, code }) =>
      group === right.group &&
      resource === right.resource &&
      (right.name === null || name === right.name) &&
      (right.verb === 'create' ? code === 201 : verb === right.verb && (code < 300 || code === 404)),
  );
}

/** A right in words. */
export function wordsOf({ verb, resource, group, name }: Right): string {
  const what = group === '' ? resource : `${resource}.${group}`;
  return name === null ? `${verb} ${what}` : `${verb} ${what}/${name}`;
}

function arrayAt(value: unknown, path: string): unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

function textsAt(value: unknown, path: string): string[] {
  return arrayAt(value, path).filter((one) => typeof one === 'string');
}
