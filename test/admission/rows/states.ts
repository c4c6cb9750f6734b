/** The index itself: fresh, stale, never written, in several objects, or not there. */
import {
  ATTACH,
  IGNORE,
  NS,
  REASON,
  REFUSE,
  SKIP,
  VOLSYNCS,
  always,
  claimLabelled,
  claimNamed,
  claimWith,
  group,
  held,
  listed,
  missing,
  refused,
  refusedByStrict,
  row,
  warm,
} from '../build.ts';
import type { Group, Row } from '../words.ts';

const PVC = { kind: 'PersistentVolumeClaim', name: 'older' };
const LAST = 'last written';
const COPY = 'volsync-prewarm-index-before-the-upgrade';
const UNMARKED =
  'the bucket holds no backup at all). If that is right, confirm it once with `volsync-prewarm mark-bucket`';
const UNSEEN = 'the folder of its namespace in the bucket could not be listed';
const NEVER = 'no run has finished yet';
const index = listed(ATTACH);

const unlisted = (outcome: Row['outcome']): Row => row('the index does not list it', {}, outcome);
const attached = row('its destination holds an image', { world: [warm()] }, always('restored'));
const known: Row[] = [
  row('the index says attach', { index }, held()),
  row('the index says refuse', { index: listed(REFUSE) }, refused('gate', 'exists (suspect)')),
  attached,
];
const others: Row[] = [
  row('it has no label backup', { claim: claimLabelled({ backup: null }) }, always('untouched')),
  row(
    'it opted out and says why',
    { claim: claimLabelled({ [SKIP]: 'true' }, { [REASON]: 'a fresh start' }) },
    always('starts empty'),
  ),
  row('its dataSourceRef names another claim', { claim: claimWith({ dataSourceRef: PVC }) }, always('untouched')),
  row('C27: VolSync made it', { claim: claimLabelled(VOLSYNCS) }, always('untouched')),
  row(
    'C27: it has the name of a claim that VolSync makes for a mover',
    { claim: claimNamed('volsync-data-src') },
    always('untouched'),
  ),
];
const STALE = { _generatedAt: '@ago 21m' };
const NOW = { _generatedAt: '@ago 1m' };

export const states: Group[] = [
  group('An index that is a minute old', [
    unlisted(always('starts empty')),
    row(
      'its namespace could not be listed',
      { index: { [`_unknown.${NS}`]: 'listing-failed' } },
      refusedByStrict(UNSEEN),
    ),
    row(
      'its namespace could not be listed, and the index says attach',
      { index: { ...index, [`_unknown.${NS}`]: 'listing-failed' } },
      held(),
    ),
    row(
      'its namespace could not be listed, and its destination holds an image',
      { index: { [`_unknown.${NS}`]: 'listing-failed' }, world: [warm()] },
      always('restored'),
    ),
    row(
      'another namespace could not be listed',
      { index: { [`_unknown.${NS}-other`]: 'listing-failed' } },
      always('starts empty'),
    ),
  ]),
  group('An index that was never written', [unlisted(refused('gate', NEVER)), ...others, attached], { first: {} }),
  group(
    'An index 21 minutes old',
    [
      unlisted(refusedByStrict(LAST)),
      ...known,
      ...others,
      row('the index says ignore', { index: listed(IGNORE) }, refusedByStrict(LAST)),
    ],
    { first: STALE },
  ),
  group('An index 19 minutes old', [unlisted(always('starts empty'))], { first: { _generatedAt: '@ago 19m' } }),
  group('An index from 6 minutes in the future', [unlisted(refusedByStrict(LAST)), ...known], {
    first: { _generatedAt: '@ago -6m' },
  }),
  group('An index from 4 minutes in the future', [unlisted(always('starts empty'))], {
    first: { _generatedAt: '@ago -4m' },
  }),
  group('A time with a fraction of a second', [unlisted(always('starts empty'))], {
    first: { _generatedAt: '@ago 1m.25' },
  }),
  group('A time that is none', [unlisted(refusedByStrict('last written yesterday')), ...known], {
    first: { _generatedAt: 'yesterday' },
  }),
  group('A time with words behind it', [unlisted(refusedByStrict(LAST))], { first: { _generatedAt: '@ago 1m or so' } }),
  group('A time in another time zone', [unlisted(refusedByStrict(LAST))], { first: { _generatedAt: '@ago 1m+02:00' } }),
  group('An empty time', [unlisted(refusedByStrict('last written never'))], { first: { _generatedAt: '' } }),
  group('A day that does not exist', [unlisted(refusedByStrict('last written 2026-02-30T00:00:00Z')), ...known], {
    first: { _generatedAt: '2026-02-30T00:00:00Z' },
  }),
  group('An empty bucket without its marker', [unlisted(refusedByStrict(UNMARKED)), ...known], {
    first: { ...NOW, _bucketUnmarked: 'true' },
  }),
  group(
    'An index that says which bucket it is of, and why runs write nothing else',
    [unlisted(always('starts empty')), ...known],
    {
      first: { ...NOW, _bucket: 's3:https://nas:9000/backups', _frozen: 'listing-failed' },
    },
  ),
  group('A stale index whose _onStale is another word', [unlisted(refused('gate', LAST))], {
    first: { ...STALE, _onStale: 'maybe' },
  }),
  group('A stale index without _onStale', [unlisted(always('starts empty'))], { first: { ...STALE, _onStale: null } }),
  group(
    'C10: no index object at all, or one in another namespace',
    [
      unlisted(missing('starts empty')),
      row('its destination holds an image', { world: [warm()] }, missing('restored')),
      row('its dataSourceRef names another claim', { claim: claimWith({ dataSourceRef: PVC }) }, missing('untouched')),
      row('it has no label backup', { claim: claimLabelled({ backup: null }) }, always('untouched')),
      row(
        'it opted out and says why',
        { claim: claimLabelled({ [SKIP]: 'true' }, { [REASON]: 'a fresh start' }) },
        always('starts empty'),
      ),
      row('C27: VolSync made it', { claim: claimLabelled(VOLSYNCS) }, always('untouched')),
    ],
    { absent: true },
  ),
  group(
    'An index without its label',
    [
      unlisted(always('starts empty')),
      row('the index says attach', { index }, { ...refused('gate', 'exists (cold:queued)'), observe: 'starts empty' }),
      attached,
    ],
    { unlabelled: true },
  ),
  group('An index in two objects, entries in the second', [unlisted(always('starts empty')), ...known], {
    second: NOW,
    entriesInSecond: true,
  }),
  group('An index in two objects, the second one stale', [unlisted(always('starts empty')), ...known], {
    second: STALE,
  }),
  group(
    'An index in two objects, the second one stale with _onStale: deny',
    [
      unlisted(refused('gate', LAST)),
      row('the index says attach', { index }, held()),
      // Both objects refuse, and which of them a server asks first is its own affair.
      row('the index says refuse', { index: listed(REFUSE) }, refused('gate', 'To start empty on purpose')),
      attached,
    ],
    { second: { ...STALE, _onStale: 'deny' } },
  ),
  group('An index in two objects, the second one never written', [unlisted(refused('gate', NEVER))], { second: {} }),
  group(
    'A second object without the label of the index',
    [
      unlisted(always('starts empty')),
      row('the second object says attach', { index }, always('starts empty')),
      row('the second object says refuse', { index: listed(REFUSE) }, always('starts empty')),
    ],
    { second: {}, entriesInSecond: true, secondUnlabelled: true },
  ),
  group(
    'A copy of the index beside it, with its label',
    [
      unlisted(always('starts empty')),
      row('the copy says attach', { index }, always('starts empty')),
      row('the copy says refuse', { index: listed(REFUSE) }, always('starts empty')),
    ],
    { second: {}, entriesInSecond: true, secondName: COPY },
  ),
];
