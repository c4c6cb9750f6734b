/** Whose a password is: each rule with its facts taken away in turn. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import { hasOpened, isPasswordProven, owesProof } from '../../../src/plan/facts/password.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import type { Source } from '../../../src/source.ts';
import { HOUR, MINUTE, NOW, destination, foreign, situation, source } from '../../support/build.ts';

type Facts = Partial<Situation>;

describe('a password', () => {
  const secret = (changes: { proven?: boolean; changedAt?: number | null } | null, differs: string[] = []): Facts => ({
    credentials: {
      state: 'ours',
      differs,
      ...(changes !== null && { password: { proven: false, changedAt: NOW - 2 * HOUR, ...changes } }),
    },
  });
  const alone = { destination: null, sources: [] };
  const synced = (parts: Partial<Source> = {}): Facts => ({
    destination: null,
    sources: [source({ lastSyncAt: NOW - HOUR, lastSyncSeconds: 60, ...parts })],
  });
  const proven = (facts: Facts): boolean => isPasswordProven({ ...situation(), ...alone, ...facts });
  it.each<[string, boolean, () => Facts]>([
    ['by its digest', true, () => secret({ proven: true })],
    ['not by nothing', false, () => secret({})],
    ['by a backup since it was changed', true, () => ({ ...secret({}), ...synced() })],
    ['not by one that began before', false, () => ({ ...secret({ changedAt: NOW - HOUR - MINUTE + 1 }), ...synced() })],
    ['by one that began then', true, () => ({ ...secret({ changedAt: NOW - HOUR - MINUTE }), ...synced() })],
    ['not by one that failed', false, () => ({ ...secret({}), ...synced({ moverResult: 'Failed' }) })],
    ['not by one that saved nothing', false, () => ({ ...secret({}), ...synced({ moverLogs: '' }) })],
    ['not by one with another Secret', false, () => ({ ...secret({}), ...synced({ secret: 'x' }) })],
    [
      'not by one that has never ended',
      false,
      () => ({ ...secret({}), ...synced({ lastSyncAt: null, createdAt: NOW - HOUR }) }),
    ],
    ['not by one of unknown length', false, () => ({ ...secret({}), ...synced({ lastSyncSeconds: null }) })],
    [
      'by one as long as its object is old',
      true,
      () => ({ ...secret({}), ...synced({ lastSyncSeconds: 9 * 3600, createdAt: NOW - 2 * HOUR }) }),
    ],
    ['not where nobody knows when it was changed', false, () => ({ ...secret({ changedAt: null }), ...synced() })],
    ['not of somebody else’s Secret', false, () => ({ ...synced(), credentials: { state: 'foreign' } })],
    ['not where it was not read', false, () => ({ ...synced(), credentials: null })],
    ['by any backup, where the Secret does not say', true, () => ({ ...secret(null), ...synced() })],
  ])('is proven %s', (_, is, facts) => {
    expect(proven(facts())).toBe(is);
  });

  it('is known to open the repository where a restore or a backup with our Secret has ended', () => {
    const opened = (facts: Facts): boolean => hasOpened({ ...situation(), ...alone, ...facts });
    const restored = (parts: Parameters<typeof destination>[0]): Facts => ({ destination: destination(parts) });
    expect([
      opened({}),
      opened(restored({})),
      opened(restored({ memory: NO_MEMORY })),
      opened({ destination: foreign({ spec: { ...destination().spec, repository: 'x' } }) }),
    ]).toEqual([false, true, false, false]);
    const EMPTY = '=== Directory is empty skipping backup ===';
    expect([
      opened(synced()),
      opened(synced({ secret: 'x' })),
      opened(synced({ lastSyncAt: null })),
      opened(synced({ moverLogs: EMPTY })),
    ]).toEqual([true, false, false, false]);
  });

  it('owes its proof to the Secret until it stands there', () => {
    const owes = (facts: Facts): boolean => owesProof({ ...situation(), ...alone, ...facts });
    expect([
      owes({ ...secret({}), ...synced() }),
      owes(secret({ proven: true })),
      owes(secret({})),
      owes({ credentials: null }),
      owes({ credentials: { state: 'foreign' } }),
    ]).toEqual([true, false, false, false, false]);
    expect([
      owes({ ...secret(null, ['X']), ...synced() }),
      owes({ ...secret(null), ...synced() }),
      owes(secret(null, ['X'])),
    ]).toEqual([true, false, false]);
  });
});
