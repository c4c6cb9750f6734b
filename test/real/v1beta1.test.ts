/** The manifests for Kubernetes 1.34 and 1.35, on a server that still serves their version: the same answers. */
import { expect, test } from 'vitest';
import { playTable } from '../admission/harness.ts';
import { startControlPlane } from './control-plane.ts';

test('the overlay safe-v1beta1 gives the answers of safe', { timeout: 120_000 }, async () => {
  await using plane = await startControlPlane();
  await plane.installCrds();
  const applied = await plane.applyKustomization('k8s/overlays/safe-v1beta1');
  expect(applied).toContain('mutatingadmissionpolicy.admissionregistration.k8s.io/volsync-prewarm-hold created');

  expect(await playTable({ admin: plane.admin, patience: 10_000 }, 'safe')).toEqual([]);
});
