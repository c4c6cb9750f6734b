/** What `status` looks at beside the view of a run: every claim, whatever its label says, and how its last backup went. */
import type { ClaimSummary, ClaimTemplate, Overview, SourceSummary } from '../overview.ts';
import { BACKUP_LABEL, CREATED_BY_VOLSYNC, SKIP_RESTORE_LABEL, claimKey } from '../naming.ts';
import { readSaved } from '../restic/log-lines.ts';
import type { Connection } from './connection.ts';
import { LISTS, listAll } from './lists.ts';
import { at, fieldsOf, listIn, metaOf, quantity, text, time } from './read.ts';

/** Lists all claims and sources. Never rejects: a list that failed is in `failures`. */
export async function overviewOf(connection: Connection, signal: AbortSignal): Promise<Overview> {
  const everyClaim = { path: LISTS.persistentvolumeclaims.path };
  const [claims, sources, templates] = await Promise.all([
    listAll(connection, 'persistentvolumeclaims', { definition: everyClaim, parse: summaryOf }, signal),
    listAll(connection, 'replicationsources', { definition: LISTS.replicationsources, parse: sourceOf }, signal),
    claimTemplates(connection, signal),
  ]);
  return {
    claims: new Map(claims.items?.map((one) => [claimKey(one), one])),
    sources: Map.groupBy(sources.items ?? [], claimKey),
    templates,
    failures: [claims, sources].flatMap(({ failure }) => failure ?? []),
  };
}

/** The claim templates of all StatefulSets; none where they cannot be listed: then nothing is said of them. Never rejects. */
export async function claimTemplates(connection: Connection, signal: AbortSignal): Promise<ClaimTemplate[]> {
  try {
    const list = fieldsOf(await connection.request({ method: 'GET', path: '/apis/apps/v1/statefulsets' }, signal));
    return listIn(list, 'items').flatMap(templatesIn);
  } catch {
    return [];
  }
}

function templatesIn(set: unknown): ClaimTemplate[] {
  const meta = metaOf(set);
  if (meta === null) return [];
  return listIn(at(set, 'spec'), 'volumeClaimTemplates').flatMap((template) => {
    const name = text(at(template, 'metadata'), 'name');
    const label = text(at(template, 'metadata', 'labels'), BACKUP_LABEL);
    return name === null ? [] : [{ namespace: meta.namespace, set: meta.name, prefix: `${name}-${meta.name}-`, label }];
  });
}

/** Null for what VolSync makes for itself. */
function summaryOf(object: unknown): ClaimSummary | null {
  const meta = metaOf(object);
  if (meta === null || meta.labels[CREATED_BY_VOLSYNC.label] === CREATED_BY_VOLSYNC.value) return null;
  if (/^(volsync|vs-prime)-/.test(meta.name)) return null;
  const { namespace, name, labels } = meta;
  const requested = quantity(at(object, 'spec', 'resources', 'requests'), 'storage');
  return {
    namespace,
    claim: name,
    label: text(labels, BACKUP_LABEL),
    optedOut: labels[SKIP_RESTORE_LABEL] === 'true',
    phase: text(at(object, 'status'), 'phase') ?? 'Pending',
    size: quantity(at(object, 'status', 'capacity'), 'storage') ?? requested,
  };
}

function sourceOf(object: unknown): SourceSummary | null {
  const meta = metaOf(object);
  const claim = text(at(object, 'spec'), 'sourcePVC');
  if (meta === null || claim === null) return null;
  const status = at(object, 'status');
  const mover = at(status, 'latestMoverStatus');
  return {
    namespace: meta.namespace,
    claim,
    name: meta.name,
    result: text(mover, 'result'),
    lastSyncAt: time(status, 'lastSyncTime'),
    saved: readSaved(text(mover, 'logs') ?? ''),
  };
}
