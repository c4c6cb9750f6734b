/** The evidence of how a claim began, for tests that change one part of it. */
import type { OriginMemory } from '../../src/origin.ts';
import type { OriginEvidence } from '../../src/plan/backup/origin.ts';
import { HOUR, IMAGE, MINUTE, NEWEST, NOW, OLD, snapshot } from './build.ts';

const UID = 'uid-of-claim';
export const CREATED = NOW - 10 * MINUTE;

/** A claim that was re-created ten minutes ago and filled from the image that holds the newest of two older snapshots. */
export function evidence(
  overrides: Partial<OriginEvidence> = {},
  claim: Partial<OriginEvidence['claim']> = {},
): OriginEvidence {
  return {
    claim: { uid: UID, createdAt: CREATED, bound: true, optedOut: false, ownDataSource: false, ...claim },
    remembered: null,
    listing: { startedAt: NOW, snapshots: [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST, NOW - HOUR)] },
    known: null,
    elsewhere: { snapshots: [], period: HOUR },
    skew: 0,
    timesFrom: -Infinity,
    populatedFrom: IMAGE,
    proven: new Map([
      ['older-image', OLD],
      [IMAGE, NEWEST],
    ]),
    proofPending: false,
    hasUncounted: false,
    savedSince: new Set(),
    uncertain: [],
    leftUnsure: null,
    watchedSince: NOW - 48 * HOUR,
    period: 5 * MINUTE,
    ...overrides,
  };
}

export function memory(overrides: Partial<OriginMemory> = {}): OriginMemory {
  return { uid: UID, origin: null, held: null, newest: null, since: null, ...overrides };
}
