/** A source that survived its claim. The index does not list the claim. */
import {
  ATTACH,
  NS,
  REASON,
  SKIP,
  VOLSYNCS,
  always,
  claimLabelled,
  claimNamed,
  claimWith,
  group,
  held,
  listed,
  refused,
  row,
  source,
  warm,
} from '../build.ts';
import type { Fields } from '../../../sandbox/kube/objects.ts';
import type { Group } from '../words.ts';

const PVC = { kind: 'PersistentVolumeClaim', name: 'older' };
const HAS_BACKUP = 'volsync-prewarm/has-backup';
const SAYING = 'ReplicationSource data-backup has already backed up';
const STATIC = 'It cannot be restored into a static volume. Give the claim a StorageClass and no selector';
const world = [source()];

function logs(text: string): Fields {
  return { status: { latestMoverStatus: { logs: text } } };
}

function marked(value: string): Fields {
  return { status: null, metadata: { annotations: { [HAS_BACKUP]: value } } };
}

export const sources: Group = group('Sources that are still there', [
  row('the log of its source says that a snapshot was saved', { world }, refused('gate-source', SAYING)),
  row(
    'the same, and it is labelled backup: daily',
    { world, claim: claimLabelled({ backup: 'daily' }) },
    refused('gate-source', SAYING),
  ),
  row('the same, and its destination holds an image', { world: [source(), warm()] }, always('restored')),
  row('the same, and the index says attach', { world, index: listed(ATTACH) }, held()),
  row('the same, and it has no label backup', { world, claim: claimLabelled({ backup: null }) }, always('untouched')),
  row(
    'the same, and it is labelled backup: weekly',
    { world, claim: claimLabelled({ backup: 'weekly' }) },
    always('untouched'),
  ),
  row(
    'the same, and it opted out and says why',
    { world, claim: claimLabelled({ [SKIP]: 'true' }, { [REASON]: 'a fresh start' }) },
    always('starts empty'),
  ),
  row(
    'the same, and its dataSourceRef names another claim',
    { world, claim: claimWith({ dataSourceRef: PVC }) },
    always('untouched'),
  ),
  row('the same, and it names a volume', { world, claim: claimWith({ volumeName: 'pv-1' }) }, always('untouched')),
  row(
    'F40: the same, and its StorageClass is the empty one',
    { world, claim: claimWith({ storageClassName: '' }) },
    refused('gate-source', STATIC, 'untouched'),
  ),
  row(
    'F40: the same, and it has a selector',
    { world, claim: claimWith({ selector: {} }) },
    refused('gate-source', STATIC, 'untouched'),
  ),
  row('C27: the same, and VolSync made it', { world, claim: claimLabelled(VOLSYNCS) }, always('untouched')),
  row(
    'C27: a source backs up a claim of the name that VolSync gives its own',
    { world: [source({ spec: { sourcePVC: 'volsync-data-src' } })], claim: claimNamed('volsync-data-src') },
    always('untouched'),
  ),
  row(
    'the same, and the source is somebody else’s',
    { world: [source({ metadata: { name: 'nightly', labels: null } })] },
    refused('gate-source', 'ReplicationSource nightly has already backed up'),
  ),
  row(
    'the log of its source says nothing of a snapshot',
    { world: [source(logs('Fatal: unable to open repository'))] },
    always('starts empty'),
  ),
  row(
    'the log of its source names no snapshot of 8 hex digits',
    { world: [source(logs('snapshot 1a2b3c saved'))] },
    always('starts empty'),
  ),
  row('its source is marked as having a backup', { world: [source(marked('true'))] }, refused('gate-source', SAYING)),
  row('its source is marked as having none', { world: [source(marked('false'))] }, always('starts empty')),
  row('its source has never synced', { world: [source({ status: null })] }, always('starts empty')),
  row(
    'the source backs another claim up',
    { world: [source({ spec: { sourcePVC: 'other' } })] },
    always('starts empty'),
  ),
  row(
    'the source is in another namespace',
    { world: [source({ metadata: { namespace: `${NS}-other` } })] },
    always('starts empty'),
  ),
]);
