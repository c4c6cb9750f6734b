/** Faults on demand. They affect only requests over HTTP. */

export interface FaultRule {
  method?: string;
  /** a string matches when the path contains it */
  path?: string | RegExp;
  user?: 'admin' | 'worker';
  /** how many requests it hits; default: all */
  times?: number;
  status?: number;
  message?: string;
  /** seconds, for 429 and 503 */
  retryAfter?: number;
  /** milliseconds before the answer (or before the fault) */
  delay?: number;
  /** never answers */
  hang?: boolean;
  /** cuts the connection */
  drop?: boolean;
}

export interface Asked {
  method: string;
  path: string;
  user: 'admin' | 'worker' | null;
}

function matches(rule: FaultRule, asked: Asked): boolean {
  if (rule.method !== undefined && rule.method.toUpperCase() !== asked.method) return false;
  if (rule.user !== undefined && rule.user !== asked.user) return false;
  if (rule.path === undefined) return true;
  return typeof rule.path === 'string' ? asked.path.includes(rule.path) : rule.path.test(asked.path);
}

export class Faults {
  readonly #rules = new Set<FaultRule & { left: number }>();

  /** Adds a rule; returns a function that removes the rule. */
  add(rule: FaultRule): () => void {
    const counted = { ...rule, left: rule.times ?? Number.POSITIVE_INFINITY };
    this.#rules.add(counted);
    return () => this.#rules.delete(counted);
  }

  /** The oldest rule that hits this request, counted as used; undefined when none does. */
  take(asked: Asked): FaultRule | undefined {
    for (const rule of this.#rules) {
      if (!matches(rule, asked)) continue;
      rule.left -= 1;
      if (rule.left <= 0) this.#rules.delete(rule);
      return rule;
    }
    return undefined;
  }

  /** Would this request get a 403? The rule is not counted as used. */
  denies(asked: Asked): boolean {
    return [...this.#rules].some((rule) => rule.status === 403 && matches(rule, asked));
  }
}
