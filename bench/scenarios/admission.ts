/** Scenario 14: what the admission policies cost a claim, and how soon they see a restore point. On a real API server. */

import { createClaim, eventually, writeIndex } from '../../test/real/claims.ts';
import { startControlPlane, type ControlPlane } from '../../test/real/control-plane.ts';
import { applyNamespace, bodyOf } from '../../test/real/install.ts';
import type { Api } from '../../test/support/api.ts';
import { told } from '../figures.ts';
import type { Line } from '../figures.ts';

const DESTINATIONS = 200;
const ENTRIES = 4_000;
const TURNS = 400;
const FRESH_TURNS = 50;
const RDS = '/apis/volsync.backube/v1alpha1/namespaces';

/** Claims with all policies of overlay safe against claims that no policy selects, in turn, and the freshness of a status. */
export async function admission(): Promise<Line[]> {
  await using plane = await startControlPlane();
  await plane.installCrds();
  await applyNamespace(plane.admin, 'media');
  const before = await times(plane.admin, 'bare');
  await plane.applyKustomization('k8s/overlays/safe');
  await fill(plane);
  await eventually(async () => (await createClaim(plane.admin, 'media', 'claim-0', { dryRun: true })).source !== null);
  return [...(await cost(plane.admin, before)), ...(await freshness(plane.admin))];
}

async function times(api: Api, prefix: string): Promise<number[]> {
  const taken: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1)
    taken.push(await timed(() => createClaim(api, 'media', `${prefix}-${turn}`)));
  return taken.slice(TURNS / 4);
}

/** Two hundred restore points in the claim's namespace, each usable, and an index that is full. */
async function fill({ admin }: ControlPlane): Promise<void> {
  for (let number = 0; number < DESTINATIONS; number += 1) await warm(admin, `claim-${number}`);
  const now = new Date().toISOString();
  const entries = Array.from({ length: ENTRIES }, (_, number) => [
    `media.held-${String(number).padStart(4, '0')}`,
    `attach cold:namespace-missing 4cb08766 ${now}`,
  ]);
  await writeIndex(admin, { ...Object.fromEntries(entries), _generatedAt: now });
}

async function warm(api: Api, claim: string): Promise<void> {
  await ask(api, claim);
  await finish(api, claim);
}

/** VolSync's last write of a sync: from here on the image can be used. */
async function finish(api: Api, claim: string): Promise<void> {
  const path = `${RDS}/media/replicationdestinations/${claim}-restore/status`;
  const status = {
    latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: `image-of-${claim}` },
  };
  bodyOf(await api.request('PATCH', path, { type: 'application/merge-patch+json', body: { status } }), claim);
}

/** In turn: a claim that no policy selects, a claim that gets a restore point, and a claim that is refused or waits. */
async function cost(api: Api, before: readonly number[]): Promise<Line[]> {
  const plain: number[] = [];
  const attached: number[] = [];
  const held: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    plain.push(await timed(() => createClaim(api, 'media', `plain-${turn}`, { labels: {} })));
    attached.push(await timed(() => createClaim(api, 'media', `claim-${turn % DESTINATIONS}`, { dryRun: true })));
    held.push(await timed(() => createClaim(api, 'media', `held-${String(turn).padStart(4, '0')}`)));
  }
  const scenario = 14;
  const figures = (what: string, all: readonly number[]): Line[] => [
    told({ scenario, what: `${what}: median`, value: quantile(all, 0.5), unit: 'ms' }),
    told({ scenario, what: `${what}: p99`, value: quantile(all, 0.99), unit: 'ms' }),
  ];
  const ratios = (what: string, all: readonly number[]): Line[] => [
    told({ scenario, what: `${what} / unprotected: median`, value: quantile(all, 0.5) / quantile(plain, 0.5) }),
    told({ scenario, what: `${what} / unprotected: p99`, value: quantile(all, 0.99) / quantile(plain, 0.99) }),
  ];
  return [
    ...figures('no policy installed', before),
    ...figures('unprotected claim', plain),
    ...figures(`attached, ${DESTINATIONS} destinations beside it`, attached),
    ...figures(`held, index of ${ENTRIES}`, held),
    ...ratios('attached', attached),
    ...ratios('held', held),
  ];
}

/** From the answer to the status write to the start of the first create that uses it. */
async function freshness(api: Api): Promise<Line[]> {
  const taken: number[] = [];
  for (let turn = 0; turn < FRESH_TURNS; turn += 1) {
    const claim = `late-${turn}`;
    await ask(api, claim);
    await finish(api, claim);
    const written = performance.now();
    let started = performance.now();
    while ((await createClaim(api, 'media', claim, { dryRun: true })).source === null) started = performance.now();
    taken.push(started - written);
  }
  const scenario = 14;
  return [
    told({
      scenario,
      what: 'status written → first claim that uses it: median',
      value: quantile(taken, 0.5),
      unit: 'ms',
    }),
    told({ scenario, what: 'status written → first claim that uses it: worst', value: Math.max(...taken), unit: 'ms' }),
  ];
}

/** A managed destination without an image. */
async function ask(api: Api, claim: string): Promise<void> {
  const body = {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { name: `${claim}-restore`, labels: { 'app.kubernetes.io/managed-by': 'volsync-prewarm' } },
    spec: { trigger: { manual: '4cb08766' } },
  };
  bodyOf(await api.request('POST', `${RDS}/media/replicationdestinations`, { body }), claim);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

function quantile(all: readonly number[], share: number): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
