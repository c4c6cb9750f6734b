/** ReplicationDestination: parses the API object, and makes the complete manifest that is applied. */
import type { DesiredDestination } from '../decisions.ts';
import type { Destination, DestinationSpec, ImageRef } from '../model.ts';
import {
  ADOPT_LABEL,
  ANNOTATION,
  HOME_NAMESPACE,
  MANAGED_BY,
  PRODUCT,
  VOLSYNC_GROUP,
  claimOfDestination,
  destinationName,
  parseTag,
  shardOf,
} from '../naming.ts';
import { moverFieldsIn } from '../mover-spec.ts';
import { worthKeeping } from './logs.ts';
import { formatMemory, parseMemory } from './memory.ts';
import { goSeconds, moverResultIn, parseMoverSpec } from './parse.ts';
import { at, fieldsOf, listIn, metaOf, quantity, sameAs, shared, strings, text, textsIn, time, word } from './read.ts';
import type { Fields } from './read.ts';

/** More labels than this are not looked at. */
const MOST_LABELS = 64;

const OUR_LABELS: Destination['labels'] = { [MANAGED_BY]: PRODUCT };

/**
 * A destination of any name; null for index objects, which are known by their name in our namespace and never by a label, which
 * anybody can set. Without the name `<pvc>-restore` its claim is empty until it is known.
 */
export function parseDestination(object: unknown): Destination | null {
  const meta = metaOf(object);
  if (meta === null || (meta.namespace === HOME_NAMESPACE && shardOf(meta.name) !== null)) return null;
  const claim = shared(claimOfDestination(meta.name) ?? '');
  const spec = at(object, 'spec');
  const status = at(object, 'status');
  const trigger = at(spec, 'trigger');
  const manual = text(trigger, 'manual');
  const mover = at(status, 'latestMoverStatus');
  const latestImage = parseImageRef(at(status, 'latestImage'));
  return {
    namespace: meta.namespace,
    claim,
    name: shared(meta.name),
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    createdAt: meta.createdAt,
    deleting: meta.deleting,
    managed: meta.labels[MANAGED_BY] === PRODUCT,
    // Only --adopt needs labels, and only of destinations that are not ours.
    labels: meta.labels[MANAGED_BY] === PRODUCT ? OUR_LABELS : strings(meta.labels, MOST_LABELS),
    memory: parseMemory(meta.annotations, latestImage?.name),
    mover: spec['restic'] === undefined ? 'other' : 'restic',
    manual,
    asked: parseTag(manual),
    schedule: word(trigger, 'schedule'),
    paused: spec['paused'] === true,
    destinationPVC: text(at(spec, 'restic'), 'destinationPVC'),
    adopted: meta.labels[ADOPT_LABEL] === 'true',
    claimNamed: text(meta.annotations, ANNOTATION.claim),
    spec: parseSpec(at(spec, 'restic')),
    lastManualSync: sameAs(manual, text(status, 'lastManualSync')),
    lastSyncStartAt: time(status, 'lastSyncStartTime'),
    lastSyncAt: time(status, 'lastSyncTime'),
    lastSyncSeconds: goSeconds(text(status, 'lastSyncDuration')),
    latestImage,
    moverResult: moverResultIn(mover),
    moverLogs: worthKeeping(mover['logs']),
    condition: parseCondition(status),
    hasStatus: Object.keys(status).length > 0,
  };
}

function parseSpec(restic: Fields): DestinationSpec {
  return {
    repository: word(restic, 'repository') ?? '',
    copyMethod: word(restic, 'copyMethod') ?? '',
    capacity: quantity(restic, 'capacity'),
    accessModes: textsIn(restic, 'accessModes'),
    storageClass: word(restic, 'storageClassName'),
    snapshotClass: word(restic, 'volumeSnapshotClassName'),
    restoreAsOf: time(restic, 'restoreAsOf'),
    enableFileDeletion: restic['enableFileDeletion'] === true,
    cleanupTempPVC: restic['cleanupTempPVC'] === true,
    moverSpec: parseMoverSpec(restic),
  };
}

function parseImageRef(image: Fields): ImageRef | null {
  const name = text(image, 'name');
  return name === null ? null : { name, kind: word(image, 'kind') ?? '', apiGroup: word(image, 'apiGroup') ?? '' };
}

/** Only an error is ever asked for: what else VolSync says there, its other fields say too. */
function parseCondition(status: Fields): Destination['condition'] {
  for (const one of listIn(status, 'conditions')) {
    const condition = fieldsOf(one);
    if (condition['type'] !== 'Synchronizing') continue;
    const reason = word(condition, 'reason');
    if (reason !== 'Error') return null;
    return { reason, message: word(condition, 'message') ?? '', at: time(condition, 'lastTransitionTime') };
  }
  return null;
}

/**
 * The version of an object that must not exist. The API server creates a custom resource with it and refuses to change one that
 * is there (422; measured on 1.36.3), and what it creates is owned by apply from the start: a field that a later apply leaves out
 * goes. After a POST it would stay for good.
 */
const MUST_NOT_EXIST = { resourceVersion: '0' };

/** The complete object for server-side apply, which removes every field of ours that is left out. */
export function destinationManifest(desired: DesiredDestination): Record<string, unknown> {
  const { spec, existing } = desired;
  const { moverSpec: mover } = spec;
  const annotations = formatMemory(desired.memory);
  return {
    apiVersion: `${VOLSYNC_GROUP}/v1alpha1`,
    kind: 'ReplicationDestination',
    metadata: {
      name: destinationName(desired.claim),
      namespace: desired.namespace,
      ...(existing ?? MUST_NOT_EXIST),
      labels: { [MANAGED_BY]: PRODUCT },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      // A destination that was handed over with a schedule has no tag of ours. It keeps its trigger.
      ...(desired.manual !== '' && { trigger: { manual: desired.manual } }),
      ...(desired.paused && { paused: true }),
      restic: {
        repository: spec.repository,
        copyMethod: spec.copyMethod,
        ...(spec.capacity !== null && { capacity: spec.capacity }),
        ...(spec.accessModes.length > 0 && { accessModes: spec.accessModes }),
        ...(spec.storageClass !== null && { storageClassName: spec.storageClass }),
        ...(spec.snapshotClass !== null && { volumeSnapshotClassName: spec.snapshotClass }),
        ...(mover.cacheCapacity !== null && { cacheCapacity: mover.cacheCapacity }),
        ...(mover.cacheStorageClass !== null && { cacheStorageClassName: mover.cacheStorageClass }),
        ...(mover.cacheAccessModes.length > 0 && { cacheAccessModes: mover.cacheAccessModes }),
        ...(spec.restoreAsOf !== null && { restoreAsOf: new Date(spec.restoreAsOf).toISOString() }),
        enableFileDeletion: spec.enableFileDeletion,
        cleanupTempPVC: spec.cleanupTempPVC,
        ...moverFieldsIn(mover),
      },
    },
  };
}
