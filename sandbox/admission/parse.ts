/** Policy and binding objects, read once at the edge: YAML in, programs out. */
import { fieldsAt, isFields, text, type KubeObject, type ObjectInput } from '../kube/objects.ts';
import { CelError, compile, type Program, type Scope } from './cel.ts';
import type {
  Binding,
  Bound,
  Constraints,
  MutatingPolicy,
  Named,
  ParamKind,
  ParamRef,
  Policies,
  Rule,
  Selector,
  Validation,
  ValidatingPolicy,
} from './model.ts';

type Source = KubeObject | ObjectInput;

/** A policy with an expression or field that the API server would reject. */
export class PolicyError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

function listAt(value: unknown, path: string): unknown[] {
  let current = value;
  for (const key of path.split('.')) current = isFields(current) ? current[key] : undefined;
  return Array.isArray(current) ? current : [];
}

function textsAt(value: unknown, path: string): string[] {
  return listAt(value, path).map(String);
}

/** A label selector as a list of requirements; `{}` has none and selects everything. */
export function readSelector(selector: unknown): Selector {
  const exact = Object.entries(fieldsAt(selector, 'matchLabels')).map(([key, value]) => ({
    key,
    operator: 'In',
    values: [String(value)],
  }));
  const rest = listAt(selector, 'matchExpressions').map((one) => ({
    key: text(one, 'key') ?? '',
    operator: text(one, 'operator') ?? '',
    values: textsAt(one, 'values'),
  }));
  return [...exact, ...rest];
}

function readRule(rule: unknown): Rule {
  return {
    operations: textsAt(rule, 'operations'),
    groups: textsAt(rule, 'apiGroups'),
    versions: textsAt(rule, 'apiVersions'),
    resources: textsAt(rule, 'resources'),
    names: textsAt(rule, 'resourceNames'),
  };
}

/** `matchConstraints` of a policy, or `matchResources` of a binding. */
export function readConstraints(fields: unknown): Constraints {
  return {
    rules: listAt(fields, 'resourceRules').map(readRule),
    excluded: listAt(fields, 'excludeResourceRules').map(readRule),
    namespaces: readSelector(fieldsAt(fields, 'namespaceSelector')),
    objects: readSelector(fieldsAt(fields, 'objectSelector')),
  };
}

function programAt(field: string, expression: string, scope: Scope): Program {
  try {
    return compile(expression, scope);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new PolicyError(field, `Invalid value: ${JSON.stringify(expression)}: compilation failed: ${error.message}`);
  }
}

/** What the expressions of a policy can use beside its variables. */
export type Surroundings = Pick<Scope, 'names' | 'library'>;

/** The match conditions of a policy; throws a PolicyError. */
export function readConditions(object: Source, around: Surroundings): Named[] {
  return listAt(object, 'spec.matchConditions').map((one, index) => {
    const field = `spec.matchConditions[${index}].expression`;
    const program = programAt(field, text(one, 'expression') ?? '', { ...around, variables: null, result: 'bool' });
    return { name: text(one, 'name') ?? '', program };
  });
}

/** The variables of a policy, each of which may use those before it; throws a PolicyError. */
export function readVariables(object: Source, around: Surroundings): Named[] {
  const read: Named[] = [];
  for (const [index, one] of listAt(object, 'spec.variables').entries()) {
    const scope = { ...around, variables: read.map((variable) => variable.name), result: 'any' } as const;
    const program = programAt(`spec.variables[${index}].expression`, text(one, 'expression') ?? '', scope);
    read.push({ name: text(one, 'name') ?? '', program });
  }
  return read;
}

function readCommon(object: Source): { names: string[] } & Omit<MutatingPolicy, 'mutations'> {
  const kind = fieldsAt(object, 'spec.paramKind');
  const params: ParamKind | null =
    text(kind, 'kind') === undefined
      ? null
      : { apiVersion: text(kind, 'apiVersion') ?? '', kind: text(kind, 'kind') ?? '' };
  const names = params === null ? [] : ['params'];
  const constraints = readConstraints(fieldsAt(object, 'spec.matchConstraints'));
  if (constraints.rules.length === 0)
    throw new PolicyError('spec.matchConstraints.resourceRules', 'Required value: at least one rule is required');
  return {
    name: object.metadata.name ?? '',
    params,
    names,
    constraints,
    conditions: readConditions(object, { names }),
    variables: readVariables(object, { names }),
    ignoresErrors: text(object, 'spec.failurePolicy') === 'Ignore',
  };
}

/** The mutations of a policy; only JSON patches are known here. */
export function readMutations(object: Source, around: Surroundings, variables: readonly Named[]): Program[] {
  return listAt(object, 'spec.mutations').map((one, index) => {
    const field = `spec.mutations[${index}]`;
    if (text(one, 'patchType') !== 'JSONPatch')
      throw new PolicyError(`${field}.patchType`, 'the sandbox evaluates patches of type JSONPatch only');
    const scope = { ...around, variables: variables.map(({ name }) => name), result: 'list' } as const;
    return programAt(`${field}.jsonPatch.expression`, text(one, 'jsonPatch.expression') ?? '', scope);
  });
}

function readMutating(object: Source): MutatingPolicy {
  const { names, ...common } = readCommon(object);
  return { ...common, mutations: readMutations(object, { names }, common.variables) };
}

const REASONS = new Set(['Unauthorized', 'Forbidden', 'Invalid', 'RequestEntityTooLarge']);

function readValidation(one: unknown, field: string, scope: Omit<Scope, 'result'>): Validation {
  const expression = text(one, 'expression') ?? '';
  const message = text(one, 'message') ?? '';
  const reason = text(one, 'reason') ?? 'Invalid';
  if (!REASONS.has(reason)) throw new PolicyError(`${field}.reason`, `Unsupported value: "${reason}"`);
  if (message === '' && expression.includes('\n')) {
    const why = 'Required value: message must be specified if expression contains line breaks';
    throw new PolicyError(`${field}.message`, why);
  }
  const spoken = text(one, 'messageExpression');
  return {
    program: programAt(`${field}.expression`, expression, { ...scope, result: 'bool' }),
    message,
    messageProgram:
      spoken === undefined ? null : programAt(`${field}.messageExpression`, spoken, { ...scope, result: 'string' }),
    reason,
  };
}

function readValidating(object: Source): ValidatingPolicy {
  const { names, ...common } = readCommon(object);
  const scope = { names, variables: common.variables.map(({ name }) => name) };
  const validations = listAt(object, 'spec.validations').map((one, index) =>
    readValidation(one, `spec.validations[${index}]`, scope),
  );
  return { ...common, validations };
}

function readParamRef(object: Source): ParamRef | null {
  const ref = fieldsAt(object, 'spec')['paramRef'];
  if (!isFields(ref)) return null;
  return {
    name: text(ref, 'name') ?? '',
    selector: isFields(ref['selector']) ? readSelector(ref['selector']) : null,
    namespace: text(ref, 'namespace') ?? '',
    denyWhenMissing: text(ref, 'parameterNotFoundAction') === 'Deny',
  };
}

function readBinding(object: Source): Binding {
  return {
    name: object.metadata.name ?? '',
    policy: text(object, 'spec.policyName') ?? '',
    paramRef: readParamRef(object),
    constraints: readConstraints(fieldsAt(object, 'spec.matchResources')),
    actions: textsAt(object, 'spec.validationActions'),
  };
}

/** Throws a PolicyError when an object is a policy that the server would refuse. */
export function checkPolicy(object: Source): void {
  if (object.kind === 'MutatingAdmissionPolicy') readMutating(object);
  if (object.kind === 'ValidatingAdmissionPolicy') readValidating(object);
}

/** The policies among some objects with their bindings, in the order of their names; throws a PolicyError for a bad one. */
export function readPolicies(objects: readonly Source[]): Policies {
  const of = (kind: string): Source[] =>
    objects
      .filter((object) => object.kind === kind)
      .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const bound = <Policy extends { name: string }>(policies: Policy[], kind: string): Bound<Policy>[] => {
    const bindings = of(kind).map(readBinding);
    return policies.map((policy) => ({ policy, bindings: bindings.filter((one) => one.policy === policy.name) }));
  };
  return {
    mutating: bound(of('MutatingAdmissionPolicy').map(readMutating), 'MutatingAdmissionPolicyBinding'),
    validating: bound(of('ValidatingAdmissionPolicy').map(readValidating), 'ValidatingAdmissionPolicyBinding'),
  };
}
