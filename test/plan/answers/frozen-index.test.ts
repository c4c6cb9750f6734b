/** What the index says while a run writes nothing else: what it said before, what is new, and why. */
import { describe, expect, it } from 'vitest';
import { indexWrites } from '../../../src/index/shards.ts';
import { indexView } from '../../../src/index/view.ts';
import type { IndexView } from '../../../src/index-model.ts';
import type { ClusterFailure } from '../../../src/failures.ts';
import {
  HOUR,
  MINUTE,
  NEWEST,
  NOW,
  bucketView,
  indexOf,
  listed,
  lostCluster,
  planOf,
  snapshots,
  type World,
} from '../../support/build.ts';

const iso = (at: number): string => new Date(at).toISOString();
const WRITTEN = iso(NOW - 5 * MINUTE);
const HERE = 's3:http://rustfs.example:9000/volsync-backups';
const VALUE = `attach cold:namespace-missing ${NEWEST} ${iso(NOW - HOUR)}`;
const KNOWN = {
  'media.a': `attach warm ${NEWEST} ${iso(NOW - HOUR)}`,
  'media.b': `refuse suspect:image-empty ${NEWEST} ${iso(NOW - HOUR)}`,
  'media.c': VALUE,
};
const ABOUT = {
  _generatedAt: WRITTEN,
  _since: iso(NOW - 48 * HOUR),
  _bucket: HERE,
  '_unknown.office': 'listing-failed',
};
const NEW = bucketView({ 'home/new': listed(snapshots()) });

function shrunk(world: World = {}, index = indexOf({ ...ABOUT, ...KNOWN })): World {
  return { bucket: NEW, cluster: lostCluster({ namespaces: [], bases: {}, index }), ...world };
}

describe('F1: frozen by a listing that shrank', () => {
  it('adds the backups that are new, changes no word of the others, and says why nothing else is done', () => {
    const { frozen, chains, index } = planOf(shrunk());
    expect([frozen, chains]).toEqual(['listing-shrank', []]);
    expect(index?.about).toEqual({ ...ABOUT, _frozen: 'listing-shrank' });
    expect(Object.fromEntries(index?.entries ?? [])).toEqual({ ...KNOWN, 'home.new': VALUE });
  });

  it('keeps the time of the listing that is believed, so that a person can name the index for as long as it stands', () => {
    const later = NOW + HOUR;
    const cluster = shrunk().cluster!;
    const bucket = { ...NEW, startedAt: later };
    expect(planOf({ bucket, cluster, now: later }).index?.about['_generatedAt']).toBe(WRITTEN);
  });

  it('writes that once: a bucket that stays so is a steady state', () => {
    const before = indexOf({ ...ABOUT, ...KNOWN });
    const [write, ...others] = indexWrites(planOf(shrunk()).index, before);
    expect(others).toEqual([]);
    const after = written(before, write?.parameters ?? {});
    expect(after.frozen).toBe('listing-shrank');
    const again = planOf(shrunk({ now: NOW + HOUR }, after));
    expect([again.frozen, indexWrites(again.index, after)]).toEqual(['listing-shrank', []]);
  });

  it('what was added while frozen is known like anything else', () => {
    const index = indexOf({ ...ABOUT, ...KNOWN, 'home.new': VALUE, _frozen: 'listing-shrank' });
    const bucket = bucketView({ 'home/newer': listed(snapshots()) });
    const { entries } = planOf(shrunk({ bucket }, index)).index!;
    expect([entries.get('home.new'), entries.get('home.newer')]).toEqual([VALUE, VALUE]);
  });

  it('forgets the word when the repositories are back', () => {
    const index = indexOf({ ...ABOUT, ...KNOWN, _frozen: 'listing-shrank' });
    const back = { 'media/a': listed(snapshots()), 'media/b': listed(snapshots()), 'media/c': listed(snapshots()) };
    const about = planOf(shrunk({ bucket: bucketView(back) }, index)).index?.about;
    expect(about).toEqual({ _generatedAt: iso(NOW), _since: ABOUT._since, _bucket: HERE });
  });

  it('tells nothing where no index was ever written: it would be the first to believe', () => {
    expect(planOf(shrunk({}, indexOf(KNOWN)))).toMatchObject({ frozen: 'listing-shrank', index: null });
  });
});

it('frozen by a list of the cluster that failed: the same word, and the listing is believed', () => {
  const failures: ClusterFailure[] = [{ resource: 'jobs', namespace: null, kind: 'failed', message: '500' }];
  const bucket = bucketView({ 'media/c': listed(snapshots()), 'home/new': listed(snapshots()) });
  const index = indexOf({ ...ABOUT, 'media.c': VALUE });
  const cluster = lostCluster({ namespaces: [], bases: {}, index, failures });
  const published = planOf({ bucket, cluster }).index;
  expect(published?.about).toMatchObject({ _generatedAt: iso(NOW), _frozen: 'listing-failed' });
  expect([...(published?.entries.keys() ?? [])].sort()).toEqual(['home.new', 'media.c']);
});

describe('commands that do not list the bucket say that runs are frozen, and why', () => {
  const unlooked = bucketView({}, { root: { state: 'not-looked' } });
  const found = (frozen: string): unknown => {
    const index = indexOf({ ...ABOUT, ...KNOWN, _frozen: frozen });
    return planOf({ bucket: unlooked, cluster: lostCluster({ index }) }).findings.filter(
      ({ about }) => about === 'volsync-system/volsync-prewarm-index',
    );
  };

  it('with the command that accepts a listing that shrank', () => {
    expect(found('listing-shrank')).toEqual([
      {
        reason: 'listing-shrank',
        about: 'volsync-system/volsync-prewarm-index',
        message: expect.stringMatching(
          new RegExp(
            `^runs write nothing but the index at the moment: .*: volsync-prewarm run --accept-shrink ${WRITTEN}$`,
          ),
        ),
      },
    ]);
  });

  it('with what any other reason means; a word that nobody knows is none', () => {
    expect(found('volsync-missing')).toMatchObject([{ reason: 'volsync-missing' }]);
    expect(found('a-later-reason')).toEqual([]);
  });
});

describe('--accept-shrink', () => {
  const said = (acceptedIndex: number | 'none' | null, index = indexOf({ ...ABOUT, ...KNOWN })): unknown => {
    const { frozen, findings } = planOf(shrunk({ settings: { acceptedIndex } }, index));
    return [frozen, findings.flatMap(({ reason, message }) => (reason === 'acceptance-unmatched' ? [message] : []))];
  };

  it('names the index that it overrules: then the listing is believed, and nothing is said', () => {
    expect(said(Date.parse(WRITTEN))).toEqual([null, []]);
    expect(said('none', indexOf(KNOWN))).toEqual([null, []]);
  });

  it('acceptance-unmatched: the name of another index has no effect, and that is said', () => {
    expect(said(NOW - HOUR)).toEqual([
      'listing-shrank',
      [`it names ${iso(NOW - HOUR)} and the index is of ${WRITTEN}: it has no effect`],
    ]);
    expect(said('none')).toEqual([
      'listing-shrank',
      [`it names none and the index is of ${WRITTEN}: it has no effect`],
    ]);
  });

  it('acceptance-unmatched: a name that was forgotten in the settings is said while nothing is wrong', () => {
    const { frozen, findings } = planOf({ settings: { acceptedIndex: NOW - HOUR } });
    expect([frozen, findings.map(({ reason }) => reason)]).toEqual([null, ['acceptance-unmatched']]);
  });
});

/** The first index object after a write. */
function written({ shards }: IndexView, parameters: Readonly<Record<string, string>>): IndexView {
  return indexView(shards.map((shard) => ({ ...shard, parameters: { _onStale: 'allow', ...parameters } })));
}
