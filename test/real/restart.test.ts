/** An API server that restarts is the moment in which policies are easily looked past: none of these claims may be. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openApi } from '../support/api.ts';
import { createClaim, eventually, writeIndex, type Answered } from './claims.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { applyNamespace, bodyOf } from './install.ts';

const DESTINATIONS = '/apis/volsync.backube/v1alpha1/namespaces/media/replicationdestinations';
const CLAIMS = 100;
/** Nobody listened: no answer of a policy. */
const LATER: Answered = { code: 201, message: '', source: null };

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  await plane.installCrds();
  await plane.applyKustomization('k8s/overlays/safe');
  await applyNamespace(plane.admin, 'media');
  // Every other claim has a warm restore point; the index lists them all, so the rest is held.
  const names = Array.from({ length: CLAIMS }, (_, number) => `claim-${number}`);
  for (const name of names.filter((_, number) => number % 2 === 0)) await warm(name);
  const entries = names.map((name) => [`media.${name}`, 'attach warm 4cb08766 2026-01-01T00:00:00Z']);
  await writeIndex(plane.admin, { ...Object.fromEntries(entries), _generatedAt: new Date().toISOString() });
  for (const name of ['claim-0', 'claim-1'])
    await eventually(async () => (await createClaim(plane.admin, 'media', name, { dryRun: true })).source !== null);
});

afterAll(() => plane.stop());

/** A destination of ours with a usable image. */
async function warm(claim: string): Promise<void> {
  const body = {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { name: `${claim}-restore`, labels: { 'app.kubernetes.io/managed-by': 'volsync-prewarm' } },
    spec: { trigger: { manual: '4cb08766' } },
  };
  bodyOf(await plane.admin.request('POST', DESTINATIONS, { body }), claim);
  const status = {
    latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: `image-of-${claim}` },
  };
  const path = `${DESTINATIONS}/${claim}-restore/status`;
  bodyOf(await plane.admin.request('PATCH', path, { type: 'application/merge-patch+json', body: { status } }), claim);
}

/** Creates the claim as soon as anybody answers, and gives the first answer that is not "not there" or "not yet". */
async function insist(claim: string): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const late = Date.now() + 60_000; Date.now() < late; await sleep(20)) {
    const api = openApi(plane.adminKubeconfig);
    try {
      const answer = await createClaim(api, 'media', claim);
      answers.push(answer);
      if (answer.code === 201) return answers;
    } catch {
      // nobody listens
    } finally {
      await api.close();
    }
  }
  return answers;
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'C10: a loop of creates over a restart by %s: none slips through without its restore point, though a missing index denies',
  { timeout: 120_000 },
  async (signal) => {
    const half = signal === 'SIGTERM' ? 0 : CLAIMS / 2;
    const names = Array.from({ length: CLAIMS / 2 }, (_, number) => `claim-${half + number}`);
    const restarted = plane.restartApi(signal);
    const answers = new Map<string, Answered[]>();
    const unlabelled: Answered[] = [];
    for (const name of names) {
      answers.set(name, await insist(name));
      unlabelled.push(
        await createClaim(plane.admin, 'media', `free-${name}`, { labels: {}, dryRun: true }).catch(() => LATER),
      );
    }
    await restarted;

    const made = [...answers].map(([name, all]) => [name, all.at(-1)?.code, all.at(-1)?.source]);
    expect(made).toEqual(names.map((name) => [name, 201, `${name}-restore`]));
    const refusals = [...answers.values()].flat().filter(({ code }) => code !== 201);
    // What is refused meanwhile is refused for a reason that passes; 422: the index could not be read yet.
    for (const { code, message } of refusals)
      expect(`${code} ${message}`).toMatch(/^(403 .*paramKind|403 .*not yet|403|422 .*gate-index-missing|429|500|503)/);
    // What has no label is never asked about, not even while the index cannot be read.
    expect(unlabelled.filter(({ code }) => code !== 201)).toEqual([]);
  },
);
