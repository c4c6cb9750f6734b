/** The ordinary world of the truth table; a row changes the one fact that it is about. */
import { mergePatch, asInput } from '../../sandbox/kube/objects.ts';
import { claim as storyClaim, destination as storyDestination, source as storySource } from '../../sandbox/story.ts';
import { ANNOTATION, MANAGED_BY, PRODUCT, indexName } from '../../src/naming.ts';
import type { Fate, Fields, Group, IndexState, ObjectInput, Outcome, Overlay, PolicyName, Row } from './words.ts';

export const NS = '@ns';
export const SKIP = 'volsync-prewarm/skip-restore';
export const REASON = 'volsync-prewarm/skip-restore-reason';
export const FRESH = 'volsync-prewarm/fresh';
export const ADOPT = 'volsync-prewarm/adopt';
/** VolSync's label on what it makes. */
export const VOLSYNCS = { 'app.kubernetes.io/created-by': 'volsync' };
export const SNAPSHOTS = 'snapshot.storage.k8s.io';
const OURS = { [MANAGED_BY]: PRODUCT };

function changed(object: ObjectInput, change: Fields): ObjectInput {
  return asInput(mergePatch(object, change));
}

/** A claim `data` of 10Gi, labelled `backup: hourly`, of StorageClass `fast`. */
export function claim(change: Fields = {}): ObjectInput {
  const labels = { backup: 'hourly' };
  return changed(storyClaim({ namespace: NS, name: 'data', size: '10Gi', storageClass: 'fast', labels }), change);
}

/** A claim of another name. */
export function claimNamed(name: string): ObjectInput {
  return claim({ metadata: { name } });
}

/** Annotations, as a change. */
export function notes(annotations: Fields): Fields {
  return { metadata: { annotations } };
}

/** What of it is in `spec`. */
export function claimWith(spec: Fields): ObjectInput {
  return claim({ spec });
}

/** Its label `backup` and others. */
export function claimLabelled(labels: Fields, annotations: Fields = {}): ObjectInput {
  return claim({ metadata: { labels, annotations } });
}

/** A destination of ours for the claim `data`, with an image that is a VolumeSnapshot; a change may take anything back. */
export function warm(change: Fields = {}): ObjectInput {
  const restic = { storageClassName: 'fast', volumeSnapshotClassName: 'fast-snap' };
  const one = storyDestination({
    namespace: NS,
    claim: 'data',
    tag: '1a2b3c4d',
    capacity: '10Gi',
    restic,
    labels: OURS,
  });
  return changed(
    { ...one, status: { latestImage: { apiGroup: SNAPSHOTS, kind: 'VolumeSnapshot', name: 'image-1' } } },
    change,
  );
}

/** The same for a claim of another name. */
export function warmFor(claimName: string): ObjectInput {
  return warm({ metadata: { name: `${claimName}-restore` } });
}

/** The same with annotations. */
export function warmWith(annotations: Fields): ObjectInput {
  return warm({ metadata: { annotations } });
}

/** A destination of somebody else's with the label that hands it over, and an image. */
export function adopted(change: Fields = {}): ObjectInput {
  return changed(warm({ metadata: { labels: { [MANAGED_BY]: null, [ADOPT]: 'true' } } }), change);
}

/** Its image was made by a restore that found nothing: VolSync's status says so. */
export function emptied(change: Fields = {}): ObjectInput {
  const latestMoverStatus = {
    result: 'Successful',
    logs: 'created restic repository 4cb08766\nNo eligible snapshots found',
  };
  return changed(warm({ status: { lastManualSync: '1a2b3c4d', latestMoverStatus } }), change);
}

/** The same without an image. */
export const cold: ObjectInput = warm({ status: null });

/** A source that backs the claim `data` up and says in its mover's log that it has. */
export function source(change: Fields = {}): ObjectInput {
  const logs = 'processed 12 files, 3.1 MiB in 0:01\nsnapshot 1a2b3c4d saved\nRestic completed in 4s';
  const one = storySource({ namespace: NS, claim: 'data', labels: OURS });
  const status = { lastSyncTime: '2026-01-01T00:00:00Z', latestMoverStatus: { result: 'Successful', logs } };
  return changed({ ...one, status }, change);
}

export const ATTACH = 'attach cold:queued 1a2b3c4d 2026-01-01T00:00:00Z';
export const REFUSE = 'refuse suspect 1a2b3c4d 2026-01-01T00:00:00Z';
export const IGNORE = 'ignore blocked:namespace-excluded 1a2b3c4d 2026-01-01T00:00:00Z';
export const BLOCK = 'refuse blocked:volume-mode-block 1a2b3c4d 2026-01-01T00:00:00Z';
const KEY = `${NS}.data`;

/** The index lists the claim `data`. */
export function listed(value: string): Record<string, string> {
  return { [KEY]: value };
}

// ── outcomes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

type Outcomes = Readonly<Record<Overlay, Outcome>>;

/** The same under every overlay. */
export function always(fate: Fate): Outcomes {
  return { restore: fate, safe: fate, strict: fate, observe: fate };
}

/** `safe` and `strict` refuse, `observe` warns, `restore` knows nothing of it. */
export function refused(by: PolicyName, saying: string, otherwise: Fate = 'starts empty'): Outcomes {
  const no = { refused: by, saying };
  return { restore: otherwise, safe: no, strict: no, observe: { fate: otherwise, warned: by, saying } };
}

/** The API server refuses wherever the gate is bound to an index by its name. */
export function missing(otherwise: Fate): Outcomes {
  const no = { missing: 'gate-index-missing' } as const;
  return { restore: otherwise, safe: no, strict: no, observe: otherwise };
}

/** Only `strict` refuses. */
export function refusedByStrict(saying: string): Outcomes {
  return { ...refused('gate', saying), safe: 'starts empty' };
}

/** `hold` attaches what is not there yet; without it the claim would start empty, and `observe` says so. */
export function held(fate: 'waits' | 'restored' = 'waits'): Outcomes {
  const told = {
    fate: 'starts empty',
    warned: 'gate',
    saying: 'exists (cold:queued) and the claim would start without it',
  } as const;
  return { restore: 'starts empty', safe: fate, strict: fate, observe: told };
}

// ── rows and groups ──────────────────────────────────────────────────────────────────────────────────────────────────

type Given = Partial<Omit<Row, 'name' | 'outcome'>>;

/** A row: the ordinary claim is created beside nothing, unless said otherwise. */
export function row(name: string, given: Given, outcome: Outcomes): Row {
  return { name, world: [], index: {}, claim: claim(), way: 'create', before: null, ...given, outcome };
}

const WRITTEN: IndexState = {
  first: { _generatedAt: '@ago 1m' },
  second: null,
  entriesInSecond: false,
  absent: false,
  unlabelled: false,
  secondUnlabelled: false,
  secondName: indexName(1),
};

/** A group of rows; the index was written a minute ago unless said otherwise. */
export function group(title: string, rows: readonly Row[], state: Partial<IndexState> = {}): Group {
  return { title, rows, state: { ...WRITTEN, ...state } };
}

export { ANNOTATION };
