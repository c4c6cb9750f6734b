/** What the rows of the jail are made of: objects as the worker, the installer and others make them. */
import { asInput, fieldsAt, mergePatch, type Fields, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { destination, source } from '../../sandbox/story.ts';
import { HOME_NAMESPACE, INDEX_LABEL, MANAGED_BY, PRODUCT, indexName } from '../../src/naming.ts';

export type How = 'creates' | 'applies' | 'replaces' | 'patches' | 'patches the status of' | 'deletes';

export interface JailRow {
  /** what is tried, as the rest of a sentence */
  name: string;
  by: 'worker' | 'somebody else';
  how: How;
  /** what is there before; null when nothing is */
  before: ObjectInput | null;
  /** what is sent: an object, or for `patches` what is merged into it */
  sent: ObjectInput;
  /** null: allowed. Else a piece of the refusal. */
  refused: string | null;
}

export const NS = '@ns';
export const OURS = { [MANAGED_BY]: PRODUCT };
export const ADOPTED = { 'volsync-prewarm/adopt': 'true' };

export const SECRETS = 'may write only Opaque Secrets';
export const DESTINATIONS = 'may write only ReplicationDestinations of its own';
export const SOURCES = 'may write only ReplicationSources of its own';
export const FIRST = 'never creates the first index object';
export const INTO = 'never restores into an existing claim';
export const MOVER = 'may restore only with restic';
export const STATUS = 'may not write a status';
export const STALE = 'never changes how strict the index is';
export const STRICT = { spec: { external: { parameters: { _onStale: 'deny' } } } };
export const ONLY = 'may change only spec.trigger.manual, spec.restic.unlock and annotations volsync-prewarm/*';

function changed(object: ObjectInput, change: Fields): ObjectInput {
  return asInput(mergePatch(object, change));
}

export function secret(change: Fields = {}): ObjectInput {
  const data = { RESTIC_PASSWORD: 'c2VjcmV0' };
  const metadata = { namespace: NS, name: 'data-volsync-secret', labels: OURS };
  return changed({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data }, change);
}

export function rd(change: Fields = {}): ObjectInput {
  return changed(destination({ namespace: NS, claim: 'data', tag: '1a2b3c4d', labels: OURS }), change);
}

export function rs(change: Fields = {}): ObjectInput {
  return changed(source({ namespace: NS, claim: 'data', labels: OURS }), change);
}

export function index(change: Fields = {}): ObjectInput {
  const labels = { ...OURS, [INDEX_LABEL]: 'true' };
  const metadata = { namespace: HOME_NAMESPACE, name: indexName(0), labels };
  const external = {
    provider: 'volsync-prewarm/index',
    parameters: { 'media.data': 'attach warm 1a2b3c4d 2026-01-01T00:00:00Z' },
  };
  return changed(
    { apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationDestination', metadata, spec: { external } },
    change,
  );
}

/** The head of an object: what a patch needs to find it. */
function patchOf(object: ObjectInput, change: Fields): ObjectInput {
  const { namespace = '', name = '' } = object.metadata;
  const metadata = { ...fieldsAt(change, 'metadata'), namespace, name };
  return { ...change, apiVersion: object.apiVersion, kind: object.kind, metadata };
}

export const INTO_CLAIM = { spec: { restic: { destinationPVC: 'live' } } };
export const TRIGGER = { spec: { trigger: { manual: '5e6f7a8b' } } };
export const labels = (value: Fields | null): Fields => ({ metadata: { labels: value } });
export const named = (name: string): Fields => ({ metadata: { name } });
export const foreignSecret = secret(labels(null));
export const base = secret({ metadata: { name: 'volsync-rustfs-base', labels: null } });
export const foreignRd = rd(labels(null));
export const foreignRs = rs(labels(null));
/** The same object as somebody else's, handed over by the label. */
export function adopted(object: ObjectInput): ObjectInput {
  return changed(object, { metadata: { labels: { ...ADOPTED, [MANAGED_BY]: null } } });
}

export const notes = (annotations: Fields): Fields => ({ metadata: { annotations } });
export const adoptedRd = adopted(rd());
export const adoptedRs = adopted(rs());
export const OWNER = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: 'owner',
  uid: '3f1c9d2e-0000-4000-8000-000000000000',
};

export interface Try {
  how: How;
  before?: ObjectInput;
  sent?: ObjectInput;
  change?: Fields;
}

export function attempt(name: string, { how, before, sent, change }: Try, refused: string | null): JailRow {
  const object = sent ?? before;
  if (object === undefined) throw new Error(`${name}: nothing is sent`);
  const whole = change === undefined ? object : patchOf(object, change);
  return { name, by: 'worker', how, before: before ?? null, sent: whole, refused };
}

export function somebodyElse(row: JailRow): JailRow {
  return { ...row, by: 'somebody else', refused: null };
}
