/** Writes: preconditions, defaults, admission, ownership, generation, and no new version if nothing has changed. */
import type { Admission, AdmissionHook, AdmissionRequest, Arrival } from './admission.ts';
import { blocksDeletion, checkImmutable, foldStringData, settleDataSources, withDefaults } from './defaults.ts';
import { alreadyExists, conflict, notFound, StatusError, terminating } from './errors.ts';
import { trackUpdate } from './managed.ts';
import { checkMetadata, chosenName, newMetadata, replacedMetadata } from './metadata.ts';
import {
  asObject,
  fieldsAt,
  same,
  text,
  type Fields,
  type KubeObject,
  type ManagedFields,
  type Metadata,
  type ObjectInput,
} from './objects.ts';
import { apiVersionOf, resourceOf, type Resource } from './resources.ts';
import type { Store } from './store.ts';

export interface WriteContext {
  user: string;
  manager: string;
  dryRun: boolean;
  subresource?: 'status';
  /** a test or the simulated VolSync, which may write the status together with the rest */
  world?: boolean;
  /** takes the texts of warnings */
  warnings?: string[];
}

export interface Precondition {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

export interface Written {
  object: KubeObject;
  created: boolean;
}

export class ObjectWriter {
  readonly #store: Store;
  readonly #clock: () => Date;
  readonly #admission: Admission;
  readonly hooks = new Set<AdmissionHook>();

  constructor(store: Store, clock: () => Date, admission: Admission) {
    this.#store = store;
    this.#clock = clock;
    this.#admission = admission;
  }

  /** RFC 3339, to the second. */
  now(): string {
    return `${this.#clock().toISOString().slice(0, 19)}Z`;
  }

  /** Creates an object; `managedFields` only from server-side apply. Throws a StatusError. */
  create(resource: Resource, input: ObjectInput, context: WriteContext, managedFields?: ManagedFields[]): Written {
    const metadata = this.#newMetadata(resource, input.metadata, context);
    const { status, ...rest } = foldStringData(input);
    const kept = status !== undefined && (context.world === true || !resource.status) ? { status } : {};
    const head = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
    const defaults = (object: KubeObject): KubeObject => withDefaults(object, () => this.#defaultClass());
    const filled = defaults(asObject({ ...rest, ...kept, ...head }));
    const { user, dryRun } = context;
    const hooked = defaults(this.#hook({ operation: 'CREATE', object: filled, user, dryRun }));
    const arrival = { ...arrivalOf(resource, metadata, context), operation: 'CREATE' as const, old: null };
    const named = input.metadata.name !== undefined;
    const mutated = this.#admission.mutate({ ...arrival, object: hooked, ...(named ? {} : { name: '' }) });
    const admitted = settleDataSources(mutated);
    checkMetadata(admitted);
    this.#admission.validate({ ...arrival, object: admitted });
    if (this.#store.get(resource, metadata.namespace ?? '', metadata.name) !== undefined)
      throw alreadyExists(resource, metadata.name);
    const writer = { manager: context.manager, operation: 'Update' as const, subresource: undefined };
    const owned = managedFields ?? trackUpdate(undefined, admitted, writer, metadata.creationTimestamp);
    const object = { ...admitted, metadata: { ...admitted.metadata, managedFields: owned } };
    return { object: context.dryRun ? object : this.#store.save(resource, storable(object)), created: true };
  }

  /** Replaces an object, or with `subresource: 'status'` only its status. Throws a StatusError. */
  update(resource: Resource, old: KubeObject, input: ObjectInput, context: WriteContext): Written {
    checkPrecondition(resource, old, input.metadata);
    const next = this.#merged(resource, old, foldStringData(input), context);
    const managed = input.metadata.managedFields;
    const { user, dryRun } = context;
    const hooked =
      context.subresource === undefined ? this.#hook({ operation: 'UPDATE', object: next, old, user, dryRun }) : next;
    const arrival = { ...arrivalOf(resource, old.metadata, context), operation: 'UPDATE' as const, old };
    const admitted = settleDataSources(this.#admission.mutate({ ...arrival, object: hooked }), old);
    checkMetadata(admitted);
    checkImmutable(old, admitted);
    this.#admission.validate({ ...arrival, object: admitted });
    const writer = { manager: context.manager, operation: 'Update' as const, subresource: context.subresource };
    const owned = managed ?? trackUpdate(old, admitted, writer, this.now());
    const final = { ...admitted, metadata: { ...admitted.metadata, managedFields: owned } };
    return { object: this.#finish(resource, old, final, context), created: false };
  }

  /** Asks the policies about a deletion; throws a StatusError when they refuse. */
  admitRemoval(resource: Resource, old: KubeObject, context: WriteContext): void {
    const arrival = arrivalOf(resource, old.metadata, context);
    this.#admission.validate({ ...arrival, operation: 'DELETE', object: null, old });
  }

  /** Deletes an object, or only marks it if finalizers hold it. Returns the body of the HTTP answer. */
  remove(resource: Resource, old: KubeObject, precondition: Precondition, dryRun = false): KubeObject | null {
    checkPrecondition(resource, old, precondition);
    if (dryRun) return null;
    if (!(old.metadata.finalizers ?? []).some(blocksDeletion)) {
      this.#store.drop(resource, old);
      return null;
    }
    if (old.metadata.deletionTimestamp !== undefined) return old;
    const generation = resource.generation ? { generation: (old.metadata.generation ?? 1) + 1 } : {};
    const going = { deletionTimestamp: this.now(), deletionGracePeriodSeconds: 0 };
    return this.#store.save(resource, { ...old, metadata: { ...old.metadata, ...generation, ...going } });
  }

  /** The metadata of a new object; throws when its namespace is missing. */
  #newMetadata(resource: Resource, sent: Partial<Metadata>, context: WriteContext): Metadata {
    const name = chosenName(resource, sent);
    const namespace = resource.namespaced ? (sent.namespace ?? '') : '';
    const home = resource.namespaced ? this.#store.get(resourceOf('Namespace'), '', namespace) : undefined;
    if (resource.namespaced && home === undefined) throw notFound(resourceOf('Namespace'), namespace);
    if (home?.metadata.deletionTimestamp !== undefined && context.world !== true)
      throw terminating(resource, name, namespace);
    if (sent.resourceVersion !== undefined && context.world !== true) {
      throw new StatusError(400, 'resourceVersion should not be set on objects to be created');
    }
    return newMetadata(resource, sent, { name, time: this.now(), trusted: context.world === true });
  }

  #merged(resource: Resource, old: KubeObject, input: ObjectInput, context: WriteContext): KubeObject {
    if (context.subresource === 'status') return { ...old, status: fieldsAt(input, 'status') };
    const head = {
      apiVersion: old.apiVersion,
      kind: old.kind,
      metadata: replacedMetadata(old.metadata, input.metadata),
    };
    const { status, ...rest } = input;
    const own = resource.status && !(context.world === true && status !== undefined) ? old.status : status;
    const next = asObject({ ...rest, ...head, ...(own === undefined ? {} : { status: own }) });
    return withDefaults(keepBinding(old, next), () => text(old, 'spec.storageClassName'));
  }

  #finish(resource: Resource, old: KubeObject, next: KubeObject, context: WriteContext): KubeObject {
    if (same(content(old), content(next))) return old;
    const changed = !same({ ...old, metadata: 0, status: 0 }, { ...next, metadata: 0, status: 0 });
    const generation = resource.generation ? { generation: (old.metadata.generation ?? 1) + Number(changed) } : {};
    const metadata = { ...next.metadata, ...generation };
    const object = { ...next, metadata };
    if (context.dryRun) return object;
    const gone = metadata.deletionTimestamp !== undefined && !(metadata.finalizers ?? []).some(blocksDeletion);
    if (gone) this.#store.drop(resource, object);
    return gone ? object : this.#store.save(resource, storable(object));
  }

  #hook(request: AdmissionRequest): KubeObject {
    let object = request.object;
    for (const hook of this.hooks) object = hook({ ...request, object }) ?? object;
    return object;
  }

  #defaultClass(): string | undefined {
    const marked = 'storageclass.kubernetes.io/is-default-class';
    const classes = this.#store.sorted(resourceOf('StorageClass'));
    return classes.find((found) => found.metadata.annotations?.[marked] === 'true')?.metadata.name;
  }
}

/** The largest request that etcd accepts in the API server's default setup. */
const ETCD_BYTES = 1.5 * 1024 * 1024;

/** Returns the object if it is small enough for etcd; otherwise throws 500, as a real API server does. */
function storable(object: KubeObject): KubeObject {
  if (Buffer.byteLength(JSON.stringify(object)) <= ETCD_BYTES) return object;
  throw new StatusError(500, 'etcdserver: request is too large');
}

/** What is the same for every write of an object. */
function arrivalOf(
  resource: Resource,
  { namespace = '', name }: Pick<Metadata, 'namespace' | 'name'>,
  { user, dryRun, subresource, warnings }: WriteContext,
): Omit<Arrival, 'operation' | 'object' | 'old'> {
  return { resource, subresource: subresource ?? '', namespace, name, user, dryRun, warnings };
}

/** Everything of an object that makes a write a change: all but the version and the times of the managers. */
function content(object: KubeObject): Fields {
  const managers = (object.metadata.managedFields ?? []).map(({ time: _time, ...entry }) => entry);
  return { ...object, metadata: { ...object.metadata, resourceVersion: '', generation: 0, managedFields: managers } };
}

/** A bound claim keeps its `volumeName` when a write leaves the field out. */
function keepBinding(old: KubeObject, next: KubeObject): KubeObject {
  if (old.kind !== 'PersistentVolumeClaim') return next;
  const spec = { ...old.spec, ...next.spec };
  return { ...next, spec };
}

/** Throws 409 when the uid or the version in the precondition differs from that of the object. */
function checkPrecondition(resource: Resource, old: KubeObject, wanted: Precondition): void {
  const { uid, resourceVersion } = wanted;
  const name = old.metadata.name;
  if (uid !== undefined && uid !== old.metadata.uid) {
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(
      resource,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
}
