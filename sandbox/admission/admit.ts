/** Admission: mutating policies first, then validating ones. Pure: everything that matters is a parameter. */
import type { Review } from '../kube/admission.ts';
import { qualified, StatusError } from '../kube/errors.ts';
import { jsonPatch } from '../kube/json-patch.ts';
import { asObject, type KubeObject } from '../kube/objects.ts';
import { CelError, jsonValue, type Program } from './cel.ts';
import { bindingsOf, evaluate, holds, invocations, withVariables, type Bindings, type Invocation } from './evaluate.ts';
import type { MutatingPolicy, Outcome, Policies, Refusal, ValidatingPolicy, World } from './model.ts';

const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The message of a policy that could not be evaluated. Any other error is a bug of the sandbox. */
function isFailure(error: unknown): boolean {
  return error instanceof CelError || error instanceof StatusError;
}

function namedIn(review: Review): string {
  return review.name || review.object?.metadata.generateName || 'Unknown';
}

function details(review: Review, message: string): Refusal['details'] {
  const { group, plural } = review.resource;
  return { name: namedIn(review), ...(group === '' ? {} : { group }), kind: plural, causes: [{ message }] };
}

// ── mutating ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function refusedByMutating(review: Review, at: Invocation<MutatingPolicy>, error: unknown): Refusal {
  const { policy, binding } = at;
  const by = binding === null ? `policy "${policy.name}"` : `policy '${policy.name}' with binding '${binding.name}'`;
  const message = `${by} denied request: ${messageOf(error)}`;
  const reason = at.error === null ? 'Invalid' : 'Forbidden';
  return { code: 403, reason, message, details: details(review, message) };
}

/** The object after one JSON patch expression. */
export function patched(object: KubeObject, mutation: Program, bindings: Bindings): KubeObject {
  const operations = jsonValue(evaluate(mutation, bindings));
  if (!Array.isArray(operations)) throw new CelError('JSONPatchType.expression should evaluate to array');
  return asObject(jsonPatch(object, operations));
}

function mutateOnce(review: Review, { policy, param }: Invocation<MutatingPolicy>, world: World): KubeObject | null {
  let { object } = review;
  if (object === null || !holds(policy.conditions, bindingsOf(review, param, world))) return object;
  for (const mutation of policy.mutations) {
    const bindings = withVariables(policy.variables, bindingsOf({ ...review, object }, param, world));
    object = patched(object, mutation, bindings);
  }
  return object;
}

/** Applies the mutating policies. Which of them match is decided on the original object, before any of them changes it. */
export function mutate(review: Review, policies: Policies, world: World): Outcome {
  let { object } = review;
  let refusal: Refusal | null = null;
  for (const invocation of invocations(policies.mutating, review, world)) {
    try {
      if (invocation.error !== null) throw invocation.error;
      object = mutateOnce({ ...review, object }, invocation, world);
    } catch (error) {
      if (error !== invocation.error && !isFailure(error)) throw error;
      if (!invocation.policy.ignoresErrors) refusal ??= refusedByMutating(review, invocation, error);
    }
  }
  return { object, warnings: [], refusal };
}

// ── validating ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Failure {
  at: Invocation<ValidatingPolicy>;
  message: string;
  reason: string;
}

function refusedByValidating(review: Review, { at, message, reason }: Failure): Refusal {
  const by = at.binding === null ? '' : ` with binding '${at.binding.name}'`;
  const why = `ValidatingAdmissionPolicy '${at.policy.name}'${by} denied request: ${message}`;
  const what = `${qualified(review.resource)} "${namedIn(review)}" is forbidden: ${why}`;
  return { code: CODES[reason] ?? 422, reason, message: what, details: details(review, why) };
}

/** The message of a failed validation: from its messageExpression, or, if that fails or has several lines, the fixed one. */
function spoken(validation: ValidatingPolicy['validations'][number], bindings: Bindings): string {
  const fallback = validation.message.trim() || `failed expression: ${validation.program.expression.trim()}`;
  if (validation.messageProgram === null) return fallback;
  try {
    const said = evaluate(validation.messageProgram, bindings);
    const line = typeof said === 'string' ? said.trim() : '';
    return line === '' || line.includes('\n') || line.length > 5 * 1024 ? fallback : line;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return fallback;
  }
}

function failuresOf(at: Invocation<ValidatingPolicy>, review: Review, world: World): Failure[] {
  const { policy, param } = at;
  const bindings = bindingsOf(review, param, world);
  if (!holds(policy.conditions, bindings)) return [];
  const all = withVariables(policy.variables, bindings);
  return policy.validations.flatMap((validation) => {
    try {
      if (evaluate(validation.program, all) === true) return [];
      return [{ at, message: spoken(validation, all), reason: validation.reason }];
    } catch (error) {
      return failed(at, error);
    }
  });
}

function failed(at: Invocation<ValidatingPolicy>, error: unknown): Failure[] {
  if (error !== at.error && !isFailure(error)) throw error;
  return at.policy.ignoresErrors ? [] : [{ at, message: messageOf(error), reason: 'Invalid' }];
}

function validateOnce(at: Invocation<ValidatingPolicy>, review: Review, world: World): Failure[] {
  try {
    if (at.error !== null) throw at.error;
    return failuresOf(at, review, world);
  } catch (error) {
    return failed(at, error);
  }
}

/** A policy with a broken configuration denies the request, whatever `validationActions` its binding has. */
function denies({ at }: Failure): boolean {
  return at.error !== null || at.binding === null || at.binding.actions.includes('Deny');
}

/** Evaluates the validating policies for a request. */
export function validate(review: Review, policies: Policies, world: World): Outcome {
  const failures = invocations(policies.validating, review, world).flatMap((at) => validateOnce(at, review, world));
  const warnings = failures
    .filter(({ at }) => at.error === null && at.binding?.actions.includes('Warn') === true)
    .map(({ at, message }) => {
      const by = `'${at.policy.name}' with binding '${at.binding?.name}'`;
      return `Validation failed for ValidatingAdmissionPolicy ${by}: ${message}`;
    });
  const denied = failures.find(denies);
  return {
    object: review.object,
    warnings: [...new Set(warnings)],
    refusal: denied === undefined ? null : refusedByValidating(review, denied),
  };
}

/** What the API server does between mutation and validation: it sets name and creation time, and fills in defaults. */
export type Settle = (object: KubeObject) => KubeObject;

/** Mutation, then validation, in the order of the API server. */
export function admit(review: Review, policies: Policies, world: World & { settle: Settle }): Outcome {
  const mutated = mutate(review, policies, world);
  if (mutated.refusal !== null || mutated.object === null) {
    return mutated.refusal === null ? validate(review, policies, world) : mutated;
  }
  const object = world.settle(mutated.object);
  return validate({ ...review, object, name: review.name || object.metadata.name }, policies, world);
}

/** The HTTP error for a denied request. */
export function statusError(refusal: Refusal): StatusError {
  const { code, message, reason, details } = refusal;
  return new StatusError(code, message, { reason, details });
}
