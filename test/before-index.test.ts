/** In which order one pass writes: what holds VolSync back from an older image is there before the index names what is newer. */
import { expect, test } from 'vitest';
import { halvesOf, unbroken } from '../src/before-index.ts';
import type { Action } from '../src/decisions.ts';
import {
  KEY,
  LATER,
  MINUTE,
  NOW,
  base,
  bucketView,
  clusterView,
  listed,
  planOf,
  snapshot,
  snapshots,
  sourceMover,
} from './support/build.ts';
import type { World } from './support/build.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });

function order(of: World): { before: string[][]; after: string[][] } {
  const kinds = (chains: readonly (readonly Action[])[]): string[][] =>
    chains.map((chain) => chain.map(({ kind }) => kind));
  const { before, after } = halvesOf(planOf(of));
  return { before: kinds(before), after: kinds(after) };
}

test('L1: the request for what is newer comes before the index, and holds VolSync back from then on', () => {
  expect(order({ bucket: NEWER })).toEqual({ before: [['retrigger']], after: [] });
});

test('L1: where the pass cannot ask for it, a note comes before the index', () => {
  const cluster = clusterView({ movers: [sourceMover()] });
  expect(order({ bucket: NEWER, cluster })).toEqual({ before: [['note-newest']], after: [] });
});

test('what makes, changes or deletes something comes after the index, which knows of it', () => {
  const cluster = clusterView({ destinations: [], bases: { media: base() } });
  expect(order({ cluster })).toEqual({ before: [], after: [['create-destination']] });
});

test('a chain whose first half was not done ends there', () => {
  const after = planOf({ cluster: clusterView({ destinations: [] }) }).chains;
  expect([unbroken(after, new Set()), unbroken(after, new Set([KEY]))]).toEqual([after, []]);
});
