/** Just enough OpenAPI for `kubectl apply` to find out that the server validates by itself. */
import type { Fields } from './objects.ts';
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts';
import { pathOf } from './route.ts';

function rootOf(resource: Resource): string {
  return resource.group === '' ? 'api/v1' : `apis/${apiVersionOf(resource)}`;
}

function patchable(resource: Resource): [string, Fields] {
  const { group, version, kind } = resource;
  const patch = {
    parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
    responses: {},
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
  return [pathOf(resource, '{namespace}', '{name}'), { patch }];
}

/** The answer for `/openapi/v3` and what is below it; undefined for any other path. */
export function openApi(path: string): Fields | undefined {
  if (path === '/openapi/v3') {
    const roots = [...new Set(RESOURCES.map(rootOf))];
    return { paths: Object.fromEntries(roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }])) };
  }
  const resources = RESOURCES.filter((resource) => path === `/openapi/v3/${rootOf(resource)}`);
  if (resources.length === 0) return undefined;
  const info = { title: 'sandbox', version: 'unversioned' };
  return { openapi: '3.0.0', info, paths: Object.fromEntries(resources.map(patchable)), components: {} };
}
