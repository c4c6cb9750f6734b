/**
 * VolSync makes a sync wait while its claim is away, and then copies the volume of whichever claim there is. When that one began with
 * older data, the snapshot is younger than the good one, and no successor of it. Nobody can tell, so nothing is lost: the good one stays
 * the newest, the other one is named, and everything is kept until a person has decided.
 */
import { describe, expect, it } from 'vitest';
import type { Claim, SnapshotObject, Source } from '../../../src/model.ts';
import { NO_SOURCE_MEMORY } from '../../../src/source.ts';
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
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  listed,
  planOf,
  proven,
  restoredLog,
  snapshot,
  source,
  spec,
  type ClusterParts,
  type World,
} from '../../support/build.ts';

const iso = (at: number): string => new Date(at).toISOString();
const NORMAL = { hourly: 24, daily: 7, within: '3d' };
const EVERYTHING = { ...NORMAL, last: 'unlimited' };

/** The good one was saved an hour ago; the claim came half an hour later, and was backed up a quarter of an hour ago. */
const CAME = NOW - 30 * MINUTE;
const GOOD = [snapshot(OLD, NOW - 24 * HOUR), snapshot(NEWEST, NOW - HOUR)];
const FOUND = [...GOOD, snapshot(LATER, NOW - 15 * MINUTE)];
/** A sync of two hours: it has waited for the claim. */
const waited = (parts: Partial<Source> = {}): Source =>
  source({
    moverLogs: `snapshot ${LATER} saved\nRestic completed in 4s`,
    lastSyncAt: NOW - 15 * MINUTE,
    lastSyncSeconds: 2 * 3600,
    ...parts,
  });
/** Restore point with the older one. */
const older = destination({ annotations: proven(OLD), manual: OLD, lastManualSync: OLD, moverLogs: restoredLog(OLD) });

/** What the index says of the claim: at first it knows the older one alone. */
function known(entry = `attach warm ${OLD} ${iso(NOW - 24 * HOUR)}`): ReturnType<typeof indexOf> {
  return indexOf({ _generatedAt: iso(NOW - 70 * MINUTE), _since: iso(NOW - 240 * HOUR), 'media.plex-config': entry });
}

/** The claim began with the older one, and no run has looked since the good one was saved. */
function first(parts: ClusterParts = {}, found: readonly SnapshotObject[] = FOUND): World {
  return {
    bucket: bucketView({ [KEY]: listed(found) }),
    cluster: clusterView({
      claims: [claim({ uid: 'first', createdAt: CAME })],
      sources: [waited()],
      destinations: [older],
      index: known(),
      volumes: { [KEY]: IMAGE },
      ...parts,
    }),
    settings: { sources: 'on' },
  };
}

function entryOf(world: World): string {
  return planOf(world).index?.entries.get('media.plex-config') ?? '';
}

/** The run after that one. */
function after(world: World): World {
  return { ...world, cluster: { ...world.cluster!, index: known(entryOf(world)) } };
}

/** What the index remembers of how the claim began. */
function origin(world: World): string | undefined {
  return / origin=(\S+)/.exec(entryOf(world))?.[1];
}

function newest(world: World): string | undefined {
  return planOf(world).entries[0]?.backup.newest?.id.slice(0, 8);
}

function said(world: World): string[] {
  return planOf(world).findings.map(({ reason }) => reason);
}

function messageOf(world: World): string | undefined {
  return planOf(world).findings.find(({ reason }) => reason === 'restore-stale')?.message;
}

function retainOf(world: World): unknown {
  for (const action of planOf(world).chains.flat()) if ('source' in action) return action.source.spec.retain;
  return null;
}

/** The claim of the name that came after it, five minutes ago, with the good one; nobody backs it up yet. */
function second(entry = entryOf(after(first())), parts: ClusterParts = {}, made: Partial<Claim> = {}): World {
  return first({
    claims: [claim({ uid: 'second', createdAt: NOW - 5 * MINUTE, ...made })],
    sources: [],
    destinations: [destination()],
    index: known(entry),
    ...parts,
  });
}

const SECOND_CAME = iso(NOW - 5 * MINUTE + SECOND);

describe('a claim that began with older data, and was backed up by a sync that had waited for it', () => {
  it('L1: the good one stays the newest, and of the other it is said that nobody can tell', () => {
    expect([newest(after(first())), origin(first())]).toEqual([
      NEWEST,
      `stale@first;held=${OLD};newest=${NEWEST};unsure=${LATER}`,
    ]);
    expect(messageOf(first())).toMatch(
      new RegExp(
        `^the claim was filled from ${OLD} although ${NEWEST} was newer; its source plex-config-backup is not ours, .*; to get that data: ` +
          `delete the claim and create it again; nobody can tell whether ${LATER}, saved later, follows on that or on older data; to go on as it is: .*=first --overwrite$`,
      ),
    );
  });

  it('F11: so it is when it began with nothing', () => {
    const missed = first({ volumes: { [KEY]: null } });
    expect([newest(after(missed)), origin(missed), said(missed)]).toEqual([
      NEWEST,
      `missed@first;newest=${NEWEST};unsure=${LATER}`,
      ['restore-missed'],
    ]);
  });

  it('L1: so it is when the source is gone since, or came after the claim', () => {
    const told = [[], [waited({ createdAt: CAME, lastSyncSeconds: 15 * 60 })]].map((sources) =>
      origin(first({ sources })),
    );
    expect(new Set(told)).toEqual(new Set([`stale@first;held=${OLD};newest=${NEWEST};unsure=${LATER}`]));
  });

  it('L1: so it is when a run before that had seen the snapshot and not the volume', () => {
    const unseen = first({ volumes: {} });
    expect(planOf(unseen).entries[0]?.source.origin).toBeNull();
    expect(origin(first({ index: known(entryOf(unseen)) }))).toContain(`newest=${NEWEST};unsure=${LATER}`);
  });

  it.each([
    ['a sync that began since', waited({ lastSyncSeconds: 8 })],
    ['the claim’s own source', waited({ memory: { ...NO_SOURCE_MEMORY, claimUid: 'first' } })],
  ])('L1: what %s has saved is its own, and nothing is unsure', (_, one) => {
    expect(origin(first({ sources: [one] }))).toBe(`stale@first;held=${OLD};newest=${NEWEST}`);
  });

  it('what a mover has saved that was at work before the claim came is of the one before', () => {
    const long = (seconds: number): World =>
      first({ sources: [waited({ moverLogs: `snapshot ${LATER} saved\nRestic completed in ${seconds}s` })] });
    const before = 15 * 60 + 60;
    expect([before, before + 1].map((seconds) => origin(long(seconds)))).toEqual([
      `stale@first;held=${OLD};newest=${NEWEST};unsure=${LATER}`,
      `stale@first;held=${OLD};newest=${LATER}`,
    ]);
  });

  it.each([0, MINUTE])(
    'what was saved until it came is of the one before, by a bucket whose clock is %i ms ahead',
    (skew) => {
      const at = (time: number): World => {
        const bucket = bucketView({ [KEY]: listed([...GOOD, snapshot(LATER, time + skew)]) }, { skew });
        return { ...first(), bucket };
      };
      expect([CAME + SECOND, CAME + SECOND + 1].map((time) => origin(at(time)))).toEqual([
        `stale@first;held=${OLD};newest=${LATER}`,
        `stale@first;held=${OLD};newest=${NEWEST};unsure=${LATER}`,
      ]);
    },
  );

  it('where the claim had missed nothing else, it counts: whoever saved it, it follows on what the claim began with', () => {
    const had = first({ destinations: [destination()], index: known(`attach warm ${NEWEST} ${iso(NOW - HOUR)}`) });
    expect([newest(had), origin(had)]).toEqual([LATER, `stale@first;held=${NEWEST};newest=${LATER}`]);
  });

  it('where the bucket is a copy, its times say nothing of who may have saved what', () => {
    const copied = (at: number): World => {
      const marker = { state: 'read' as const, objectAt: NOW, marker: { at, copied: true } };
      const missed = first({ volumes: { [KEY]: null } });
      return { ...missed, bucket: bucketView({ [KEY]: listed(FOUND) }, { marker }) };
    };
    expect([NOW - 15 * MINUTE, NOW - 15 * MINUTE - 1].map((at) => origin(copied(at)))).toEqual([
      `missed@first;newest=${OLD}`,
      `missed@first;newest=${OLD};unsure=${LATER}`,
    ]);
  });

  it('L1: a sync that ends after a run has judged the claim makes nobody sure either', () => {
    const judged = entryOf(first({ sources: [] }, GOOD));
    const ends = (one: Source): World => first({ sources: [one], index: known(judged) });
    expect([origin(ends(waited())), origin(ends(waited({ lastSyncSeconds: 8 })))]).toEqual([
      `stale@first;held=${OLD};newest=${NEWEST};unsure=${LATER}`,
      `stale@first;held=${OLD};newest=${NEWEST}`,
    ]);
    expect(origin(first({ sources: [], index: known(entryOf(ends(waited()))) }))).toContain(`unsure=${LATER}`);
  });

  it('what its own source has saved before the last time stays its own', () => {
    const own = waited({
      moverLogs: 'snapshot dddddddd saved',
      lastSyncAt: NOW - MINUTE,
      memory: { ...NO_SOURCE_MEMORY, claimUid: 'first' },
    });
    const found = [...GOOD, snapshot(LATER, CAME + 2 * MINUTE), snapshot('dddddddd', NOW - MINUTE)];
    const judged = entryOf(first({ sources: [] }, GOOD));
    expect(origin(first({ sources: [own], index: known(judged) }, found))).toBe(
      `stale@first;held=${OLD};newest=${NEWEST}`,
    );
  });

  it('a claim that began with its newest backup is in no doubt, whatever a waiting sync saves', () => {
    const healthy = { destinations: [destination()], index: known(`attach warm ${NEWEST} ${iso(NOW - HOUR)}`) };
    const judged = entryOf(first({ ...healthy, sources: [] }, GOOD));
    const later = first({ ...healthy, index: known(judged) });
    expect([origin(later), newest(later), messageOf(later)]).toEqual([
      `restored@first;held=${NEWEST};newest=${NEWEST}`,
      LATER,
      undefined,
    ]);
  });

  it('its owner’s acceptance ends it: what is newest counts, whoever saved it', () => {
    const accepted = first({ claims: [claim({ uid: 'first', createdAt: CAME, accept: 'first' })] });
    expect([origin(accepted), newest(after(accepted))]).toEqual([`stale@first;held=${OLD}`, LATER]);
  });
});

describe('the next claim of the name', () => {
  it('L1: gets the good one; its source keeps everything, and what is unsure is said with both ways out', () => {
    const world = second();
    expect([origin(world), retainOf(world)]).toEqual([
      `restored@second;held=${NEWEST};newest=${NEWEST};since=${SECOND_CAME};unsure=${LATER}`,
      EVERYTHING,
    ]);
    expect(messageOf(world)).toBe(
      `the claim came back with ${NEWEST}, and nobody can tell whether ${LATER} holds data that it misses: that was saved after a claim had started without its newest backup; ` +
        `no source backs it up; to look into it: a ReplicationDestination of your own with restoreAsOf: "${iso(NOW - 15 * MINUTE)}"; ` +
        'to go on as it is: kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=second --overwrite',
    );
  });

  it('L1: and so does every later one, until one is accepted', () => {
    const third = second(entryOf(second()), {}, { uid: 'third' });
    const accepted = second(entryOf(second()), {}, { uid: 'third', accept: 'third' });
    expect([origin(third), retainOf(third), said(third)]).toEqual([
      `restored@third;held=${NEWEST};newest=${NEWEST};since=${SECOND_CAME};unsure=${LATER}`,
      EVERYTHING,
      ['restore-stale'],
    ]);
    expect([origin(accepted), said(accepted)]).toEqual([
      `restored@third;held=${NEWEST};newest=${NEWEST};since=${SECOND_CAME}`,
      [],
    ]);
  });

  it('L1: is told of both when it was filled with the unsure one after all, and so is the one that comes after it', () => {
    const wrong = destination({ annotations: proven(LATER), manual: LATER, lastManualSync: LATER });
    const filled = second(undefined, { destinations: [wrong] });
    expect(origin(filled)).toBe(`stale@second;held=${LATER};newest=${NEWEST};unsure=${LATER}`);
    expect(origin(second(entryOf(filled), {}, { uid: 'third' }))).toBe(
      `restored@third;held=${NEWEST};newest=${NEWEST};since=${SECOND_CAME};unsure=${LATER}`,
    );
  });

  it('L1: so does one that comes after it had saved its own, since that follows on what it began with', () => {
    const own = snapshot('dddddddd', NOW - 2 * MINUTE);
    const bucket = bucketView({ [KEY]: listed([...FOUND, own]) });
    const held = destination({ annotations: proven('dddddddd'), manual: 'dddddddd', lastManualSync: 'dddddddd' });
    const made = { uid: 'third', createdAt: NOW - MINUTE };
    const third = { ...second(entryOf(second()), { destinations: [held] }, made), bucket };
    expect([origin(third), retainOf(third), said(third)]).toEqual([
      `restored@third;held=dddddddd;newest=dddddddd;since=${iso(NOW - MINUTE + SECOND)};unsure=${LATER}`,
      EVERYTHING,
      ['restore-stale'],
    ]);
    expect(said({ ...third, cluster: { ...third.cluster!, claims: new Map() } })).not.toContain('restore-stale');

    const quiet = bucketView({ [KEY]: listed([...FOUND, own]) });
    const fourth = { ...second(entryOf(third), { destinations: [held] }, { ...made, uid: 'fourth' }), bucket: quiet };
    const fifth = { ...second(entryOf(fourth), { destinations: [held] }, { ...made, uid: 'fifth' }), bucket: quiet };
    expect([fourth, fifth].map(origin)).toEqual(
      ['fourth', 'fifth'].map((uid) => `restored@${uid};held=dddddddd;newest=dddddddd;unsure=${LATER}`),
    );
    expect([retainOf(fifth), said(fifth)]).toEqual([EVERYTHING, ['restore-stale']]);
  });

  it('is in no doubt once that snapshot is gone', () => {
    const gone = { ...second(), bucket: bucketView({ [KEY]: listed(GOOD) }) };
    expect([origin(gone), said(gone)]).toEqual([`restored@second;held=${NEWEST};newest=${NEWEST}`, ['retention-held']]);
  });

  it('its restore point, asked for by the time of the good one, is none of the future, accepted or not', () => {
    const byTime = destination({ spec: spec({ restoreAsOf: NOW - HOUR }) });
    const told = (accept: string | null): string[] => said(second(undefined, { destinations: [byTime] }, { accept }));
    const ordinary = after({
      ...second(undefined, { destinations: [byTime], index: known(`attach warm ${NEWEST} ${iso(NOW - HOUR)}`) }),
      bucket: bucketView({ [KEY]: listed(GOOD) }),
    });
    expect([told(null), told('second')]).toEqual([['restore-stale'], []]);
    expect(said(ordinary)).toContain('snapshot-from-the-future');
  });

  it('L1: does not go on with what a sync of the claim before it saves later', () => {
    const late = snapshot('dddddddd', NOW - MINUTE);
    const judged = entryOf(second());
    const sources = [waited({ moverLogs: 'snapshot dddddddd saved', lastSyncAt: NOW - MINUTE })];
    const world = { ...second(judged, { sources }), bucket: bucketView({ [KEY]: listed([...FOUND, late]) }) };
    expect([newest(world), origin(world)]).toEqual([
      'dddddddd',
      `restored@second;held=${NEWEST};newest=${NEWEST};since=${iso(NOW - MINUTE)};unsure=dddddddd`,
    ]);
    expect(newest(after(world))).toBe(NEWEST);
  });
});

describe('what a claim in doubt has saved', () => {
  const sure = first({ sources: [waited({ lastSyncSeconds: 8 })] });
  const KEEPS = ' keep=hourly=24,daily=7,within=3d';

  it('is kept when the next claim has come back as it should, and that is said until it is accepted', () => {
    const back = second(`${entryOf(sure)}${KEEPS}`);
    const accepted = second(`${entryOf(sure)}${KEEPS}`, {}, { accept: 'second' });
    expect([origin(back), retainOf(back), said(back)]).toEqual([
      `restored@second;held=${NEWEST};newest=${NEWEST};since=${SECOND_CAME}`,
      EVERYTHING,
      ['retention-held'],
    ]);
    expect(planOf(back).findings[0]?.message).toContain(
      'everything is kept (a claim before this one had started without its backup, and what it has saved is there)',
    );
    expect([retainOf(accepted), said(accepted)]).toEqual([NORMAL, []]);
  });
});
