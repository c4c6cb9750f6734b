/** Label and field selectors, as far as lists use them. */

import type { KubeObject } from './kube-objects.ts';

type Labels = Record<string, string>;

function matchesTerm(labels: Labels, term: string): boolean {
  const set = /^(\S+)\s+(in|notin)\s+\((.*)\)$/.exec(term);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    const value = labels[set[1] ?? ''];
    return (value !== undefined && values.includes(value)) === (set[2] === 'in');
  }
  const equal = /^([^!=]+)(==|=|!=)(.*)$/.exec(term);
  if (equal !== null) return (labels[equal[1] ?? ''] === equal[3]) === (equal[2] !== '!=');
  return term.startsWith('!') ? labels[term.slice(1)] === undefined : labels[term] !== undefined;
}

/** Does the object carry what `a=b,c in (d,e),!f` asks for? The empty selector takes everything. */
export function matchesLabels(object: KubeObject, selector: string): boolean {
  if (selector === '') return true;
  const terms = selector.split(/,(?![^(]*\))/);
  return terms.every((term) => matchesTerm(object.metadata.labels ?? {}, term.trim()));
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
