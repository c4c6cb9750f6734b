/** The evidence of how a claim began: what a log says, and what one empty answer does not say. */
import { describe, expect, it } from 'vitest';
import { NO_SOURCE_MEMORY, type SourceMemory } from '../../../src/source.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  SECOND,
  bucketView,
  claim,
  clusterView,
  indexOf,
  listed,
  planOf,
  snapshot,
  source,
  type World,
} from '../../support/build.ts';

const iso = (at: number): string => new Date(at).toISOString();
const WATCHED = { _generatedAt: iso(NOW - 5 * MINUTE), _since: iso(NOW - 240 * HOUR) };
const CAME = NOW - 3 * HOUR;

/** A claim that came three hours ago; somebody else's source has backed it up since, and no run has looked until now. */
function unseen(first: number, parts: Parameters<typeof clusterView>[0] = {}): World {
  const logs = `snapshot ${LATER} saved`;
  return {
    bucket: bucketView({ [KEY]: listed([snapshot(NEWEST, first), snapshot(LATER, NOW - HOUR)]) }),
    cluster: clusterView({
      claims: [claim({ createdAt: CAME, restoresFromUs: false })],
      sources: [source({ moverLogs: logs, lastSyncAt: NOW - HOUR, createdAt: CAME })],
      destinations: [],
      images: [],
      index: indexOf(WATCHED),
      volumes: { [KEY]: null },
      ...parts,
    }),
    settings: { sources: 'on' },
  };
}

function began(world: World): string | null | undefined {
  return planOf(world).entries[0]?.source.origin;
}

describe('backups that nobody has seen', () => {
  it('are the claim’s own when its source has saved the last one since, and they are much younger than the claim', () => {
    expect(began(unseen(NOW - 2 * HOUR))).toBeNull();
    expect(planOf(unseen(NOW - 2 * HOUR)).findings.map(({ reason }) => reason)).not.toContain('restore-missed');
  });

  it('are its own when it owns the source that saved them, however soon after it that began', () => {
    const owned = { ...NO_SOURCE_MEMORY, claimUid: 'uid-of-claim' };
    const moverLogs = `snapshot ${LATER} saved`;
    const soon = { moverLogs, lastSyncAt: CAME + 9 * SECOND, lastSyncSeconds: 9, createdAt: CAME };
    const only = bucketView({ [KEY]: listed([snapshot(LATER, CAME + 9 * SECOND)]) });
    const by = (memory: SourceMemory): World => ({
      ...unseen(0, { sources: [source({ ...soon, memory })] }),
      bucket: only,
    });

    expect(began(by(owned))).toBeNull();
    expect(began(by({ ...owned, claimUid: 'uid-of-the-claim-before' }))).toBe('missed');
    expect(began(by(NO_SOURCE_MEMORY))).toBe('missed');
  });

  it.each([
    ['one was there before the claim', CAME - MINUTE],
    ['one ended so soon after it that it may be of the claim before', CAME + 5 * MINUTE],
  ])('are in doubt when %s', (_, first) => {
    expect(began(unseen(first))).toBe('missed');
  });

  it('are in doubt when the last sync of the source began before the claim', () => {
    const waited = source({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW - HOUR, lastSyncSeconds: 3 * 3600 });
    expect(began(unseen(NOW - 2 * HOUR, { sources: [waited] }))).toBe('missed');
  });
});

describe('L1: a claim that has come since the run has listed the bucket', () => {
  const came = (createdAt: number): World =>
    unseen(NOW - 4 * HOUR, { claims: [claim({ createdAt, restoresFromUs: false })], sources: [] });

  it('is judged by the next run: what was saved until it came is not in this listing', () => {
    expect([NOW, NOW + SECOND].map((createdAt) => began(came(createdAt)))).toEqual(['missed', null]);
    expect(
      planOf(came(NOW + SECOND))
        .chains.flat()
        .map(({ kind }) => kind),
    ).not.toContain('create-source');
  });
});

describe('F11: a source has saved a snapshot, and the listings show none', () => {
  const pending = { uid: 'uid-of-claim', origin: null, held: null, newest: null, since: NOW - HOUR };
  const world = (moverLogs: string): World => ({
    bucket: bucketView({}),
    cluster: clusterView({
      claims: [claim({ createdAt: CAME, restoresFromUs: false })],
      sources: [
        source({
          managed: true,
          moverLogs,
          memory: { ...NO_SOURCE_MEMORY, claimUid: 'uid-of-claim', origin: pending },
        }),
      ],
      destinations: [],
      images: [],
      index: indexOf(WATCHED),
      volumes: { [KEY]: null },
    }),
    settings: { sources: 'on' },
  });

  it('is an empty bucket in the place of the real one, and decides nothing, however often it is seen', () => {
    expect([began(world('')), began(world(`snapshot ${LATER} saved`))]).toEqual(['fresh', null]);
  });
});

describe('F11: one empty answer about a repository that is known', () => {
  const known = indexOf({ ...WATCHED, 'media.plex-config': `attach warm ${NEWEST} ${iso(NOW - HOUR)}` });
  const world: World = {
    bucket: bucketView({ [KEY]: listed([]) }),
    cluster: clusterView({ claims: [claim({ createdAt: CAME })], index: known, volumes: { [KEY]: IMAGE } }),
    settings: { sources: 'on' },
  };

  it('does not decide how the claim began', () => {
    expect(began(world)).toBeNull();
  });
});
