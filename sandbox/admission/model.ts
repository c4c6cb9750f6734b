/** The types of admission: requests, policies and results. */
import type { Fields, KubeObject } from '../kube/objects.ts';
import type { Program } from './cel.ts';

/** What policies can see beside the request. */
export interface World {
  /** The objects of a parameter's kind in a namespace; null when the API does not serve the kind. */
  params(kind: ParamKind, namespace: string): readonly KubeObject[] | null;
  namespace(name: string): KubeObject | undefined;
}

export interface Refusal {
  code: number;
  reason: string;
  message: string;
  details: Fields;
}

export interface Outcome {
  /** the object after mutation; null for a deletion */
  object: KubeObject | null;
  /** texts of `Warning` headers, each once */
  warnings: string[];
  refusal: Refusal | null;
}

export interface ParamKind {
  apiVersion: string;
  kind: string;
}

export interface Requirement {
  key: string;
  operator: string;
  values: readonly string[];
}

export type Selector = readonly Requirement[];

export interface Rule {
  operations: readonly string[];
  groups: readonly string[];
  versions: readonly string[];
  resources: readonly string[];
  names: readonly string[];
}

/** Which requests a policy or a binding is about; no rules means all. */
export interface Constraints {
  rules: readonly Rule[];
  excluded: readonly Rule[];
  namespaces: Selector;
  objects: Selector;
}

export interface Named {
  name: string;
  program: Program;
}

interface Common {
  name: string;
  params: ParamKind | null;
  constraints: Constraints;
  conditions: readonly Named[];
  variables: readonly Named[];
  /** what an error does: deny the request, or nothing */
  ignoresErrors: boolean;
}

export interface MutatingPolicy extends Common {
  /** each gives a list of JSON patch operations */
  mutations: readonly Program[];
}

export interface Validation {
  program: Program;
  message: string;
  messageProgram: Program | null;
  reason: string;
}

export interface ValidatingPolicy extends Common {
  validations: readonly Validation[];
}

export interface ParamRef {
  name: string;
  /** null when the parameter is chosen by name */
  selector: Selector | null;
  /** empty: that of the request */
  namespace: string;
  denyWhenMissing: boolean;
}

export interface Binding {
  name: string;
  policy: string;
  paramRef: ParamRef | null;
  constraints: Constraints;
  /** of a validating policy: Deny, Warn, Audit */
  actions: readonly string[];
}

export interface Bound<Policy> {
  policy: Policy;
  bindings: readonly Binding[];
}

/** All active policies, in the order of evaluation. */
export interface Policies {
  mutating: readonly Bound<MutatingPolicy>[];
  validating: readonly Bound<ValidatingPolicy>[];
}
