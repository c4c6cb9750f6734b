/** Admission of the sandbox's API: evaluates the stored policies for every write. */
import type { Admission, Arrival } from '../kube/admission.ts';
import { invalid } from '../kube/errors.ts';
import { asObject, type KubeObject } from '../kube/objects.ts';
import { apiVersionOf, RESOURCES, resourceOf } from '../kube/resources.ts';
import type { Store } from '../kube/store.ts';
import { mutate, statusError, validate } from './admit.ts';
import type { Policies, World } from './model.ts';
import { checkPolicy, PolicyError, readPolicies } from './parse.ts';

const GROUP = 'admissionregistration.k8s.io';
const KINDS = [
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

/** A new object as mutating policies see it: without time, uid and, with `generateName`, name. */
function unborn(object: KubeObject, named: boolean): KubeObject {
  const { creationTimestamp: _time, uid: _uid, resourceVersion: _version, name, ...metadata } = object.metadata;
  return asObject({ ...object, metadata: named ? { ...metadata, name } : metadata });
}

export class PolicyDoor implements Admission {
  readonly #store: Store;
  readonly #world: World;
  #lists: readonly (readonly KubeObject[])[] = [];
  #policies: Policies = { mutating: [], validating: [] };

  /** `hidden`: groups that the API does not serve at the moment. */
  constructor(store: Store, hidden: ReadonlySet<string>) {
    this.#store = store;
    this.#world = {
      params: ({ apiVersion, kind }, namespace) => {
        const resource = RESOURCES.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
        if (resource === undefined || hidden.has(resource.group)) return null;
        const all = store.sorted(resource);
        return resource.namespaced ? all.filter(({ metadata }) => metadata.namespace === namespace) : all;
      },
      namespace: (name) => store.get(resourceOf('Namespace'), '', name),
    };
  }

  mutate(arrival: Arrival & { object: KubeObject }): KubeObject {
    const { object } = arrival;
    if (arrival.resource.group === GROUP) {
      check(object);
      return object;
    }
    const seen = arrival.operation === 'CREATE' ? unborn(object, arrival.name !== '') : object;
    const { object: left, refusal } = mutate({ ...arrival, object: seen }, this.#current(), this.#world);
    if (refusal !== null) throw statusError(refusal);
    if (left === null || left === seen) return object;
    const { name, creationTimestamp, uid, resourceVersion } = object.metadata;
    return { ...left, metadata: { ...left.metadata, name, creationTimestamp, uid, resourceVersion } };
  }

  validate(arrival: Arrival): void {
    if (arrival.resource.group === GROUP) return;
    const { warnings, refusal } = validate(arrival, this.#current(), this.#world);
    arrival.warnings?.push(...warnings);
    if (refusal !== null) throw statusError(refusal);
  }

  /** The policies are parsed again only when one of the four lists has changed. */
  #current(): Policies {
    const lists = KINDS.map((kind) => this.#store.sorted(resourceOf(kind)));
    if (lists.some((list, index) => list !== this.#lists[index])) {
      this.#lists = lists;
      this.#policies = readPolicies(lists.flat());
    }
    return this.#policies;
  }
}

/** Throws 422 for a policy that does not compile. Policies themselves do not go through admission policies. */
function check(object: KubeObject): void {
  try {
    checkPolicy(object);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw invalid(`${object.kind}.${GROUP}`, object.metadata.name, error.field, error.message);
  }
}
