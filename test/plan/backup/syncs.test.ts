/** Whether the bucket shows what a source says that it has saved. */
import { expect, it } from 'vitest';
import { savedIsListed } from '../../../src/plan/backup/syncs.ts';
import { LATER, NEWEST, NOW, listed, planOf, snapshots } from '../../support/build.ts';
import { UNREAD, knownNewest } from '../../support/facts.ts';

const ONE = planOf().claims[0]!;
const SEEN = listed(snapshots());
const INDEXED = knownNewest(NEWEST, NOW);

it.each([
  ['seen in this run', true, { probe: SEEN, indexed: null }],
  ['the newest that the index knows', true, { probe: null, indexed: INDEXED }],
  ['another one than the index knows', false, { probe: null, indexed: knownNewest(LATER, NOW) }],
  ['not known, where nobody could look', false, { probe: UNREAD, indexed: null }],
])('what was saved last is %s', (_, expected, facts) => {
  expect(savedIsListed({ ...ONE, ...facts }, NEWEST)).toBe(expected);
});
