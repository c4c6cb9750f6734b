/** Which of the shipped admission policies are in force: what `doctor` and `readiness` ask. Only questions, nothing is written. */
import { messageOf } from '../errors.ts';
import { PRODUCT } from '../naming.ts';
import type { Answer } from './checkup.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';
import { at, fieldsOf, listIn, text, textsIn } from './read.ts';

/** How a policy is in force: it acts (`enforced`), it only warns, or it is not there. */
export type Force = 'enforced' | 'warns' | 'absent';

export interface PoliciesView {
  restore: Force;
  hold: Force;
  gate: Force;
  shape: Force;
  jail: Force;
  /** who makes the two changes */
  flavour: 'native' | 'kyverno' | 'classic' | null;
}

const GROUP = '/apis/admissionregistration.k8s.io';

/** Reads the bindings and, where there are none, Kyverno's policies. Never rejects. */
export async function policiesOf(connection: Connection, signal: AbortSignal): Promise<Answer<PoliciesView>> {
  const get = (path: string): Promise<unknown> =>
    connection.request({ method: 'GET', path }, signal).catch(absentAsNull);
  try {
    const validating = await get(`${GROUP}/v1/validatingadmissionpolicybindings`);
    const mutating =
      (await get(`${GROUP}/v1/mutatingadmissionpolicybindings`)) ??
      (await get(`${GROUP}/v1beta1/mutatingadmissionpolicybindings`));
    const kyverno = { restore: await get(kyvernoPath('restore')), hold: await get(kyvernoPath('hold')) };
    const classic = await get(`/apis/kyverno.io/v1/clusterpolicies/${PRODUCT}-restore`);
    if ([validating, mutating, kyverno.restore, classic].every((one) => one === null))
      return { state: 'unknown', message: 'the API server serves no admission policies' };
    const changes = bindings(mutating);
    const flavours = [
      ['native', changes.has(`${PRODUCT}-restore`), changes.has(`${PRODUCT}-hold`)],
      ['kyverno', kyverno.restore !== null, kyverno.hold !== null],
      ['classic', classic !== null, false],
    ] as const;
    const found = flavours.find(([, restores]) => restores);
    const refusals = bindings(validating);
    return {
      state: 'known',
      value: {
        restore: found === undefined ? 'absent' : 'enforced',
        hold: flavours.some(([, , holds]) => holds) ? 'enforced' : 'absent',
        gate: forceOf(refusals, 'gate'),
        shape: forceOf(refusals, 'shape'),
        jail: forceOf(refusals, 'jail'),
        flavour: found?.[0] ?? null,
      },
    };
  } catch (error) {
    return { state: 'unknown', message: messageOf(error) };
  }
}

function kyvernoPath(name: string): string {
  return `/apis/policies.kyverno.io/v1/mutatingpolicies/${PRODUCT}-${name}`;
}

/** Policy name → what its binding does with a refusal. */
function bindings(list: unknown): Map<string, readonly string[]> {
  return new Map(
    listIn(fieldsOf(list), 'items').map((item) => {
      const spec = at(item, 'spec');
      return [text(spec, 'policyName') ?? '', textsIn(spec, 'validationActions')] as const;
    }),
  );
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
