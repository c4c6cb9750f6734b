/** Which claims an index lets in that were refused until now, and which of them a run waits for. */
import { describe, expect, it } from 'vitest';
import type { RestorePoint } from '../../../src/decisions.ts';
import { stillExpected, unblockedBy } from '../../../src/plan/answers/unblocked.ts';
import type { JudgedClaim } from '../../../src/plan/restore/judged-claim.ts';
import { REASONS, parseReason, type Reason } from '../../../src/reasons.ts';
import { HOUR, KEY, NEWEST, NOW, claim, clusterView, indexOf, namespace, planOf } from '../../support/build.ts';

type Facts = Partial<JudgedClaim>;

const [PLEX] = planOf().claims;

function one(facts: Facts = {}): JudgedClaim {
  return { ...PLEX!, ...facts };
}

describe('an index lets claims in', () => {
  const point = (state: RestorePoint['state'], reason: Reason | null): RestorePoint => ({
    ...one().restorePoint,
    state,
    reason,
  });
  const waits: Facts = { claimObject: null, restorePoint: point('cold', 'queued') };
  const index = (word: string): Parameters<typeof unblockedBy>[0] => ({
    about: {},
    entries: new Map([['media.plex-config', `${word} x`]]),
  });
  const fresh = indexOf({ _generatedAt: new Date(NOW).toISOString() });
  const refused =
    indexOf({
      _generatedAt: new Date(NOW).toISOString(),
      'media.plex-config': `refuse cold:queued ${NEWEST} -`,
    }).entries.get(KEY) ?? null;
  const keys = (facts: Facts, given = index('attach'), before = indexOf()): string[] =>
    unblockedBy(given, [one({ ...waits, ...facts })], { cluster: clusterView({ index: before }), now: NOW });

  it.each<[string, boolean, () => string[]]>([
    ['that was refused by one that was never written', true, () => keys({})],
    ['not one that the index before let in', false, () => keys({ indexed: null }, index('attach'), fresh)],
    ['that the index before refused', true, () => keys({ indexed: refused }, index('attach'), fresh)],
    ['not one that this one refuses', false, () => keys({}, index('refuse'))],
    ['not without an index', false, () => unblockedBy(null, [one(waits)], { cluster: clusterView(), now: NOW })],
    ['not one that has come', false, () => keys({ claimObject: claim() })],
    ['not in a namespace that is not there', false, () => keys({ namespaceObject: null })],
    ['not in one that is being deleted', false, () => keys({ namespaceObject: namespace({ terminating: true }) })],
    ['not one that is served without the run', false, () => keys({ restorePoint: point('warm', null) })],
    ['not one that has an older restore point', false, () => keys({ restorePoint: point('stale', 'queued') })],
    [
      'not one that this one does not know',
      false,
      () => keys({}, { about: {}, entries: new Map([['media.other', 'attach x']]) }),
    ],
    ['not one that a person has to help', false, () => keys({ restorePoint: point('cold', 'credentials-foreign') })],
    ['not one that nothing is said of', false, () => keys({ restorePoint: point('cold', null) })],
    [
      'that was refused by one that is too old',
      true,
      () =>
        keys(
          { indexed: null },
          index('attach'),
          indexOf({ _onStale: 'deny', _generatedAt: new Date(NOW - HOUR).toISOString() }),
        ),
    ],
    [
      'not one that an old one let in',
      false,
      () => keys({ indexed: null }, index('attach'), indexOf({ _generatedAt: new Date(NOW - HOUR).toISOString() })),
    ],
    [
      'not one that a strict one let in',
      false,
      () =>
        keys(
          { indexed: null },
          index('attach'),
          indexOf({ _onStale: 'deny', _generatedAt: new Date(NOW).toISOString() }),
        ),
    ],
  ])('%s', (_, isIn, found) => {
    expect(found()).toEqual(isIn ? [KEY] : []);
  });

  it('that wait for what a claim changes by coming, and for nothing else', () => {
    const all = Object.keys(REASONS).flatMap((name) => parseReason(name) ?? []);
    const waitedFor = all.filter((reason) => keys({ restorePoint: point('cold', reason) }).length > 0);
    expect(waitedFor.sort()).toEqual([
      'capacity-unknown',
      'over-storage-budget',
      'queued',
      'repository-locked',
      'snapshot-too-new',
      'source-syncing',
    ]);
  });

  it('which are waited for until they have come', () => {
    const isExpected = (facts: Facts, ...expected: string[]): boolean => stillExpected(new Set(expected), [one(facts)]);
    expect([isExpected(waits, KEY), isExpected(waits), isExpected(waits, 'media/other'), isExpected({}, KEY)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(stillExpected(new Set([KEY]), [one(), one(waits)])).toBe(true);
  });
});
