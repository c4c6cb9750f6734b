/** Kyverno's ClusterPolicy, as far as ours uses it: one rule, an API call, preconditions and a strategic merge. */
import { search } from 'jmespath';
import { selects } from '../../sandbox/admission/match.ts';
import type { World } from '../../sandbox/admission/model.ts';
import type { Review } from '../../sandbox/kube/admission.ts';
import { readSelector } from '../../sandbox/admission/parse.ts';
import {
  asObject,
  at,
  fieldsAt,
  isFields,
  mergePatch,
  text,
  type Fields,
  type KubeObject,
  type ObjectInput,
} from '../../sandbox/kube/objects.ts';
import { apiVersionOf } from '../../sandbox/kube/resources.ts';
import { parseRoute } from '../../sandbox/kube/route.ts';
import { selectorTest } from '../../sandbox/kube/selectors.ts';
import type { Mutate } from './kyverno.ts';

const VARIABLE = /\{\{(.*?)\}\}/g;

function ask(data: unknown, query: string): unknown {
  const found: unknown = search(data, query);
  return found;
}

/** A text that is nothing but a variable becomes its value; in a longer one the values are written out. */
function substitute(source: string, data: Fields): unknown {
  const whole = /^\{\{([^}]*)\}\}$/.exec(source.trim());
  if (whole?.[1] !== undefined) return ask(data, whole[1].trim());
  return source.replaceAll(VARIABLE, (_all, query: string) => String(ask(data, query.trim())));
}

function substituteAll(value: unknown, data: Fields): unknown {
  if (typeof value === 'string') return substitute(value, data);
  if (Array.isArray(value)) return value.map((item) => substituteAll(item, data));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, substituteAll(field, data)]));
}

/** A list over the API, with its selectors. */
function call(url: string, world: World): unknown {
  const { pathname, searchParams } = new URL(url, 'https://api');
  const route = parseRoute(pathname);
  if (route === null || route.name !== undefined) throw new Error(`no list: ${url}`);
  const { resource, namespace = '' } = route;
  const items = world.params({ apiVersion: apiVersionOf(resource), kind: resource.kind }, namespace);
  if (items === null) throw new Error(`404 for ${url}`);
  const parameter = (name: string): string | undefined => searchParams.get(name) ?? undefined;
  const test = selectorTest(parameter('labelSelector'), parameter('fieldSelector'));
  return { items: items.filter(test) };
}

function listAt(value: unknown, path: string): unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

function isMatch(rule: unknown, review: Review): boolean {
  return listAt(rule, 'match.any').some((one) => {
    const kinds = listAt(one, 'resources.kinds');
    const selector = readSelector(fieldsAt(one, 'resources.selector'));
    const { version, kind } = review.resource;
    return (
      kinds.includes(`${version}/${kind}`) &&
      listAt(one, 'resources.operations').includes(review.operation) &&
      selects(selector, review.object?.metadata.labels)
    );
  });
}

function isMet(condition: unknown, data: Fields): boolean {
  const { key, value } = fieldsAt({ condition }, 'condition');
  const left = substituteAll(key, data);
  switch (text(condition, 'operator')) {
    case 'GreaterThan':
      return Number(left) > Number(value);
    case 'Equals':
      return left === value;
    default:
      throw new Error(`${text(condition, 'operator')} is no operator that is known here`);
  }
}

function afterRule(rule: unknown, review: Review, world: World): KubeObject | null {
  const { object, operation, namespace } = review;
  if (object === null || !isMatch(rule, review)) return object;
  const data: Fields = { request: { object, operation, namespace } };
  for (const entry of listAt(rule, 'context')) {
    const url = String(substitute(text(entry, 'apiCall.urlPath') ?? '', data));
    data[text(entry, 'name') ?? ''] = ask(call(url, world), text(entry, 'apiCall.jmesPath') ?? '@');
  }
  if (!listAt(rule, 'preconditions.all').every((condition) => isMet(condition, data))) return object;
  return asObject(mergePatch(object, substituteAll(at(rule, 'mutate.patchStrategicMerge'), data)));
}

/** A ClusterPolicy as a function. */
export function clusterPolicy(policy: ObjectInput): Mutate {
  const rules = listAt(policy, 'spec.rules');
  return (review, world) =>
    rules.reduce<KubeObject | null>((object, rule) => afterRule(rule, { ...review, object }, world), review.object);
}
