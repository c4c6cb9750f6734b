/** Just enough OpenAPI for `kubectl apply` to find out that the server validates by itself, and for `kubectl explain`. */
import { definitionOf } from './crds.ts';
import type { Fields } from './objects.ts';
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts';
import { pathOf } from './route.ts';

const TEXT = { type: 'string' };
const TEXTS = { type: 'array', items: TEXT };
const METADATA = {
  type: 'object',
  properties: { name: TEXT, namespace: TEXT, labels: { type: 'object' }, annotations: { type: 'object' } },
};
const REFERENCE = { type: 'object', properties: { apiGroup: TEXT, kind: TEXT, name: TEXT, namespace: TEXT } };

/** The schema for `kubectl explain`: some fields of built-in kinds; for other kinds only a spec and a status. */
const BUILT_IN: Record<string, Fields> = {
  PersistentVolumeClaim: {
    spec: {
      type: 'object',
      properties: {
        accessModes: TEXTS,
        dataSource: {
          ...REFERENCE,
          description: 'The older way to say dataSourceRef; the server keeps the two alike.',
        },
        dataSourceRef: { ...REFERENCE, description: 'What the volume is filled from: <pvc>-restore, by the policies.' },
        resources: { type: 'object', properties: { requests: { type: 'object' } } },
        storageClassName: TEXT,
        volumeMode: TEXT,
        volumeName: TEXT,
      },
    },
    status: { type: 'object', properties: { phase: TEXT, accessModes: TEXTS, capacity: { type: 'object' } } },
  },
};

function schemaOf({ kind, group, version }: Resource): Fields {
  const itself = { 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
  const defined = definitionOf(kind);
  if (defined !== null) return { ...defined.schema, ...itself };
  const own = BUILT_IN[kind] ?? { spec: { type: 'object' }, status: { type: 'object' } };
  return { type: 'object', ...itself, properties: { apiVersion: TEXT, kind: TEXT, metadata: METADATA, ...own } };
}

function rootOf(resource: Resource): string {
  return resource.group === '' ? 'api/v1' : `apis/${apiVersionOf(resource)}`;
}

function patchable(resource: Resource): [string, Fields] {
  const { group, version, kind } = resource;
  const patch = {
    parameters: [{ name: 'fieldValidation', in: 'query', schema: TEXT }],
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
  return {
    openapi: '3.0.0',
    info: { title: 'sandbox', version: 'unversioned' },
    paths: Object.fromEntries(resources.map(patchable)),
    components: { schemas: Object.fromEntries(resources.map((resource) => [resource.kind, schemaOf(resource)])) },
  };
}
