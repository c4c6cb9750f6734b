/** ReplicationSource: from the API object to what we use of it, and back to the complete manifest that we apply. */
import type { DesiredSource } from '../decisions.ts';
import { moverFieldsIn, type MoverSpec } from '../mover-spec.ts';
import { ADOPT_LABEL, ANNOTATION, MANAGED_BY, PRODUCT, VOLSYNC_GROUP, sourceName } from '../naming.ts';
import { formatOrigin, parseOrigin } from '../origin.ts';
import { COUNTED, formatRetain, parseRetain, readRetain, type Retain } from '../retain.ts';
import { NO_SOURCE_MEMORY, type Source, type SourceMemory, type SourceSpec } from '../source.ts';
import { worthKeeping } from './logs.ts';
import { goSeconds, moverResultIn, parseMoverSpec } from './parse.ts';
import { at, fieldsOf, listIn, metaOf, number, shared, text, time, word, type Fields } from './read.ts';

/** A ReplicationSource; null when it backs up no claim. */
export function parseSource(object: unknown): Source | null {
  const meta = metaOf(object);
  const spec = at(object, 'spec');
  const claim = word(spec, 'sourcePVC');
  if (meta === null || claim === null) return null;
  const status = at(object, 'status');
  const trigger = at(spec, 'trigger');
  const managed = meta.labels[MANAGED_BY] === PRODUCT && meta.name === sourceName(claim);
  const memory = parseSourceMemory(meta.annotations);
  const claimUid = managed ? memory.claimUid : ownerOf(object);
  return {
    namespace: meta.namespace,
    name: shared(meta.name),
    claim,
    secret: word(at(spec, 'restic'), 'repository') ?? '',
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    createdAt: meta.createdAt,
    deleting: meta.deleting,
    managed,
    adopted: !managed && meta.labels[ADOPT_LABEL] === 'true',
    mover: spec['restic'] === undefined ? 'other' : 'restic',
    paused: spec['paused'] === true,
    manual: text(trigger, 'manual'),
    schedule: word(trigger, 'schedule'),
    lastManualSync: text(status, 'lastManualSync'),
    lastSyncStartAt: time(status, 'lastSyncStartTime'),
    lastSyncAt: time(status, 'lastSyncTime'),
    lastSyncSeconds: goSeconds(text(status, 'lastSyncDuration')),
    nextSyncAt: time(status, 'nextSyncTime'),
    moverResult: moverResultIn(at(status, 'latestMoverStatus')),
    moverLogs: worthKeeping(at(status, 'latestMoverStatus')['logs']),
    lastUnlocked: text(at(status, 'restic'), 'lastUnlocked'),
    spec: parseSpec(at(spec, 'restic')),
    memory: claimUid === memory.claimUid ? memory : { ...memory, claimUid },
    hasBackup: meta.annotations[ANNOTATION.hasBackup] === 'true',
    capacity: text(meta.annotations, ANNOTATION.capacity),
  };
}

function parseSpec(restic: Fields): SourceSpec {
  return {
    repository: word(restic, 'repository') ?? '',
    copyMethod: word(restic, 'copyMethod') ?? '',
    retain: retainIn(restic),
    pruneIntervalDays: number(restic, 'pruneIntervalDays'),
    unlock: text(restic, 'unlock'),
    snapshotClass: word(restic, 'volumeSnapshotClassName'),
    moverSpec: parseMoverSpec(restic),
  };
}

const RETAINS = new Map<string, Retain | null>();
const MOST_RETAINS = 500;

/** One value for all that are equal: a cluster has few policies. */
function retainIn(restic: Fields): Retain | null {
  const key = JSON.stringify(restic['retain'] ?? null);
  const known = RETAINS.get(key);
  if (known !== undefined) return known;
  const retain = parseRetain(restic['retain']);
  if (RETAINS.size < MOST_RETAINS && key.length < 1000) RETAINS.set(key, retain);
  return retain;
}

function parseSourceMemory(annotations: Fields): SourceMemory {
  const retain = text(annotations, ANNOTATION.retain);
  const memory: SourceMemory = {
    claimUid: text(annotations, ANNOTATION.claimUid),
    origin: parseOrigin(text(annotations, ANNOTATION.origin)),
    retain: retain === null ? null : readRetain(retain),
    keeps: text(annotations, ANNOTATION.keepsEverything),
    podUser: text(annotations, ANNOTATION.podUser),
    baseVersion: text(annotations, ANNOTATION.baseVersion),
    setFields: words(annotations, ANNOTATION.setFields),
    carried: words(annotations, ANNOTATION.carried),
  };
  // Nothing of ours stands on somebody else's.
  return isNothing(memory) ? NO_SOURCE_MEMORY : memory;
}

function isNothing(memory: SourceMemory): boolean {
  const { claimUid, origin, retain, keeps, podUser, baseVersion, setFields, carried } = memory;
  const isWordless = setFields.length === 0 && carried.length === 0 && claimUid === null && podUser === null;
  return isWordless && origin === null && retain === null && keeps === null && baseVersion === null;
}

/** The UID of the claim that owns it: who made it (Kyverno, by our policy) knew this very claim. */
function ownerOf(object: unknown): string | null {
  const owner = listIn(at(object, 'metadata'), 'ownerReferences')
    .map(fieldsOf)
    .find(({ kind }) => kind === 'PersistentVolumeClaim');
  return owner === undefined ? null : text(owner, 'uid');
}

const NO_WORDS: readonly string[] = [];

function words(annotations: Fields, key: string): readonly string[] {
  const list = text(annotations, key);
  return list === null ? NO_WORDS : list.split(',').filter(Boolean);
}

function formatSourceMemory(memory: SourceMemory): Record<string, string> {
  const all: Record<string, string | null> = {
    [ANNOTATION.baseVersion]: memory.baseVersion,
    [ANNOTATION.carried]: memory.carried.join(',') || null,
    [ANNOTATION.claimUid]: memory.claimUid,
    [ANNOTATION.keepsEverything]: memory.keeps,
    [ANNOTATION.origin]: memory.origin && formatOrigin(memory.origin),
    [ANNOTATION.podUser]: memory.podUser,
    [ANNOTATION.retain]: memory.retain && formatRetain(memory.retain),
    [ANNOTATION.setFields]: memory.setFields.join(',') || null,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null));
}

interface SourceManifest {
  apiVersion: string;
  kind: string;
  metadata: { annotations: Record<string, string> } & Record<string, unknown>;
  spec: { restic: Record<string, unknown> } & Record<string, unknown>;
}

/** Fields of the mover and its cache that this spec sets. */
function setFieldsOf({ moverSpec }: SourceSpec): string[] {
  return Object.keys(moverInManifest(moverSpec)).sort();
}

function moverInManifest(mover: MoverSpec): Record<string, unknown> {
  return {
    ...(mover.cacheCapacity !== null && { cacheCapacity: mover.cacheCapacity }),
    ...(mover.cacheStorageClass !== null && { cacheStorageClassName: mover.cacheStorageClass }),
    ...(mover.cacheAccessModes.length > 0 && { cacheAccessModes: mover.cacheAccessModes }),
    ...moverFieldsIn(mover),
  };
}

/** Where sources of a namespace live. */
export function sourcesPath(namespace: string): string {
  return `/apis/${VOLSYNC_GROUP}/v1alpha1/namespaces/${namespace}/replicationsources`;
}

/**
 * The change of a source of ours, as a JSON merge patch: what we own and no longer want is removed by null, what others have
 * set beside it stays. (It was made by POST; an apply would not remove what another kind of request has set.)
 */
export function sourcePatch(desired: DesiredSource): Record<string, unknown> {
  const { metadata, spec } = sourceManifest(desired);
  const { retain, unlock } = desired.spec;
  const gone = desired.memory.setFields.filter((field) => !setFieldsOf(desired.spec).includes(field));
  return {
    metadata: { ...metadata, annotations: { ...NO_ANNOTATIONS, ...metadata.annotations } },
    spec: {
      ...spec,
      trigger: { schedule: desired.schedule, manual: null },
      restic: {
        ...Object.fromEntries(gone.map((field) => [field, null])),
        ...spec.restic,
        retain: { ...NO_RETAIN, ...retain },
        unlock,
      },
    },
  };
}

const NO_ANNOTATIONS = Object.fromEntries(
  (['baseVersion', 'carried', 'claimUid', 'keepsEverything', 'origin', 'podUser', 'retain', 'setFields'] as const).map(
    (name) => [ANNOTATION[name], null],
  ),
);
const NO_RETAIN = Object.fromEntries([...COUNTED, 'last', 'within'].map((kind) => [kind, null]));

/** The complete object, as it is made. */
export function sourceManifest(desired: DesiredSource): SourceManifest {
  const { spec, existing, memory } = desired;
  return {
    apiVersion: `${VOLSYNC_GROUP}/v1alpha1`,
    kind: 'ReplicationSource',
    metadata: {
      name: sourceName(desired.claim),
      namespace: desired.namespace,
      ...existing,
      labels: { [MANAGED_BY]: PRODUCT },
      annotations: {
        ...formatSourceMemory({ ...memory, setFields: setFieldsOf(spec) }),
        ...(desired.capacity !== null && { [ANNOTATION.capacity]: desired.capacity }),
        ...(desired.hasBackup && { [ANNOTATION.hasBackup]: 'true' }),
      },
    },
    spec: {
      sourcePVC: desired.claim,
      trigger: { schedule: desired.schedule },
      restic: {
        repository: spec.repository,
        copyMethod: spec.copyMethod,
        ...(spec.retain !== null && { retain: spec.retain }),
        ...(spec.pruneIntervalDays !== null && { pruneIntervalDays: spec.pruneIntervalDays }),
        ...(spec.unlock !== null && { unlock: spec.unlock }),
        ...(spec.snapshotClass !== null && { volumeSnapshotClassName: spec.snapshotClass }),
        ...moverInManifest(spec.moverSpec),
      },
    },
  };
}
