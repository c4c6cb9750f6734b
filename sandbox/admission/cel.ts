/** CEL expressions as the API server compiles and evaluates them, by way of `@marcbachmann/cel-js`. */
import { Environment, EvaluationError, ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import { isFields } from '../kube/objects.ts';
import { variablesIn, type Node } from './ast.ts';
import { withKubernetes } from './functions.ts';
import { readable } from './literals.ts';

/** An expression that does not compile, or that failed; the message is the library's. */
export class CelError extends Error {
  override readonly name = 'CelError';
}

/** CEL functions that another product adds, such as Kyverno. */
export interface Library {
  name: string;
  /** puts its types, variables and functions into an environment */
  addTo(environment: Environment): void;
}

/** The names that an expression may use, and the type that it must have. */
export interface Scope {
  library?: Library;
  /** names beside `object`, `oldObject`, `request` and `namespaceObject` */
  names: readonly string[];
  /** the variables defined before this expression; null where variables cannot be used (in match conditions) */
  variables: readonly string[] | null;
  result: 'bool' | 'string' | 'list' | 'any';
}

export interface Program {
  readonly expression: string;
  /** Evaluates the expression; throws a CelError. Values must first be converted with `celValue`. */
  evaluate(bindings: Readonly<Record<string, unknown>>): unknown;
}

const OPTIONS = { enableOptionalTypes: true, homogeneousAggregateLiterals: true };
const ALWAYS = ['object', 'oldObject', 'request', 'namespaceObject'];
const environments = new Map<string, Environment>();
const programs = new Map<string, Program>();

function environmentOf(names: readonly string[], library: Library | undefined): Environment {
  const key = [...names, library?.name].join(' ');
  let environment = environments.get(key);
  if (environment === undefined) {
    environment = withKubernetes(new Environment(OPTIONS));
    for (const name of names) environment.registerVariable(name, 'dyn');
    library?.addTo(environment);
    environments.set(key, environment);
  }
  return environment;
}

function summaryOf(error: unknown): string {
  const known = error instanceof EvaluationError || error instanceof ParseError || error instanceof CelTypeError;
  if (known) return error.summary;
  return error instanceof Error ? error.message : String(error);
}

/** Compiles an expression; throws a CelError if it is invalid. The same text in the same scope is compiled only once. */
export function compile(expression: string, scope: Scope): Program {
  const key = JSON.stringify([expression, scope]);
  let program = programs.get(key);
  if (program === undefined) {
    program = compiled(expression, scope);
    programs.set(key, program);
  }
  return program;
}

function compiled(expression: string, scope: Scope): Program {
  const names = [...ALWAYS, ...scope.names, ...(scope.variables === null ? [] : ['variables'])];
  const run = parsed(expression, environmentOf(names, scope.library));
  const used = variablesIn(run.ast);
  const unknown = used.find((name) => scope.variables?.includes(name) !== true);
  if (unknown !== undefined) throw new CelError(`undefined field '${unknown}' of variables`);
  const { type = '' } = run.check();
  // The type of a variable is unknown here, so an expression that is only a variable may have any type.
  const right = scope.result === 'any' || type.startsWith(scope.result) || (type === 'dyn' && used.length > 0);
  if (!right) throw new CelError(`must evaluate to ${scope.result}, not ${type}`);
  return {
    expression,
    evaluate: (bindings) => {
      try {
        const value: unknown = run(bindings);
        return value;
      } catch (error) {
        throw new CelError(summaryOf(error));
      }
    },
  };
}

function parsed(expression: string, environment: Environment): ReturnType<Environment['parse']> {
  try {
    const run = environment.parse(readable(expression));
    const checked = run.check();
    if (checked.error !== undefined) throw checked.error;
    return run;
  } catch (error) {
    throw new CelError(summaryOf(error));
  }
}

/** The syntax tree of an expression, and the text that its positions are in. Throws a CelError. */
export function syntaxOf(expression: string): { text: string; node: Node } {
  const text = readable(expression);
  try {
    return { text, node: new Environment(OPTIONS).parse(text).ast };
  } catch (error) {
    throw new CelError(summaryOf(error));
  }
}

const seen = new WeakMap<object, unknown>();

/** Converts JSON to CEL values; whole numbers become ints. The result is cached for each object, so do not change it later. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  let known = seen.get(value);
  if (known === undefined) {
    known = Array.isArray(value) ? value.map(celValue) : converted(value);
    seen.set(value, known);
  }
  return known;
}

function converted(value: object): Record<string, unknown> {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, celValue(field)]));
}

/** A CEL value as JSON. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(jsonValue);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, jsonValue(field)]));
}
