/** The Kubernetes API of the sandbox. The program uses it over HTTPS; tests and the simulated VolSync call it in process. */
import { randomBytes, randomUUID } from 'node:crypto';
import { OPEN_DOOR, type AdmissionHook, type DoorOf } from './admission.ts';
import { loopbackIdentity } from '../serving.ts';
import { discover } from './discovery.ts';
import { StatusError } from './errors.ts';
import { Faults, type FaultRule } from './faults.ts';
import { answer, type Api } from './handlers.ts';
import { Lister } from './list.ts';
import {
  at,
  isFields,
  mergePatch,
  text,
  type Change,
  type Fields,
  type KubeObject,
  type ObjectInput,
} from './objects.ts';
import { patchObject } from './patch.ts';
import { resourceOf, RESOURCES } from './resources.ts';
import { parseRoute, pathOf } from './route.ts';
import { WireServer, type RecordedRequest, type User, type WireAnswer, type WireRequest } from './server.ts';
import { Store } from './store.ts';
import { ObjectWriter } from './writer.ts';

const WORLD = { user: 'system:admin', manager: 'world', dryRun: false, world: true };

const METHOD_OF: Record<string, string> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

export class Kube {
  /** PEM: what a client has to trust */
  readonly ca = loopbackIdentity().ca;
  readonly tokens: Record<User, string>;
  readonly resources: { hide: (group: string) => () => void };
  #url = '';
  readonly #api: Api;
  readonly #faults = new Faults();
  readonly #hidden = new Set<string>();
  readonly #server: WireServer;

  /** `door`: the admission policies for writes; default: none. */
  constructor(clock: () => Date, door: DoorOf = () => OPEN_DOOR) {
    const store = new Store();
    this.#api = {
      store,
      lister: new Lister(store),
      writer: new ObjectWriter(store, clock, door(store, this.#hidden)),
    };
    this.tokens = {
      admin: `admin-${randomBytes(9).toString('hex')}`,
      worker: `worker-${randomBytes(9).toString('hex')}`,
    };
    const faults = this.#faults;
    this.#server = new WireServer({
      tokens: this.tokens,
      faults,
      clock,
      answer: (request) => this.#answer(request),
    });
    this.resources = {
      hide: (group) => {
        this.#hidden.add(group);
        return () => this.#hidden.delete(group);
      },
    };
  }

  /** https://127.0.0.1:<port> */
  get url(): string {
    return this.#url;
  }

  /** All requests that came over HTTPS, oldest first; set `length = 0` to clear the record. */
  get requests(): RecordedRequest[] {
    return this.#server.requests;
  }

  /** TLS connections accepted since the start or the last reset. */
  get tlsConnections(): number {
    return this.#server.tlsConnections;
  }

  resetTlsConnections(): void {
    this.#server.tlsConnections = 0;
  }

  /** Starts the HTTPS server. */
  async listen(): Promise<void> {
    this.#url = await this.#server.listen();
  }

  /** Stops the HTTPS server. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  /** Creates or replaces an object together with its status, and returns the stored object. */
  apply(object: ObjectInput): KubeObject {
    const resource = resourceOf(object.kind);
    const { namespace = '', name = '' } = object.metadata;
    const old = this.#api.store.get(resource, resource.namespaced ? namespace : '', name);
    const { managedFields: _fields, resourceVersion: _version, uid, ...metadata } = object.metadata;
    const { writer } = this.#api;
    const input = { ...structuredClone(object), metadata };
    const fresh = { ...input, metadata: uid === undefined ? metadata : { ...metadata, uid } };
    const { object: written } =
      old === undefined ? writer.create(resource, fresh, WORLD) : writer.update(resource, old, input, WORLD);
    return structuredClone(written);
  }

  /** An object, or undefined; for kinds without namespace give ''. */
  get(kind: string, namespace: string, name: string): KubeObject | undefined {
    const found = this.#api.store.get(resourceOf(kind), namespace, name);
    return found === undefined ? undefined : structuredClone(found);
  }

  /** Like `get`, without a copy: do not change the result. */
  peek(kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.#api.store.get(resourceOf(kind), namespace, name);
  }

  /** All objects of a kind, in one namespace or in all, in the order of a list. */
  list(kind: string, namespace?: string): KubeObject[] {
    return this.view(kind)
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
      .map((object) => structuredClone(object));
  }

  /** Like `list`, without copies: do not change the results. */
  view(kind: string): readonly KubeObject[] {
    return this.#api.store.sorted(resourceOf(kind));
  }

  /** Deletes an object and what it owns; false if the object did not exist. */
  remove(kind: string, namespace: string, name: string): boolean {
    const resource = resourceOf(kind);
    const old = this.#api.store.get(resource, namespace, name);
    if (old !== undefined) this.#api.writer.remove(resource, old, {});
    return old !== undefined;
  }

  /** Merges a patch (RFC 7386: null removes) into an object; throws when it is not there. */
  patch(kind: string, namespace: string, name: string, patch: Fields): KubeObject {
    const resource = resourceOf(kind);
    const old = this.#api.store.get(resource, namespace, name);
    if (old === undefined) throw new StatusError(404, `${kind} ${namespace}/${name} not found`);
    const target = { resource, namespace, name, live: old };
    return structuredClone(patchObject(this.#api.writer, target, (live) => mergePatch(live, patch), WORLD).object);
  }

  /** Merges a patch into an object's status; throws when the object is not there. */
  patchStatus(kind: string, namespace: string, name: string, patch: Fields): KubeObject {
    return this.patch(kind, namespace, name, { status: patch });
  }

  /** Writes an event about an object. */
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { namespace = 'default', name, uid, resourceVersion } = about.metadata;
    const time = this.#api.writer.now();
    const { apiVersion, kind } = about;
    this.apply({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomUUID().slice(0, 13).replace('-', '')}`, namespace },
      involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component: 'volsync-controller' },
    });
  }

  /** Calls a listener after every change; returns a function that removes the listener. */
  onChange(listener: (change: Change) => void): () => void {
    return this.#api.store.onChange(listener);
  }

  /** Adds an admission hook; returns a function that removes the hook. */
  admit(hook: AdmissionHook): () => void {
    this.#api.writer.hooks.add(hook);
    return () => this.#api.writer.hooks.delete(hook);
  }

  /** Makes HTTPS requests fail; returns a function that stops this. */
  fault(rule: FaultRule): () => void {
    return this.#faults.add(rule);
  }

  #answer(request: WireRequest): WireAnswer {
    const { method, path, user } = request;
    if (method === 'POST' && path === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') {
      return { code: 201, body: this.#review(request) };
    }
    const found = method === 'GET' ? discover(path, this.#hidden) : undefined;
    if (found !== undefined) return { code: 200, body: found };
    const route = parseRoute(path);
    if (route === null || this.#hidden.has(route.resource.group)) return { code: 404, body: '404 page not found\n' };
    const warnings: string[] = [];
    const by = user === 'worker' ? 'system:serviceaccount:volsync-system:volsync-prewarm' : 'system:admin';
    try {
      return { ...answer(this.#api, { ...request, route, user: by, warnings }), warnings };
    } catch (error) {
      if (error instanceof StatusError) error.warnings.push(...warnings);
      throw error;
    }
  }

  #review(request: WireRequest): Fields {
    const body = isFields(request.body) ? request.body : {};
    const attributes = at(body, 'spec.resourceAttributes');
    const plural = text(attributes, 'resource') ?? '';
    const group = text(attributes, 'group') ?? '';
    const resource = RESOURCES.find((known) => known.plural === plural && known.group === group);
    const method = METHOD_OF[text(attributes, 'verb') ?? ''] ?? 'GET';
    const path =
      resource === undefined ? '' : pathOf(resource, text(attributes, 'namespace'), text(attributes, 'name'));
    const denied = this.#faults.denies({ method, path, user: request.user });
    return { ...body, status: denied ? { allowed: false, reason: 'denied by a fault rule' } : { allowed: true } };
  }
}
