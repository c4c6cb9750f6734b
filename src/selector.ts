/** Kubernetes label selectors, as `kubectl -l` takes them. */

interface Requirement {
  key: string;
  operator: 'in' | 'notin' | 'exists' | 'absent';
  values: readonly string[];
}

export type Selector = readonly Requirement[];

const KEY = '([A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?)';
const SET = new RegExp(`^${KEY}\\s+(in|notin)\\s+\\(([^()]*)\\)$`);
const EQUAL = new RegExp(`^${KEY}\\s*(==|=|!=)\\s*([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?|)$`);
const EXISTS = new RegExp(`^(!?)\\s*${KEY}$`);

/** Reads a selector such as `app=plex,tier in (a,b),!old`; null when it cannot be read or selects everything. */
export function parseSelector(text: string): Selector | null {
  const requirements = text.split(/,(?![^(]*\))/).map((part) => parseRequirement(part.trim()));
  return requirements.every((one) => one !== null) ? requirements : null;
}

function parseRequirement(text: string): Requirement | null {
  const set = SET.exec(text);
  if (set?.[1] !== undefined) {
    const values = (set[4] ?? '').split(',').map((value) => value.trim());
    return { key: set[1], operator: set[3] === 'in' ? 'in' : 'notin', values };
  }
  const equal = EQUAL.exec(text);
  if (equal?.[1] !== undefined) {
    return { key: equal[1], operator: equal[3] === '!=' ? 'notin' : 'in', values: [equal[4] ?? ''] };
  }
  const exists = EXISTS.exec(text);
  return exists?.[2] === undefined
    ? null
    : { key: exists[2], operator: exists[1] === '!' ? 'absent' : 'exists', values: [] };
}

/** Do these labels satisfy every requirement? */
export function matches(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = labels[key];
    if (operator === 'exists') return value !== undefined;
    if (operator === 'absent') return value === undefined;
    const listed = value !== undefined && values.includes(value);
    return operator === 'in' ? listed : !listed;
  });
}
