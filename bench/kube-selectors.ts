/** Label and field selectors, as far as lists use them. */

import { matches, parseSelector } from '../src/selector.ts';
import type { KubeObject } from './kube-objects.ts';

/** Does the object carry what `a=b,c in (d,e),!f` asks for? The empty selector takes everything. */
export function matchesLabels(object: KubeObject, selector: string): boolean {
  if (selector === '') return true;
  const parsed = parseSelector(selector);
  if (parsed === null) throw new Error(`the stub cannot read the selector ${selector}`);
  return matches(parsed, object.metadata.labels ?? {});
}

/** `metadata.name` and `metadata.namespace`, the two that every resource has; others match everything. */
export function matchesFields(object: KubeObject, selector: string): boolean {
  const terms = selector === '' ? [] : selector.split(',');
  return terms.every((term) => {
    const [field, value] = term.split('=');
    if (field === 'metadata.name') return object.metadata.name === value;
    return field === 'metadata.namespace' ? object.metadata.namespace === value : true;
  });
}
