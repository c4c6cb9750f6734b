/** Walks the syntax tree of an expression. */
import type { ParseResult } from '@marcbachmann/cel-js';

export type Node = ParseResult['ast'];

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** The nodes directly below a node, in the order of the text. */
export function childrenOf(node: Node): Node[] {
  const found: Node[] = [];
  const collect = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) for (const item of value) collect(item);
  };
  collect(node.args);
  return found;
}

/** The names in `variables.<name>`, however they are asked for. */
export function variablesIn(node: Node): string[] {
  const own = (node.op === '.' || node.op === '.?') && node.args[0].op === 'id' && node.args[0].args === 'variables';
  return [...(own ? [node.args[1]] : []), ...childrenOf(node).flatMap(variablesIn)];
}
