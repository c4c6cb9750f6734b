import { describe, expect, test } from 'vitest';
import { indexManifest, indexPath, parseIndexShard } from '../../src/cluster/index-object.ts';

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
    ['the object is being deleted: what is written to it is lost with it', { deletionTimestamp: AT }],
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
