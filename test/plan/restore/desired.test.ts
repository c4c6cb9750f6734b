import { describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../../src/naming.ts';
import { annotated, asked } from '../../../src/plan/restore/desired.ts';
import { contextOf } from '../../../src/plan/plan.ts';
import { situationOf } from '../../../src/plan/facts/situation.ts';
import {
  BASE_VERSION,
  KEY,
  LATER,
  NOW,
  PLACE,
  clusterView,
  destination,
  observed,
  proven,
  settings,
  spec,
  type ClusterParts,
} from '../../support/build.ts';

const ASKED = { [ANNOTATION.askedAt]: new Date(NOW).toISOString() };

function notesOf(
  existing: ReturnType<typeof destination> | null,
  parts: ClusterParts = {},
): Readonly<Record<string, string>> {
  const seen = observed({ cluster: clusterView({ destinations: existing === null ? [] : [existing], ...parts }) });
  const context = contextOf(seen, settings(), NOW);
  const s = situationOf(PLACE, context);
  return asked(s, context, { manual: LATER, spec: spec(), capacityFrom: 'destination', notes: {} }, existing)
    .annotations;
}

describe('a destination with other notes', () => {
  it('is the same in everything else, and a note of null is taken away', () => {
    const before = destination({ spec: spec({ capacity: '7Gi' }), manual: 'by-hand' });
    expect(annotated(before, { [ANNOTATION.verifiedImage]: null, [ANNOTATION.missedListings]: '1 x' })).toEqual({
      namespace: 'media',
      claim: 'plex-config',
      existing: { uid: before.uid, resourceVersion: '100' },
      manual: 'by-hand',
      annotations: Object.fromEntries(
        Object.entries({ ...proven(), [ANNOTATION.missedListings]: '1 x' })
          .filter(([name]) => name !== ANNOTATION.verifiedImage)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
      spec: spec({ capacity: '7Gi' }),
    });
  });

  it('has its notes in one order, whatever the order in which they were made', () => {
    const names = Object.keys(
      annotated(destination(), { 'volsync-prewarm/a': '1', 'volsync-prewarm/Z': '2' }).annotations,
    );
    expect(names).toEqual(names.toSorted());
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

  it('does not say when, if its tag is the same', () => {
    expect(notesOf(destination({ manual: LATER }))).toEqual(proven());
  });

  it('does not claim to follow a base that it was not compared with', () => {
    const unread = { bases: { media: { version: 'base-uid/8', content: null } }, credentials: {} };
    expect(notesOf(destination(), unread)[ANNOTATION.baseVersion]).toBe(BASE_VERSION);
    const changed = { credentials: { [KEY]: { state: 'ours' as const, differs: ['RESTIC_PASSWORD'] } } };
    expect(notesOf(null, changed)[ANNOTATION.baseVersion]).toBeUndefined();
  });
});
