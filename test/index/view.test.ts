import { describe, expect, test } from 'vitest';
import { indexView } from '../../src/index/view.ts';
import type { IndexShard } from '../../src/index-model.ts';

const AT = '2026-11-21T11:00:00.000Z';
const WARM = `attach warm 0a1b2c3d ${AT}`;

function shard(number: number, parameters: Record<string, string>): IndexShard {
  return { number, uid: `uid-${number}`, resourceVersion: '7', selected: true, parameters, foreign: [] };
}

describe('the view of all index objects', () => {
  test('without one: nothing is remembered, and nothing was ever written', () => {
    expect(indexView([])).toEqual({
      shards: [],
      entries: new Map(),
      generatedAt: null,
      listedAt: [],
      since: null,
      places: new Map(),
      unknownNamespaces: new Set(),
      bucketUnmarked: false,
      frozen: null,
      bucket: null,
      marker: null,
      lost: false,
    });
  });

  test('joins entries and namespaces; it is as old as its oldest object', () => {
    const second = shard(1, { _generatedAt: '2026-11-21T11:55:00Z', '_unknown.home': 'listing-failed', 'b.b': WARM });
    const first = shard(0, { _generatedAt: AT, '_unknown.media': 'listing-incomplete', 'a.a.b': WARM });
    const view = indexView([second, first]);
    expect(view.shards).toEqual([first, second]);
    expect([...view.entries.keys()].sort()).toEqual(['a/a.b', 'b/b']);
    expect(view.generatedAt).toBe(Date.parse(AT));
    expect(view.unknownNamespaces).toEqual(new Set(['media', 'home']));
    expect(view.bucketUnmarked).toBe(false);
  });

  test('leaves out what is garbage, and says that the bucket is unmarked when one of them does', () => {
    const view = indexView([
      shard(0, { _generatedAt: AT, 'a.a': 'attach?', A: WARM, '.b': WARM, 'c.c': WARM }),
      shard(1, { _generatedAt: AT, _bucketUnmarked: AT }),
    ]);
    expect([...view.entries.keys()]).toEqual(['c/c']);
    expect(view.bucketUnmarked).toBe(true);
  });

  test.each([[{}], [{ _generatedAt: '' }], [{ _generatedAt: 'yesterday' }]])(
    'one object whose time is %j makes the whole of unknown age',
    (parameters: Record<string, string>) => {
      expect(indexView([shard(0, { _generatedAt: AT }), shard(1, parameters)]).generatedAt).toBeNull();
    },
  );
});
