/**
 * Mutants that may live, each with its reason. They are named by the text that is replaced and what replaces it, as in
 * docs/reference/mutation.md, so that a move of lines changes nothing.
 */
export interface Accepted {
  /** a sentence that ends with a full stop */
  why: string;
  mutants: readonly string[];
}

export const ACCEPTED: readonly Accepted[] = [];
