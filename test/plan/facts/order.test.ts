/** One order of claims. */
import { describe, expect, it } from 'vitest';
import { compareRefs } from '../../../src/plan/facts/order.ts';

describe('order', () => {
  it('claims are in one order everywhere', () => {
    const ref = (namespace: string, name: string): { namespace: string; claim: string } => ({ namespace, claim: name });
    const sorted = [ref('a', 'y'), ref('a', 'z'), ref('b', 'x')];
    expect([sorted[2]!, sorted[1]!, sorted[0]!].toSorted(compareRefs)).toEqual(sorted);
    expect([
      compareRefs(ref('a', 'b'), ref('a', 'b')),
      compareRefs(ref('a', 'z'), ref('b', 'a')),
      compareRefs(ref('b', 'a'), ref('a', 'z')),
    ]).toEqual([0, -1, 1]);
  });
});
