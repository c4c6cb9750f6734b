/**
 * Rewrites Kubernetes syntax that the CEL library cannot parse: `JSONPatch{op: "add"}` and `Object.spec.ref{name: "x"}`
 * become maps, and `timestamp(…)` becomes a function that accepts only RFC 3339. Quoted text is not changed.
 */

const QUOTED = /[rR]?(?:"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')/y;
const STRUCT = /(?<![\w.])(?:JSONPatch|Object(?:\.\w+)*)\s*\{/y;
const FIELD = /\s*(\w+)\s*:/y;
const TIMESTAMP = /(?<![\w.])timestamp(?=\s*\()/y;

const CLOSES: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

class Rewriter {
  readonly #text: string;
  #at = 0;
  #written = '';
  /** the brackets that are still open; `struct` is a brace whose keys are field names */
  readonly #open: { close: string; struct: boolean; filled: boolean }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  run(): string {
    while (this.#at < this.#text.length) {
      const quoted = this.#take(QUOTED);
      if (quoted !== null) this.#written += quoted[0];
      else if (this.#take(STRUCT) !== null) this.#begin();
      else if (this.#take(TIMESTAMP) !== null) this.#written += 'rfc3339';
      else this.#step();
    }
    return this.#written;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #begin(): void {
    this.#open.push({ close: '}', struct: true, filled: false });
    this.#written += '{';
    this.#field();
  }

  /** A field's name becomes a key; `dyn` lets the values differ in type, as the fields of a struct may. */
  #field(): void {
    const field = this.#take(FIELD);
    const inside = this.#open.at(-1);
    if (field === null || inside === undefined) return;
    inside.filled = true;
    this.#written += `"${field[1]}": dyn(`;
  }

  #step(): void {
    const char = this.#text.charAt(this.#at);
    this.#at += 1;
    const inside = this.#open.at(-1);
    if (char === inside?.close) {
      this.#open.pop();
      this.#written += inside.filled ? `)${char}` : char;
    } else if (char === ',' && inside?.struct === true) {
      inside.filled = false;
      this.#written += '),';
      this.#field();
    } else {
      const close = CLOSES[char];
      if (close !== undefined) this.#open.push({ close, struct: false, filled: false });
      this.#written += char;
    }
  }
}

/** The expression as the CEL library can read it. */
export function readable(expression: string): string {
  return new Rewriter(expression).run();
}
