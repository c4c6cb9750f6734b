/** Plays VolSync on a real API server, by hand: there is no operator, but its writes are what the program reads. */
import { setTimeout as sleep } from 'node:timers/promises';
import { at, text } from '../../sandbox/kube/objects.ts';
import { MERGE, type Api } from '../support/api.ts';
import { bodyOf, textAt } from './install.ts';

const DESTINATIONS = '/apis/volsync.backube/v1alpha1/replicationdestinations';

export interface VolSyncPlayer extends AsyncDisposable {
  /** every sync so far, as `<namespace>/<name> <tag>` */
  readonly syncs: string[];
}

/**
 * Syncs whatever destination asks for it.
 * @param restores what a mover finds: the id of a snapshot, or null for nothing
 */
export function playVolSync(
  admin: Api,
  restores: (namespace: string, name: string, attempt: number) => string | null,
): VolSyncPlayer {
  const stopped = new AbortController();
  const syncs: string[] = [];
  const attempts = new Map<string, number>();

  async function look(): Promise<void> {
    const items = at(bodyOf(await admin.request('GET', DESTINATIONS), DESTINATIONS), 'items');
    for (const destination of Array.isArray(items) ? items : []) {
      const tag = text(destination, 'spec.trigger.manual');
      if (tag === undefined || tag === text(destination, 'status.lastManualSync')) continue;
      const [namespace, name] = [textAt(destination, 'metadata.namespace'), textAt(destination, 'metadata.name')];
      const key = `${namespace}/${name}`;
      const attempt = (attempts.get(key) ?? 0) + 1;
      attempts.set(key, attempt);
      await sync(admin, { namespace, name, tag }, restores(namespace, name, attempt));
      syncs.push(`${key} ${tag}`);
    }
  }

  const loop = (async () => {
    while (!stopped.signal.aborted) {
      await look();
      await sleep(50);
    }
  })();
  return {
    syncs,
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await loop;
    },
  };
}

interface Wanted {
  namespace: string;
  name: string;
  tag: string;
}

/** One sync, with the status writes of a real one in their order. */
async function sync(admin: Api, { namespace, name, tag }: Wanted, snapshot: string | null): Promise<void> {
  const path = `/apis/volsync.backube/v1alpha1/namespaces/${namespace}/replicationdestinations/${name}/status`;
  const tell = async (status: object): Promise<void> => {
    const options = { type: MERGE, body: { status }, query: { fieldManager: 'manager' } };
    bodyOf(await admin.request('PATCH', path, options), path);
  };
  const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;
  const condition = (status: string, reason: string): object => ({
    conditions: [{ type: 'Synchronizing', status, reason, message: reason, lastTransitionTime: now() }],
  });
  await tell({ ...condition('True', 'SyncInProgress'), lastSyncStartTime: now() });
  const image = await takeSnapshot(admin, namespace, name);
  await tell({
    ...condition('True', 'CleaningUp'),
    latestMoverStatus: { result: 'Successful', logs: logsOf(snapshot) },
    latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: image },
    lastManualSync: tag,
    lastSyncStartTime: null,
    lastSyncTime: now(),
    lastSyncDuration: '6.004829994s',
  });
  await tell(condition('False', 'WaitingForManual'));
}

function logsOf(snapshot: string | null): string {
  if (snapshot === null)
    return '=== Initialize Dir ===\nNo eligible snapshots found\n=== No data will be restored ===\nRestic completed in 3s';
  const what = `restoring snapshot ${snapshot.slice(0, 8)} of [/data] at 2026-01-02 07:52:37.374813704 +0000 UTC`;
  return `${what} by root@volsync to .\nRestic completed in 2s`;
}

let taken = 0;

async function takeSnapshot(admin: Api, namespace: string, destination: string): Promise<string> {
  const all = `/apis/snapshot.storage.k8s.io/v1/namespaces/${namespace}/volumesnapshots`;
  taken += 1;
  const name = `volsync-${destination}-dest-${taken}`;
  const labels = { 'app.kubernetes.io/created-by': 'volsync' };
  const body = {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { name, labels },
    spec: { source: { persistentVolumeClaimName: `volsync-${destination}-dest` } },
  };
  bodyOf(await admin.request('POST', all, { body }), all);
  const status = { readyToUse: true, restoreSize: '1Gi', boundVolumeSnapshotContentName: `content-${name}` };
  bodyOf(await admin.request('PATCH', `${all}/${name}/status`, { type: MERGE, body: { status } }), name);
  return name;
}
