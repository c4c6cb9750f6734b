/** One Secret for both directions: who needs it, when it follows the base, and when it has to wait. */
import { describe, expect, it } from 'vitest';
import type { OurCredentials } from '../../../src/model.ts';
import { NO_SOURCE_MEMORY, type Source } from '../../../src/source.ts';
import { lookupsWanted } from '../../../src/plan/fleet/lookups.ts';
import {
  BASE_VERSION,
  HOUR,
  KEY,
  MINUTE,
  NOW,
  PROVEN,
  SECOND,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  mover,
  placed,
  planOf,
  source,
  sourceMover,
  syncing,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const REF = { namespace: 'media', claim: 'plex-config' };
const NEXT = { ...base(), version: 'base-uid/8' };

/** Ours, which follows the base as it was; its claim has been there for long. */
function ours(overrides: Partial<Source> = {}): Source {
  const memory = { ...NO_SOURCE_MEMORY, claimUid: claim().uid, baseVersion: BASE_VERSION };
  return source({ managed: true, memory, ...overrides });
}

function world(credentials: OurCredentials | { state: 'absent' } | null, parts: ClusterParts = {}): World {
  const cluster = clusterView({
    destinations: [],
    sources: [ours()],
    credentials: credentials === null ? {} : { [KEY]: credentials },
    bases: { media: NEXT },
    index: indexOf({ _since: new Date(NOW - 240 * HOUR).toISOString() }),
    ...parts,
  });
  return { cluster, bucket: bucketView({}), settings: { sources: 'on' } };
}

function done(given: World): string[] {
  return planOf(given)
    .chains.flat()
    .map(({ kind }) => kind)
    .filter((kind) => /credentials|password/.test(kind));
}

const rotated = (more: Partial<OurCredentials> = {}): OurCredentials => ({
  state: 'ours',
  differs: ['AWS_ACCESS_KEY_ID'],
  password: PROVEN,
  ...more,
});

describe('the credentials of a source of ours', () => {
  it('follow the base without a destination, and the version is noted on the source', () => {
    expect(done(world(rotated()))).toEqual(['update-credentials']);
    const follows = planOf(world({ state: 'ours', differs: [], password: PROVEN })).chains.flat();
    expect(follows.map((one) => ('source' in one ? one.source.memory.baseVersion : one.kind))).toEqual(['base-uid/8']);
  });

  it('are made again when they have vanished', () => {
    expect(done(world({ state: 'absent' }))).toEqual(['create-credentials']);
  });

  it.each([
    ['while a mover of it runs', { movers: [sourceMover()] }],
    ['while VolSync copies the volume for one', { sources: [ours({ lastSyncStartAt: NOW - 30 * SECOND })] }],
    ['when its backup is due within two minutes', { sources: [ours({ nextSyncAt: NOW + MINUTE })] }],
    ['while a restore runs', { destinations: [syncing()], movers: [mover()] }],
  ] satisfies [string, ClusterParts][])('wait %s', (_, parts) => {
    expect([done(world(rotated(), parts)), done(world(rotated({ reshaped: true }), parts))]).toEqual([[], []]);
  });

  it('reach a mover that fails, but for another set of keys: VolSync would kill its running pod', () => {
    const failing = { movers: [sourceMover({ failed: 2 })] };
    expect([done(world(rotated(), failing)), done(world(rotated({ reshaped: true }), failing))]).toEqual([
      ['update-credentials'],
      [],
    ]);
    const between = { movers: [sourceMover({ active: 0, ready: 0, failed: 2 })] };
    expect(done(world(rotated({ reshaped: true }), between))).toEqual(['update-credentials']);
  });

  it('F9: are corrected at once when they name another repository', () => {
    expect(done(world(rotated({ differs: ['RESTIC_REPOSITORY'] }), { movers: [sourceMover()] }))).toEqual([
      'update-credentials',
    ]);
  });

  it('L2: a password that is being tried is not exchanged under its mover', () => {
    const unproven = rotated({ differs: ['RESTIC_PASSWORD'], password: { proven: false, changedAt: NOW } });
    expect(done(world(unproven, { movers: [sourceMover()] }))).toEqual([]);
    expect(done(world(unproven, { movers: [sourceMover({ failed: 1 })] }))).toEqual(['update-credentials']);
  });

  it('L2: a password with which it has saved is proven, and kept', () => {
    const unproven = rotated({ differs: ['RESTIC_PASSWORD'], password: { proven: false, changedAt: NOW - 2 * HOUR } });
    expect([done(world(unproven)), planOf(world(unproven)).findings.map(({ reason }) => reason)]).toEqual([
      ['prove-password'],
      expect.arrayContaining(['password-changed']),
    ]);
  });
});

describe('credentials are read', () => {
  const read = (given: World): unknown => {
    const { situations, context } = placed(given);
    const { repositories, remembered } = lookupsWanted(situations, context);
    return [repositories, remembered];
  };
  const unread = (parts: ClusterParts): World =>
    world(null, { bases: { media: { version: BASE_VERSION, content: null } }, ...parts });

  it.each([
    ['nobody’s in a steady state with a source alone', {}, []],
    ['nobody’s in a steady state with both', { destinations: [destination()] }, []],
    ['when the base has changed', { bases: { media: { version: 'base-uid/8', content: null } } }, [REF]],
    [
      'when VolSync makes no Job for a backup: the Secret may have vanished',
      {
        sources: [ours({ lastSyncStartAt: NOW - 10 * MINUTE })],
      },
      [REF],
    ],
    ['where a base has arrived late and nobody backs the claim up', { sources: [] }, [REF]],
    ['not while there is no base', { sources: [], bases: {} }, []],
  ] satisfies [string, ClusterParts, unknown[]][])('%s', (_, parts, wanted) => {
    expect(read(unread(parts))).toEqual([wanted, []]);
  });
});
