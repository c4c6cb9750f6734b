import { describe, expect, it } from 'vitest';
import { askedAt } from '../../support/movers.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import { annotated, fresh, renewed, type Wanted } from '../../../src/plan/restore/desired.ts';
import { formatMemory } from '../../../src/cluster/memory.ts';
import {
  BASE_VERSION,
  KEY,
  LATER,
  NOW,
  clusterView,
  destination,
  moverSpec,
  placed,
  proven,
  source,
  sourceSpec,
  spec,
  type ClusterParts,
  PROVEN,
} from '../../support/build.ts';

const ASKED = askedAt(NOW);

/** The annotations of the destination that is asked for the newest snapshot. */
function notesOf(
  existing: ReturnType<typeof destination> | null,
  parts: ClusterParts = {},
  capacityFrom: Wanted['capacityFrom'] = 'destination',
): Record<string, string> {
  const cluster = clusterView({ destinations: existing === null ? [] : [existing], ...parts });
  const { s, context } = placed({ cluster });
  const wanted: Wanted = { spec: spec(), capacityFrom, notes: {} };
  const how = { wanted, manual: LATER, context };
  return formatMemory((existing === null ? fresh(s, how) : renewed(s, existing, how)).memory);
}

describe('a destination with other notes', () => {
  it('is the same in everything else, and a note of null is taken away', () => {
    const before = destination({ spec: spec({ capacity: '7Gi' }), manual: 'by-hand' });
    const missed = { count: 1, at: NOW };
    const { memory, ...rest } = annotated(before, { verified: null, missed });
    expect(rest).toEqual({
      namespace: 'media',
      claim: 'plex-config',
      existing: { uid: before.uid, resourceVersion: '100' },
      name: 'plex-config-restore',
      adopted: false,
      manual: 'by-hand',
      paused: false,
      spec: spec({ capacity: '7Gi' }),
    });
    expect(memory).toEqual({ ...before.memory, verified: null, missed });
  });
});

describe('a destination that is asked', () => {
  it('keeps its notes and says when; a new one begins without', () => {
    expect(notesOf(destination())).toEqual({ ...proven(), ...ASKED });
    expect(notesOf(null)).toEqual({
      ...ASKED,
      [ANNOTATION.capacityFrom]: 'destination',
      [ANNOTATION.baseVersion]: BASE_VERSION,
    });
  });

  it('says what its size is from now; as long as that is itself, what it was from before', () => {
    expect(notesOf(destination())[ANNOTATION.capacityFrom]).toBe('claim');
    expect(notesOf(destination(), {}, 'source')[ANNOTATION.capacityFrom]).toBe('source');
    expect(notesOf(destination({ annotations: {} }))[ANNOTATION.capacityFrom]).toBe('destination');
  });

  it('keeps the user that it remembers while a source names another one', () => {
    const user = { runAsUser: 1, runAsGroup: 2, fsGroup: 3 };
    const before = destination({ memory: { ...destination().memory, mover: user } });
    const moverSecurityContext = { runAsUser: 7, runAsGroup: 7, fsGroup: 7 };
    const sources = [source({ spec: sourceSpec({ moverSpec: moverSpec({ moverSecurityContext }) }) })];
    expect(notesOf(before, { sources })[ANNOTATION.mover]).toBe(notesOf(before)[ANNOTATION.mover]);
    expect(notesOf(before)[ANNOTATION.mover]).toBe('1:2:3');
  });

  it('does not say when, if its tag is the same', () => {
    expect(notesOf(destination({ manual: LATER }))).toEqual(proven());
  });

  it('does not claim to follow a base that it was not compared with', () => {
    const unread = { bases: { media: { version: 'base-uid/8', content: null } }, credentials: {} };
    expect(notesOf(destination(), unread)[ANNOTATION.baseVersion]).toBe(BASE_VERSION);
    const changed = {
      credentials: { [KEY]: { state: 'ours' as const, differs: ['RESTIC_PASSWORD'], password: PROVEN } },
    };
    expect(notesOf(null, changed)[ANNOTATION.baseVersion]).toBeUndefined();
  });
});
