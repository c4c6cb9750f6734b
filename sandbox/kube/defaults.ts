/** The defaults that the API server fills in, and the fields that are immutable. */
import { invalid, StatusError } from './errors.ts';
import { at, fieldsAt, isFields, same, text, type Fields, type KubeObject, type ObjectInput } from './objects.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Turns a Secret's `stringData` into `data`, as the server does with whatever is sent. */
export function foldStringData(object: ObjectInput): ObjectInput {
  if (object.kind !== 'Secret' || !isFields(object['stringData'])) return object;
  const { stringData, ...rest } = object;
  const data = { ...fieldsAt(object, 'data') };
  for (const [key, value] of Object.entries(fieldsAt({ stringData }, 'stringData'))) {
    data[key] = Buffer.from(String(value)).toString('base64');
  }
  return { ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata, data };
}

function secret(object: KubeObject): KubeObject {
  for (const [key, value] of Object.entries(object.data ?? {})) {
    if (typeof value !== 'string' || !BASE64.test(value)) {
      throw new StatusError(400, `Secret in version "v1" cannot be handled as a Secret: illegal base64 data in ${key}`);
    }
  }
  return { ...object, type: object['type'] ?? 'Opaque' };
}

function namespace(object: KubeObject): KubeObject {
  const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
  return {
    ...object,
    metadata: { ...object.metadata, labels },
    spec: { finalizers: ['kubernetes'], ...object.spec },
    status: { phase: 'Active', ...object.status },
  };
}

const PVC_FINALIZER = 'kubernetes.io/pvc-protection';

function claim(object: KubeObject, defaultClass: () => string | undefined): KubeObject {
  const spec: Fields = { ...object.spec };
  const className = spec['storageClassName'] ?? defaultClass();
  if (className !== undefined) spec['storageClassName'] = className;
  spec['volumeMode'] ??= 'Filesystem';
  const finalizers = [...new Set([...(object.metadata.finalizers ?? []), PVC_FINALIZER])];
  return {
    ...object,
    metadata: { ...object.metadata, finalizers },
    spec,
    status: { phase: 'Pending', ...object.status },
  };
}

/** A new object with the server's defaults filled in; throws a StatusError for what the server would refuse. */
export function withDefaults(object: KubeObject, defaultClass: () => string | undefined): KubeObject {
  switch (object.kind) {
    case 'Secret':
      return secret(object);
    case 'Namespace':
      return namespace(object);
    case 'PersistentVolumeClaim':
      return claim(object, defaultClass);
    default:
      return object;
  }
}

const COPIED_SOURCES = new Set(['PersistentVolumeClaim', 'VolumeSnapshot']);

/** The effective `dataSource`. In a new claim without a `dataSourceRef`, only a claim or a snapshot is kept. */
function keptSource(spec: Fields, old: Fields): Fields | undefined {
  const { dataSource, dataSourceRef } = spec;
  const inUse = isFields(old['dataSource']) || isFields(old['dataSourceRef']);
  const kept = isFields(dataSourceRef) || inUse || COPIED_SOURCES.has(text(dataSource, 'kind') ?? '');
  return kept && isFields(dataSource) ? dataSource : undefined;
}

/**
 * Fills in `dataSource` or `dataSourceRef` of a claim from the other one, between mutation and validation. A `dataSource`
 * without `dataSourceRef` may name only a claim or a snapshot; any other is dropped silently, as by a real API server.
 */
export function settleDataSources(object: KubeObject, old?: KubeObject): KubeObject {
  if (object.kind !== 'PersistentVolumeClaim') return object;
  const { dataSource: _source, dataSourceRef, ...spec } = object.spec ?? {};
  const ref = isFields(dataSourceRef) ? dataSourceRef : undefined;
  const own = keptSource(object.spec ?? {}, old?.spec ?? {});
  const copy = (text(ref, 'namespace') ?? '') === '' ? ref : undefined;
  const sources = { dataSource: own ?? copy, dataSourceRef: ref ?? own };
  const set = Object.entries(sources).filter(([, source]) => source !== undefined);
  return { ...object, spec: { ...spec, ...Object.fromEntries(set) } };
}

function withoutRequest(spec: Fields | undefined): Fields {
  const { resources: _resources, volumeName: _volumeName, ...rest } = spec ?? {};
  return rest;
}

/** Throws a StatusError when an update changes an immutable field (a claim's spec, a Job's template). */
export function checkImmutable(old: KubeObject, next: KubeObject): void {
  const name = next.metadata.name;
  if (next.kind === 'PersistentVolumeClaim' && !same(withoutRequest(old.spec), withoutRequest(next.spec))) {
    const why =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    throw invalid(next.kind, name, 'spec', `Forbidden: ${why}`);
  }
  if (next.kind === 'Job' && !same(at(old, 'spec.template'), at(next, 'spec.template'))) {
    throw invalid(next.kind, name, 'spec.template', 'field is immutable');
  }
  if (next.kind === 'Secret' && !same(old['type'], next['type'])) {
    throw invalid(next.kind, name, 'type', 'field is immutable');
  }
}

/** Finalizers that the sandbox ignores: an object that has only these is deleted at once. */
export function blocksDeletion(finalizer: string): boolean {
  return finalizer !== PVC_FINALIZER && !finalizer.startsWith('snapshot.storage.kubernetes.io/');
}
