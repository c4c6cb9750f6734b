/** `labelSelector` and `fieldSelector` of a list. */
import { StatusError } from './errors.ts';
import { text, type KubeObject } from './objects.ts';

type Test = (object: KubeObject) => boolean;

const SET = /^([^\s!=,()]+)\s+(in|notin)\s+\(([^)]*)\)$/;
const EQUAL = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const EXISTS = /^(!?)\s*([^\s!=,()]+)$/;

function splitTop(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function labelTest(part: string): Test {
  const set = SET.exec(part);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    const wanted = operator === 'in';
    return (object) => values.has(object.metadata.labels?.[key] ?? '\0') === wanted;
  }
  const equal = EQUAL.exec(part);
  if (equal !== null) {
    const [, key = '', operator, value] = equal;
    return (object) => (object.metadata.labels?.[key] === value) === (operator !== '!=');
  }
  const exists = EXISTS.exec(part);
  if (exists !== null) {
    const [, not, key = ''] = exists;
    return (object) => (object.metadata.labels?.[key] === undefined) === (not === '!');
  }
  throw new StatusError(400, `unable to parse requirement: ${part}`);
}

const FIELDS = new Set([
  'metadata.name',
  'metadata.namespace',
  'type',
  'involvedObject.name',
  'involvedObject.kind',
  'involvedObject.uid',
  'reason',
]);

function fieldTest(part: string): Test {
  const [, field = '', operator, value] = EQUAL.exec(part) ?? [];
  if (!FIELDS.has(field)) throw new StatusError(400, `field label not supported: ${field || part}`);
  return (object) => ((text(object, field) ?? '') === value) === (operator !== '!=');
}

/** One test out of both selectors (undefined or empty = everything); throws 400 for what cannot be read. */
export function selectorTest(labels: string | undefined, fields: string | undefined): Test {
  const tests = [...splitTop(labels ?? '').map(labelTest), ...splitTop(fields ?? '').map(fieldTest)];
  return (object) => tests.every((test) => test(object));
}
