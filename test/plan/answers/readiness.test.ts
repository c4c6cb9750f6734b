import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../src/model.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import { plan } from '../../../src/plan/plan.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { createdAnew, readinessOf } from '../../../src/plan/answers/readiness.ts';
import { SAFE, type Policies } from '../../../src/plan/answers/readiness-policies.ts';
import {
  HOUR,
  IMAGE,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  claim,
  clusterView,
  destination,
  image,
  indexOf,
  lostCluster,
  mover,
  proven,
  settings,
  source,
  type ClusterParts,
} from '../../support/build.ts';

const AT = new Date(NOW - HOUR).toISOString();
const FRESH = { _generatedAt: new Date(NOW - MINUTE).toISOString() };
const WARM = { ...FRESH, 'media.plex-config': `attach warm ${NEWEST} ${AT}` };

interface Asking {
  cluster?: ClusterParts;
  claim?: Partial<Claim>;
  policies?: Partial<Policies>;
  index?: Record<string, string>;
  settings?: Partial<Settings>;
}

/** What becomes of the ordinary claim, which is warm and listed, with what is given changed. */
function told({
  cluster = {},
  claim: changed = {},
  policies = {},
  index = WARM,
  settings: set = {},
}: Asking = {}): string {
  const asked = claim({ restoresFromUs: false, ...changed });
  const view = clusterView({ claims: [asked], index: indexOf(index), ...cluster });
  const bucket = {
    startedAt: NOW,
    skew: 0,
    marker: null,
    root: { state: 'not-looked' },
    probes: new Map(),
    records: new Map(),
    written: new Map(),
  } as const;
  const { claims, context } = plan({ bucket, cluster: view }, settings(set), NOW);
  const judged = claims.find((one) => one.claim === asked.claim)!;
  const { outcome, reason } = readinessOf(asked, judged, { ...SAFE, ...policies }, context);
  return reason === null ? outcome : `${outcome}: ${reason}`;
}

const NONE: ClusterParts = { destinations: [], images: [], sources: [] };
const COLD = { ...FRESH, 'media.plex-config': `attach cold:queued ${NEWEST} ${AT}` };
const FOREIGN = { ...FRESH, 'media.plex-config': `refuse blocked:destination-foreign ${NEWEST} ${AT}` };

describe('a claim with a warm restore point', () => {
  it('is restored', () => expect(told()).toBe('restored'));

  it('is restored without hold and gate too', () =>
    expect(told({ policies: { hold: false, gate: false, shape: false } })).toBe('restored'));

  it('is held when only restore is missing, and filled at once from what is warm', () =>
    expect(told({ policies: { restore: false } })).toBe('restored'));

  it('waits when its image is gone', () => expect(told({ cluster: { images: [] } })).toBe('waiting: image-missing'));

  it('waits when its image is not ready yet', () =>
    expect(told({ cluster: { images: [image({ ready: false })] } })).toBe('waiting: image-not-ready'));

  it('hangs when it asks for less than the image needs', () =>
    expect(told({ claim: { request: '4Gi' } })).toBe('hanging: claim-too-small'));

  it('hangs when it is of another class', () =>
    expect(told({ claim: { storageClass: 'other' } })).toBe('hanging: class-differs'));

  it('is restored into another class that the destination lists', () => {
    const annotations = { ...proven(), [ANNOTATION.classes]: 'another, other' };
    const cluster = { destinations: [destination({ annotations })] };
    expect(told({ cluster, claim: { storageClass: 'other' } })).toBe('restored');
  });

  it('hangs as a block device', () =>
    expect(told({ claim: { volumeMode: 'Block' } })).toBe('hanging: volume-mode-block'));
});

describe('a claim with a backup starts empty where no policy gives it its data', () => {
  const policies = { restore: false, hold: false, gate: false, 'gate-source': false };

  it('although its restore point is warm', () => expect(told({ policies })).toBe('empty: policy-missing'));

  it('and the index would have it held', () =>
    expect(told({ cluster: NONE, index: COLD, policies })).toBe('empty: policy-missing'));

  it('but is refused where only the gate is in force', () =>
    expect(told({ policies: { ...policies, gate: true } })).toBe('waiting'));
});

describe('the reason that the last run wrote into the index', () => {
  it.each(['repository-mismatch', 'credentials-incomplete', 'credentials-foreign', 'password-changed'])(
    '%s is told without a look at bucket and Secrets',
    (reason) => {
      const index = { ...FRESH, 'media.plex-config': `refuse cold:${reason} ${NEWEST} ${AT}` };
      expect(told({ cluster: NONE, index })).toBe(`hanging: ${reason}`);
    },
  );

  it('gives way to what can be seen now', () => {
    const index = { ...FRESH, 'media.plex-config': `attach cold:credentials-missing ${NEWEST} ${AT}` };
    expect(told({ cluster: NONE, index })).toBe('waiting: queued');
    expect(told({ cluster: { ...NONE, bases: {} }, index: COLD })).toBe('hanging: credentials-missing');
  });

  it('is that the backup is being missed', () => {
    const index = { ...FRESH, 'media.plex-config': `attach cold:queued ${NEWEST} ${AT} missed=1@${AT}` };
    expect(told({ cluster: NONE, index })).toBe('waiting: repository-empty');
  });
});

describe('a claim with a backup and nothing warm', () => {
  it('waits: it is held', () => expect(told({ cluster: NONE, index: COLD })).toMatch(/^waiting/));

  it('waits: it is refused until it is warm', () =>
    expect(told({ cluster: NONE, index: COLD, policies: { hold: false } })).toMatch(/^waiting/));

  it('starts empty without hold and gate', () =>
    expect(told({ cluster: NONE, index: COLD, policies: { hold: false, gate: false } })).toMatch(/^empty/));

  it('hangs as a block device: it is neither held nor let through', () =>
    expect(told({ cluster: NONE, index: COLD, claim: { volumeMode: 'Block' } })).toBe('hanging: volume-mode-block'));

  it('hangs when the index refuses it', () => expect(told({ cluster: NONE, index: FOREIGN })).toMatch(/^hanging/));

  it('starts empty when nothing enforces the refusal', () =>
    expect(told({ cluster: NONE, index: FOREIGN, policies: { gate: false } })).toMatch(/^empty/));

  it('starts empty when the index ignores it', () => {
    const index = { ...FRESH, 'media.plex-config': `ignore cold:namespace-excluded ${NEWEST} ${AT}` };
    expect(told({ cluster: NONE, index })).toMatch(/^empty/);
  });
});

describe('a claim without a backup', () => {
  it('starts empty', () => expect(told({ cluster: NONE, index: FRESH })).toBe('empty: repository-empty'));

  it('waits when a surviving source has saved a snapshot since the index was written', () =>
    expect(told({ cluster: { ...NONE, sources: [source()] }, index: FRESH })).toBe('waiting: index-stale'));

  it('waits as well when the source is only annotated with it', () => {
    const sources = [source({ moverLogs: '', hasBackup: true })];
    expect(told({ cluster: { ...NONE, sources }, index: FRESH })).toBe('waiting: index-stale');
  });

  it('is refused for good when what the source has saved is never restored', () => {
    const index = { ...FRESH, 'media.plex-config': `ignore cold:name-invalid ${NEWEST} ${AT}` };
    const cluster = { ...NONE, sources: [source()] };
    expect(told({ cluster, index })).toMatch(/^hanging/);
    expect(told({ cluster, index, policies: { 'gate-source': false } })).toMatch(/^empty/);
    const changed = { excludeNamespaces: ['media'] };
    expect(told({ cluster, index: FRESH, settings: changed })).toBe('hanging: namespace-excluded');
  });
});

describe('when the index cannot tell', () => {
  it('waits for the first run', () => expect(told({ cluster: NONE, index: {} })).toBe('waiting: index-unwritten'));

  it('starts empty when no policy waits for it', () =>
    expect(told({ cluster: NONE, index: {}, policies: { gate: false } })).toBe('empty: index-unwritten'));

  it('starts empty over a stale index that allows it', () => {
    const index = { _generatedAt: new Date(NOW - 21 * MINUTE).toISOString() };
    expect(told({ cluster: NONE, index })).toBe('empty: index-stale');
  });

  it('waits over a stale index that denies it', () => {
    const index = { _generatedAt: new Date(NOW - 21 * MINUTE).toISOString(), _onStale: 'deny' };
    expect(told({ cluster: NONE, index })).toBe('waiting: index-stale');
  });

  it('is not told by an index that could not look into its namespace', () =>
    expect(told({ cluster: NONE, index: { ...FRESH, '_unknown.media': 'listing-failed' } })).toBe(
      'empty: index-stale',
    ));

  it('C10: is refused when there is no index at all, and starts empty when nothing asks for one', () => {
    const index = { ...indexOf(), shards: [] };
    expect(told({ cluster: { ...NONE, index } })).toBe('hanging: index-missing');
    expect(told({ cluster: { ...NONE, index }, policies: { gate: false } })).toBe('empty: index-missing');
  });
});

describe('a claim whose data is its own affair', () => {
  it('has opted out', () => expect(told({ claim: { optOut: 'with-reason' } })).toBe('own: opted-out'));

  it('is refused when it has opted out without a reason, where a policy asks for one', () => {
    const claim = { optOut: 'without-reason' } as const;
    expect([told({ claim }), told({ claim, policies: { 'opt-out': false } })]).toEqual([
      'hanging: opted-out',
      'own: opted-out',
    ]);
  });

  it('brings a data source of its own', () => {
    const reference = { apiGroup: '', kind: 'PersistentVolumeClaim', name: 'older' };
    expect(told({ claim: { reference, bringsSource: true } })).toBe('own');
  });
});

describe('a claim in Git', () => {
  it('need not be in the cluster', () => {
    const cluster = lostCluster({ index: indexOf(WARM) });
    expect(told({ cluster: { ...NONE, claims: [claim()], index: cluster.index } })).toMatch(/^waiting/);
  });
});

describe('a claim that refers to its restore point in Git', () => {
  const inGit = {
    uid: '',
    restoresFromUs: true,
    bringsSource: true,
    reference: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'plex-config-restore' },
  };

  it('is restored from what is warm', () => expect(told({ claim: inGit })).toBe('restored'));

  it('waits for what the index knows, whatever policies are in force', () => {
    const policies = { restore: false, hold: false, gate: false };
    expect(told({ claim: inGit, cluster: NONE, index: COLD, policies })).toBe('waiting: queued');
  });

  it('C07: hangs where there is no backup', () =>
    expect(told({ claim: inGit, cluster: NONE, index: FRESH })).toBe('hanging: repository-empty'));

  it('is its owner’s affair when the destination is somebody else’s, and nobody is told to delete that', () => {
    const destinations = [destination({ managed: false, labels: {}, annotations: {} })];
    expect(told({ claim: inGit, cluster: { destinations } })).toBe('own: destination-foreign');
  });

  it('starts empty from a suspect image where no policy stops it', () => {
    const destinations = [destination({ annotations: { [ANNOTATION.suspectImage]: IMAGE } })];
    const policies = { shape: false, prime: false };
    expect(told({ claim: inGit, cluster: { destinations }, policies })).toBe('empty: image-empty');
    expect(told({ claim: inGit, cluster: { destinations } })).toBe('waiting: image-empty');
  });
});

describe('a restore point that is older than the newest snapshot', () => {
  const later = { ...FRESH, 'media.plex-config': `attach stale ${LATER} ${new Date(NOW - MINUTE).toISOString()}` };

  it('L8: waits, since it comes back with the newest', () =>
    expect(told({ index: later })).toBe('waiting: newer-snapshot'));

  it('is restored from what it holds where prime is not in force', () =>
    expect(told({ index: later, policies: { prime: false } })).toBe('restored'));

  it('is restored from what it holds when it cannot be renewed', () => {
    const movers = [mover({ active: 0, failed: 3 })];
    const destinations = [destination({ manual: LATER, lastSyncStartAt: NOW - MINUTE })];
    expect(told({ index: later, cluster: { destinations, movers } })).toBe('restored');
  });

  it('waits while VolSync is held back from it', () => {
    const notes = { [ANNOTATION.nextBackup]: new Date(NOW - MINUTE).toISOString() };
    const destinations = [destination({ annotations: { ...proven(), ...notes } })];
    expect(told({ cluster: { destinations } })).toBe('waiting: backup-due');
  });
});

describe('a static volume', () => {
  it('F40: is its own affair where nothing is known of a backup, and refused for good where one is', () => {
    expect(told({ claim: { isStatic: true }, cluster: NONE, index: FRESH })).toBe('own: volume-static');
    expect(told({ claim: { isStatic: true } })).toBe('hanging: volume-static');
  });
});

describe('what needs a hand', () => {
  it.each(['credentials-incomplete', 'credentials-foreign', 'repository-mismatch'])(
    'N5: a claim of the cluster hangs on %s',
    (reason) => {
      const index = { ...FRESH, 'media.plex-config': `refuse cold:${reason} ${NEWEST} ${AT}` };
      expect(told({ cluster: NONE, index })).toBe(`hanging: ${reason}`);
    },
  );

  it('N5: a claim of the cluster hangs on a destination of somebody else', () => {
    const destinations = [destination({ managed: false, labels: {}, annotations: {} })];
    expect(told({ cluster: { destinations }, index: FOREIGN })).toBe('hanging: destination-foreign');
  });

  it('N5: a claim of the cluster hangs on missing credentials, one in Git waits for them', () => {
    const cluster = { ...NONE, bases: {} };
    expect(told({ cluster, index: COLD })).toBe('hanging: credentials-missing');
    expect(told({ cluster, index: COLD, claim: { uid: '' } })).toBe('waiting: credentials-missing');
  });
});

it('a bound claim is judged as its manifest would have it', () => {
  const live = claim({ volumeName: 'pv-1', bringsSource: true, restoresFromUs: true });
  expect(createdAnew(live)).toMatchObject({
    volumeName: null,
    reference: null,
    bringsSource: false,
    restoresFromUs: false,
  });
  const waiting = claim({ phase: 'Pending', restoresFromUs: true });
  expect(createdAnew(waiting)).toBe(waiting);
});
