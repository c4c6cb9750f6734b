/** N11: what a person reads has names in it, and no placeholder. */
import { describe, expect, it } from 'vitest';
import { REASONS, type Reason } from '../../src/reasons.ts';
import { filled } from '../../src/reasons/filled.ts';
import { readinessTable } from '../../src/report/readiness.ts';
import { findingsText, tableOf } from '../../src/report/table.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NOW,
  PLACE,
  PROVEN,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  listed,
  lostCluster,
  mover,
  planOf,
  snapshot,
  snapshots,
  source,
  syncing,
  unknownRoot,
  waitingClaim,
  type ClusterParts,
  type World,
} from '../support/build.ts';

const PLACEHOLDER = /<[a-z][a-z ]*>|--credentials-secret/;
const reasons = Object.keys(REASONS).filter((one): one is Reason => one in REASONS);

describe('N11: no placeholder is left', () => {
  it.each(reasons)('in the cure of %s, for one claim and for several', (reason) => {
    for (const about of [[KEY], [KEY, 'media/photos']]) {
      const text = findingsText(
        about.map((one) => ({ reason, about: one, message: 'it is so' })),
        Infinity,
      );
      expect(text).toContain('media/plex-config');
      expect(text.replaceAll('--exclude', '')).not.toMatch(/<[a-z][a-z ]*>/);
    }
    expect(filled(`${REASONS[reason].means} ${REASONS[reason].todo}`, PLACE, 'base')).not.toMatch(PLACEHOLDER);
    const claims = [{ ...PLACE, outcome: 'hanging' as const, reason }];
    const summary = { restored: 0, waiting: 0, empty: 0, hanging: 1, own: 0 };
    expect(
      readinessTable({ kind: 'Readiness', version: 1, at: '', complete: true, claims, summary, notes: [] }),
    ).not.toMatch(/<[a-z][a-z ]*>/);
  });

  const old = { createdAt: NOW - 30 * MINUTE };
  const waits = (parts: ClusterParts): World => ({ cluster: lostCluster({ claims: [waitingClaim(old)], ...parts }) });
  const newer = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - HOUR / 2)]) });
  const worlds: [string, World][] = [
    ['a claim that waits without credentials', waits({ bases: {} })],
    [
      'a claim that waits, and the base lacks a key',
      waits({ bases: { media: base({ missing: ['RESTIC_PASSWORD'] }) } }),
    ],
    ['a claim that waits, and the Secret is not ours', waits({ credentials: { [KEY]: { state: 'foreign' } } })],
    [
      'a claim that waits for a failing restore',
      waits({ destinations: [syncing()], movers: [mover({ active: 0, failed: 2 })] }),
    ],
    [
      'a claim that waits for a restore that hangs',
      waits({ destinations: [syncing({ lastSyncStartAt: NOW - HOUR })] }),
    ],
    ['a claim that waits for a deletion', waits({ destinations: [destination({ deleting: true })] })],
    ['a claim that waits for a lock', waits({ destinations: [foreign({ latestImage: null })] })],
    ['a claim that waits for no backup', { ...waits({}), bucket: bucketView({}) }],
    ['a claim that waits for a bucket', { ...waits({}), bucket: bucketView({}, { root: unknownRoot() }) }],
    ['a block device', { cluster: clusterView({ claims: [claim({ volumeMode: 'Block' })], destinations: [] }) }],
    [
      'another password',
      {
        cluster: clusterView({
          credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } },
        }),
      },
    ],
    [
      'a renewal that cannot be fetched',
      {
        bucket: newer,
        cluster: clusterView({
          destinations: [destination({ manual: LATER, lastSyncStartAt: NOW - HOUR })],
          movers: [mover({ active: 0, failed: 5 })],
          images: [image()],
        }),
      },
    ],
    [
      'a failing backup',
      { cluster: clusterView({ sources: [source({ moverResult: 'Failed', moverLogs: 'Fatal: no' })] }) },
    ],
    ['an empty bucket', { bucket: bucketView({}, { marked: false, misplaced: ['plex'], strangers: ['_x'] }) }],
  ];

  it.each(worlds)('in findings, cures and events of %s', (_, world) => {
    const plan = planOf(world);
    const told = [
      tableOf(plan),
      ...plan.findings.map(({ message }) => message),
      ...plan.warnings.map(({ message }) => message),
    ];
    expect(plan.findings.length + plan.warnings.length).toBeGreaterThan(0);
    expect(told.filter((text) => PLACEHOLDER.test(text))).toEqual([]);
  });
});
