/** Reads shipped YAML for tests: a file may hold several documents, and none may be malformed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';

const TOP = join(import.meta.dirname, '../..');

/** A file of the repository, as text. */
export function textOf(path: string): string {
  return readFileSync(join(TOP, path), 'utf8');
}

/** All documents of a YAML file, in the shape that the caller expects and asserts. */
export function readYaml<Shape>(path: string): Shape[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- asserted by the caller
  return loadAll(textOf(path)) as Shape[];
}

/** The only element; none or several is an error that says what was looked for. */
export function only<Element>(elements: readonly Element[], what = 'document'): Element {
  const [element, ...others] = elements;
  if (element === undefined || others.length > 0) throw new Error(`${what}: found ${elements.length}, expected one`);
  return element;
}
