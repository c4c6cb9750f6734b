/** All checks of `doctor`, in the order of their output. Each row is a question and a function that judges the answer. */
import { REQUIRED_APIS, type Answer, type Classes, type Operator } from '../cluster/checkup.ts';
import type { PoliciesView } from '../cluster/policies.ts';
import { rightsOf, type Right } from '../cluster/rights.ts';
import type { ClusterView, Instant, RootListing } from '../model.ts';
import type { Settings } from '../settings/settings.ts';
import { bucketChecks } from './bucket.ts';
import { ok, wrong, type Check } from './check.ts';
import { classChecks } from './classes.ts';
import { apiCheck, clockCheck, operatorChecks, rightsChecks } from './cluster.ts';
import { credentialChecks, indexChecks, listChecks } from './content.ts';
import { repositoryChecks } from './repositories.ts';
import { policyChecks } from './policies.ts';

/** The questions to one bucket and one cluster. None writes anything. */
export interface Questions {
  root: (signal: AbortSignal) => Promise<RootListing>;
  /** rejects when there is no cluster to ask */
  version: (signal: AbortSignal) => Promise<Answer<string>>;
  /** the address of the API server; known once `version` was asked */
  server: () => string;
  /** the API server's clock minus ours by its last answer, in milliseconds */
  skew: () => Instant | null;
  isInstalled: (api: (typeof REQUIRED_APIS)[number], signal: AbortSignal) => Promise<Answer<boolean>>;
  operators: (signal: AbortSignal) => Promise<Answer<readonly Operator[]>>;
  isAllowed: (right: Right, signal: AbortSignal) => Promise<Answer<boolean>>;
  policies: (signal: AbortSignal) => Promise<Answer<PoliciesView>>;
  classes: (signal: AbortSignal) => Promise<Classes>;
  /** asked only once, for all rows */
  view: (signal: AbortSignal) => Promise<ClusterView>;
  /** the same with the content of every base Secret */
  viewWithBases: (signal: AbortSignal) => Promise<ClusterView>;
  /** the same with the places that the Secrets of sources and destinations name */
  viewWithPlaces: (signal: AbortSignal) => Promise<ClusterView>;
  now: () => Instant;
}

export interface Row {
  name: string;
  /** what must answer before this question makes sense; the first row of the cluster decides for the others */
  of: 'bucket' | 'cluster';
  check: (ask: Questions, settings: Settings, signal: AbortSignal) => Promise<Check[]>;
}

const CLUSTER: Row = {
  name: 'cluster',
  of: 'cluster',
  check: async (ask, _, signal) => {
    const found = await ask.version(signal);
    const check = `cluster ${ask.server()}`;
    return [
      found.state === 'known'
        ? ok(check, found.value)
        : wrong('failed', check, found.message, 'Check address, certificate and token of the kubeconfig.'),
    ];
  },
};

export const ROWS: readonly Row[] = [
  {
    name: 'bucket',
    of: 'bucket',
    check: async (ask, settings, signal) => bucketChecks(await ask.root(signal), settings),
  },
  CLUSTER,
  { name: 'clock', of: 'cluster', check: async (ask) => Promise.resolve([clockCheck(ask.skew())]) },
  ...REQUIRED_APIS.map((api): Row => ({
    name: api.resource,
    of: 'cluster',
    check: async (ask, _, signal) => [apiCheck(api.resource, await ask.isInstalled(api, signal))],
  })),
  { name: 'VolSync', of: 'cluster', check: async (ask, _, signal) => operatorChecks(await ask.operators(signal)) },
  {
    name: 'rights',
    of: 'cluster',
    check: async (ask, { credentialsSecret, createNamespaces }, signal) => {
      const rights = rightsOf(credentialsSecret, createNamespaces.length > 0);
      return rightsChecks(rights, await Promise.all(rights.map((right) => ask.isAllowed(right, signal))));
    },
  },
  {
    name: 'admission policies',
    of: 'cluster',
    check: async (ask, _, signal) => policyChecks(await ask.policies(signal)),
  },
  {
    name: 'classes',
    of: 'cluster',
    check: async (ask, settings, signal) => {
      const [classes, view] = await Promise.all([ask.classes(signal), ask.view(signal)]);
      return classChecks(classes, view, settings);
    },
  },
  {
    name: 'index',
    of: 'cluster',
    check: async (ask, settings, signal) => {
      const view = await ask.view(signal);
      return [...listChecks(view), ...indexChecks(view, settings, ask.now())];
    },
  },
  {
    name: 'credentials',
    of: 'cluster',
    check: async (ask, settings, signal) => credentialChecks(await ask.viewWithBases(signal), settings),
  },
  {
    name: 'repositories',
    of: 'cluster',
    check: async (ask, settings, signal) => repositoryChecks(await ask.viewWithPlaces(signal), settings),
  },
];
