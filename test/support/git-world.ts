/** What somebody has in Git, applied as Flux and Argo CD apply it, and the applications in it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldsAt, text, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { strings } from '../../src/cluster/read.ts';
import { messageOf } from '../../src/errors.ts';
import type { Lab } from './lab.ts';

export interface App {
  namespace: string;
  claim: string;
  /** the destination that restores it; null: there is none */
  destination: string | null;
  /** the claim names the destination */
  refers: boolean;
  /** names of its sources, the first of which saves into the repository that it is restored from */
  sources: readonly string[];
  /** where that repository is; null: in no bucket */
  place: { bucket: string; path: string } | null;
}

/** The claims among these objects, with what belongs to them. */
export function appsOf(objects: readonly ObjectInput[]): App[] {
  return objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').map((claim) => appOf(claim, objects));
}

function appOf(claim: ObjectInput, objects: readonly ObjectInput[]): App {
  const { namespace = '', name = '' } = claim.metadata;
  const here = objects.filter(({ metadata }) => metadata.namespace === namespace);
  const sources = here.filter((one) => one.kind === 'ReplicationSource' && text(one, 'spec.sourcePVC') === name);
  const reference = text(claim, 'spec.dataSourceRef.name');
  const secrets = sources.map(secretOf);
  const destination = here.find(
    (one) =>
      one.kind === 'ReplicationDestination' &&
      (reference === undefined ? secrets.includes(secretOf(one)) : one.metadata.name === reference),
  );
  const secret = destination === undefined ? secrets[0] : secretOf(destination);
  const primary = sources.toSorted((a, b) => Number(secretOf(b) === secret) - Number(secretOf(a) === secret));
  return {
    namespace,
    claim: name,
    destination: destination?.metadata.name ?? null,
    refers: reference !== undefined,
    sources: primary.map(({ metadata }) => metadata.name ?? ''),
    place: placeIn(here.find((one) => one.kind === 'Secret' && one.metadata.name === secret)),
  };
}

function secretOf(object: ObjectInput): string {
  return text(object, 'spec.restic.repository') ?? '';
}

function placeIn(secret: ObjectInput | undefined): App['place'] {
  const encoded = strings(fieldsAt(secret, 'data'))['RESTIC_REPOSITORY'];
  const told =
    strings(fieldsAt(secret, 'stringData'))['RESTIC_REPOSITORY'] ?? Buffer.from(encoded ?? '', 'base64').toString();
  const [, bucket, path = ''] = /^s3:https?:\/\/[^/]+\/([^/]+)\/?(.*)$/.exec(told) ?? [];
  return bucket === undefined ? null : { bucket, path };
}

const ADOPT = { 'volsync-prewarm/adopt': 'true' };

/**
 * Adopted with nothing changed but labels: one on each destination and source, and one on a claim that names no destination (and
 * on the template that makes it).
 */
export function adopted(objects: readonly ObjectInput[]): ObjectInput[] {
  return objects.map((object) => {
    const { kind, metadata } = object;
    const label = labelFor(object);
    if (kind === 'StatefulSet') return withLabelledTemplates(object);
    return label === null ? object : { ...object, metadata: { ...metadata, labels: { ...metadata.labels, ...label } } };
  });
}

function labelFor(object: ObjectInput): Record<string, string> | null {
  if (object.kind === 'ReplicationDestination' || object.kind === 'ReplicationSource') return ADOPT;
  const isPlain = object.kind === 'PersistentVolumeClaim' && text(object, 'spec.dataSourceRef.name') === undefined;
  return isPlain ? { backup: 'daily' } : null;
}

function withLabelledTemplates(set: ObjectInput): ObjectInput {
  const spec = fieldsAt(set, 'spec');
  const templates: unknown = spec['volumeClaimTemplates'];
  if (!Array.isArray(templates)) return set;
  const labelled = templates.map((one: unknown) => ({
    ...fieldsAt({ one }, 'one'),
    metadata: { ...fieldsAt(one, 'metadata'), labels: { backup: 'daily' } },
  }));
  return { ...set, spec: { ...spec, volumeClaimTemplates: labelled } };
}

/**
 * Applies everything once, as a reconciliation does: what is there keeps its status and what others have written on it, what Git
 * says is put back, but for objects with `ssa: IfNotPresent`.
 * @returns what the API server has refused, in its words
 */
export function reconcile({ kube }: Lab, objects: readonly ObjectInput[]): string[] {
  return objects.flatMap((object) => {
    const { kind, metadata } = object;
    const { namespace = '', name = '', labels = {}, annotations = {} } = metadata;
    const old = kube.peek(kind, namespace, name);
    try {
      if (old === undefined || kind === 'Secret') kube.apply(object);
      else if (kind === 'PersistentVolumeClaim')
        kube.patch(kind, namespace, name, { metadata: { labels, annotations } });
      else if (labels['kustomize.toolkit.fluxcd.io/ssa'] === 'IfNotPresent')
        kube.patch(kind, namespace, name, { metadata: { labels: adoptedOnly(labels) } });
      else kube.patch(kind, namespace, name, { ...object, metadata: { labels, annotations } });
      return [];
    } catch (error) {
      return [`${kind} ${namespace}/${name}: ${messageOf(error)}`];
    }
  });
}

/** Flux would leave such an object alone; the label that adopts it is put on by hand then. */
function adoptedOnly(labels: Record<string, string>): Record<string, string> {
  return 'volsync-prewarm/adopt' in labels ? ADOPT : {};
}

const PATIENCE = 20_000;

/** Until the claim has a volume; between two looks it is done what `meanwhile` says. */
export async function untilBound(
  lab: Lab,
  { namespace, claim }: { namespace: string; claim: string },
  meanwhile: () => Promise<unknown> = () => sleep(10),
): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (text(lab.kube.peek('PersistentVolumeClaim', namespace, claim), 'status.phase') !== 'Bound') {
    if (Date.now() > end) throw new Error(`${namespace}/${claim} is not Bound`);
    await meanwhile();
  }
}

/** The application writes, and its sources back it up once more, one after the other. */
export async function backUp(
  lab: Lab,
  objects: readonly ObjectInput[],
  { namespace, claim, sources }: App,
): Promise<void> {
  lab.volsync.write(namespace, claim);
  for (const name of sources.toReversed()) {
    const object = objects.find(
      ({ kind, metadata }) =>
        kind === 'ReplicationSource' && metadata.namespace === namespace && metadata.name === name,
    );
    if (object === undefined) throw new Error(`no source ${namespace}/${name}`);
    lab.kube.remove('ReplicationSource', namespace, name);
    lab.kube.apply(object);
    await lab.volsync.idle();
    // One that met a restore fails at its end, and is tried again: each try saves one more.
    await ended(lab, namespace, name);
  }
}

async function ended(lab: Lab, namespace: string, source: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = lab.kube.peek('ReplicationSource', namespace, source);
    const hasSynced = text(found, 'status.lastSyncTime') !== undefined;
    if (hasSynced && text(found, 'status.lastSyncStartTime') === undefined) return;
    if (Date.now() > end) throw new Error(`${namespace}/${source} does not end`);
    await sleep(5);
  }
}

/** The ids of the snapshots in the repository that the claim is restored from, the newest first. */
function snapshotsOf({ s3 }: Lab, { namespace, claim, place }: App): string[] {
  if (place === null) throw new Error(`${namespace}/${claim} is in no bucket`);
  const folder = place.path === '' ? 'snapshots/' : `${place.path.replace(/\/$/, '')}/snapshots/`;
  const found = s3.objects(folder, place.bucket).toSorted((a, b) => b.at.getTime() - a.at.getTime());
  return found.map(({ key }) => key.slice(-64));
}

/** The newest of them; throws where there is none. */
export function newestOf(lab: Lab, app: App): string {
  const [newest] = snapshotsOf(lab, app);
  if (newest === undefined) throw new Error(`${app.namespace}/${app.claim} has no snapshot`);
  return newest;
}
