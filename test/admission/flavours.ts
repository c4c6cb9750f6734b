/** The same decision in three languages: what each flavour of a policy makes of a row, beside the native one. */
import { join } from 'node:path';
import { mutate } from '../../sandbox/admission/admit.ts';
import { CelError } from '../../sandbox/admission/cel.ts';
import { readPolicies } from '../../sandbox/admission/parse.ts';
import { same, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { K8S, render } from '../../sandbox/kustomize.ts';
import { clusterPolicy } from './classic.ts';
import { reviewOf, shipped, type Case } from './core.ts';
import { mutatingPolicy, type Mutate } from './kyverno.ts';

export interface Flavour {
  /** a directory of k8s/policies */
  directory: string;
  kind: 'MutatingPolicy' | 'ClusterPolicy';
  /** the native policy that decides the same */
  native: string;
}

export const FLAVOURS: readonly Flavour[] = [
  { directory: 'kyverno/restore', kind: 'MutatingPolicy', native: 'volsync-prewarm-restore' },
  { directory: 'kyverno/hold', kind: 'MutatingPolicy', native: 'volsync-prewarm-hold' },
  { directory: 'kyverno/classic', kind: 'ClusterPolicy', native: 'volsync-prewarm-restore' },
];

/** The policy object of a flavour, as it ships. */
export function policyOf({ directory, kind }: Flavour): ObjectInput {
  const found = render(join(K8S, 'policies', directory)).find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`${directory} has no ${kind}`);
  return found;
}

/** A flavour's policy as a function. */
export function flavoured(policy: ObjectInput): Mutate {
  return policy.kind === 'ClusterPolicy' ? clusterPolicy(policy) : mutatingPolicy(policy);
}

/** One native policy of `safe` as a function. */
export function native(name: string): Mutate {
  const all = readPolicies(shipped('safe'));
  const policies = { mutating: all.mutating.filter(({ policy }) => policy.name === name), validating: [] };
  return (review, world) => mutate(review, policies, world).object;
}

/** What a flavour attaches; one that cannot be evaluated refuses the claim. */
function decision(decide: Mutate, { situation, world }: Case): unknown {
  try {
    return decide(reviewOf(situation), world)?.spec?.['dataSourceRef'];
  } catch (error) {
    if (error instanceof CelError) return 'refused';
    throw error;
  }
}

/** The rows for which two flavours decide otherwise. */
export function disagreements(one: Mutate, other: Mutate, cases: readonly Case[]): string[] {
  return cases.filter((row) => !same(decision(one, row), decision(other, row))).map(({ title }) => title);
}
