/** Which of the shipped admission policies are in force: what `doctor` and `readiness` ask. Only questions, nothing is written. */
import { messageOf } from '../errors.ts';
import { GATE_BINDING, HOME_NAMESPACE, PRODUCT } from '../naming.ts';
import type { Answer } from './checkup.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { at, fieldsOf, listIn, metaOf, text, textsIn } from './read.ts';

/** How a policy is in force: it acts (`enforced`), it only warns, or it is not there. */
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
  /** bindings of ours that look for the index where the worker does not write it, as `<binding> in <namespace>` */
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
 * Is the `gate` policy installed, which looks past an index that is not there? The worker's one question about policies, and
 * only asked then. Who may not ask is told no. Never rejects.
 */
export async function isGated(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const path = `${GROUP}/v1/validatingadmissionpolicybindings/${GATE_BINDING}`;
  return connection.request({ method: 'GET', path }, signal).then(
    () => true,
    // Not to be had is not "not there": only these two answers are an answer.
    (error: unknown) => !(error instanceof KubeError && (error.kind === 'absent' || error.kind === 'forbidden')),
  );
}

function kyvernoPath(name: string): string {
  return `/apis/policies.kyverno.io/v1/mutatingpolicies/${PRODUCT}-${name}`;
}

/** Policies that are there and bound, by name → what their bindings do with a refusal. */
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

/** A `namespace:` in a kustomization moves the index object, and not the namespace that a binding names. */
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
