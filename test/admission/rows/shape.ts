/** Claims that refer to a destination which can never fill them, and what opting out needs. */
import {
  ADOPT,
  ANNOTATION,
  ATTACH,
  FRESH,
  REASON,
  SKIP,
  VOLSYNCS,
  adopted,
  always,
  claim,
  claimLabelled,
  claimWith,
  cold,
  emptied,
  group,
  held,
  listed,
  notes,
  refused,
  row,
  warm,
  warmFor,
  warmWith,
} from '../build.ts';
import type { Fields } from '../../../sandbox/kube/objects.ts';
import { MANAGED_BY } from '../../../src/naming.ts';
import type { Group, ObjectInput } from '../words.ts';

const TEN_GI = '10737418240';
const MORE = '10737418241';
const CLASSES = 'volsync-prewarm/classes';
const REF = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'data-restore' };

function asks(storage: string): ObjectInput {
  return claimWith({ resources: { requests: { storage } } });
}

function needs(size: string): ObjectInput {
  return warmWith({ [ANNOTATION.restoreSize]: size });
}

const STATIC =
  'asks for a static volume (no StorageClass, or a selector). Nothing can be restored into it, so the claim would stay Pending for ever. Give it a StorageClass and no selector, or remove its reference to data-restore. To start empty on purpose';
const larger = [needs(MORE)];
const small = 'asks for 10Gi, but the snapshot of its restore point needs 10737418241 bytes';
const slow = claimWith({ storageClassName: 'slow' });
const otherClass = "is of StorageClass 'slow', but its restore point data-restore is a snapshot of fast";

export const sizes: Group = group('Sizes', [
  row('it asks for exactly what its snapshot needs', { world: [needs(TEN_GI)] }, always('restored')),
  row('it asks for one byte less than its snapshot needs', { world: larger }, refused('shape', small, 'restored')),
  row(
    'it asks for less than its snapshot needs, whose size was only assumed',
    { world: [warmWith({ [ANNOTATION.restoreSize]: MORE, [ANNOTATION.capacityFrom]: 'default' })] },
    refused(
      'shape',
      'Or, since that size was only assumed: set PREWARM_DEFAULT_CAPACITY=none, delete the ReplicationDestination data-restore',
      'restored',
    ),
  ),
  row(
    'it asks for less than its snapshot needs, whose size another claim told',
    { world: [warmWith({ [ANNOTATION.restoreSize]: MORE, [ANNOTATION.capacityFrom]: 'claim' })] },
    refused('shape', 'Raise spec.resources.requests.storage. To start empty on purpose', 'restored'),
  ),
  row('it asks for more than its snapshot needs', { world: [needs(TEN_GI)], claim: asks('20Gi') }, always('restored')),
  row(
    'it asks in decimal units for too little: 10G is less than 10Gi',
    { world: [needs(TEN_GI)], claim: asks('10G') },
    refused('shape', 'Raise spec.resources.requests.storage. To start empty on purpose', 'restored'),
  ),
  row('it asks in decimal units for enough', { world: [needs(TEN_GI)], claim: asks('11G') }, always('restored')),
  row(
    'it asks for a fraction: 9.5Gi is less than 10Gi',
    { world: [needs(TEN_GI)], claim: asks('9.5Gi') },
    refused('shape', 'Raise spec.resources.requests.storage', 'restored'),
  ),
  row('what its snapshot needs is written with a unit', { world: [needs('10Gi')] }, always('restored')),
  row('what its snapshot needs is not known', { world: [warm()] }, always('restored')),
  row('what its snapshot needs cannot be read', { world: [needs('a lot')] }, always('restored')),
  row(
    'it is labelled backup: daily and asks for too little',
    { world: larger, claim: claimLabelled({ backup: 'daily' }) },
    refused('shape', small, 'restored'),
  ),
]);

export const modes: Group = group('Volume modes and StorageClasses', [
  row(
    'it is a block device, and its destination holds an image',
    { world: [warm()], claim: claimWith({ volumeMode: 'Block' }) },
    refused('shape', 'but its backup holds files. Use volumeMode Filesystem. To start empty on purpose', 'restored'),
  ),
  row(
    'it is a block device, and there is no destination',
    { claim: claimWith({ volumeMode: 'Block' }) },
    always('starts empty'),
  ),
  row(
    'it is of another StorageClass than its destination',
    { world: [warm()], claim: slow },
    refused('shape', otherClass, 'restored'),
  ),
  row(
    'its StorageClass is listed in volsync-prewarm/classes',
    { world: [warmWith({ [CLASSES]: 'other, slow' })], claim: slow },
    always('restored'),
  ),
  row(
    'only a similar StorageClass is listed in volsync-prewarm/classes',
    { world: [warmWith({ [CLASSES]: 'slower' })], claim: slow },
    refused('shape', otherClass, 'restored'),
  ),
  row(
    'it names no StorageClass, and the cluster has no default',
    { world: [warm()], claim: claimWith({ storageClassName: null }) },
    always('restored'),
  ),
  row(
    'F40: its StorageClass is the empty one, and it refers to its destination',
    { world: [warm()], claim: claimWith({ storageClassName: '', dataSourceRef: REF }) },
    refused('shape', STATIC, 'untouched'),
  ),
  row(
    'F40: it has a selector, and it refers to its destination',
    { world: [warm()], claim: claimWith({ selector: {}, dataSourceRef: REF }) },
    refused('shape', STATIC, 'untouched'),
  ),
  row(
    'its destination names no StorageClass',
    { world: [warm({ spec: { restic: { storageClassName: null } } })], claim: slow },
    always('restored'),
  ),
  row(
    'the index says attach, and it is of another StorageClass than its cold destination',
    { world: [cold], index: listed(ATTACH), claim: slow },
    {
      ...refused('shape', otherClass),
      observe: { fate: 'starts empty', warned: 'gate', saying: 'exists (cold:queued)' },
    },
  ),
]);

const NOTHING = 'the restore that made the image of data-restore found no snapshot (its log says so)';
const BOTH = 'No eligible snapshots found\nrestoring snapshot 1a2b3c4d of /data';

export const suspects: Group = group('Images that are marked suspect after the index was written', [
  row(
    'the index says attach, and the image is marked suspect',
    {
      world: [warmWith({ [ANNOTATION.suspectImage]: 'image-1', [ANNOTATION.suspectReason]: 'image-empty' })],
      index: listed(ATTACH),
    },
    {
      ...refused('shape', 'the image of data-restore is marked as unusable (image-empty) and the claim'),
      observe: held().observe,
      restore: 'starts empty',
    },
  ),
  row(
    'the index says attach, and the suspect image is being made anew',
    {
      world: [
        warm({ metadata: { annotations: { [ANNOTATION.suspectImage]: 'image-1' } }, status: { latestImage: null } }),
      ],
      index: listed(ATTACH),
    },
    held(),
  ),
  row(
    'the index says attach, and the log of its destination says that nothing was restored',
    { world: [emptied()], index: listed(ATTACH) },
    { ...refused('shape', NOTHING), observe: held().observe, restore: 'starts empty' },
  ),
  row(
    'the index says attach, and its destination was made empty for another claim',
    { world: [warmWith({ [FRESH]: 'a-uid' })], index: listed(ATTACH) },
    {
      ...refused('shape', 'data-restore was made empty on purpose for a claim'),
      observe: held().observe,
      restore: 'starts empty',
    },
  ),
  row(
    'it refers itself to a destination that was made empty for another claim',
    { world: [warmWith({ [FRESH]: 'a-uid' })], claim: claimWith({ dataSourceRef: REF }) },
    refused('shape', 'Create this claim again then. To start empty on purpose', 'untouched'),
  ),
  row(
    'it refers itself to an image into which nothing was restored, as the log says',
    { world: [emptied()], claim: claimWith({ dataSourceRef: REF }) },
    refused('shape', NOTHING, 'untouched'),
  ),
  row(
    'the same, and the destination has no tag at all',
    {
      world: [emptied({ spec: { trigger: null }, status: { lastManualSync: null } })],
      claim: claimWith({ dataSourceRef: REF }),
    },
    refused('shape', NOTHING, 'untouched'),
  ),
  ...[
    { but: 'but the image is proven', world: emptied(notes({ [ANNOTATION.verifiedImage]: 'image-1' })) },
    { but: 'but another sync is running', world: emptied({ status: { lastSyncStartTime: '2026-01-01T00:00:00Z' } }) },
    { but: 'but another tag is asked for', world: emptied({ spec: { trigger: { manual: '5e6f7a8b' } } }) },
    { but: 'but of a sync that failed', world: emptied({ status: { latestMoverStatus: { result: 'Failed' } } }) },
    {
      but: 'but there is no image',
      world: emptied({ ...notes({ [ANNOTATION.verifiedImage]: 'image-0' }), status: { latestImage: null } }),
    },
    { but: 'but it names a snapshot too', world: emptied({ status: { latestMoverStatus: { logs: BOTH } } }) },
    { but: 'but it cannot be read', world: emptied({ status: { latestMoverStatus: { logs: '…' } } }) },
    { but: 'but there is none', world: emptied({ status: { latestMoverStatus: { logs: null } } }) },
  ].map(({ but, world }) =>
    row(`the same log, ${but}`, { world: [world], claim: claimWith({ dataSourceRef: REF }) }, always('untouched')),
  ),
  row(
    'it refers itself to an image that is marked suspect',
    { world: [warmWith({ [ANNOTATION.suspectImage]: 'image-1' })], claim: claimWith({ dataSourceRef: REF }) },
    refused('shape', 'Argo CD, Flux and StatefulSets do so by themselves. To start empty on purpose', 'untouched'),
  ),
]);

const toMine = claimWith({ dataSourceRef: REF });
const handedOver = adopted;

export const handedOverReferences: Group = group('References to adopted destinations', [
  row('its adopted destination holds an image', { world: [handedOver()], claim: toMine }, always('untouched')),
  row(
    'its adopted destination has no image yet',
    { world: [handedOver({ status: null })], claim: toMine },
    always('untouched'),
  ),
  row('its destination is not there', { claim: toMine }, always('untouched')),
  row(
    'its adopted destination has another name than <pvc>-restore',
    {
      world: [handedOver({ metadata: { name: 'data-dst' } })],
      claim: claimWith({ dataSourceRef: { ...REF, name: 'data-dst' } }),
    },
    always('untouched'),
  ),
  row(
    'the image of its adopted destination is marked suspect',
    { world: [handedOver(notes({ [ANNOTATION.suspectImage]: 'image-1' }))], claim: toMine },
    refused('shape', 'the image of data-restore is marked as unusable (suspect)', 'untouched'),
  ),
  row(
    'the image of a destination that is not adopted is marked suspect',
    {
      world: [
        handedOver({ metadata: { labels: { [ADOPT]: null }, annotations: { [ANNOTATION.suspectImage]: 'image-1' } } }),
      ],
      claim: toMine,
    },
    always('untouched'),
  ),
  row(
    'the same, and its label adopt says false',
    {
      world: [
        handedOver({
          metadata: { labels: { [ADOPT]: 'false' }, annotations: { [ANNOTATION.suspectImage]: 'image-1' } },
        }),
      ],
      claim: toMine,
    },
    always('untouched'),
  ),
  row(
    'the log of its adopted destination says that nothing was restored, as in a first installation',
    {
      world: [emptied({ metadata: { labels: { [MANAGED_BY]: null, [ADOPT]: 'true' } } })],
      claim: toMine,
    },
    always('untouched'),
  ),
  row(
    'it is of another StorageClass than its adopted destination',
    { world: [handedOver()], claim: claimWith({ dataSourceRef: REF, storageClassName: 'slow' }) },
    always('untouched'),
  ),
  row(
    'it asks for less than the image of its adopted destination needs',
    { world: [handedOver(notes({ [ANNOTATION.restoreSize]: MORE }))], claim: toMine },
    refused('shape', small, 'untouched'),
  ),
  row(
    'its adopted destination carries volsync-prewarm/fresh, which says nothing there',
    { world: [handedOver(notes({ [FRESH]: 'a-uid' }))], claim: toMine },
    always('untouched'),
  ),
]);

export const references: Group = group('References that users wrote themselves', [
  row(
    'it refers to its destination and asks for too little',
    { world: larger, claim: claimWith({ dataSourceRef: REF }) },
    refused('shape', small, 'untouched'),
  ),
  row('the same, and it has no label backup', { world: larger, claim: withRef({ backup: null }) }, always('untouched')),
  row(
    'the same, and it is labelled backup: weekly',
    { world: larger, claim: withRef({ backup: 'weekly' }) },
    always('untouched'),
  ),
  row(
    'the same, and it opted out and says why',
    { world: larger, claim: withRef({ [SKIP]: 'true' }) },
    always('untouched'),
  ),
  row(
    'it refers to a destination that is not ours',
    { world: [needs(MORE), foreign()], claim: claimWith({ dataSourceRef: { ...REF, name: 'theirs' } }) },
    always('untouched'),
  ),
  row(
    'it refers to another destination than the one that is too large',
    { world: [needs(MORE), warmFor('other')], claim: claimWith({ dataSourceRef: { ...REF, name: 'other-restore' } }) },
    always('untouched'),
  ),
  row(
    'C27: it refers to its destination and asks for too little, and VolSync made it',
    { world: larger, claim: withRef(VOLSYNCS) },
    always('untouched'),
  ),
  row(
    'it refers to something else of the same name',
    { world: larger, claim: claimWith({ dataSourceRef: { ...REF, kind: 'ReplicationSource' } }) },
    always('untouched'),
  ),
  row(
    'it refers to a destination of another API group',
    { world: larger, claim: claimWith({ dataSourceRef: { ...REF, apiGroup: 'example.org' } }) },
    always('untouched'),
  ),
]);

function withRef(labels: Fields): ObjectInput {
  const { metadata } = claimLabelled(labels, { [REASON]: 'mine' });
  return { ...claimWith({ dataSourceRef: REF }), metadata };
}

function foreign(): ObjectInput {
  const one = needs(MORE);
  return { ...one, metadata: { ...one.metadata, name: 'theirs', labels: {} } };
}

const WHY = 'needs a reason';

export const optOut: Group = group('Opting out', [
  row('it opted out without a reason', { claim: claimLabelled({ [SKIP]: 'true' }) }, refused('opt-out', WHY)),
  row(
    'it opted out without a reason, and it is labelled backup: daily',
    { claim: claimLabelled({ [SKIP]: 'true', backup: 'daily' }) },
    refused('opt-out', WHY),
  ),
  row(
    'its reason is blank',
    { claim: claimLabelled({ [SKIP]: 'true' }, { [REASON]: '   ' }) },
    refused('opt-out', WHY),
  ),
  row('its reason is empty', { claim: claimLabelled({ [SKIP]: 'true' }, { [REASON]: '' }) }, refused('opt-out', WHY)),
  row('it says why', { claim: claimLabelled({ [SKIP]: 'true' }, { [REASON]: 'tests' }) }, always('starts empty')),
  row('its opt-out label says something else', { claim: claimLabelled({ [SKIP]: 'yes' }) }, always('starts empty')),
  row(
    'it has no label backup and opted out without a reason',
    { claim: claimLabelled({ [SKIP]: 'true', backup: null }) },
    always('untouched'),
  ),
  row(
    'it is labelled backup: weekly and opted out without a reason',
    { claim: claimLabelled({ [SKIP]: 'true', backup: 'weekly' }) },
    always('untouched'),
  ),
  row(
    'C27: VolSync made it, with the labels of the claim that it copies',
    { claim: claimLabelled({ [SKIP]: 'true', ...VOLSYNCS }) },
    always('untouched'),
  ),
  row(
    'C27: it has the name of a claim that VolSync makes for a mover',
    { claim: claim({ metadata: { name: 'volsync-data-src', labels: { [SKIP]: 'true' } } }) },
    always('untouched'),
  ),
  row(
    'it exists and opts out now without a reason',
    { way: 'update', before: claimLabelled({ backup: null }), claim: claimLabelled({ [SKIP]: 'true' }) },
    always('untouched'),
  ),
]);
