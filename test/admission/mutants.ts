/** Policies with one piece taken out: if no row of a table notices, the piece or a row is missing. */
import { childrenOf, type Node } from '../../sandbox/admission/ast.ts';
import { syntaxOf } from '../../sandbox/admission/cel.ts';
import { asInput, isFields, text, type Fields, type ObjectInput } from '../../sandbox/kube/objects.ts';

export interface Mutant {
  /** which object, and what is missing */
  title: string;
  object: ObjectInput;
}

type Path = readonly (string | number)[];

interface Change {
  what: string;
  path: Path;
  /** undefined: the value at the path is taken out */
  value?: unknown;
}

function valueAt(object: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (isFields(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined),
    object,
  );
}

function changedAt(object: ObjectInput, { path, value }: Change): ObjectInput {
  const copy = structuredClone(object);
  const parent = valueAt(copy, path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (Array.isArray(parent) && value === undefined) parent.splice(Number(key), 1);
  else if (typeof parent === 'object' && parent !== null && value !== undefined) Reflect.set(parent, key, value);
  else if (isFields(parent)) Reflect.deleteProperty(parent, String(key));
  return asInput(copy);
}

function listAt(object: unknown, path: Path): unknown[] {
  const found = valueAt(object, path);
  return Array.isArray(found) ? found : [];
}

/** Each element of a list taken out. */
function without(object: unknown, path: Path, what: string): Change[] {
  return listAt(object, path).map((one, index) => {
    const name = isFields(one) ? (one['name'] ?? one['key'] ?? index) : one;
    return { what: `${what} ${JSON.stringify(name)}`, path: [...path, index] };
  });
}

function nodesIn(node: Node): Node[] {
  return [node, ...childrenOf(node).flatMap(nodesIn)];
}

/** How many brackets a text leaves open (positive) or closes too often (negative); quoted text does not count. */
function leftOpen(text: string): number {
  const plain = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
  return plain.split('(').length - plain.split(')').length;
}

/** A node's place in its text, brackets around its first or last operand included: the tree does not know of them. */
function placeOf(text: string, { start, end }: Node): { start: number; end: number } {
  const place = { start, end };
  while (leftOpen(text.slice(place.start, place.end)) > 0) place.end = text.indexOf(')', place.end) + 1;
  while (leftOpen(text.slice(place.start, place.end)) < 0) place.start = text.lastIndexOf('(', place.start - 1);
  return place;
}

/** An expression once for each operand of each `&&` and `||` that is taken out of it. */
function withoutOperands(expression: string): { without: string; expression: string }[] {
  const { text, node } = syntaxOf(expression);
  const textOf = (one: Node): string => {
    const { start, end } = placeOf(text, one);
    return text.slice(start, end);
  };
  const replaced = (whole: Node, kept: Node, gone: Node): { without: string; expression: string } => {
    const { start, end } = placeOf(text, whole);
    return { without: textOf(gone).trim(), expression: `${text.slice(0, start)}(${textOf(kept)})${text.slice(end)}` };
  };
  return nodesIn(node).flatMap((whole) => {
    if (whole.op !== '&&' && whole.op !== '||') return [];
    const [left, right] = whole.args;
    // Of a chain, the left one is the chain before: its own operands are taken out one by one.
    return [replaced(whole, left, right), ...(left.op === whole.op ? [] : [replaced(whole, right, left)])];
  });
}

function operandsAt(object: unknown, path: Path, what: string): Change[] {
  const expression = valueAt(object, path);
  if (typeof expression !== 'string') return [];
  return withoutOperands(expression).map((one) => ({
    what: `${what} without ${one.without}`,
    path,
    value: one.expression,
  }));
}

function selectorsAt(object: unknown, path: Path, what: string): Change[] {
  const selector = valueAt(object, path);
  if (!isFields(selector) || Object.keys(selector).length === 0) return [];
  const expressions: Path = [...path, 'matchExpressions'];
  const values = listAt(object, expressions).flatMap((one, index) =>
    without(object, [...expressions, index, 'values'], `${what}: ${isFields(one) ? String(one['key']) : ''}`),
  );
  return [{ what, path, value: {} }, ...without(object, expressions, `${what}:`), ...values];
}

/** Whether a missing parameter refuses, turned round. */
function turnedAt(object: unknown, path: Path): Change[] {
  const action = valueAt(object, path);
  if (typeof action !== 'string') return [];
  return [{ what: `parameterNotFoundAction: ${action}`, path, value: action === 'Allow' ? 'Deny' : 'Allow' }];
}

function rulesAt(object: unknown, path: Path): Change[] {
  const rules = listAt(object, path);
  const inside = rules.flatMap((_rule, index) => [
    ...without(object, [...path, index, 'operations'], `rule ${index}: operation`),
    ...without(object, [...path, index, 'resources'], `rule ${index}: resource`),
  ]);
  return rules.length > 1 ? [...without(object, path, 'rule'), ...inside] : inside;
}

function expressionsAt(object: unknown, path: Path, what: string): Change[] {
  return listAt(object, path).flatMap((one, index) => {
    const name = text(one, 'name') ?? String(index);
    return operandsAt(object, [...path, index, 'expression'], `${what} ${name}`);
  });
}

function wordsAt(object: unknown, path: Path): Change[] {
  return listAt(object, path).flatMap((one, index) => {
    const fields: Fields = isFields(one) ? one : {};
    return ['reason', 'messageExpression']
      .filter((field) => field in fields)
      .map((field) => ({ what: `${field} of validation ${index}`, path: [...path, index, field] }));
  });
}

/** A `(… || …)` of a JMESPath that stands over several lines, once for each of its alternatives that is taken out. */
function withoutAlternatives(operand: string): { gone: string; kept: string }[] {
  if (!operand.startsWith('(') || !operand.endsWith(')')) return [];
  const alternatives = operand.slice(1, -1).split(/ \|\| (?!'')/);
  return alternatives.map((gone, index) => ({ gone, kept: `(${alternatives.toSpliced(index, 1).join(' || ')})` }));
}

/** The operands of a `&&` chain inside `[?…]` of a JMESPath, each taken out. */
function filtersAt(object: unknown, path: Path): Change[] {
  const query = valueAt(object, path);
  const inside = typeof query === 'string' ? /\[\?([^]*)\]/.exec(query)?.[1] : undefined;
  if (typeof query !== 'string' || inside === undefined) return [];
  const operands = inside.split('&&').map((operand) => operand.trim());
  const withOperands = (gone: string, kept: readonly string[]): Change => ({
    what: `jmesPath without ${gone}`,
    path,
    value: query.replace(inside, () => kept.join(' && ')),
  });
  return operands.flatMap((operand, index) => [
    withOperands(operand, operands.toSpliced(index, 1)),
    ...withoutAlternatives(operand).map(({ gone, kept }) => withOperands(gone, operands.with(index, kept))),
  ]);
}

function queriesAt(object: unknown, path: Path): Change[] {
  const [url = '', query = ''] = String(valueAt(object, path)).split('?');
  const parameters = query.split('&').filter((parameter) => parameter !== '');
  return parameters.map((gone) => ({
    what: `urlPath without ${gone}`,
    path,
    value: `${url}?${parameters.filter((one) => one !== gone).join('&')}`,
  }));
}

function classicAt(object: unknown, rule: Path): Change[] {
  const resources: Path = [...rule, 'match', 'any', 0, 'resources'];
  const preconditions: Path = [...rule, 'preconditions', 'all'];
  return [
    ...selectorsAt(object, [...resources, 'selector'], 'selector'),
    ...without(object, [...resources, 'operations'], 'operation'),
    ...without(object, preconditions, 'precondition'),
    ...queriesAt(object, [...rule, 'context', 0, 'apiCall', 'urlPath']),
    ...filtersAt(object, [...rule, 'context', 0, 'apiCall', 'jmesPath']),
  ];
}

/** Every mutant of a policy or a binding. */
export function mutantsOf(object: ObjectInput): Mutant[] {
  const spec: Path = ['spec'];
  const constraints: Path = [...spec, 'matchConstraints'];
  const changes = [
    ...without(object, [...spec, 'matchConditions'], 'condition'),
    ...without(object, [...spec, 'validations'], 'validation'),
    ...selectorsAt(object, [...constraints, 'objectSelector'], 'objectSelector'),
    ...selectorsAt(object, [...spec, 'paramRef', 'selector'], 'paramRef.selector'),
    ...turnedAt(object, [...spec, 'paramRef', 'parameterNotFoundAction']),
    ...rulesAt(object, [...constraints, 'resourceRules']),
    ...expressionsAt(object, [...spec, 'matchConditions'], 'condition'),
    ...expressionsAt(object, [...spec, 'variables'], 'variable'),
    ...expressionsAt(object, [...spec, 'validations'], 'validation'),
    ...wordsAt(object, [...spec, 'validations']),
    ...listAt(object, [...spec, 'rules']).flatMap((_rule, index) => classicAt(object, [...spec, 'rules', index])),
  ];
  return changes.map((change) => ({
    title: `${object.kind} ${object.metadata.name}: ${change.what.replaceAll(/\s+/g, ' ')}`,
    object: changedAt(object, change),
  }));
}
