/** As whom movers run where nobody has said so: whose pods are looked at, and what becomes of the answer. */
import { describe, expect, it } from 'vitest';
import type { RecordLook } from '../../../src/claim-record.ts';
import type { Action } from '../../../src/decisions.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import { explain } from '../../../src/plan/answers/explanation.ts';
import type { Context, Situation } from '../../../src/plan/facts/situation.ts';
import { wantsPods } from '../../../src/plan/backup/pod-user.ts';
import { lookupsWanted } from '../../../src/plan/fleet/lookups.ts';
import { NO_SOURCE_MEMORY, type Source, type SourceMemory } from '../../../src/source.ts';
import {
  BASE_VERSION,
  HOUR,
  IMAGE,
  KEY,
  MINUTE,
  NOW,
  PLACE,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  mover,
  moverSpec,
  namespace,
  placed,
  planOf,
  proven,
  source,
  sourceMover,
  sourceSpec,
  spec,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const USER = '568:569:570';
const CONTEXT = { moverSecurityContext: { runAsUser: 568, runAsGroup: 569, fsGroup: 570 } };

const RECORD: RecordLook = {
  state: 'read',
  etag: null,
  record: {
    ...PLACE,
    uid: 'uid-of-claim',
    tier: 'hourly',
    request: '5Gi',
    accessModes: ['ReadWriteOnce'],
    storageClass: 'longhorn',
    snapshotClass: null,
    volumeMode: 'Filesystem',
    mover: moverSpec(CONTEXT),
    origin: null,
    ours: true,
    needs: null,
  },
};

/** A claim of half an hour ago that nobody backs up yet. */
function world(parts: ClusterParts = {}, more: Partial<World> = {}): World {
  const cluster = clusterView({
    claims: [claim({ createdAt: NOW - 30 * MINUTE })],
    sources: [],
    volumes: { [KEY]: IMAGE },
    ...parts,
  });
  return { cluster, ...more, settings: { sources: 'on', ...more.settings } };
}

function asked(parts: ClusterParts = {}, more: Partial<World> = {}): object[] {
  const { situations, context } = placed(world(parts, more));
  return lookupsWanted(situations, context).pods;
}

/** Of ours, as it was made for this claim; its mover fails between two tries. */
function ours(overrides: Partial<Source> = {}, remembers: Partial<SourceMemory> = {}): ClusterParts {
  const memory = { ...NO_SOURCE_MEMORY, claimUid: 'uid-of-claim', ...remembers };
  return {
    sources: [source({ managed: true, ...overrides, memory })],
    movers: [sourceMover({ active: 0, ready: 0, failed: 2 })],
  };
}

function contextIn(actions: readonly Action[], kind: Action['kind']): unknown {
  for (const action of actions)
    if (action.kind === kind && 'source' in action) return text(action.source.spec.moverSpec.fields);
    else if (action.kind === kind && 'desired' in action) return text(action.desired.spec.moverSpec.fields);
  return 'no such action';
}

function text({ moverSecurityContext }: { moverSecurityContext?: string }): unknown {
  return moverSecurityContext === undefined ? undefined : JSON.parse(moverSecurityContext);
}

describe('the pods of a claim are looked at', () => {
  it('when its source is about to be made', () => {
    expect(asked()).toEqual([PLACE]);
  });

  const without: [string, ClusterParts, Partial<World>?][] = [
    ['its annotation names a user', { claims: [claim({ moverUser: { runAsUser: 1, runAsGroup: 1, fsGroup: 1 } })] }],
    ['its namespace lets movers be root', { namespaces: [namespace({ privilegedMovers: true })] }],
    ['it is not bound', { claims: [claim({ phase: 'Pending' })] }],
    ['there is no claim', { claims: [] }],
    ['it is a block device', { claims: [claim({ volumeMode: 'Block' })] }],
    ['somebody else backs it up', { sources: [source()] }],
    ['its namespace has no credentials', { bases: {} }],
    ['the worker makes no sources', {}, { settings: { sources: 'off' } }],
    ['its namespace is excluded', {}, { settings: { excludeNamespaces: ['media'] } }],
    [
      'the bucket could not be listed',
      {},
      { bucket: bucketView({}, { root: { state: 'unknown', reason: 'listing-failed', message: '' } }) },
    ],
    ['its source was made, and its movers succeed', { ...ours(), movers: [] }],
    ['they told nothing', ours({}, { podUser: 'none' })],
    ['they told a user', ours({}, { podUser: USER })],
    ['a user stands on the source', ours({ spec: sourceSpec({ moverSpec: moverSpec(CONTEXT) }) })],
    ['the source is that of an earlier claim', ours({}, { claimUid: 'another' })],
    ['its namespace goes', { namespaces: [namespace({ terminating: true })] }],
    ['its namespace is excluded, and a mover fails', ours(), { settings: { excludeNamespaces: ['media'] } }],
    ['its namespace has no credentials, and a mover fails', { ...ours(), bases: {} }],
  ];
  it.each(without)('not where %s', (_, parts, more) => {
    expect(asked(parts, more)).toEqual([]);
  });

  it('not while nothing may be written, nor while nobody could list the bucket, nor where its namespace is not there', () => {
    const { situations, context } = placed(world());
    const [s] = situations;
    const wants = (facts: Partial<Situation>, frozen: Context['frozen'] = null): boolean =>
      wantsPods({ ...s!, ...facts }, { ...context, frozen });
    const unread = { listed: { state: 'unknown', reason: 'listing-failed', message: '' } } as const;
    expect([wants({}), wants({}, 'listing-shrank'), wants(unread), wants({ namespaceObject: null })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('while its base credentials have a gap: that is filled before its source is made', () => {
    expect(asked({ bases: { media: base({ missing: ['RESTIC_PASSWORD'] }) } })).toEqual([PLACE]);
  });

  it('while nobody has read the Secrets of its namespace yet', () => {
    const bases = { media: { version: BASE_VERSION, content: null } };
    expect(asked({ bases, credentials: {} })).toEqual([PLACE]);
  });

  it('not where the destination keeps the user of a source that is gone', () => {
    const kept = destination({
      annotations: { ...proven(), [ANNOTATION.moverFrom]: 'source' },
      spec: spec({ moverSpec: moverSpec(CONTEXT) }),
    });
    expect(asked({ destinations: [kept] })).toEqual([]);
  });

  it('not where the claim record names one', () => {
    const bucket = { ...bucketView(), records: new Map([[KEY, RECORD]]) };
    expect(asked({}, { bucket })).toEqual([]);
  });

  it('again when a mover of its source fails, where no pod used it at first', () => {
    expect(asked(ours())).toEqual([PLACE]);
  });

  it('again when its restore fails, too', () => {
    expect(asked({ ...ours(), movers: [mover({ active: 0, ready: 0, failed: 1 })] })).toEqual([PLACE]);
  });
});

describe('what they tell', () => {
  it('is the user of the source, and remembered on it', () => {
    const actions = planOf(world({ podUsers: { [KEY]: USER } })).chains.flat();
    expect(contextIn(actions, 'create-source')).toEqual(CONTEXT.moverSecurityContext);
    expect(actions.find(({ kind }) => kind === 'create-source')).toMatchObject({
      source: { memory: { podUser: USER } },
    });
  });

  it('is the user of the destination, which keeps it', () => {
    const actions = planOf(world({ podUsers: { [KEY]: USER }, destinations: [], images: [] })).chains.flat();
    expect(contextIn(actions, 'create-destination')).toEqual(CONTEXT.moverSecurityContext);
    expect(actions.find(({ kind }) => kind === 'create-destination')).toMatchObject({
      desired: { memory: { mover: CONTEXT.moverSecurityContext } },
    });
  });

  it('goes before --mover, and the annotation of the claim before both', () => {
    const settings = { mover: { runAsUser: 1, runAsGroup: 1, fsGroup: 1 } };
    const moverUser = { runAsUser: 2, runAsGroup: 2, fsGroup: 2 };
    const told = world({ podUsers: { [KEY]: USER } }, { settings });
    const named = world(
      { podUsers: { [KEY]: USER }, claims: [claim({ moverUser, createdAt: NOW - HOUR })] },
      { settings },
    );
    expect(contextIn(planOf(told).chains.flat(), 'create-source')).toEqual(CONTEXT.moverSecurityContext);
    expect(contextIn(planOf(named).chains.flat(), 'create-source')).toEqual(moverUser);
  });

  it('is nothing: --mover decides, and nobody looks again', () => {
    const settings = { mover: { runAsUser: 1, runAsGroup: 1, fsGroup: 1 } };
    const actions = planOf(world({ podUsers: { [KEY]: 'none' } }, { settings })).chains.flat();
    expect(contextIn(actions, 'create-source')).toEqual(settings.mover);
    expect(actions.find(({ kind }) => kind === 'create-source')).toMatchObject({
      source: { memory: { podUser: 'none' } },
    });
  });

  it('mends a source whose mover fails, between two of its tries', () => {
    const actions = planOf(world({ ...ours(), podUsers: { [KEY]: USER } })).chains.flat();
    expect(contextIn(actions, 'update-source')).toEqual(CONTEXT.moverSecurityContext);
  });
});

describe('explain', () => {
  const lines = (podUser: string): string[] => {
    const { claims, context } = planOf(world({ ...ours({}, { podUser }), movers: [] }));
    return claims.flatMap((one) => explain(one, context).facts.map(({ what, seen }) => `${what} (${seen})`));
  };

  it('says what the pods told, and where it stands', () => {
    expect(lines(USER)).toContain(
      `pods of the claim run as ${USER}: so do its movers, where nobody names another user (cluster: annotation pod-user of plex-config-backup)`,
    );
  });

  it('says that they told nothing', () => {
    expect(lines('none')).toContain(
      'pods of the claim name no user for its movers, or not all the same (cluster: annotation pod-user of plex-config-backup)',
    );
  });
});
