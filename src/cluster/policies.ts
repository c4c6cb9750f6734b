/** Which of the shipped admission policies are in force, for `doctor` and `readiness`. Nothing is written. */
import { messageOf } from '../errors.ts';
import { GATE_BINDING, HOME_NAMESPACE, PRODUCT } from '../naming.ts';
import type { Answer } from './checkup.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { at, fieldsOf, listIn, metaOf, text, textsIn } from './read.ts';

/** Whether a policy acts (`enforced`), only warns, or is missing. */
export type Force = 'enforced' | 'warns' | 'absent';

export interface PoliciesView {
  restore: Force;
  hold: Force;
  gate: Force;
  'gate-source': Force;
  shape: Force;
  prime: Force;
  'opt-out': Force;
  jail: Force;
  /** who makes the two changes */
  flavour: 'native' | 'kyverno' | 'classic' | null;
  /** bindings that look for the index in another namespace than the worker's, as `<binding> in <namespace>` */
  astray: readonly string[];
}

const GROUP = '/apis/admissionregistration.k8s.io';

/** Reads policies with their bindings, and Kyverno's. Never rejects. */
export async function policiesOf(connection: Connection, signal: AbortSignal): Promise<Answer<PoliciesView>> {
  const get = (path: string): Promise<unknown> =>
    connection.request({ method: 'GET', path }, signal).catch(absentAsNull);
  try {
    const mutating = async (what: string): Promise<unknown> =>
      (await get(`${GROUP}/v1/mutatingadmission${what}`)) ?? get(`${GROUP}/v1beta1/mutatingadmission${what}`);
    const validating = await get(`${GROUP}/v1/validatingadmissionpolicies`);
    const changing = await mutating('policies');
    const kyverno = { restore: await get(kyvernoPath('restore')), hold: await get(kyvernoPath('hold')) };
    const classic = await get(`/apis/kyverno.io/v1/clusterpolicies/${PRODUCT}-restore`);
    if ([validating, changing, kyverno.restore, classic].every((one) => one === null))
      return { state: 'unknown', message: 'the API server serves no admission policies' };
    const bindings = {
      validating: await get(`${GROUP}/v1/validatingadmissionpolicybindings`),
      mutating: await mutating('policybindings'),
    };
    const refusals = inForce(validating, bindings.validating);
    const changes = inForce(changing, bindings.mutating);
    const flavours = [
      ['native', changes.has(`${PRODUCT}-restore`), changes.has(`${PRODUCT}-hold`)],
      ['kyverno', kyverno.restore !== null, kyverno.hold !== null],
      ['classic', classic !== null, false],
    ] as const;
    const found = flavours.find(([, restores]) => restores);
    return {
      state: 'known',
      value: {
        restore: found === undefined ? 'absent' : 'enforced',
        hold: flavours.some(([, , holds]) => holds) ? 'enforced' : 'absent',
        gate: forceOf(refusals, 'gate'),
        'gate-source': forceOf(refusals, 'gate-source'),
        shape: forceOf(refusals, 'shape'),
        prime: forceOf(refusals, 'prime'),
        'opt-out': forceOf(refusals, 'opt-out'),
        jail: forceOf(refusals, 'jail'),
        flavour: found?.[0] ?? null,
        astray: [bindings.validating, bindings.mutating].flatMap(lookingElsewhere),
      },
    };
  } catch (error) {
    return { state: 'unknown', message: messageOf(error) };
  }
}

/**
 * Whether the policy `gate` is installed. It cannot refuse anything without an index, so the worker asks this
 * when the index is missing, and nothing else about policies. Without the right to ask, the answer is no. Never rejects.
 */
export async function isGated(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const path = `${GROUP}/v1/validatingadmissionpolicybindings/${GATE_BINDING}`;
  return connection.request({ method: 'GET', path }, signal).then(
    () => true,
    // An error does not mean that the policy is missing. Only these two results count.
    (error: unknown) => !(error instanceof KubeError && (error.kind === 'absent' || error.kind === 'forbidden')),
  );
}

function kyvernoPath(name: string): string {
  return `/apis/policies.kyverno.io/v1/mutatingpolicies/${PRODUCT}-${name}`;
}

/** Policies that exist and are bound, by name, with what their bindings do with a refusal. */
function inForce(policies: unknown, bindings: unknown): Map<string, readonly string[]> {
  const names = new Set(listIn(fieldsOf(policies), 'items').map((item) => metaOf(item)?.name));
  const found = new Map<string, readonly string[]>();
  for (const item of listIn(fieldsOf(bindings), 'items')) {
    const spec = at(item, 'spec');
    const name = text(spec, 'policyName') ?? '';
    if (names.has(name)) found.set(name, [...(found.get(name) ?? []), ...textsIn(spec, 'validationActions')]);
  }
  return found;
}

/** `namespace:` in a kustomization changes the namespace of the index object, but not the one in the bindings. */
function lookingElsewhere(bindings: unknown): string[] {
  return listIn(fieldsOf(bindings), 'items').flatMap((item) => {
    const name = metaOf(item)?.name ?? '';
    const namespace = text(at(item, 'spec', 'paramRef'), 'namespace');
    const isAstray = name.startsWith(`${PRODUCT}-`) && namespace !== null && namespace !== HOME_NAMESPACE;
    return isAstray ? [`${name} in ${namespace}`] : [];
  });
}

function forceOf(found: ReadonlyMap<string, readonly string[]>, name: string): Force {
  const actions = found.get(`${PRODUCT}-${name}`);
  if (actions === undefined) return 'absent';
  return actions.includes('Deny') ? 'enforced' : 'warns';
}

function absentAsNull(error: unknown): null {
  if (error instanceof KubeError && error.kind === 'absent') return null;
  throw error;
}
