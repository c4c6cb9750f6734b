import { NO_SOURCE_MEMORY } from '../../src/source.ts';
import { NO_MOVER_SPEC } from '../../src/mover-spec.ts';
import { expect, test } from 'vitest';
import { baseCredentials, claim, destination, source } from '../../sandbox/story.ts';
import { parseBaseMeta } from '../../src/cluster/credentials.ts';
import { parseDestination } from '../../src/cluster/destination.ts';
import { parseClaim, parseImage, parseMover, parseNamespace } from '../../src/cluster/parse.ts';
import { NO_MEMORY } from '../../src/memory.ts';
import { parseSource } from '../../src/cluster/source.ts';

const NOTHINGS = [null, undefined, 'text', 7, [], {}, { metadata: null }, { metadata: [] }, { metadata: { name: '' } }];

test.each(NOTHINGS)('what is no object with a name is left alone: %j', (object) => {
  const parsers = [parseNamespace, parseClaim, parseDestination, parseSource, parseImage, parseMover];
  expect(parsers.map((parse) => parse(object))).toEqual([null, null, null, null, null, null]);
  expect(parseBaseMeta('volsync-rustfs-base')(object)).toBeNull();
});

const WRONG = { metadata: 'no', spec: 'no', status: ['no'] };

test('a namespace is its name; deletion and privileged movers are told apart', () => {
  expect(parseNamespace({ metadata: { name: 'media' } })).toEqual({
    name: 'media',
    terminating: false,
    privilegedMovers: false,
    managed: false,
    createdAt: null,
  });
  expect(
    parseNamespace({
      metadata: {
        name: 'media',
        deletionTimestamp: '2025-03-01T10:00:00Z',
        creationTimestamp: '2025-03-01T09:00:00Z',
        labels: { 'app.kubernetes.io/managed-by': 'volsync-prewarm' },
        annotations: { 'volsync.backube/privileged-movers': 'true' },
      },
    }),
  ).toEqual({
    name: 'media',
    terminating: true,
    privilegedMovers: true,
    managed: true,
    createdAt: Date.UTC(2025, 2, 1, 9),
  });
});

test('a destination that lacks everything but its name', () => {
  expect(parseDestination({ ...WRONG, metadata: { name: 'plex-restore' } })).toEqual({
    namespace: '',
    claim: 'plex',
    name: 'plex-restore',
    uid: '',
    resourceVersion: '',
    createdAt: null,
    deleting: false,
    managed: false,
    labels: {},
    memory: NO_MEMORY,
    mover: 'other',
    manual: null,
    asked: null,
    schedule: null,
    paused: false,
    destinationPVC: null,
    adopted: false,
    claimNamed: null,
    spec: {
      repository: '',
      copyMethod: '',
      capacity: null,
      accessModes: [],
      storageClass: null,
      snapshotClass: null,
      restoreAsOf: null,
      enableFileDeletion: false,
      cleanupTempPVC: false,
      moverSpec: NO_MOVER_SPEC,
    },
    lastManualSync: null,
    lastSyncStartAt: null,
    lastSyncAt: null,
    lastSyncSeconds: null,
    latestImage: null,
    moverResult: null,
    moverLogs: '',
    condition: null,
    hasStatus: false,
  });
});

test('a destination with everything', () => {
  const object = destination({
    namespace: 'media',
    claim: 'plex',
    tag: '0a1b2c3d',
    capacity: '5Gi',
    labels: { 'app.kubernetes.io/managed-by': 'volsync-prewarm' },
    restic: {
      cacheCapacity: '1Gi',
      enableFileDeletion: true,
      cleanupTempPVC: false,
      moverSecurityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3 },
    },
  });
  const metadata = {
    ...object.metadata,
    uid: 'u',
    resourceVersion: '7',
    creationTimestamp: '2025-03-01T10:00:00Z',
    deletionTimestamp: '2025-03-01T12:00:00Z',
    annotations: {
      'volsync-prewarm/verified-image': 'one',
      'volsync-prewarm/verified-snapshot': '0a1b2c3d',
      'somebody/else': 'x',
    },
  };
  const status = {
    lastManualSync: '0a1b2c3d',
    lastSyncStartTime: '2025-03-01T11:00:00Z',
    lastSyncTime: '2025-03-01T10:30:00Z',
    lastSyncDuration: '1h33m17.2s',
    latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'one' },
    latestMoverStatus: { result: 'Successful', logs: 'restoring snapshot 0a1b2c3d' },
    conditions: [
      { type: 'Other', reason: 'x' },
      { type: 'Synchronizing', reason: 'Error', message: 'm', lastTransitionTime: '2025-03-01T11:00:00Z' },
    ],
  };
  expect(parseDestination({ ...object, metadata, status })).toEqual({
    namespace: 'media',
    claim: 'plex',
    name: 'plex-restore',
    uid: 'u',
    resourceVersion: '7',
    createdAt: Date.parse('2025-03-01T10:00:00Z'),
    deleting: true,
    managed: true,
    labels: { 'app.kubernetes.io/managed-by': 'volsync-prewarm' },
    memory: { ...NO_MEMORY, verified: { image: 'one', id: '0a1b2c3d', at: null }, provenImage: 'one' },
    mover: 'restic',
    manual: '0a1b2c3d',
    asked: { id: '0a1b2c3d', retry: 0 },
    schedule: null,
    paused: false,
    destinationPVC: null,
    adopted: false,
    claimNamed: null,
    spec: {
      repository: 'plex-volsync-secret',
      copyMethod: 'Snapshot',
      capacity: '5Gi',
      accessModes: ['ReadWriteOnce'],
      storageClass: 'csi-hostpath-sc',
      snapshotClass: 'csi-hostpath-snapclass',
      restoreAsOf: null,
      enableFileDeletion: true,
      cleanupTempPVC: false,
      moverSpec: {
        fields: { moverSecurityContext: '{"fsGroup":3,"runAsGroup":2,"runAsUser":1}' },
        cacheCapacity: '1Gi',
        cacheStorageClass: null,
        cacheAccessModes: [],
      },
    },
    lastManualSync: '0a1b2c3d',
    lastSyncStartAt: Date.parse('2025-03-01T11:00:00Z'),
    lastSyncAt: Date.parse('2025-03-01T10:30:00Z'),
    lastSyncSeconds: 5597.2,
    latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'one' },
    moverResult: 'Successful',
    moverLogs: 'restoring snapshot 0a1b2c3d',
    condition: { reason: 'Error', message: 'm', at: Date.parse('2025-03-01T11:00:00Z') },
    hasStatus: true,
  });
});

test('an index object is no destination of a claim', () => {
  expect(parseDestination({ metadata: { name: 'volsync-prewarm-index-2', namespace: 'volsync-system' } })).toBeNull();
});

test.each(['soon', '', 7, null])('a time that is none is not known: %j', (value) => {
  const status = { lastSyncStartTime: value, lastSyncTime: value, lastSyncDuration: value };
  expect(parseDestination({ metadata: { name: 'plex-restore' }, status })).toMatchObject({
    lastSyncStartAt: null,
    lastSyncAt: null,
    lastSyncSeconds: null,
  });
});

test.each(['schedule', 'manual'])('trigger.%s is read', (kind) => {
  const spec = { trigger: { [kind]: 'x' }, kopia: {} };
  expect(parseDestination({ metadata: { name: 'plex-restore' }, spec })).toMatchObject({
    manual: null,
    schedule: null,
    paused: false,
    destinationPVC: null,
    adopted: false,
    claimNamed: null,
    mover: 'other',
    [kind]: 'x',
  });
});

test('a claim that lacks everything but name and label', () => {
  expect(parseClaim({ metadata: { name: 'plex', labels: { backup: 'daily' } }, spec: [], status: 1 })).toEqual({
    namespace: '',
    claim: 'plex',
    uid: '',
    tier: 'daily',
    createdAt: null,
    phase: 'Pending',
    request: null,
    accessModes: [],
    storageClass: null,
    volumeMode: 'Filesystem',
    optOut: 'no',
    isStatic: false,
    volumeName: null,
    reference: null,
    bringsSource: false,
    nodeSelected: false,
    restoresFromUs: false,
    unread: [],
    priority: 0,
    moverUser: null,
    accept: null,
  });
});

test('a claim with everything', () => {
  const object = claim({
    namespace: 'media',
    name: 'plex',
    size: '3Gi',
    from: 'plex-restore',
    labels: { backup: 'hourly' },
    annotations: { 'volsync-prewarm/priority': '10', 'volsync-prewarm/mover': '1000:1000:1001' },
  });
  expect(parseClaim({ ...object, status: { phase: 'Bound' } })).toEqual({
    namespace: 'media',
    claim: 'plex',
    uid: '',
    tier: 'hourly',
    createdAt: null,
    phase: 'Bound',
    request: '3Gi',
    accessModes: ['ReadWriteOnce'],
    storageClass: 'csi-hostpath-sc',
    volumeMode: 'Filesystem',
    optOut: 'no',
    isStatic: false,
    volumeName: null,
    reference: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'plex-restore' },
    bringsSource: true,
    nodeSelected: false,
    restoresFromUs: true,
    unread: [],
    priority: 10,
    moverUser: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1001 },
    accept: null,
  });
});

test('only our own destination as data source counts, and nonsense in annotations is nothing', () => {
  const object = claim({
    namespace: 'media',
    name: 'plex',
    from: 'other-restore',
    labels: { backup: 'hourly' },
    annotations: { 'volsync-prewarm/priority': 'high', 'volsync-prewarm/mover': 'root' },
  });
  expect(parseClaim(object)).toMatchObject({ restoresFromUs: false, priority: 0, moverUser: null });
});

test.each(['weekly', '', 'Hourly'])('a claim labelled backup: %j is not protected', (tier) => {
  expect(parseClaim(claim({ namespace: 'media', name: 'plex', labels: { backup: tier } }))).toBeNull();
});

test('a source that lacks everything but its claim', () => {
  expect(parseSource({ metadata: { name: 'nightly' }, spec: { sourcePVC: 'plex' } })).toEqual({
    namespace: '',
    name: 'nightly',
    claim: 'plex',
    secret: '',
    uid: '',
    resourceVersion: '',
    createdAt: null,
    deleting: false,
    managed: false,
    adopted: false,
    mover: 'other',
    paused: false,
    manual: null,
    schedule: null,
    lastManualSync: null,
    lastSyncStartAt: null,
    lastSyncAt: null,
    lastSyncSeconds: null,
    nextSyncAt: null,
    moverResult: null,
    moverLogs: '',
    lastUnlocked: null,
    spec: {
      repository: '',
      copyMethod: '',
      retain: null,
      pruneIntervalDays: null,
      unlock: null,
      snapshotClass: null,
      moverSpec: NO_MOVER_SPEC,
    },
    memory: NO_SOURCE_MEMORY,
    hasBackup: false,
    capacity: null,
  });
});

test('a source that backs up no claim is none, and its own annotation tells the size', () => {
  expect(parseSource({ metadata: { name: 'nightly' }, spec: {} })).toBeNull();
  const object = source({ namespace: 'media', claim: 'plex', restic: { capacity: 5_000_000_000 } });
  expect(parseSource(object)).toMatchObject({ name: 'plex-backup', capacity: null });
  const metadata = { ...object.metadata, annotations: { 'volsync-prewarm/capacity': '7Gi' } };
  expect(parseSource({ ...object, metadata })).toMatchObject({ capacity: '7Gi' });
});

test('an image without a status is not ready', () => {
  expect(parseImage({ metadata: { name: 'one', namespace: 'media' } })).toEqual({
    namespace: 'media',
    name: 'one',
    deleting: false,
    ready: false,
    error: null,
    createdAt: null,
    restoreSize: null,
  });
  const status = { readyToUse: 'true', restoreSize: 1024 };
  expect(parseImage({ metadata: { name: 'one' }, status })).toMatchObject({ ready: false, restoreSize: '1024' });
});

test('a mover is a Job that a source or destination owns; what is not counted is 0', () => {
  const owned = (kind: string): object => ({
    metadata: { name: 'job', namespace: 'media', ownerReferences: ['x', { kind, name: 'plex-restore' }] },
  });
  expect(parseMover(owned('ReplicationDestination'))).toEqual({
    namespace: 'media',
    owner: 'ReplicationDestination',
    ownerName: 'plex-restore',
    active: 0,
    ready: 0,
    failed: 0,
    succeededAt: null,
    startedAt: null,
  });
  const status = { failed: 1, succeeded: 1, startTime: '2026-11-21T08:14:51Z', completionTime: '2026-11-21T08:15:51Z' };
  expect(parseMover({ ...owned('ReplicationDestination'), status })).toMatchObject({
    failed: 0,
    startedAt: Date.parse(status.startTime),
    succeededAt: Date.parse(status.completionTime),
  });
  expect(parseMover({ ...owned('ReplicationSource'), status: { active: 1, failed: 3 } })).toMatchObject({
    owner: 'ReplicationSource',
    active: 1,
    failed: 3,
  });
  expect(parseMover(owned('CronJob'))).toBeNull();
  expect(parseMover({ metadata: { name: 'job' } })).toBeNull();
});

test('base credentials are known by name and version; others, and those that go, are not', () => {
  const parse = parseBaseMeta('volsync-rustfs-base');
  const object = baseCredentials('media', 'http://s3');
  const metadata = { ...object.metadata, uid: 'u', resourceVersion: '7' };
  expect(parse({ ...object, metadata })).toEqual({ namespace: 'media', version: 'u/7' });
  expect(parse({ ...object, metadata: { ...metadata, deletionTimestamp: '2025-03-01T10:00:00Z' } })).toBeNull();
  expect(parse({ ...object, metadata: { ...metadata, name: 'other' } })).toBeNull();
});

test('a source may be annotated with what it has saved', () => {
  const spec = { sourcePVC: 'plex' };
  const saved = (value: string): unknown =>
    parseSource({ metadata: { name: 'b', annotations: { 'volsync-prewarm/has-backup': value } }, spec })?.hasBackup;
  expect([saved('true'), saved('false')]).toEqual([true, false]);
});

test('an opt-out counts with its reason, which is more than spaces', () => {
  const optOut = (label: string, reason?: string): unknown => {
    const annotations = reason === undefined ? {} : { 'volsync-prewarm/skip-restore-reason': reason };
    const labels = { backup: 'daily', 'volsync-prewarm/skip-restore': label };
    return parseClaim({ metadata: { name: 'plex', labels, annotations } })?.optOut;
  };
  expect([optOut('true', 'a test'), optOut('true', '  '), optOut('true'), optOut('yes', 'a test')]).toEqual([
    'with-reason',
    'without-reason',
    'without-reason',
    'no',
  ]);
});

test('a claim that goes its own way', () => {
  const own = { metadata: { name: 'plex', labels: { backup: 'daily' } } };
  const from = (name: string): object => ({
    dataSourceRef: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name },
  });
  expect(parseClaim({ ...own, spec: from('other-restore') })).toMatchObject({ restoresFromUs: false });
  expect(parseClaim({ ...own, spec: from('plex-restore') })).toMatchObject({
    restoresFromUs: true,
    unread: [],
  });
});

test('a dataSource is kept by the API server when it is a claim or a snapshot, and dropped when it is anything else', () => {
  const own = { metadata: { name: 'plex', labels: { backup: 'daily' } } };
  const from = (kind: string): object => ({ ...own, spec: { dataSource: { kind, name: 'plex-restore' } } });
  expect(parseClaim(from('VolumeSnapshot'))).toMatchObject({
    bringsSource: true,
    reference: { apiGroup: '', kind: 'VolumeSnapshot', name: 'plex-restore' },
  });
  expect(parseClaim(from('ReplicationDestination'))).toMatchObject({ bringsSource: true, reference: null });
});

test.each([{ storageClassName: '' }, { selector: {} }, { selector: { matchLabels: { disk: 'old' } } }])(
  'F40: a claim with %j is a static volume',
  (spec) => {
    const labels = { backup: 'daily' };
    expect(parseClaim({ metadata: { name: 'plex', labels }, spec })).toMatchObject({ isStatic: true });
  },
);

test.each([
  { name: 'plex', labels: { 'app.kubernetes.io/created-by': 'volsync' } },
  { name: 'volsync-plex-src', labels: {} },
  { name: 'vs-prime-5d2c1f0e', labels: {} },
])('C27: a claim that VolSync makes is none of ours, whatever labels it: %j', ({ name, labels }) => {
  expect(parseClaim({ metadata: { name, labels: { backup: 'hourly', ...labels } } })).toBeNull();
});

test('C04: everything that a mover needs is read from a source, a security context without a group too', () => {
  const restic = {
    moverSecurityContext: { seccompProfile: { type: 'RuntimeDefault' }, runAsUser: 568, runAsNonRoot: true },
    customCA: { secretName: 'ca', key: 'ca.crt' },
    moverServiceAccount: 'backup',
    moverResources: { limits: { memory: '1Gi' } },
    moverAffinity: { nodeAffinity: {} },
    moverPodLabels: { team: 'media' },
    moverVolumes: [{ mountPath: 'x', volumeSource: { secret: { secretName: 'x' } } }],
    cacheCapacity: '8Gi',
    cacheStorageClassName: 'local',
    cacheAccessModes: ['ReadWriteOnce'],
  };
  expect(parseSource(source({ namespace: 'media', claim: 'plex', restic }))).toMatchObject({
    spec: {
      moverSpec: {
        fields: {
          moverSecurityContext: '{"runAsNonRoot":true,"runAsUser":568,"seccompProfile":{"type":"RuntimeDefault"}}',
          customCA: '{"key":"ca.crt","secretName":"ca"}',
          moverServiceAccount: '"backup"',
          moverResources: '{"limits":{"memory":"1Gi"}}',
          moverAffinity: '{"nodeAffinity":{}}',
          moverPodLabels: '{"team":"media"}',
          moverVolumes: '[{"mountPath":"x","volumeSource":{"secret":{"secretName":"x"}}}]',
        },
        cacheCapacity: '8Gi',
        cacheStorageClass: 'local',
        cacheAccessModes: ['ReadWriteOnce'],
      },
    },
  });
});

test('a mover field that says nothing, or goes on for ever, is not carried', () => {
  const restic = { moverAffinity: {}, moverServiceAccount: '', moverPodLabels: { x: 'y'.repeat(20_000) } };
  expect(parseSource(source({ namespace: 'media', claim: 'plex', restic }))).toMatchObject({
    spec: { moverSpec: NO_MOVER_SPEC },
  });
});

test('C30: annotations of ours that cannot be read are kept, with what stands in them', () => {
  const annotated = (annotations: Record<string, string>): unknown =>
    parseClaim(claim({ namespace: 'media', name: 'data', labels: { backup: 'daily' }, annotations }))?.unread;

  expect(annotated({ 'volsync-prewarm/mover': '1000:1000', 'volsync-prewarm/priority': 'high' })).toEqual([
    { annotation: 'volsync-prewarm/mover', value: '1000:1000' },
    { annotation: 'volsync-prewarm/priority', value: 'high' },
  ]);
  expect(annotated({ 'volsync-prewarm/mover': '1:2:3', 'volsync-prewarm/priority': '7' })).toEqual([]);
});
