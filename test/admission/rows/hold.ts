/** What the index says of a claim, and what becomes of it when nothing is warm. The index is a minute old. */
import {
  ATTACH,
  BLOCK,
  IGNORE,
  NS,
  REASON,
  REFUSE,
  SKIP,
  VOLSYNCS,
  always,
  claim,
  claimLabelled,
  claimNamed,
  claimWith,
  cold,
  group,
  held,
  listed,
  refused,
  row,
  warm,
} from '../build.ts';
import type { Group } from '../words.ts';

const PVC = { kind: 'PersistentVolumeClaim', name: 'older' };
const SNAPSHOT = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'of-my-own' };
const DESTINATION = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'data-restore' };
const LONG = 'n'.repeat(63);
const index = listed(ATTACH);
const STATIC =
  'It cannot be restored into a static volume. Give the claim a StorageClass and no selector, or name the volume with the data in spec.volumeName. To start empty on purpose';

export const entries: Group = group('Entries of the index', [
  row('the index says attach, and there is no destination', { index }, held()),
  row('the index says attach, and its destination has no image yet', { index, world: [cold] }, held()),
  row('the index says attach, and its destination holds an image', { index, world: [warm()] }, always('restored')),
  row(
    'the index says refuse',
    { index: listed(REFUSE) },
    refused(
      'gate',
      'exists (suspect) and the claim would start without it. The backup cannot be attached until somebody corrects this',
    ),
  ),
  row(
    'the index says refuse, and it is labelled backup: daily',
    { index: listed(REFUSE), claim: claimLabelled({ backup: 'daily' }) },
    refused('gate', 'To start empty on purpose'),
  ),
  row(
    'the index says refuse, but its destination holds an image',
    { index: listed(REFUSE), world: [warm()] },
    always('restored'),
  ),
  row(
    'F4: the index says refuse, since its volume was a block device',
    { index: listed(BLOCK) },
    refused('gate', 'exists (blocked:volume-mode-block) and the claim would start without it'),
  ),
  row('the index says ignore', { index: listed(IGNORE) }, always('starts empty')),
  row(
    'the index says ignore, and its destination holds an image',
    { index: listed(IGNORE), world: [warm()] },
    always('restored'),
  ),
  row(
    'the index says a word that is none',
    { index: listed('attached cold 1a2b3c4d 2026-01-01T00:00:00Z') },
    always('starts empty'),
  ),
  row('the index says attach and nothing more', { index: listed('attach') }, always('starts empty')),
  row('the index says nothing under its key', { index: listed('') }, always('starts empty')),
  row(
    'the index lists its namesake in another namespace',
    { index: { [`${NS}-other.data`]: ATTACH } },
    always('starts empty'),
  ),
  row(
    'the index lists its namesake in a namespace whose name goes on',
    { index: { [`${NS}x.data`]: ATTACH } },
    always('starts empty'),
  ),
  row(
    'the index lists a claim whose name goes on after a dot',
    { index: { [`${NS}.data.old`]: ATTACH } },
    always('starts empty'),
  ),
  row(
    'the index lists a claim whose name is the part before its dot',
    { index, claim: claimNamed('data.old') },
    always('starts empty'),
  ),
  row(
    'its name has a dot, and the index lists it',
    { index: { [`${NS}.data.old`]: ATTACH }, claim: claimNamed('data.old') },
    held(),
  ),
  row(
    'its name has 63 characters, and the index lists it',
    { index: { [`${NS}.${LONG}`]: ATTACH }, claim: claimNamed(LONG) },
    held(),
  ),
]);

export const listedClaims: Group = group('Claims that the index lists with attach, and nothing is warm', [
  row('it is labelled backup: daily', { index, claim: claimLabelled({ backup: 'daily' }) }, held()),
  row('it has no label backup', { index, claim: claimLabelled({ backup: null }) }, always('untouched')),
  row('it is labelled backup: weekly', { index, claim: claimLabelled({ backup: 'weekly' }) }, always('untouched')),
  row(
    'it opted out and says why',
    { index, claim: claimLabelled({ [SKIP]: 'true' }, { [REASON]: 'a fresh start' }) },
    always('starts empty'),
  ),
  row('its opt-out label says false', { index, claim: claimLabelled({ [SKIP]: 'false' }) }, held()),
  row(
    'its dataSourceRef names another claim',
    { index, claim: claimWith({ dataSourceRef: PVC }) },
    always('untouched'),
  ),
  row(
    'its dataSourceRef names its destination already',
    { index, claim: claimWith({ dataSourceRef: DESTINATION }) },
    always('untouched'),
  ),
  row('its dataSource names a snapshot', { index, claim: claimWith({ dataSource: SNAPSHOT }) }, always('untouched')),
  row(
    'its dataSource names a destination, which the API server drops without a word',
    { index, claim: claimWith({ dataSource: DESTINATION }) },
    refused(
      'gate',
      'exists (cold:queued) and the claim would start without it. Create the claim again in a few minutes',
    ),
  ),
  row('it names a volume', { index, claim: claimWith({ volumeName: 'pv-1' }) }, always('untouched')),
  row('its volumeName is empty', { index, claim: claimWith({ volumeName: '' }) }, held()),
  row(
    'F40: its StorageClass is the empty one',
    { index, claim: claimWith({ storageClassName: '' }) },
    refused('gate', STATIC, 'untouched'),
  ),
  row(
    'F40: it has a selector',
    { index, claim: claimWith({ selector: { matchLabels: { disk: 'old' } } }) },
    refused('gate', STATIC, 'untouched'),
  ),
  row(
    'F40: its StorageClass is the empty one, and it names its volume',
    { index, claim: claimWith({ storageClassName: '', volumeName: 'pv-1' }) },
    always('untouched'),
  ),
  row('C27: VolSync made it', { index, claim: claimLabelled(VOLSYNCS) }, always('untouched')),
  row(
    'C27: it has the name of a claim that VolSync makes for a mover',
    { index: { [`${NS}.volsync-data-src`]: ATTACH }, claim: claimNamed('volsync-data-src') },
    always('untouched'),
  ),
  row(
    'C27: it has the name of a claim that VolSync’s populator makes',
    { index: { [`${NS}.vs-prime-1`]: REFUSE }, claim: claimNamed('vs-prime-1') },
    always('untouched'),
  ),
  row(
    'it is a block device',
    { index, claim: claimWith({ volumeMode: 'Block' }) },
    refused('gate', 'It cannot be restored into a block device'),
  ),
  row(
    'the API server makes its name (generateName)',
    { index, claim: claim({ metadata: { name: null, generateName: 'data-' } }) },
    always('starts empty'),
  ),
  row('it is created by server-side apply', { index, way: 'apply' }, held()),
  row('it is a dry run', { index, way: 'dry run' }, held()),
  row(
    'it exists and gets its label backup now',
    { index, way: 'update', before: claimLabelled({ backup: null }) },
    always('untouched'),
  ),
]);
