/** A request's path, read. */
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts';

export interface Route {
  resource: Resource;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

const PATH = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))\/(.+)$/;

/** Reads `/api/v1/namespaces/a/secrets/b` and its like; null for a path that is no object's or list's. */
export function parseRoute(path: string): Route | null {
  const [, core, group = '', version = core, tail = ''] = PATH.exec(path) ?? [];
  const rest = readTail(tail);
  const resource = RESOURCES.find(
    (known) => known.group === group && known.version === version && known.plural === rest?.plural,
  );
  if (rest === null || resource === undefined) return null;
  const { namespace, name, subresource } = rest;
  if (namespace !== undefined && !resource.namespaced) return null;
  return { resource, namespace, name, subresource };
}

/** `namespaces/a/secrets/b/status` and all that is shorter; null for what is longer or has another subresource. */
function readTail(tail: string): (Omit<Route, 'resource'> & { plural: string | undefined }) | null {
  const parts = tail.split('/').map(decodeURIComponent);
  const inside = parts[0] === 'namespaces' && parts.length > 2 && !(parts.length === 3 && parts[2] === 'status');
  const namespace = inside ? parts[1] : undefined;
  const [plural, name, subresource, ...more] = inside ? parts.slice(2) : parts;
  if (more.length > 0 || (subresource !== undefined && subresource !== 'status')) return null;
  return { plural, namespace, name, subresource };
}

/** The path at which a resource (or one object of it) is asked for. */
export function pathOf(resource: Resource, namespace: string | undefined, name?: string): string {
  const root = resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
  const inside = resource.namespaced && namespace ? `/namespaces/${namespace}` : '';
  return `${root}${inside}/${resource.plural}${name === undefined ? '' : `/${name}`}`;
}
