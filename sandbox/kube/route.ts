/** A request's path, read. */
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts';

export interface Route {
  resource: Resource;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

/** The parts of a path. The resource need not exist. */
export interface SplitPath {
  /** '' for the core */
  group: string;
  version: string;
  plural: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

const PATH = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))\/(.+)$/;

/** Splits paths such as `/api/v1/namespaces/a/secrets/b/status`; null if a path is longer or has another subresource. */
export function splitPath(path: string): SplitPath | null {
  const [, core, group = '', version = core, tail = ''] = PATH.exec(path) ?? [];
  const parts = tail.split('/').map(decodeURIComponent);
  const inside = parts[0] === 'namespaces' && parts.length > 2 && !(parts.length === 3 && parts[2] === 'status');
  const namespace = inside ? parts[1] : undefined;
  const [plural = '', name, subresource, ...more] = inside ? parts.slice(2) : parts;
  if (version === undefined || more.length > 0 || (subresource !== undefined && subresource !== 'status')) return null;
  return { group, version, plural, namespace, name, subresource };
}

/** Reads a path of a resource that is known here; null for any other. */
export function parseRoute(path: string): Route | null {
  const split = splitPath(path);
  const resource = RESOURCES.find(
    (known) => known.group === split?.group && known.version === split.version && known.plural === split.plural,
  );
  if (split === null || resource === undefined) return null;
  const { namespace, name, subresource } = split;
  return namespace !== undefined && !resource.namespaced ? null : { resource, namespace, name, subresource };
}

/** The URL path of a resource (or of one object of it). */
export function pathOf(resource: Resource, namespace: string | undefined, name?: string): string {
  const root = resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
  const inside = resource.namespaced && namespace ? `/namespaces/${namespace}` : '';
  return `${root}${inside}/${resource.plural}${name === undefined ? '' : `/${name}`}`;
}
