/** What the index says of itself: each key, and the one fact that changes it. */
import { describe, expect, it } from 'vitest';
import { aboutOf } from '../../../src/plan/answers/index-about.ts';
import type { Context } from '../../../src/plan/facts/situation.ts';
import type { JudgedClaim } from '../../../src/plan/restore/judged-claim.ts';
import type { NamespaceListing } from '../../../src/model.ts';
import {
  HOUR,
  LATER,
  NEWEST,
  NOW,
  bucketView,
  clusterView,
  indexOf,
  listed,
  planOf,
  snapshot,
} from '../../support/build.ts';
import { UNREAD, entry, repository } from '../../support/facts.ts';

const iso = (at: number): string => new Date(at).toISOString();
const { claims, context: CONTEXT } = planOf();
const BUCKET = 's3:http://rustfs.example:9000/volsync-backups';
const NEW = { _generatedAt: iso(NOW), _since: iso(NOW), _bucket: BUCKET };

interface World extends Partial<Omit<Context, 'bucket'>> {
  bucket?: Partial<Context['bucket']>;
  facts?: Partial<JudgedClaim>;
  namespaces?: [string, NamespaceListing][];
  marked?: boolean;
  isEmpty?: boolean;
}

function about({
  facts = {},
  bucket = {},
  namespaces = [],
  marked = true,
  isEmpty = false,
  ...changed
}: World = {}): unknown {
  const root = { state: 'listed', namespaces: new Map(namespaces), strangers: [], misplaced: [], marked } as const;
  const context = { ...CONTEXT, ...changed, bucket: { ...bucketView(), root, ...bucket } };
  return aboutOf([{ ...claims[0]!, ...facts }], { context, root, isEmpty });
}

function unknown(reason: 'listing-failed' | 'repository-unnamed'): Partial<JudgedClaim> {
  return { backup: { state: 'unknown', snapshots: null, newest: null, reason } };
}

const index = (parameters: Record<string, string>): Partial<Context> => ({
  cluster: clusterView({ index: indexOf(parameters) }),
});

describe('the index tells', () => {
  it('when its listing began, of which bucket, and since when claims are watched', () => {
    expect(about()).toEqual(NEW);
    const since = iso(NOW - 48 * HOUR);
    expect(about(index({ _since: since, _generatedAt: iso(NOW - HOUR) }))).toEqual({ ...NEW, _since: since });
  });

  it('why nothing else is written', () => {
    expect(about({ frozen: 'listing-failed' })).toEqual({ ...NEW, _frozen: 'listing-failed' });
  });

  it('what it read of the marker, or what it knew while there is one', () => {
    const known = { ...index({ _marker: 'unreadable' }) };
    const marker = { state: 'read', marker: { at: NOW, copied: true }, objectAt: NOW } as const;
    expect(about(known)).toEqual({ ...NEW, _marker: 'unreadable' });
    expect(about({ ...known, marked: false })).toEqual(NEW);
    expect(about({ ...known, bucket: { marker } })).toEqual({ ...NEW, _marker: `${iso(NOW)} copied` });
    expect(about({ ...known, bucket: { marker: { state: 'failed' } } })).toEqual(NEW);
  });

  it('which namespaces could not be listed', () => {
    const cut = { ...UNREAD, reason: 'listing-incomplete' } as const;
    const namespaces: [string, NamespaceListing][] = [
      ['home', cut],
      ['office', { state: 'listed', claims: new Set() }],
    ];
    expect(about({ namespaces })).toEqual({ ...NEW, '_unknown.home': 'listing-incomplete' });
    const own: [string, NamespaceListing][] = [['media', cut]];
    expect(about({ namespaces: own, facts: unknown('listing-failed') })).toEqual({
      ...NEW,
      '_unknown.media': 'listing-incomplete',
    });
  });

  it('where a repository could not be looked into, unless something is told of it', () => {
    const further = [{ repository: repository('s3:http://x/b/p'), probe: listed([snapshot(LATER)]) }];
    const failed = unknown('listing-failed');
    expect(about({ facts: failed })).toEqual({ ...NEW, '_unknown.media': 'listing-failed' });
    expect(about({ facts: { ...failed, indexed: entry(`attach warm ${NEWEST} -`) } })).toEqual(NEW);
    expect(about({ facts: { ...failed, further } })).toEqual(NEW);
    expect(about({ facts: unknown('repository-unnamed') })).toEqual(NEW);
  });

  it('that the bucket is empty and unmarked', () => {
    const nothing = { isEmpty: true, marked: false };
    const unmarked = { ...NEW, _bucketUnmarked: iso(NOW) };
    const refused = unknown('repository-unnamed');
    expect([about(nothing), about({ isEmpty: true }), about({ marked: false })]).toEqual([unmarked, NEW, NEW]);
    expect(about({ ...nothing, facts: refused })).toEqual(NEW);
  });
});

describe('F1: from a listing that shrank the index keeps', () => {
  const before = {
    _generatedAt: iso(NOW - HOUR),
    _since: iso(NOW - 48 * HOUR),
    _bucket: 's3:http://before/b',
    '_unknown.office': 'listing-failed',
    _marker: 'unreadable',
  };
  const shrunk = (more: Record<string, string> = {}, bucket: World['bucket'] = {}): unknown =>
    about({ frozen: 'listing-shrank', bucket, marked: false, ...index({ ...before, ...more }) });
  const kept = { ...before, _bucket: BUCKET, _frozen: 'listing-shrank' };

  it('what it said of itself, and nothing of the installer’s, of claims, or of Secrets', () => {
    expect(shrunk()).toEqual(kept);
    expect(
      shrunk({ 'media.x': `attach warm ${NEWEST} -`, '_place.media.far': 's3:http://far/b/p', _onStale: 'deny' }),
    ).toEqual(kept);
  });

  it('the time of its listing as it is read, and none that cannot be read', () => {
    expect(shrunk({ _generatedAt: '2026-11-21T11:00:00Z' })).toEqual(kept);
    expect(shrunk({ _generatedAt: 'noon' })).toEqual({ ...kept, _generatedAt: 'noon' });
  });

  it('the oldest time of all its objects', () => {
    const older = iso(NOW - 2 * HOUR);
    const cluster = clusterView({ index: indexOf(before, { _generatedAt: older }) });
    expect(about({ frozen: 'listing-shrank', cluster, marked: false })).toEqual({ ...kept, _generatedAt: older });
  });

  it('nothing of a marker that was read anew', () => {
    const { _marker: _, ...rest } = kept;
    expect(shrunk({}, { marker: { state: 'failed' } })).toEqual(rest);
  });

  it('nothing where there is none', () => {
    const cluster = clusterView({ index: { ...indexOf(), shards: [] } });
    expect(about({ frozen: 'listing-shrank', cluster })).toEqual({ _bucket: BUCKET, _frozen: 'listing-shrank' });
  });
});
