/** The truth table over the wire, against the sandbox. `test/real/admission.test.ts` plays the same rows on a real API server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { openApi, type Api } from '../support/api.ts';
import { playJail, playTable } from './harness.ts';
import { JAIL_ROWS } from './jail-rows.ts';
import { OVERLAYS } from './words.ts';

/** Hundreds of rows over the wire, on a machine that may be busy. */
const PATIENT = 240_000;

let sandbox: Sandbox;
let admin: Api;
let worker: Api;

beforeAll(async () => {
  sandbox = await startSandbox({ volsync: false });
  // As in a bare control plane: a claim without a class stays without one.
  for (const { metadata } of sandbox.kube.list('StorageClass')) sandbox.kube.remove('StorageClass', '', metadata.name);
  admin = openApi(sandbox.kubeconfig('admin'));
  worker = openApi(sandbox.kubeconfig('worker'));
});

afterAll(async () => {
  await Promise.all([admin.close(), worker.close()]);
  await sandbox.stop();
});

describe('the truth table', () => {
  test.each(OVERLAYS)('comes out as written under %s', { timeout: PATIENT }, async (overlay) => {
    uninstall();
    sandbox.install(overlay);

    expect(await playTable({ admin, patience: 0 }, overlay)).toEqual([]);
  });
});

describe('the jail', () => {
  test('lets our worker do its work, and nothing else', { timeout: PATIENT }, async () => {
    uninstall();
    sandbox.install('restore');

    expect(await playJail({ admin, worker, patience: 0 }, JAIL_ROWS)).toEqual([]);
  });

  test('has been tried at least fifty times', () => {
    expect(JAIL_ROWS.filter(({ refused }) => refused !== null).length).toBeGreaterThanOrEqual(50);
  });
});

function uninstall(): void {
  for (const kind of ['Mutating', 'Validating'].flatMap((one) => [
    `${one}AdmissionPolicy`,
    `${one}AdmissionPolicyBinding`,
  ])) {
    for (const { metadata } of sandbox.kube.list(kind)) sandbox.kube.remove(kind, '', metadata.name);
  }
}
