/**
 * The one hand that writes to the cluster: "what can this do to my cluster?" is answered here and in k8s/base/rbac.yaml,
 * and a test holds the two against each other.
 *
 * It applies Secrets `<pvc>-volsync-secret`, ReplicationDestinations `<pvc>-restore`, the index objects and Warning events on
 * claims by server-side apply as field manager `volsync-prewarm` (a further index object is first made by POST), and deletes
 * ReplicationDestinations. Every write of something that exists carries the uid and resourceVersion that the decision was made
 * on: who wrote in between wins, and we look again.
 */
import { messageOf } from '../errors.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, DesiredDestination, IndexWrite, WriteResult } from '../decisions.ts';
import type { ClaimRef } from '../model.ts';
import { INDEX_KEY, PRODUCT, VOLSYNC_GROUP, destinationName, repositorySecretName } from '../naming.ts';
import type { Connection } from './connection.ts';
import type { CredentialStore } from './credentials.ts';
import { destinationManifest } from './destination.ts';
import { eventManifest, eventPath } from './event.ts';
import { INDEX_PATH, indexManifest, indexPath } from './index-object.ts';
import { KubeError } from './kube-error.ts';
import { metaOf } from './read.ts';

/** What identifies the object that a decision was made on. */
interface Precondition {
  uid: string;
  resourceVersion: string;
}

const APPLY = 'application/apply-patch+yaml';

export type Writer = (action: Action, signal: AbortSignal) => Promise<WriteResult>;
export type Publisher = (shard: IndexWrite, signal: AbortSignal) => Promise<WriteResult>;

/**
 * Makes the writer. One action is one call (re-creating is two), one index object is one. It never rejects.
 * A chain of actions on one destination works: after each write the newer resourceVersion replaces the one decided on.
 */
export function writer(connection: Connection, credentials: CredentialStore): { write: Writer; publish: Publisher } {
  /** our own last write, by uid: the resourceVersion before it → the one after it */
  const written = new Map<string, { before: string; after: string }>();

  async function apply(path: string, manifest: unknown, force: boolean, signal: AbortSignal): Promise<Precondition> {
    const query = { fieldManager: PRODUCT, force: String(force) };
    const answer = await connection.request(
      { method: 'PATCH', path, query, body: { type: APPLY, value: manifest } },
      signal,
    );
    // An apply on what is being deleted succeeds and is lost with it.
    if (metaOf(answer)?.deleting === true) throw new KubeError('conflict', `PATCH ${path}: it is being deleted`);
    return versionIn(answer);
  }

  function current(precondition: Precondition): Precondition {
    const last = written.get(precondition.uid);
    return last?.before === precondition.resourceVersion
      ? { ...precondition, resourceVersion: last.after }
      : precondition;
  }

  async function applyDestination(desired: DesiredDestination, signal: AbortSignal): Promise<boolean> {
    const existing = desired.existing === null ? null : current(desired.existing);
    // Without force a new object never takes a field from somebody who created it a moment earlier.
    const made = await apply(
      destinationPath(desired),
      destinationManifest({ ...desired, existing }),
      existing !== null,
      signal,
    );
    if (desired.existing !== null)
      written.set(made.uid, { before: desired.existing.resourceVersion, after: made.resourceVersion });
    return made.resourceVersion !== existing?.resourceVersion;
  }

  async function applyCredentials(
    action: Extract<Action, { kind: 'create-credentials' | 'update-credentials' }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const manifest = credentials.manifest(action, action.keepPassword);
    if (manifest === null) throw new KubeError('failed', 'the base credentials were not read');
    const path = `/api/v1/namespaces/${action.namespace}/secrets/${repositorySecretName(action.claim)}`;
    // Without force, as above: a Secret that somebody else made a moment earlier keeps its values.
    await apply(path, manifest, action.kind === 'update-credentials', signal);
    return true;
  }

  async function retriggerAdopted(
    action: Extract<Action, { kind: 'retrigger-adopted' }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const manifest = {
      apiVersion: `${VOLSYNC_GROUP}/v1alpha1`,
      kind: 'ReplicationDestination',
      metadata: { name: destinationName(action.claim), namespace: action.namespace, ...action.existing },
      spec: { trigger: { manual: action.manual } },
    };
    const made = await apply(destinationPath(action), manifest, true, signal);
    return made.resourceVersion !== action.existing.resourceVersion;
  }

  async function remove(ref: ClaimRef, precondition: Precondition, signal: AbortSignal): Promise<boolean> {
    const body = {
      type: 'application/json',
      value: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: current(precondition),
        propagationPolicy: 'Background',
      },
    };
    await connection.request({ method: 'DELETE', path: destinationPath(ref), body }, signal).catch(unlessAbsent);
    return true;
  }

  async function recreate(
    action: Extract<Action, { kind: 'recreate-destination' }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    await remove(action.desired, action.remove, signal);
    // The old object may take a moment to go; while it is going the apply below is a conflict, and the next pass creates it.
    await sleep(50);
    return applyDestination({ ...action.desired, existing: null }, signal);
  }

  /**
   * Only a POST can say "it must not exist": an apply would take the object that another run has just made, entries and all.
   * It has no entry yet, and needs none: those that go into it are still in their old objects. With its time it is no index
   * that has never been written, for which everything would be refused.
   */
  async function createIndex({ shard, parameters }: IndexWrite, signal: AbortSignal): Promise<Precondition> {
    const { [INDEX_KEY.generatedAt]: generatedAt = '' } = parameters;
    const value = indexManifest({ shard, existing: null, parameters: { [INDEX_KEY.generatedAt]: generatedAt } });
    const body = { type: 'application/json', value };
    const query = { fieldManager: PRODUCT };
    return versionIn(await connection.request({ method: 'POST', path: INDEX_PATH, query, body }, signal));
  }

  async function applyIndex(write: IndexWrite, signal: AbortSignal): Promise<boolean> {
    const existing = write.existing ?? (await createIndex(write, signal));
    const made = await apply(indexPath(write.shard), indexManifest({ ...write, existing }), true, signal);
    return made.resourceVersion !== write.existing?.resourceVersion;
  }

  /** Never a change: nothing of what is decided on depends on an event. */
  async function warn(action: Extract<Action, { kind: 'warn-claim' }>, signal: AbortSignal): Promise<boolean> {
    await apply(eventPath(action), eventManifest(action), true, signal);
    return false;
  }

  function perform(action: Action, signal: AbortSignal): Promise<boolean> {
    switch (action.kind) {
      case 'create-credentials':
      case 'update-credentials':
        return applyCredentials(action, signal);
      case 'recreate-destination':
        return recreate(action, signal);
      case 'delete-destination':
        return remove(action, action.remove, signal);
      case 'retrigger-adopted':
        return retriggerAdopted(action, signal);
      case 'warn-claim':
        return warn(action, signal);
      default:
        return applyDestination(action.desired, signal);
    }
  }

  return {
    write: (action, signal) => outcomeOf(perform(action, signal)),
    publish: (shard, signal) => outcomeOf(applyIndex(shard, signal)),
  };
}

/** What was written, as the next write has to name it. */
function versionIn(answer: unknown): Precondition {
  const { uid = '', resourceVersion = '' } = metaOf(answer) ?? {};
  return { uid, resourceVersion };
}

async function outcomeOf(written: Promise<boolean>): Promise<WriteResult> {
  try {
    return { state: 'done', changed: await written };
  } catch (error) {
    const message = messageOf(error);
    // `absent` here: the object that we decided on, or its namespace, has gone.
    const passing = error instanceof KubeError && (error.kind === 'conflict' || error.kind === 'absent');
    return passing ? { state: 'conflict', message } : { state: 'failed', message };
  }
}

function destinationPath(ref: ClaimRef): string {
  return `/apis/${VOLSYNC_GROUP}/v1alpha1/namespaces/${ref.namespace}/replicationdestinations/${destinationName(ref.claim)}`;
}

function unlessAbsent(error: unknown): void {
  if (!(error instanceof KubeError && error.kind === 'absent')) throw error;
}
