/** What a restore point must be like to be attached, and which claims get one. The index does not list any of these. */
import {
  FRESH,
  NS,
  ANNOTATION,
  always,
  claim,
  claimLabelled,
  claimNamed,
  claimWith,
  cold,
  emptied,
  group,
  notes,
  REASON,
  row,
  SKIP,
  VOLSYNCS,
  warm,
  warmFor,
  warmWith,
} from '../build.ts';
import type { Group } from '../words.ts';

const PVC = { kind: 'PersistentVolumeClaim', name: 'older' };
const SNAPSHOT = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'of-my-own' };
const DESTINATION = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'data-restore' };
const LONG = 'n'.repeat(63);
const DELETED = { metadata: { deletionTimestamp: 'now', finalizers: ['example.org/waits'] } };

export const restorePoints: Group = group('Restore points, when the index lists nothing', [
  row('its destination holds an image', { world: [warm()] }, always('restored')),
  row('there is no destination', {}, always('starts empty')),
  row('its destination has no status yet', { world: [cold] }, always('starts empty')),
  row(
    'its destination has a status without an image',
    { world: [warm({ status: { latestImage: null, lastManualSync: '1a2b3c4d' } })] },
    always('starts empty'),
  ),
  row(
    'its destination names an image with an empty name',
    { world: [warm({ status: { latestImage: { name: '' } } })] },
    always('starts empty'),
  ),
  row(
    'the same, and an earlier image was marked suspect',
    {
      world: [
        warm({
          metadata: { annotations: { [ANNOTATION.suspectImage]: 'image-0' } },
          status: { latestImage: { name: '' } },
        }),
      ],
    },
    always('starts empty'),
  ),
  row(
    'its destination holds a claim instead of a snapshot (copyMethod Direct)',
    { world: [warm({ status: { latestImage: { apiGroup: '', kind: 'PersistentVolumeClaim' } } })] },
    always('starts empty'),
  ),
  row(
    'the image is marked suspect',
    { world: [warmWith({ [ANNOTATION.suspectImage]: 'image-1' })] },
    always('starts empty'),
  ),
  row(
    'an earlier image was marked suspect',
    { world: [warmWith({ [ANNOTATION.suspectImage]: 'image-0' })] },
    always('restored'),
  ),
  row('the log of its destination says that nothing was restored', { world: [emptied()] }, always('starts empty')),
  row(
    'the same, and the destination has no tag at all',
    { world: [emptied({ spec: { trigger: null }, status: { lastManualSync: null } })] },
    always('starts empty'),
  ),
  row(
    'the same log, but the image is proven',
    { world: [emptied(notes({ [ANNOTATION.verifiedImage]: 'image-1' }))] },
    always('restored'),
  ),
  row(
    'the same log, and an earlier image is proven',
    { world: [emptied(notes({ [ANNOTATION.verifiedImage]: 'image-0' }))] },
    always('starts empty'),
  ),
  row(
    'the same log, but another sync is running',
    { world: [emptied({ status: { lastSyncStartTime: '2026-01-01T00:00:00Z' } })] },
    always('restored'),
  ),
  row(
    'the same log, but another tag is asked for',
    { world: [emptied({ spec: { trigger: { manual: '5e6f7a8b' } } })] },
    always('restored'),
  ),
  row(
    'the same log, but of a sync that failed',
    { world: [emptied({ status: { latestMoverStatus: { result: 'Failed' } } })] },
    always('restored'),
  ),
  row(
    'the log of its destination names a snapshot beside the line of nothing',
    {
      world: [
        emptied({
          status: { latestMoverStatus: { logs: 'No eligible snapshots found\nrestoring snapshot 1a2b3c4d of /data' } },
        }),
      ],
    },
    always('restored'),
  ),
  row(
    'the log of its destination cannot be read',
    { world: [emptied({ status: { latestMoverStatus: { logs: '…' } } })] },
    always('restored'),
  ),
  row(
    'its destination has no log',
    { world: [emptied({ status: { latestMoverStatus: { logs: null } } })] },
    always('restored'),
  ),
  row(
    'its destination was made empty for another claim (volsync-prewarm/fresh)',
    { world: [warmWith({ [FRESH]: 'a-uid' })] },
    always('starts empty'),
  ),
  row('its destination is being deleted', { world: [warm(DELETED)] }, always('starts empty')),
  row(
    'its destination carries no label of ours',
    { world: [warm({ metadata: { labels: null } })] },
    always('starts empty'),
  ),
  row(
    'its destination is managed by somebody else',
    { world: [warm({ metadata: { labels: { 'app.kubernetes.io/managed-by': 'argocd' } } })] },
    always('starts empty'),
  ),
  row('another claim has a warm destination', { world: [warmFor('other')] }, always('starts empty')),
  row(
    'a warm destination has the name of the claim itself',
    { world: [warm({ metadata: { name: 'data' } })] },
    always('starts empty'),
  ),
  row(
    'its namesake in another namespace has a warm destination',
    { world: [warm({ metadata: { namespace: `${NS}-other` } })] },
    always('starts empty'),
  ),
  row(
    'three destinations are warm, one of them its own',
    { world: [warmFor('cache'), warm(), warmFor('other')] },
    always('restored'),
  ),
  row(
    'other destinations are warm, its own is not',
    { world: [warmFor('cache'), cold, warmFor('other')] },
    always('starts empty'),
  ),
]);

export const claims: Group = group('Claims whose destination holds an image', [
  row(
    'it is labelled backup: daily',
    { world: [warm()], claim: claimLabelled({ backup: 'daily' }) },
    always('restored'),
  ),
  row('it has no label backup', { world: [warm()], claim: claimLabelled({ backup: null }) }, always('untouched')),
  row(
    'it is labelled backup: weekly',
    { world: [warm()], claim: claimLabelled({ backup: 'weekly' }) },
    always('untouched'),
  ),
  row('its label backup is empty', { world: [warm()], claim: claimLabelled({ backup: '' }) }, always('untouched')),
  row(
    'it opted out and says why',
    { world: [warm()], claim: claimLabelled({ [SKIP]: 'true' }, { [REASON]: 'a fresh start' }) },
    always('starts empty'),
  ),
  row(
    'its opt-out label says false',
    { world: [warm()], claim: claimLabelled({ [SKIP]: 'false' }) },
    always('restored'),
  ),
  row(
    'it opted out by an annotation, which is not the way',
    { world: [warm()], claim: claimLabelled({}, { [SKIP]: 'true' }) },
    always('restored'),
  ),
  row(
    'its dataSourceRef names another claim',
    { world: [warm()], claim: claimWith({ dataSourceRef: PVC }) },
    always('untouched'),
  ),
  row(
    'its dataSourceRef names its destination already',
    { world: [warm()], claim: claimWith({ dataSourceRef: DESTINATION }) },
    always('untouched'),
  ),
  row(
    'its dataSource names a snapshot',
    { world: [warm()], claim: claimWith({ dataSource: SNAPSHOT }) },
    always('untouched'),
  ),
  row(
    'its dataSource names a destination, which the API server drops without a word',
    { world: [warm()], claim: claimWith({ dataSource: DESTINATION }) },
    always('starts empty'),
  ),
  row('it names a volume', { world: [warm()], claim: claimWith({ volumeName: 'pv-1' }) }, always('untouched')),
  row('its volumeName is empty', { world: [warm()], claim: claimWith({ volumeName: '' }) }, always('restored')),
  row(
    'F40: its StorageClass is the empty one',
    { world: [warm()], claim: claimWith({ storageClassName: '' }) },
    always('untouched'),
  ),
  row(
    'F40: it has a selector',
    { world: [warm()], claim: claimWith({ selector: { matchLabels: { disk: 'old' } } }) },
    always('untouched'),
  ),
  row('F40: its selector is empty', { world: [warm()], claim: claimWith({ selector: {} }) }, always('untouched')),
  row('C27: VolSync made it', { world: [warm()], claim: claimLabelled(VOLSYNCS) }, always('untouched')),
  row(
    'C27: it has the name of a claim that VolSync makes for a mover',
    { world: [warmFor('volsync-data-src')], claim: claimNamed('volsync-data-src') },
    always('untouched'),
  ),
  row(
    'C27: it has the name of a claim that VolSync’s populator makes',
    { world: [warmFor('vs-prime-1')], claim: claimNamed('vs-prime-1') },
    always('untouched'),
  ),
  row(
    'its name only begins like VolSync’s',
    { world: [warmFor('volsyncdata')], claim: claimNamed('volsyncdata') },
    always('restored'),
  ),
  row(
    'the API server makes its name (generateName)',
    { world: [warm()], claim: claim({ metadata: { name: null, generateName: 'data-' } }) },
    always('starts empty'),
  ),
  row(
    'the API server makes its name, and a destination is called none-restore',
    { world: [warmFor('none')], claim: claim({ metadata: { name: null, generateName: 'data-' } }) },
    always('starts empty'),
  ),
  row('a StatefulSet made it', { world: [warmFor('data-app-0')], claim: claimNamed('data-app-0') }, always('restored')),
  row('its name has dots', { world: [warmFor('data.v2')], claim: claimNamed('data.v2') }, always('restored')),
  row('its name has 63 characters', { world: [warmFor(LONG)], claim: claimNamed(LONG) }, always('restored')),
  row(
    'its name has 253 characters: no destination can be called after it',
    { claim: claimNamed(`${'n'.repeat(251)}-1`) },
    always('starts empty'),
  ),
  row('it is created by server-side apply', { world: [warm()], way: 'apply' }, always('restored')),
  row('it is a dry run', { world: [warm()], way: 'dry run' }, always('restored')),
  row(
    'it exists and gets its label backup now',
    { world: [warm()], way: 'update', before: claimLabelled({ backup: null }) },
    always('untouched'),
  ),
]);
