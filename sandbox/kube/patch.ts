/** PATCH: server-side apply and merge patches, of an object or of its status. */
import { mergeApply } from './apply.ts';
import { foldStringData } from './defaults.ts';
import { conflict, invalid, notFound, qualified, StatusError } from './errors.ts';
import { asInput, isFields, type Fields, type KubeObject, type ObjectInput } from './objects.ts';
import { apiVersionOf, isCustom, type Resource } from './resources.ts';
import type { ObjectWriter, WriteContext, Written } from './writer.ts';

export interface PatchTarget {
  resource: Resource;
  namespace: string;
  name: string;
  /** the stored object, if there is one */
  live: KubeObject | undefined;
}

function checkApplied(target: PatchTarget, body: Fields): ObjectInput {
  const { resource, name } = target;
  if (body['apiVersion'] !== apiVersionOf(resource) || body['kind'] !== resource.kind) {
    const message = `the body is not a ${resource.kind} of ${apiVersionOf(resource)}`;
    throw new StatusError(400, message);
  }
  const metadata = isFields(body['metadata']) ? body['metadata'] : {};
  if (metadata['managedFields'] !== undefined) throw new StatusError(400, 'metadata.managedFields must be nil');
  if (metadata['name'] !== undefined && metadata['name'] !== name) {
    throw new StatusError(
      400,
      `the name of the object (${JSON.stringify(metadata['name'])}) does not match the name on the URL (${name})`,
    );
  }
  if (resource.namespaced && (metadata['namespace'] ?? target.namespace) !== target.namespace) {
    const message = 'the namespace of the provided object does not match the namespace sent on the request';
    throw new StatusError(400, message);
  }
  return foldStringData(asInput({ ...body, metadata }));
}

/** The fields that can be owned through this endpoint: the main one owns all but the status, `/status` owns only the status. */
function ownable(target: PatchTarget, body: ObjectInput, context: WriteContext): Fields {
  const head = { apiVersion: body.apiVersion, kind: body.kind };
  if (context.subresource === 'status') return { ...head, metadata: {}, status: body['status'] ?? {} };
  const { status, ...rest } = body;
  return target.resource.status || status === undefined ? rest : body;
}

/** Server-side apply: creates the object when it is absent. Throws a StatusError. */
export function applyPatch(
  writer: ObjectWriter,
  target: PatchTarget,
  body: Fields,
  context: WriteContext & { force: boolean },
): Written {
  const { resource, live } = target;
  const input = checkApplied(target, body);
  const { force, ...plain } = context;
  const who = { manager: context.manager, operation: 'Apply' as const, subresource: context.subresource };
  const application = { applied: ownable(target, input, context), writer: who, force, time: writer.now() };
  if (live === undefined) {
    if (context.subresource !== undefined) throw notFound(resource, target.name);
    return createByApply(writer, target, input, { application, context: plain });
  }
  const { uid, resourceVersion } = input.metadata;
  checkAppliedVersion(resource, live, { uid, resourceVersion });
  const merged = mergeApply(live, application);
  const wanted = {
    ...merged.metadata,
    uid: uid ?? live.metadata.uid,
    resourceVersion: resourceVersion === '0' ? '' : (resourceVersion ?? ''),
  };
  return writer.update(resource, live, { ...merged, metadata: wanted }, plain);
}

/**
 * Checks preconditions like a real API server: first the resourceVersion (0 or empty means none; custom resources reject
 * 0 and empty), then the uid, which is immutable.
 */
function checkAppliedVersion(
  resource: Resource,
  live: KubeObject,
  { uid, resourceVersion }: { uid: string | undefined; resourceVersion: string | undefined },
): void {
  const { name } = live.metadata;
  if (isCustom(resource) && (resourceVersion === '0' || resourceVersion === '')) {
    throw invalid(
      qualified(resource),
      name,
      'metadata.resourceVersion',
      'Invalid value: 0: must be specified for an update',
    );
  }
  checkUid(resource, live, { uid, resourceVersion });
}

/** A patch that names another uid changes what cannot be changed: 422. Another version comes first, as 409. */
function checkUid(
  resource: Resource,
  live: KubeObject,
  { uid, resourceVersion }: { uid?: string | undefined; resourceVersion?: string | undefined },
): void {
  const isOtherVersion =
    resourceVersion !== undefined && resourceVersion !== '0' && resourceVersion !== live.metadata.resourceVersion;
  if (isOtherVersion || uid === undefined || uid === live.metadata.uid) return;
  throw invalid(
    `${resource.kind}.${resource.group}`,
    live.metadata.name,
    'metadata.uid',
    `Invalid value: "${uid}": field is immutable`,
  );
}

function createByApply(
  writer: ObjectWriter,
  target: PatchTarget,
  input: ObjectInput,
  how: { application: Parameters<typeof mergeApply>[1]; context: WriteContext },
): Written {
  const { resource, name, namespace } = target;
  const { uid } = input.metadata;
  // A resourceVersion alone does not prevent the creation: only a uid requires that the object exists.
  if (uid !== undefined) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resource, name, why);
  }
  const place = resource.namespaced ? { name, namespace } : { name };
  const bare = { ...input, metadata: { ...place, uid: '', resourceVersion: '', creationTimestamp: '' } };
  const empty = { apiVersion: bare.apiVersion, kind: bare.kind, metadata: bare.metadata } as KubeObject;
  const merged = mergeApply(empty, how.application);
  const {
    uid: _uid,
    resourceVersion: _version,
    creationTimestamp: _time,
    managedFields,
    ...metadata
  } = merged.metadata;
  return writer.create(resource, { ...merged, metadata }, how.context, managedFields ?? []);
}

/** Gives the patched document for the live one (which comes without managedFields and resourceVersion). */
export type Patcher = (live: Fields) => unknown;

/**
 * Any patch other than server-side apply. A `resourceVersion` in the patch is a precondition; `managedFields` in the patch are
 * stored unchanged. Throws a StatusError.
 */
export function patchObject(
  writer: ObjectWriter,
  target: PatchTarget,
  patcher: Patcher,
  context: WriteContext,
): Written {
  const { resource, name, live } = target;
  if (live === undefined) throw notFound(resource, name);
  const { managedFields: _fields, resourceVersion: _version, ...metadata } = live.metadata;
  const patched = asInput(patcher({ ...live, metadata }));
  checkUid(resource, live, patched.metadata);
  return writer.update(resource, live, patched, context);
}
