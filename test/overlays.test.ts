/** The overlays: what each of them promises, whatever the taste. What their policies do is in test/admission. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { at, type ObjectInput } from '../sandbox/kube/objects.ts';
import { K8S, render } from '../sandbox/kustomize.ts';
import { GATE_BINDING, INDEX_NAME } from '../src/naming.ts';

/** Their claims wait for their restore point, and say their size by that. */
const HOLDING = ['safe', 'safe-kyverno', 'safe-v1beta1', 'strict'];

function rendered(overlay: string): ObjectInput[] {
  return render(join(K8S, 'overlays', overlay));
}

function of(objects: readonly ObjectInput[], kind: RegExp): ObjectInput[] {
  return objects.filter((object) => kind.test(object.kind));
}

/** Each different value at a path of these kinds. */
function values(objects: readonly ObjectInput[], kind: RegExp, path: string): unknown[] {
  return [...new Set(of(objects, kind).map((object) => at(object, path)))];
}

describe.each(readdirSync(join(K8S, 'overlays')))('overlay %s', (overlay) => {
  const objects = rendered(overlay);

  test('attaches warm restore points by one policy, and jails the worker', () => {
    const changing = of(objects, /^(MutatingAdmissionPolicy|MutatingPolicy|ClusterPolicy)$/);
    const jail = of(objects, /Binding$/).filter((one) => at(one, 'spec.policyName') === 'volsync-prewarm-jail');

    expect(changing.filter(({ metadata }) => metadata.name === 'volsync-prewarm-restore')).toHaveLength(1);
    expect(jail.map((one) => at(one, 'spec.validationActions'))).toEqual([['Deny']]);
  });

  test('lets nothing through when a policy cannot be evaluated', () => {
    expect(values(objects, /Policy$/, 'spec.failurePolicy')).toEqual(['Fail']);
  });

  test('C10: refuses where the index is missing, if it refuses anything at all', () => {
    const bound = of(objects, /Binding$/).filter((one) => at(one, 'spec.paramRef.parameterNotFoundAction') === 'Deny');
    const refuses = overlay !== 'restore' && overlay !== 'observe';

    expect(bound.map(({ metadata }) => metadata.name)).toEqual(refuses ? [GATE_BINDING] : []);
  });

  test('binds every policy that the API server evaluates', () => {
    const policies = of(objects, /AdmissionPolicy$/).map(({ kind, metadata }) => `${kind}Binding ${metadata.name}`);
    const bound = of(objects, /AdmissionPolicyBinding$/).map(
      (one) => `${one.kind} ${String(at(one, 'spec.policyName'))}`,
    );

    expect([...new Set(bound)]).toEqual(policies);
  });

  test('knows an index object by its one pattern', () => {
    const patterns = JSON.stringify(objects).match(/\^volsync-prewarm-index[^"\\]*/g) ?? [];

    expect([...new Set(patterns)]).toEqual([INDEX_NAME]);
  });

  test('assumes a size only where no claim waits to say its own', () => {
    expect(values(objects, /^ConfigMap$/, 'data.PREWARM_DEFAULT_CAPACITY')).toEqual([
      HOLDING.includes(overlay) ? 'none' : '10Gi',
    ]);
  });

  test('asks for mutating policies in the version that its Kubernetes serves', () => {
    const versions = values(objects, /^MutatingAdmission/, 'apiVersion');

    expect(versions).toEqual(
      overlay.endsWith('kyverno')
        ? []
        : [`admissionregistration.k8s.io/${overlay === 'safe-v1beta1' ? 'v1beta1' : 'v1'}`],
    );
  });
});

test('the dated policy of Kyverno changes no claim that is there already', () => {
  expect(values(rendered('classic-kyverno'), /^ClusterPolicy$/, 'spec.background')).toEqual([false]);
});
