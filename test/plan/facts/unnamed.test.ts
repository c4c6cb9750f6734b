/** repository-unnamed: a claim was backed up to a place of its own, and nothing in the cluster names one any more. */
import { expect, it } from 'vitest';
import type { RecordLook } from '../../../src/claim-record.ts';
import type { Listed } from '../../../src/plan/facts/situation.ts';
import {
  KEY,
  NEWEST,
  NOW,
  bucketView,
  claim,
  indexOf,
  lostCluster,
  placed,
  waitingClaim,
  type ClusterParts,
  type World,
} from '../../support/build.ts';
import { UNREAD, recorded } from '../../support/facts.ts';

const ELSEWHERE = recorded({ elsewhere: { id: NEWEST, at: NOW } });
const UNNAMED: Listed = {
  state: 'unknown',
  reason: 'repository-unnamed',
  message: 'its record says that it was backed up to a place of its own, and no source or destination names one',
};

/** After a rebuild: the claim waits, and the index was written now; what its record says. */
function listed(
  record: RecordLook | null,
  look: Parameters<typeof bucketView>[1] = {},
  { entry, ...parts }: ClusterParts & { entry?: string } = {},
  settings: World['settings'] = {},
): Listed | undefined {
  const written = { _generatedAt: new Date(NOW).toISOString(), ...(entry && { 'media.plex-config': entry }) };
  const records = new Map(record === null ? [] : [[KEY, record]]);
  const cluster = lostCluster({ claims: [waitingClaim()], index: indexOf(written), ...parts });
  return placed({ bucket: bucketView({}, { ...look, records }), cluster, settings }).situations[0]?.listed;
}

const NOT_LOOKED = { root: { state: 'not-looked' } } as const;
const FOUND = { root: bucketView().root };

it.each<[string, Listed, () => Listed | undefined]>([
  ['its record says so', UNNAMED, () => listed(ELSEWHERE)],
  ['its record says so, and there is no claim of the name', UNNAMED, () => listed(ELSEWHERE, {}, { claims: [] })],
  ['its record says so, and nobody has looked into the bucket', UNNAMED, () => listed(ELSEWHERE, NOT_LOOKED)],
  [
    'the index alone remembers it',
    UNNAMED,
    () => listed(null, {}, { entry: `refuse cold:repository-unnamed ${NEWEST} -` }),
  ],
  [
    'not where the index remembers a backup here',
    { state: 'no' },
    () => listed(null, {}, { entry: `attach warm ${NEWEST} -` }),
  ],
  ['not where its record says nothing of another place', { state: 'no' }, () => listed(recorded())],
  ['not where no record is there', { state: 'no' }, () => listed({ state: 'absent' })],
  ['not where nobody has read a record', { state: 'no' }, () => listed(null)],
  ['not where its repository lies at the layout path', { state: 'yes' }, () => listed(ELSEWHERE, FOUND)],
  ['not where nobody could look: that is another reason', UNREAD, () => listed(ELSEWHERE, { root: UNREAD })],
  ['not of a claim that has begun without it', { state: 'no' }, () => listed(ELSEWHERE, {}, { claims: [claim()] })],
])('repository-unnamed: %s', (_, expected, found) => {
  expect(found()).toEqual(expected);
});

it.each<[string, Listed, World['settings'], ClusterParts?]>([
  ['this index is overruled', { state: 'no' }, { acceptedIndex: NOW }],
  ['that was found to be so', { state: 'no' }, { acceptShrink: true }],
  ['not another index', UNNAMED, { acceptedIndex: NOW + 1 }],
  ['not where no index was written, and none is overruled', UNNAMED, { acceptedIndex: null }, { index: indexOf() }],
])('repository-unnamed: given up where %s', (_, expected, settings, parts) => {
  expect(listed(ELSEWHERE, {}, parts, settings)).toEqual(expected);
});
