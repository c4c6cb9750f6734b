/**
 * All writes to the cluster. This file and k8s/base/rbac.yaml answer "what can this do to my cluster?",
 * and a test compares the two.
 *
 * It applies Secrets `<pvc>-volsync-secret`, ReplicationDestinations `<pvc>-restore`, the index objects and Warning events on
 * claims by server-side apply as field manager `volsync-prewarm`, and deletes destinations and sources of its own. What is created must not
 * exist, and the request says so: a Secret and a further index object are made by POST, a destination by an apply of
 * version 0, a ReplicationSource `<pvc>-backup` by POST (it is changed by merge patch, which leaves what others set beside it).
 * With --create-namespaces it makes Namespaces by POST, and never changes or deletes one.
 * On ReplicationDestinations that a person has labelled volsync-prewarm/adopt it writes spec.trigger.manual and annotations
 * volsync-prewarm/* by merge patch, on ReplicationSources of that label spec.restic.unlock and one such annotation.
 * Every write to an existing object carries the uid and resourceVersion that the decision was based on. If somebody wrote in
 * between, that write stands, and the run observes again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, DesiredDestination, DesiredSource, IndexWrite, WriteResult } from '../decisions.ts';
import type { ClaimRef } from '../model.ts';
import { INDEX_KEY, MANAGED_BY, PRODUCT, sourceName } from '../naming.ts';
import type { Connection, KubeRequest } from './connection.ts';
import type { CredentialStore } from './credentials.ts';
import { destinationManifest } from './destination.ts';
import { destinationPath, namedDestinationPath, secretPath, secretsPath } from './paths.ts';
import { eventManifest, eventPath } from './event.ts';
import { INDEX_PATH, indexManifest, indexPath } from './index-object.ts';
import { KubeError } from './kube-error.ts';
import { patchOf } from './memory.ts';
import { isAlreadyThere, outcomeOf, unlessAbsent } from './outcome.ts';
import { metaOf } from './read.ts';
import { adoptedChange, triggerChange, type SourceChange } from './source-change.ts';
import { sourceManifest, sourcePatch, sourcesPath } from './source.ts';

/** What identifies the object that a decision is based on. */
interface Precondition {
  uid: string;
  resourceVersion: string;
}

type CredentialsAction = Extract<Action, { kind: 'create-credentials' | 'update-credentials' | 'prove-password' }>;

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

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
    // An apply to an object that is being deleted succeeds, and is lost with the object.
    if (metaOf(answer)?.deleting === true)
      throw new KubeError('conflict', `PATCH ${path}: the object is being deleted`);
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
    const path = destinationPath(desired);
    // Without force a new object never takes a field from somebody who created it a moment earlier.
    const made = await apply(path, destinationManifest({ ...desired, existing }), existing !== null, signal).catch(
      (error: unknown) => {
        // What another run has just made is a conflict like any other.
        if (existing === null && isAlreadyThere(error))
          throw new KubeError('conflict', `PATCH ${path}: there is one already`);
        throw error;
      },
    );
    if (desired.existing !== null)
      written.set(made.uid, { before: desired.existing.resourceVersion, after: made.resourceVersion });
    return made.resourceVersion !== existing?.resourceVersion;
  }

  /**
   * Only a POST can say of a Secret that it must not exist. It has not been read then; when it is there after all, the next pass
   * reads it and judges.
   */
  async function createCredentials(action: ClaimRef, signal: AbortSignal): Promise<boolean> {
    const value = await credentials.manifest(action, false);
    if (value === null) throw new KubeError('failed', 'the base credentials were not read');
    const path = secretsPath(action.namespace);
    await sendCredentials(action, { method: 'POST', path, body: { type: 'application/json', value } }, signal);
    return true;
  }

  async function sendCredentials(
    ref: ClaimRef,
    request: Pick<KubeRequest, 'method' | 'path' | 'body'>,
    signal: AbortSignal,
  ): Promise<void> {
    let made: unknown = null;
    try {
      made = await connection.request({ ...request, query: { fieldManager: PRODUCT } }, signal);
    } finally {
      // There already, changed since, or nobody knows: then it is read from now on.
      credentials.met(ref, made);
    }
  }

  async function updateCredentials(
    action: Extract<CredentialsAction, { keepPassword: boolean }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const path = secretPath(action);
    const takeover = credentials.takeover(action);
    if (takeover !== null) {
      const body = { type: MERGE, value: takeover };
      const taken = await connection.request({ method: 'PATCH', path, query: { fieldManager: PRODUCT }, body }, signal);
      credentials.taken(action, versionIn(taken).resourceVersion);
    }
    const manifest = await credentials.manifest(action, action.keepPassword);
    if (manifest === null) throw new KubeError('failed', 'the base credentials were not read');
    await apply(path, manifest, true, signal).finally(() => credentials.met(action, null));
    return true;
  }

  function writeCredentials(action: CredentialsAction, signal: AbortSignal): Promise<boolean> {
    if (action.kind === 'prove-password') return provePassword(action, signal);
    return action.kind === 'create-credentials' ? createCredentials(action, signal) : updateCredentials(action, signal);
  }

  /** Of exactly the Secret that was judged: when somebody has written it since, the password in it may be another. */
  async function provePassword(ref: ClaimRef, signal: AbortSignal): Promise<boolean> {
    const value = await credentials.proof(ref);
    if (value === null) throw new KubeError('failed', 'the credentials were not read');
    await sendCredentials(ref, { method: 'PATCH', path: secretPath(ref), body: { type: MERGE, value } }, signal);
    return true;
  }

  /**
   * Somebody else's destination gets a merge patch: an apply would take away the field of ours that it leaves out, and a
   * destination without a trigger syncs in an endless loop (measured).
   */
  async function patchAdopted(desired: DesiredDestination, signal: AbortSignal): Promise<boolean> {
    if (desired.existing === null) throw new KubeError('failed', 'an adopted destination is never made');
    const existing = current(desired.existing);
    const value = {
      metadata: { ...existing, annotations: patchOf(desired.memory) },
      ...(desired.manual !== '' && { spec: { trigger: { manual: desired.manual } } }),
    };
    const path = namedDestinationPath(desired.namespace, desired.name);
    const answer = await connection.request(
      { method: 'PATCH', path, query: { fieldManager: PRODUCT }, body: { type: MERGE, value } },
      signal,
    );
    const made = versionIn(answer);
    written.set(made.uid, { before: desired.existing.resourceVersion, after: made.resourceVersion });
    return made.resourceVersion !== existing.resourceVersion;
  }

  /** By POST: a source that somebody else makes at this moment stays theirs. */
  async function createSource(desired: DesiredSource, signal: AbortSignal): Promise<boolean> {
    const body = { type: 'application/json', value: sourceManifest({ ...desired, existing: null }) };
    const query = { fieldManager: PRODUCT };
    await connection.request({ method: 'POST', path: sourcesPath(desired.namespace), query, body }, signal);
    return true;
  }

  async function patchSource(desired: DesiredSource, signal: AbortSignal): Promise<boolean> {
    const existing = desired.existing === null ? null : current(desired.existing);
    const path = `${sourcesPath(desired.namespace)}/${sourceName(desired.claim)}`;
    const body = { type: 'application/merge-patch+json', value: sourcePatch({ ...desired, existing }) };
    const made = versionIn(
      await connection.request({ method: 'PATCH', path, query: { fieldManager: PRODUCT }, body }, signal),
    );
    return made.resourceVersion !== existing?.resourceVersion;
  }

  /** A few fields of a source, whoever's: everything else of it stays. */
  async function mergeSource({ path, value }: SourceChange, signal: AbortSignal): Promise<boolean> {
    await connection.request(
      { method: 'PATCH', path, query: { fieldManager: PRODUCT }, body: { type: MERGE, value } },
      signal,
    );
    return true;
  }

  async function remove(path: string, precondition: Precondition, signal: AbortSignal): Promise<boolean> {
    const body = {
      type: 'application/json',
      value: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: current(precondition),
        propagationPolicy: 'Background',
      },
    };
    await connection.request({ method: 'DELETE', path, body }, signal).catch(unlessAbsent);
    return true;
  }

  async function recreate(
    action: Extract<Action, { kind: 'recreate-destination' }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    await remove(destinationPath(action.desired), action.remove, signal);
    // Deletion may take a moment. Until it is done, the apply below is a conflict, and the next pass creates the object.
    await sleep(50);
    return applyDestination({ ...action.desired, existing: null }, signal);
  }

  /**
   * Only a POST can demand that an object does not exist. An apply would take over an object that another run has just made, with
   * its entries. The new object starts without entries, since those that move into it are still in their old objects. It has a
   * time, because the policies refuse everything while an index object has never been written.
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

  /** By POST: one that somebody else makes at this moment stays theirs, labels included. */
  async function createNamespace(
    { namespace, labels }: Extract<Action, { kind: 'create-namespace' }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const metadata = { name: namespace, labels: { ...labels, [MANAGED_BY]: PRODUCT } };
    const body = { type: 'application/json', value: { apiVersion: 'v1', kind: 'Namespace', metadata } };
    await connection.request(
      { method: 'POST', path: '/api/v1/namespaces', query: { fieldManager: PRODUCT }, body },
      signal,
    );
    return true;
  }

  /** Never counts as a change, since no decision depends on events. */
  async function warn(action: Extract<Action, { kind: 'warn-claim' }>, signal: AbortSignal): Promise<boolean> {
    await apply(eventPath(action), eventManifest(action), true, signal);
    return false;
  }

  function perform(action: Action, signal: AbortSignal): Promise<boolean> {
    if (isOfCredentials(action)) return writeCredentials(action, signal);
    switch (action.kind) {
      case 'recreate-destination':
        return recreate(action, signal);
      case 'delete-destination':
        return remove(destinationPath(action), action.remove, signal);
      case 'create-source':
        return createSource(action.source, signal);
      case 'update-source':
      case 'unlock-source':
        return patchSource(action.source, signal);
      case 'unlock-adopted':
      case 'note-backup':
        return mergeSource(adoptedChange(action), signal);
      case 'delete-source':
        return remove(`${sourcesPath(action.namespace)}/${sourceName(action.claim)}`, action.remove, signal);
      case 'request-backup':
      case 'release-source':
        return mergeSource(triggerChange(action), signal);
      case 'create-namespace':
        return createNamespace(action, signal);
      case 'warn-claim':
        return warn(action, signal);
      default:
        return action.desired.adopted ? patchAdopted(action.desired, signal) : applyDestination(action.desired, signal);
    }
  }

  return {
    write: (action, signal) => outcomeOf(perform(action, signal)),
    publish: (shard, signal) => outcomeOf(applyIndex(shard, signal)),
  };
}

function isOfCredentials(action: Action): action is CredentialsAction {
  return action.kind === 'prove-password' || 'keepPassword' in action;
}

/** The object after the write, as the next write has to name it. */
function versionIn(answer: unknown): Precondition {
  const { uid = '', resourceVersion = '' } = metaOf(answer) ?? {};
  return { uid, resourceVersion };
}
