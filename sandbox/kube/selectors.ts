/** `labelSelector` and `fieldSelector` of a list. */
import { matches, parseSelector } from '../../src/selector.ts';
import { StatusError } from './errors.ts';
import { text } from './objects.ts';

interface Labelled {
  metadata: { labels?: Readonly<Record<string, string>> | undefined };
}

type Test = (object: Labelled) => boolean;

function labelTests(selector: string): Test[] {
  if (selector.trim() === '') return [];
  const parsed = parseSelector(selector);
  if (parsed === null) throw new StatusError(400, `unable to parse requirement: ${selector}`);
  return [({ metadata }) => matches(parsed, metadata.labels ?? {})];
}

const FIELDS = new Set([
  'metadata.name',
  'metadata.namespace',
  'type',
  'status.phase',
  'involvedObject.name',
  'involvedObject.kind',
  'involvedObject.uid',
  'involvedObject.namespace',
  'reason',
]);
const TERM = /^([^\s!=,]+)\s*(==|=|!=)\s*([^\s!=,]*)$/;

function fieldTest(term: string): Test {
  const [, field = '', operator, value] = TERM.exec(term.trim()) ?? [];
  if (!FIELDS.has(field)) throw new StatusError(400, `field label not supported: ${field || term}`);
  return (object) => ((text(object, field) ?? '') === value) === (operator !== '!=');
}

/** One test out of both selectors (undefined or empty = everything); throws 400 for what cannot be read. */
export function selectorTest(labels: string | undefined, fields: string | undefined): Test {
  const terms = (fields ?? '').split(',').filter((term) => term.trim() !== '');
  const tests = [...labelTests(labels ?? ''), ...terms.map(fieldTest)];
  return (object) => tests.every((test) => test(object));
}
