/** What Kyverno adds to CEL, as far as its policies here use it. */
import { createHash } from 'node:crypto';
import { Optional } from '@marcbachmann/cel-js';
import { celValue, jsonValue, type Library } from '../../sandbox/admission/cel.ts';
import { asInput, isFields, type ObjectInput } from '../../sandbox/kube/objects.ts';
import type { World } from '../../sandbox/admission/model.ts';
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

  /** One live object; null when there is none (from Kyverno 1.18 on). */
  get(apiVersion: string, plural: string, namespace: string, name: string): unknown {
    const resource = RESOURCES.find((one) => one.plural === plural && apiVersionOf(one) === apiVersion);
    const items =
      resource === undefined ? [] : (this.world.params({ apiVersion, kind: resource.kind }, namespace) ?? []);
    return celValue(items.find(({ metadata }) => metadata.name === name) ?? null);
  }
}

/** What is behind the name `base64`. */
class Base64 {
  decode(text: string): Uint8Array {
    return Uint8Array.from(Buffer.from(text, 'base64'));
  }
}

/** What is behind the name `generator`: it collects what a policy makes. */
export class Generator {
  readonly made: ObjectInput[] = [];

  apply(namespace: string, objects: readonly unknown[]): boolean {
    for (const object of objects) {
      const made = asInput(settled(object));
      this.made.push({ ...made, metadata: { ...made.metadata, namespace } });
    }
    return true;
  }
}

const OPTIONAL_ENTRY = /\?"(\w+)":/;
/** A piece of an expression that is taken as a whole: a quoted text, or one character. */
const PIECE = /"(?:[^"\\]|\\.)*"|[^]/g;

/** `?"key": optional` in a map, which the CEL library here cannot parse, as an entry of its own that `settled` takes apart. */
export function optionalEntries(expression: string): string {
  const found = OPTIONAL_ENTRY.exec(expression);
  if (found === null) return expression;
  const [whole, key] = found;
  const rest = expression.slice(found.index + whole.length);
  const end = endOfValue(rest);
  const value = `dyn(${optionalEntries(rest.slice(0, end))})`;
  return `${expression.slice(0, found.index)}"${key}?": ${value}${optionalEntries(rest.slice(end))}`;
}

/** Where the value at the beginning of a text ends: at a comma or a bracket that was not opened in it. */
function endOfValue(text: string): number {
  let depth = 0;
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    if (depth === 0 && [',', '}', ']', ')'].includes(piece)) return index;
    if (['{', '[', '('].includes(piece)) depth += 1;
    if (['}', ']', ')'].includes(piece)) depth -= 1;
  }
  return text.length;
}

/** A CEL value as JSON; an optional entry is there or not. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled);
  if (!isFields(value)) return jsonValue(value);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => {
      if (!(field instanceof Optional)) return [[key, settled(field)]];
      return field.hasValue() ? [[key.replace(/\?$/, ''), settled(field.value())]] : [];
    }),
  );
}

/** The names of Kyverno that an expression may use, as values. */
export function kyvernoNames(world: World, generator = new Generator()): Readonly<Record<string, unknown>> {
  return { resource: new Resources(world), generator, base64: new Base64() };
}

export const KYVERNO: Library = {
  name: 'kyverno',
  addTo: (environment) => {
    environment
      .registerType('kyverno.Resources', Resources)
      .registerType('kyverno.Generator', Generator)
      .registerType('kyverno.Base64', Base64)
      .registerVariable('resource', 'kyverno.Resources')
      .registerVariable('generator', 'kyverno.Generator')
      .registerFunction(
        'kyverno.Resources.List(string, string, string): map',
        (resources: Resources, apiVersion: string, plural: string, namespace: string) =>
          resources.list(apiVersion, plural, namespace),
      )
      .registerFunction(
        'kyverno.Resources.Get(string, string, string, string): dyn',
        (resources: Resources, ...asked: Parameters<Resources['get']>) => resources.get(...asked),
      )
      .registerFunction(
        'kyverno.Generator.Apply(string, list): bool',
        (generator: Generator, namespace: string, objects: readonly unknown[]) => generator.apply(namespace, objects),
      )
      .registerFunction('sha256(string): string', (text: string) => createHash('sha256').update(text).digest('hex'))
      .registerVariable('base64', 'kyverno.Base64')
      .registerFunction('kyverno.Base64.decode(string): bytes', (base64: Base64, text: string) => base64.decode(text));
  },
};
