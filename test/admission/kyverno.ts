/** Kyverno's MutatingPolicy, as far as ours use it: the conditions and patches of native policies, and `resource.List`. */
import { patched } from '../../sandbox/admission/admit.ts';
import { bindingsOf, holds } from '../../sandbox/admission/evaluate.ts';
import { matches } from '../../sandbox/admission/match.ts';
import type { World } from '../../sandbox/admission/model.ts';
import type { Review } from '../../sandbox/kube/admission.ts';
import { readConditions, readConstraints, readMutations } from '../../sandbox/admission/parse.ts';
import { fieldsAt, type KubeObject, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { KYVERNO, kyvernoNames } from './kyverno-library.ts';

export type Mutate = (review: Review, world: World) => KubeObject | null;

/** A MutatingPolicy as a function; throws a PolicyError when it does not compile. */
export function mutatingPolicy(policy: ObjectInput): Mutate {
  const around = { names: [], library: KYVERNO };
  const constraints = readConstraints(fieldsAt(policy, 'spec.matchConstraints'));
  const conditions = readConditions(policy, around);
  const mutations = readMutations(policy, around, []);
  return (review, world) => {
    const bindings = { ...bindingsOf(review, null, world), ...kyvernoNames(world) };
    if (review.object === null || !matches(constraints, review, world) || !holds(conditions, bindings)) {
      return review.object;
    }
    return mutations.reduce((object, mutation) => patched(object, mutation, bindings), review.object);
  };
}
