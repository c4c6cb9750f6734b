/** The functions that Kubernetes adds to CEL, as far as policies here use them. */
import type { Environment, Optional } from '@marcbachmann/cel-js';
import { same } from '../kube/objects.ts';
import { Quantity, readQuantity } from './quantity.ts';

const RFC3339 = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** RFC 3339 and a day that exists: JavaScript would read 30 February as 2 March. */
function readTime(text: string): Date {
  const [, day] = RFC3339.exec(text) ?? [];
  const time = new Date(text);
  const exists = day !== undefined && !Number.isNaN(new Date(`${day}T00:00:00Z`).getTime());
  if (!exists || Number.isNaN(time.getTime()) || new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day) {
    throw new Error(`parsing time "${text}": no RFC 3339 time`);
  }
  return time;
}

function writeTime(time: Date): string {
  return time.toISOString().replace(/\.?0*Z$/, 'Z');
}

function quantity(text: string): Quantity {
  const read = readQuantity(text);
  if (read === null) throw new Error(`quantities must match the regular expression: "${text}"`);
  return read;
}

/** Puts the functions of Kubernetes into an environment; gives the same one back. */
export function withKubernetes(environment: Environment): Environment {
  const Q = 'kubernetes.Quantity';
  return environment
    .registerType(Q, Quantity)
    .registerFunction('rfc3339(string): google.protobuf.Timestamp', readTime)
    .registerFunction('string(google.protobuf.Timestamp): string', writeTime)
    .registerFunction(`quantity(string): ${Q}`, quantity)
    .registerFunction('isQuantity(string): bool', (text: string) => readQuantity(text) !== null)
    .registerFunction(`${Q}.isLessThan(${Q}): bool`, (a: Quantity, b: Quantity) => a.nano < b.nano)
    .registerFunction(`${Q}.isGreaterThan(${Q}): bool`, (a: Quantity, b: Quantity) => a.nano > b.nano)
    .registerFunction(`${Q}.compareTo(${Q}): int`, (a: Quantity, b: Quantity) =>
      a.nano < b.nano ? -1n : a.nano > b.nano ? 1n : 0n,
    )
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, to),
    )
    .registerOperator('optional == optional', (a: Optional, b: Optional) =>
      a.hasValue() && b.hasValue() ? same(a.value(), b.value()) : a.hasValue() === b.hasValue(),
    );
}
