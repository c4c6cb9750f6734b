/** The truth table and the jail on a real API server: the rows that the sandbox plays, unchanged. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { playJail, playTable } from '../admission/harness.ts';
import { JAIL_ROWS } from '../admission/jail-rows.ts';
import type { Overlay } from '../admission/words.ts';
import { openApi, type Api } from '../support/api.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

/** Each has the policies of the one before: nothing has to be taken away in between. */
const ORDER: readonly Overlay[] = ['restore', 'observe', 'safe', 'strict'];
/** New policies take about a second, the first parameters of a kind up to four. */
const patience = 10_000;

let plane: ControlPlane;
let worker: Api;

beforeAll(async () => {
  plane = await startControlPlane();
  await plane.installCrds();
  await plane.applyKustomization('k8s/overlays/restore');
  // Only the policy may hold the worker back, or it would be RBAC that is tried here.
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'worker-may-do-everything' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'volsync-prewarm', namespace: 'volsync-system' }],
  };
  await plane.admin.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { body: binding });
  worker = openApi(await plane.workerKubeconfig());
});

afterAll(async () => {
  await worker.close();
  await plane.stop();
});

describe('on a real API server', () => {
  test.each(ORDER)('the truth table comes out as written under %s', { timeout: 300_000 }, async (overlay) => {
    await plane.applyKustomization(`k8s/overlays/${overlay}`);

    expect(await playTable({ admin: plane.admin, patience }, overlay)).toEqual([]);
  });

  test('the jail lets our worker do its work, and nothing else', { timeout: 120_000 }, async () => {
    expect(await playJail({ admin: plane.admin, worker, patience }, JAIL_ROWS)).toEqual([]);
  });
});
