/** The claims by which VolSync's populator fills others: from which image they may be made, and from which not yet. */
import {
  ADOPT,
  ANNOTATION,
  FRESH,
  NS,
  SNAPSHOTS,
  VOLSYNCS,
  adopted,
  always,
  claim,
  group,
  refused,
  row,
  warm,
} from '../build.ts';
import { asInput, mergePatch } from '../../../sandbox/kube/objects.ts';
import { MANAGED_BY } from '../../../src/naming.ts';
import type { Fields, Group, ObjectInput, Row } from '../words.ts';

const UID = '5d2c1f0e-0000-4000-8000-000000000000';
const IMAGE = 'volsync-data-restore-dest-20260101000000';
const EARLIER = 'volsync-data-restore-dest-20251231000000';
const OLD = '1a2b3c4d';
const NEW = '5e6f7a8b';
const FILLS = 'volsync.backube/populator-pvc-for';
const ACCEPT = 'volsync-prewarm/accept';
const NEWEST = 'volsync-prewarm/newest-snapshot';
const UNTIL = 'volsync-prewarm/hold-until';
const DUE = 'volsync-prewarm/next-backup';

/** VolSync's claim for the claim `data`, from an image. */
function prime(image: string, change: Fields = {}): ObjectInput {
  const one = claim({
    metadata: { name: `vs-prime-${UID}`, labels: { backup: null, ...VOLSYNCS, [FILLS]: 'data' } },
    spec: { dataSourceRef: { apiGroup: SNAPSHOTS, kind: 'VolumeSnapshot', name: image } },
  });
  return asInput(mergePatch(one, change));
}

/** What a destination says of its image. */
interface Told {
  notes?: Fields;
  status?: Fields | null;
  metadata?: Fields;
}

function image({ notes = {}, status = {}, metadata = {} }: Told): Fields {
  return {
    metadata: { annotations: notes, ...metadata },
    status: status === null ? null : { latestImage: { name: IMAGE }, ...status },
  };
}

const PROVEN = { [ANNOTATION.verifiedImage]: IMAGE, [ANNOTATION.verifiedSnapshot]: OLD };
const ours = (told: Told): ObjectInput => warm(image(told));
const theirs = (told: Told): ObjectInput => adopted(image(told));
const proven = (notes: Fields, told: Told = {}): ObjectInput => ours({ ...told, notes: { ...PROVEN, ...notes } });
const logged = (logs: string | null, status: Fields = {}): Told => ({
  status: { latestMoverStatus: { result: 'Successful', logs }, ...status },
});

const SYNCING = { lastSyncStartTime: '2026-01-01T00:00:00Z' };
const NOTHING = 'the restore into data-restore found no snapshot although a backup is known';
const RENEWED = 'the restore point data-restore is being renewed';
const FETCHED = `holds ${OLD}, and ${NEW} is being fetched. The claim is filled when it is there, or at 2`;
const WAS_DUE = 'a backup of this claim was due at 2';
const FOUND_NOTHING = 'No eligible snapshots found';

const free = always('untouched');
const held = (saying: string): Row['outcome'] => refused('prime', saying, 'untouched');
const one = (name: string, destination: ObjectInput, outcome: Row['outcome']): Row =>
  row(name, { world: [destination], claim: prime(IMAGE) }, outcome);

const empty: Group = group('VolSync fills a claim from an image: is it empty?', [
  one('the image is proven', proven({}), free),
  one('nothing is said of the image', ours({}), free),
  one(
    'the image is marked suspect',
    ours({ notes: { [ANNOTATION.suspectImage]: IMAGE, [ANNOTATION.suspectReason]: 'image-empty' } }),
    held('the image of data-restore is marked as unusable (image-empty)'),
  ),
  one(
    'the image is marked suspect without a reason',
    ours({ notes: { [ANNOTATION.suspectImage]: IMAGE } }),
    held('(suspect). The claim is filled when a new image has been made'),
  ),
  one(
    'the image is proven and marked suspect',
    proven({ [ANNOTATION.suspectImage]: IMAGE }),
    held('is marked as unusable'),
  ),
  one('an earlier image was marked suspect', ours({ notes: { [ANNOTATION.suspectImage]: EARLIER } }), free),
  one(
    'the image of an adopted destination is marked suspect',
    theirs({ notes: { [ANNOTATION.suspectImage]: IMAGE } }),
    held('is marked as unusable'),
  ),
  one('L5: the log says that nothing was found', ours(logged(FOUND_NOTHING)), held(NOTHING)),
  one('the log says that a repository was created', ours(logged('created restic repository 4cb08766')), held(NOTHING)),
  one('the same log, but the image is proven', proven({}, logged(FOUND_NOTHING)), free),
  one(
    'the same log, and an earlier image is proven',
    ours({ ...logged(FOUND_NOTHING), notes: { ...PROVEN, [ANNOTATION.verifiedImage]: EARLIER } }),
    held(NOTHING),
  ),
  one('the log names a snapshot', ours(logged(`restoring snapshot ${OLD} of [/data]`)), free),
  one(
    'the log names a snapshot beside the line of nothing',
    ours(logged(`${FOUND_NOTHING}\nrestoring snapshot x`)),
    free,
  ),
  one('the log cannot be read', ours(logged('…')), free),
  one('there is no log', ours(logged(null)), free),
  one('the log of an adopted destination says that nothing was found', theirs(logged(FOUND_NOTHING)), free),
]);

const renewed: Group = group('VolSync fills a claim from an image: is it being renewed?', [
  one('nothing is said of the image, and a sync runs', ours({ status: SYNCING }), held(RENEWED)),
  one('the image is proven, and a sync runs', proven({}, { status: SYNCING }), free),
  one(
    'the image is not the newest any more, and not proven',
    ours({ status: { latestImage: { name: 'volsync-data-restore-dest-20260102000000' } } }),
    held(RENEWED),
  ),
  one(
    'the image is not the newest any more, and proven',
    proven({}, { status: { latestImage: { name: 'volsync-data-restore-dest-20260102000000' } } }),
    free,
  ),
  one('its destination has no status any more', ours({ status: null }), held(RENEWED)),
  one('the image of an adopted destination is not proven, and a sync runs', theirs({ status: SYNCING }), free),
]);

const older = (until: string | null, told: Told = {}): ObjectInput => proven({ [NEWEST]: NEW, [UNTIL]: until }, told);

const newest: Group = group('VolSync fills a claim from an image: is it the newest?', [
  one('L1: a newer snapshot is being fetched', older('@ago -30m'), held(FETCHED)),
  one('L1: the same, and the sync runs', older('@ago -30m', { status: SYNCING }), held(FETCHED)),
  one('the newest snapshot is the one that it holds', proven({ [NEWEST]: OLD, [UNTIL]: '@ago -30m' }), free),
  one(
    'the newest snapshot is known, and the image is not proven',
    ours({ notes: { [NEWEST]: OLD, [UNTIL]: '@ago -30m' } }),
    held(`holds an older snapshot, and ${OLD} is being fetched`),
  ),
  one(
    'the newest snapshot is known, and only an earlier image is proven to hold it',
    ours({
      notes: { ...PROVEN, [ANNOTATION.verifiedImage]: EARLIER, [NEWEST]: OLD, [UNTIL]: '@ago -30m' },
    }),
    held('holds an older snapshot'),
  ),
  one('the time until which it is held has passed', older('@ago 1m'), free),
  one('that time has a fraction of a second', older('@ago -30m.25'), held(FETCHED)),
  one('that time is missing', older(null), free),
  one('that time is empty', older(''), free),
  one('that time is none', older('tomorrow'), free),
  one('that time has words behind it', older('@ago -30m or so'), free),
  one('that time has words before it', older('at @ago -30m'), free),
  one('that time is in another time zone', older('@ago -30m+02:00'), free),
  one('the newest snapshot is empty', proven({ [NEWEST]: '', [UNTIL]: '@ago -30m' }), free),
  one('only the time is there', proven({ [UNTIL]: '@ago -30m' }), free),
  one(
    'a newer snapshot is being fetched by an adopted destination',
    theirs({ notes: { ...PROVEN, [NEWEST]: NEW, [UNTIL]: '@ago -30m' } }),
    held(FETCHED),
  ),
]);

const due = (at: string): ObjectInput => proven({ [DUE]: at });

const backups: Group = group('VolSync fills a claim from an image: was a backup due?', [
  one('a backup was due a minute ago', due('@ago 1m'), held(WAS_DUE)),
  one('a backup was due 19 minutes ago', due('@ago 19m'), held(WAS_DUE)),
  one('that time has a fraction of a second', due('@ago 1m.25'), held(WAS_DUE)),
  one('a backup was due 21 minutes ago', due('@ago 21m'), free),
  one('a backup is due in two minutes', due('@ago -2m'), free),
  one('the time of the next backup is empty', due(''), free),
  one('that time is none', due('hourly'), free),
  one('that time has words behind it', due('@ago 1m or so'), free),
  one('that time has words before it', due('at @ago 1m'), free),
  one('that time is in another time zone', due('@ago 1m+02:00'), free),
  one('that day does not exist', due('2026-02-30T00:00:00Z'), free),
  one(
    'a backup of the claim of an adopted destination was due a minute ago',
    theirs({ notes: { ...PROVEN, [DUE]: '@ago 1m' } }),
    held(WAS_DUE),
  ),
]);

const suspect = { [ANNOTATION.suspectImage]: IMAGE };
const heldUp = { [NEWEST]: NEW, [UNTIL]: '@ago -30m' };

const accepted: Group = group('VolSync fills a claim from an image: fresh, or accepted', [
  one('it was made empty for this claim', ours({ ...logged(FOUND_NOTHING), notes: { [FRESH]: UID } }), free),
  one('it was made empty for this claim, and is marked suspect', ours({ notes: { ...suspect, [FRESH]: UID } }), free),
  one('it was made empty for this claim, and a sync runs', ours({ status: SYNCING, notes: { [FRESH]: UID } }), free),
  one('it was made empty for this claim, and a snapshot is known', ours({ notes: { ...heldUp, [FRESH]: UID } }), free),
  one(
    'it was made empty for this claim, and a backup was due',
    ours({ notes: { [DUE]: '@ago 1m', [FRESH]: UID } }),
    free,
  ),
  one(
    'it was made empty for another claim',
    ours({ ...logged(FOUND_NOTHING), notes: { [FRESH]: UID.replace('5d', '6d') } }),
    held(NOTHING),
  ),
  one('it was made empty for nobody', ours({ ...logged(FOUND_NOTHING), notes: { [FRESH]: '' } }), held(NOTHING)),
  one('what it holds is accepted, and a newer snapshot is known', proven({ ...heldUp, [ACCEPT]: OLD }), free),
  one('what it holds is accepted, and it is marked suspect', proven({ ...suspect, [ACCEPT]: OLD }), free),
  one('what it holds is accepted, and a backup was due', proven({ [DUE]: '@ago 1m', [ACCEPT]: OLD }), free),
  one('another snapshot is accepted', proven({ ...heldUp, [ACCEPT]: NEW }), held(FETCHED)),
  one('the acceptance is empty', proven({ ...heldUp, [ACCEPT]: '' }), held(FETCHED)),
  one(
    'the acceptance is empty, and the image is not proven',
    ours({ notes: { ...heldUp, [ACCEPT]: '' } }),
    held('holds an older snapshot'),
  ),
  one(
    'what an earlier image holds is accepted, and this one is not proven',
    ours({ notes: { ...PROVEN, ...heldUp, [ANNOTATION.verifiedImage]: EARLIER, [ACCEPT]: OLD } }),
    held('holds an older snapshot'),
  ),
]);

const MARKED = { notes: { [ANNOTATION.suspectImage]: IMAGE } };
const from = (name: string, imageName: string, destination: ObjectInput, outcome: Row['outcome']): Row =>
  row(name, { world: [destination], claim: prime(imageName) }, outcome);
const called = (name: string, told: Told = { status: SYNCING }): ObjectInput =>
  ours({ ...told, metadata: { ...told.metadata, name } });

const whose: Group = group('VolSync fills a claim: whose image is it?', [
  from(
    'an image of another name is the newest of its destination',
    'image-1',
    ours({ notes: { [ANNOTATION.suspectImage]: 'image-1' }, status: { latestImage: { name: 'image-1' } } }),
    held('is marked'),
  ),
  from('an image of another name is no image of the destination', 'image-1', ours({ status: SYNCING }), free),
  from('an earlier image, by its name', EARLIER, ours({}), held(RENEWED)),
  from(
    'an earlier image of another name, which was proven',
    'image-0',
    ours({ notes: { [ANNOTATION.provenImages]: `image-x=${NEW},image-0=${OLD}` } }),
    held(RENEWED),
  ),
  from(
    'an image whose name begins like that of a proven one',
    'image-0',
    ours({ notes: { [ANNOTATION.provenImages]: `image-01=${OLD}` } }),
    free,
  ),
  from(
    'an image of a destination whose name begins alike',
    'volsync-data-restore-2-dest-20260101000000',
    ours({}),
    free,
  ),
  from(
    'an image of a destination whose name ends alike',
    IMAGE,
    called('restore', { status: { ...SYNCING, latestImage: { name: 'image-1' } } }),
    free,
  ),
  from('an image with 13 digits', IMAGE.slice(0, -1), called('data-restore', { status: null }), free),
  from('an image with 15 digits', `${IMAGE}0`, called('data-restore', { status: null }), free),
  from(
    'an image of a destination with a dot in its name',
    'volsync-data.v2-restore-dest-20260101000000',
    called('data.v2-restore'),
    held('data.v2-restore is being renewed'),
  ),
  from(
    'an image of a destination with a letter where another has a dot',
    'volsync-dataxv2-restore-dest-20260101000000',
    called('data.v2-restore'),
    free,
  ),
  one('its destination carries no label of ours', ours({ ...MARKED, metadata: { labels: null } }), free),
  one(
    'its destination is managed by somebody else',
    ours({ ...MARKED, metadata: { labels: { [MANAGED_BY]: 'argocd' } } }),
    free,
  ),
  one(
    'its destination’s label adopt says false',
    theirs({ ...MARKED, metadata: { labels: { [ADOPT]: 'false' } } }),
    free,
  ),
  one('its destination is in another namespace', ours({ ...MARKED, metadata: { namespace: `${NS}-other` } }), free),
  row(
    'it has such a name, and is not VolSync’s',
    { world: [ours(MARKED)], claim: prime(IMAGE, { metadata: { labels: { [FILLS]: null } } }) },
    free,
  ),
  row(
    'it has VolSync’s label, and another name',
    { world: [ours(MARKED)], claim: prime(IMAGE, { metadata: { name: 'mine' } }) },
    free,
  ),
  row(
    'it has VolSync’s label and such a name, and no data source',
    { world: [ours(MARKED)], claim: prime(IMAGE, { spec: { dataSourceRef: null } }) },
    free,
  ),
  row(
    'C27: a rule has labelled it backup: hourly, and the image is proven',
    { world: [proven({})], claim: prime(IMAGE, { metadata: { labels: { backup: 'hourly' } } }) },
    free,
  ),
  row(
    'it exists, and is labelled now',
    {
      way: 'update',
      world: [ours(MARKED)],
      before: prime(IMAGE, { metadata: { labels: { [FILLS]: null } } }),
      claim: prime(IMAGE),
    },
    free,
  ),
]);

const withoutIndex: Group = group(
  'VolSync fills a claim, and there is no index object at all',
  [one('the image is proven', proven({}), free), one('the image is marked suspect', ours(MARKED), held('is marked'))],
  { absent: true },
);

export const primes: readonly Group[] = [empty, renewed, newest, backups, accepted, whose, withoutIndex];
