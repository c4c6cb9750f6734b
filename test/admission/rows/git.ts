/** Claims whose manifest in Git refers to a destination: to ours, an adopted one, or somebody else's, in every state. */
import {
  ADOPT,
  ANNOTATION,
  NS,
  adopted,
  always,
  claimWith,
  group,
  listed,
  notes,
  refused,
  row,
  warm,
} from '../build.ts';
import { asInput, mergePatch } from '../../../sandbox/kube/objects.ts';
import { MANAGED_BY } from '../../../src/naming.ts';
import type { Fields, Group, ObjectInput, Row } from '../words.ts';

const REF = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'data-restore' };
const claim = claimWith({ dataSourceRef: REF });

/** Whose the destination is. */
export const OWNERS = ['ours', 'adopted', 'somebody else’s'] as const;
export type Owner = (typeof OWNERS)[number];

function destinationOf(owner: Owner, change: Fields): ObjectInput {
  if (owner === 'ours') return warm(change);
  const theirs = adopted(change);
  if (owner === 'adopted') return theirs;
  return asInput(mergePatch(theirs, { metadata: { labels: { [ADOPT]: null, [MANAGED_BY]: 'argocd' } } }));
}

const PROVEN = { [ANNOTATION.verifiedImage]: 'image-1', [ANNOTATION.verifiedSnapshot]: '1a2b3c4d' };

/** What the destination says of itself, and what the index says of the claim's backup. */
export const STATES: Readonly<Record<string, { change: Fields | null; entry: string; id?: string }>> = {
  usable: { change: notes(PROVEN), entry: 'attach warm', id: '1a2b3c4d' },
  suspect: {
    change: notes({ [ANNOTATION.suspectImage]: 'image-1', [ANNOTATION.suspectReason]: 'image-empty' }),
    entry: 'refuse suspect:image-empty',
  },
  'stale, and renewed at the moment': {
    change: notes({ ...PROVEN, [ANNOTATION.newestSnapshot]: '5e6f7a8b', [ANNOTATION.holdUntil]: '@ago -30m' }),
    entry: 'attach stale:sync-in-progress',
  },
  'stale, since its address has changed': { change: notes(PROVEN), entry: 'attach stale:repository-changed' },
  'behind another repository of the claim': {
    change: notes(PROVEN),
    entry: 'refuse blocked:newer-elsewhere',
    id: '1a2b3c4d',
  },
  'not there': { change: null, entry: 'attach cold:queued' },
};

const SUSPECT = 'the image of data-restore is marked as unusable (image-empty)';

function rowOf(owner: Owner, state: string): Row {
  const { change, entry, id = '5e6f7a8b' } = STATES[state] ?? { change: null, entry: '' };
  const world = change === null ? [] : [destinationOf(owner, change)];
  const index = listed(`${entry} ${id} 2026-01-01T00:00:00Z`);
  // A reference is the user's word: only what is known to be empty is refused, and only where the worker has a say.
  const isRefused = state === 'suspect' && owner !== 'somebody else’s';
  const outcome = isRefused ? refused('shape', SUSPECT, 'untouched') : always('untouched');
  return row(nameOf(owner, state), { world, index, claim }, outcome);
}

export function nameOf(owner: Owner, state: string): string {
  return `it refers to a destination that is ${owner}, and that is ${state}`;
}

export const inGit: Group = group(
  'References that stand in Git',
  OWNERS.flatMap((owner) => Object.keys(STATES).map((state) => rowOf(owner, state))),
);

const UID = '5d2c1f0e-0000-4000-8000-000000000000';

/** VolSync's claim for such a claim, from the image of that destination. */
const fills: ObjectInput = {
  ...claimWith({ dataSourceRef: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'image-1' } }),
  metadata: {
    name: `vs-prime-${UID}`,
    namespace: NS,
    labels: { 'app.kubernetes.io/created-by': 'volsync', 'volsync.backube/populator-pvc-for': 'data' },
  },
};

const HELD: Readonly<Record<string, string>> = {
  suspect: 'is marked as unusable (image-empty)',
  'stale, and renewed at the moment': 'holds 1a2b3c4d, and 5e6f7a8b is being fetched',
};

export const filledFromGit: Group = group(
  'VolSync fills a claim whose reference stands in Git',
  OWNERS.flatMap((owner) =>
    Object.entries(STATES).map(([state, { change }]) => {
      const saying = owner === 'somebody else’s' ? undefined : HELD[state];
      const outcome = saying === undefined ? always('untouched') : refused('prime', saying, 'untouched');
      const world = change === null ? [] : [destinationOf(owner, change)];
      return row(`its destination is ${owner}, and ${state}`, { world, claim: fills }, outcome);
    }),
  ),
);
