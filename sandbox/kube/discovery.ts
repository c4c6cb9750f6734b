/** Paths that are not objects: version, health, and API discovery. */
import type { Fields } from './objects.ts';
import { openApi } from './openapi.ts';
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts';

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

const SHORT: Record<string, string[]> = {
  namespaces: ['ns'],
  persistentvolumeclaims: ['pvc'],
  persistentvolumes: ['pv'],
  events: ['ev'],
  pods: ['po'],
  configmaps: ['cm'],
  serviceaccounts: ['sa'],
  storageclasses: ['sc'],
  cronjobs: ['cj'],
  volumesnapshots: ['vs'],
};

function resourceList(resources: readonly Resource[]): Fields[] {
  return resources.flatMap((resource) => {
    const { plural: name, namespaced, kind } = resource;
    const entry = {
      name,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: VERBS,
      shortNames: SHORT[name] ?? [],
    };
    const status = { name: `${name}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] };
    return resource.status ? [entry, status] : [entry];
  });
}

function versionsOf(group: string, visible: readonly Resource[]): Fields {
  const versions = [...new Set(visible.filter((known) => known.group === group).map(apiVersionOf))].map(
    (groupVersion) => ({
      groupVersion,
      version: groupVersion.slice(group.length + 1),
    }),
  );
  return { name: group, versions, preferredVersion: versions[0] };
}

const REVIEW = {
  name: 'selfsubjectaccessreviews',
  singularName: '',
  namespaced: false,
  kind: 'SelfSubjectAccessReview',
  verbs: ['create'],
};

const FIXED: Record<string, Fields | string> = {
  '/version': { major: '1', minor: '36', gitVersion: 'v1.36.3-sandbox', platform: 'sandbox/node' },
  '/readyz': 'ok',
  '/livez': 'ok',
  '/healthz': 'ok',
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis/authorization.k8s.io/v1': {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: 'authorization.k8s.io/v1',
    resources: [REVIEW],
  },
};

/** The answer for a discovery path (an object, or plain text); undefined for any other path. */
export function discover(path: string, hidden: ReadonlySet<string>): Fields | string | undefined {
  const fixed = FIXED[path];
  if (fixed !== undefined) return fixed;
  if (path.startsWith('/openapi/v3')) return openApi(path);
  const visible = RESOURCES.filter((resource) => !hidden.has(resource.group));
  if (path === '/apis') {
    const groups = [...new Set(visible.map((resource) => resource.group))].filter((group) => group !== '');
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((group) => versionsOf(group, visible)) };
  }
  const groupVersion = /^\/(?:api|apis)\/(.+)$/.exec(path)?.[1];
  const resources = visible.filter((resource) => apiVersionOf(resource) === groupVersion);
  if (resources.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: resourceList(resources) };
}
