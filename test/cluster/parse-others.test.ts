import { expect, test } from 'vitest';
import { parseDestination } from '../../src/cluster/destination.ts';
import { parseOtherClaim } from '../../src/cluster/parse.ts';
import { parseSource } from '../../src/cluster/source.ts';

test('a destination of another name has no claim until it is known, and says that it is adopted', () => {
  const object = {
    metadata: {
      namespace: 'media',
      name: 'plex-dst',
      labels: { 'volsync-prewarm/adopt': 'true' },
      annotations: { 'volsync-prewarm/claim': 'plex' },
    },
    spec: { trigger: { manual: 'restore-once' }, restic: { repository: 'plex-secret', destinationPVC: 'plex' } },
  };
  expect(parseDestination(object)).toMatchObject({
    name: 'plex-dst',
    claim: '',
    managed: false,
    adopted: true,
    claimNamed: 'plex',
    destinationPVC: 'plex',
    spec: { repository: 'plex-secret' },
  });
  expect(parseDestination({ metadata: { name: '-restore' } })).toMatchObject({ name: '-restore', claim: '' });
});

test('a source says which Secret it writes with, and whether it is adopted', () => {
  const object = {
    metadata: { namespace: 'media', name: 'plex', labels: { 'volsync-prewarm/adopt': 'true' } },
    spec: { sourcePVC: 'plex', restic: { repository: 'plex-secret' } },
  };
  expect(parseSource(object)).toMatchObject({ claim: 'plex', secret: 'plex-secret', adopted: true });
});

const OURS = { 'app.kubernetes.io/managed-by': 'volsync-prewarm' };

test.each([
  [
    'a claim owns',
    {
      ownerReferences: [
        { kind: 'Pod', uid: 'another' },
        { kind: 'PersistentVolumeClaim', uid: 'uid' },
      ],
    },
    'uid',
  ],
  ['nobody owns', { annotations: { 'volsync-prewarm/claim-uid': 'copied' } }, null],
  ['something else owns', { ownerReferences: [{ kind: 'Application', uid: 'uid' }, 'nonsense'] }, null],
  ['is ours', { name: 'plex-backup', labels: OURS, annotations: { 'volsync-prewarm/claim-uid': 'uid' } }, 'uid'],
])('a source that %s is of the claim that this names', (_, metadata, claimUid) => {
  const object = { metadata: { name: 'nightly', namespace: 'media', ...metadata }, spec: { sourcePVC: 'plex' } };

  expect(parseSource(object)?.memory.claimUid).toBe(claimUid);
});

test('a claim without a label that we know is another claim, with what its reference names', () => {
  const object = {
    metadata: { namespace: 'media', name: 'plex', uid: 'u', labels: { backup: 'Hourly' } },
    spec: {
      storageClassName: 'ceph',
      resources: { requests: { storage: '5Gi' } },
      dataSourceRef: { kind: 'ReplicationDestination', apiGroup: 'volsync.backube', name: 'plex-dst' },
    },
    status: { phase: 'Bound' },
  };
  expect(parseOtherClaim(object)).toEqual({
    namespace: 'media',
    claim: 'plex',
    uid: 'u',
    label: 'Hourly',
    createdAt: null,
    phase: 'Bound',
    request: '5Gi',
    storageClass: 'ceph',
    restoresFrom: 'plex-dst',
  });
});

test.each([
  ['a protected one', { name: 'plex', labels: { backup: 'hourly' } }],
  ["VolSync's own by its label", { name: 'x', labels: { 'app.kubernetes.io/created-by': 'volsync' } }],
  ["VolSync's own by its name", { name: 'volsync-plex-dst-dest' }],
  ['one that VolSync fills', { name: 'vs-prime-0123' }],
])('%s is no other claim', (_, metadata) => {
  expect(parseOtherClaim({ metadata, spec: {} })).toBeNull();
});
