/** A bucket that was copied: the times of its objects are those of the copy, and tell neither order nor origin. */
import { describe, expect, it } from 'vitest';
import type { MarkerLook } from '../../../src/bucket-marker.ts';
import type { BucketView } from '../../../src/model.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  actionsOf,
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  listed,
  planOf,
  restoredLog,
  snapshot,
  source,
  told,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const iso = (at: number): string => new Date(at).toISOString();
const COPIED: MarkerLook = {
  state: 'read',
  marker: { at: NOW - 720 * HOUR, copied: false },
  objectAt: NOW - 3 * HOUR,
};
/** A person has said, half an hour ago, that the copy is complete. */
const SETTLED: MarkerLook = {
  state: 'read',
  marker: { at: NOW - 30 * MINUTE, copied: true },
  objectAt: NOW - 30 * MINUTE,
};
/** The newest was copied first, and the older one an hour later. */
const COPIES = [snapshot(NEWEST, NOW - 2 * HOUR), snapshot(OLD, NOW - HOUR)];
/** What the index knew before the copy. */
const KNOWN = `attach warm ${NEWEST} ${iso(NOW - 26 * HOUR)}`;

function bucket(found = COPIES, overrides: Partial<BucketView> = {}): BucketView {
  return bucketView({ [KEY]: listed(found) }, { marker: COPIED, ...overrides });
}

function world(found = COPIES, parts: ClusterParts = {}, overrides: Partial<BucketView> = {}): World {
  const index = indexOf({ _generatedAt: iso(NOW - 5 * MINUTE), 'media.plex-config': KNOWN });
  return { bucket: bucket(found, overrides), cluster: clusterView({ index, sources: [], ...parts }) };
}

describe('bucket-copied', () => {
  it('is said once for the bucket, with the command that confirms the copy, and freezes nothing', () => {
    const { frozen, findings, index } = planOf(world());
    expect(frozen).toBeNull();
    expect(findings.filter(({ reason }) => reason === 'bucket-copied')).toEqual([
      {
        reason: 'bucket-copied',
        about: 'bucket volsync-backups/',
        message: `the marker says that it was written at ${iso(NOW - 720 * HOUR)}, and the object is of ${iso(NOW - 3 * HOUR)}: times in this bucket tell no order; when the copy is complete: volsync-prewarm mark-bucket`,
      },
    ]);
    expect(index?.about).not.toHaveProperty('_marker');
  });

  it('is not said of a marker that is as old as it says, whatever the zone of its clock is off by', () => {
    const marker: MarkerLook = { ...COPIED, objectAt: COPIED.marker.at + 59 * MINUTE };
    const { findings, index } = planOf(world([snapshot(NEWEST)], {}, { marker }));
    expect(findings.filter(({ reason }) => reason === 'bucket-copied')).toEqual([]);
    expect(index?.about['_marker']).toBe(iso(NOW - 720 * HOUR));
  });

  it('a marker that cannot be read says nothing, and nobody reads it again', () => {
    const { findings, index } = planOf(world(COPIES, {}, { marker: { state: 'unreadable' } }));
    expect(findings.filter(({ reason }) => reason === 'bucket-copied')).toEqual([]);
    expect(index?.about['_marker']).toBe('unreadable');
    expect(planOf(world(COPIES, {}, { marker: { state: 'failed' } })).index?.about).not.toHaveProperty('_marker');
  });
});

describe('the newest of a copied repository', () => {
  it('is what was known: a good restore point is not renewed with older data that was copied later', () => {
    expect(told(world())).toEqual({ backup: 'present', restorePoint: 'warm', wave: null, actions: [] });
    expect(planOf(world()).index?.entries.get('media.plex-config')).toContain(`attach warm ${NEWEST}`);
  });

  it('is what a source of the claim says it has saved since', () => {
    const sources = [source({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW - 20 * MINUTE })];
    const found = [snapshot(LATER, NOW - 3 * HOUR), ...COPIES];
    const [asked] = actionsOf(world(found, { sources }), 'retrigger');
    expect([asked?.desired.manual, asked?.desired.spec.restoreAsOf]).toEqual([LATER, null]);
  });

  it('is not what a source saved before the index knew a newer one', () => {
    const sources = [source({ moverLogs: `snapshot ${OLD} saved`, lastSyncAt: NOW - 27 * HOUR })];
    expect(told(world(COPIES, { sources })).actions).toEqual([]);
  });

  it('is what VolSync took when it was asked for another one: it is not asked again by a time that means nothing', () => {
    const took = destination({
      annotations: {},
      manual: OLD,
      asked: { id: OLD, retry: 0 },
      lastManualSync: OLD,
      moverLogs: restoredLog(NEWEST),
    });
    const rebuilt = (known: string): World => {
      const index = indexOf({ _generatedAt: iso(NOW - 5 * MINUTE), 'media.plex-config': known });
      return { bucket: bucket(), cluster: clusterView({ index, sources: [], destinations: [took] }) };
    };
    const byTime = `attach warming:sync-in-progress ${OLD} ${iso(NOW - HOUR)}`;
    expect(told(rebuilt(byTime))).toMatchObject({ restorePoint: 'warm', actions: ['record-proof'] });
    const entry = planOf(rebuilt(byTime)).index?.entries.get('media.plex-config');
    expect(entry).toContain(`attach warm ${NEWEST}`);
    expect(told(rebuilt(entry ?? ''))).toMatchObject({ restorePoint: 'warm', actions: ['record-proof'] });
  });

  it('snapshots-vanished: a half copy without the newest, although what is there has later times', () => {
    const { findings, chains } = planOf(world([snapshot(OLD, NOW - HOUR)]));
    expect(findings.map(({ reason }) => reason)).toContain('snapshots-vanished');
    expect(chains).toEqual([]);
  });

  it('has not vanished when a source says that it has saved another one since', () => {
    const sources = [source({ moverLogs: `snapshot ${OLD} saved`, lastSyncAt: NOW - HOUR })];
    const { findings } = planOf(world([snapshot(OLD, NOW - HOUR)], { sources }));
    expect(findings.map(({ reason }) => reason)).not.toContain('snapshots-vanished');
  });
});

describe('a copy that a person has confirmed', () => {
  it('is said no more, and the index remembers since when times count', () => {
    const { findings, index } = planOf(world(COPIES, {}, { marker: SETTLED }));
    expect(findings.map(({ reason }) => reason)).not.toContain('bucket-copied');
    expect(index?.about['_marker']).toBe(`${iso(NOW - 30 * MINUTE)} copied`);
  });

  it.each<[string, Partial<BucketView>, string | null]>([
    ['the marker that was read', { marker: SETTLED }, null],
    ['the index that remembers it', { marker: null }, `${iso(NOW - 30 * MINUTE)} copied`],
  ])('by %s: what comes later is newer, and what was copied tells no order', (_, overrides, remembered) => {
    const index = indexOf({
      _generatedAt: iso(NOW - 5 * MINUTE),
      ...(remembered !== null && { _marker: remembered }),
      'media.plex-config': KNOWN,
    });
    expect(told(world(COPIES, { index }, overrides)).actions).toEqual([]);
    const later = [snapshot(LATER, NOW - 10 * MINUTE), ...COPIES];
    expect(told(world(later, { index }, overrides)).actions).toEqual(['retrigger']);
  });
});

it('what a Secret names in another bucket has times of its own: nothing changes for an ordinary marker', () => {
  const ordinary = [snapshot(OLD, NOW - 26 * HOUR), snapshot(NEWEST, NOW - 25 * HOUR)];
  expect(told(world(ordinary, { claims: [claim()] }, { marker: null })).actions).toEqual([]);
  expect(told(world(COPIES, {}, { marker: null })).actions).toEqual(['retrigger']);
});
