import { describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../../src/naming.ts';
import { lookupsWanted, turnsOf, wantsLocks, wantsProbe } from '../../../src/plan/fleet/lookups.ts';
import { situationsOf } from '../../../src/plan/plan.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import {
  BASE_VERSION,
  EMPTY_LOG,
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  PLACE,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  indexOf,
  listed,
  lostCluster,
  namespace,
  placed,
  proven,
  restoredLog,
  settings,
  situation,
  snapshot,
  snapshots,
  source,
  sourceMover,
  syncing,
  waitingClaim,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const UNREAD = bucketView({ [KEY]: null });
const COLD = `attach cold:namespace-missing ${NEWEST} ${new Date(NOW - HOUR).toISOString()}`;
const NOTHING: ClusterParts = { destinations: [], sources: [], claims: [], images: [] };

function unread(parts: ClusterParts = {}): Situation {
  return situation(parts, UNREAD);
}

function probes(parts: ClusterParts = {}, bucket = UNREAD): boolean {
  return wantsProbe(situation(parts, bucket), false, NOW);
}

describe('a repository is listed in a pass', () => {
  const wanted: [string, ClusterParts][] = [
    ['it has no destination yet', { destinations: [] }],
    ["its destination is somebody else's", { destinations: [foreign()] }],
    ['its source finished after the image was made', { sources: [source({ lastSyncAt: NOW - 49 * MINUTE })] }],
    ['its source says that it saved another snapshot', { sources: [source({ moverLogs: `snapshot ${LATER} saved` })] }],
    ["its source's mover fails", { movers: [sourceMover({ active: 0, failed: 1 })] }],
    [
      'a backup of its claim was due',
      {
        destinations: [
          destination({ annotations: { ...proven(), [ANNOTATION.nextBackup]: new Date(NOW).toISOString() } }),
        ],
      },
    ],
    ['a claim waits for it', { claims: [waitingClaim()] }],
    ['it syncs', { destinations: [syncing()] }],
    ['its image is not proven', { destinations: [destination({ annotations: {} })] }],
    ['its image is suspect', { destinations: [destination({ annotations: {}, moverLogs: EMPTY_LOG })] }],
    ['its image is missing', { images: [] }],
    ['its image is not ready', { images: [image({ ready: false })] }],
    ['its claim asks for less: it is made anew', { claims: [claim({ request: '1Gi' })] }],
  ];
  it.each(wanted)('when %s', (_, parts) => {
    expect(probes(parts)).toBe(true);
  });

  const idle: [string, ClusterParts][] = [
    ['its source has done nothing since', {}],
    [
      'its source found nothing to save',
      { sources: [source({ moverLogs: '== Directory is empty skipping backup ===' })] },
    ],
    ['its source is being backed up now', { movers: [sourceMover()] }],
    ['it has no source, and it is not its turn', { sources: [] }],
    ['its claim asks for more', { claims: [claim({ request: '50Gi' })] }],
  ];
  it.each(idle)('but not when %s', (_, parts) => {
    expect(probes(parts)).toBe(false);
  });

  it('but not when it is not in the listing, or its namespace could not be listed', () => {
    expect(probes({ destinations: [] }, bucketView({}))).toBe(false);
    expect(
      wantsProbe(situation({ destinations: [] }, bucketView({}, { root: { state: 'not-looked' } })), true, NOW),
    ).toBe(false);
  });

  it('when an earlier listing missed it: only a look tells whether it is back', () => {
    const annotations = { ...proven(), [ANNOTATION.missedListings]: `1 ${new Date(NOW - HOUR).toISOString()}` };
    expect(probes({ sources: [], destinations: [destination({ annotations })] })).toBe(true);
    const index = indexOf({ 'media.plex-config': `${COLD} missed=1@${new Date(NOW - HOUR).toISOString()}` });
    expect(probes({ ...NOTHING, namespaces: [], index })).toBe(true);
  });

  it('when its namespace is not there only in its turn, once the index remembers it', () => {
    const known = { ...NOTHING, namespaces: [], index: indexOf({ 'media.plex-config': COLD }) };
    expect([probes(known), wantsProbe(unread(known), true, NOW)]).toEqual([false, true]);
    expect(probes({ ...known, index: indexOf() })).toBe(true);
    expect(probes({ ...known, index: indexOf({ 'media.plex-config': 'garbage' }) })).toBe(true);
    expect(probes({ ...known, namespaces: [namespace()] })).toBe(true);
  });

  it('when it has no source and it is its turn', () => {
    expect(wantsProbe(unread({ sources: [] }), true, NOW)).toBe(true);
  });
});

describe('within one run', () => {
  const bucket = bucketView();

  it('a repository is not listed twice', () => {
    expect(probes({ destinations: [] }, bucket)).toBe(false);
    expect(probes({ destinations: [syncing()] }, bucket)).toBe(false);
  });

  it('but again when a finished sync names a snapshot that the first look did not have', () => {
    expect(probes({ destinations: [destination({ annotations: {}, moverLogs: restoredLog(LATER) })] }, bucket)).toBe(
      true,
    );
  });

  it('and again when the first look failed', () => {
    const failed = bucketView({ [KEY]: { state: 'unknown', reason: 'listing-failed', message: '' } });
    expect(probes({ destinations: [] }, failed)).toBe(true);
  });
});

describe('repositories without a source', () => {
  const many = (count: number): Situation[] => {
    const keys = Array.from({ length: count }, (_, index) => [`media/claim-${index}`, null] as const);
    const seen = {
      bucket: bucketView(Object.fromEntries(keys)),
      cluster: clusterView({ destinations: [], sources: [], claims: [] }),
    };
    return situationsOf(seen, settings(), NOW);
  };

  it('have their turn in every run while they are at most 200', () => {
    expect(turnsOf(many(200), NOW, NOW).size).toBe(200);
  });

  it('beyond that each has its turn exactly once an hour, the same all through a period', () => {
    const all = many(201);
    const hour = Array.from({ length: 12 }, (_, slot) =>
      turnsOf(all, NOW + slot * 5 * MINUTE, NOW + (slot - 1) * 5 * MINUTE),
    );
    expect(hour.flatMap((turn) => [...turn]).sort()).toEqual(all.map(({ key }) => key).sort());
    expect(turnsOf(all, NOW + 4 * MINUTE, NOW)).toEqual(turnsOf(all, NOW, NOW));
    expect(turnsOf(all, NOW + HOUR, NOW + HOUR)).toEqual(turnsOf(all, NOW, NOW));
    for (const turn of hour) expect(turn.size).toBeLessThan(40);
  });

  it('R7: with a run every ten minutes each still has its turn within the hour', () => {
    const all = many(201);
    const runs = [0, 10, 20, 30, 40, 50].map((at) => turnsOf(all, NOW + at * MINUTE, NOW + (at - 10) * MINUTE));
    expect(new Set(runs.flatMap((turn) => [...turn]))).toEqual(new Set(all.map(({ key }) => key)));
  });

  it('do not count those that have a source', () => {
    expect(turnsOf([unread()], NOW, NOW)).toEqual(new Set());
  });
});

describe('locks are looked at', () => {
  const looks = (found: Parameters<typeof listed>[0], parts: ClusterParts = {}): boolean =>
    wantsLocks(unread(parts), found);
  const newer = [...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)];

  it('only where a sync may be asked for', () => {
    expect([
      looks([]),
      looks(snapshots()),
      looks(newer, { destinations: [destination({ manual: LATER })] }),
      looks(newer),
      looks(snapshots(), { destinations: [] }),
      looks(snapshots(), { images: [] }),
      looks(snapshots(), { claims: [claim({ request: '1Gi' })] }),
    ]).toEqual([false, false, false, true, true, true, true]);
  });
});

describe('credentials are read', () => {
  const wanted = (world: World): unknown => {
    const { situations, context } = placed(world);
    const { bases, repositories } = lookupsWanted(situations, context);
    return [[...bases], repositories];
  };
  const READ = [['media'], [PLACE]];
  const NOT_READ = [[], []];

  it('in a steady state: none', () => {
    expect(wanted({})).toEqual(NOT_READ);
  });

  it('where a destination is to be made of a backup that was seen', () => {
    expect(wanted({ cluster: lostCluster() })).toEqual(READ);
    expect(wanted({ bucket: bucketView({ [KEY]: listed([]) }), cluster: lostCluster() })).toEqual(NOT_READ);
  });

  it('where the base has changed since', () => {
    expect(wanted({ cluster: clusterView({ bases: { media: { ...base(), version: 'base-uid/8' } } }) })).toEqual(READ);
  });

  it('where VolSync complains', () => {
    const condition = { reason: 'Error', message: 'secret should have fields', at: NOW };
    expect(wanted({ cluster: clusterView({ destinations: [destination({ condition })] }) })).toEqual(READ);
  });

  it('where the image came out empty: its Secret may name another repository than the one that is listed', () => {
    const empty = destination({ annotations: { [ANNOTATION.baseVersion]: BASE_VERSION }, moverLogs: EMPTY_LOG });
    expect(wanted({ cluster: clusterView({ destinations: [empty] }) })).toEqual(READ);
  });

  it("not of somebody else's destination, and not behind a closed gate", () => {
    expect(wanted({ cluster: clusterView({ destinations: [foreign()] }) })).toEqual(NOT_READ);
    expect(wanted({ cluster: lostCluster({ namespaces: [] }) })).toEqual(NOT_READ);
    expect(wanted({ cluster: lostCluster({ bases: {} }) })).toEqual(NOT_READ);
  });
});
