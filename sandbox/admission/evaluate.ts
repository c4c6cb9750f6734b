/** What both kinds of policy share: which requests they apply to, with which parameters, and under which conditions. */
import type { Review } from '../kube/admission.ts';
import type { KubeObject } from '../kube/objects.ts';
import { CelError, celValue, type Program } from './cel.ts';
import { matches, selects } from './match.ts';
import type { Binding, Bound, Named, ParamKind, World } from './model.ts';

/** A policy that could not be evaluated, because its parameters cannot be read. */
export class ConfigurationError extends Error {}

/** One evaluation: a policy, one of its bindings, and one parameter (null if the policy has no parameters). */
export interface Invocation<Policy> {
  policy: Policy;
  binding: Binding | null;
  param: KubeObject | null;
  /** set when it cannot be evaluated */
  error: ConfigurationError | null;
}

interface Asking {
  name: string;
  params: ParamKind | null;
  constraints: Binding['constraints'];
}

function paramsOf(policy: Asking, binding: Binding, review: Review, world: World): readonly (KubeObject | null)[] {
  const ref = binding.paramRef;
  if (policy.params === null || ref === null) return [null];
  const all = world.params(policy.params, ref.namespace === '' ? review.namespace : ref.namespace) ?? [];
  const { selector } = ref;
  const found = all.filter(({ metadata }) =>
    selector === null ? metadata.name === ref.name : selects(selector, metadata.labels),
  );
  if (found.length === 0 && ref.denyWhenMissing) {
    const why = 'no params found for policy binding with `Deny` parameterNotFoundAction';
    throw new ConfigurationError(`failed to configure binding: ${why}`);
  }
  return found;
}

/** If the API does not serve the parameter kind, the whole policy fails before any binding is evaluated. */
function unserved(policy: Asking, review: Review, world: World): ConfigurationError | null {
  const kind = policy.params;
  if (kind === null || world.params(kind, review.namespace) !== null) return null;
  const what = `'${kind.apiVersion}, Kind=${kind.kind}'`;
  return new ConfigurationError(`failed to configure policy: failed to find resource referenced by paramKind: ${what}`);
}

function ofBinding<Policy extends Asking>(
  policy: Policy,
  binding: Binding,
  review: Review,
  world: World,
): Invocation<Policy>[] {
  try {
    return paramsOf(policy, binding, review, world).map((param) => ({ policy, binding, param, error: null }));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return [{ policy, binding, param: null, error }];
  }
}

/** All evaluations for a request, in order. */
export function invocations<Policy extends Asking>(
  bound: readonly Bound<Policy>[],
  review: Review,
  world: World,
): Invocation<Policy>[] {
  return bound.flatMap(({ policy, bindings }) => {
    if (bindings.length === 0 || !matches(policy.constraints, review, world)) return [];
    const error = unserved(policy, review, world);
    if (error !== null) return [{ policy, binding: null, param: null, error }];
    return bindings
      .filter((binding) => matches(binding.constraints, review, world))
      .flatMap((binding) => ofBinding(policy, binding, review, world));
  });
}

export type Bindings = Readonly<Record<string, unknown>>;

function requestOf(review: Review): unknown {
  const { group, version, plural, kind } = review.resource;
  return {
    kind: { group, version, kind },
    resource: { group, version, resource: plural },
    subResource: review.subresource,
    name: review.name,
    namespace: review.namespace,
    operation: review.operation,
    userInfo: { username: review.user, groups: ['system:authenticated'] },
    dryRun: review.dryRun,
  };
}

/** The names that an expression can use, variables not among them. */
export function bindingsOf(review: Review, param: KubeObject | null, world: World): Bindings {
  return {
    object: celValue(review.object),
    oldObject: celValue(review.old),
    request: celValue(requestOf(review)),
    params: celValue(param),
    namespaceObject: celValue(review.namespace === '' ? null : (world.namespace(review.namespace) ?? null)),
  };
}

/** Evaluates an expression; an error message names the expression, as the API server does. */
export function evaluate(program: Program, bindings: Bindings): unknown {
  try {
    return program.evaluate(bindings);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new CelError(`expression '${program.expression}' resulted in error: ${error.message}`);
  }
}

/** Do all conditions hold? One false condition is enough for "no", even if others fail. Otherwise all errors are thrown. */
export function holds(conditions: readonly Named[], bindings: Bindings): boolean {
  const errors: CelError[] = [];
  for (const { program } of conditions) {
    try {
      if (evaluate(program, bindings) === false) return false;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new CelError(errors.map(({ message }) => message).join(', '));
  return true;
}

/** The bindings with `variables`: each is evaluated when it is first asked for, and once. */
export function withVariables(variables: readonly Named[], bindings: Bindings): Bindings {
  const lazy = {};
  const all = { ...bindings, variables: lazy };
  for (const { name, program } of variables) {
    let known: { value: unknown } | null = null;
    const get = (): unknown => {
      try {
        known ??= { value: program.evaluate(all) };
        return known.value;
      } catch (error) {
        throw new CelError(`composited variable "${name}" fails to evaluate: ${messageOf(error)}`);
      }
    };
    Object.defineProperty(lazy, name, { enumerable: true, get });
  }
  return all;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
