import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  indexManifest,
  indexPath,
  indexView,
  parseIndexEntry,
  parseIndexShard,
} from '../../src/cluster/index-object.ts';
import type { IndexShard } from '../../src/model.ts';
import { claimOfIndexKey, indexKey, indexName, shardOf } from '../../src/naming.ts';

const AT = '2026-11-21T11:00:00.000Z';
const WARM = `attach warm 0a1b2c3d ${AT}`;

interface Written {
  metadata?: object;
  spec?: unknown;
  parameters?: unknown;
}

/** An index object as the API server gives it. */
function object({ metadata = {}, parameters = {}, ...rest }: Written = {}): object {
  return {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: {
      name: 'volsync-prewarm-index',
      namespace: 'volsync-system',
      uid: 'uid-0',
      resourceVersion: '7',
      labels: { 'volsync-prewarm/index': 'true' },
      ...metadata,
    },
    spec: { external: { provider: 'volsync-prewarm/index', parameters } },
    ...rest,
  };
}

function shard(number: number, parameters: Record<string, string>): IndexShard {
  return { number, uid: `uid-${number}`, resourceVersion: '7', selected: true, parameters, foreign: [] };
}

describe('an index object', () => {
  test('is known by its name in the worker’s own namespace', () => {
    expect(parseIndexShard(object({ parameters: { _onStale: 'deny', 'media.plex': WARM } }))).toEqual({
      number: 0,
      uid: 'uid-0',
      resourceVersion: '7',
      selected: true,
      parameters: { _onStale: 'deny', 'media.plex': WARM },
      foreign: [],
    });
    expect(parseIndexShard(object({ metadata: { name: 'volsync-prewarm-index-12' } }))).toMatchObject({ number: 12 });
  });

  test.each([
    ['another name', { name: 'plex-restore' }],
    ['a name that only begins like it', { name: 'volsync-prewarm-index-' }],
    ['a number that no index object has', { name: 'volsync-prewarm-index-01' }],
    ['the first one, numbered', { name: 'volsync-prewarm-index-0' }],
    ['another namespace', { namespace: 'media' }],
    ['no namespace', { namespace: undefined }],
    ['it is being deleted: what is written to it is lost with it', { deletionTimestamp: AT }],
  ])('is nothing else: %s', (_, metadata) => {
    expect(parseIndexShard(object({ metadata }))).toBeNull();
  });

  test('without the label it is one that no policy selects', () => {
    const labels = [undefined, {}, { 'volsync-prewarm/index': 'false' }, { 'volsync-prewarm/index': true }];
    expect(labels.map((one) => parseIndexShard(object({ metadata: { labels: one } }))?.selected)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test.each([[{ spec: undefined }], [{ spec: { external: null } }], [{ parameters: 'x' }], [{ parameters: [1] }]])(
    'has no parameters in %j',
    (written) => {
      expect(parseIndexShard(object(written))).toMatchObject({ number: 0, parameters: {} });
    },
  );

  test('a parameter that is no string is none', () => {
    expect(parseIndexShard(object({ parameters: { a: 1, b: null, 'media.plex': WARM } }))?.parameters).toEqual({
      'media.plex': WARM,
    });
  });

  test.each([null, 7, 'x', [], {}, { metadata: null }])('is not found in %j', (garbage) => {
    expect(parseIndexShard(garbage)).toBeNull();
  });
});

describe('a value', () => {
  test('in full: word, restore point and reason, short id, time, and the listings that missed it', () => {
    const value = `refuse cold:destination-foreign 0a1b2c3d ${AT} missed=2@${AT}`;
    expect(parseIndexEntry(value)).toEqual({
      word: 'refuse',
      restorePoint: 'cold',
      reason: 'destination-foreign',
      id: '0a1b2c3d',
      at: Date.parse(AT),
      missed: { count: 2, at: Date.parse(AT) },
      value,
    });
  });

  test('without a reason, without a time, never missed', () => {
    expect(parseIndexEntry('attach warm 0a1b2c3d -')).toEqual({
      word: 'attach',
      restorePoint: 'warm',
      reason: null,
      id: '0a1b2c3d',
      at: null,
      missed: { count: 0, at: 0 },
      value: 'attach warm 0a1b2c3d -',
    });
  });

  test('words that a later version adds are passed over', () => {
    const value = `${WARM} size=5Gi missed=1@${AT} class=fast`;
    expect(parseIndexEntry(value)).toMatchObject({ word: 'attach', missed: { count: 1, at: Date.parse(AT) }, value });
  });

  test.each([`${WARM} missed=x@${AT}`, `${WARM} missed=1`, `${WARM} missed=1234@${AT}`, `${WARM} unmissed=1@${AT}`])(
    'a count that cannot be read is none: %s',
    (value) => {
      expect(parseIndexEntry(value)?.missed).toEqual({ count: 0, at: 0 });
    },
  );

  test.each([
    '',
    'attach',
    'attach warm',
    'attach warm 0a1b2c3d',
    `allow warm 0a1b2c3d ${AT}`,
    `attach WARM 0a1b2c3d ${AT}`,
    `attach warm: 0a1b2c3d ${AT}`,
    `attach warm 0a1b2c3 ${AT}`,
    `attach warm 0a1b2c3g ${AT}`,
    `attach  warm 0a1b2c3d ${AT}`,
    ` ${WARM}`,
    `${WARM}\n`,
  ])('garbage is no entry: %j', (value) => {
    expect(parseIndexEntry(value)).toBeNull();
  });

  test('no text is an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseIndexEntry(text)?.value ?? text).toBe(text);
      }),
    );
  });
});

describe('a key', () => {
  test.each([
    ['media.plex', { namespace: 'media', claim: 'plex' }],
    ['media.plex.config', { namespace: 'media', claim: 'plex.config' }],
    ['a-b.c-d', { namespace: 'a-b', claim: 'c-d' }],
  ])('%s is a claim, and back', (key, ref) => {
    expect(claimOfIndexKey(key)).toEqual(ref);
    expect(indexKey(ref)).toBe(key);
  });

  test.each([
    '',
    'media',
    'media.',
    '.plex',
    '_generatedAt',
    '_onStale',
    '_unknown.media',
    'MEDIA.plex',
    'a b.c',
    'media.a/b',
  ])('%j is no claim', (key) => {
    expect(claimOfIndexKey(key)).toBeNull();
  });

  test('every claim survives being written and read, whatever dots its name has', () => {
    const part = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const claim = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(part, claim, (namespace, name) => {
        const ref = { namespace, claim: name };
        expect(claimOfIndexKey(indexKey(ref))).toEqual(ref);
      }),
    );
  });

  test('every index object has its number in its name', () => {
    expect([0, 1, 25, 99].map((number) => shardOf(indexName(number)))).toEqual([0, 1, 25, 99]);
  });
});

describe('the view of all index objects', () => {
  test('without one: nothing is remembered, and nothing was ever written', () => {
    expect(indexView([])).toEqual({
      shards: [],
      entries: new Map(),
      generatedAt: null,
      unknownNamespaces: new Set(),
      bucketUnmarked: false,
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

describe('the manifest', () => {
  const existing = { uid: 'uid-0', resourceVersion: '7' };

  test('of the first object has our keys and nothing that is the installer’s', () => {
    expect(indexManifest({ shard: 0, existing, parameters: { 'media.plex': WARM } })).toEqual({
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationDestination',
      metadata: { name: 'volsync-prewarm-index', namespace: 'volsync-system', ...existing },
      spec: { external: { parameters: { 'media.plex': WARM } } },
    });
  });

  test('of a further one is whole, and says that it must not exist yet by saying nothing of a version', () => {
    expect(indexManifest({ shard: 2, existing: null, parameters: {} })).toEqual({
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationDestination',
      metadata: {
        name: 'volsync-prewarm-index-2',
        namespace: 'volsync-system',
        labels: { 'volsync-prewarm/index': 'true', 'app.kubernetes.io/managed-by': 'volsync-prewarm' },
      },
      spec: { external: { provider: 'volsync-prewarm/index', parameters: {} } },
    });
  });

  test('is read back as it was written', () => {
    const parameters = { _generatedAt: AT, 'media.plex': WARM };
    expect(parseIndexShard(indexManifest({ shard: 2, existing, parameters }))).toEqual({
      number: 2,
      ...existing,
      selected: true,
      parameters,
      foreign: [],
    });
  });

  test('keys that another manager wrote are told apart: leaving them out would not remove them', () => {
    const fields = (...keys: string[]): object => ({
      'f:spec': { 'f:external': { 'f:parameters': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) } },
    });
    const managedFields = [
      { manager: 'kubectl', operation: 'Update', fieldsV1: fields('_onStale', 'media.odd') },
      { manager: 'volsync-prewarm', operation: 'Apply', fieldsV1: fields('media.plex') },
    ];
    const parameters = { _onStale: 'deny', 'media.plex': WARM, 'media.odd': 'attach please' };
    expect(parseIndexShard(object({ metadata: { managedFields }, parameters }))).toMatchObject({
      foreign: ['_onStale', 'media.odd'],
    });
  });

  test('lives beside the restore points, under its own name', () => {
    expect([0, 3].map(indexPath)).toEqual([
      '/apis/volsync.backube/v1alpha1/namespaces/volsync-system/replicationdestinations/volsync-prewarm-index',
      '/apis/volsync.backube/v1alpha1/namespaces/volsync-system/replicationdestinations/volsync-prewarm-index-3',
    ]);
  });
});
