import { describe, expect, it } from 'vitest';
import { allClaims } from '../../../src/plan/facts/all-claims.ts';
import { compareRefs } from '../../../src/plan/facts/order.ts';
import { parseSelector } from '../../../src/selector.ts';
import {
  PLACE,
  bucketView,
  claim,
  clusterView,
  destination,
  indexOf,
  foreign,
  image,
  listed,
  mover,
  situation,
  source,
  sourceMover,
  unknownRoot,
  waitingClaim,
  type ClusterParts,
} from '../../support/build.ts';

describe('a situation', () => {
  it('joins what belongs to the claim, and nothing of its neighbours', () => {
    const neighbours: ClusterParts = {
      destinations: [destination({ claim: 'other' })],
      sources: [source({ namespace: 'office' })],
      claims: [claim({ claim: 'plex' })],
      images: [image({ namespace: 'office' })],
      movers: [mover({ ownerName: 'plex-config-backup' }), sourceMover({ namespace: 'office' })],
    };
    expect(situation(neighbours)).toMatchObject({
      destination: null,
      source: null,
      claimObject: null,
      image: null,
      mover: null,
      sourceMover: null,
      steered: false,
    });
  });

  it('of several sources shows the mover that works, else one that fails, else that of its own source', () => {
    const sources = [source({ name: 'second' }), source({ name: 'third' }), source()];
    const shown = (...movers: ReturnType<typeof sourceMover>[]): string | undefined =>
      situation({ sources, movers }).sourceMover?.ownerName;
    const done = { active: 0, ready: 0, failed: 0 };
    const [first, second, third] = ['plex-config-backup', 'second', 'third'].map((ownerName) => ({
      ownerName,
      ...done,
    }));
    expect([
      shown(),
      shown(sourceMover(second), sourceMover(first)),
      shown(sourceMover(first), sourceMover({ ...second, failed: 1 }), sourceMover(third)),
      shown(sourceMover({ ...first, failed: 1 }), sourceMover(second), sourceMover({ ...third, active: 1 })),
    ]).toEqual([undefined, 'plex-config-backup', 'second', 'third']);
  });

  it('knows whether the repository was in the listing', () => {
    const without = bucketView({ 'media/other': listed([]) });
    expect([
      situation({}).listed,
      situation({}, without).listed,
      situation({}, bucketView({})).listed,
      situation({}, bucketView({}, { root: { state: 'not-looked' } })).listed,
      situation({}, bucketView({}, { root: unknownRoot() })).listed.state,
    ]).toEqual([{ state: 'yes' }, { state: 'no' }, { state: 'no' }, { state: 'not-looked' }, 'unknown']);
  });

  it('steers what is ours and restic, and what is adopted', () => {
    const steered = (parts: Parameters<typeof destination>[0], adopt: string | null = null): boolean =>
      situation({ destinations: [foreign(parts)] }, bucketView(), {
        adopt: adopt === null ? null : parseSelector(adopt),
      }).steered;
    expect([
      steered({ managed: true }),
      steered({ managed: true, mover: 'other' }),
      steered({}),
      steered({}, 'app=plex'),
      steered({}, 'app=other'),
      steered({ schedule: '@daily' }, 'app=plex'),
      steered({ manual: null }, 'app=plex'),
    ]).toEqual([true, false, false, true, false, false, false]);
  });

  it('tells a claim that waits from one that lives', () => {
    const both = (one: Parameters<typeof claim>[0]): [boolean, boolean] => {
      const s = situation({ claims: [claim(one)] });
      return [s.waits, s.live];
    };
    expect([
      both({}),
      both({ phase: 'Pending' }),
      both({ phase: 'Pending', restoresFromUs: false }),
      both({ phase: 'Lost' }),
    ]).toEqual([
      [false, true],
      [true, false],
      [false, false],
      [false, false],
    ]);
  });
});

describe('all claims', () => {
  it('are those with a repository, a destination, a label or an entry in the index, each once, in code point order', () => {
    const bucket = bucketView({ 'media/b': null, 'audio/z': null, 'media/B': null });
    const cluster = clusterView({
      destinations: [destination({ claim: 'b' }), destination({ claim: 'c' })],
      claims: [waitingClaim({ claim: 'a' })],
      index: indexOf({
        'media.b': 'attach warm 0a1b2c3d -',
        'gone.x.y': 'attach warm 0a1b2c3d -',
        'gone.z': 'garbage',
      }),
    });
    expect(allClaims(bucket, cluster).map((ref) => `${ref.namespace}/${ref.claim}`)).toEqual([
      'audio/z',
      'gone/x.y',
      'media/B',
      'media/a',
      'media/b',
      'media/c',
    ]);
    expect(compareRefs(PLACE, { ...PLACE })).toBe(0);
  });
});
