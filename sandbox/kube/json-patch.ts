/** JSON patches (RFC 6902): add, remove, replace and test. */
import { StatusError } from './errors.ts';
import { isFields, same, text, type Fields } from './objects.ts';

type Container = Fields | unknown[];

function isContainer(value: unknown): value is Container {
  return isFields(value) || Array.isArray(value);
}

function child(container: Container, key: string): unknown {
  return Array.isArray(container) ? container[Number(key)] : container[key];
}

function add(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container)) container.splice(key === '-' ? container.length : Number(key), 0, value);
  else Object.assign(container, { [key]: value });
}

function remove(container: Container, key: string): void {
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else Reflect.deleteProperty(container, key);
}

function step(target: unknown, operation: unknown): void {
  const keys = (text(operation, 'path') ?? '').split('/').slice(1);
  const names = keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = names.pop() ?? '';
  const container = names.reduce((at, key) => (isContainer(at) ? child(at, key) : undefined), target);
  const op = text(operation, 'op');
  if (!isContainer(container) || !isFields(operation))
    throw new StatusError(422, 'the patch names a path that is not there');
  const value = operation['value'];
  if (op === 'test' && !same(child(container, last), value)) {
    throw new StatusError(422, `testing value ${text(operation, 'path')} failed: test failed`);
  }
  if (op === 'remove' || op === 'replace') remove(container, last);
  if (op === 'add' || op === 'replace') add(container, last, structuredClone(value));
}

/** The document after all operations, in order; throws 422 when one fails. */
export function jsonPatch(document: Fields, operations: readonly unknown[]): Fields {
  const target = structuredClone(document);
  for (const operation of operations) step(target, operation);
  return target;
}
