/** What is sent for each action that is not about a destination of ours: the whole request. */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/cluster/connection.ts';
import { credentialStore } from '../../src/cluster/credentials.ts';
import { parseSource } from '../../src/cluster/source.ts';
import { writer } from '../../src/cluster/write.ts';
import type { Action, DesiredSource, WriteResult } from '../../src/decisions.ts';
import { NO_MOVER_SPEC } from '../../src/mover-spec.ts';
import { NO_SOURCE_MEMORY } from '../../src/source.ts';

const { signal } = new AbortController();
const REF = { namespace: 'media', claim: 'plex' };
const BEFORE = { uid: 'u', resourceVersion: '7' };
const PATH = '/apis/volsync.backube/v1alpha1/namespaces/media/replicationsources';
const NOTHING = Object.fromEntries(
  ['base-version', 'carried-fields', 'claim-uid', 'keeps-everything', 'origin', 'pod-user', 'retain', 'set-fields'].map(
    (name) => [`volsync-prewarm/${name}`, null],
  ),
);

const SOURCE: DesiredSource = {
  ...REF,
  existing: BEFORE,
  schedule: '5 * * * *',
  spec: {
    repository: 'plex-volsync-secret',
    copyMethod: 'Snapshot',
    retain: { hourly: 24, within: '3d' },
    pruneIntervalDays: null,
    unlock: null,
    snapshotClass: null,
    moverSpec: { ...NO_MOVER_SPEC, cacheCapacity: '1Gi' },
  },
  memory: { ...NO_SOURCE_MEMORY, setFields: ['cacheCapacity', 'moverResources'] },
  capacity: '5Gi',
  hasBackup: true,
};

/** Sends it to a server on which the object has this version afterwards. */
async function sent(action: Action, after = '8'): Promise<{ outcome: WriteResult; requests: unknown[] }> {
  const requests: unknown[] = [];
  const connection: Connection = {
    request: async (request) => {
      requests.push(request);
      return { metadata: { name: 'x', namespace: 'media', uid: 'u', resourceVersion: after } };
    },
    server: 'https://cluster',
    clockSkew: () => null,
    close: async () => {},
  };
  const { write } = writer(connection, credentialStore(connection, 'base'));
  return { outcome: await write(action, signal), requests };
}

describe('a source of ours', () => {
  const metadata = {
    name: 'plex-backup',
    namespace: 'media',
    labels: { 'app.kubernetes.io/managed-by': 'volsync-prewarm' },
  };
  const annotations = {
    'volsync-prewarm/set-fields': 'cacheCapacity',
    'volsync-prewarm/capacity': '5Gi',
    'volsync-prewarm/has-backup': 'true',
  };
  const restic = {
    repository: 'plex-volsync-secret',
    copyMethod: 'Snapshot',
    retain: { hourly: 24, within: '3d' },
    cacheCapacity: '1Gi',
  };
  const kind = { apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationSource' };

  it('is made by POST, so that one that somebody else makes stays theirs', async () => {
    expect(await sent({ kind: 'create-source', ...REF, source: SOURCE })).toEqual({
      outcome: { state: 'done', changed: true },
      requests: [
        {
          method: 'POST',
          path: PATH,
          query: { fieldManager: 'volsync-prewarm' },
          body: {
            type: 'application/json',
            value: {
              ...kind,
              metadata: { ...metadata, annotations },
              spec: { sourcePVC: 'plex', trigger: { schedule: '5 * * * *' }, restic },
            },
          },
        },
      ],
    });
  });

  it.each([
    ['update-source', '8', true],
    ['update-source', '7', false],
    ['unlock-source', '8', true],
  ] as const)(
    '%s: what it no longer wants goes, and what others have set stays (version %s)',
    async (what, after, changed) => {
      const { retain } = restic;
      expect(await sent({ kind: what, ...REF, source: SOURCE }, after)).toEqual({
        outcome: { state: 'done', changed },
        requests: [
          {
            method: 'PATCH',
            path: `${PATH}/plex-backup`,
            query: { fieldManager: 'volsync-prewarm' },
            body: {
              type: 'application/merge-patch+json',
              value: {
                metadata: { ...metadata, ...BEFORE, annotations: { ...NOTHING, ...annotations } },
                spec: {
                  sourcePVC: 'plex',
                  trigger: { schedule: '5 * * * *', manual: null },
                  restic: {
                    ...restic,
                    moverResources: null,
                    unlock: null,
                    retain: { daily: null, weekly: null, monthly: null, yearly: null, last: null, ...retain },
                  },
                },
              },
            },
          },
        ],
      });
    },
  );

  it('is deleted as it was judged', async () => {
    const { requests } = await sent({ kind: 'delete-source', ...REF, remove: BEFORE });
    expect(requests).toMatchObject([
      {
        method: 'DELETE',
        path: `${PATH}/plex-backup`,
        body: { value: { kind: 'DeleteOptions', preconditions: BEFORE } },
      },
    ]);
  });
});

describe('a trigger', () => {
  it.each([
    ['request-backup', 'now-1'],
    ['release-source', null],
  ] as const)('%s', async (kind, tag) => {
    const { outcome, requests } = await sent({ kind, ...REF, of: { name: 'by-hand', ...BEFORE }, tag });
    expect(outcome).toEqual({ state: 'done', changed: true });
    expect(requests).toMatchObject([
      {
        method: 'PATCH',
        path: `${PATH}/by-hand`,
        query: { fieldManager: 'volsync-prewarm' },
        body: { type: 'application/merge-patch+json', value: { metadata: BEFORE, spec: { trigger: { manual: tag } } } },
      },
    ]);
  });
});

it('a namespace is made by POST, with the labels that are wanted and ours', async () => {
  expect(await sent({ kind: 'create-namespace', ...REF, labels: { team: 'a' } })).toEqual({
    outcome: { state: 'done', changed: true },
    requests: [
      {
        method: 'POST',
        path: '/api/v1/namespaces',
        query: { fieldManager: 'volsync-prewarm' },
        body: {
          type: 'application/json',
          value: {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name: 'media', labels: { team: 'a', 'app.kubernetes.io/managed-by': 'volsync-prewarm' } },
          },
        },
      },
    ],
  });
});

describe('what a source remembers is read, each word by itself', () => {
  const read = (annotations: Record<string, string>): unknown =>
    parseSource({
      metadata: {
        name: 'plex-backup',
        namespace: 'media',
        uid: 'u',
        resourceVersion: '1',
        labels: { 'app.kubernetes.io/managed-by': 'volsync-prewarm' },
        annotations,
      },
      spec: { sourcePVC: 'plex', restic: {} },
    })?.memory;

  it.each([
    ['claim-uid', 'c', { claimUid: 'c' }],
    ['keeps-everything', 'missed', { keeps: 'missed' }],
    ['retain', 'hourly=24', { retain: { hourly: 24 } }],
    ['pod-user', '1:2:3', { podUser: '1:2:3' }],
    ['base-version', '7', { baseVersion: '7' }],
    ['set-fields', 'a,b', { setFields: ['a', 'b'] }],
    ['carried-fields', 'a', { carried: ['a'] }],
    ['origin', 'fresh@c', { origin: { uid: 'c', origin: 'fresh', held: null, newest: null, since: null } }],
  ])('%s', (name, value, remembered) => {
    expect(read({ [`volsync-prewarm/${name}`]: value })).toEqual({ ...NO_SOURCE_MEMORY, ...remembered });
  });

  it('nothing: it is one value for all', () => {
    expect([read({}), read({ other: 'x' })].every((one) => one === NO_SOURCE_MEMORY)).toBe(true);
  });
});
