/** Small facts about one claim, each with what it needs taken away in turn. */
import { describe, expect, it } from 'vitest';
import type { MarkerLook } from '../../../src/bucket-marker.ts';
import type { Destination } from '../../../src/model.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import { acceptCommand } from '../../../src/plan/facts/accept-command.ts';
import { acceptedOf } from '../../../src/plan/facts/accepted.ts';
import { ageOf } from '../../../src/plan/facts/age.ts';
import { changedFrom, isOfThisPlace } from '../../../src/plan/facts/changed.ts';
import { hasServed, isMadeFresh, mayStartEmpty } from '../../../src/plan/facts/fresh.ts';
import { heldBack } from '../../../src/plan/facts/held-back.ts';
import { withCredentials, withProbe } from '../../../src/plan/facts/looked-again.ts';
import { newestOf } from '../../../src/plan/facts/newest.ts';
import type { Repository } from '../../../src/plan/facts/repositories.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { staleLocks } from '../../../src/plan/facts/stale-locks.ts';
import { unsteeredBy } from '../../../src/plan/facts/steering.ts';
import { timesFrom } from '../../../src/plan/facts/times.ts';
import { turnHasCome } from '../../../src/plan/facts/turns.ts';
import { busiest, hasNewSnapshot, moverOf, writersOf } from '../../../src/plan/facts/writers.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  base,
  bucketView,
  claim,
  clusterView,
  destination,
  foreign,
  image,
  indexOf,
  listed,
  mover,
  settings,
  situation,
  snapshot,
  snapshots,
  source,
  sourceMover,
  waitingClaim,
  type DestinationParts,
} from '../../support/build.ts';

const FAR: Repository = {
  where: {
    kind: 'referenced',
    address: { backend: 's3', scheme: 'http', host: 'x', bucket: 'b', path: 'p' },
    path: null,
  },
  key: 's3:http://x/b/p',
  shown: 's3:http://x/b/p',
  secret: 'far',
  sources: [],
  restored: true,
};
const NOWHERE: Repository = {
  ...FAR,
  where: { kind: 'out-of-reach', address: { backend: 'none', problem: 'empty' } },
  key: null,
};

function entryOf(text: string): Situation['indexed'] {
  return situation({ index: indexOf({ 'media.plex-config': text }) }).indexed;
}

describe('what a person accepts', () => {
  it('stands on the claim, else on the destination', () => {
    const noted = destination({ memory: { ...NO_MEMORY, accept: 'there' } });
    const of = (accept: string | null, destination_: Destination | null): string | null =>
      acceptedOf({ claimObject: accept === 'no claim' ? null : claim({ accept }), destination: destination_ });
    expect([
      of('here', noted),
      of(null, noted),
      of('no claim', noted),
      of(null, null),
      of('no claim', null),
      of('here', null),
    ]).toEqual(['here', 'there', 'there', null, null, 'here']);
  });

  it('is written with this command', () => {
    const command = (facts: Partial<Situation>): string => acceptCommand({ ...situation(), ...facts }, 'x');
    const to = (object: string): string => `kubectl annotate -n media ${object} volsync-prewarm/accept=x --overwrite`;
    expect([
      command({}),
      command({ claimObject: null, destination: destination({ name: 'plex-dst' }) }),
      command({ claimObject: null, destination: null }),
    ]).toEqual([
      to('pvc/plex-config'),
      to('replicationdestination/plex-dst'),
      to('replicationdestination/plex-config-restore'),
    ]);
  });
});

describe('an age', () => {
  it('is told by the bucket’s clock; what is dated more than five minutes ahead has none', () => {
    const age = (at: number, skew = 0): number | null => ageOf(at, { now: NOW, bucket: { skew } });
    expect([age(NOW - 5), age(NOW + 5 * MINUTE), age(NOW + 5 * MINUTE + 1), age(NOW, 7)]).toEqual([5, 0, null, 7]);
  });

  it('of equal snapshots is told by their ids, so that the answer is always the same', () => {
    const [a, b] = [snapshot('aaaaaaaa', NOW), snapshot('bbbbbbbb', NOW)];
    expect([newestOf([a, b]), newestOf([b, a]), newestOf([snapshot('ffffffff', NOW - 1), a]), newestOf([])]).toEqual([
      b,
      b,
      a,
      null,
    ]);
  });
});

describe('the address of an image', () => {
  const verified = (verifiedAddress: string | null, name = IMAGE): Partial<Situation> => ({
    destination: destination({
      memory: { ...NO_MEMORY, verified: { image: name, id: NEWEST, at: NOW }, verifiedAddress },
    }),
  });
  const long = `s3:http://x/${'b'.repeat(70)}`;
  it.each<[string, string | null, Partial<Situation>]>([
    ['has changed', 'layout', { repository: FAR, ...verified('layout'), probe: null }],
    ['has not, where it is the same', null, { repository: FAR, ...verified('s3:http://x/b/p'), probe: null }],
    ['has not, where its snapshot is there', null, { repository: FAR, ...verified('layout') }],
    [
      'has, where another snapshot is there',
      'layout',
      { repository: FAR, ...verified('layout'), probe: listed([snapshot(LATER)]) },
    ],
    [
      'has, where nobody could look',
      'layout',
      { repository: FAR, ...verified('layout'), probe: { state: 'unknown', reason: 'listing-failed', message: '' } },
    ],
    ['is not known without a destination', null, { repository: FAR, destination: null, probe: null }],
    ['is not known of another image', null, { repository: FAR, ...verified('layout', 'older'), probe: null }],
    [
      'is not known without a proof',
      null,
      { repository: FAR, destination: destination({ memory: NO_MEMORY }), probe: null },
    ],
    [
      'is not compared with one that cannot be looked into',
      null,
      { repository: NOWHERE, ...verified('layout'), probe: null },
    ],
    [
      'is not compared with one that has no room in an entry',
      null,
      { repository: { ...FAR, key: `${long}x` }, ...verified('layout'), probe: null },
    ],
    [
      'is compared with the longest one',
      'layout',
      { repository: { ...FAR, key: long.slice(0, 80) }, ...verified('layout'), probe: null },
    ],
    [
      'is told by the index where the image does not say',
      's3:http://y/b/p',
      { ...verified(null), probe: null, indexed: entryOf(`attach warm ${NEWEST} - repo=s3:http://y/b/p`) },
    ],
    [
      'is the layout path where neither says',
      'layout',
      { repository: FAR, ...verified(null), probe: null, indexed: entryOf(`attach warm ${NEWEST} -`) },
    ],
    [
      'is not known where nothing is remembered',
      null,
      { repository: FAR, ...verified(null), probe: null, indexed: null },
    ],
  ])('%s', (_, from, facts) => {
    expect(changedFrom({ ...situation(), ...facts })).toBe(from);
  });

  it('is that of an entry, or not', () => {
    const [here, there] = [entryOf(`attach warm ${NEWEST} -`), entryOf(`attach warm ${NEWEST} - repo=s3:http://x/b/p`)];
    expect([
      isOfThisPlace(here, null),
      isOfThisPlace(there, null),
      isOfThisPlace(there, FAR),
      isOfThisPlace(here, FAR),
      isOfThisPlace(null, null),
    ]).toEqual([true, false, true, false, false]);
  });
});

describe('an empty start', () => {
  const accepted = {
    waits: true,
    claimObject: waitingClaim({ accept: 'uid-of-claim' }),
    listed: { state: 'no' },
  } as const;
  it.each<[string, boolean, Partial<Situation>]>([
    ['is accepted by the uid of a claim that waits', true, {}],
    ['is not for a claim that does not wait', false, { waits: false }],
    ['is not without a claim', false, { claimObject: null }],
    ['is not by another uid', false, { claimObject: waitingClaim({ accept: 'uid-of-another' }) }],
    ['is not over a backup', false, { listed: { state: 'yes' } }],
  ])('%s', (_, may, facts) => {
    expect(mayStartEmpty({ ...situation(), ...accepted, ...facts })).toBe(may);
  });

  it('has one destination, until its claim is bound or gone', () => {
    const fresh = destination({ memory: { ...NO_MEMORY, fresh: 'uid-of-claim' } });
    const of = (facts: Partial<Situation>): [boolean, boolean] => {
      const s = { ...situation(), destination: fresh, ...facts };
      return [isMadeFresh(s), hasServed(s)];
    };
    expect([
      of({}),
      of({ waits: true }),
      of({ waits: true, claimObject: null }),
      of({ destination: null, waits: true }),
      of({ destination: { ...fresh, managed: false } }),
      of({ destination: destination() }),
    ]).toEqual([
      [true, true],
      [true, false],
      [true, true],
      [false, false],
      [false, false],
      [false, false],
    ]);
  });
});

describe('VolSync is held back', () => {
  const ours = (memory: Partial<Destination['memory']>, parts: DestinationParts = {}): Destination =>
    destination({
      ...parts,
      memory: { ...NO_MEMORY, verified: { image: IMAGE, id: NEWEST, at: NOW }, provenImage: IMAGE, ...memory },
    });
  const due = (at: number): Destination => ours({ nextBackup: at });
  const older = (holdUntil: number | null): Destination => ours({ newest: LATER, holdUntil });
  const suspect = { suspect: { image: IMAGE, reason: 'image-empty' } } as const;
  it.each<[string, string | null, Destination]>([
    ['not from a proven image', null, ours({})],
    ['until half an hour is over', 'newer-snapshot', older(NOW + 1)],
    ['not then', null, older(NOW)],
    ['not where no time was noted', null, older(null)],
    ['not for what the image holds', null, ours({ newest: NEWEST, holdUntil: NOW + 1 })],
    ['not before the next backup is due', null, due(NOW + 1)],
    ['from then on', 'backup-due', due(NOW)],
    ['for twenty minutes', 'backup-due', due(NOW - 20 * MINUTE + 1)],
    ['no longer', null, due(NOW - 20 * MINUTE)],
    ['from a suspect image', 'image-empty', ours(suspect)],
    ['not where exactly this is accepted', null, ours({ ...suspect, accept: NEWEST })],
    ['where something else is accepted', 'image-empty', ours({ ...suspect, accept: LATER })],
    [
      'where nothing is proven and nothing accepted',
      'image-empty',
      ours({ ...suspect, provenImage: null, accept: '' }),
    ],
    ['not where there is no image', null, ours(suspect, { latestImage: null })],
    [
      'while our image is not proven and a sync runs',
      'sync-in-progress',
      ours({ provenImage: null }, { lastSyncStartAt: NOW }),
    ],
  ])('%s', (_, reason, d) => {
    expect(heldBack(d, null, NOW)?.reason ?? null).toBe(reason);
  });

  it('from every claim but the one that may start empty', () => {
    const d = ours({ ...suspect, fresh: 'uid-of-claim' });
    expect([heldBack(d, 'uid-of-claim', NOW), heldBack(d, 'another', NOW)?.reason]).toEqual([null, 'image-empty']);
    expect(heldBack(ours(suspect), null, NOW)).toEqual({ reason: 'image-empty', until: null });
  });
});

describe('after a further look', () => {
  it('its snapshots are known, and what follows from them', () => {
    const before = situation({ destinations: [destination({ annotations: {} })] }, bucketView({ [KEY]: null }));
    const after = withProbe(before, listed(snapshots()), settings());
    expect(before.contents).toEqual({ state: 'unlisted', id: NEWEST });
    expect(after).toEqual({
      ...before,
      probe: listed(snapshots()),
      contents: { state: 'proven', id: NEWEST, fresh: true },
    });
  });

  it('its Secrets are known; where they are as before, nothing is made anew', () => {
    const s = situation();
    const cluster = clusterView();
    expect(
      withCredentials(
        {
          ...s,
          base: cluster.baseCredentials.get('media') ?? null,
          credentials: cluster.repositoryCredentials.get(KEY) ?? null,
        },
        cluster,
        settings(),
      ),
    ).toMatchObject({ key: KEY });
    const same = { ...s, base: null, credentials: null };
    expect(withCredentials(same, clusterView({ bases: {}, credentials: {} }), settings())).toBe(same);
    const read = clusterView({ bases: { media: base() }, credentials: { [KEY]: { state: 'foreign' } } });
    expect(withCredentials(same, read, settings())).toEqual({
      ...same,
      base: base(),
      credentials: { state: 'foreign' },
    });
    expect(
      withCredentials(same, clusterView({ bases: {}, credentials: { [KEY]: { state: 'foreign' } } }), settings())
        .credentials,
    ).toEqual({ state: 'foreign' });
    expect(withCredentials(same, clusterView({ bases: { media: base() }, credentials: {} }), settings()).base).toEqual(
      base(),
    );
    const seen = clusterView({ bases: {}, credentials: {}, podUsers: { [KEY]: '1000:1000:1000' } });
    expect(withCredentials(same, seen, settings())).toEqual({ ...same, podUser: '1000:1000:1000' });
  });
});

describe('locks of dead movers', () => {
  const lock = (name: string, age: number): { name: string; at: number } => ({ name, at: NOW - age });
  const [b, a, later, young] = [lock('b', HOUR), lock('a', HOUR), lock('c', HOUR - 1), lock('d', 10 * MINUTE)];
  const stale = (facts: Partial<Situation> = {}): string[] =>
    staleLocks(
      { ...situation(), probe: listed([], [later, b, young, a]), mover: null, sourceMover: null, ...facts },
      { now: NOW, bucket: { skew: 0 } },
    ).map(({ name }) => name);

  it('are the old ones, the oldest first', () => {
    expect(stale()).toEqual(['a', 'b', 'c']);
    expect(stale({ probe: listed([], [a, b]) })).toEqual(['a', 'b']);
    expect(stale({ mover: mover({ active: 0 }), sourceMover: sourceMover({ active: 0 }) })).toEqual(['a', 'b', 'c']);
  });

  it('are none while a mover works, nor where nobody looked', () => {
    expect([
      stale({ mover: mover() }),
      stale({ sourceMover: sourceMover() }),
      stale({ probe: listed([], null) }),
      stale({ probe: null }),
    ]).toEqual([[], [], [], []]);
  });
});

describe('a destination is steered', () => {
  const theirs = (parts: DestinationParts = {}): Destination => foreign({ adopted: true, ...parts });
  it.each<[string, string | null, Destination]>([
    ['when it is ours', null, destination()],
    ['when it was handed over', null, theirs()],
    ['not with another mover', 'destination-foreign', destination({ mover: 'other' })],
    ['not into a claim, even when it is ours', 'destination-in-place', destination({ destinationPVC: 'plex-config' })],
    ['not when it was not handed over', 'destination-foreign', foreign()],
    [
      'not when it makes no snapshots',
      'image-direct',
      theirs({ spec: { ...destination().spec, copyMethod: 'Direct' } }),
    ],
    ['not beside a schedule', 'destination-scheduled', theirs({ schedule: '0 * * * *' })],
    ['not without a trigger', 'destination-untriggered', theirs({ manual: null })],
  ])('%s', (_, reason, d) => {
    expect(unsteeredBy(d, settings())).toBe(reason);
  });
});

describe('times tell an order', () => {
  const read = (at: number, copied: boolean, objectAt = at): MarkerLook => ({
    state: 'read',
    marker: { at, copied },
    objectAt,
  });
  const from = (repository: Repository | null, marker: MarkerLook | null): number =>
    timesFrom(repository, { bucket: bucketView({}, { marker }), cluster: clusterView() });
  const near: Repository = {
    ...FAR,
    where: {
      kind: 'referenced',
      address: { backend: 's3', scheme: 'http', host: 'x', bucket: 'b', path: 'p' },
      path: 'p',
    },
  };
  it.each<[string, number, () => number]>([
    ['always', -Infinity, () => from(null, null)],
    ['always, where the bucket was never copied', -Infinity, () => from(null, read(NOW, false))],
    ['from the copy on, once a person has said so', NOW, () => from(null, read(NOW, true))],
    ['never in a copy that nobody has confirmed', Infinity, () => from(null, read(NOW, false, NOW + 2 * HOUR))],
    ['always in another bucket', -Infinity, () => from(FAR, read(NOW, true))],
    ['as in the bucket, of what a Secret names in it', NOW, () => from(near, read(NOW, true))],
    ['as in the bucket, of what is out of reach', NOW, () => from(NOWHERE, read(NOW, true))],
    ['as the index says, where the marker could not be read', -Infinity, () => from(null, { state: 'unreadable' })],
  ])('%s', (_, expected, at) => {
    expect(at()).toBe(expected);
  });
});

describe('turns', () => {
  it('come once in twelve periods, and none is lost', () => {
    const keys = Array.from({ length: 300 }, (_, number) => `media/claim-${number}`);
    const come = (writtenAt: number | null, least?: number): number =>
      keys.filter(turnHasCome(writtenAt, NOW, least)).length;
    expect(come(NOW)).toBe(0);
    expect(come(null)).toBe(300);
    expect(come(NOW - HOUR)).toBe(300);
    const one = keys.filter(turnHasCome(NOW, NOW, 1));
    const two = keys.filter(turnHasCome(NOW - 10 * MINUTE, NOW));
    expect(one.length).toBeGreaterThan(10);
    expect(two.length).toBeGreaterThan(one.length);
    expect(one.every((key) => two.includes(key))).toBe(true);
    const before = keys.filter(turnHasCome(NOW - 5 * MINUTE, NOW - 5 * MINUTE, 1));
    expect(two.toSorted()).toEqual([...one, ...before].toSorted());
  });
});

describe('writers', () => {
  const near = source({ name: 'plex', secret: 'near' });
  const far = source({ name: 'plex-far', secret: 'far' });
  const job = sourceMover({ ownerName: 'plex' });
  const cluster = clusterView({ sources: [near, far], movers: [job] });

  it('are the sources that write to the repository, each with its mover', () => {
    const deciding = cluster.sources.get(KEY);
    const names = writersOf(cluster, KEY, null).map(({ source: one, mover: with_ }) => [one.name, with_ === job]);
    expect(deciding?.name).toBe('plex-far');
    expect(names).toEqual([
      ['plex-far', false],
      ['plex', true],
    ]);
    expect(writersOf(cluster, KEY, { ...FAR, sources: ['plex'] }).map(({ source: one }) => one.name)).toEqual(['plex']);
    expect(writersOf(cluster, 'media/other', null)).toEqual([]);
    expect(writersOf(clusterView({ sources: [near] }), KEY, FAR)).toEqual([]);
    const first = { ...cluster, sources: new Map([[KEY, near]]) };
    expect(writersOf(first, KEY, null).map(({ source: one }) => one.name)).toEqual(['plex', 'plex-far']);
    expect(writersOf({ ...cluster, allSources: new Map() }, KEY, null).map(({ source: one }) => one.name)).toEqual([
      'plex-far',
    ]);
  });

  it('are judged by the mover that works, else by one that fails, else by the first', () => {
    const of = (...movers: (typeof job | null)[]): unknown =>
      busiest(movers.map((one) => ({ source: near, mover: one })));
    const [rests, fails, works] = [sourceMover({ active: 0 }), sourceMover({ active: 0, failed: 1 }), sourceMover()];
    expect([of(rests, fails, works), of(rests, fails), of(null, rests), of(null), of()]).toEqual([
      works,
      fails,
      rests,
      null,
      null,
    ]);
    expect(moverOf(cluster, null)).toBeNull();
    expect(moverOf(cluster, { namespace: 'media', owner: 'ReplicationSource', name: 'plex' })).toBe(job);
    expect(moverOf(clusterView(), { namespace: 'media', owner: 'ReplicationSource', name: 'plex' })).toBeNull();
  });

  it('of a destination have made a new snapshot once they have succeeded', () => {
    const done = mover({ succeededAt: NOW });
    const made = (
      parts: Parameters<typeof image>[0],
      d: Destination | null = destination(),
      by: typeof done | null = done,
    ): boolean => hasNewSnapshot(clusterView({ images: [image(parts)] }), d, by);
    const name = 'volsync-plex-config-restore-dest-2';
    expect([
      made({ name }),
      made({}),
      made({ name, deleting: true }),
      made({ name, namespace: 'home' }),
      made({ name: 'volsync-other-dest-2' }),
    ]).toEqual([true, false, false, false, false]);
    expect([
      made({ name }, null),
      made({ name }, destination(), null),
      made({ name }, destination(), mover()),
      made({ name }, destination({ latestImage: null })),
    ]).toEqual([false, false, false, true]);
  });
});
