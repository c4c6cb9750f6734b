/** Parses API objects into the narrow types of the model. An object that cannot be read is null, and is left alone. */
import type { Claim, Image, ImageRef, Mover, Namespace, OtherClaim } from '../model.ts';
import { NO_MOVER_SPEC, moverFieldsFrom, tellsAnything, type MoverSpec } from '../mover-spec.ts';
import { parseMoverUser } from '../mover-user.ts';
import {
  ANNOTATION,
  BACKUP_LABEL,
  CREATED_BY_VOLSYNC,
  MANAGED_BY,
  PRIVILEGED_MOVERS,
  PRODUCT,
  SELECTED_NODE,
  SKIP_RESTORE_LABEL,
  SKIP_RESTORE_REASON,
  TIERS,
  VOLSYNC_GROUP,
  destinationName,
} from '../naming.ts';
import {
  at,
  fieldsOf,
  listIn,
  metaOf,
  number,
  quantity,
  shared,
  text,
  textsIn,
  time,
  word,
  type Fields,
  type Meta,
} from './read.ts';

/** A Namespace (its metadata is enough). */
export function parseNamespace(object: unknown): Namespace | null {
  const meta = metaOf(object);
  return (
    meta && {
      name: meta.name,
      terminating: meta.deleting,
      privilegedMovers: meta.annotations[PRIVILEGED_MOVERS] === 'true',
      managed: meta.labels[MANAGED_BY] === PRODUCT,
      createdAt: meta.createdAt,
    }
  );
}

/** A PersistentVolumeClaim; null unless it is protected. What VolSync makes is its own, whatever rule labels it. */
export function parseClaim(object: unknown): Claim | null {
  const meta = metaOf(object);
  const tier = TIERS.find((one) => one === meta?.labels[BACKUP_LABEL]);
  if (meta === null || tier === undefined || isVolSyncs(meta)) return null;
  const spec = at(object, 'spec');
  const reference = referenceIn(spec);
  const restoresFromUs = reference !== null && isOurReference(reference, meta.name);
  const priority = Number(text(meta.annotations, ANNOTATION.priority) ?? 0);
  return {
    namespace: meta.namespace,
    claim: shared(meta.name),
    uid: meta.uid,
    tier,
    createdAt: meta.createdAt,
    phase: word(at(object, 'status'), 'phase') ?? 'Pending',
    request: quantity(at(spec, 'resources', 'requests'), 'storage'),
    accessModes: textsIn(spec, 'accessModes'),
    storageClass: word(spec, 'storageClassName'),
    volumeMode: word(spec, 'volumeMode') ?? 'Filesystem',
    optOut: optOutOf(meta),
    isStatic: spec['storageClassName'] === '' || (spec['selector'] ?? null) !== null,
    volumeName: text(spec, 'volumeName'),
    reference,
    bringsSource: (spec['dataSourceRef'] ?? spec['dataSource'] ?? null) !== null,
    nodeSelected: text(meta.annotations, SELECTED_NODE) !== null,
    restoresFromUs,
    priority: Number.isFinite(priority) ? priority : 0,
    moverUser: parseMoverUser(text(meta.annotations, ANNOTATION.mover) ?? ''),
    unread: unreadIn(meta.annotations),
    accept: text(meta.annotations, ANNOTATION.accept),
  };
}

const NOTHING_UNREAD: Claim['unread'] = [];

/** Annotations of the user's that say something which cannot be read: ignored without a word they would mislead. */
function unreadIn(annotations: Fields): Claim['unread'] {
  const [mover, priority] = [text(annotations, ANNOTATION.mover), text(annotations, ANNOTATION.priority)];
  if (mover === null && priority === null) return NOTHING_UNREAD;
  const unread: Claim['unread'][number][] = [];
  if (mover !== null && parseMoverUser(mover) === null) unread.push({ annotation: ANNOTATION.mover, value: mover });
  if (priority !== null && !Number.isFinite(Number(priority)))
    unread.push({ annotation: ANNOTATION.priority, value: priority });
  return unread;
}

/** A claim that is not protected; null when it is, and for those that VolSync makes for itself. */
export function parseOtherClaim(object: unknown): OtherClaim | null {
  const meta = metaOf(object);
  const label = meta === null ? null : text(meta.labels, BACKUP_LABEL);
  if (meta === null || TIERS.some((one) => one === label) || isVolSyncs(meta)) return null;
  const spec = at(object, 'spec');
  return {
    namespace: meta.namespace,
    claim: meta.name,
    uid: meta.uid,
    label,
    createdAt: meta.createdAt,
    phase: text(at(object, 'status'), 'phase') ?? 'Pending',
    request: quantity(at(spec, 'resources', 'requests'), 'storage'),
    storageClass: text(spec, 'storageClassName'),
    restoresFrom: destinationIn(referenceIn(spec)),
  };
}

/** The name of the destination that a reference names. */
function destinationIn(reference: ImageRef | null): string | null {
  const isDestination = reference?.kind === 'ReplicationDestination' && reference.apiGroup === VOLSYNC_GROUP;
  return isDestination ? reference.name : null;
}

/** As in the policy `opt-out`: a reason is anything but spaces. */
function optOutOf({ labels, annotations }: Pick<Meta, 'labels' | 'annotations'>): Claim['optOut'] {
  if (labels[SKIP_RESTORE_LABEL] !== 'true') return 'no';
  return /[^ ]/.test(text(annotations, SKIP_RESTORE_REASON) ?? '') ? 'with-reason' : 'without-reason';
}

/** In the words of the policies. */
function isVolSyncs({ labels, name }: Meta): boolean {
  return labels[CREATED_BY_VOLSYNC.label] === CREATED_BY_VOLSYNC.value || /^(volsync|vs-prime)-/.test(name);
}

/** `dataSourceRef`, or a `dataSource` of one of the two kinds that the API server copies into it; it drops every other one. */
function referenceIn(spec: Fields): ImageRef | null {
  const source = at(spec, 'dataSource');
  const isKept = source['kind'] === 'PersistentVolumeClaim' || source['kind'] === 'VolumeSnapshot';
  const told = (spec['dataSourceRef'] ?? null) === null && isKept ? source : at(spec, 'dataSourceRef');
  const name = word(told, 'name');
  return name === null ? null : { apiGroup: word(told, 'apiGroup') ?? '', kind: word(told, 'kind') ?? '', name };
}

function isOurReference({ kind, apiGroup, name }: ImageRef, claim: string): boolean {
  return kind === 'ReplicationDestination' && apiGroup === VOLSYNC_GROUP && name === destinationName(claim);
}

/** A VolumeSnapshot. */
export function parseImage(object: unknown): Image | null {
  const meta = metaOf(object);
  const status = at(object, 'status');
  return (
    meta && {
      namespace: meta.namespace,
      name: meta.name,
      deleting: meta.deleting,
      ready: status['readyToUse'] === true,
      error: text(at(status, 'error'), 'message'),
      createdAt: meta.createdAt,
      restoreSize: quantity(status, 'restoreSize'),
    }
  );
}

/** A mover Job; null when VolSync did not make it for a source or a destination. */
export function parseMover(object: unknown): Mover | null {
  const meta = metaOf(object);
  const status = at(object, 'status');
  for (const reference of listIn(at(object, 'metadata'), 'ownerReferences')) {
    const { kind, name } = fieldsOf(reference);
    if (
      meta !== null &&
      typeof name === 'string' &&
      (kind === 'ReplicationSource' || kind === 'ReplicationDestination')
    ) {
      const hasSucceeded = (number(status, 'succeeded') ?? 0) > 0;
      const startedAt = time(status, 'startTime') ?? meta.createdAt;
      return {
        namespace: meta.namespace,
        owner: kind,
        ownerName: name,
        active: number(status, 'active') ?? 0,
        ready: number(status, 'ready') ?? 0,
        // If a pod was killed and its successor succeeded, that is no failure. The Job stays until VolSync has taken its snapshot.
        failed: hasSucceeded ? 0 : (number(status, 'failed') ?? 0),
        succeededAt: hasSucceeded ? (time(status, 'completionTime') ?? startedAt ?? 0) : null,
        startedAt,
      };
    }
  }
  return null;
}

/** The mover settings of a source or destination. Most have none, and share one object. */
export function parseMoverSpec(restic: Fields): MoverSpec {
  const spec: MoverSpec = {
    fields: moverFieldsFrom(restic),
    cacheCapacity: quantity(restic, 'cacheCapacity'),
    cacheStorageClass: word(restic, 'cacheStorageClassName'),
    cacheAccessModes: textsIn(restic, 'cacheAccessModes'),
  };
  return tellsAnything(spec) ? oneOfAll(spec) : NO_MOVER_SPEC;
}

const SPECS = new Map<string, MoverSpec>();
const MOST_SPECS = 500;

/** One value for all that are equal: what a cluster's movers need differs little. */
function oneOfAll(spec: MoverSpec): MoverSpec {
  const key = JSON.stringify(spec);
  const known = SPECS.get(key);
  if (known !== undefined) return known;
  if (SPECS.size < MOST_SPECS && key.length < 1000) SPECS.set(key, spec);
  return spec;
}

/** How the last run of a mover ended. */
export function moverResultIn(mover: Fields): 'Successful' | 'Failed' | null {
  // Written out, so that thousands of objects share these two texts.
  if (mover['result'] === 'Successful') return 'Successful';
  return mover['result'] === 'Failed' ? 'Failed' : null;
}

/** VolSync writes Go durations: `6.004829994s`, `33m17.2s`, `1h2m3s`. */
export function goSeconds(duration: string | null): number | null {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(duration ?? 'none');
  return match === null ? null : Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
}
