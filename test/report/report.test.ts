import { describe, expect, it } from 'vitest';
import { reportOf } from '../../src/report/report.ts';
import { tableOf } from '../../src/report/table.ts';
import {
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  bucketView,
  clusterView,
  fullId,
  listed,
  lostCluster,
  planOf,
  snapshot,
  snapshots,
  unknownRoot,
} from '../support/build.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });

describe('the Report document', () => {
  it('of a lost application is exactly the contract', () => {
    expect(JSON.parse(JSON.stringify(reportOf(planOf({ cluster: lostCluster() }))))).toEqual({
      kind: 'Report',
      version: 1,
      at: '2026-11-21T12:00:00.000Z',
      complete: true,
      entries: [
        {
          namespace: 'media',
          claim: 'plex-config',
          backup: {
            state: 'present',
            snapshots: 2,
            newest: { id: fullId(NEWEST), at: '2026-11-21T11:00:00.000Z' },
            reason: null,
          },
          repositories: [
            {
              address: 's3:http://rustfs.example:9000/volsync-backups/media/plex-config',
              primary: true,
              seen: 'listed',
              newest: { id: fullId(NEWEST), at: '2026-11-21T11:00:00.000Z' },
              sources: [],
            },
          ],
          restorePoint: {
            state: 'cold',
            reason: 'queued',
            image: null,
            holds: null,
            lagSeconds: null,
            admissible: false,
            wave: 1,
          },
          source: { state: 'none', reason: null, origin: null },
          actions: ['create-credentials', 'create-destination'],
        },
      ],
      summary: {
        backups: { present: 1, absent: 0, unknown: 0 },
        restorePoints: { cold: 1 },
        actions: { 'create-credentials': 1, 'create-destination': 1 },
      },
    });
  });

  it('gives the short id and no count where the repository was not looked into', () => {
    const [entry] = reportOf(planOf({ bucket: bucketView({ [KEY]: null }) })).entries;
    expect(entry?.backup).toEqual({
      state: 'present',
      snapshots: null,
      newest: { id: NEWEST, at: '2026-11-21T11:00:00.000Z' },
      reason: null,
    });
  });

  it('has the fields of the contract in their order, and no others', () => {
    const report = reportOf(planOf());
    const [entry] = report.entries;
    expect(
      [report, entry, entry?.backup, entry?.restorePoint, report.summary].map((one) => Object.keys(one ?? {})),
    ).toEqual([
      ['kind', 'version', 'at', 'complete', 'entries', 'summary'],
      ['namespace', 'claim', 'backup', 'repositories', 'restorePoint', 'source', 'actions'],
      ['state', 'snapshots', 'newest', 'reason'],
      ['state', 'reason', 'image', 'holds', 'lagSeconds', 'admissible', 'wave'],
      ['backups', 'restorePoints', 'actions'],
    ]);
  });

  it('says that it is not complete', () => {
    const report = reportOf(planOf({ bucket: bucketView({}, { root: unknownRoot() }) }));
    expect([report.complete, report.summary.backups]).toEqual([false, { present: 0, absent: 0, unknown: 1 }]);
  });
});

describe('the table', () => {
  it('shows every claim in one row, and the counts in the last line', () => {
    expect(tableOf(planOf({ bucket: NEWER })).split('\n')).toEqual([
      'NAMESPACE  CLAIM        BACKUP   SNAPSHOTS  NEWEST    RESTORE POINT  REASON  HOLDS     LAG  WAVE  ACTIONS',
      'media      plex-config  present  3          cccccccc  stale          queued  bbbbbbbb  50m  1     retrigger',
      '',
      'Backups: 1 present, 0 absent, 0 unknown. Restore points: 1 stale. Actions: 1 retrigger.',
      '',
    ]);
  });

  it('says what needs a hand, and how', () => {
    const table = tableOf(planOf({ cluster: clusterView({ sources: [] }) }));
    expect(table).toContain('\nNeeds attention:\n  claim-unprotected: media/plex-config: ');
    expect(table).toMatch(/\n {4}→ \S.*\n/);
  });

  it('says that there is nothing', () => {
    const empty = planOf({ bucket: bucketView({}), cluster: clusterView({ destinations: [], claims: [] }) });
    expect(tableOf(empty)).toMatch(/^No claim has a repository, a restore point or a backup label\.\n/);
  });

  it('says when it cannot be relied on', () => {
    expect(tableOf(planOf({ bucket: bucketView({}, { root: unknownRoot() }) }))).toContain(
      'Not every listing could be believed.',
    );
  });
});
