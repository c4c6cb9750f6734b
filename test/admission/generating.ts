/** Kyverno's GeneratingPolicy, as far as ours use it: conditions, variables, and what `generator.Apply` is given. */
import { compile } from '../../sandbox/admission/cel.ts';
import { bindingsOf, evaluate, holds, withVariables } from '../../sandbox/admission/evaluate.ts';
import { matches } from '../../sandbox/admission/match.ts';
import type { World } from '../../sandbox/admission/model.ts';
import { readConditions, readConstraints, readVariables } from '../../sandbox/admission/parse.ts';
import type { Review } from '../../sandbox/kube/admission.ts';
import { at, fieldsAt, text, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { Generator, KYVERNO, kyvernoNames, optionalEntries } from './kyverno-library.ts';

/** What a policy makes for a request, in order. */
export type Generate = (review: Review, world: World) => ObjectInput[];

/** A GeneratingPolicy as a function; throws a PolicyError when it does not compile. */
export function generatingPolicy(policy: ObjectInput): Generate {
  const around = { names: [], library: KYVERNO };
  const constraints = readConstraints(fieldsAt(policy, 'spec.matchConstraints'));
  const conditions = readConditions(policy, around);
  const variables = readVariables(policy, around);
  const scope = { ...around, variables: variables.map(({ name }) => name), result: 'bool' } as const;
  const expressions = at(policy, 'spec.generate');
  const programs = (Array.isArray(expressions) ? expressions : []).map((one) =>
    compile(optionalEntries(text(one, 'expression') ?? ''), scope),
  );
  return (review, world) => {
    const generator = new Generator();
    const bindings = { ...bindingsOf(review, null, world), ...kyvernoNames(world, generator) };
    if (!matches(constraints, review, world) || !holds(conditions, bindings)) return [];
    for (const program of programs) evaluate(program, withVariables(variables, bindings));
    return generator.made;
  };
}
