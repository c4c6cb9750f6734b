import { describe, expect, it } from 'vitest';
import type { ClaimSummary, ClaimTemplate, Overview, SourceSummary } from '../../src/overview.ts';
import { claimKey } from '../../src/naming.ts';
import { plan } from '../../src/plan/plan.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { statusTable } from '../../src/report/status-table.ts';
import { statusOf, type StatusRow } from '../../src/report/status.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  PLACE,
  clusterView,
  destination,
  indexOf,
  lostCluster,
  proven,
  settings,
  waitingClaim,
} from '../support/build.ts';

const CLAIM: ClaimSummary = { ...PLACE, label: 'hourly', optedOut: false, phase: 'Bound', size: '5Gi' };
const SOURCE: SourceSummary = {
  ...PLACE,
  name: 'plex-config-backup',
  result: 'Successful',
  lastSyncAt: NOW - HOUR,
  saved: NEWEST,
};

interface World {
  claims?: ClaimSummary[];
  sources?: SourceSummary[];
  templates?: ClaimTemplate[];
  cluster?: ReturnType<typeof clusterView>;
}

function overview({ claims = [CLAIM], sources = [SOURCE], templates = [] }: World): Overview {
  return {
    claims: new Map(claims.map((one) => [claimKey(one), one])),
    sources: Map.groupBy(sources, claimKey),
    templates,
    failures: [],
  };
}

const WRITTEN = indexOf({ _generatedAt: new Date(NOW - MINUTE).toISOString() });

function judged(world: World): ReturnType<typeof plan> {
  const { cluster = clusterView({ index: WRITTEN }) } = world;
  return plan({ bucket: unlooked(NOW), cluster }, settings(), NOW);
}

/** The row of one claim, or of the only one. */
function row(world: World = {}, key = KEY): StatusRow | undefined {
  return statusOf(judged(world), overview(world)).rows.find((one) => claimKey(one) === key);
}

describe('N3: a claim is protected', () => {
  it('when its last backup went well, is not overdue, and would come back', () => {
    expect(row()).toEqual({
      ...PLACE,
      protected: true,
      why: '',
      backupAge: HOUR,
      lastResult: 'Successful',
      restorePoint: 'warm',
      holds: NEWEST,
      phase: 'Bound',
      waitsFor: null,
      size: '5Gi',
      source: 'plex-config-backup',
      schedule: '30 * * * *',
      image: IMAGE,
    });
  });

  it('when it is not in the cluster, and would come back', () => {
    expect(row({ claims: [], sources: [] })).toMatchObject({ protected: true, phase: null });
  });
});

describe('N3: a claim is not protected', () => {
  it.each<[string, World]>([
    ['no label backup: hourly or daily', { claims: [{ ...CLAIM, label: null }] }],
    ['label backup: weekly is neither hourly nor daily', { claims: [{ ...CLAIM, label: 'weekly' }] }],
    ['opted out of its restore', { claims: [{ ...CLAIM, optedOut: true }] }],
    ['nothing backs it up', { sources: [] }],
    ['its last backup failed', { sources: [{ ...SOURCE, result: 'Failed' }] }],
    [
      'credentials-missing',
      {
        cluster: lostCluster({ bases: {}, index: indexOf({ 'media.plex-config': `attach cold:queued ${NEWEST} -` }) }),
        claims: [],
      },
    ],
  ])('%s', (why, world) => {
    expect(row(world)).toMatchObject({ protected: false, why });
  });

  it.each([
    ['not known: index-unwritten', indexOf({})],
    ['not known: index-stale', indexOf({ _generatedAt: new Date(NOW - 24 * HOUR).toISOString() })],
    ['no backup yet', WRITTEN],
  ])('that no run has seen: %s', (why, index) => {
    const unseen = { ...PLACE, claim: 'films' };
    const claims = [{ ...CLAIM, ...unseen }];
    expect(
      row({ claims, sources: [{ ...SOURCE, ...unseen }], cluster: clusterView({ index }) }, 'media/films')?.why,
    ).toBe(why);
  });

  it('by a missing source only once it is bound', () => {
    expect(row({ claims: [{ ...CLAIM, phase: 'Pending' }], sources: [] })?.why).toBe('');
  });
});

describe('N3: a claim that waits says for what', () => {
  const asked = { ...CLAIM, phase: 'Pending' };
  const waiting = (annotations: Record<string, string>): World => ({
    claims: [asked],
    cluster: clusterView({
      index: WRITTEN,
      claims: [waitingClaim()],
      destinations: [destination({ annotations: { ...proven(), ...annotations } })],
    }),
  });

  it('a newer snapshot, and until when it is waited for at the latest', () => {
    const held = waiting({
      'volsync-prewarm/newest-snapshot': LATER,
      'volsync-prewarm/hold-until': new Date(NOW + 30 * MINUTE).toISOString(),
    });

    expect(row(held)?.waitsFor).toBe('waits: newer-snapshot, until 2026-11-21T12:30Z at the latest');
    expect(statusTable(statusOf(judged(held), overview(held)), judged(held))).toContain(
      'Pending (waits: newer-snapshot, until 2026-11-21T12:30Z at the latest)',
    );
  });

  it('nothing: VolSync fills it', () => {
    expect(row(waiting({}))?.waitsFor).toBe('is being filled');
  });

  it('its restore point, which is not made yet', () => {
    const index = indexOf({
      _generatedAt: new Date(NOW - MINUTE).toISOString(),
      'media.plex-config': `attach cold:queued ${NEWEST} -`,
    });
    const lost = { claims: [asked], cluster: lostCluster({ claims: [waitingClaim()], index }) };

    expect(row(lost)?.waitsFor).toBe('waits: queued');
  });
});

describe('C13: a claim that a StatefulSet makes anew', () => {
  const CACHE = { ...CLAIM, claim: 'data-db-0' };
  const judgedRow = (label: string | null): StatusRow | undefined =>
    row(
      {
        claims: [CACHE],
        sources: [{ ...SOURCE, claim: 'data-db-0' }],
        templates: [{ namespace: 'media', set: 'db', prefix: 'data-db-', label }],
      },
      'media/data-db-0',
    );

  it('is not protected by a label that only the claim carries', () => {
    expect(judgedRow(null)).toMatchObject({
      protected: false,
      why: 'StatefulSet db makes the next one without the label',
    });
  });

  it('is as its template is labelled', () => {
    expect(judgedRow('hourly')?.why).not.toContain('StatefulSet');
  });
});

it('the source of a row is the one that synced last, else the one that the cluster has', () => {
  const other = { ...SOURCE, name: 'by-hand' };
  expect([row({ sources: [other] })?.source, row({ sources: [] })?.source]).toEqual(['by-hand', 'plex-config-backup']);
});

it('a wide table tells the source, its schedule and the image too', () => {
  const [head, line] = statusTable(statusOf(judged({}), overview({})), judged({}), Infinity, true).split('\n');

  expect(head).toMatch(/ WHY NOT +SOURCE +SCHEDULE +IMAGE$/);
  expect(line).toMatch(new RegExp(` plex-config-backup +30 \\* \\* \\* \\* +${IMAGE}$`));
});

describe('what is not in any restore point', () => {
  it('L8: a newer backup that only the log of the source tells of makes a warm one stale', () => {
    const sources = [{ ...SOURCE, saved: LATER, lastSyncAt: NOW - MINUTE }];
    expect(row({ sources })?.restorePoint).toBe(`stale (${LATER} is newer)`);
  });

  it('a claim with neither label nor source nor backup is counted, and has no row', () => {
    const other = { ...CLAIM, claim: 'cache', label: null };
    const world = { claims: [CLAIM, other] };
    const status = statusOf(judged(world), overview(world));
    expect(status.rows.map(claimKey)).toEqual([KEY]);
    expect(status.unlabelled).toBe(1);
    expect(statusTable(status, judged(world)).trimEnd().split('\n').at(-1)).toBe(
      '1 claims: 1 protected, 0 not. 1 more without a label, a source and a backup.',
    );
  });

  it('the table shows a mislabelled claim with its reason', () => {
    const world = { claims: [CLAIM, { ...CLAIM, claim: 'films', label: 'Hourly' }] };
    const [head, films, plex] = statusTable(statusOf(judged(world), overview(world)), judged(world)).split('\n');
    expect(head).toMatch(
      /^NAMESPACE +NAME +PROTECTED +BACKUP AGE +LAST RESULT +RESTORE POINT +HOLDS +CLAIM +SIZE +WHY NOT$/,
    );
    expect(films).toMatch(/^media +films +no .* label backup: Hourly is neither hourly nor daily$/);
    expect(plex).toMatch(/^media +plex-config +yes +1h/);
  });
});
