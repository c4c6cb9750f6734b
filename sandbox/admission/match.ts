/** Whether a policy or a binding applies to a request at all. No expression is involved yet. */
import type { Review } from '../kube/admission.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Constraints, Requirement, Rule, Selector, World } from './model.ts';

type Labels = Readonly<Record<string, string>>;

function meets(labels: Labels, { key, operator, values }: Requirement): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      throw new Error(`${operator} is no operator of a label selector`);
  }
}

/** Do an object's labels satisfy a selector? An empty one selects everything. */
export function selects(selector: Selector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => meets(labels ?? {}, requirement));
}

function has(items: readonly string[], wanted: string): boolean {
  return items.includes('*') || items.includes(wanted);
}

function covers(rule: Rule, review: Review): boolean {
  const { group, version, plural } = review.resource;
  const resource = rule.resources.some((one) => {
    const [main = '', sub = ''] = one.split('/');
    return (main === '*' || main === plural) && (sub === '*' || sub === review.subresource);
  });
  const named = rule.names.length === 0 || rule.names.includes(review.name);
  return (
    resource &&
    named &&
    has(rule.operations, review.operation) &&
    has(rule.groups, group) &&
    has(rule.versions, version)
  );
}

/** The old or the new object: a write that removes the label is still selected. */
function selectsEither(selector: Selector, objects: readonly (KubeObject | null)[]): boolean {
  if (selector.length === 0) return true;
  return objects.some((object) => object !== null && selects(selector, object.metadata.labels));
}

/** Whether the constraints select a request. */
export function matches(constraints: Constraints, review: Review, world: World): boolean {
  const { rules, excluded, namespaces, objects } = constraints;
  if (namespaces.length > 0 && review.namespace !== '') {
    const home = world.namespace(review.namespace);
    if (!selects(namespaces, home?.metadata.labels)) return false;
  }
  if (!selectsEither(objects, [review.object, review.old])) return false;
  if (excluded.some((rule) => covers(rule, review))) return false;
  return rules.length === 0 || rules.some((rule) => covers(rule, review));
}
