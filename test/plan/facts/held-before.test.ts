/**
 * A claim that started without its newest backup goes on saving what it has. What it saves is younger, and must never become
 * "the newest": the restore point is held before the claim.
 */
import { describe, expect, it } from 'vitest';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  SECOND,
  actionsOf,
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  listed,
  planOf,
  proven,
  snapshot,
  snapshots,
  source,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const iso = (at: number): string => new Date(at).toISOString();
/** The claim came back half an hour ago with what was older; a quarter of an hour ago it was backed up. */
const CAME = NOW - 30 * MINUTE;
const ITS_OWN = snapshot(LATER, NOW - 15 * MINUTE);
const bucket = bucketView({ [KEY]: listed([...snapshots(), ITS_OWN]) });
const STALE = ` origin=stale@first;held=${OLD};newest=${NEWEST}`;

function known(extra: string, id = NEWEST): ReturnType<typeof indexOf> {
  return indexOf({
    _generatedAt: iso(NOW - 5 * MINUTE),
    _since: iso(NOW - 240 * HOUR),
    'media.plex-config': `attach warm ${id} ${iso(NOW - HOUR)}${extra}`,
  });
}

/** It began with the older snapshot, which is known; somebody else's source saves it. */
function doubtful(parts: ClusterParts = {}): World {
  const saves = source({ moverLogs: `snapshot ${LATER} saved`, lastSyncAt: NOW - 15 * MINUTE });
  const claims = [claim({ uid: 'first', createdAt: CAME })];
  return {
    bucket,
    cluster: clusterView({ claims, sources: [saves], index: known(STALE), ...parts }),
    settings: { sources: 'on' },
  };
}

function newestOf(world: World): string | undefined {
  return planOf(world).entries[0]?.backup.newest?.id.slice(0, 8);
}

const gone: ClusterParts = { claims: [], sources: [] };

describe('held before the claim', () => {
  it('L1: what a claim in doubt has saved does not become the newest', () => {
    expect([newestOf(doubtful()), actionsOf(doubtful(), 'retrigger')]).toEqual([NEWEST, []]);
  });

  it('L1: the next claim of the name gets the good one, and the index remembers what does not count', () => {
    const second = claim({ uid: 'second', createdAt: NOW - 5 * MINUTE });
    const came = doubtful({ claims: [second], sources: [], volumes: { [KEY]: IMAGE } });
    const { index, entries } = planOf(came);
    expect(entries[0]?.source.origin).toBe('restored');
    const said = `origin=restored@second;held=${NEWEST};newest=${NEWEST};since=${iso(NOW - 5 * MINUTE + SECOND)}`;
    expect(index?.entries.get('media.plex-config')).toContain(`${NEWEST} ${iso(NOW - HOUR)} ${said}`);
    expect([newestOf(doubtful(gone)), newestOf(doubtful({ ...gone, index: known(` ${said}`) }))]).toEqual([
      NEWEST,
      NEWEST,
    ]);
  });

  it.each([
    ['in the second in which the next claim came', 500, 0],
    ['before it, by a bucket whose clock is ahead', 30 * SECOND, MINUTE],
  ])('L1: what a bad start has saved %s is not the next claim’s own', (_, later, skew) => {
    const saved = snapshot(LATER, NOW - 5 * MINUTE + later);
    const seen = bucketView({ [KEY]: listed([...snapshots(), saved]) }, { skew });
    const second = claim({ uid: 'second', createdAt: NOW - 5 * MINUTE });
    const parts = { claims: [second], sources: [], volumes: { [KEY]: IMAGE } };
    const entry = planOf({ ...doubtful(parts), bucket: seen }).index?.entries.get('media.plex-config') ?? '';
    const next = { ...doubtful({ ...parts, index: known(entry.slice(entry.indexOf(' origin'))) }), bucket: seen };

    expect([newestOf(next), actionsOf(next, 'retrigger')]).toEqual([NEWEST, []]);
  });

  it('what the next claim saves counts again', () => {
    const said = ` origin=restored@second;held=${NEWEST};newest=${NEWEST};since=${iso(NOW - 20 * MINUTE)}`;
    expect(newestOf(doubtful({ ...gone, index: known(said) }))).toBe(LATER);
  });

  it('an image that holds what does not count is renewed, as of the time of the good one', () => {
    const wrong = destination({ annotations: proven(LATER), manual: LATER, lastManualSync: LATER });
    const [asked] = actionsOf(doubtful({ destinations: [wrong] }), 'retrigger');
    expect(asked?.desired).toMatchObject({ manual: NEWEST, spec: { restoreAsOf: NOW - HOUR } });
  });

  it('a restore point that is made anew is asked for as of that time too', () => {
    const world = doubtful({ destinations: [], images: [], credentials: { [KEY]: { state: 'ours', differs: [] } } });
    const [made] = actionsOf(world, 'create-destination');
    expect(made?.desired).toMatchObject({ manual: NEWEST, spec: { restoreAsOf: NOW - HOUR } });
  });

  it('an accepted start ends it, for the claims that come later too', () => {
    const accepted = doubtful({ claims: [claim({ uid: 'first', createdAt: CAME, accept: 'first' })] });
    expect(newestOf(accepted)).toBe(LATER);
    const entry = planOf(accepted).index?.entries.get('media.plex-config') ?? '';
    expect(entry).toContain(`origin=stale@first;held=${OLD}`);
    expect(newestOf(doubtful({ ...gone, index: known(entry.slice(entry.indexOf(' origin')), LATER) }))).toBe(LATER);
  });

  it('when the good one is gone, what is left counts', () => {
    const left = bucketView({ [KEY]: listed([snapshot(OLD, NOW - 24 * HOUR), ITS_OWN]) });
    expect(newestOf({ ...doubtful(), bucket: left })).toBe(LATER);
  });
});
