/** Kyverno's MutatingPolicy, as far as ours use it: the conditions and patches of native policies, and `resource.List`. */
import { patched } from '../../sandbox/admission/admit.ts';
import { celValue, type Library } from '../../sandbox/admission/cel.ts';
import { bindingsOf, holds } from '../../sandbox/admission/evaluate.ts';
import { matches } from '../../sandbox/admission/match.ts';
import type { World } from '../../sandbox/admission/model.ts';
import type { Review } from '../../sandbox/kube/admission.ts';
import { readConditions, readConstraints, readMutations } from '../../sandbox/admission/parse.ts';
import { fieldsAt, type KubeObject, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { apiVersionOf, RESOURCES } from '../../sandbox/kube/resources.ts';

/** What is behind the name `resource` in an expression. */
class Resources {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** Live objects of a plural in a namespace; an unknown one is an error, as in Kyverno. */
  list(apiVersion: string, plural: string, namespace: string): unknown {
    const resource = RESOURCES.find((one) => one.plural === plural && apiVersionOf(one) === apiVersion);
    const items = resource === undefined ? null : this.world.params({ apiVersion, kind: resource.kind }, namespace);
    if (items === null) throw new Error(`no matches for ${apiVersion}, Resource=${plural}`);
    return celValue({ items });
  }
}

const KYVERNO: Library = {
  name: 'kyverno',
  addTo: (environment) => {
    environment
      .registerType('kyverno.Resources', Resources)
      .registerVariable('resource', 'kyverno.Resources')
      .registerFunction(
        'kyverno.Resources.List(string, string, string): map',
        (resources: Resources, apiVersion: string, plural: string, namespace: string) =>
          resources.list(apiVersion, plural, namespace),
      );
  },
};

export type Mutate = (review: Review, world: World) => KubeObject | null;

/** A MutatingPolicy as a function; throws a PolicyError when it does not compile. */
export function mutatingPolicy(policy: ObjectInput): Mutate {
  const around = { names: [], library: KYVERNO };
  const constraints = readConstraints(fieldsAt(policy, 'spec.matchConstraints'));
  const conditions = readConditions(policy, around);
  const mutations = readMutations(policy, around, []);
  return (review, world) => {
    const resource = new Resources(world);
    const bindings = { ...bindingsOf(review, null, world), resource };
    if (review.object === null || !matches(constraints, review, world) || !holds(conditions, bindings)) {
      return review.object;
    }
    return mutations.reduce((object, mutation) => patched(object, mutation, bindings), review.object);
  };
}
