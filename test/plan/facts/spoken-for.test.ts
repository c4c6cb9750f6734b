/** Never from absence alone: an entry leaves the index only when nothing speaks for its backup, the record in the bucket included. */
import { describe, expect, it } from 'vitest';
import type { RecordLook } from '../../../src/claim-record.ts';
import { NO_MOVER_SPEC } from '../../../src/mover-spec.ts';
import { wantsRecord } from '../../../src/plan/backup/records.ts';
import {
  HOUR,
  KEY,
  MINUTE,
  NEWEST,
  NOW,
  PLACE,
  bucketView,
  claim,
  destination,
  indexOf,
  listed,
  lostCluster,
  placed,
  planOf,
  snapshots,
  source,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const iso = (at: number): string => new Date(at).toISOString();
const WRITTEN = iso(NOW - 5 * MINUTE);
const TWICE = `attach cold:namespace-missing ${NEWEST} ${iso(NOW - HOUR)} missed=2@${iso(NOW - 6 * MINUTE)}`;
const THRICE = `missed=3@${iso(NOW)}`;
const GONE = `refuse cold:backup-gone ${NEWEST} ${iso(NOW - HOUR)}`;
const FOUND: RecordLook = {
  state: 'read',
  etag: null,
  record: {
    ...PLACE,
    uid: 'uid-of-claim',
    tier: 'hourly',
    request: '5Gi',
    accessModes: [],
    storageClass: null,
    snapshotClass: null,
    volumeMode: 'Filesystem',
    mover: NO_MOVER_SPEC,
    origin: null,
    ours: false,
    needs: null,
  },
};
const DIGEST = /^[0-9a-f]{8}$/;

/** The repository is not in the listing; the index says this of it, and a look for its record gave that. */
function gone(value: string, record: RecordLook | null, parts: ClusterParts = {}, more: World = {}): World {
  return {
    bucket: bucketView(
      { 'home/other': listed(snapshots()) },
      { records: record === null ? new Map() : new Map([[KEY, record]]) },
    ),
    cluster: lostCluster({ index: indexOf({ _generatedAt: WRITTEN, 'media.plex-config': value }), ...parts }),
    ...more,
  };
}

function entry(world: World): string | undefined {
  return planOf(world).index?.entries.get('media.plex-config');
}

describe('backup-gone: the third listing without a repository, and nothing in the cluster that counts on it', () => {
  it('leaves when its claim has no record', () => {
    expect(entry(gone(TWICE, { state: 'absent' }))).toBeUndefined();
  });

  it('is refused when the record of its claim is there, and remembers that', () => {
    const [before = '', digest = ''] = entry(gone(TWICE, FOUND))?.split(' record=') ?? [];
    expect([before, digest]).toEqual([`${GONE} ${THRICE}`, expect.stringMatching(DIGEST)]);
  });

  it.each<RecordLook>([
    { state: 'unusable', why: 'garbage', etag: null },
    { state: 'unusable', why: 'newer', etag: null },
  ])('is refused when something is there that cannot be read: $why', (look) => {
    expect(entry(gone(TWICE, look))).toBe(`${GONE} ${THRICE} record=00000000`);
  });

  it('stays as it was when nobody could look: this listing does not count', () => {
    expect(entry(gone(TWICE, { state: 'failed', message: 'HTTP 503' }))).toBe(TWICE);
  });

  it('stays refused without another look, and the finding has the way out', () => {
    const world = gone(`${GONE} ${THRICE} record=0badcafe`, null);
    expect(entry(world)).toBe(`${GONE} ${THRICE} record=0badcafe`);
    const { findings, entries } = planOf(world);
    expect(entries.find(({ namespace }) => namespace === 'media')?.backup).toMatchObject({
      state: 'absent',
      reason: 'backup-gone',
    });
    expect(findings).toContainEqual({
      reason: 'backup-gone',
      about: KEY,
      message: `three complete listings do not show the repository, and the record of its claim is still in the bucket; if it was deleted on purpose: volsync-prewarm run --accept-shrink ${WRITTEN}`,
    });
  });

  it('--accept-shrink is stronger than a record', () => {
    const settings = { acceptedIndex: Date.parse(WRITTEN) };
    expect(entry(gone(TWICE, FOUND, {}, { settings }))).toBeUndefined();
    expect(entry(gone(`${GONE} ${THRICE} record=0badcafe`, null, {}, { settings }))).toBeUndefined();
  });

  it('whoever deletes the claim that counted on it leaves the record to speak, once it was found', () => {
    const refused = `${GONE} ${THRICE}`;
    expect(entry(gone(refused, FOUND))).toMatch(new RegExp(`^${refused} record=[0-9a-f]{8}$`));
    expect(entry(gone(refused, { state: 'absent' }))).toBeUndefined();
  });
});

describe('the record is looked for once, when it decides', () => {
  const wants = (value: string, record: RecordLook | null = null, parts: ClusterParts = {}): boolean =>
    placed(gone(value, record, parts)).situations.some((s) => s.key === KEY && wantsRecord(s, NOW));
  const once = TWICE.replace('missed=2', 'missed=1');
  const early = TWICE.replace(iso(NOW - 6 * MINUTE), iso(NOW - 4 * MINUTE));

  it('with the listing that would be the third', () => {
    expect([wants(once), wants(early), wants(TWICE)]).toEqual([false, false, true]);
  });

  it('not again in this run, and not in a later one', () => {
    expect([wants(TWICE, FOUND), wants(TWICE, { state: 'absent' })]).toEqual([false, false]);
    expect(wants(`${GONE} ${THRICE} record=0badcafe`)).toBe(false);
  });

  it('not while something in the cluster counts on the backup', () => {
    const speaking: ClusterParts[] = [
      { claims: [claim({ phase: 'Pending' })] },
      { sources: [source({ managed: true })] },
      { destinations: [destination()] },
    ];
    expect(speaking.map((parts) => wants(TWICE, null, parts))).toEqual([false, false, false]);
  });
});
